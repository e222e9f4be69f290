import { expect, test } from 'vitest'
import { availability, createAvailability, recordSample } from './availability.ts'
import { measure, newDirection, type Standing, standing } from './measure.ts'

const H_S = 10
const HOUR_S = 3600
/** 2026-11-21T00:00Z */
const START_S = 1_795_219_200
const LIMITS = { heartbeatS: H_S, maxClockOffsetS: 30 }

/** What happens to the way in 72 hours, in seconds from the beginning. */
const CUT = { fromS: 26 * HOUR_S, toS: 32 * HOUR_S }
const SHORT = { fromS: 40 * HOUR_S, toS: 40 * HOUR_S + 90 }
const WRONG_CLOCK = { fromS: 50 * HOUR_S, toS: 52 * HOUR_S }

const within = ({ fromS, toS }: { readonly fromS: number; readonly toS: number }, s: number): boolean =>
  s >= fromS && s < toS

test('72 h of heartbeats with a cut, a short one and a wrong clock: states, gaps and figures of day and week are those of what happened', () => {
  const book = createAvailability()
  // The monotonic clock begins anywhere; the wall clock says when.
  const monotonicMs = (s: number): number => 5_000_000 + s * 1000
  let observed = newDirection('a', 'b', monotonicMs(0))
  let state: Standing | null = null
  const seen: string[] = []
  for (let s = 0; s <= 72 * HOUR_S; s += H_S) {
    const heard = !within(CUT, s) && !within(SHORT, s)
    const offsetS = within(WRONG_CLOCK, s) ? 45 : 0
    const nowMs = monotonicMs(s)
    if (heard)
      observed = {
        ...observed,
        contentsMs: nowMs,
        headMs: nowMs,
        clockOffsetS: offsetS,
        clockSinceMs: offsetS === 0 ? null : (observed.clockSinceMs ?? nowMs),
      }
    const measured = measure(observed, nowMs, LIMITS)
    const nowS = START_S + s
    const before: string | undefined = state?.kind
    state = standing(state, measured, { nowMs, nowS })
    if (state.kind !== before) seen.push(`${s / HOUR_S} ${state.kind}${state.reasons.map((one) => ` ${one}`).join('')}`)
    if (s % 30 === 0 || state.kind !== before)
      recordSample(book, { from: 'a', to: 'b', kind: measured.kind, atS: nowS, sinceS: state.sinceS })
  }
  const at = (s: number): string => String(s / HOUR_S)
  expect(seen).toEqual([
    '0 open',
    // The last word came one heartbeat before the cut; 3 of them later it is late, 12 of them later it is silent.
    `${at(CUT.fromS + 30)} degraded age`,
    `${at(CUT.fromS + 120)} silent`,
    `${at(CUT.toS)} open`,
    `${at(SHORT.fromS + 30)} degraded age`,
    `${at(SHORT.toS)} open`,
    `${at(WRONG_CLOCK.fromS)} degraded clock`,
    `${at(WRONG_CLOCK.toS)} open`,
  ])
  const nowS = START_S + 72 * HOUR_S - 1
  const [week] = availability(book, { period: 'week', nowS })
  // The gap begins with the last word, not when the silence was noticed.
  const gap = { fromS: START_S + CUT.fromS - H_S, toS: START_S + CUT.toS, lengthS: CUT.toS - CUT.fromS + H_S }
  expect(week?.gaps).toEqual([gap])
  expect(week?.observedS).toBeGreaterThan(72 * HOUR_S - 60)
  expect(week?.downS).toBe(CUT.toS - CUT.fromS - 120)
  expect(week?.share).toBeCloseTo(1 - (week?.downS ?? 0) / (week?.observedS ?? 1), 6)
  // The last day had a wrong clock and no silence; the one before had the cut.
  const [day] = availability(book, { period: 'day', nowS })
  expect(day).toMatchObject({ share: 1, gaps: [], downS: 0, degradedS: 2 * HOUR_S })
  const [cutDay] = availability(book, { period: 'day', nowS: START_S + 48 * HOUR_S - 1 })
  expect(cutDay?.gaps).toEqual([gap])
})
