import type { Blocking, Clearing } from '@parley/contracts'
import type { Expectation, Hit } from './scenario.ts'

/** What a beat came to, in the scenario's labels. An item that is not the scenario's goes by its id. */
export type Outcome =
  | { readonly kind: 'accepted'; readonly affected: readonly Met[] }
  | { readonly kind: 'refused'; readonly blockers: readonly Met[]; readonly clearing: Clearing }
  | { readonly kind: 'failed'; readonly message: string }

export interface Met {
  readonly label: string
  readonly timeS: number
  readonly heightM: number
}

/** Shifts and shares are told in round numbers; the pool answers to the millisecond and the centimetre beyond. */
const TIME_SLACK_S = 0.5
const HEIGHT_SLACK_M = 0.05

/** Which items of a refusal truly stand in the way, by label. */
export function blockersOf(blocking: readonly Blocking[], labels: ReadonlyMap<string, string>): Met[] {
  return blocking
    .filter((item) => item.overlaps)
    .map((item) => ({ label: labels.get(item.id) ?? item.id, timeS: item.time_s, heightM: item.height_m }))
}

/** What is wrong with an outcome, one sentence each; none when it is as expected. */
export function findUnmet(expects: Expectation, outcome: Outcome): string[] {
  if (outcome.kind === 'failed') return [outcome.message]
  if (expects.outcome !== outcome.kind) return [`expected ${expects.outcome}, was ${describe(outcome)}`]
  if (expects.outcome === 'accepted') {
    return outcome.kind === 'accepted' ? compareHits('affected', expects.affected, outcome.affected) : []
  }
  if (outcome.kind !== 'refused') return []
  const shifts: Readonly<Record<string, number | undefined>> = outcome.clearing
  return [
    ...compareHits('blocked by', expects.blockers, outcome.blockers),
    ...Object.entries(expects.clearing).flatMap(([direction, expected]) => {
      const slack = direction.endsWith('_s') ? TIME_SLACK_S : HEIGHT_SLACK_M
      return isNear(expected, shifts[direction], slack)
        ? []
        : [`expected a clearing ${direction} of ${expected}, was ${shifts[direction] ?? 'none'}`]
    }),
  ]
}

function compareHits(what: string, expected: readonly Hit[], met: readonly Met[]): string[] {
  const missing = expected.filter(({ label }) => !met.some((item) => item.label === label))
  const surplus = met.filter((item) => !expected.some(({ label }) => item.label === label))
  return [
    ...missing.map(({ label }) => `expected ${what} ${label}, which was not named`),
    ...surplus.map(({ label }) => `${what} ${label}, which was not expected`),
    ...expected.flatMap((hit) => {
      const item = met.find(({ label }) => label === hit.label)
      if (item === undefined) return []
      return [
        ...differs(`${what} ${hit.label} for`, 's', { expected: hit.time_s, was: item.timeS, slack: TIME_SLACK_S }),
        ...differs(`${what} ${hit.label} by`, 'm', {
          expected: hit.height_m,
          was: item.heightM,
          slack: HEIGHT_SLACK_M,
        }),
      ]
    }),
  ]
}

function differs(
  what: string,
  unit: string,
  values: { expected: number | null; was: number; slack: number },
): string[] {
  return values.expected === null || isNear(values.expected, values.was, values.slack)
    ? []
    : [`expected ${what} ${values.expected} ${unit}, was ${values.was} ${unit}`]
}

function isNear(expected: number, was: number | undefined, slack: number): boolean {
  return was !== undefined && Math.abs(expected - was) <= slack
}

/** An outcome in one line. */
export function describe(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'accepted':
      return outcome.affected.length === 0
        ? 'accepted'
        : `accepted; affected: ${outcome.affected.map(metText).join(', ')}`
    case 'refused': {
      const shifts = Object.entries(outcome.clearing).map(([direction, value]) => `${direction} ${value}`)
      return [
        `refused; blocked by ${outcome.blockers.map(metText).join(', ') || 'nothing that truly overlaps'}`,
        shifts.length === 0 ? 'no shift clears it' : `cleared by ${shifts.join(' or ')}`,
      ].join('; ')
    }
    case 'failed':
      return `failed: ${outcome.message}`
  }
}

function metText({ label, timeS, heightM }: Met): string {
  return `${label} (${round(timeS)} s, ${round(heightM)} m)`
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
