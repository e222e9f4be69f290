import type { Ball } from '../geometry/ball.ts'
import { type Item, isMovable } from '../model/item.ts'
import type { Picture } from '../read/picture.ts'
import { boundsOf } from './bounds.ts'
import { BoxTree } from './box-tree.ts'
import { type Clearing, clearingOf } from './clearing.ts'
import { type Encounter, Gathering } from './encounter.ts'
import { isApartInTime, meet } from './meet.ts'
import type { Minima } from './minima.ts'

export interface CheckOptions {
  readonly minima: Minima
  /** Compare every pair of pieces without the tree: slow, and the same answer. */
  readonly allPairs: boolean
  /** Told now and then how much of the work is done, 0…1. */
  readonly progress: (share: number) => void
}

export interface CheckResult {
  readonly encounters: readonly Encounter[]
  /** Beside each encounter; null where none is looked for or found. */
  readonly clearings: readonly (Clearing | null)[]
  /** Pairs that met but were not counted, by the reason. */
  readonly notCompared: { readonly sameIdentity: number; readonly restrictions: number }
  readonly contacts: number
  /** False when the search stopped at `MAX_ENCOUNTERS`: what was found is right, and not all there is. */
  readonly complete: boolean
}

/** Most pairs of items listed. Whoever has more has put everything in one place, and the list would say no more. */
export const MAX_ENCOUNTERS = 50_000

/**
 * Finds all pairs of items that meet. Not counted: two versions of one entity, two flights of one aircraft, and two restrictions, of
 * which neither gives way to the other.
 */
export function checkPicture(picture: Picture, options: CheckOptions): CheckResult {
  const { items, pieces } = picture
  const { minima } = options
  const bounds = boundsOf(pieces, minima)
  const gatherings = new Map<number, Gathering>()
  const skipped = { sameIdentity: new Set<number>(), restrictions: new Set<number>() }
  let contacts = 0
  let complete = true
  const compare = (i: number, j: number): void => {
    const a = pieces[i] as (typeof pieces)[number]
    const b = pieces[j] as (typeof pieces)[number]
    if (a.item === b.item || isApartInTime(a, b, minima)) return
    const key = a.item * items.length + b.item
    const itemA = items[a.item] as Item
    const itemB = items[b.item] as Item
    const ignored = ignoredBecause(itemA, itemB)
    if (ignored !== null && skipped[ignored].has(key)) return
    const contact = meet(a, b, {
      minima,
      indexA: i,
      indexB: j,
      ballA: bounds.balls[i] as Ball,
      ballB: bounds.balls[j] as Ball,
    })
    if (contact === null) return
    if (ignored !== null) {
      skipped[ignored].add(key)
      return
    }
    let gathering = gatherings.get(key)
    if (gathering === undefined) {
      if (gatherings.size === MAX_ENCOUNTERS) {
        complete = false
        return
      }
      gatherings.set(key, (gathering = new Gathering(a.item, b.item)))
    }
    gathering.add(contact)
    contacts += 1
  }
  join(pieces.length, bounds, { ...options, compare, stopped: () => !complete })
  const encounters = [...gatherings.values()]
    .map((gathering) => gathering.close(minima))
    .sort((a, b) => order(firstMs(a), firstMs(b)) || a.itemA - b.itemA || a.itemB - b.itemB)
  const offsets = offsetsOf(items)
  const clearings = encounters.map(({ verdict, itemA, itemB }, index) => {
    options.progress(0.7 + (0.3 * index) / encounters.length)
    if (verdict === 'undecided') return null
    const ballsOf = (item: number): readonly Ball[] => bounds.balls.slice(offsets[item], offsets[item + 1])
    const pair = {
      itemA: items[itemA] as Item,
      itemB: items[itemB] as Item,
      ballsA: ballsOf(itemA),
      ballsB: ballsOf(itemB),
    }
    return clearingOf(pair, minima)
  })
  options.progress(1)
  return {
    encounters,
    clearings,
    notCompared: { sameIdentity: skipped.sameIdentity.size, restrictions: skipped.restrictions.size },
    contacts,
    complete,
  }
}

interface JoinOptions extends CheckOptions {
  readonly compare: (i: number, j: number) => void
  readonly stopped: () => boolean
}

/** Calls `compare` with every pair of pieces that can meet, the lower number first. */
function join(
  count: number,
  bounds: ReturnType<typeof boundsOf>,
  { allPairs, progress, compare, stopped }: JoinOptions,
): void {
  const tree = allPairs ? null : new BoxTree(bounds)
  for (let i = 0; i < count && !stopped(); i++) {
    if (i % 1024 === 0) progress((0.7 * i) / count)
    if (tree === null) for (let j = i + 1; j < count; j++) compare(i, j)
    else tree.eachLater(i, (j) => compare(i, j))
  }
}

function ignoredBecause(a: Item, b: Item): 'sameIdentity' | 'restrictions' | null {
  if (a.identity === b.identity) return 'sameIdentity'
  return isMovable(a) || isMovable(b) ? null : 'restrictions'
}

/** Pieces stand in the order of their items: where each item's begin, and one more for the end. */
function offsetsOf(items: readonly Item[]): readonly number[] {
  const offsets = [0]
  for (const { pieces } of items) offsets.push((offsets.at(-1) as number) + pieces.length)
  return offsets
}

function firstMs({ windows }: Encounter): number {
  return windows[0]?.startMs ?? -Infinity
}

function order(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1
}
