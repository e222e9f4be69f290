import { decodeEntry, EntryFormatError, Replayer } from '@parley/airspace'
import { type Finding, isAct } from '@parley/record'

/** What the entries of a log are judged by. */
export type Contents =
  /** Decisions of a pool, each decided again. */
  | 'pool'
  /** Signed acts. */
  | 'acts'
  /** Something this program does not know: only that it is unaltered can be said. */
  | 'other'

export interface PoolJudge {
  readonly judge: (index: number, entry: Uint8Array) => Finding | null
  /** Null until the first entry was seen. */
  contents(): Contents | null
  /** Decisions that were decided again, and those too old to be. */
  replayed(): { readonly judged: number; readonly unjudged: number }
}

/**
 * Decides a pool's log again, entry by entry. Which kind of log it is, its first entry tells, unless `replay` does:
 * with `pool` an entry that no pool writes is a finding, with `none` nothing is decided again.
 */
export function poolJudge(replay: 'auto' | 'pool' | 'none'): PoolJudge {
  const replayer = new Replayer()
  let contents: Contents | null = null
  return {
    judge: (index, entry) => {
      contents ??= replay === 'pool' ? 'pool' : kindOf(entry)
      if (contents !== 'pool' || replay === 'none') return null
      const found = replayer.check(entry)
      if (found === null) return null
      const rule = `decision ${found.seq} is not what the rules give. Written: ${found.written}. The rules give: ${found.expected}`
      return { kind: 'replay', path: null, entries: { from: index, to: index + 1 }, bytes: null, rule }
    },
    contents: () => contents,
    replayed: () => ({ judged: replayer.judged, unjudged: replayer.unjudged }),
  }
}

function kindOf(entry: Uint8Array): Contents {
  if (isAct(entry)) return 'acts'
  try {
    decodeEntry(entry)
    return 'pool'
  } catch (error) {
    if (!(error instanceof EntryFormatError)) throw error
    return 'other'
  }
}
