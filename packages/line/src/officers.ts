import { countsAt, isRecordError, type KeyBook, parseAct } from '@parley/record'

/**
 * The persons whose officer keys signed the entry at `index` of the book's log, each once, sorted: one person with two keys
 * is one. For an entry that `judgeAct` lets count, since that is where the lines were verified; empty for no act.
 */
export function officersOf(book: KeyBook, entry: Uint8Array, index: number): readonly string[] {
  let lines: ReturnType<typeof parseAct>['signatures']
  try {
    lines = parseAct(entry).signatures
  } catch (error) {
    if (isRecordError(error)) return []
    throw error
  }
  const persons = new Set<string>()
  for (const { name, keyId } of lines) {
    const record = book.keys.findLast(
      ({ key, enteredAt }) => key.keyId === keyId && key.name === name && enteredAt < index,
    )
    if (record?.role === 'officer' && record.person !== null && countsAt(record, index)) persons.add(record.person)
  }
  return [...persons].sort()
}
