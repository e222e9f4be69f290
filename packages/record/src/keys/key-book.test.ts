import { beforeEach, describe, expect, test } from 'vitest'
import { sha256 } from '#primitives'
import type { Act } from '../act.ts'
import { encodeBase64 } from '../base64.ts'
import { encodeHex, encodeUtf8 } from '../bytes.ts'
import { leafHash } from '../merkle.ts'
import type { Signer } from '../signer.ts'
import { ALPHA, BRAVO, CHARLIE, SEALED_ACT } from '../testing/seal-fixture.ts'
import {
  AT,
  actOf,
  enrolmentOf,
  entryOf,
  grantOf,
  keyAct,
  leafText,
  NEVER,
  PARTIES,
  type PartyKeys,
  partyKeys,
  signedEnrolment,
  signerOf,
  spoilSignature,
} from '../testing/table.ts'
import { formatVkey } from '../vkey.ts'
import { type ActContext, NOTHING_ELSE_KNOWN } from './act-context.ts'
import { applyEntry, continueKeyBook } from './apply-entry.ts'
import { formatEnrolmentText } from './enrolment.ts'
import { grantBody } from './grant.ts'
import { type Judgement, judgeAct, judgeOpenedSeal } from './judge-act.ts'
import { readKeyAct } from './key-acts.ts'
import { cosignersForSize, createKeyBook, type KeyBook, logKeysForSize, recipientsAt, tlsPinsAt } from './key-book.ts'

const north = partyKeys('north')
const south = partyKeys('south')
let book: KeyBook
beforeEach(() => {
  book = createKeyBook(enrolmentOf(north), { parties: PARTIES })
})

const root2 = (keys: PartyKeys = north): readonly Signer[] => [keys.root[0], keys.root[1]]
const says = (judgement: Judgement): string => {
  const codes = judgement.reasons.map(({ code }) => code).join(' ')
  return `${judgement.verdict}${judgement.effect ? '' : ', no effect'}${codes === '' ? '' : `: ${codes}`}`
}
const say = (act: Act, signers: readonly Signer[], context: ActContext = NOTHING_ELSE_KNOWN): string =>
  says(applyEntry(book, entryOf(act, signers), context))
const judge = (act: Act, signers: readonly Signer[], context: ActContext = NOTHING_ELSE_KNOWN): string =>
  says(judgeAct(book, entryOf(act, signers), book.size, context))
const revoke = (signer: Signer, role: string, suspectSince?: number): Act =>
  keyAct(north, 'key.revoke', {
    key: formatVkey(signer.key),
    role,
    ...(suspectSince === undefined ? {} : { suspect_since: suspectSince }),
  })
const rotate = (role: string, old: Signer, next: Signer): Act =>
  keyAct(north, 'key.rotate', { new: formatVkey(next.key), old: formatVkey(old.key), role })
const delegate = (signer: Signer, person: string, over = {}): Act =>
  keyAct(north, 'key.delegate', grantBody(grantOf(signer, person, { kinds: ['message'], ...over })))

test('the bytes that are signed stay what they are: enrolment, act, delegation, possession by a head key', () => {
  const digest = (bytes: Uint8Array | string): string =>
    encodeHex(sha256(typeof bytes === 'string' ? encodeUtf8(bytes) : bytes))
  const id = '0123456789abcdef0123456789abcdef'
  const rotation = rotate('mirror', north.mirror, signerOf('north/mirror', 0x04, 'next'))
  expect({
    enrolment: digest(formatEnrolmentText(enrolmentOf(north))),
    note: digest(signedEnrolment(north)),
    message: digest(entryOf(actOf(north, { id }), [north.ada])),
    delegation: digest(entryOf({ ...delegate(signerOf('north/duty-9'), 'dora'), id }, root2())),
    rotation: digest(entryOf({ ...rotation, id }, [north.mirror, ...root2()])),
  }).toMatchInlineSnapshot(`
    {
      "delegation": "77d72444be80adf57b22143ece3bda51e2b65568f0bf657c2fc5c2ac230f74af",
      "enrolment": "600db8f950187dab5066b1ed727cecfaad5272200f3a9335ee57d8285b2c0494",
      "message": "99206b0f0edcc0186578058899c16d0259bb0809e4547cea4ad55d01ca27b00a",
      "note": "c3449113939d0166c80cd6762248097fee290b732f258962e519460d7e7a7e05",
      "rotation": "94f8281b7dc53eed55183f3d27abcd25137bf35a4b40533d5baf55a55b2274ab",
    }
  `)
})

test('an officer may say what was delegated', () => {
  expect(say(actOf(north), [north.ada])).toBe('valid')
  expect(say(actOf(north, { kind: 'zone.declare' }), [north.ben])).toBe('valid')
})

describe('revocation', () => {
  test('#25 at or after it an act has no effect and is marked; before it, contested where suspected', () => {
    const entries = [0, 1, 2].map(() => entryOf(actOf(north), [north.ada]))
    for (const entry of entries) applyEntry(book, entry)
    expect(say(revoke(north.ada, 'officer', 1), root2())).toBe('valid')
    expect(entries.map((entry, i) => says(judgeAct(book, entry, i)))).toEqual([
      'valid',
      'flagged: key.contested',
      'flagged: key.contested',
    ])
    expect(say(actOf(north), [north.ada])).toBe('flagged, no effect: key.revoked key.revoked-signer')
    expect(say(actOf(north), [north.ben])).toBe('valid')
  })

  test('#25 without suspicion the past stands', () => {
    const entry = entryOf(actOf(north), [north.ada])
    applyEntry(book, entry)
    expect(say(revoke(north.ada, 'officer'), root2())).toBe('valid')
    expect(says(judgeAct(book, entry, 0))).toBe('valid')
  })

  test('#25 a second signer in force carries a one-signature act, which stays marked', () => {
    say(revoke(north.ada, 'officer'), root2())
    expect(say(actOf(north), [north.ada, north.ben])).toBe('flagged: key.revoked')
  })

  test('#25 what a revoked officer delegated while suspected is contested too', () => {
    const fresh = signerOf('north/duty-9')
    const entry = entryOf(delegate(fresh, 'dora', { maxPerDay: 5 }), [north.chief])
    expect(says(applyEntry(book, entry))).toBe('valid')
    expect(say(actOf(north), [fresh])).toBe('valid')
    say(revoke(north.chief, 'officer', 0), root2())
    expect(say(actOf(north), [fresh])).toBe('flagged: grant.contested')
    expect(says(judgeAct(book, entry, 0))).toBe('flagged: key.contested')
  })

  test('needs two custodians of the root, who are in force, and leaves two', () => {
    expect(say(revoke(north.ada, 'officer'), [north.root[0]])).toContain('key-act.unsigned')
    expect(say(revoke(north.ada, 'officer'), [north.ada, north.ben])).toContain('key-act.unsigned')
    expect(say(revoke(north.root[2], 'root'), root2())).toBe('valid')
    expect(say(revoke(north.ada, 'officer'), [north.root[0], north.root[2]])).toContain('key-act.unsigned')
    expect(say(revoke(north.root[1], 'root'), root2())).toContain('key-act.last')
    expect(say(revoke(north.root[2], 'root'), root2())).toContain('key-act.unknown-key')
    expect(say(revoke(south.ada, 'officer'), root2())).toContain('key-act.unknown-key')
    expect(say(revoke(north.log, 'officer'), root2())).toContain('key-act.unknown-key')
  })

  test('may not reach ahead', () => {
    expect(say(revoke(north.ada, 'officer', 1), root2())).toContain('key-act.body')
  })

  test('a rotated key found stolen later is revoked for the past', () => {
    const next = signerOf('north/duty-1', 0x01, 'next')
    const entry = entryOf(actOf(north), [north.ada])
    applyEntry(book, entry)
    say(rotate('officer', north.ada, next), [north.ada, next])
    expect(say(revoke(north.ada, 'officer', 0), root2())).toBe('valid')
    expect(says(judgeAct(book, entry, 0))).toBe('flagged: key.contested')
    expect(say(actOf(north), [next])).toBe('valid')
  })
})

describe('delegation', () => {
  test('#26 an act beyond the kinds delegated', () => {
    expect(say(actOf(north, { kind: 'incident.report' }), [north.ada])).toBe('invalid, no effect: grant.kind')
  })

  test('#26 an act beyond the quota of its day, and not of the next', () => {
    const fresh = signerOf('north/duty-9')
    say(delegate(fresh, 'dora', { maxPerDay: 2 }), root2())
    expect(say(actOf(north), [fresh])).toBe('valid')
    expect(say(actOf(north), [fresh])).toBe('valid')
    expect(say(actOf(north), [fresh])).toBe('invalid, no effect: grant.quota')
    expect(say(actOf(north, { at: AT + 86_400 }), [fresh])).toBe('valid')
    // A new key brings no new quota.
    const next = signerOf('north/duty-9', 0x01, 'next')
    say(rotate('officer', fresh, next), [fresh, next])
    expect(say(actOf(north), [next])).toBe('invalid, no effect: grant.quota')
  })

  test('#26 an act after its delegation has expired, by the time of receipt where that is disputed', () => {
    const fresh = signerOf('north/duty-9')
    say(delegate(fresh, 'dora', { notAfterS: AT }), root2())
    expect(judge(actOf(north), [fresh])).toBe('valid')
    expect(judge(actOf(north, { at: AT + 1 }), [fresh])).toBe('invalid, no effect: grant.expired')
    const late = { ...NOTHING_ELSE_KNOWN, receiptAtS: AT + 10_000 }
    expect(judge(actOf(north), [fresh], late)).toBe('invalid, no effect: grant.expired time.disputed')
  })

  test('#26 a chain of depth 3', () => {
    const second = signerOf('north/duty-8')
    const third = signerOf('north/duty-9')
    const kinds = ['key.delegate', 'message']
    expect(say(delegate(second, 'dora', { kinds, maxPerDay: 5 }), [north.chief])).toBe('valid')
    expect(say(actOf(north), [second])).toBe('valid')
    expect(say(delegate(third, 'emil', { maxPerDay: 5 }), [second])).toBe('invalid, no effect: key-act.depth')
    expect(say(actOf(north), [third])).toBe('invalid, no effect: signature.missing')
  })

  test.each([
    ['to other kinds', { kinds: ['zone.declare'], maxPerDay: 5 }],
    ['to a family around its kind', { kinds: ['message.*'], maxPerDay: 5 }],
    ['to a longer time', { maxPerDay: 5, notAfterS: NEVER + 1 }],
    ['to more acts a day', { maxPerDay: 11 }],
  ])('#26 a delegation that widens its scope %s', (_how, over) => {
    expect(say(delegate(signerOf('north/duty-9'), 'dora', over), [north.chief])).toBe(
      'invalid, no effect: key-act.scope',
    )
  })

  test('#26 a delegation by an officer who has expired, or has used up the day', () => {
    const late = { ...delegate(signerOf('north/duty-9'), 'dora', { maxPerDay: 5 }), at: NEVER + 1 }
    expect(say(late, [north.chief])).toBe('invalid, no effect: grant.expired')
    for (let i = 0; i < 10; i += 1) say(actOf(north), [north.chief])
    const act = delegate(signerOf('north/duty-9'), 'dora', { maxPerDay: 5 })
    expect(say(act, [north.chief])).toBe('invalid, no effect: grant.quota')
  })

  test('#26 a delegation to oneself', () => {
    expect(say(delegate(signerOf('north/duty-9'), 'chief', { maxPerDay: 5 }), [north.chief])).toContain('key-act.scope')
  })

  test.each([['key.revoke'], ['key.*'], ['line.close'], ['table.*'], ['log.continue']])(
    '#26 nobody is delegated %s, which only the root says',
    (kind) => {
      expect(say(delegate(signerOf('north/duty-9'), 'dora', { kinds: [kind] }), root2())).toContain('key-act.scope')
    },
  )

  test('takes effect from the next entry, or from the index it names', () => {
    const fresh = signerOf('north/duty-9')
    const self = entryOf(delegate(fresh, 'dora', { notBeforeIndex: 2 }), [...root2(), fresh])
    expect(says(applyEntry(book, self))).toBe('valid')
    expect(say(actOf(north), [fresh])).toBe('invalid, no effect: key.early signature.missing')
    expect(say(actOf(north), [fresh])).toBe('valid')
  })

  test('brings no key, name or person twice', () => {
    const named = signerOf('north/duty-1', 0x01, 'other')
    const foreign = signerOf('south/duty-9')
    expect(say(delegate(north.ada, 'ada'), root2())).toContain('key-act.duplicate-key')
    expect(say(delegate(named, 'dora'), root2())).toContain('key-act.duplicate-key')
    expect(say(delegate(foreign, 'dora'), root2())).toContain('key-act.body')
  })
})

describe('four eyes', () => {
  test('#27 two keys of one person are one person', () => {
    const withdrawal = { kind: 'zone.withdraw' }
    expect(say(actOf(north, withdrawal), [north.ada])).toBe('invalid, no effect: signature.missing')
    expect(say(actOf(north, withdrawal), [north.ada, north.ada2])).toBe('invalid, no effect: signature.missing')
    expect(say(actOf(north, withdrawal), [north.ada, north.ben])).toBe('valid')
  })

  test('#27 no officer signature, or one that does not verify', () => {
    expect(say(actOf(north), [signerOf('north/stranger')])).toBe('invalid, no effect: signature.missing')
    const entry = spoilSignature(entryOf(actOf(north), [north.ada]))
    expect(says(applyEntry(book, entry))).toBe('invalid, no effect: signature.bad signature.missing')
    const second = spoilSignature(entryOf(actOf(north), [north.ada, north.ben]))
    expect(says(applyEntry(book, second))).toBe('invalid, no effect: signature.bad')
  })

  test('every key signs one kind of note: root, log and mirror keys sign no messages', () => {
    for (const signer of [north.root[0], north.log, north.mirror]) {
      expect(say(actOf(north), [north.ada, signer])).toBe('invalid, no effect: signer.role')
    }
    expect(say(actOf(north, { kind: 'line.close' }), [north.ada, north.ben])).toContain('signer.role')
    expect(say(actOf(north, { kind: 'line.close' }), [north.root[0]])).toBe('invalid, no effect: signature.missing')
    expect(say(actOf(north, { kind: 'line.close' }), root2())).toBe('valid')
  })

  test('#42 a kind nobody agreed on', () => {
    expect(say(actOf(north, { kind: 'message.secret' }), [north.ada])).toContain('act.kind')
    expect(say(actOf(north, { kind: 'key.magic' }), root2())).toContain('act.kind')
  })

  test('a sealed act needs what its inner kind needs', () => {
    const entry = entryOf(actOf(north, { ...SEALED_ACT, id: 'aa'.repeat(16) }), [north.ada])
    const context = NOTHING_ELSE_KNOWN
    const inner = {
      salt: '00'.repeat(32),
      table: 'ridge-7',
      o: north.origin,
      id: 'aa'.repeat(16),
      to: ['south'],
      body: {},
    }
    const opened = (kind: string) =>
      says(judgeOpenedSeal(book, entry, { index: 0, inner: { ...inner, kind }, context }))
    expect(opened('message')).toBe('valid')
    expect(opened('zone.withdraw')).toBe('invalid, no effect: signature.missing')
    expect(opened('incident.report')).toBe('invalid, no effect: grant.kind')
  })
})

describe('rotation', () => {
  const next = signerOf('north/duty-1', 0x01, 'next')

  test('#28 by the old key only, or the new key only', () => {
    expect(say(rotate('officer', north.ada, next), [north.ada])).toBe('invalid, no effect: key-act.unsigned')
    expect(say(rotate('officer', north.ada, next), [next])).toBe('invalid, no effect: key-act.unsigned')
    expect(say(rotate('officer', north.ada, next), [next, north.ben])).toBe('invalid, no effect: key-act.unsigned')
    expect(say(actOf(north), [next])).toContain('signature.missing')
    expect(say(actOf(north), [north.ada])).toBe('valid')
  })

  test('#28 an officer: by old and new, or by the root; from the next entry on', () => {
    expect(say(rotate('officer', north.ada, next), [north.ada, next])).toBe('valid')
    expect(say(actOf(north), [next])).toBe('valid')
    expect(say(actOf(north), [north.ada])).toBe('invalid, no effect: key.rotated signature.missing')
    expect(say(rotate('officer', north.ben, signerOf('north/duty-2', 0x01, 'next')), root2())).toBe('valid')
  })

  test.each([
    ['old and new', (a: Signer, b: Signer) => [a, b]],
    ['root', () => root2()],
    ['old and root', (a: Signer) => [a, ...root2()]],
    ['new and root', (_a: Signer, b: Signer) => [b, ...root2()]],
  ])('#28 a mirror: not by %s', (_who, signers) => {
    const replacement = signerOf('north/mirror', 0x04, 'next')
    const act = rotate('mirror', north.mirror, replacement)
    expect(say(act, signers(north.mirror, replacement))).toBe('invalid, no effect: key-act.unsigned')
  })

  test.each([
    ['log', north.log, 0x01],
    ['mirror', north.mirror, 0x04],
    ['witness', north.witness, 0x04],
  ] as const)('#28 a %s key: by old, new and root', (role, old, type) => {
    const replacement = signerOf(old.key.name, type, 'next')
    expect(say(rotate(role, old, replacement), [old, replacement, ...root2()])).toBe('valid')
    if (role === 'log') return
    expect(cosignersForSize(book, role, 2)).toEqual([replacement.key])
  })

  test('P12 every head is acceptable under a key: the old one below, both at the rotation, the new one above', () => {
    const replacement = signerOf(north.origin, 0x01, 'next')
    say(actOf(north), [north.ada])
    say(rotate('log', north.log, replacement), [north.log, replacement, ...root2()])
    say(actOf(north), [north.ada])
    expect([0, 1, 2, 3, 4].map((size) => logKeysForSize(book, size))).toEqual([
      [north.log.key],
      [north.log.key],
      [north.log.key, replacement.key],
      [replacement.key],
      [replacement.key],
    ])
  })

  test('a log key revoked without a successor leaves no head above acceptable', () => {
    say(revoke(north.log, 'log'), root2())
    expect(logKeysForSize(book, 1)).toEqual([north.log.key])
    expect(logKeysForSize(book, 2)).toEqual([])
  })

  test('recipients and TLS keys: by the root, from the next entry on', () => {
    const [pin] = enrolmentOf(north).tlsPins as [string]
    expect(
      say(keyAct(north, 'key.rotate', { new: CHARLIE.recipient, old: ALPHA.recipient, role: 'seal' }), [north.ada]),
    ).toContain('key-act.unsigned')
    expect(
      say(keyAct(north, 'key.rotate', { new: CHARLIE.recipient, old: ALPHA.recipient, role: 'seal' }), root2()),
    ).toBe('valid')
    expect(say(keyAct(north, 'key.seal', { desk: 'night', recipient: BRAVO.recipient }), root2())).toBe('valid')
    expect(say(keyAct(north, 'key.seal', { desk: 'night', recipient: BRAVO.recipient }), root2())).toContain(
      'key-act.duplicate-key',
    )
    expect(say(keyAct(north, 'key.rotate', { new: 'ab'.repeat(32), old: pin, role: 'tls' }), root2())).toBe('valid')
    expect(say(keyAct(north, 'key.revoke', { key: BRAVO.recipient, role: 'seal' }), root2())).toBe('valid')
    expect([...recipientsAt(book, 1)]).toEqual([['duty', ALPHA.recipient]])
    expect([...recipientsAt(book, 3)]).toEqual([
      ['duty', CHARLIE.recipient],
      ['night', BRAVO.recipient],
    ])
    expect([...recipientsAt(book, 5)]).toEqual([
      ['duty', CHARLIE.recipient],
      ['night', BRAVO.recipient],
    ])
    expect([...recipientsAt(book, book.size)]).toEqual([['duty', CHARLIE.recipient]])
    expect(tlsPinsAt(book, 5)).toEqual(['ab'.repeat(32)])
  })

  test('a key act depends on no other log and on no time of arrival', () => {
    expect(say({ ...revoke(north.ada, 'officer'), exp: NEVER }, root2())).toContain('key-act.exp')
    const ref = { o: south.origin, i: 0, h: encodeBase64(new Uint8Array(32)) }
    const seen = [{ o: south.origin, n: 1, r: encodeBase64(new Uint8Array(32)) }]
    expect(say({ ...revoke(north.ada, 'officer'), ref, seen }, root2())).toContain('key-act.ref')
    const wrong = { ...NOTHING_ELSE_KNOWN, rootAt: () => encodeBase64(new Uint8Array(32).fill(1)), receiptAtS: NEVER }
    expect(say({ ...revoke(north.ada, 'officer'), seen }, root2(), wrong)).toBe('flagged: time.disputed seen.root')
    expect(say(actOf(north), [north.ada])).toContain('key.revoked')
  })
})

describe('the envelope of an act', () => {
  test('#35 of another log, of another table, reused, or copied verbatim', () => {
    const act = actOf(north)
    const entry = entryOf(act, [north.ada])
    expect(says(applyEntry(book, entry))).toBe('valid')
    expect(says(applyEntry(book, entry))).toBe('invalid, no effect: act.id')
    expect(say({ ...act, body: { text: 'another' } }, [north.ada])).toBe('invalid, no effect: act.id')
    expect(says(judgeAct(book, entry, 0))).toBe('valid')
    expect(say(actOf(south), [north.ada])).toContain('act.origin')
    expect(say(actOf(north, { o: 'ridge-7.parley/north/2' }), [north.ada])).toContain('act.origin')
    const elsewhere = actOf(north, { table: 'ridge-8', o: 'ridge-8.parley/north/1' })
    expect(say(elsewhere, [north.ada])).toContain('act.table')
  })

  test('#30 what is no act at all is recorded without effect, and the log goes on', () => {
    expect(says(applyEntry(book, encodeUtf8('not a note at all')))).toBe('invalid, no effect: act.malformed')
    expect(says(applyEntry(book, new Uint8Array(0)))).toBe('invalid, no effect: act.malformed')
    expect(say(actOf(north), [north.ada])).toBe('valid')
    expect(book.size).toBe(3)
  })

  test('names parties of the table only', () => {
    expect(say(actOf(north, { to: ['south'] }), [north.ada])).toBe('valid')
    expect(say(actOf(north, { to: ['east'] }), [north.ada])).toBe('invalid, no effect: act.to')
  })
})

describe('heads cited', () => {
  const r = (fill: number): string => encodeBase64(new Uint8Array(32).fill(fill))
  const head = (n: number, fill: number) => [{ o: south.origin, n, r: r(fill) }]
  const knowing = (over: Partial<ActContext>): ActContext => ({
    ...NOTHING_ELSE_KNOWN,
    cosigned: () => true,
    rootAt: (_o, n) => r(n),
    ...over,
  })

  test('#36 larger than ever cosigned', () => {
    const cosigned = (_o: string, n: number) => n <= 5
    expect(say(actOf(north, { seen: head(5, 5) }), [north.ada], knowing({ cosigned }))).toBe('valid')
    const context = knowing({ cosigned, rootAt: (_o, n) => (n <= 5 ? r(n) : null) })
    expect(say(actOf(north, { seen: head(6, 6) }), [north.ada], context)).toBe('invalid, no effect: seen.uncosigned')
  })

  test('#36 decreasing, or of another root than cited before', () => {
    expect(say(actOf(north, { seen: head(5, 5) }), [north.ada], knowing({}))).toBe('valid')
    expect(say(actOf(north, { seen: head(4, 4) }), [north.ada], knowing({}))).toBe(
      'invalid, no effect: seen.decreasing',
    )
    expect(say(actOf(north, { seen: head(5, 6) }), [north.ada])).toContain('seen.root')
    expect(say(actOf(north, { seen: head(5, 5) }), [north.ada], knowing({}))).toBe('valid')
    expect(say(actOf(north, { seen: head(6, 6) }), [north.ada], knowing({}))).toBe('valid')
  })

  test('#36 of a wrong root', () => {
    expect(say(actOf(north, { seen: head(5, 9) }), [north.ada], knowing({}))).toBe('invalid, no effect: seen.root')
  })

  test('#36 of a log that is not at the table', () => {
    const seen = [{ o: 'ridge-7.parley/east/1', n: 1, r: r(1) }]
    expect(say(actOf(north, { seen }), [north.ada], knowing({}))).toBe('invalid, no effect: seen.unknown-log')
  })

  test('what cannot be held against the log cited is marked', () => {
    expect(say(actOf(north, { seen: head(5, 5) }), [north.ada])).toBe('flagged: seen.unverified')
  })
})

describe('times', () => {
  const at = (receiptAtS: number, lowerBoundS: number | null = null): ActContext => ({
    ...NOTHING_ELSE_KNOWN,
    receiptAtS,
    lowerBoundS,
  })

  test.each([
    ['a day ahead', AT + 86_400, AT],
    ['a year back', AT - 31_536_000, AT],
    ['beyond 2^31', 2 ** 31 + 5, AT],
    ['just beyond the skew', AT + 301, AT],
  ])('#38 a claimed time %s: disputed, its effects take the time of receipt', (_how, claimed, receipt) => {
    const judgement = judgeAct(book, entryOf(actOf(north, { at: claimed }), [north.ada]), 0, at(receipt))
    expect(says(judgement)).toBe('flagged: time.disputed')
    expect(judgement.effectAtS).toBe(receipt)
  })

  test('#38 within the skew the claim stands', () => {
    const judgement = judgeAct(book, entryOf(actOf(north, { at: AT + 300 }), [north.ada]), 0, at(AT))
    expect(says(judgement)).toBe('valid')
    expect(judgement.effectAtS).toBe(AT + 300)
  })

  test('#38 a claim from before a head it cites', () => {
    expect(judge(actOf(north), [north.ada], { ...at(AT), receiptAtS: null, lowerBoundS: AT + 301 })).toBe(
      'flagged: time.disputed',
    )
  })

  test('#39 expired on arrival', () => {
    const act = actOf(north, { exp: AT + 60 })
    expect(judge(act, [north.ada], at(AT + 60))).toBe('valid')
    expect(judge(act, [north.ada], at(AT + 61))).toBe('flagged, no effect: act.expired')
  })
})

describe('references', () => {
  const earlier = entryOf(actOf(south), [south.ada])
  const sealed = entryOf(actOf(south, { kind: 'sealed', to: ['south'], body: SEALED_ACT.body }), [south.ada])
  const root = encodeBase64(new Uint8Array(32).fill(2))
  const seen = [{ o: south.origin, n: 2, r: root }]
  const context: ActContext = {
    ...NOTHING_ELSE_KNOWN,
    cosigned: () => true,
    rootAt: () => root,
    entryAt: (_o, i) =>
      i === 0
        ? { leaf: leafHash(earlier), sealedTo: null }
        : i === 1
          ? { leaf: leafHash(sealed), sealedTo: ['south'] }
          : null,
  }
  const answer = (i: number, h: string): Act =>
    actOf(north, { kind: 'ack.read', seen, ref: { o: south.origin, i, h }, body: {} })

  test('to an entry it has seen, of the right leaf hash', () => {
    expect(judge(answer(0, leafText(earlier)), [north.ada], context)).toBe('valid')
  })

  test('#40 to an index beyond what the log has cited, or to a later entry of its own log', () => {
    expect(judge(answer(2, leafText(earlier)), [north.ada], context)).toContain('ref.missing')
    const own = actOf(north, { ref: { o: north.origin, i: 0, h: leafText(earlier) } })
    expect(judge(own, [north.ada], context)).toContain('ref.missing')
  })

  test('#40 of a wrong leaf hash', () => {
    expect(judge(answer(0, leafText(sealed)), [north.ada], context)).toBe('invalid, no effect: ref.leaf')
  })

  test('#40 to a seal that is not addressed to the author', () => {
    expect(judge(answer(1, leafText(sealed)), [north.ada], context)).toBe('invalid, no effect: ref.not-addressed')
  })

  test('an entry not in hand waits', () => {
    const waiting = { ...context, entryAt: () => null }
    expect(judge(answer(0, leafText(earlier)), [north.ada], waiting)).toBe('flagged, no effect: ref.unverified')
  })
})

describe('a log that goes on under its next number', () => {
  const log = signerOf('ridge-7.parley/north/2')
  const continuation = (n: number, over: Partial<Act> = {}): Act =>
    actOf(north, {
      kind: 'log.continue',
      o: 'ridge-7.parley/north/2',
      body: { from: { n, o: north.origin, r: encodeBase64(new Uint8Array(32).fill(3)) }, log: formatVkey(log.key) },
      ...over,
    })

  test('keeps the keys in force, takes the new log key, and starts ids anew', () => {
    const old = actOf(north)
    say(old, [north.ada])
    say(revoke(north.ben, 'officer'), root2())
    const next = continueKeyBook(book, entryOf(continuation(2), root2()))
    expect(next.origin).toBe('ridge-7.parley/north/2')
    expect(logKeysForSize(next, 1)).toEqual([log.key])
    const judged = (act: Act, signer: Signer) => says(applyEntry(next, entryOf(act, [signer])))
    expect(judged({ ...old, o: next.origin }, north.ada)).toBe('valid')
    expect(judged(old, north.ada)).toContain('act.origin')
    expect(judged(actOf(north, { o: next.origin }), north.ben)).toContain('signature.missing')
  })

  test('is refused without the root, at the wrong size, number or key, and inside a log', () => {
    say(actOf(north), [north.ada])
    const tried = (act: Act, signers: readonly Signer[]) => () => continueKeyBook(book, entryOf(act, signers))
    expect(tried(continuation(1), [north.root[0]])).toThrow(expect.objectContaining({ code: 'KEY_ACT_UNSIGNED' }))
    expect(tried(continuation(2), root2())).toThrow(expect.objectContaining({ code: 'KEY_ACT_FIELD' }))
    expect(tried(continuation(1, { o: 'ridge-7.parley/north/5' }), root2())).toThrow(
      expect.objectContaining({ code: 'KEY_ACT_FIELD' }),
    )
    expect(say({ ...continuation(1), o: north.origin }, root2())).toContain('key-act.body')
  })
})

test('a body that a key act cannot have is named by field, value and rule', () => {
  const body = { ...grantBody(grantOf(signerOf('north/duty-9'), 'dora')), max_per_day: 0 }
  expect(() => readKeyAct({ kind: 'key.delegate', body })).toThrow(
    expect.objectContaining({
      code: 'KEY_ACT_FIELD',
      details: { field: 'max_per_day', value: 0, rule: expect.any(String) },
    }),
  )
})
