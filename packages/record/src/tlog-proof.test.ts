import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concatBytes, decodeUtf8, encodeUtf8 } from './bytes.ts'
import { cosignCheckpoint } from './cosignature.ts'
import { isRecordError } from './errors.ts'
import { leafHash } from './merkle.ts'
import type { Policy } from './policy.ts'
import { formatSignatureLine } from './signature-line.ts'
import { verdict } from './testing/fixtures.ts'
import { entriesOf, headOf, LOG, MIRROR, textOf, WITNESS } from './testing/log.ts'
import { naiveInclusion } from './testing/naive-tree.ts'
import { formatTlogProof, parseTlogProof, type TlogProof, verifyTlogProof } from './tlog-proof.ts'

const ENTRIES = entriesOf(7)
const LEAVES = ENTRIES.map((entry) => leafHash(entry))
const leaf = LEAVES[4] as Uint8Array
const RECEIPT = formatSignatureLine(cosignCheckpoint(textOf(7), MIRROR, 1_795_000_000))
const PROOF: TlogProof = {
  index: 4,
  proof: naiveInclusion(LEAVES, 4),
  checkpoint: concatBytes(headOf(7).note, encodeUtf8(RECEIPT)),
  extra: null,
}
const POLICY: Policy = {
  logs: [{ key: LOG.key, url: null }],
  witnesses: [{ name: 'counterpart', key: MIRROR.key, url: null }],
  groups: [],
  quorum: 'counterpart',
}
const FILE = decodeUtf8(formatTlogProof(PROOF))

const FILE_FIXTURE = `c2sp.org/tlog-proof@v1
index 4
rCD2WF2wgitpk3RAAYgYlfyW7NpIce182UiguQJ98RU=
LdVdrjiRwOwTjkNJEOH9O8tOexy8X1HhH65EfxQOps0=
j++BM2FZfMmHn3KZciT+Ldnm1GR9tR1onJj5QMOrUMk=

line.parley/north/1
7
w0Jz2LUO6hkpxmKtB+TWxEancy00yllMNXiDFNAE3OU=

— line.parley/north/1 l6Tx0ZsmfY9beg3mFq78r4SyeHBimvQVMpzCuchDcqP9FyRzVH1bVUlfdEvnNKFAsQsV4V0+4Tv5wT0zRdajgPe0jQM=
— south.parley/mirror B5+eIgAAAABq/YbAjdbQjaTxhdPWGGK+6vmLreh84ClU3pmOcasBLrTRpap3elg1OBQB6TnoybM/2rUhJFSgC4xow8zJNJ6j+cNoCQ==
`

test('a proof file is laid out as the standard has it', () => {
  expect(FILE).toBe(FILE_FIXTURE)
  const extra = formatTlogProof({ ...PROOF, extra: encodeUtf8('extra') })
  expect(decodeUtf8(extra)).toBe(FILE.replace('index', 'extra ZXh0cmE=\nindex'))
})

test('a proof file is read as it was written', () => {
  expect(parseTlogProof(encodeUtf8(FILE))).toEqual(PROOF)
  const alone: TlogProof = { index: 0, proof: [], checkpoint: headOf(1).note, extra: Uint8Array.of(0, 10, 10) }
  expect(parseTlogProof(formatTlogProof(alone))).toEqual(alone)
})

test('a proof that holds gives the checkpoint and who cosigned it', () => {
  const { checkpoint, cosignatures } = verifyTlogProof(parseTlogProof(encodeUtf8(FILE)), { leaf, policy: POLICY })
  expect(checkpoint).toMatchObject({ origin: LOG.key.name, size: 7 })
  expect(cosignatures.map(({ key, timestampS }) => [key.name, timestampS])).toEqual([[MIRROR.key.name, 1_795_000_000]])
})

test('a proof of another entry, index or log, or without its quorum, does not hold', () => {
  const judge = (proof: Partial<TlogProof>, policy: Policy = POLICY, at = leaf) =>
    verdict(() => verifyTlogProof({ ...PROOF, ...proof }, { leaf: at, policy }))
  expect(judge({}, POLICY, LEAVES[5])).toBe('PROOF_MISMATCH')
  expect(judge({ index: 5 })).toBe('PROOF_MISMATCH')
  expect(judge({ index: 7 })).toBe('OUT_OF_RANGE')
  expect(judge({ proof: PROOF.proof.slice(1) })).toBe('WRONG_PROOF_LENGTH')
  expect(judge({ checkpoint: headOf(7).note })).toBe('QUORUM_NOT_MET')
  expect(judge({}, { ...POLICY, logs: [] })).toBe('UNKNOWN_LOG')
  expect(judge({}, { ...POLICY, witnesses: [{ name: 'counterpart', key: WITNESS.key, url: null }] })).toBe(
    'QUORUM_NOT_MET',
  )
})

test('any byte of a proof file changed is refused, or changes nothing that counts', () => {
  const file = encodeUtf8(FILE)
  fc.assert(
    fc.property(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
      const changed = file.slice()
      changed[at] = (changed[at] as number) ^ by
      try {
        verifyTlogProof(parseTlogProof(changed), { leaf, policy: POLICY })
      } catch (error) {
        if (isRecordError(error)) return
        throw error
      }
      // All of the file is authenticated, there being no extra data and no unknown signature.
      throw new Error(`byte ${at} was not noticed`)
    }),
    { numRuns: 400 },
  )
})

test.each<[string, string, string]>([
  ['another version', FILE.replace('@v1', '@v2'), 'MALFORMED_PROOF_FILE'],
  ['no index', FILE.replace('index 4\n', ''), 'MALFORMED_PROOF_FILE'],
  ['an index with a zero before', FILE.replace('index 4', 'index 04'), 'INVALID_INTEGER'],
  ['an index beyond 2^53', FILE.replace('index 4', 'index 9007199254740992'), 'UNSUPPORTED_SIZE'],
  ['extra data of nothing', FILE.replace('index', 'extra \nindex'), 'MALFORMED_PROOF_FILE'],
  ['extra data twice', FILE.replace('index', 'extra AA==\nextra AA==\nindex'), 'MALFORMED_PROOF_FILE'],
  ['extra data after the index', FILE.replace('index 4\n', 'index 4\nextra AA==\n'), 'INVALID_BASE64'],
  ['carriage returns', FILE.replaceAll('\n', '\r\n'), 'MALFORMED_PROOF_FILE'],
  ['no empty line', FILE.replaceAll('\n\n', '\n'), 'MALFORMED_PROOF_FILE'],
  ['64 hashes', FILE.replace('index 4\n', `index 4\n${`${'A'.repeat(43)}=\n`.repeat(64)}`), 'WRONG_PROOF_LENGTH'],
  ['a hash of 31 bytes', FILE.replace('index 4\n', `index 4\n${'A'.repeat(40)}AA==\n`), 'INVALID_HASH'],
  ['a hash with pad bits', FILE.replace('index 4\n', `index 4\n${'A'.repeat(42)}B=\n`), 'INVALID_BASE64'],
  ['nothing', '', 'MALFORMED_PROOF_FILE'],
])('a proof file with %s is refused', (_, file, code) => {
  expect(verdict(() => parseTlogProof(encodeUtf8(file)))).toBe(code)
})

test('what could not be read is not written', () => {
  const write = (proof: Partial<TlogProof>) => verdict(() => formatTlogProof({ ...PROOF, ...proof }))
  expect(write({ index: -1 })).toBe('OUT_OF_RANGE')
  expect(write({ proof: Array.from({ length: 64 }, () => leaf) })).toBe('WRONG_PROOF_LENGTH')
  expect(write({ proof: [leaf.subarray(1)] })).toBe('INVALID_HASH')
  expect(write({ extra: new Uint8Array(0) })).toBe('MALFORMED_PROOF_FILE')
  expect(write({ extra: new Uint8Array(65_536) })).toBe('MALFORMED_PROOF_FILE')
  expect(verdict(() => parseTlogProof(new Uint8Array(200_000)))).toBe('REQUEST_TOO_LARGE')
})
