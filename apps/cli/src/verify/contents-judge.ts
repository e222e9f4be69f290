import { createHash } from 'node:crypto'
import { decodeEntry, EntryFormatError, Replayer, stateText } from '@parley/airspace'
import { applyEntry, type Finding, isAct, type KeyBook } from '@parley/record'
import { continuationOf } from './continuation.ts'

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
  /** SHA-256 over the state after what was decided again so far; null where that could not be. */
  stateDigest(): Uint8Array | null
  /** Nothing is decided again from here on: what the log before had come to is not known. */
  goBlind(): void
}

/**
 * Decides a pool's log again, entry by entry. Which kind of log it is, its first entry tells, unless `replay` does:
 * with `pool` an entry that no pool writes is a finding, with `none` nothing is decided again. With the `book` of an
 * enrolment every act is judged by what the log itself says of its keys.
 */
export function contentsJudge(replay: 'auto' | 'pool' | 'none', book: KeyBook | null): ContentsJudge {
  const replayer = new Replayer()
  let contents: Contents | null = null
  let isBlind = false
  const acts = { effective: 0, ineffective: 0 }
  return {
    judge: (index, entry) => {
      // A pool's log that continues another begins with an act that says so; `predecessor.ts` holds that against the log before.
      if (index === 0 && book === null && continuationOf(entry)?.state != null) return null
      contents ??= replay === 'pool' ? 'pool' : kindOf(entry)
      if (book !== null) {
        // An act that breaks the rules stays in the log and has no effect: it is counted, and no fault of the log.
        acts[applyEntry(book, entry).effect ? 'effective' : 'ineffective']++
        return null
      }
      if (contents !== 'pool' || replay === 'none' || isBlind) return null
      const found = replayer.check(entry)
      if (found === null) return null
      isBlind = true
      const rule = `decision ${found.seq} is not what the rules give. Written: ${found.written}. The rules give: ${found.expected}`
      return { kind: 'replay', path: null, entries: { from: index, to: index + 1 }, bytes: null, rule }
    },
    contents: () => contents,
    replayed: () => ({ judged: replayer.judged, unjudged: replayer.unjudged }),
    judgedActs: () => acts,
    stateDigest: () => {
      if (isBlind || replay === 'none') return null
      const hash = createHash('sha256')
      for (const line of stateText(replayer.state)) hash.update(line)
      return hash.digest()
    },
    goBlind: () => {
      isBlind = true
    },
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
