import type { Command } from './commands.ts'
import { DOUBLE, type RecordTable, WORD } from './record-table.ts'
import type { AirspaceState } from './state.ts'

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
