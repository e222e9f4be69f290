import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  availability,
  availabilityHours,
  type AvailabilityBook,
  createAvailability,
  mergeAvailability,
  recordSample,
} from './availability.ts'
import type { MeasuredKind } from './measure.ts'

/** 2026-11-22T12:00:00Z. */
const NOON_S = 1_795_348_800
const HOUR_S = 3600

function watch(
  states: readonly (readonly [fromS: number, kind: MeasuredKind])[],
  { untilS, everyS = 10, book = createAvailability() }: { untilS: number; everyS?: number; book?: AvailabilityBook },
): AvailabilityBook {
  const beginS = states[0]?.[0] ?? 0
  for (let atS = beginS; atS <= untilS; atS += everyS) {
    const [sinceS, kind] = states.findLast(([fromS]) => fromS <= atS) as (typeof states)[0]
    recordSample(book, { from: 'a', to: 'b', kind, atS, sinceS })
  }
  return book
}

const day = (book: AvailabilityBook, nowS: number) => availability(book, { period: 'day', nowS })[0]

describe('availability', () => {
  test('is the share of the time observed, with its gaps and their length', () => {
    const book = watch(
      [
        [NOON_S, 'open'],
        [NOON_S + 1800, 'degraded'],
        [NOON_S + 2700, 'silent'],
        [NOON_S + 3000, 'open'],
      ],
      { untilS: NOON_S + HOUR_S },
    )
    expect(day(book, NOON_S + HOUR_S)).toEqual({
      from: 'a',
      to: 'b',
      period: 'day',
      openS: 1800 + 600,
      degradedS: 900,
      downS: 300,
      observedS: 3600,
      share: 3300 / 3600,
      gaps: [{ fromS: NOON_S + 2700, toS: NOON_S + 3000, lengthS: 300 }],
    })
  })

  test('a gap begins with the last word, before it was called silence', () => {
    const book = createAvailability()
    recordSample(book, { from: 'a', to: 'b', kind: 'open', atS: NOON_S })
    recordSample(book, { from: 'a', to: 'b', kind: 'silent', atS: NOON_S + 50, sinceS: NOON_S - 70 })
    expect(day(book, NOON_S + 60)?.gaps).toEqual([{ fromS: NOON_S - 70, toS: null, lengthS: 130 }])
  })

  test('what nobody observed is neither up nor down', () => {
    const book = watch([[NOON_S, 'silent']], { untilS: NOON_S + 100 })
    watch([[NOON_S + 10_000, 'open']], { untilS: NOON_S + 10_100, book })
    expect(day(book, NOON_S + 10_100)).toMatchObject({
      observedS: 200,
      share: 0.5,
      gaps: [{ fromS: NOON_S, toS: NOON_S + 100, lengthS: 100 }],
    })
    expect(day(createAvailability(), NOON_S)).toBeUndefined()
    const unknown = watch([[NOON_S, 'unknown']], { untilS: NOON_S + 100 })
    expect(day(unknown, NOON_S + 100)).toMatchObject({ observedS: 0, share: null, gaps: [] })
  })

  test('a gap that lasts over a restart of the node is two, and what lay between is unobserved', () => {
    const book = watch([[NOON_S, 'silent']], { untilS: NOON_S + 100 })
    watch([[NOON_S + 500, 'silent']], { untilS: NOON_S + 600, book })
    expect(day(book, NOON_S + 600)?.gaps.map(({ fromS, toS }) => [fromS, toS])).toEqual([
      [NOON_S, NOON_S + 100],
      [NOON_S + 500, null],
    ])
  })

  test('day, week and month take what lies in them, to the hour', () => {
    const book = watch([[NOON_S - 10 * 86_400, 'silent']], { untilS: NOON_S - 10 * 86_400 + HOUR_S, everyS: 60 })
    watch([[NOON_S, 'open']], { untilS: NOON_S + HOUR_S, everyS: 60, book })
    const shares = (['day', 'week', 'month'] as const).map(
      (period) => availability(book, { period, nowS: NOON_S + HOUR_S })[0]?.share,
    )
    expect(shares).toEqual([1, 1, 0.5])
    expect(
      availabilityHours(book.directions[0] as (typeof book.directions)[0], { period: 'day', nowS: NOON_S + 10 }),
    ).toHaveLength(24)
  })

  test('directions stay apart', () => {
    const book = createAvailability()
    for (const atS of [NOON_S, NOON_S + 10]) {
      recordSample(book, { from: 'a', to: 'b', kind: 'open', atS })
      recordSample(book, { from: 'b', to: 'a', kind: 'silent', atS })
    }
    expect(availability(book, { period: 'day', nowS: NOON_S }).map(({ from, share }) => [from, share])).toEqual([
      ['a', 1],
      ['b', 0],
    ])
  })

  test('keeps a month and no more, whatever comes', () => {
    const book = createAvailability()
    for (let i = 0; i < 2000; i += 1) {
      const atS = NOON_S + i * HOUR_S
      recordSample(book, { from: 'a', to: 'b', kind: i % 2 === 0 ? 'silent' : 'open', atS })
      recordSample(book, { from: 'a', to: 'b', kind: i % 2 === 0 ? 'silent' : 'open', atS: atS + 30 })
    }
    const [direction] = book.directions
    expect(direction?.buckets.length).toBe(745)
    expect(direction?.gaps.length).toBe(256)
    expect(JSON.parse(JSON.stringify(book))).toEqual(book)
  })

  test('two books of one watch, before and after a restart, are the book of the whole', () => {
    const kinds: readonly MeasuredKind[] = ['open', 'degraded', 'silent', 'unknown', 'forked']
    const samples = fc.array(fc.record({ kind: fc.constantFrom(...kinds), stepS: fc.integer({ min: 1, max: 90 }) }), {
      maxLength: 60,
    })
    fc.assert(
      fc.property(samples, fc.nat(60), (steps, cut) => {
        let atS = NOON_S
        const all = steps.map(({ kind, stepS }) => {
          atS += stepS
          return { from: 'a', to: 'b', kind, atS }
        })
        const before = createAvailability()
        const after = createAvailability()
        const whole = createAvailability()
        all.forEach((sample, i) => {
          recordSample(i < cut ? before : after, sample)
          recordSample(whole, sample)
        })
        const merged = mergeAvailability(before, after)
        const [one] = availability(merged, { period: 'week', nowS: atS })
        const [other] = availability(whole, { period: 'week', nowS: atS })
        // The time between the two books was observed by neither.
        const lost = (other?.observedS ?? 0) - (one?.observedS ?? 0)
        expect(lost).toBeGreaterThanOrEqual(0)
        expect(lost).toBeLessThanOrEqual(60)
      }),
    )
  })

  test('the seconds of all states make the time observed', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 200 }), (steps) => {
        const book = createAvailability()
        let atS = NOON_S
        recordSample(book, { from: 'a', to: 'b', kind: 'open', atS })
        for (const [i, stepS] of steps.entries()) {
          atS += stepS
          recordSample(book, { from: 'a', to: 'b', kind: i % 3 === 0 ? 'silent' : 'degraded', atS })
        }
        expect(day(book, atS)?.observedS).toBe(atS - NOON_S)
      }),
    )
  })
})
