import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concatBytes, encodeUtf8 } from './bytes.ts'
import { cosignCheckpoint } from './cosignature.ts'
import {
  checkPolicy,
  formatPolicy,
  lintPolicy,
  openByPolicy,
  type Policy,
  parsePolicy,
  policyStrength,
} from './policy.ts'
import { formatSignatureLine } from './signature-line.ts'
import { createSigner, type Signer } from './signer.ts'
import { verdict } from './testing/fixtures.ts'
import { headOf, LOG, MIRROR, OBSERVERS, OTHER_LOG, textOf, WITNESS } from './testing/log.ts'
import { formatVkey } from './vkey.ts'

const vkey = (signer: Signer): string => formatVkey(signer.key)
const read = (...lines: string[]): Policy => parsePolicy(encodeUtf8(`${lines.join('\n')}\n`))
const observers = OBSERVERS.map((observer, i) => `witness observer-${i} ${vkey(observer)}`)

/** The default policy of a table: the counterpart's mirror, and two of three observers. */
const TABLE = [
  `log ${vkey(LOG)} https://north.example/log`,
  `witness counterpart ${vkey(MIRROR)}`,
  ...observers,
  'group observers 2 observer-0 observer-1 observer-2',
  'group agreement all counterpart observers',
  'quorum agreement',
]

/** q of n witnesses, flat. */
const flat = (n: number, q: number): Policy => ({
  logs: [],
  witnesses: Array.from({ length: n }, (_, i) => ({
    name: `w${i}`,
    key: createSigner({ name: `w${i}.example`, type: 0x04, seed: new Uint8Array(32).fill(100 + i) }).key,
    url: null,
  })),
  groups: [{ name: 'all', threshold: q, members: Array.from({ length: n }, (_, i) => `w${i}`) }],
  quorum: 'all',
})

describe('a policy file', () => {
  test('is read, and written so that it reads the same', () => {
    const policy = read(...TABLE)
    expect(policy.logs).toEqual([{ key: LOG.key, url: 'https://north.example/log' }])
    expect(policy.witnesses[0]).toEqual({ name: 'counterpart', key: MIRROR.key, url: null })
    expect(policy.groups[1]).toEqual({ name: 'agreement', threshold: 2, members: ['counterpart', 'observers'] })
    expect(policy.quorum).toBe('agreement')
    expect(parsePolicy(formatPolicy(policy))).toEqual(policy)
    expect(new TextDecoder().decode(formatPolicy(policy))).toBe(`${TABLE.join('\n')}\n`)
  })

  test('takes comments, tabs, empty lines, and names that are not Unicode', () => {
    const policy = read('', '  # a comment', `\twitness\tw  ${vkey(WITNESS)}\t`, ' ', 'quorum w')
    expect(policy).toMatchObject({ witnesses: [{ name: 'w' }], quorum: 'w' })
    const name = Uint8Array.of(0xe2, 0x84, 0xaa, 0xff)
    const file = concatBytes(
      encodeUtf8('witness '),
      name,
      encodeUtf8(` ${vkey(WITNESS)}\nquorum `),
      name,
      encodeUtf8('\n'),
    )
    expect(parsePolicy(file).quorum).toBe('\u00e2\u0084\u00aa\u00ff')
    expect([...formatPolicy(parsePolicy(file))]).toEqual([...file])
    expect(read('quorum none')).toEqual({ logs: [], witnesses: [], groups: [], quorum: null })
  })

  const witness = `witness w ${vkey(WITNESS)}`
  test.each<[string, string[]]>([
    ['no quorum', [witness]],
    ['two quorums', [witness, 'quorum w', 'quorum w']],
    ['a quorum not defined', ['quorum w']],
    ['a quorum defined after', ['quorum w', witness]],
    ['a group of nothing', ['group g all', 'quorum g']],
    ['a group of itself', [witness, 'group g any w g', 'quorum g']],
    ['a group of none', [witness, 'group g any w none', 'quorum g']],
    ['a group called none', [witness, 'group none any w', 'quorum none']],
    ['a witness called none', [`witness none ${vkey(WITNESS)}`, 'quorum none']],
    ['a member listed twice', [witness, 'group g 1 w w', 'quorum g']],
    ['a member of two groups', [witness, 'group g any w', 'group h any w', 'quorum g']],
    ['a threshold of 0', [witness, 'group g 0 w', 'quorum g']],
    ['a threshold above the members', [witness, 'group g 2 w', 'quorum g']],
    ['a threshold with a zero before', [witness, 'group g 01 w', 'quorum g']],
    ['a name defined twice', [witness, `witness w ${vkey(MIRROR)}`, 'quorum w']],
    ['a witness key twice', [witness, `witness v ${vkey(WITNESS)}`, 'quorum w']],
    ['a log key twice', [`log ${vkey(LOG)}`, `log ${vkey(LOG)}`, 'quorum none']],
    ['a log with the key of a cosigner', [`log ${vkey(WITNESS)}`, 'quorum none']],
    ['a witness with the key of a log', [`witness w ${vkey(LOG)}`, 'quorum w']],
    ['a word too many', [`${witness} https://a b`, 'quorum w']],
    ['an unknown line', ['policy v1', 'quorum none']],
    ['a carriage return', [`${witness}\r`, 'quorum w']],
    ['a delete character', ['# \u007f', 'quorum none']],
  ])('with %s is refused', (_, lines) => {
    expect(verdict(() => read(...lines))).toBe('MALFORMED_POLICY')
  })

  test('without its last newline, too large, or with a bad key is refused', () => {
    expect(verdict(() => parsePolicy(encodeUtf8('quorum none')))).toBe('MALFORMED_POLICY')
    expect(verdict(() => parsePolicy(new Uint8Array(1_048_577).fill(10)))).toBe('MALFORMED_POLICY')
    expect(verdict(() => read(`log ${vkey(LOG).replace(/\+.{8}\+/, '+00000000+')}`, 'quorum none'))).toBe(
      'KEY_ID_MISMATCH',
    )
  })
})

describe('the linter', () => {
  test.each([
    [2, 2, 1, 0],
    [3, 2, 0, 1],
    [3, 3, 2, 0],
    [4, 3, 1, 1],
    [5, 4, 2, 1],
    [7, 5, 2, 2],
  ])('%i witnesses, quorum %i: %i may lie, %i may be down', (n, q, lying, down) => {
    expect(policyStrength(flat(n, q))).toEqual({ lying, down })
  })

  test('#78 2 of 3 with one lying cosigner is refused, unless none is declared to lie', () => {
    expect(verdict(() => lintPolicy(flat(3, 2), { lying: 1 }))).toBe('UNSAFE_QUORUM')
    expect(verdict(() => lintPolicy(flat(3, 2), { lying: 0 }))).toBe('accepted')
    expect(verdict(() => lintPolicy(flat(4, 3), { lying: 1 }))).toBe('accepted')
    expect(verdict(() => lintPolicy(flat(2, 1), { lying: 0 }))).toBe('UNSAFE_QUORUM')
    expect(verdict(() => lintPolicy(read('quorum none'), { lying: 0 }))).toBe('UNSAFE_QUORUM')
    expect(verdict(() => lintPolicy(read(...TABLE), { lying: 1 }))).toBe('accepted')
    expect(verdict(() => lintPolicy(read(...TABLE), { lying: 2 }))).toBe('UNSAFE_QUORUM')
  })

  test('#78 a flat quorum passes exactly when q > (n + f) / 2', () => {
    for (let n = 1; n <= 9; n++) {
      for (let q = 1; q <= n; q++) {
        for (let f = 0; f <= n; f++) {
          const found = verdict(() => lintPolicy(flat(n, q), { lying: f }))
          expect(found === 'accepted').toBe(q > (n + f) / 2)
        }
      }
    }
  })

  test('nested groups withstand what trying every set of cosigners shows', () => {
    const shape = fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.nat(2)), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(shape, fc.nat(2), (parts, top) => {
        const witnesses: string[] = []
        const groups = parts.map(([size, k], g) => {
          const members = Array.from({ length: size }, (_, i) => `w${g}-${i}`)
          witnesses.push(...members)
          return { name: `g${g}`, threshold: 1 + (k % size), members }
        })
        const names = groups.map(({ name }) => name)
        const policy: Policy = {
          logs: [],
          witnesses: [],
          groups: [...groups, { name: 'top', threshold: 1 + (top % names.length), members: names }],
          quorum: 'top',
        }
        const n = witnesses.length
        const met: number[] = []
        for (let set = 0; set < 2 ** n; set++) {
          const has = (name: string): boolean => {
            const group = policy.groups.find((one) => one.name === name)
            if (group === undefined) return (set & (1 << witnesses.indexOf(name))) !== 0
            return group.members.filter(has).length >= group.threshold
          }
          if (has('top')) met.push(set)
        }
        const count = (set: number): number => set.toString(2).replaceAll('0', '').length
        let overlap = n
        for (const a of met) for (const b of met) overlap = Math.min(overlap, count(a & b))
        // The fewest that are in every quorum's way.
        let blocking = n
        for (let out = 0; out < 2 ** n; out++) {
          if (met.every((set) => (set & out) !== 0)) blocking = Math.min(blocking, count(out))
        }
        expect(policyStrength(policy)).toEqual({ lying: overlap - 1, down: blocking - 1 })
      }),
      { numRuns: 60 },
    )
  })
})

describe('a checkpoint under a policy', () => {
  const NOW_S = 1_795_000_000
  const cosigned = (...signers: Signer[]): Uint8Array =>
    concatBytes(
      headOf(7).note,
      ...signers.map((signer) => encodeUtf8(formatSignatureLine(cosignCheckpoint(textOf(7), signer, NOW_S)))),
    )
  const [first, second] = OBSERVERS as [Signer, Signer]
  const policy = read(...TABLE)

  test('is opened when the quorum is met', () => {
    const opened = openByPolicy(policy, cosigned(MIRROR, first, second, WITNESS))
    expect(opened.checkpoint.size).toBe(7)
    expect(checkPolicy(policy, opened.cosignatures)).toEqual(['counterpart', 'observer-0', 'observer-1'])
  })

  test('is refused when it is not', () => {
    expect(verdict(() => openByPolicy(policy, cosigned(first, second)))).toBe('QUORUM_NOT_MET')
    expect(verdict(() => openByPolicy(policy, cosigned(MIRROR, first)))).toBe('QUORUM_NOT_MET')
    expect(verdict(() => openByPolicy(policy, cosigned(MIRROR, first, WITNESS)))).toBe('QUORUM_NOT_MET')
    expect(verdict(() => openByPolicy(read(`log ${vkey(LOG)}`, 'quorum none'), cosigned()))).toBe('accepted')
  })

  test('#16 is refused when it is of another log, or signed by another', () => {
    expect(verdict(() => openByPolicy(policy, headOf(7, 'a', OTHER_LOG).note))).toBe('UNKNOWN_LOG')
    const renewed = createSigner({ name: LOG.key.name, type: 0x01, seed: new Uint8Array(32).fill(77) })
    expect(verdict(() => openByPolicy(policy, headOf(7, 'a', renewed).note))).toBe('NO_VERIFIED_SIGNATURE')
    const both = read(`log ${vkey(renewed)}`, `log ${vkey(LOG)}`, 'quorum none')
    expect(verdict(() => openByPolicy(both, headOf(7).note))).toBe('accepted')
    expect(verdict(() => openByPolicy(both, headOf(7, 'a', renewed).note))).toBe('accepted')
  })

  test('a known cosigner whose line fails spoils it', () => {
    const note = concatBytes(
      cosigned(first, second),
      encodeUtf8(formatSignatureLine(cosignCheckpoint(textOf(12), MIRROR, NOW_S))),
    )
    expect(verdict(() => openByPolicy(policy, note))).toBe('INVALID_SIGNATURE')
  })
})
