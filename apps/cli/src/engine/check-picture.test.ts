import { readFileSync } from 'node:fs'
import { exactClearing, type Volume4D } from '@parley/geo4d'
import { epochMs, metresHae } from '@parley/units'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { NO_MARGIN, type Piece } from '../model/item.ts'
import { discShape, segmentShape } from '../read/outline.ts'
import { check, OVERLAP, pictureOf, piece, RULE_OF_THREES, readTexts, shared } from '../testing/fixtures.ts'
import { MAX_ENCOUNTERS } from './check-picture.ts'
import { smallest } from './clearing.ts'
import type { Encounter } from './encounter.ts'

type Draft = Omit<Piece, 'item' | 'position'>

/** What an encounter says, without the order in which its pieces were met. */
function facts({ itemA, itemB, verdict, windows, contacts, longestMs }: Encounter): unknown {
  return { itemA, itemB, verdict, windows, contacts, longestMs }
}

const number = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true })

const draft: fc.Arbitrary<Draft> = fc
  .record({
    lat: fc.oneof(number(45.9, 46.1), number(89.9, 90)),
    lng: fc.oneof(number(6.9, 7.1), number(179.9, 180), number(-180, -179.9)),
    size: number(1, 5_000),
    low: number(0, 500),
    thick: fc.oneof(number(0, 200), fc.constant(Infinity)),
    start: fc.oneof(number(0, 1000), fc.constant(-Infinity)),
    lasts: fc.oneof(number(0, 300), fc.constant(Infinity)),
    disc: fc.boolean(),
    margin: fc.constantFrom(NO_MARGIN, { lateralM: 500, verticalM: 100, timeMs: 60_000 }),
  })
  .map(({ lat, lng, size, low, thick, start, lasts, disc, margin }) => {
    const shape = disc ? discShape(lat, lng, size) : segmentShape(lat, lng, Math.min(90, lat + size / 111_000), lng)
    const end = start === -Infinity ? lasts : start + lasts
    return { ...piece(shape, { heights: [low, low + thick], seconds: [start, end] }), margin }
  })

test.each([
  ['overlap', OVERLAP],
  ['minima', RULE_OF_THREES],
  ['minima and time', { ...RULE_OF_THREES, timeApartMs: 180_000 }],
])('the tree finds what comparing all pairs finds: %s', (_, minima) => {
  fc.assert(
    fc.property(fc.array(fc.array(draft, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 30 }), (items) => {
      const picture = pictureOf(items)
      expect(check(picture, minima).encounters.map(facts)).toEqual(check(picture, minima, true).encounters.map(facts))
    }),
    { numRuns: 40, seed: 20_261_122 },
  )
})

test.for([
  ['overlap with buffers', OVERLAP, { lateralM: 500, verticalM: 100, timeMs: 60_000 }],
  ['rule of threes', RULE_OF_THREES, NO_MARGIN],
] as const)(
  'the 186 recorded fire-fighting flights: the tree equals all pairs, %s',
  { timeout: 180_000 },
  async ([, minima, margin], { skip }) => {
    const file = shared('data/calfire.json.gz')
    if (file === null) return skip()
    const { picture } = await readTexts({ 'calfire.json.gz': readFileSync(file) }, { flights: { margin } })
    const found = check(picture, minima)
    expect(found.encounters.length).toBeGreaterThan(10)
    const all = check(picture, minima, true)
    expect(found.encounters.map(facts)).toEqual(all.encounters.map(facts))
    expect(found.contacts).toBe(all.contacts)
    expect(found.notCompared).toEqual(all.notCompared)
  },
)

/** Discs that mostly meet. */
const crowded: fc.Arbitrary<Draft> = fc
  .record({
    lat: fc.integer({ min: 0, max: 200 }),
    // Quarters: a shift must not be told apart from a rounding error.
    low: fc.integer({ min: 0, max: 400 }),
    thick: fc.integer({ min: 200, max: 800 }),
    start: fc.integer({ min: 0, max: 300 }),
    lasts: fc.integer({ min: 100, max: 600 }),
  })
  .map(({ lat, low, thick, start, lasts }) =>
    piece(discShape(46 + lat / 10_000, 7, 3_000), {
      heights: [low / 4, (low + thick) / 4],
      seconds: [start, start + lasts],
    }),
  )

test("a clearing clears, a step less does not, and it is the kernel's own but for the touch", () => {
  fc.assert(
    fc.property(crowded, crowded, (first, second) => {
      const picture = pictureOf([[first], [second]])
      const result = check(picture, OVERLAP)
      fc.pre(result.encounters.length === 1)
      const clearing = result.clearings[0]
      const [obstacle, plan] = picture.pieces.map(volumeOf) as [Volume4D, Volume4D]
      const exact = exactClearing([plan], [obstacle], {
        earliestStartMs: epochMs(-1e12),
        latestEndMs: epochMs(1e12),
        lowestM: metresHae(-1e6),
        highestM: metresHae(1e6),
      })
      for (const [ours, theirs, step] of [
        [clearing?.upM, exact.upM, 1],
        [clearing?.downM, exact.downM, 1],
        [clearing?.laterS, exact.laterMs === undefined ? undefined : exact.laterMs / 1000, 1],
        [clearing?.earlierS, exact.earlierMs === undefined ? undefined : exact.earlierMs / 1000, 1],
      ] as const) {
        if (ours === undefined || theirs === undefined) continue
        // Ours comes in whole metres and seconds and may touch, the kernel's is finer and may not.
        expect(ours).toBeGreaterThanOrEqual(theirs - 0.02)
        expect(ours).toBeLessThan(theirs + step)
      }
      for (const shift of ['upM', 'downM', 'laterS', 'earlierS'] as const) {
        const by = clearing?.[shift]
        if (by === undefined) continue
        expect(check(pictureOf([[first], [moved(second, shift, by)]]), OVERLAP).encounters).toEqual([])
      }
    }),
    { numRuns: 100, seed: 20_261_122, endOnFailure: true },
  )
})

function moved(d: Draft, shift: 'upM' | 'downM' | 'laterS' | 'earlierS', by: number): Draft {
  const signed = shift === 'downM' || shift === 'earlierS' ? -by : by
  if (shift === 'laterS' || shift === 'earlierS') {
    return { ...d, interval: { startMs: d.interval.startMs + signed * 1000, endMs: d.interval.endMs + signed * 1000 } }
  }
  return piece(d.shape, {
    heights: [d.band.lower.valueM + signed, d.band.upper.valueM + signed],
    seconds: [d.interval.startMs / 1000, d.interval.endMs / 1000],
  })
}

function volumeOf({ shape, band, interval }: Piece): Volume4D {
  if (shape.kind !== 'disc') throw new Error('not a disc')
  return {
    outline: shape.outline,
    altitudeLowerM: metresHae(band.lower.valueM),
    altitudeUpperM: metresHae(band.upper.valueM),
    startMs: epochMs(interval.startMs),
    endMs: epochMs(interval.endMs),
  }
}

test('everything in one place ends at a limit, and says so', () => {
  const one = piece(discShape(46, 7, 100), { heights: [0, 100], seconds: [0, 100] })
  const result = check(pictureOf(Array.from({ length: 400 }, () => [one])), OVERLAP)
  expect(result.encounters).toHaveLength(MAX_ENCOUNTERS)
  expect(result.complete).toBe(false)
})

test.each([
  ['one interval', [-5, 5], 1, 100, 5],
  ['an end between steps', [-5, 4.2], 1, 100, 5],
  ['intervals that join', [-5, 5, 4, 9], 1, 100, 9],
  ['a slot too small for a step', [-5, 5.2, 5.4, 9], 1, 100, 9],
  ['a slot of a step', [-5, 5, 5, 9], 1, 100, 5],
  ['beyond the limit', [-5, 500], 1, 100, null],
  ['without end', [-5, Infinity], 1, 100, null],
  ['backwards', [-5, 5], -1, 100, 5],
  ['nothing in the way', [], 1, 100, 1],
] as const)('smallest shift: %s', (_, intervals, direction, limit, expected) => {
  expect(smallest(intervals, { direction, limit, step: 1, touching: 'apart' })).toBe(expected)
})
