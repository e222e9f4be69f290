import type { Clock, Message, TableState } from './types.ts'

/** What must be heard at this desk: who waits for somebody here, and what has gone wrong with the line itself. */

export type AlarmKind = 'flash' | 'forked' | 'halted' | 'deaf' | 'overdue' | 'silent' | 'priority'

/** From what sounds first to what sounds last: one class is heard at a time (SR-22). */
export const ALARM_KINDS: readonly AlarmKind[] = ['flash', 'forked', 'halted', 'deaf', 'overdue', 'silent', 'priority']

export interface Alarm {
  /**
   * What is acknowledged by it. A message that waits on has another key at every step of its escalation and when its clock has run out,
   * so that what was acknowledged once is heard again when it gets worse.
   */
  readonly key: string
  readonly kind: AlarmKind
  readonly sinceS: number
  /** The message it is about. */
  readonly number?: string
  /** The role that has to take it. */
  readonly to?: string
  /** The member it is about, or the log of one. */
  readonly about?: string
  readonly direction?: 'to' | 'from'
}

export interface AlarmFacts {
  readonly state: Pick<TableState, 'party' | 'parties' | 'clocks' | 'forks' | 'halted'> | null
  readonly messages: readonly Message[]
  readonly dueEscalations: readonly Clock[]
  readonly nowS: number
  /** Since when the node has said nothing to this page; null: it speaks. */
  readonly deafSinceS: number | null
}

const steps = (clock: Clock, due: readonly Clock[]): number => {
  const more = due.find(({ number }) => number === clock.number)?.escalation ?? []
  return new Set([...clock.escalation, ...more]).size
}

function* waiting({ state, messages, dueEscalations, nowS }: AlarmFacts): Generator<Alarm> {
  const overdue = (state?.clocks ?? []).filter(({ stoppedS, dueS }) => stoppedS === null && dueS < nowS)
  for (const clock of overdue) {
    const step = steps(clock, dueEscalations)
    const { number, dueS, to, precedence } = clock
    // What is FLASH stays so when its clock has run out.
    const here = to.split('.')[0] === state?.party
    const kind = precedence === 'FLASH' && here ? 'flash' : 'overdue'
    yield { key: `overdue ${number} ${step}`, kind, sinceS: dueS, number, to }
  }
  const told = new Set(overdue.map(({ number }) => number))
  for (const { direction, precedence, clock, state: standing, number, learntS, to } of messages) {
    if (direction !== 'in' || precedence === 'ROUTINE' || told.has(number) || standing === 'closed') continue
    if (clock === null || clock.stoppedS !== null) continue
    const kind = precedence === 'FLASH' ? 'flash' : 'priority'
    yield { key: `take ${number} ${steps(clock, dueEscalations)}`, kind, sinceS: learntS, number, to }
  }
}

function* ofLine({ state, deafSinceS }: AlarmFacts): Generator<Alarm> {
  if (deafSinceS !== null) yield { key: `deaf ${deafSinceS}`, kind: 'deaf', sinceS: deafSinceS }
  if (state === null) return
  for (const { origin, foundS } of state.forks)
    yield { key: `forked ${origin}`, kind: 'forked', sinceS: foundS, about: origin }
  if (state.halted !== null) yield { key: 'halted', kind: 'halted', sinceS: 0 }
  const members = state.parties.filter(({ own, role }) => !own && role !== 'observer')
  for (const { party, measured, origin } of members) {
    if (measured === null) continue
    for (const direction of ['to', 'from'] as const) {
      const now = measured[direction]
      if (now.kind !== 'silent' && now.kind !== 'forked') continue
      // A fork of its log is told already, with the evidence.
      if (now.kind === 'forked' && state.forks.some((fork) => fork.origin === origin)) continue
      const sinceS = now.sinceS ?? 0
      yield { key: `${now.kind} ${party} ${direction} ${sinceS}`, kind: now.kind, sinceS, about: party, direction }
    }
  }
}

/** All that is to be heard, what sounds first in front. */
export function alarmsOf(facts: AlarmFacts): readonly Alarm[] {
  return [...ofLine(facts), ...waiting(facts)].toSorted(
    (a, b) => ALARM_KINDS.indexOf(a.kind) - ALARM_KINDS.indexOf(b.kind) || a.sinceS - b.sinceS,
  )
}
