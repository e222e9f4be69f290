import { decodeEntry, EntryFormatError, Replayer } from '@parley/airspace'
import { applyEntry, type Finding, isAct, type KeyBook } from '@parley/record'

/** What the entries of a log are judged by. */
export type Contents =
  /** Decisions of a pool, each decided again. */
  | 'pool'
  /** Signed acts. */
  | 'acts'
  /** Something this program does not know: only that it is unaltered can be said. */
  | 'other'

export interface ContentsJudge {
  readonly judge: (index: number, entry: Uint8Array) => Finding | null
  /** Null until the first entry was seen. */
  contents(): Contents | null
  /** Decisions that were decided again, and those too old to be. */
  replayed(): { readonly judged: number; readonly unjudged: number }
  /** Acts judged by the key book of an enrolment: how many count, and how many do not. */
  judgedActs(): { readonly effective: number; readonly ineffective: number }
}

/**
 * Decides a pool's log again, entry by entry. Which kind of log it is, its first entry tells, unless `replay` does:
 * with `pool` an entry that no pool writes is a finding, with `none` nothing is decided again. With the `book` of an
 * enrolment every act is judged by what the log itself says of its keys.
 */
export function contentsJudge(replay: 'auto' | 'pool' | 'none', book: KeyBook | null): ContentsJudge {
  const replayer = new Replayer()
  let contents: Contents | null = null
  const acts = { effective: 0, ineffective: 0 }
  return {
    judge: (index, entry) => {
      contents ??= replay === 'pool' ? 'pool' : kindOf(entry)
      if (book !== null) {
        // An act that breaks the rules stays in the log and has no effect: it is counted, and no fault of the log.
        acts[applyEntry(book, entry).effect ? 'effective' : 'ineffective']++
        return null
      }
      if (contents !== 'pool' || replay === 'none') return null
      const found = replayer.check(entry)
      if (found === null) return null
      const rule = `decision ${found.seq} is not what the rules give. Written: ${found.written}. The rules give: ${found.expected}`
      return { kind: 'replay', path: null, entries: { from: index, to: index + 1 }, bytes: null, rule }
    },
    contents: () => contents,
    replayed: () => ({ judged: replayer.judged, unjudged: replayer.unjudged }),
    judgedActs: () => acts,
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
