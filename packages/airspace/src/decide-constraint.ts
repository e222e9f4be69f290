import { cellsOfVolumes } from './apply.ts'
import type { DeleteConstraint, PutConstraint } from './commands.ts'
import { isoTime } from './decide-operational-intent.ts'
import { type Asked, accepted, type Decision, invalid, refusal, refused } from './decision.ts'
import { boundsOfVolumes, notifiedBy } from './matching.ts'
import type { ConstraintRecord } from './model.ts'
import { DOUBLE } from './record-table.ts'
import { deletionBefore, isRepetition } from './repetition.ts'
import type { Rules } from './rules.ts'
import { type AirspaceState, boundsOf } from './state.ts'

/** F3548-21 createConstraintReference and updateConstraintReference. Constraints need no key; heights may be open. */
export function decidePutConstraint(state: AirspaceState, command: PutConstraint, rules: Rules): Decision {
  const { id, manager, ovn, nowMs } = command
  const asked: Asked = {
    command,
    subject: 'constraint',
    action: ovn === null ? 'create' : 'update',
    id,
    volumes: command.extents,
    rules,
  }
  const slot = state.constraints.find(id)
  if (!rules.compat && slot >= 0 && isRepetition(state, state.constraints, { slot, command }))
    return { kind: 'repeated', seq: state.constraints.double(slot, DOUBLE.seq) }
  const bounds = boundsOfVolumes(command.extents)
  if (!Number.isFinite(bounds.startMs) || !Number.isFinite(bounds.endMs)) {
    const at = command.extents.findIndex((v) => !Number.isFinite(v.startMs) || !Number.isFinite(v.endMs))
    const field = Number.isFinite(command.extents[at]!.startMs) ? 'time_end' : 'time_start'
    return refused(
      asked,
      invalid('VOLUME_UNBOUNDED', `/extents/${at}/${field}`, {
        value: 'nothing',
        rule: 'every volume of a constraint needs both times',
      }),
    )
  }
  if (bounds.endMs < nowMs)
    return refused(
      asked,
      invalid('TIME_IN_PAST', '/extents', {
        value: isoTime(bounds.endMs),
        rule: `the constraint must end in the future; it is ${isoTime(nowMs)}`,
      }),
    )

  const current = slot < 0 ? null : state.constraint(slot)
  if (current !== null) {
    if (current.manager !== manager)
      return refused(asked, refusal('NOT_MANAGER', `${id} is managed by ${current.manager}`))
    if (ovn === null)
      return refused(
        asked,
        refusal('ALREADY_EXISTS', `${id} exists at version ${current.version}; update it by its OVN`),
      )
    if (current.ovn !== ovn)
      return refused(asked, refusal('OVN_MISMATCH', `${ovn} is not the current OVN of ${id}; read it and try again`))
  } else if (ovn !== null)
    return refused(asked, refusal('UPDATE_TARGET_MISSING', `${id} does not exist; create it without an OVN`))

  const record: ConstraintRecord = {
    id,
    manager,
    url: command.url,
    version: (current?.version ?? 0) + 1,
    ovn: command.fresh.ovn,
    ...bounds,
  }
  const footprints = [{ cells: cellsOfVolumes(command.extents), ...bounds }]
  if (slot >= 0) footprints.push({ cells: state.constraintCells.cellsOf(slot), ...boundsOf(state.constraints, slot) })
  return accepted(asked, {
    changes: [{ kind: 'putConstraint', record, volumes: command.extents }],
    notified: notifiedBy(state, footprints, { of: 'constraints', nowMs }),
  })
}

/** F3548-21 deleteConstraintReference. */
export function decideDeleteConstraint(state: AirspaceState, command: DeleteConstraint, rules: Rules): Decision {
  const { id, manager, ovn, nowMs } = command
  const asked: Asked = { command, subject: 'constraint', action: 'delete', id, volumes: [], rules }
  const slot = state.constraints.find(id)
  if (slot < 0) {
    const seq = rules.compat ? null : deletionBefore(state, asked, ovn)
    if (seq !== null) return { kind: 'repeated', seq }
    return refused(asked, refusal('NOT_FOUND', `constraint ${id} does not exist`))
  }
  const record = state.constraint(slot)
  if (record.manager !== manager) return refused(asked, refusal('NOT_MANAGER', `${id} is managed by ${record.manager}`))
  if (record.ovn !== ovn)
    return refused(asked, refusal('OVN_MISMATCH', `${ovn} is not the current OVN of ${id}; read it and try again`))
  const footprint = { cells: state.constraintCells.cellsOf(slot), ...boundsOf(state.constraints, slot) }
  return accepted(asked, {
    changes: [{ kind: 'removeConstraint', record }],
    notified: notifiedBy(state, [footprint], { of: 'constraints', nowMs }),
  })
}
