import { describe, expect, test } from 'vitest'
import { encodeBundle } from './bundle.ts'
import { encodeHex, encodeUtf8 } from './bytes.ts'
import { CompactRange } from './compact-range.ts'
import { leafOf } from './leaf.ts'
import { leafHash } from './merkle.ts'
import { type LogFiles, logFiles, sourceOf } from './testing/log-files.ts'
import { type Finding, type LogSource, type TreeHead, type VerifyTreeOptions, verifyTree } from './verify-log.ts'

/** 66,123 entries fill a tile of level 1 and leave a right edge on every level. */
const entry = (i: number, suffix = ''): Uint8Array => encodeUtf8(`entry ${i} ${'x'.repeat(i % 7)}${suffix}`)
const entriesOf = (count: number): Uint8Array[] => Array.from({ length: count }, (_, i) => entry(i))
const SMALL = entriesOf(1000)
const small = logFiles(SMALL)
const large = logFiles(entriesOf(66_123))

type Change = (files: Map<string, Uint8Array>) => void

async function findings(
  log: LogFiles,
  change: Change,
  options: Partial<VerifyTreeOptions> & Pick<LogSource, 'tiles'> = {},
): Promise<readonly Finding[]> {
  const files = new Map(log.files)
  change(files)
  const { tiles, ...rest } = options
  const source = { ...sourceOf(files), ...(tiles === undefined ? {} : { tiles }) }
  return (await verifyTree(source, { head: log.head, ...rest })).findings
}

/** Changes a copy of one file. */
const edit =
  (path: string, alter: (bytes: Uint8Array) => Uint8Array | void): Change =>
  (files) => {
    const bytes = files.get(path)?.slice()
    if (bytes === undefined) throw new Error(`no file ${path}`)
    files.set(path, alter(bytes) ?? bytes)
  }
const flip =
  (at: number) =>
  (bytes: Uint8Array): void => {
    bytes[at] = (bytes[at] as number) ^ 0x10
  }

/** Where entry `position` of a bundle lies, length included. */
function spanOf(bundle: Uint8Array, position: number): { from: number; to: number } {
  let from = 0
  for (let i = 0; ; i++) {
    const to = from + 2 + (bundle[from] as number) * 256 + (bundle[from + 1] as number)
    if (i === position) return { from, to }
    from = to
  }
}

const bundle1 = small.files.get('tile/entries/001') as Uint8Array

describe('a sound log', () => {
  test.each([0, 1, 2, 255, 256, 257, 512, 768, 1000])('of %i entries has nothing to be found', async (size) => {
    const log = logFiles(SMALL.slice(0, size))
    const given: Uint8Array[] = []
    const report = await verifyTree(sourceOf(log.files), {
      head: log.head,
      onEntries: (first, some) => {
        expect(first).toBe(given.length)
        given.push(...some)
      },
    })
    expect(report).toMatchObject({ findings: [], findingsTotal: 0, entries: size, handed: size, notes: [] })
    expect(report.root).toEqual(log.head.root)
    expect(given).toEqual(SMALL.slice(0, size))
  })

  test('with three levels of tiles, and with only the full tiles a journal keeps', async () => {
    expect(await findings(large, () => undefined)).toEqual([])
    const onlyFull: Change = (files) => {
      for (const path of files.keys()) if (/^tile\/\d.*\.p\//.test(path)) files.delete(path)
    }
    expect(await findings(large, onlyFull, { tiles: 'full' })).toEqual([])
    expect(await findings(large, (files) => files.clear(), { tiles: 'none' })).toMatchObject([
      { kind: 'file-missing' },
      ...Array.from({ length: 199 }, () => ({ kind: 'file-missing' })),
    ])
  })

  test('contains every earlier head of its own', async () => {
    const range = new CompactRange()
    const earlier: TreeHead[] = [{ size: 0, root: range.root() }]
    for (const each of SMALL) {
      range.append(leafHash(each))
      earlier.push({ size: range.size, root: range.root() })
    }
    expect(await findings(small, () => undefined, { earlier })).toEqual([])
  })

  test('shows its progress, stops when told, and works with its checks run elsewhere', async () => {
    const seen: number[] = []
    await verifyTree(sourceOf(small.files), { head: small.head, onProgress: ({ done }) => void seen.push(done) })
    expect(seen).toEqual([256, 512, 768, 1000])
    const stop = AbortSignal.abort(new Error('enough'))
    await expect(verifyTree(sourceOf(small.files), { head: small.head, signal: stop })).rejects.toThrow('enough')
  })
})

describe('a tampered log', () => {
  test('#43 truncated tile is named with the bytes that are gone', async () => {
    const found = await findings(
      small,
      edit('tile/0/001', (bytes) => bytes.slice(0, 8000)),
    )
    expect(found).toMatchObject([{ kind: 'file-length', path: 'tile/0/001', bytes: { from: 8000, to: 8192 } }])
  })

  test('#43 one flipped bit in a tile is named as the tile, to the hash', async () => {
    const found = await findings(small, edit('tile/0/001', flip(3200)))
    expect(found).toMatchObject([
      { kind: 'tile-altered', path: 'tile/0/001', bytes: { from: 3200, to: 3232 }, entries: { from: 356, to: 357 } },
    ])
    const above = await findings(large, edit('tile/1/000', flip(33)))
    expect(above).toMatchObject([
      { kind: 'tile-altered', path: 'tile/1/000', bytes: { from: 32, to: 64 }, entries: { from: 256, to: 512 } },
    ])
    const edge = await findings(large, edit('tile/2/000.p/1', flip(1)))
    expect(edge).toMatchObject([
      { kind: 'tile-altered', path: 'tile/2/000.p/1', bytes: { from: 0, to: 32 }, entries: { from: 0, to: 65_536 } },
    ])
  })

  test('#43 one flipped bit in an entry is named as the entry, to its bytes', async () => {
    const span = spanOf(bundle1, 100)
    const found = await findings(small, edit('tile/entries/001', flip(span.from + 5)))
    expect(found).toMatchObject([
      { kind: 'entry-altered', path: 'tile/entries/001', bytes: span, entries: { from: 356, to: 357 } },
    ])
    const last = small.files.get('tile/entries/003.p/232') as Uint8Array
    expect(await findings(small, edit('tile/entries/003.p/232', flip(last.length - 1)))).toMatchObject([
      { kind: 'entry-altered', entries: { from: 999, to: 1000 }, bytes: spanOf(last, 231) },
    ])
  })

  test('#43 tile and entry both changed is named as the place that the tree above does not hold', async () => {
    const found = await findings(large, (files) => {
      const forged = entriesOf(66_123).slice(512, 768)
      forged[3] = entry(515, ' forged')
      files.set('tile/entries/002', encodeBundle(forged))
      edit('tile/0/002', (bytes) => bytes.set(leafHash(forged[3] as Uint8Array), 96))(files)
    })
    expect(found).toMatchObject([{ kind: 'subtree-altered', path: 'tile/0/002', entries: { from: 512, to: 768 } }])
  })

  test('#44 swapped leaves are named, each with what stands in its place', async () => {
    const found = await findings(small, (files) => {
      const swapped = SMALL.slice(256, 512)
      ;[swapped[7], swapped[9]] = [swapped[9] as Uint8Array, swapped[7] as Uint8Array]
      files.set('tile/entries/001', encodeBundle(swapped))
    })
    expect(found).toMatchObject([
      { kind: 'entry-moved', entries: { from: 263, to: 264 }, rule: expect.stringContaining('entry 265') as string },
      { kind: 'entry-moved', entries: { from: 265, to: 266 }, rule: expect.stringContaining('entry 263') as string },
    ])
  })

  test('#44 missing entry is named', async () => {
    const found = await findings(small, (files) => {
      files.set('tile/entries/001', encodeBundle(SMALL.slice(256, 512).toSpliced(40, 1)))
    })
    expect(found).toMatchObject([{ kind: 'entry-missing', entries: { from: 296, to: 297 } }])
  })

  test('#44 an entry too many is named', async () => {
    const found = await findings(small, (files) => {
      const more = SMALL.slice(256, 512).toSpliced(40, 0, entry(1, 'inserted'))
      const bundle = new Uint8Array([...encodeBundle(more.slice(0, 256)), ...encodeBundle(more.slice(256))])
      files.set('tile/entries/001', bundle)
    })
    expect(found).toMatchObject([
      { kind: 'bundle-trailing', path: 'tile/entries/001' },
      { kind: 'entry-inserted', entries: { from: 296, to: 297 } },
    ])
  })

  test('#44 trailing byte is named', async () => {
    const found = await findings(
      small,
      edit('tile/entries/001', (bytes) => new Uint8Array([...bytes, 0])),
    )
    expect(found).toMatchObject([
      { kind: 'bundle-trailing', path: 'tile/entries/001', bytes: { from: bundle1.length, to: bundle1.length + 1 } },
    ])
  })

  test('an altered length is told from an altered entry', async () => {
    const span = spanOf(bundle1, 8)
    for (const at of [span.from, span.from + 1]) {
      const found = await findings(small, edit('tile/entries/001', flip(at)))
      expect(found).toMatchObject([
        {
          kind: 'entry-length-altered',
          entries: { from: 264, to: 265 },
          bytes: { from: span.from, to: span.from + 2 },
        },
      ])
    }
  })

  test('#45 missing partial tile with the full tile present is read from it and noted', async () => {
    const grown = logFiles(entriesOf(1024))
    const files = new Map([...grown.files, ['tile/1/000.p/3', small.files.get('tile/1/000.p/3') as Uint8Array]])
    const report = await verifyTree(sourceOf(files), { head: small.head })
    expect(report).toMatchObject({
      findings: [],
      entries: 1000,
      notes: [
        { kind: 'partial-from-full', path: 'tile/entries/003.p/232' },
        { kind: 'partial-from-full', path: 'tile/0/003.p/232' },
      ],
    })
  })

  test('#45 missing tile with neither is named, and the rest is checked', async () => {
    const found = await findings(small, (files) => {
      files.delete('tile/0/003.p/232')
      files.delete('tile/entries/001')
    })
    expect(found).toMatchObject([
      { kind: 'file-missing', path: 'tile/entries/001', entries: { from: 256, to: 512 } },
      { kind: 'file-missing', path: 'tile/0/003.p/232', entries: { from: 768, to: 1000 } },
    ])
  })

  test('#48 same size, other root: the files agree and the checkpoint is of another tree', async () => {
    const other = logFiles(SMALL.map((each, i) => (i === 77 ? entry(77, ' fork') : each)))
    expect(await findings({ files: other.files, head: small.head }, () => undefined)).toMatchObject([
      { kind: 'root', entries: { from: 0, to: 1000 } },
    ])
  })

  test('#49 an earlier head of another history, and one of a longer log, are named', async () => {
    const fork = logFiles(SMALL.slice(0, 300).map((each, i) => (i === 77 ? entry(77, ' fork') : each)))
    const longer = logFiles(entriesOf(1001))
    expect(await findings(small, () => undefined, { earlier: [fork.head, longer.head] })).toMatchObject([
      { kind: 'consistency', entries: { from: 0, to: 300 } },
      { kind: 'consistency', entries: { from: 1000, to: 1001 } },
    ])
  })

  test('an earlier head that alone does not fit was altered itself; of several the entries between are named', async () => {
    const heads = [100, 200, 300, 400].map((size) => logFiles(SMALL.slice(0, size)).head)
    const wrong = heads.with(1, { size: 200, root: new Uint8Array(32) })
    expect(await findings(small, () => undefined, { earlier: wrong })).toMatchObject([
      { kind: 'consistency', entries: { from: 0, to: 200 }, rule: expect.stringContaining('it was altered') as string },
    ])
    const forked = logFiles(SMALL.map((each, i) => (i === 250 ? entry(250, ' fork') : each)))
    expect(
      await findings({ files: forked.files, head: small.head }, () => undefined, { earlier: heads }),
    ).toMatchObject([{ kind: 'consistency', entries: { from: 200, to: 300 } }])
  })

  test('several alterations are each named', async () => {
    const found = await findings(large, (files) => {
      edit('tile/entries/003', flip(10))(files)
      edit('tile/0/100', flip(64))(files)
    })
    expect(found.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'entry-altered tile/entries/003',
      'tile-altered tile/0/100',
    ])
    // With the tile above gone bad too, nothing ties the two places below it to the signed root any more.
    const more = await findings(large, (files) => {
      edit('tile/entries/003', flip(10))(files)
      edit('tile/1/000', flip(200 * 32))(files)
    })
    expect(more.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'undecided tile/entries/003',
      'undecided tile/1/000',
      'undecided tile/1/000',
    ])
  })
})

describe('content too long for a leaf', () => {
  const content = new Uint8Array(70_000).fill(7)
  const leaf = leafOf(content)
  const name = /[0-9a-f]{64}/.exec(new TextDecoder().decode(leaf))?.[0] ?? ''
  const log = logFiles([entry(0), leaf])
  const withBlob =
    (blob: Uint8Array): Change =>
    (files) =>
      void files.set(`blob/${name}`, blob)

  test('is handed over in full, and named when it is gone or altered', async () => {
    const given: number[] = []
    const onEntries = (_: number, some: readonly Uint8Array[]): void =>
      void given.push(...some.map(({ length }) => length))
    expect(await findings(log, withBlob(content), { onEntries })).toEqual([])
    expect(given).toEqual([7 + 1, 70_000].map((length, i) => (i === 0 ? entry(0).length : length)))
    expect(await findings(log, () => undefined, { onEntries })).toMatchObject([
      { kind: 'blob-missing', path: `blob/${name}` },
    ])
    const altered = content.slice()
    flip(5)(altered)
    expect(await findings(log, withBlob(altered), { onEntries })).toMatchObject([{ kind: 'blob-altered' }])
    expect(encodeHex(leafHash(leaf))).toHaveLength(64)
  })
})

describe('one flipped byte', () => {
  test('anywhere in a log of 10^4 entries is named by its file and its place', { timeout: 120_000 }, async () => {
    const log = logFiles(entriesOf(10_000))
    const paths = [...log.files.keys()]
    let random = 20_261_122
    const next = (below: number): number => {
      random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0
      return Math.floor((random / 2 ** 32) * below)
    }
    for (let round = 0; round < 60; round++) {
      const path = paths[next(paths.length)] as string
      const at = next((log.files.get(path) as Uint8Array).length)
      const found = await findings(log, edit(path, flip(at)))
      expect(
        found.map((one) => one.path),
        `${path} byte ${at}`,
      ).toEqual([path])
      const { bytes } = found[0] as Finding
      expect(bytes !== null && bytes.from <= at && at < bytes.to, `${path} byte ${at}`).toBe(true)
    }
  })
})
