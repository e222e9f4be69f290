import { type Journal, type JournalEntry, JournalRefusal, type Section, type Snapshot } from '@parley/journal'

/** A log before the one that is written: what of it counts. */
export interface PastSegment {
  readonly journal: Journal
  /** First entry that counts: 1 in a log that begins with its own continuation. */
  readonly first: number
  /** The entry after the last that counts. */
  readonly end: number
}

/**
 * The decisions of a pool over all its logs, as one journal: those that each log before carried over, then those of the one that is
 * written now, without the continuations they begin with. Sequences go on over a handover, so that state, versions and snapshots do.
 * It owns the journals it is given. Its `log` is that of the newest.
 */
export function chainJournals(past: readonly PastSegment[], current: Journal): Journal {
  const base = past.reduce((sum, { first, end }) => sum + end - first, 0)
  /** From a sequence of the whole to one of the newest log, whose entry 0 is its continuation. */
  const toOwn = (seq: number): number => seq - base + 1
  const head = (): number => base + Math.max(0, current.head() - 1)
  const outOfRange = (from: number, to: number): JournalRefusal<'OUT_OF_RANGE'> =>
    new JournalRefusal('OUT_OF_RANGE', `The journal holds ${head()} entries, not ${from} to ${to}.`, {
      from,
      to,
      head: head(),
    })
  async function* pastEntries(from: number, to: number): AsyncGenerator<JournalEntry> {
    let begins = 0
    for (const { journal, first, end } of past) {
      const ends = begins + end - first
      const shift = begins - first
      if (from < ends && to > begins) {
        const range = [Math.max(from, begins) - shift, Math.min(to, ends) - shift] as const
        for await (const { seq, bytes } of journal.read(...range)) yield { seq: seq + shift, bytes }
      }
      begins = ends
    }
  }
  async function* shifted(entries: AsyncIterable<JournalEntry>): AsyncGenerator<JournalEntry> {
    for await (const { seq, bytes } of entries) yield { seq: seq + base - 1, bytes }
  }
  const read = (from: number, to: number): AsyncIterable<JournalEntry> => {
    if (!(from >= 0 && from <= to && to <= head())) throw outOfRange(from, to)
    return (async function* () {
      yield* pastEntries(from, Math.min(to, base))
      if (to > base) yield* shifted(current.read(toOwn(Math.max(from, base)), toOwn(to)))
    })()
  }
  let closing: Promise<void> | null = null
  const close = (): Promise<void> => {
    closing ??= (async () => {
      await current.close()
      for (const { journal } of past) await journal.close()
    })()
    return closing
  }
  return {
    log: current.log,
    head,
    read,
    close,
    append: async (expectedHead, entries) => (await current.append(toOwn(expectedHead), entries)) - 1 + base,
    follow(from, signal) {
      if (!(from >= 0 && from <= head())) throw outOfRange(from, from)
      return (async function* () {
        yield* pastEntries(from, base)
        yield* shifted(current.follow(toOwn(Math.max(from, base)), signal))
      })()
    },
    saveSnapshot: (seq: number, sections: readonly Section[]) => current.saveSnapshot(toOwn(seq), sections),
    async loadSnapshot(): Promise<Snapshot | null> {
      const own = await current.loadSnapshot()
      if (own !== null && own.seq >= 1) return { ...own, seq: own.seq + base - 1 }
      let ends = base
      for (const { journal, first, end } of past.toReversed()) {
        const found = await journal.loadSnapshot()
        // One of entries that were not carried over is of a history that is not this one's.
        if (found !== null && found.seq <= end && found.seq >= first) return { ...found, seq: ends - end + found.seq }
        ends -= end - first
      }
      return null
    },
    [Symbol.asyncDispose]: close,
  }
}
