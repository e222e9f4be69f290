import { describe, expect, test } from 'vitest'
import { type DirectionObservation, measure, newDirection, standing, worst } from './measure.ts'

const LIMITS = { heartbeatS: 10, maxClockOffsetS: 30 }
const H = 10_000
const T0 = 1_000_000

const observed = (over: Partial<DirectionObservation> = {}): DirectionObservation => ({
  ...newDirection('a', 'b', T0),
  contentsMs: T0,
  headMs: T0,
  ...over,
})
const at = (over: Partial<DirectionObservation>, afterMs: number) => measure(observed(over), T0 + afterMs, LIMITS)

describe('a direction, measured', () => {
  test.each([
    [0, 'open', []],
    [3 * H, 'open', []],
    [3 * H + 1, 'degraded', ['age']],
    [12 * H, 'degraded', ['age']],
    [12 * H + 1, 'silent', []],
  ] as const)('%i ms after the last word is %s', (afterMs, kind, reasons) => {
    expect(at({}, afterMs)).toMatchObject({ kind, reasons, ageMs: afterMs })
  })

  test('silence counts from the last word, lateness from when it became late', () => {
    expect(at({}, 12 * H + 1).sinceMs).toBe(T0)
    expect(at({}, 5 * H).sinceMs).toBe(T0 + 3 * H)
  })

  test('comes back with the first fresh word, without memory of the silence', () => {
    expect(at({ contentsMs: T0 + 20 * H, headMs: T0 + 20 * H }, 20 * H)).toMatchObject({ kind: 'open', ageMs: 0 })
  })

  test('#76 the head in time and the contents never: degraded from 3 H on, and never called silent', () => {
    const heartbeat = (afterMs: number) => at({ contentsMs: T0, headMs: T0 + afterMs - H }, afterMs)
    expect(heartbeat(3 * H)).toMatchObject({ kind: 'open' })
    expect(heartbeat(3 * H + 1)).toMatchObject({ kind: 'degraded', reasons: ['contents'] })
    expect(heartbeat(100 * H)).toMatchObject({ kind: 'degraded', reasons: ['contents'], sinceMs: T0 + 3 * H })
  })

  test('#76 contents that never came at all count from when this node began to look', () => {
    const never = { contentsMs: null, headMs: T0 + 4 * H }
    expect(at(never, 4 * H)).toMatchObject({ kind: 'degraded', reasons: ['contents'], ageMs: null })
  })

  test('nothing heard yet is unknown, and silence after 12 H', () => {
    const nothing = { contentsMs: null, headMs: null }
    expect(at(nothing, 12 * H)).toMatchObject({ kind: 'unknown', ageMs: null })
    expect(at(nothing, 12 * H + 1)).toMatchObject({ kind: 'silent', sinceMs: T0 })
  })

  test('#72 a one-way cut: the side that gets no receipts is degraded, then silent; the other stays open', () => {
    // Acts of a reach b; what b answers does not reach a. b mirrors on, a hears nothing.
    const states = [0, 2, 4, 10, 13].map((beats) => {
      const nowMs = T0 + beats * H
      const seenByA = measure(observed({ oldestUnreceiptedMs: beats === 0 ? null : T0 }), nowMs, LIMITS)
      const seenByB = measure({ ...observed(), contentsMs: nowMs, headMs: nowMs }, nowMs, LIMITS)
      return [seenByA.kind, seenByB.kind]
    })
    expect(states).toEqual([
      ['open', 'open'],
      ['open', 'open'],
      ['degraded', 'open'],
      ['degraded', 'open'],
      ['silent', 'open'],
    ])
    // It heals: the head first, then the whole backlog.
    const nowMs = T0 + 14 * H
    const headOnly = observed({ headMs: nowMs, oldestUnreceiptedMs: T0 })
    expect(measure(headOnly, nowMs, LIMITS)).toMatchObject({ kind: 'degraded', reasons: ['contents', 'backlog'] })
    const half = observed({ headMs: nowMs, contentsMs: nowMs, oldestUnreceiptedMs: T0 + H })
    expect(measure(half, nowMs, LIMITS)).toMatchObject({ kind: 'degraded', reasons: ['backlog'] })
    expect(measure(observed({ headMs: nowMs, contentsMs: nowMs }), nowMs, LIMITS).kind).toBe('open')
  })

  test.each([
    ['relay', { relayOnlySinceMs: T0 - 5 }],
    ['quota', { quotaSinceMs: T0 - 5 }],
    ['quorum', { quorumShortSinceMs: T0 - 5 }],
    ['clock', { clockOffsetS: 31, clockSinceMs: T0 - 5 }],
    ['clock', { clockOffsetS: -31, clockSinceMs: T0 - 5 }],
  ] as const)('%s alone degrades, since it began', (reason, over) => {
    expect(at(over, 0)).toMatchObject({ kind: 'degraded', reasons: [reason], sinceMs: T0 - 5 })
  })

  test('#80 cosigners missing for what binds is a reason of its own; the line is not silent for it', () => {
    expect(at({ quorumShortSinceMs: T0 }, H)).toMatchObject({ kind: 'degraded', reasons: ['quorum'] })
  })

  test('clocks 30 s apart are within the rule', () => {
    expect(at({ clockOffsetS: 30, clockSinceMs: T0 }, 0).kind).toBe('open')
  })

  test('a backlog is late after 3 H though the mirror answers on older heads', () => {
    const backlog = (afterMs: number) =>
      at({ contentsMs: T0 + afterMs, headMs: T0 + afterMs, oldestUnreceiptedMs: T0 }, afterMs)
    expect(backlog(3 * H).kind).toBe('open')
    expect(backlog(3 * H + 1)).toMatchObject({ kind: 'degraded', reasons: ['backlog'] })
    expect(backlog(50 * H)).toMatchObject({ kind: 'degraded', reasons: ['backlog'] })
  })

  test('all reasons that hold are named, in their order, since the first', () => {
    expect(at({ relayOnlySinceMs: T0 + 2, clockOffsetS: 40, clockSinceMs: T0 + 1 }, 4 * H)).toMatchObject({
      kind: 'degraded',
      reasons: ['age', 'relay', 'clock'],
      sinceMs: T0 + 1,
    })
  })

  test('a fork goes before silence and everything else', () => {
    expect(at({ forkedSinceMs: T0 - 1 }, 100 * H)).toMatchObject({ kind: 'forked', sinceMs: T0 - 1 })
  })

  test('the lamp shows the worst, and the directions stay apart', () => {
    expect(worst([at({}, 0), at({}, 13 * H), at({ quotaSinceMs: T0 }, 0)])?.kind).toBe('silent')
    expect(worst([])).toBeNull()
  })

  test('keeps its beginning while its kind stays', () => {
    const clock = (afterMs: number) => ({ nowMs: T0 + afterMs, nowS: 5000 + afterMs / 1000 })
    const first = standing(null, at({}, 0), clock(0))
    expect(first).toEqual({ kind: 'open', reasons: [], sinceS: 5000 })
    expect(standing(first, at({}, 2 * H), clock(2 * H)).sinceS).toBe(5000)
    const late = standing(first, at({}, 4 * H), clock(4 * H))
    expect(late).toEqual({ kind: 'degraded', reasons: ['age'], sinceS: 5030 })
    expect(standing(late, at({}, 13 * H), clock(13 * H))).toEqual({ kind: 'silent', reasons: [], sinceS: 5000 })
  })
})
