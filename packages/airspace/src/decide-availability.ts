import type { MakeReport, SetAvailability } from './commands.ts'
import { type Asked, accepted, type Decision, refusal, refused } from './decision.ts'
import type { Rules } from './rules.ts'
import type { AirspaceState } from './state.ts'

/** F3548-21 setUssAvailability: `oldVersion` must be the current version, empty for a USS that was never set. */
export function decideSetAvailability(state: AirspaceState, command: SetAvailability, rules: Rules): Decision {
  const { uss, oldVersion } = command
  const asked: Asked = { command, subject: 'availability', action: 'set', id: null, volumes: [], rules }
  const current = state.availability.get(uss)
  if (oldVersion !== (current?.version ?? '')) {
    const [low, high] = command.digest
    const isRepeated =
      current !== undefined &&
      current.manager === command.manager &&
      current.digest[0] === low &&
      current.digest[1] === high
    if (!rules.compat && isRepeated) return { kind: 'repeated', seq: current.seq }
    return refused(
      asked,
      refusal(
        'VERSION_MISMATCH',
        `${oldVersion || '(empty)'} is not the current version of the availability of ${uss}`,
      ),
    )
  }
  return accepted(asked, {
    changes: [{ kind: 'setAvailability', uss, availability: command.availability, version: command.fresh.ovn }],
    notified: [],
  })
}

/** F3548-21 makeDssReport: kept in the journal, changes nothing else. */
export function decideMakeReport(command: MakeReport, rules: Rules): Decision {
  const { id } = command.fresh
  const asked: Asked = { command, subject: 'report', action: 'create', id, volumes: [], rules }
  return accepted(asked, { changes: [{ kind: 'report', reportId: id, body: command.body }], notified: [] })
}
