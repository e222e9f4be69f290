import {
  encodeUtf8,
  formatNote,
  lintPolicy,
  parseCanonicalJson,
  signText,
  formatCanonicalJson,
  type JsonObject,
} from '@parley/record'
import { describe, expect, test } from 'vitest'
import { LineError } from '../errors.ts'
import { NOON_S } from '../testing/said-table.ts'
import { memberKeys, signedCharter } from '../testing/signed-table.ts'
import { policyFor, quorumMet, quorumOf } from './charter-quorum.ts'
import { CHARTER_HEADER, charterHash, formatCharter, parseCharter, parseCharterText } from './charter-text.ts'
import type { Charter, QuorumPolicy } from './charter.ts'
import { openCharter } from './open-charter.ts'

const members = ['a', 'b', 'n'].map((party) => memberKeys(party))
const [a, b, n] = members as [(typeof members)[0], (typeof members)[0], (typeof members)[0]]
const enrolments = members.map(({ enrolment }) => enrolment)
const good = signedCharter(members, { observers: ['n'] })

const refusal = (code: string, field: string) =>
  expect.objectContaining({ code, details: expect.objectContaining({ field }) })

/** The charter's JSON with a change made to it behind the writer's back. */
function changed(change: (value: Record<string, unknown>) => void): string {
  const value = structuredClone(parseCanonicalJson(encodeUtf8(good.text.split('\n')[1] as string))) as Record<
    string,
    unknown
  >
  change(value)
  return `${CHARTER_HEADER}\n${formatCanonicalJson(value as JsonObject)}\n`
}

describe('a charter', () => {
  test('is read as it was written, by one text alone', () => {
    expect(parseCharter(good.note)).toEqual(good.charter)
    expect(formatCharter(parseCharterText(good.text))).toBe(good.text)
    expect(charterHash(good.text)).toMatch(/^[0-9a-f]{64}$/)
  })

  test('starts from what the reference says', () => {
    expect(good.charter).toMatchObject({
      clocks: { FLASH: 300, PRIORITY: 1800, ROUTINE: 43_200 },
      escalation: { seatsS: 60, roleS: 120, pathS: 300 },
      heartbeatS: 10,
      tests: { everyS: 3600, answerS: 900, order: ['a', 'b'] },
      maxClockOffsetS: 30,
      backlog: { acts: 1000, bytes: 67_108_864 },
      quota: { flashPercent: 10 },
    })
  })

  test.each([
    ['an unknown field', 'colour', (v: Record<string, unknown>) => (v.colour = 'green')],
    ['a missing field', 'skew', (v: Record<string, unknown>) => delete v.skew],
    ['another version of the form', 'v', (v: Record<string, unknown>) => (v.v = 2)],
    ['one member', 'parties', (v: Record<string, unknown>) => (v.parties = (v.parties as unknown[]).slice(0, 1))],
    [
      'members out of order',
      'parties',
      (v: Record<string, unknown>) => (v.parties = (v.parties as unknown[]).toReversed()),
    ],
    [
      'a test turn of one who does not act',
      'tests.order',
      (v: Record<string, unknown>) => (v.tests = { answer: 900, every: 3600, order: ['a', 'n'] }),
    ],
    [
      'an answer due after the next turn',
      'tests.answer',
      (v: Record<string, unknown>) => (v.tests = { answer: 3600, every: 3600, order: ['a', 'b'] }),
    ],
    [
      'less time for less haste',
      'clocks',
      (v: Record<string, unknown>) => (v.clocks = { flash: 300, priority: 100, routine: 200 }),
    ],
    [
      'escalation in the wrong order',
      'escalation',
      (v: Record<string, unknown>) => (v.escalation = { path: 60, role: 120, seats: 300 }),
    ],
    [
      'a quorum of strangers',
      'quorums.observers',
      (v: Record<string, unknown>) =>
        (v.quorums = [
          { counterparts: true, kinds: ['agreement.*'], lying: 0, name: 'x', observers: { at_least: 1, of: ['z'] } },
        ]),
    ],
    [
      'heads in the first version',
      'effective',
      (v: Record<string, unknown>) => (v.effective = [{ n: 1, o: 'sky.parley/a/1', r: `${'A'.repeat(43)}=` }]),
    ],
    [
      'a guarantor who is none',
      'deemed_delivery.guarantors',
      (v: Record<string, unknown>) => (v.deemed_delivery = { after: 60, guarantors: ['n'] }),
    ],
    [
      'a person for a role',
      'parties[0].roles',
      (v: Record<string, unknown>) => ((v.parties as Record<string, unknown>[])[0]!.roles = ['J. Smith']),
    ],
    [
      'no title',
      'parties[0].title',
      (v: Record<string, unknown>) => ((v.parties as Record<string, unknown>[])[0]!.title = {}),
    ],
    [
      'a kind signed by three',
      'kinds[0].signers',
      (v: Record<string, unknown>) => (v.kinds = [{ kind: 'message', signers: 3 }]),
    ],
    [
      'half an hour as milliseconds',
      'clocks.priority',
      (v: Record<string, unknown>) => (v.clocks = { flash: 300, priority: 1_800_000, routine: 1_900_000 }),
    ],
  ])('with %s is refused by its field', (_, field, change) => {
    expect(() => parseCharterText(changed(change))).toThrowError(refusal('CHARTER_FIELD', field))
  })

  test.each([
    ['without its header', `${good.text.split('\n')[1]}\n`],
    ['with a second line of JSON', `${good.text}{}\n`],
    ['with blanks in its JSON', good.text.replace('{', '{ ')],
    ['with keys out of order', good.text.replace('{"at"', '{"z":1,"at"')],
    ['empty', ''],
  ])('%s is no charter', (_, text) => {
    expect(() => parseCharterText(text)).toThrowError(refusal('CHARTER_FIELD', 'charter'))
  })
})

describe('#78 the quorum of what binds', () => {
  const quorum = (over: Partial<QuorumPolicy>): QuorumPolicy => ({
    name: 'binding',
    kinds: ['agreement.*', 'zone.withdraw'],
    counterparts: false,
    observers: null,
    lying: 0,
    ...over,
  })
  const withObservers = ['a', 'b', 'n', 'o', 'p'].map((party) => memberKeys(party))
  const charterWith = (policy: QuorumPolicy): Charter =>
    signedCharter(withObservers, { observers: ['n', 'o', 'p'], change: { quorums: [policy] } }).charter
  const twoOfThree = { atLeast: 2, of: ['n', 'o', 'p'] }

  test('2 of 3 is not loaded where one of them is assumed to lie', () => {
    expect(() => charterWith(quorum({ observers: twoOfThree, lying: 1 }))).toThrowError(
      refusal('CHARTER_FIELD', 'quorums.binding.lying'),
    )
  })

  test('2 of 3 is loaded where none is declared to lie', () => {
    expect(charterWith(quorum({ observers: twoOfThree, lying: 0 })).quorums[0]?.lying).toBe(0)
  })

  test('all counterparts and 2 of 3 observers withstand one liar, and not two', () => {
    const both = { counterparts: true, observers: twoOfThree }
    expect(charterWith(quorum({ ...both, lying: 1 })).quorums).toHaveLength(1)
    expect(() => charterWith(quorum({ ...both, lying: 2 }))).toThrowError(LineError)
  })

  test('one that asks for nobody is refused', () => {
    expect(() => charterWith(quorum({}))).toThrowError(refusal('CHARTER_FIELD', 'quorums[0].observers'))
  })

  test('is a policy file of its own, with the keys of the enrolments', () => {
    const policy = quorumOf(good.charter, 'agreement.sign')
    if (policy === null) throw new Error('no quorum for agreements')
    const file = policyFor(good.charter, policy, {
      author: 'a',
      enrolments: enrolments.map(({ enrolment }) => enrolment),
    })
    expect(file.logs.map(({ key }) => key.name)).toEqual([a.origin])
    expect(file.witnesses.map(({ name, key }) => [name, key.name])).toEqual([
      ['b/mirror', 'b/mirror'],
      ['n/witness', 'n/witness'],
    ])
    expect(() => lintPolicy(file, { lying: policy.lying })).not.toThrow()
    expect(quorumOf(good.charter, 'message')).toBeNull()
  })

  test('#79 a cosigner that signed two branches counts no longer: what it receipted is weighed anew', () => {
    const policy = quorumOf(good.charter, 'agreement.sign') as QuorumPolicy
    const cosigned = [
      { party: 'b', role: 'mirror' },
      { party: 'n', role: 'witness' },
    ] as const
    expect(quorumMet(good.charter, policy, { author: 'a', cosigned })).toBe(true)
    const honest = cosigned.filter(({ party }) => party !== 'n')
    expect(quorumMet(good.charter, policy, { author: 'a', cosigned: honest })).toBe(false)
  })

  test('#80 with two of four down nothing binds, and messages need no quorum', () => {
    const charter = charterWith(quorum({ counterparts: true, observers: twoOfThree, lying: 1 }))
    const policy = quorumOf(charter, 'agreement.sign') as QuorumPolicy
    const cosigned = [
      { party: 'b', role: 'mirror' },
      { party: 'n', role: 'witness' },
    ] as const
    expect(quorumMet(charter, policy, { author: 'a', cosigned })).toBe(false)
    expect(quorumMet(charter, policy, { author: 'a', cosigned: [...cosigned, { party: 'p', role: 'witness' }] })).toBe(
      true,
    )
    expect(quorumOf(charter, 'message')).toBeNull()
  })
})

describe('a charter note', () => {
  test('opens when two custodians of every member have signed it', () => {
    expect(openCharter(good.note, enrolments)).toMatchObject({ charter: good.charter, hash: charterHash(good.text) })
  })

  test('stays shut while one root is short of two persons', () => {
    const signers = [...a.root, ...b.root, ...n.root.slice(0, 1)]
    const { note } = signedCharter(members, { observers: ['n'], signers })
    expect(() => openCharter(note, enrolments)).toThrowError(
      expect.objectContaining({ code: 'CHARTER_UNSIGNED', details: expect.objectContaining({ value: 1 }) }),
    )
  })

  test('stays shut over a signature that does not hold', () => {
    const other = signedCharter(members, { observers: ['n'], change: { heartbeatS: 11 } })
    const note = formatNote({
      text: other.text,
      signatures: members.flatMap(({ root }) => root.slice(0, 2)).map((signer) => signText(good.text, signer, NOON_S)),
    })
    expect(() => openCharter(note, enrolments)).toThrowError(refusal('CHARTER_UNSIGNED', 'signature line'))
  })

  test('is about the enrolments that were compared, and no others', () => {
    const { enrolment } = memberKeys('n')
    const swapped = { ...enrolment, text: enrolment.text.replace('"at":', '"at" :') }
    expect(() => openCharter(good.note, [...enrolments.slice(0, 2), swapped])).toThrowError(
      refusal('CHARTER_FIELD', 'parties.enrolment'),
    )
    expect(() => openCharter(good.note, enrolments.slice(0, 2))).toThrowError(refusal('CHARTER_UNSIGNED', 'enrolments'))
  })

  test('amends the one before by its next number, with the members it leaves out', () => {
    const effective = [{ o: a.origin, n: 5, r: `${'A'.repeat(43)}=` }]
    const next = signedCharter([a, b], {
      change: { version: 2, effective },
      signers: [...a.root, ...b.root, ...n.root],
    })
    expect(openCharter(next.note, enrolments, good.charter).charter.version).toBe(2)
    const without = signedCharter([a, b], { change: { version: 2, effective }, signers: [...a.root, ...b.root] })
    expect(() => openCharter(without.note, enrolments, good.charter)).toThrowError(
      refusal('CHARTER_UNSIGNED', 'signature lines'),
    )
    const skipped = signedCharter([a, b], { change: { version: 3, effective } })
    expect(() => openCharter(skipped.note, enrolments, good.charter)).toThrowError(refusal('CHARTER_FIELD', 'version'))
  })
})
