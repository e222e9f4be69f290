import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyAct, createLine, type JudgedAct, type LineProjection } from './line-projection.ts'
import { closedPrefixes } from './heads.ts'
import { crossed, displayOrder, happenedBefore, knownAt } from './order.ts'
import type { ActPlace } from './place.ts'
import { CHARTER, NOON_S, SaidTable, TABLE } from './testing/said-table.ts'

const PARTIES = ['a', 'b', 'n'] as const
const originOf = (party: string) => `${TABLE}.parley/${party}/1`

/** Steps of honest parties: each says something, citing what it has of the others, or gets more of what they said. */
const step = fc.record({
  party: fc.constantFrom(...PARTIES),
  what: fc.constantFrom('say', 'get'),
  from: fc.constantFrom(...PARTIES),
})
const steps = fc.array(step, { minLength: 1, maxLength: 40 })

function play(script: readonly { party: string; what: string; from: string }[]): SaidTable {
  const table = new SaidTable()
  const held = new Map<string, Map<string, number>>(PARTIES.map((party) => [party, new Map()]))
  const sizes = new Map<string, number>()
  script.forEach(({ party, what, from }, i) => {
    const own = held.get(party) as Map<string, number>
    if (what === 'get') {
      if (from !== party) own.set(from, sizes.get(from) ?? 0)
      return
    }
    const seen = [...own]
      .filter(([, n]) => n > 0)
      .map(([o, n]) => ({ o: originOf(o), n, r: 'r' }))
      .sort((x, y) => (x.o < y.o ? -1 : 1))
    table.say(party, 'watch.open', { atS: NOON_S + i, seen, body: { role: `${party}.duty` } })
    sizes.set(party, (sizes.get(party) ?? 0) + 1)
  })
  return table
}

/** By the definition, without vectors: reachable through citations and predecessors. */
function reaches(said: readonly JudgedAct[], a: ActPlace, b: ActPlace): boolean {
  const at = (origin: string, index: number) => said.find((act) => act.origin === origin && act.index === index)
  const open = [b]
  const done = new Set<string>()
  while (open.length > 0) {
    const next = open.pop() as ActPlace
    const key = `${next.origin} ${next.index}`
    if (done.has(key)) continue
    done.add(key)
    if (next.index > 0) open.push({ origin: next.origin, index: next.index - 1 })
    for (const { o, n } of at(next.origin, next.index)?.act?.seen ?? [])
      if (n > 0) open.push({ origin: o, index: n - 1 })
  }
  return done.has(`${a.origin} ${a.index}`) && !(a.origin === b.origin && a.index === b.index)
}

function replicaOf(said: readonly JudgedAct[]): LineProjection {
  const line = createLine(CHARTER, [])
  for (const act of said) applyAct(line, act)
  return line
}

const shuffled = <T>(values: readonly T[], draws: Iterator<number>): T[] =>
  values
    .map((value) => ({ value, key: draws.next().value as number }))
    .sort((x, y) => x.key - y.key)
    .map(({ value }) => value)

describe('what happened before what', () => {
  test('P7 is without cycle, follows the citations, and is the same on every replica', () => {
    fc.assert(
      fc.property(steps, fc.infiniteStream(fc.nat(0xffff)), (script, draws) => {
        const table = play(script)
        const other = replicaOf(shuffled(table.said, draws))
        for (const a of table.said) {
          expect(happenedBefore(table.line, a, a)).toBe(false)
          for (const b of table.said) {
            const before = happenedBefore(table.line, a, b)
            expect(before).toBe(reaches(table.said, a, b))
            expect(happenedBefore(other, a, b)).toBe(before)
            if (before) expect(happenedBefore(table.line, b, a)).toBe(false)
          }
        }
      }),
      { numRuns: 60 },
    )
  })

  test('P7 whatever an act claims to know, the relation stays without cycle where citations are verified', () => {
    const wild = fc.array(fc.record({ party: fc.constantFrom('a', 'b'), cites: fc.nat(6), refused: fc.boolean() }), {
      minLength: 1,
      maxLength: 12,
    })
    fc.assert(
      fc.property(wild, (script) => {
        const table = new SaidTable()
        const claims = script.map(({ party, cites }, i) =>
          table.say(party, 'watch.open', {
            atS: NOON_S + i,
            body: { role: `${party}.duty` },
            seen: cites === 0 ? [] : [{ o: originOf(party === 'a' ? 'b' : 'a'), n: cites, r: 'r' }],
          }),
        )
        // A head that the other log did not have when it was cited has another root: the judgement drops it.
        const sizes = new Map<string, number>()
        for (const claim of claims) {
          sizes.set(claim.origin, claim.index + 1)
          const untrue = claim.act?.seen.some(({ o, n }) => n > (sizes.get(o) ?? 0)) ?? false
          if (!untrue) continue
          const reason = {
            code: 'seen.root',
            outcome: 'INV',
            effect: false,
            field: 'seen.r',
            value: null,
            rule: '',
          } as const
          applyAct(table.line, {
            ...claim,
            judgement: { ...claim.judgement, verdict: 'invalid', effect: false, reasons: [reason] },
          })
        }
        for (const a of claims)
          for (const b of claims)
            if (happenedBefore(table.line, a, b)) expect(happenedBefore(table.line, b, a)).toBe(false)
      }),
      { numRuns: 60 },
    )
  })

  test('a citation of what is not there yet ends in no loop, and settles when it comes', () => {
    const table = new SaidTable()
    const first = table.say('a', 'watch.open', { seen: [{ o: originOf('b'), n: 2, r: 'r' }], body: { role: 'a.duty' } })
    expect(happenedBefore(table.line, { origin: originOf('b'), index: 1 }, first)).toBe(true)
    table.say('b', 'watch.open', { seen: [{ o: originOf('a'), n: 1, r: 'r' }], body: { role: 'b.duty' } })
    const second = table.say('b', 'watch.open', { body: { role: 'b.lead' } })
    // Both claim to have seen the other first: until a judgement drops one, the question still has an answer.
    expect(typeof happenedBefore(table.line, first, second)).toBe('boolean')
    expect(knownAt(table.line, second).get(originOf('b'))).toBe(2)
  })

  test('chains of citations as long as the logs need no stack', () => {
    const table = new SaidTable()
    for (let i = 0; i < 20_000; i += 1) {
      const [party, other] = i % 2 === 0 ? ['a', 'b'] : ['b', 'a']
      const n = Math.floor((i + 1) / 2)
      table.say(party, 'watch.open', {
        atS: NOON_S + i,
        body: { role: `${party}.duty` },
        seen: n === 0 ? [] : [{ o: originOf(other), n, r: 'r' }],
      })
    }
    const last = { origin: originOf('b'), index: 9999 }
    expect(happenedBefore(table.line, { origin: originOf('a'), index: 0 }, last)).toBe(true)
    expect(crossed(table.line, { origin: originOf('a'), index: 9999 }, last)).toBe(false)
  })

  test('acts of which neither knew the other crossed', () => {
    const table = new SaidTable()
    const a = table.say('a', 'watch.open', { body: { role: 'a.duty' } })
    const b = table.say('b', 'watch.open', { body: { role: 'b.duty' } })
    const c = table.say('b', 'watch.open', { body: { role: 'b.lead' }, seen: [{ o: a.origin, n: 1, r: 'r' }] })
    expect(crossed(table.line, a, b)).toBe(true)
    expect(crossed(table.line, a, c)).toBe(false)
    expect(crossed(table.line, a, a)).toBe(false)
  })

  test('closed prefixes cite nothing beyond themselves, and are the largest', () => {
    fc.assert(
      fc.property(steps, fc.infiniteStream(fc.nat(0xffff)), fc.nat(40), (script, draws, held) => {
        const said = play(script).said
        const line = replicaOf(shuffled(said, draws).slice(0, held))
        const prefixes = closedPrefixes(line)
        const size = new Map(prefixes.map(({ o, n }) => [o, n]))
        for (const { o, n } of prefixes) {
          const inside = said.filter(({ origin, index }) => origin === o && index < n)
          for (const { act } of inside)
            for (const cited of act?.seen ?? []) expect(cited.n).toBeLessThanOrEqual(size.get(cited.o) ?? 0)
        }
        // All in hand is closed where nothing is missing.
        if (held >= said.length) for (const { o, n } of prefixes) expect(n).toBe(line.logs.get(o)?.entries.length)
      }),
      { numRuns: 80 },
    )
  })

  test('the order on screen is one order: by receipt, then log and index', () => {
    fc.assert(
      fc.property(steps, fc.infiniteStream(fc.nat(3)), (script, draws) => {
        const table = play(script)
        for (const party of PARTIES) {
          const by = PARTIES.find((other) => other !== party) as string
          if ((draws.next().value as number) > 0) table.receive(by, party, NOON_S + (draws.next().value as number))
        }
        const acts = [...table.line.logs.values()].flatMap(({ entries }) => entries)
        const sorted = acts.toSorted(displayOrder)
        for (let i = 0; i < sorted.length; i += 1)
          for (let j = i + 1; j < sorted.length; j += 1)
            expect(displayOrder(sorted[i] as (typeof sorted)[0], sorted[j] as (typeof sorted)[0])).toBeLessThanOrEqual(
              0,
            )
      }),
      { numRuns: 40 },
    )
  })
})
