import { HASH_BYTES, leafHash, nodeHash } from './merkle.ts'

/** Half-open run of bytes or of entries. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** One bundle of entries and the tile of their hashes, as read and not yet believed; null where there is none. */
export interface BundleJob {
  /** Number of the bundle: it holds the entries from `256 × index` on. */
  readonly index: number
  /** How many entries it must hold, 1 to 256. */
  readonly width: number
  readonly bundle: Uint8Array | null
  readonly tile: Uint8Array | null
}

/** What is wrong at one place of a bundle. Positions count entries within the bundle, `bytes` within its file. */
export type BundleProblem =
  /** The entry does not have the hash that the tile holds at its position. */
  | { readonly kind: 'differs'; readonly position: number; readonly bytes: Range }
  /** The two bytes of length before the entry are wrong; the entry behind them has the hash of the tile. */
  | { readonly kind: 'length'; readonly position: number; readonly bytes: Range }
  /** Another entry of the same bundle stands here. */
  | { readonly kind: 'moved'; readonly position: number; readonly holds: number; readonly bytes: Range }
  /** The entry that belongs here is gone; what follows has moved up. */
  | { readonly kind: 'missing'; readonly position: number; readonly bytes: Range }
  /** An entry that belongs nowhere stands before the one of this position. */
  | { readonly kind: 'inserted'; readonly position: number; readonly bytes: Range }
  /** The bytes end, or stop being entries, before the last one. */
  | { readonly kind: 'ends-early'; readonly position: number; readonly bytes: Range }
  | { readonly kind: 'trailing'; readonly bytes: Range }

export interface BundleCheck {
  readonly index: number
  readonly width: number
  /** Hashes of the entries as read, 32 bytes each; where an entry cannot be read, the tile's. Null if neither is there. */
  readonly leaves: Uint8Array | null
  /** Root of a full bundle's 256 leaves, null when it is not full or not all leaves are known. */
  readonly root: Uint8Array | null
  /** First few problems, in the order of the bytes. */
  readonly problems: readonly BundleProblem[]
  /** How many positions differ from the tile, those left out of `problems` included. */
  readonly differing: number
}

const MOST_PROBLEMS = 16

/** Root of the perfect tree over `hashes` (32 bytes each, a power of two of them). */
export function subtreeRoot(hashes: Uint8Array): Uint8Array {
  let level: Uint8Array[] = []
  for (let at = 0; at < hashes.length; at += HASH_BYTES) level.push(hashes.subarray(at, at + HASH_BYTES))
  while (level.length > 1) {
    const above: Uint8Array[] = []
    for (let i = 0; i + 1 < level.length; i += 2)
      above.push(nodeHash(level[i] as Uint8Array, level[i + 1] as Uint8Array))
    level = above
  }
  return level[0] as Uint8Array
}

/** Whether the hash at `position` of both is the same. */
export function sameHash(a: Uint8Array, b: Uint8Array, position = 0, positionB = position): boolean {
  const atA = position * HASH_BYTES
  const atB = positionB * HASH_BYTES
  for (let i = 0; i < HASH_BYTES; i++) if (a[atA + i] !== b[atB + i]) return false
  return true
}

/**
 * Hashes the entries of one bundle and compares them with its tile. Pure and without state, so that it runs in any
 * thread; says only what differs, since which of the two is wrong is decided by the tree above (`verifyLog`).
 */
export function checkBundle({ index, width, bundle, tile }: BundleJob): BundleCheck {
  if (bundle === null) {
    const whole = tile !== null && tile.length === width * HASH_BYTES
    const leaves = whole ? tile : null
    return { index, width, leaves, root: whole && width === 256 ? subtreeRoot(tile) : null, problems: [], differing: 0 }
  }
  const problems: BundleProblem[] = []
  const known = tile === null ? 0 : Math.floor(tile.length / HASH_BYTES)
  const leaves = new Uint8Array(width * HASH_BYTES)
  const spans: Range[] = []
  let at = 0
  let complete = true
  for (let position = 0; position < width; position++) {
    let end = entryEnd(bundle, at)
    let hash = end === null ? null : leafHash(bundle.subarray(at + 2, end))
    const matches = (): boolean => position < known && hash !== null && sameHash(hash, tile as Uint8Array, 0, position)
    if (position < known && !matches()) {
      // A wrong length leads the reading astray from here on: look for the end from which the rest reads to the last byte.
      const resynced = resync(bundle, { at, left: width - position - 1, tile: tile as Uint8Array, position })
      if (resynced !== null) {
        problems.push({ kind: 'length', position, bytes: { from: at, to: at + 2 } })
        end = resynced
        hash = leafHash(bundle.subarray(at + 2, end))
      }
    }
    if (end === null || hash === null) {
      problems.push({ kind: 'ends-early', position, bytes: { from: at, to: bundle.length } })
      // The hashes of what cannot be read are taken from the tile, so that the tree above can still be followed.
      if (tile !== null && known >= width)
        leaves.set(tile.subarray(position * HASH_BYTES, width * HASH_BYTES), position * HASH_BYTES)
      else complete = false
      at = bundle.length
      break
    }
    leaves.set(hash, position * HASH_BYTES)
    spans.push({ from: at, to: end })
    at = end
  }
  if (at < bundle.length) problems.push({ kind: 'trailing', bytes: { from: at, to: bundle.length } })
  const differing = tile === null ? 0 : compare(leaves, { tile, spans, problems })
  const root = complete && width === 256 ? subtreeRoot(leaves) : null
  return { index, width, leaves: complete ? leaves : null, root, problems: problems.slice(0, MOST_PROBLEMS), differing }
}

/** The entries of a bundle that reads to its last byte as exactly `width` entries; null otherwise. */
export function readBundle(bundle: Uint8Array, width: number): Uint8Array[] | null {
  const entries: Uint8Array[] = []
  let at = 0
  for (let i = 0; i < width; i++) {
    const end = entryEnd(bundle, at)
    if (end === null) return null
    entries.push(bundle.subarray(at + 2, end))
    at = end
  }
  return at === bundle.length ? entries : null
}

function entryEnd(bundle: Uint8Array, at: number): number | null {
  if (at + 2 > bundle.length) return null
  const end = at + 2 + (bundle[at] as number) * 256 + (bundle[at + 1] as number)
  return end > bundle.length ? null : end
}

interface Astray {
  readonly at: number
  readonly left: number
  readonly tile: Uint8Array
  readonly position: number
}

/** The end of the entry at `at` if its length is all that is wrong: the bytes up to there have the tile's hash. */
function resync(bundle: Uint8Array, { at, left, tile, position }: Astray): number | null {
  const first = at + 2
  if (first > bundle.length) return null
  const stated = entryEnd(bundle, at)
  // Counts, from the end backwards, how many whole entries lie between each offset and the last byte.
  const counts = new Int16Array(bundle.length - first + 1).fill(-1)
  counts[bundle.length - first] = 0
  for (let from = bundle.length - 2; from >= first; from--) {
    const end = entryEnd(bundle, from)
    if (end === null) continue
    const behind = counts[end - first] as number
    if (behind >= 0 && behind < 256) counts[from - first] = behind + 1
  }
  for (let end = first; end <= Math.min(bundle.length, first + 65_535); end++) {
    if (end === stated || counts[end - first] !== left) continue
    if (sameHash(leafHash(bundle.subarray(first, end)), tile, 0, position)) return end
  }
  return null
}

interface Compared {
  readonly tile: Uint8Array
  readonly spans: readonly Range[]
  readonly problems: BundleProblem[]
}

/** Adds what differs from the tile to `problems`; returns at how many positions it does. */
function compare(leaves: Uint8Array, { tile, spans, problems }: Compared): number {
  const known = Math.min(spans.length, Math.floor(tile.length / HASH_BYTES))
  const total = Math.floor(tile.length / HASH_BYTES)
  let differing = 0
  let place: Map<string, number> | null = null
  for (let position = 0; position < known; position++) {
    if (sameHash(leaves, tile, position)) continue
    differing++
    if (differing > MOST_PROBLEMS) continue
    place ??= places(tile)
    const bytes = spans[position] as Range
    const holds = place.get(keyOf(leaves, position))
    if (
      differing === 1 &&
      holds === position + 1 &&
      agrees(leaves, tile, { at: position, shift: 1, count: known, total })
    ) {
      // That the bytes end one entry early says the same once more.
      const early = problems.findIndex(({ kind }) => kind === 'ends-early')
      if (early >= 0) problems.splice(early, 1)
      problems.push({ kind: 'missing', position, bytes })
      return known - position
    }
    if (
      differing === 1 &&
      position + 1 < known &&
      agrees(leaves, tile, { at: position + 1, shift: -1, count: known, total })
    ) {
      problems.push({ kind: 'inserted', position, bytes })
      return known - position
    }
    problems.push(
      holds === undefined ? { kind: 'differs', position, bytes } : { kind: 'moved', position, holds, bytes },
    )
  }
  return differing
}

interface Shift {
  readonly at: number
  readonly shift: number
  readonly count: number
  readonly total: number
}

/** Whether all leaves from `at` on are those of the tile `shift` positions further. */
function agrees(leaves: Uint8Array, tile: Uint8Array, { at, shift, count, total }: Shift): boolean {
  for (let position = at; position < count && position + shift < total; position++)
    if (!sameHash(leaves, tile, position, position + shift)) return false
  return true
}

function places(tile: Uint8Array): Map<string, number> {
  const map = new Map<string, number>()
  for (let position = 0; (position + 1) * HASH_BYTES <= tile.length; position++)
    map.set(keyOf(tile, position), position)
  return map
}

function keyOf(hashes: Uint8Array, position: number): string {
  return String.fromCharCode(...hashes.subarray(position * HASH_BYTES, (position + 1) * HASH_BYTES))
}
