import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { decodeEntry, encodeEntry } from '@parley/airspace'
import {
  cosignCheckpoint,
  createSigner,
  encodeBundle,
  formatEnrolmentText,
  formatEvidence,
  formatNote,
  formatVkey,
  leafHash,
  openCheckpoint,
  parseNote,
  type Signer,
  signAct,
  signCheckpoint,
  signText,
} from '@parley/record'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  entries,
  entry,
  filesOf,
  KEY,
  LOG,
  OFFICER,
  ORIGIN,
  poolEntries,
  WITNESS,
  writeFiles,
} from '../testing/logs.ts'
import type { VerifyOutput } from './run-verify.ts'

const ROOM = fileURLToPath(new URL('../..', import.meta.url))
const BIN = join(ROOM, 'bin/parley.js')
const scratch = mkdtempSync(join(tmpdir(), 'parley-verify-'))
let made = 0
const fresh = (): string => join(scratch, String(made++))

beforeAll(() => {
  const compiler = fileURLToPath(new URL('../../../../node_modules/typescript/bin/tsc', import.meta.url))
  execFileSync(process.execPath, [compiler, '-b', ROOM], { stdio: 'pipe' })
}, 180_000)
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

interface Run {
  readonly code: number
  readonly out: string
  readonly err: string
}

function parley(...args: string[]): Promise<Run> {
  return new Promise((resolve, reject) => {
    const options = { cwd: scratch, maxBuffer: 1 << 26, env: { ...process.env, NO_COLOR: undefined } }
    execFile(process.execPath, [BIN, ...args], options, (error, out, err) => {
      const code = error === null ? 0 : error.code
      if (typeof code === 'number') resolve({ code, out, err })
      else reject(error ?? new Error('no exit code'))
    })
  })
}

type Files = Map<string, Uint8Array>
const SMALL = entries(1000)
const written = (change: (files: Files) => void = () => undefined): string => {
  const files = filesOf(SMALL)
  change(files)
  return writeFiles(fresh(), files)
}
const edit =
  (path: string, alter: (bytes: Uint8Array) => Uint8Array | void) =>
  (files: Files): void => {
    const bytes = Uint8Array.from(files.get(path) ?? [])
    files.set(path, alter(bytes) ?? bytes)
  }
const flip =
  (at: number) =>
  (bytes: Uint8Array): void => {
    bytes[at] = (bytes[at] as number) ^ 4
  }
const json = ({ out }: Run): VerifyOutput => JSON.parse(out) as VerifyOutput

describe('exit 0', () => {
  test('a sound log, its key given', async () => {
    const { code, out, err } = await parley('verify', written(), '--key', KEY)
    expect(code).toBe(0)
    expect(out).toMatch(/^VERIFIED\n/)
    expect(out).toContain('1,000 entries')
    expect(out).toContain('(as given)')
    expect(out).not.toContain('\u001b')
    expect(err).toMatch(/^verifying: 1,000 entries in [\d.]+ s \([\d,]+\/s\)\n$/)
  })

  test('its key not given: trust on first use is told', async () => {
    const { code, out } = await parley('verify', written())
    expect(code).toBe(0)
    expect(out).toMatch(/key was not given/)
    expect(out).toMatch(/SHA-256 [0-9a-f]{8}( [0-9a-f]{8}){7}/)
  })

  test('with threads, an empty log, and help', async () => {
    expect((await parley('verify', written(), '--threads', '2')).code).toBe(0)
    expect((await parley('verify', writeFiles(fresh(), filesOf([])), '--key', KEY)).code).toBe(0)
    const help = await parley('verify', '--help')
    for (const text of ['Exit codes', 'Examples', '--since', '--policy']) expect(help.out).toContain(text)
  })

  test('a log that continues an earlier checkpoint, which is saved for the next time', async () => {
    const first = writeFiles(fresh(), filesOf(SMALL.slice(0, 300)))
    const seen = fresh()
    expect((await parley('verify', first, '--key', KEY, '--save', seen)).code).toBe(0)
    const later = await parley('verify', written(), '--key', KEY, '--since', seen, '--save', seen, '--json')
    expect(later.code).toBe(0)
    expect(json(later)).toMatchObject({ verdict: 'verified', since: [{ size: 300 }], saved: seen })
    expect(readFileSync(seen, 'utf8')).toContain('\n1000\n')
  })

  test('cosignatures and a policy that is met', async () => {
    const cosign = edit('checkpoint', (bytes) => {
      const { text, signatures } = parseNote(bytes)
      return formatNote({ text, signatures: [...signatures, cosignCheckpoint(text, WITNESS, 1_800_000_000)] })
    })
    const policy = fresh()
    writeFileSync(policy, `log ${KEY}\nwitness w1 ${formatVkey(WITNESS.key)}\nquorum w1\n`)
    const run = await parley('verify', written(cosign), '--key', KEY, '--policy', policy)
    expect(run).toMatchObject({
      code: 0,
      out: expect.stringContaining('cosigned     by witness.example/w1 at 2027-01-15T08:00:00Z: verified'),
    })
    const without = await parley('verify', written(), '--key', KEY, '--policy', policy, '--json')
    expect(without.code).toBe(1)
    expect(json(without).findings).toMatchObject([{ kind: 'policy' }])
  })

  test("a pool's decisions, each decided again", async () => {
    const folder = writeFiles(fresh(), filesOf(poolEntries(600)))
    const run = await parley('verify', folder, '--key', KEY, '--json')
    expect(run.code).toBe(0)
    expect(json(run)).toMatchObject({ contents: 'pool', replay: { judged: 600, unjudged: 0 } })
  })
})

describe('exit 1 and the place', () => {
  const bundle = filesOf(SMALL).get('tile/entries/001') as Uint8Array
  const cases: [string, (files: Files) => void, ...object[]][] = [
    [
      '#43 truncated tile',
      edit('tile/0/001', (bytes) => bytes.slice(0, 8000)),
      { kind: 'file-length', path: 'tile/0/001', bytes: { from: 8000, to: 8192 } },
    ],
    [
      '#43 one flipped bit of a tile',
      edit('tile/0/002', flip(65)),
      { kind: 'tile-altered', path: 'tile/0/002', bytes: { from: 64, to: 96 } },
    ],
    [
      '#43 one flipped bit of an entry',
      edit('tile/entries/001', flip(4)),
      { kind: 'entry-altered', entries: { from: 256, to: 257 } },
    ],
    [
      '#43 tile and entry both changed',
      (files) => {
        const forged = SMALL.slice(256, 512).with(9, entry(9, ' forged'))
        files.set('tile/entries/001', encodeBundle(forged))
        edit('tile/0/001', (bytes) => bytes.set(leafHash(forged[9] as Uint8Array), 9 * 32))(files)
      },
      { kind: 'subtree-altered', entries: { from: 256, to: 512 } },
    ],
    [
      '#44 swapped leaves',
      (files) => {
        const swapped = SMALL.slice(256, 512)
          .with(3, SMALL[260] as Uint8Array)
          .with(4, SMALL[259] as Uint8Array)
        files.set('tile/entries/001', encodeBundle(swapped))
      },
      { kind: 'entry-moved', entries: { from: 259, to: 260 } },
      { kind: 'entry-moved', entries: { from: 260, to: 261 } },
    ],
    [
      '#44 missing entry',
      (files) => void files.set('tile/entries/001', encodeBundle(SMALL.slice(256, 512).toSpliced(5, 1))),
      { kind: 'entry-missing', entries: { from: 261, to: 262 } },
    ],
    [
      '#44 trailing byte',
      edit('tile/entries/001', (bytes) => Uint8Array.from([...bytes, 0])),
      { kind: 'bundle-trailing', bytes: { from: bundle.length, to: bundle.length + 1 } },
    ],
    ['#45 tile gone', (files) => void files.delete('tile/0/000'), { kind: 'file-missing', path: 'tile/0/000' }],
    [
      '#45 bundle gone',
      (files) => void files.delete('tile/entries/002'),
      { kind: 'file-missing', entries: { from: 512, to: 768 } },
    ],
    [
      'an altered signature',
      edit('checkpoint', (bytes) => flip(bytes.length - 30)(bytes)),
      { kind: 'checkpoint-signature', path: 'checkpoint' },
    ],
    ['no checkpoint', (files) => void files.delete('checkpoint'), { kind: 'checkpoint-missing' }],
  ]
  test.each(cases)('%s', async (_, change, ...found) => {
    const run = await parley('verify', written(change), '--key', KEY, '--json')
    expect(run.code).toBe(1)
    expect(json(run)).toMatchObject({ verdict: 'altered', findings: found })
    expect(run.err).not.toContain('    at ')
  })

  test('#45 partial tile gone with the full tile there is read from it', async () => {
    const files = filesOf(SMALL)
    const grown = filesOf(entries(1024))
    for (const path of ['tile/0/003', 'tile/entries/003']) {
      files.set(path, grown.get(path) as Uint8Array)
      files.delete(`${path}.p/232`)
    }
    const run = await parley('verify', writeFiles(fresh(), files), '--key', KEY)
    expect(run.code).toBe(0)
    expect(run.out).toContain('2 partial tiles were gone and were read from the full ones')
  })

  test('#48 a fork: the log does not continue the checkpoint seen before, and the saved one stays', async () => {
    const seen = fresh()
    await parley('verify', written(), '--key', KEY, '--save', seen)
    const fork = writeFiles(fresh(), filesOf(SMALL.with(700, entry(700, ' fork'))))
    const run = await parley('verify', fork, '--key', KEY, '--since', seen, '--save', seen)
    expect(run.code).toBe(1)
    expect(run.out).toMatch(/^NOT AS SIGNED\n/)
    expect(run.out).toContain('history was rewritten')
    expect(run.out).not.toContain('saved ')
    expect(readFileSync(seen)).toEqual(Buffer.from(filesOf(SMALL).get('checkpoint') as Uint8Array))
    // The two checkpoints side by side are evidence by themselves.
    const evidence = fresh()
    const second = filesOf(SMALL.with(700, entry(700, ' fork'))).get('checkpoint') as Uint8Array
    writeFileSync(evidence, formatEvidence({ kind: 'log-fork', first: readFileSync(seen), second, leaves: null }))
    const proven = await parley('verify', evidence, '--key', KEY)
    expect(proven).toMatchObject({ code: 0, out: expect.stringContaining('signed two histories') })
    for (const fact of [
      `key          ${KEY}`,
      'one          1000 entries, root ',
      'other        1000 entries, root ',
      'two roots',
    ])
      expect(proven.out).toContain(fact)
    // What a node tells beside it, and told alone in former times.
    const account = fresh()
    const told = (kind: string, notes: readonly Uint8Array[]): void =>
      writeFileSync(
        account,
        JSON.stringify({
          format: 1,
          keptAtMs: 1,
          kind,
          message: 'two',
          notes: notes.map((each) => Buffer.from(each).toString()),
        }),
      )
    told('log-fork', [readFileSync(seen), second])
    expect(await parley('verify', account, '--key', KEY)).toMatchObject({
      code: 0,
      out: expect.stringContaining('two roots'),
    })
    told('log-fork', [second, second])
    expect((await parley('verify', account, '--key', KEY)).code).toBe(1)
    told('log-suspicion', [readFileSync(seen), second])
    expect(await parley('verify', account, '--key', KEY)).toMatchObject({
      code: 2,
      err: expect.stringContaining('.evidence'),
    })
    // Without the key, whose it is, is told.
    const unknown = await parley('verify', evidence)
    expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining(`heads signed by ${ORIGIN}+`) })
    writeFileSync(evidence, formatEvidence({ kind: 'log-fork', first: second, second, leaves: null }))
    expect((await parley('verify', evidence, '--key', KEY)).code).toBe(1)
  })

  test('#51 a shorter log than the checkpoint seen before was cut', async () => {
    const seen = fresh()
    await parley('verify', written(), '--key', KEY, '--save', seen)
    const run = await parley('verify', writeFiles(fresh(), filesOf(SMALL.slice(0, 999))), '--key', KEY, '--since', seen)
    expect(run).toMatchObject({ code: 1, out: expect.stringContaining('the log was cut') })
  })

  test('the log of another key', async () => {
    const other = createSigner({ name: ORIGIN, type: 0x01, seed: new Uint8Array(32).fill(99) })
    expect((await parley('verify', written(), '--key', formatVkey(other.key))).code).toBe(1)
  })

  test('the first decision that the rules do not yield, by number, with what the rules give', async () => {
    const pool = poolEntries(40)
    // Decision 37 claims to have deleted what it set.
    const forged = encodeEntry({ ...decodeEntry(pool[36] as Uint8Array), action: 'delete' })
    const folder = writeFiles(fresh(), filesOf(pool.with(36, forged)))
    const run = await parley('verify', folder, '--key', KEY, '--json')
    expect(run.code).toBe(1)
    const { findings } = json(run)
    expect(findings).toMatchObject([{ kind: 'replay', entries: { from: 36, to: 37 } }])
    expect(findings[0]?.rule).toMatch(/^decision 37 is not what the rules give\. Written: .+ The rules give: /)
    expect((await parley('verify', folder, '--key', KEY)).out).toMatch(/^AS SIGNED, BUT ITS CONTENTS DO NOT HOLD\n/)
    expect((await parley('verify', folder, '--key', KEY, '--replay', 'none')).code).toBe(0)
    expect((await parley('verify', written(), '--key', KEY, '--replay', 'pool')).code).toBe(1)
  })
})

describe('exit 2', () => {
  const log = filesOf(SMALL)
  test.each<[string, () => string[], RegExp]>([
    ['nothing named', () => ['verify'], /PATH\|URL/],
    ['an unknown flag', () => ['verify', '.', '--kye', KEY], /--key/],
    ['a path that is not there', () => ['verify', 'nowhere'], /nowhere: no such file/],
    ['a folder that is no log', () => ['verify', scratch], /neither a node's data folder/],
    ['a key that is none', () => ['verify', written(), '--key', 'a+b+c'], /--key a\+b\+c/],
    ['a key file that is not there', () => ['verify', written(), '--key', 'key.txt'], /--key key\.txt: no such file/],
    [
      'a checkpoint of another log as an earlier one',
      () => ['verify', written(), '--key', KEY, '--since', BIN],
      /--since .* is no checkpoint/,
    ],
    [
      'a log that does not state its key',
      () => ['verify', writeFiles(fresh(), new Map([...log].filter(([path]) => path !== 'vkey')))],
      /does not state its key/,
    ],
    [
      'a server that is not there',
      () => ['verify', 'http://127.0.0.1:59999/log', '--key', KEY],
      /cannot be reached: ECONNREFUSED/,
    ],
    ['a proof without its entry', () => ['verify', proofFile()], /--entry/],
    ['an act without a key', () => ['verify', actFile()], /signed by north\/duty-7: give the keys by --officer/],
    ['too many threads', () => ['verify', '.', '--threads', '1000'], /--threads 1000/],
    [
      'an index the log has not',
      () => ['prove', written(), '--key', KEY, '--index', '1000'],
      /the log has 1000 entries, counted from 0/,
    ],
    ['an export into a full folder', () => ['export', written(), scratch, '--key', KEY], /is not empty/],
  ])('%s', { timeout: 120_000 }, async (_, args, message) => {
    const { code, out, err } = await parley(...args())
    expect(code).toBe(2)
    expect(out + err).toMatch(message)
    expect(err).not.toContain('    at ')
  })
})

function actFile(): string {
  const file = fresh()
  const act = {
    v: 1,
    table: 'table',
    o: 'table.parley/north/1',
    id: '0'.repeat(32),
    kind: 'message',
    at: 1_800_000_000,
    seen: [],
    to: [],
    body: { text: 'one' },
  } as const
  writeFileSync(file, signAct(act, [OFFICER]))
  return file
}

function proofFile(): string {
  const file = fresh()
  writeFileSync(file, 'c2sp.org/tlog-proof@v1\nindex 0\n\n')
  return file
}

test('one act: verified, and refused with one byte altered', async () => {
  const file = actFile()
  const officer = formatVkey(OFFICER.key)
  expect(await parley('verify', file, '--officer', officer)).toMatchObject({
    code: 0,
    out: expect.stringContaining('signed       by north/duty-7'),
  })
  writeFileSync(file, readFileSync(file, 'utf8').replace('"one"', '"two"'))
  const run = await parley('verify', file, '--officer', officer, '--json')
  expect(run.code).toBe(1)
  expect(json(run)).toMatchObject({ verdict: 'altered', kind: 'act', code: 'INVALID_SIGNATURE' })
})

test('acts are judged by the key book of an enrolment: one of an officer counts, one of a stranger does not', async () => {
  const origin = 'ridge-7.parley/north/1'
  const signer = (name: string, fill: number, type: 0x01 | 0x04 = 0x01) =>
    createSigner({ name, type, seed: new Uint8Array(32).fill(fill) })
  const log = signer(origin, 20)
  const [mirror, witness, officer] = [
    signer('north/mirror', 21, 0x04),
    signer('north/witness', 22, 0x04),
    signer('north/duty-1', 23),
  ]
  const roots = [24, 25, 26].map((fill) => signer(`north/root-${fill}`, fill))
  const text = formatEnrolmentText({
    table: 'ridge-7',
    party: 'north',
    atS: 1_700_000_000,
    logNumber: 1,
    log: log.key,
    mirrors: [mirror.key],
    witnesses: [witness.key],
    root: roots.map(({ key }, i) => ({ person: `custodian-${i + 1}`, key })),
    officers: [
      {
        key: officer.key,
        person: 'ada',
        kinds: ['message'],
        notBeforeIndex: 0,
        notAfterS: 4_000_000_000,
        maxPerDay: 100,
      },
    ],
    desks: [],
    tlsPins: [],
  })
  const signers = [log, mirror, witness, officer, ...roots]
  const enrolment = fresh()
  writeFileSync(enrolment, formatNote({ text, signatures: signers.map((each) => signText(text, each, 1_700_000_000)) }))
  const act = (id: string, by: Signer): Uint8Array =>
    signAct(
      {
        v: 1,
        table: 'ridge-7',
        o: origin,
        id: id.repeat(32),
        kind: 'message',
        at: 1_700_000_000,
        seen: [],
        to: [],
        body: { text: 'all quiet' },
      },
      [by],
    )
  const files = filesOf([act('0', officer), act('1', signer('north/duty-1', 99)), act('2', officer)])
  const { size, root } = openCheckpoint(files.get('checkpoint') as Uint8Array, LOG.key).checkpoint
  files.set('checkpoint', signCheckpoint({ origin, size, root }, log))
  const folder = writeFiles(fresh(), files)
  const args = ['verify', folder, '--key', formatVkey(log.key), '--enrolment', enrolment, '--party', 'south']
  const run = await parley(...args, '--json')
  expect(run.err).not.toContain('    at ')
  expect(json(run)).toMatchObject({ contents: 'acts', acts: { total: 3 }, book: { effective: 2, ineffective: 1 } })
  expect(run.code).toBe(0)
  // An enrolment of another log is none for this one.
  expect((await parley('verify', written(), '--key', KEY, '--enrolment', enrolment)).code).toBe(2)
})

test('one entry is proved, and the proof verified; another entry under it is refused', async () => {
  const log = written()
  const proof = fresh()
  const made = await parley('prove', log, '--key', KEY, '--index', '700', '--out', proof)
  expect(made).toMatchObject({ code: 0, err: '' })
  expect(readFileSync(`${proof}.entry`)).toEqual(Buffer.from(entry(700)))
  const good = await parley('verify', proof, '--entry', `${proof}.entry`, '--key', KEY)
  expect(good).toMatchObject({ code: 0, out: expect.stringContaining(`is number 700 of ${ORIGIN}`) })
  writeFileSync(`${proof}.entry`, entry(701))
  expect((await parley('verify', proof, '--entry', `${proof}.entry`, '--key', KEY)).code).toBe(1)
})

test('an exported log is the log, file by file, and verifies', async () => {
  const log = filesOf([...entries(600), new Uint8Array(70_000).fill(5)])
  const name =
    /[0-9a-f]{64}/.exec(new TextDecoder().decode(log.get('tile/entries/002.p/89')?.subarray(-100)))?.[0] ?? ''
  log.set(`blob/${name}`, new Uint8Array(70_000).fill(5))
  const out = fresh()
  expect((await parley('export', writeFiles(fresh(), log), out, '--key', KEY)).code).toBe(0)
  for (const [path, bytes] of log) expect(readFileSync(join(out, path)).equals(bytes), path).toBe(true)
  expect((await parley('verify', out)).code).toBe(0)
  // What is not the log of its checkpoint is not exported.
  const wrong = writeFiles(fresh(), log.set('tile/entries/000', encodeBundle(SMALL.slice(256, 512))))
  expect((await parley('export', wrong, fresh(), '--key', KEY)).code).toBe(1)
})

describe('by its address', () => {
  interface Served {
    readonly token?: string
    /** Answers 503 to this many requests before it answers well. */
    readonly stumbles?: number
  }

  async function served(
    files: Files,
    { token, stumbles = 0 }: Served,
    use: (url: string) => Promise<void>,
  ): Promise<void> {
    let left = stumbles
    const server = createServer((request, response) => {
      const path = (request.url ?? '').replace('/log/', '')
      const bytes = files.get(path)
      const open =
        path === 'checkpoint' ||
        path === 'vkey' ||
        token === undefined ||
        request.headers.authorization === `Bearer ${token}`
      if (left > 0) {
        left--
        response.writeHead(503).end()
      } else if (!open) response.writeHead(401).end()
      else if (bytes === undefined) response.writeHead(404).end()
      else response.end(bytes)
    })
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
    try {
      await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/log`)
    } finally {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    }
  }

  test('a log on a server that stumbles now and then', async () => {
    await served(filesOf(SMALL), { stumbles: 3 }, async (url) => {
      expect(await parley('verify', url)).toMatchObject({ code: 0, out: expect.stringContaining('1,000 entries') })
    })
  })

  test('a tampered one', async () => {
    const files = filesOf(SMALL)
    edit('tile/entries/002', flip(900))(files)
    await served(files, {}, async (url) => {
      const run = await parley('verify', url, '--key', KEY, '--json')
      expect(run.code).toBe(1)
      expect(json(run).findings).toMatchObject([{ kind: 'entry-altered', path: 'tile/entries/002' }])
    })
  })

  test('one for members only, with and without a token', async () => {
    await served(filesOf(SMALL), { token: 'secret' }, async (url) => {
      expect(await parley('verify', url)).toMatchObject({ code: 2, err: expect.stringContaining('members only') })
      expect(await parley('verify', url, '--token', 'secret')).toMatchObject({ code: 0 })
    })
  })
})
