/** A version of a register, by any unique name; null while there is none. */
export type Version = string | null

/** What an operation on one register saw or did, as its caller knows it. */
export type Effect =
  /** The version was `from` and became `to`: creation from null, deletion to null. */
  | { readonly kind: 'write'; readonly from: Version; readonly to: Version }
  /** The version was `saw`. */
  | { readonly kind: 'read'; readonly saw: Version }
  /** The version was anything but `not`. */
  | { readonly kind: 'refused'; readonly not: Version }

/** One operation of a history. Times are of one monotonic clock. */
export interface Operation {
  readonly callMs: number
  /** Infinity when no answer came: a write may then have happened at any time since the call, or never. */
  readonly returnMs: number
  readonly effect: Effect
}

/** `stuckAt` lists the operations of which one must come next and none can, at the farthest point reached. */
export type Verdict =
  | { readonly linearizable: true }
  | { readonly linearizable: false; readonly stuckAt: readonly Operation[] }

/**
 * Whether a history of one register, empty at first, is linearizable (Wing and Gong, with Lowe's memory of visited
 * states): is there an order of its operations, each between its call and its return, in which every one saw and did
 * what it says? Operations without an answer are put in where they help, or left out. Versions must be unique: no two
 * writes may have the same `to`, null excepted.
 */
export function checkLinearizable(history: readonly Operation[]): Verdict {
  const operations = history
    .filter(({ returnMs, effect }) => returnMs !== Number.POSITIVE_INFINITY || effect.kind === 'write')
    .sort((a, b) => a.callMs - b.callMs)
  const answered = operations.filter(({ returnMs }) => returnMs !== Number.POSITIVE_INFINITY).length
  const visited = new Set<string>()
  let farthest = -1
  let stuckAt: readonly Operation[] = []

  /** One point of the search: which operations are done, what the version then is, and which may come next. */
  interface Point {
    readonly done: bigint
    readonly answeredDone: number
    readonly version: Version
    readonly next: number[]
  }

  const pointOf = (done: bigint, answeredDone: number, version: Version): Point => {
    let earliestReturn = Number.POSITIVE_INFINITY
    const next: number[] = []
    for (let index = 0; index < operations.length; index++) {
      const { callMs, returnMs } = operations[index] as Operation
      // Sorted by call: nothing later can begin before the earliest return among those not done.
      if (callMs > earliestReturn) break
      if ((done >> BigInt(index)) & 1n) continue
      next.push(index)
      earliestReturn = Math.min(earliestReturn, returnMs)
    }
    // What changes nothing and fits now never fits better later, so nothing else need be tried here.
    const harmless = next.find((index) => {
      const { effect } = operations[index] as Operation
      return effect.kind !== 'write' && after(version, effect) !== undefined
    })
    if (harmless !== undefined) return { done, answeredDone, version, next: [harmless] }
    // Taken from the end: those whose time runs out first.
    next.sort((a, b) => (operations[b] as Operation).returnMs - (operations[a] as Operation).returnMs)
    if (answeredDone > farthest) {
      farthest = answeredDone
      stuckAt = next.map((index) => operations[index] as Operation)
    }
    return { done, answeredDone, version, next }
  }

  const stack: Point[] = [pointOf(0n, 0, null)]
  while (stack.length > 0) {
    const point = stack[stack.length - 1] as Point
    if (point.answeredDone === answered) return { linearizable: true }
    const index = point.next.pop()
    if (index === undefined) {
      stack.pop()
      continue
    }
    const { effect, returnMs } = operations[index] as Operation
    const version = after(point.version, effect)
    if (version === undefined) continue
    const done = point.done | (1n << BigInt(index))
    const name = `${done.toString(36)} ${version === null ? '' : `=${version}`}`
    if (visited.has(name)) continue
    visited.add(name)
    stack.push(pointOf(done, point.answeredDone + (returnMs === Number.POSITIVE_INFINITY ? 0 : 1), version))
  }
  return { linearizable: false, stuckAt }
}

/** The version after an effect; undefined where the effect cannot be. */
function after(version: Version, effect: Effect): Version | undefined {
  switch (effect.kind) {
    case 'write':
      return version === effect.from ? effect.to : undefined
    case 'read':
      return version === effect.saw ? version : undefined
    case 'refused':
      return version === effect.not ? undefined : version
  }
}
