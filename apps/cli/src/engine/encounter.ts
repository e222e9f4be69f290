import type { Contact } from './meet.ts'
import type { Minima } from './minima.ts'

/** A stretch of time in which contacts follow each other without a break. */
interface Window {
  readonly startMs: number
  readonly endMs: number
}

export type Verdict = 'conflict' | 'caution' | 'breach' | 'undecided'

/** The axis on which least is missing, as a share of what is required and what is there. */
export type Axis = 'area' | 'height' | 'time'

/** Two items that meet: all their contacts put together. */
export interface Encounter {
  readonly itemA: number
  readonly itemB: number
  readonly verdict: Verdict
  /** Of an undecided encounter: each reason once. */
  readonly reasons: readonly string[]
  readonly windows: readonly Window[]
  readonly longestMs: number
  readonly contacts: number
  /** The contact in which most is missing. */
  readonly tightest: Contact
  readonly axis: Axis
  /** Pieces of either side that take part. */
  readonly piecesA: readonly number[]
  readonly piecesB: readonly number[]
}

/** Gathers the contacts of one pair of items. */
export class Gathering {
  readonly itemA: number
  readonly itemB: number
  readonly #certain = new Side()
  readonly #undecided = new Side()
  readonly #reasons = new Set<string>()

  constructor(itemA: number, itemB: number) {
    this.itemA = itemA
    this.itemB = itemB
  }

  add(contact: Contact): void {
    if (contact.undecided === undefined) this.#certain.add(contact)
    else {
      this.#undecided.add(contact)
      this.#reasons.add(contact.undecided)
    }
  }

  /** The encounter: certain contacts if there is any, else the undecided ones. */
  close(minima: Minima): Encounter {
    const certain = this.#certain.tightest !== null
    const side = certain ? this.#certain : this.#undecided
    const windows = merge(side.windows)
    const longestMs = windows.reduce((longest, { startMs, endMs }) => Math.max(longest, endMs - startMs), 0)
    const tightest = side.tightest as Contact
    return {
      itemA: this.itemA,
      itemB: this.itemB,
      verdict: certain ? verdictOf(longestMs, minima) : 'undecided',
      reasons: certain ? [] : [...this.#reasons],
      windows,
      longestMs,
      contacts: side.count,
      tightest,
      axis: severity(tightest).axis,
      piecesA: [...side.piecesA],
      piecesB: [...side.piecesB],
    }
  }
}

const MERGE_FROM = 4_096

class Side {
  count = 0
  tightest: Contact | null = null
  #worst = -Infinity
  #mergeAt = MERGE_FROM
  windows: Window[] = []
  readonly piecesA = new Set<number>()
  readonly piecesB = new Set<number>()

  add(contact: Contact): void {
    this.count += 1
    this.windows.push({ startMs: contact.startMs, endMs: contact.endMs })
    // Two large items may have millions of contacts; their stretches of time are few.
    if (this.windows.length > this.#mergeAt) {
      this.windows = merge(this.windows)
      this.#mergeAt = Math.max(MERGE_FROM, 2 * this.windows.length)
    }
    this.piecesA.add(contact.a)
    this.piecesB.add(contact.b)
    const { share } = severity(contact)
    if (share < this.#worst) return
    if (share === this.#worst && this.tightest !== null && this.tightest.startMs <= contact.startMs) return
    this.#worst = share
    this.tightest = contact
  }
}

function verdictOf(longestMs: number, { toleratedMs }: Minima): Verdict {
  if (toleratedMs === null) return 'conflict'
  return longestMs > toleratedMs ? 'breach' : 'caution'
}

/**
 * On which axis least has to give way, as a share of the most that could: a band shared for a tenth of its thickness is a smaller matter
 * than an interval shared for half of its length. 1 is all of it.
 */
function severity(contact: Contact): { share: number; axis: Axis } {
  const { distanceM, requiredDistanceM, sharedHeightM, requiredHeightM, sharedTimeMs, requiredTimeMs } = contact
  // Of areas that share points the depth is not known: nothing less than all of it has to give way.
  const area = distanceM === 0 || requiredDistanceM === 0 ? 1 : (requiredDistanceM - distanceM) / requiredDistanceM
  const height = shareOf(sharedHeightM, requiredHeightM, contact.thicknessM)
  const time = contact.nearest === undefined ? shareOf(sharedTimeMs, requiredTimeMs, contact.durationMs) : 1
  const share = Math.min(area, height, time)
  return { share, axis: share === height ? 'height' : share === time ? 'time' : 'area' }
}

function shareOf(shared: number, required: number, most: number): number {
  const share = (required + shared) / (required + most)
  return Number.isNaN(share) ? 1 : Math.min(1, share)
}

/** Stretches in order of time, those that touch or overlap made one. */
function merge(windows: Window[]): Window[] {
  const sorted = windows.toSorted((a, b) => a.startMs - b.startMs || a.endMs - b.endMs)
  const merged: Window[] = []
  for (const window of sorted) {
    const last = merged.at(-1)
    if (last !== undefined && window.startMs <= last.endMs) {
      if (window.endMs > last.endMs) merged[merged.length - 1] = { startMs: last.startMs, endMs: window.endMs }
    } else {
      merged.push(window)
    }
  }
  return merged
}
