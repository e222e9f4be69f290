import type { Command } from './commands.ts'
import type { Asked } from './decision.ts'
import { DOUBLE, type RecordTable, WORD } from './record-table.ts'
import { type AirspaceState, RETIRED_MEMORY_MS, retiredKey } from './state.ts'

/** Whether the record in `slot` was written by this very request of the same client: its answer may have been lost. */
export function isRepetition(
  state: AirspaceState,
  table: RecordTable,
  asked: { readonly slot: number; readonly command: Exclude<Command, { kind: 'expire' }> },
): boolean {
  const { slot, command } = asked
  return (
    table.word(slot, WORD.digestLow) === command.digest[0] &&
    table.word(slot, WORD.digestHigh) === command.digest[1] &&
    // An implicit subscription was written by no request of its own.
    table.double(slot, DOUBLE.seq) > 0 &&
    state.strings.text(table.word(slot, WORD.manager)) === command.manager
  )
}

/** Sequence of the entry by which the same client deleted this very version lately; null when there is none. */
export function deletionBefore(state: AirspaceState, asked: Asked, version: string): number | null {
  const { command, subject, id } = asked
  const retired = id === null ? undefined : state.retired.get(retiredKey(subject, id))
  if (retired === undefined || retired.manager !== command.manager || retired.ovn !== version) return null
  return retired.atMs > command.nowMs - RETIRED_MEMORY_MS ? retired.seq : null
}
