import type { LineProjection } from '../line-projection.ts'
import { ESCALATION_STEPS, type EscalationStep } from './acks.ts'
import { formatRole, type RoleAddress } from './message.ts'
import { type MessageView, untakenOf } from './messages.ts'

/** A clock that runs: nobody has taken the message yet. */
export interface RunningClock {
  readonly number: string
  readonly startS: number
  readonly dueS: number
  /** Below zero once it is overdue. */
  readonly leftS: number
  readonly overdue: boolean
}

/** A step that is due because nobody took the message: whom it goes to and since when. */
export interface DueEscalation {
  readonly number: string
  readonly step: EscalationStep
  readonly dueSinceS: number
  /** The role that should ring now; null on the way to another path, which a person takes by the script on screen. */
  readonly role: RoleAddress | null
}

/** The clocks that run at `nowS`, the one due first in front. */
export function runningClocks(line: LineProjection, nowS: number): readonly RunningClock[] {
  return untakenOf(line)
    .map(({ number, clock: { startS, dueS } }) => ({
      number,
      startS,
      dueS,
      leftS: dueS - nowS,
      overdue: nowS > dueS,
    }))
    .sort((a, b) => a.dueS - b.dueS || (a.number < b.number ? -1 : 1))
}

/**
 * The steps due at `nowS` that nobody has recorded yet, in order (AC-02): a FLASH that was not taken rings at all seats of its role,
 * then at the next role, then asks for another path. Messages of less precedence take the last two steps when their clock runs out and
 * when it has run twice.
 */
export function dueEscalations(line: LineProjection, nowS: number): readonly DueEscalation[] {
  return untakenOf(line).flatMap((view) => stepsOf(line, view).filter(({ dueSinceS }) => dueSinceS <= nowS))
}

function stepsOf(line: LineProjection, { number, body, clock, ladder }: MessageView): DueEscalation[] {
  const { seatsS, roleS, pathS } = line.charter.escalation
  const { startS, dueS } = clock
  const times: Readonly<Record<EscalationStep, number | null>> =
    body.precedence === 'FLASH'
      ? { seats: startS + seatsS, role: startS + roleS, path: startS + pathS }
      : { seats: null, role: dueS, path: dueS + (dueS - startS) }
  const recorded = new Set(ladder.map((one) => (one.step === 'escalated' ? one.to : null)))
  return ESCALATION_STEPS.flatMap((step): DueEscalation[] => {
    const dueSinceS = times[step]
    if (dueSinceS === null || recorded.has(step)) return []
    const role = step === 'seats' ? body.to : step === 'role' ? nextRole(line, body.to) : null
    return [{ number, step, dueSinceS, role }]
  })
}

/** The role of the party that comes after this one, the first again after the last. Roles, never persons (AC-03). */
function nextRole(line: LineProjection, { party, role }: RoleAddress): RoleAddress {
  const roles = line.charter.parties.find((member) => member.party === party)?.roles ?? []
  const next = roles[(roles.indexOf(role) + 1) % Math.max(1, roles.length)]
  return { party, role: next ?? role }
}

export const formatEscalation = ({ number, step, role }: DueEscalation): string =>
  `${number}: ${step}${role === null ? '' : ` ${formatRole(role)}`}`
