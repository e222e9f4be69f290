import { describe, expect, test } from 'vitest'
import { encodeBase64 } from '../base64.ts'
import { concatBytes, encodeUtf8 } from '../bytes.ts'
import { formatCheckpoint } from '../checkpoint.ts'
import { CompactRange } from '../compact-range.ts'
import { cosignCheckpoint } from '../cosignature.ts'
import { EMPTY_ROOT, leafHash } from '../merkle.ts'
import { formatNote, parseNote } from '../note.ts'
import { proveConsistency, proveInclusion } from '../prove.ts'
import { signCheckpoint } from '../signed-checkpoint.ts'
import type { Signer } from '../signer.ts'
import { AT, actOf, entryOf, partyKeys, signerOf } from '../testing/table.ts'
import type { TileReader } from '../tile-reader.ts'
import { formatTlogProof } from '../tlog-proof.ts'
import { formatEvidence, parseEvidence } from './evidence.ts'
import { compareSeen, findFork, findForkByPrefix, findForkInProof } from './find-fork.ts'
import { type CosignerFork, type LogFork, verifyCosignerFork, verifyLogFork } from './fork.ts'
import { judgeProtestAnswer, type Protest, verifyProtest } from './protest.ts'
import { verifyReceipt } from './receipt.ts'
import { verifyStateDispute } from './state-dispute.ts'

const north = partyKeys('north')
const south = partyKeys('south')
const east = partyKeys('east')
const nothing = expect.objectContaining({ code: 'EVIDENCE_SHOWS_NOTHING' })

const entries = (count: number, fork = ''): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => encodeUtf8(`entry ${i}${i >= 300 ? fork : ''}`))

/** A log in memory: heads of any size, and its tiles. */
function logOf(all: readonly Uint8Array[]) {
  const nodes = new Map<string, Uint8Array>()
  const range = new CompactRange()
  const roots = [EMPTY_ROOT]
  for (const entry of all) {
    range.append(leafHash(entry), (level, index, hash) => nodes.set(`${level}/${index}`, hash))
    roots.push(range.root())
  }
  const reader: TileReader = {
    tile(level, index, width) {
      const hashes = Array.from({ length: width }, (_, i) => nodes.get(`${level * 8}/${index * 256 + i}`))
      if (hashes.includes(undefined)) return Promise.reject(new Error(`no tile ${level}/${index}.p/${width}`))
      return Promise.resolve(concatBytes(...(hashes as Uint8Array[])))
    },
  }
  const text = (size: number): string =>
    formatCheckpoint({ origin: north.origin, size, root: roots[size] as Uint8Array })
  const head = (size: number, cosigners: readonly (readonly [Signer, number])[] = [], log = north.log): Uint8Array => {
    const { signatures } = parseNote(
      signCheckpoint({ origin: north.origin, size, root: roots[size] as Uint8Array }, log),
    )
    const lines = cosigners.map(([signer, timestampS]) => cosignCheckpoint(text(size), signer, timestampS))
    return formatNote({ text: text(size), signatures: [...signatures, ...lines] })
  }
  return { reader, head, roots }
}

const honest = logOf(entries(700))
const forked = logOf(entries(700, ' rewritten'))

describe('a fork of a log', () => {
  test('#48 one size and two roots are evidence by themselves, in one file', () => {
    const fork: LogFork = { kind: 'log-fork', first: honest.head(400), second: forked.head(400), leaves: null }
    const file = formatEvidence(fork)
    expect(parseEvidence(file)).toEqual(fork)
    expect(verifyLogFork(parseEvidence(file) as LogFork, north.log.key)).toMatchObject({
      origin: north.origin,
      index: null,
    })
    expect(new TextDecoder().decode(file)).toMatch(
      /^parley\.evidence\/v1\nlog-fork\nfirst \d+\nridge-7\.parley\/north\/1\n400\n/,
    )
  })

  test.each([
    [700, 301],
    [301, 700],
    [500, 512],
    [700, 700],
  ])('#49 heads of %i and %i entries: the first differing leaf under each', async (a, b) => {
    const found = await findFork(
      { note: honest.head(a), reader: honest.reader },
      { note: forked.head(b), reader: forked.reader },
    )
    if (found === null) return expect.unreachable()
    const fork = parseEvidence(formatEvidence({ kind: 'log-fork', ...found })) as LogFork
    expect(verifyLogFork(fork, north.log.key).index).toBe(a === b ? null : 300)
  })

  test.each([
    [500, 700],
    [512, 700],
    [301, 513],
    [699, 700],
  ])(
    '#49 heads of %i and %i entries: the tree of the larger says what it was at the size of the smaller',
    async (a, b) => {
      const notes = [honest.head(a), forked.head(b)] as const
      const fromTree = await findForkByPrefix(...notes, forked.reader)
      const proof = await proveConsistency(forked.reader, { from: a, to: b })
      const found = [fromTree, await findForkByPrefix(notes[1], notes[0], forked.reader)]
      // A proof from a size that is one whole node begins with that node, which it does not bring.
      if (a !== 512) found.push(findForkInProof(...notes, proof))
      else expect(findForkInProof(...notes, proof)).toBeNull()
      for (const one of found) {
        if (one === null) return expect.unreachable()
        const file = formatEvidence({ kind: 'log-fork', ...one })
        const fork = parseEvidence(file) as LogFork
        expect(fork).toEqual({ kind: 'log-fork', ...one })
        expect(verifyLogFork(fork, north.log.key)).toMatchObject({ origin: north.origin, index: null })
        const { prefix } = fork
        if (prefix === undefined) return expect.unreachable()
        // The smaller log's own root, or a proof of something else, shows nothing.
        const own = { ...fork, prefix: { ...prefix, root: honest.roots[a] as Uint8Array } }
        expect(() => verifyLogFork(own, north.log.key)).toThrow(nothing)
        const made = { ...fork, prefix: { ...prefix, root: new Uint8Array(32) } }
        expect(() => verifyLogFork(made, north.log.key)).toThrow(expect.objectContaining({ code: 'PROOF_MISMATCH' }))
        const cut = { ...fork, prefix: { ...prefix, proof: prefix.proof.slice(1) } }
        expect(() => verifyLogFork(cut, north.log.key)).toThrow()
        const even = { ...fork, first: honest.head(b), second: forked.head(b) }
        expect(() => verifyLogFork(even, north.log.key)).toThrow(nothing)
      }
    },
  )

  test('a prefix that agrees, a proof of nothing and a proof that was made up give no evidence', async () => {
    const grown = [honest.head(300), forked.head(700)] as const
    expect(await findForkByPrefix(...grown, forked.reader)).toBeNull()
    expect(await findForkByPrefix(honest.head(400), forked.head(400), forked.reader)).toBeNull()
    const good = await proveConsistency(forked.reader, { from: 300, to: 700 })
    expect(findForkInProof(...grown, good)).toBeNull()
    const notes = [honest.head(500), forked.head(700)] as const
    const proof = await proveConsistency(forked.reader, { from: 500, to: 700 })
    for (const made of [[], proof.slice(1), [...proof, new Uint8Array(32)], proof.with(0, new Uint8Array(32))])
      expect(findForkInProof(...notes, made)).toBeNull()
    expect(findForkInProof(...notes, [new Uint8Array(31)])).toBeNull()
    expect(findForkInProof(honest.head(400), forked.head(400), proof)).toBeNull()
  })

  test('a log that grew is no fork', async () => {
    const grown = [
      { note: honest.head(300), reader: honest.reader },
      { note: honest.head(700), reader: honest.reader },
    ] as const
    expect(await findFork(...grown)).toBeNull()
    expect(
      await findFork(
        { note: honest.head(300), reader: honest.reader },
        { note: forked.head(700), reader: forked.reader },
      ),
    ).toBeNull()
    expect(await findFork(grown[0], grown[0])).toBeNull()
  })

  test('shows nothing when it is one head, heads of two sizes without leaves, one leaf, or of another log key', async () => {
    const fork: LogFork = { kind: 'log-fork', first: honest.head(400), second: forked.head(400), leaves: null }
    expect(() => verifyLogFork({ ...fork, second: fork.first }, north.log.key)).toThrow(nothing)
    expect(() => verifyLogFork({ ...fork, second: forked.head(401) }, north.log.key)).toThrow(nothing)
    expect(() => verifyLogFork(fork, signerOf(north.origin, 0x01, 'other').key)).toThrow(
      expect.objectContaining({ code: 'NO_VERIFIED_SIGNATURE' }),
    )
    const leafIn = async (log: typeof honest, size: number, index: number) => ({
      index,
      leaf: leafHash(entries(700)[index] as Uint8Array),
      proof: await proveInclusion(log.reader, { index, size }),
    })
    const same = [await leafIn(honest, 400, 5), await leafIn(forked, 400, 5)] as const
    expect(() => verifyLogFork({ ...fork, leaves: same }, north.log.key)).toThrow(nothing)
    const wrong = [
      await leafIn(honest, 400, 5),
      { ...(await leafIn(forked, 400, 5)), leaf: new Uint8Array(32) },
    ] as const
    expect(() => verifyLogFork({ ...fork, leaves: wrong }, north.log.key)).toThrow(
      expect.objectContaining({ code: 'PROOF_MISMATCH' }),
    )
  })

  test('#50 two logs that share a prefix: the first `seen` shows it, and the head it names is the proof', () => {
    // North showed `honest` to south and `forked` to east; east's act cites what it saw.
    const seen = { o: north.origin, n: 400, r: encodeBase64(forked.roots[400] as Uint8Array) }
    const alone = compareSeen(seen, honest.head(400))
    expect(alone).toMatchObject({ kind: 'differs', evidence: null })
    const shown = compareSeen(seen, honest.head(400), forked.head(400))
    if (shown.kind !== 'differs' || shown.evidence === null) return expect.unreachable()
    expect(verifyLogFork({ kind: 'log-fork', ...shown.evidence }, north.log.key).origin).toBe(north.origin)
    expect(compareSeen({ ...seen, r: encodeBase64(honest.roots[400] as Uint8Array) }, honest.head(400))).toEqual({
      kind: 'same',
    })
    expect(compareSeen(seen, honest.head(399))).toEqual({ kind: 'unknown' })
    // A head that is not the one cited proves nothing.
    expect(compareSeen(seen, honest.head(400), forked.head(500))).toMatchObject({ evidence: null })
  })
})

describe('a fork by a cosigner', () => {
  const [first, second] = [honest.head(400, [[east.witness, AT]]), forked.head(400, [[east.witness, AT + 5]])]

  test('#79 one cosigner on two branches, whoever signed them', () => {
    const fork: CosignerFork = { kind: 'cosigner-fork', first, second, leaves: null }
    const read = parseEvidence(formatEvidence(fork)) as CosignerFork
    expect(verifyCosignerFork(read, east.witness.key)).toMatchObject({ timesS: [AT, AT + 5], key: east.witness.key })
    const unsigned = (note: Uint8Array): Uint8Array => {
      const { text, signatures } = parseNote(note)
      return formatNote({ text, signatures: signatures.slice(1) })
    }
    expect(
      verifyCosignerFork({ ...fork, first: unsigned(first), second: unsigned(second) }, east.witness.key).index,
    ).toBeNull()
  })

  test('#79 of two sizes', async () => {
    const note = forked.head(512, [[east.witness, AT]])
    const found = await findFork({ note: first, reader: honest.reader }, { note, reader: forked.reader })
    if (found === null) return expect.unreachable()
    expect(verifyCosignerFork({ kind: 'cosigner-fork', ...found }, east.witness.key).index).toBe(300)
  })

  test('#79 not without its line on both, and not for lines of two cosigners', () => {
    const missing = expect.objectContaining({ code: 'NO_VERIFIED_SIGNATURE' })
    const fork: CosignerFork = { kind: 'cosigner-fork', first, second: forked.head(400), leaves: null }
    expect(() => verifyCosignerFork(fork, east.witness.key)).toThrow(missing)
    expect(() =>
      verifyCosignerFork({ ...fork, second: forked.head(400, [[south.witness, AT]]) }, east.witness.key),
    ).toThrow(missing)
  })
})

describe('a receipt', () => {
  const entry = entries(700)[123] as Uint8Array
  const proofAt = async (note: Uint8Array, size: number, index = 123) =>
    formatTlogProof({
      index,
      proof: await proveInclusion(honest.reader, { index, size }),
      checkpoint: note,
      extra: null,
    })
  const keys = { logKey: north.log.key, mirrors: [south.mirror.key], policy: null }

  test('an entry, its place, and the mirror that stored it', async () => {
    const proof = await proofAt(honest.head(400, [[south.mirror, AT]]), 400)
    const receipt = parseEvidence(formatEvidence({ kind: 'receipt', entry, proof }))
    if (receipt.kind !== 'receipt') return expect.unreachable()
    expect(verifyReceipt(receipt, keys)).toMatchObject({ index: 123, size: 400, receipts: [{ timestampS: AT }] })
    expect(() => verifyReceipt({ ...receipt, entry: encodeUtf8('entry 124') }, keys)).toThrow(
      expect.objectContaining({ code: 'PROOF_MISMATCH' }),
    )
  })

  test("a witness's line is no receipt", async () => {
    const proof = await proofAt(honest.head(400, [[south.witness, AT]]), 400)
    expect(() => verifyReceipt({ kind: 'receipt', entry, proof }, keys)).toThrow(nothing)
  })
})

describe('a protest', () => {
  const observers = [east.witness.key, signerOf('west/witness', 0x04).key]
  const keys = { logKey: north.log.key, observers, quorum: 2 }
  const head = honest.head(400, [
    [east.witness, AT],
    [signerOf('west/witness', 0x04), AT + 7],
  ])
  const protest: Protest = { kind: 'non-delivery', head, accused: south.mirror.key, deltaS: 600 }

  test('the head was there from when the quorum had cosigned it, and the deadline runs from then', () => {
    expect(parseEvidence(formatEvidence(protest))).toEqual(protest)
    expect(verifyProtest(protest, keys)).toMatchObject({ availableAtS: AT + 7, deadlineS: AT + 607 })
  })

  test('shows nothing without the quorum, or with a receipt of the accused on it', () => {
    expect(() => verifyProtest({ ...protest, head: honest.head(400, [[east.witness, AT]]) }, keys)).toThrow(nothing)
    const received = honest.head(400, [
      [east.witness, AT],
      [signerOf('west/witness', 0x04), AT],
      [south.mirror, AT + 1],
    ])
    expect(() => verifyProtest({ ...protest, head: received }, keys)).toThrow(nothing)
    // The accused does not observe itself.
    expect(() => verifyProtest(protest, { ...keys, observers: [east.witness.key, south.mirror.key] })).toThrow(nothing)
  })

  test('is answered by a receipt in time, of that head or one that extends it', async () => {
    const answer = (size: number, timestampS: number) => honest.head(size, [[south.mirror, timestampS]])
    expect(judgeProtestAnswer(protest, { note: answer(400, AT + 607), proof: [] }, keys).verdict).toBe('answered')
    expect(judgeProtestAnswer(protest, { note: answer(400, AT + 608), proof: [] }, keys).verdict).toBe('late')
    const proof = await proveConsistency(honest.reader, { from: 400, to: 512 })
    expect(judgeProtestAnswer(protest, { note: answer(512, AT), proof }, keys).verdict).toBe('answered')
    expect(() => judgeProtestAnswer(protest, { note: answer(399, AT), proof: [] }, keys)).toThrow(nothing)
    const branch = forked.head(512, [[south.mirror, AT]])
    expect(() => judgeProtestAnswer(protest, { note: branch, proof }, keys)).toThrow(
      expect.objectContaining({ code: 'PROOF_MISMATCH' }),
    )
  })
})

describe('a dispute over the state', () => {
  const heads = [{ o: north.origin, n: 4, r: encodeBase64(new Uint8Array(32)) }]
  const digest = (keys: typeof north, fill: string, over = {}) =>
    entryOf(
      actOf(keys, { kind: 'state.digest', body: { digest: fill.repeat(32), heads, projection: 'table/3', ...over } }),
      [keys.ada],
    )
  const officers = { first: [north.ada.key], second: [south.ada.key] }
  const dispute = { kind: 'state-dispute', first: digest(north, 'ab'), second: digest(south, 'cd') } as const

  test('two states of the same heads by the same projection', () => {
    const read = parseEvidence(formatEvidence(dispute))
    if (read.kind !== 'state-dispute') return expect.unreachable()
    expect(verifyStateDispute(read, officers)).toMatchObject({ table: 'ridge-7', parties: ['north', 'south'] })
  })

  test.each([
    ['equal states', digest(south, 'ab')],
    ['other heads', digest(south, 'cd', { heads: [] })],
    ['another version of the projection', digest(south, 'cd', { projection: 'table/4' })],
    ['another kind of act', entryOf(actOf(south), [south.ada])],
  ])('shows nothing for %s', (_what, second) => {
    expect(() => verifyStateDispute({ ...dispute, second }, officers)).toThrow(nothing)
  })
})

describe('the file', () => {
  const good = formatEvidence({ kind: 'log-fork', first: honest.head(400), second: forked.head(400), leaves: null })
  const text = new TextDecoder().decode(good)

  test.each([
    ['nothing', ''],
    ['another header', text.replace('v1', 'v2')],
    ['an unknown kind', text.replace('log-fork', 'log-spoon')],
    ['a part of another name', text.replace('\nfirst ', '\nprime ')],
    ['a length with a leading zero', text.replace(/\nfirst (\d)/, '\nfirst 0$1')],
    ['a length too long', text.replace(/\nsecond \d+/, '\nsecond 9999')],
    ['a length too short', text.replace(/\nsecond \d+/, '\nsecond 10')],
    ['something after it', `${text}\n`],
    ['CRLF', text.replaceAll('\n', '\r\n')],
  ])('#1 with %s is refused', (_what, spoilt) => {
    expect(() => parseEvidence(encodeUtf8(spoilt))).toThrow(expect.objectContaining({ code: 'MALFORMED_EVIDENCE' }))
  })
})
