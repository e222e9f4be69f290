import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatAddCheckpoint, parseAddCheckpoint } from './add-checkpoint.ts'
import { AddEntriesReader, type EntryPackage, formatAddEntries, packageIntervals } from './add-entries.ts'
import { decodeBundle } from './bundle.ts'
import { concatBytes } from './bytes.ts'
import { CompactRange } from './compact-range.ts'
import { parseMirrorInfo, parseTreeSize } from './cosigner-answer.ts'
import { isRecordError } from './errors.ts'
import { parseBlobLeaf } from './leaf.ts'
import { checkPackage } from './mirror.ts'
import { parsePolicy } from './policy.ts'
import { consistencyOf, entriesOf, headOf, LOG, ORIGIN, subtreeProofOf } from './testing/log.ts'
import { naiveLeafHash } from './testing/naive-tree.ts'
import { parseLogPath } from './tile-path.ts'
import { parseTlogProof } from './tlog-proof.ts'
import { decideAddCheckpoint, openAddCheckpoint } from './witness.ts'

/** Whether `act` answers, or refuses as this package does; anything else is a bug. */
const answers = (act: () => unknown): void => {
  try {
    act()
  } catch (error) {
    if (!isRecordError(error)) throw error
  }
}

test('no bytes make a reader fail in any other way than by refusing', () => {
  const starts = [
    '',
    'old 0\n\n',
    'old 3\n',
    'c2sp.org/tlog-proof@v1\nindex 0\n',
    'witness a ',
    'parley.blob/v1\n',
    '7\n',
  ]
  const bytes = fc
    .tuple(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 400 }))
    .map(([start, rest]) => concatBytes(new TextEncoder().encode(start), rest))
  fc.assert(
    fc.property(bytes, (input) => {
      const text = String.fromCharCode(...input)
      answers(() => parseAddCheckpoint(input))
      answers(() => openAddCheckpoint(input, () => LOG.key))
      answers(() => new AddEntriesReader().push(input))
      answers(() => parseTlogProof(input))
      answers(() => parsePolicy(input))
      answers(() => parseMirrorInfo(text))
      answers(() => parseTreeSize(text))
      answers(() => decodeBundle(input, 3))
      answers(() => parseBlobLeaf(input))
      parseLogPath(text)
    }),
    { numRuns: 300 },
  )
})

test('a request of a witness is read as it was written, and any byte of it changed is never cosigned as something else', () => {
  const sizes = fc
    .integer({ min: 1, max: 30 })
    .chain((to) => fc.tuple(fc.nat(to), fc.constant(to), fc.nat(), fc.nat(254)))
  fc.assert(
    fc.property(sizes, ([from, to, at, by]) => {
      const sent = { oldSize: from, proof: consistencyOf(from, to), note: headOf(to).note }
      const body = formatAddCheckpoint(sent)
      expect(parseAddCheckpoint(body)).toEqual(sent)
      body[at % body.length] = (body[at % body.length] as number) ^ (by + 1)
      const opened = openAddCheckpoint(body, (origin) => (origin === ORIGIN ? LOG.key : null))
      if (opened.kind === 'refuse') return
      const head = from === 0 ? null : { ...headOf(from), cosignedAtS: 1 }
      // Only the old size line and the proof are not under the signature; both must hold.
      expect(decideAddCheckpoint(head, opened.request, { nowS: 2 }).kind).toBe('refuse')
    }),
    { numRuns: 150 },
  )
})

test('no byte of an upload can be changed so that other entries pass for it', async () => {
  const size = 300
  const start = 250
  const entries = entriesOf(size)
  const packages = packageIntervals(start, size).map((interval) => ({
    entries: entries.slice(interval.start, interval.end),
    proof: subtreeProofOf(interval.subtreeStart, interval.end, size),
  }))
  const parts: Uint8Array[] = []
  const header = { origin: ORIGIN, start, end: size, ticket: new Uint8Array(0) }
  for await (const part of formatAddEntries(header, packages)) parts.push(part)
  const [first = new Uint8Array(0)] = parts
  const body = concatBytes(...parts)
  const read = (bytes: Uint8Array): EntryPackage[] =>
    new AddEntriesReader().push(bytes).flatMap((part) => (part.kind === 'package' ? [part] : []))
  const passes = (part: EntryPackage): boolean => {
    const before = new CompactRange()
    for (const entry of entries.slice(part.subtreeStart, part.start)) before.append(naiveLeafHash(entry))
    return checkPackage(part, headOf(size), before) === null
  }
  expect(read(body).map(passes)).toEqual([true, true])
  fc.assert(
    fc.property(fc.integer({ min: first.length, max: body.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, by) => {
      const changed = body.slice()
      changed[at] = (changed[at] as number) ^ by
      let found: EntryPackage[] = []
      answers(() => {
        found = read(changed)
      })
      for (const part of found) if (passes(part)) expect(part.entries).toEqual(entries.slice(part.start, part.end))
    }),
    { numRuns: 150 },
  )
})
