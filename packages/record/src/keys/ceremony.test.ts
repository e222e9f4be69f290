import { describe, expect, test } from 'vitest'
import { encodeHex, encodeUtf8 } from '../bytes.ts'
import { formatNote, parseNote } from '../note.ts'
import { ALPHA } from '../testing/seal-fixture.ts'
import { AT, enrolmentOf, grantOf, partyKeys, signedEnrolment, signerOf, signersOf } from '../testing/table.ts'
import { createVerifierKey } from '../vkey.ts'
import {
  type CeremonyMemory,
  checkReveal,
  comparisonCode,
  enrolmentCommit,
  enrolmentFingerprint,
  keyFingerprint,
  type Reveal,
} from './ceremony.ts'
import { type Enrolment, formatEnrolmentText, keysOf, openEnrolment, parseEnrolmentText } from './enrolment.ts'
import { signText } from './possession.ts'

const north = partyKeys('north')
const south = partyKeys('south')
const nonceOf = (fill: number): Uint8Array => new Uint8Array(32).fill(fill)
const ours: Reveal = { nonce: nonceOf(1), text: formatEnrolmentText(enrolmentOf(north)) }
const theirs: Reveal = { nonce: nonceOf(2), text: formatEnrolmentText(enrolmentOf(south)) }
const memory: CeremonyMemory = { nowS: AT + 600, maxAgeS: 86_400, usedCommits: new Set(), keysElsewhere: new Map() }
const code = (value: string, rule = '') =>
  expect.objectContaining({ code: value, message: expect.stringContaining(rule) })

describe('the enrolment note', () => {
  test('is one text, signed by every key in it', () => {
    const { enrolment, text } = openEnrolment(signedEnrolment(north))
    expect(enrolment).toEqual(enrolmentOf(north))
    expect(text).toBe(ours.text)
    expect(keysOf(enrolment)).toHaveLength(signersOf(north).length)
  })

  test('is refused when any key in it has not signed', () => {
    const { text, signatures } = parseNote(signedEnrolment(north))
    signatures.forEach((_, left) => {
      const note = formatNote({ text, signatures: signatures.filter((_line, i) => i !== left) })
      expect(() => openEnrolment(note)).toThrow(code('ENROLMENT_UNSIGNED'))
    })
  })

  test('is refused when a line was made for another text, head keys included', () => {
    const { text, signatures } = parseNote(signedEnrolment(north))
    for (const signer of [north.mirror, north.root[0], north.ada]) {
      const other = signText(text.replace('"at":', '"at":1'), signer, AT)
      const note = formatNote({
        text,
        signatures: signatures.map((line) => (line.keyId === other.keyId ? other : line)),
      })
      expect(() => openEnrolment(note)).toThrow(code('ENROLMENT_UNSIGNED'))
    }
  })

  const spoilt: readonly (readonly [string, Partial<Enrolment>, string, string])[] = [
    [
      '#10 two keys with equal name and key id',
      { witnesses: [north.witness.key, north.witness.key] },
      'ENROLMENT_KEY',
      'twice',
    ],
    [
      'one public key under two names',
      {
        officers: [
          grantOf(north.ada, 'ada'),
          grantOf({ ...north.ada, key: createVerifierKey('north/duty-7', 0x01, north.ada.key.publicKey) }, 'eve'),
        ],
      },
      'ENROLMENT_KEY',
      'twice',
    ],
    [
      'one key as witness and mirror',
      { witnesses: [createVerifierKey('north/witness', 0x04, north.mirror.key.publicKey)] },
      'ENROLMENT_KEY',
      'twice',
    ],
    [
      'one name for two keys',
      { witnesses: [signerOf('north/mirror', 0x04, 'x').key] },
      'ENROLMENT_KEY',
      'name of its own',
    ],
    ['a key named after another party', { witnesses: [south.witness.key] }, 'ENROLMENT_KEY', 'begins with north/'],
    ['a log of another party', { log: south.log.key }, 'ENROLMENT_KEY', 'named ridge-7.parley/north/'],
    ['two custodians', { root: enrolmentOf(north).root.slice(0, 2) }, 'ENROLMENT_FIELD', 'must be 3 custodians'],
    [
      'three custodians who are two persons',
      {
        root: enrolmentOf(north).root.map(({ key }, i) => ({
          key,
          person: i === 2 ? 'custodian-1' : `custodian-${i + 1}`,
        })),
      },
      'ENROLMENT_FIELD',
      'different persons',
    ],
    [
      'an officer who may revoke',
      { officers: [grantOf(north.ada, 'ada', { kinds: ['key.revoke'] })] },
      'ENROLMENT_FIELD',
      'only the root',
    ],
    ['a mirror that signs texts', { mirrors: [signerOf('north/mirror', 0x01).key] }, 'ENROLMENT_FIELD', '0x04 or 0x06'],
    ['no mirror', { mirrors: [] }, 'ENROLMENT_FIELD', 'at least one'],
    ['a TLS key that is no digest', { tlsPins: ['ab'] }, 'ENROLMENT_FIELD', '64 lower-case hex'],
    [
      'one recipient for two desks',
      { desks: ['a', 'b'].map((desk) => ({ desk, recipient: ALPHA.recipient })) },
      'ENROLMENT_FIELD',
      'of its own',
    ],
    [
      'more keys than a note has signatures',
      { officers: Array.from({ length: 11 }, (_, i) => grantOf(signerOf(`north/duty-${i}`), `p${i}`)) },
      'ENROLMENT_KEY',
      'at most 16',
    ],
  ]
  test.each(spoilt)('refuses %s', (_what, over, expected, rule) => {
    expect(() => formatEnrolmentText(enrolmentOf(north, over))).toThrow(code(expected, rule))
  })

  test('#21 refuses a key on which verifiers would disagree', () => {
    const weak = `north/duty-1+`
    const text = ours.text.replace(
      /north\/duty-1\+[^"]+/,
      `${weak}deadbeef+${Buffer.from([1, 1, ...new Uint8Array(31)]).toString('base64')}`,
    )
    expect(() => parseEnrolmentText(text)).toThrow(code('ENROLMENT_FIELD', 'small order'))
  })

  test('an ML-DSA key may share the name of its mirror and proves possession too', () => {
    const post = signerOf('north/mirror', 0x06)
    const enrolment = enrolmentOf(north, { mirrors: [north.mirror.key, post.key] })
    const text = formatEnrolmentText(enrolment)
    const note = formatNote({
      text,
      signatures: [...signersOf(north), post].map((signer) => signText(text, signer, AT)),
    })
    expect(openEnrolment(note).enrolment.mirrors).toHaveLength(2)
  })
})

describe('the ceremony', () => {
  test('both sides come to one code, a fixed one for fixed texts and nonces', () => {
    const read = comparisonCode(ours, theirs)
    expect(read).toMatch(/^\d{5} \d{5} \d{5} \d{5}$/)
    expect(comparisonCode(theirs, ours)).toBe(read)
    const a = { text: 'a\n', nonce: nonceOf(0) }
    const b = { text: 'b\n', nonce: nonceOf(255) }
    expect(comparisonCode(b, a)).toBe('53205 98700 25641 74313')
    expect(encodeHex(enrolmentCommit(a))).toBe('64f5793b201c211072cc4c622e04bf326e2737f175f3a20619c48966b8bfffd8')
  })

  test('a reveal that opens its commit, fresh, for this table, is taken', () => {
    const { enrolment } = checkReveal(enrolmentOf(north), { commit: enrolmentCommit(theirs), reveal: theirs }, memory)
    expect(enrolment.party).toBe('south')
    expect(enrolmentFingerprint(theirs.text)).toMatch(/^[0-9a-f]{64}$/)
    expect(keyFingerprint(south.ada.key)).not.toBe(keyFingerprint(north.ada.key))
  })

  test('#29 a man in the middle swaps one vkey: the codes differ, and it cannot search for one that does not', () => {
    const swapped = partyKeys('south', 'mallory')
    const forged: Reveal = {
      nonce: theirs.nonce,
      text: formatEnrolmentText(enrolmentOf(south, { mirrors: [swapped.mirror.key] })),
    }
    // What north reads out and what south reads out.
    expect(comparisonCode(ours, forged)).not.toBe(comparisonCode(theirs, ours))
    // Having seen north's text, it must still open the commit it sent before.
    const reveal = { commit: enrolmentCommit(theirs), reveal: forged }
    expect(() => checkReveal(enrolmentOf(north), reveal, memory)).toThrow(
      code('CEREMONY_MISMATCH', 'SHA-256 of the nonce'),
    )
  })

  test('#29 replays an old enrolment', () => {
    const commit = enrolmentCommit(theirs)
    const usedCommits = new Set([encodeHex(commit)])
    expect(() => checkReveal(enrolmentOf(north), { commit, reveal: theirs }, { ...memory, usedCommits })).toThrow(
      code('CEREMONY_STALE', 'earlier ceremony'),
    )
    const fresh = { ...theirs, nonce: nonceOf(9) }
    expect(() =>
      checkReveal(
        enrolmentOf(north),
        { commit: enrolmentCommit(fresh), reveal: fresh },
        { ...memory, nowS: AT + 86_401 },
      ),
    ).toThrow(code('CEREMONY_STALE', 'old enrolment'))
  })

  test('#29 the same key at two tables, or on both sides', () => {
    const reveal = { commit: enrolmentCommit(theirs), reveal: theirs }
    const keysElsewhere = new Map([[encodeHex(south.ada.key.publicKey), 'valley-2']])
    expect(() => checkReveal(enrolmentOf(north), reveal, { ...memory, keysElsewhere })).toThrow(
      code('ENROLMENT_KEY', 'valley-2'),
    )
    const copied = createVerifierKey('south/duty-1', 0x01, north.ada.key.publicKey)
    const copy = {
      ...theirs,
      text: formatEnrolmentText(enrolmentOf(south, { officers: [grantOf({ ...south.ada, key: copied }, 'ada')] })),
    }
    expect(() => checkReveal(enrolmentOf(north), { commit: enrolmentCommit(copy), reveal: copy }, memory)).toThrow(
      code('ENROLMENT_KEY', 'our own'),
    )
  })

  test('a side does not compare a code with itself, and not with another table', () => {
    expect(() => comparisonCode(ours, { ...ours, nonce: nonceOf(3) })).toThrow(code('CEREMONY_MISMATCH'))
    const self = { commit: enrolmentCommit(ours), reveal: ours }
    expect(() => checkReveal(enrolmentOf(north), self, memory)).toThrow(code('CEREMONY_MISMATCH', 'another party'))
    expect(() => enrolmentCommit({ ...ours, nonce: new Uint8Array(31) })).toThrow(code('INVALID_LENGTH'))
    expect(encodeUtf8(ours.text).length).toBeLessThan(8192)
  })
})
