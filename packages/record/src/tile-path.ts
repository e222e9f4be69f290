/** Leaves a full tile or bundle covers, and the hashes it holds: tiles are of height 8 (c2sp.org/tlog-tiles). */
export const TILE_WIDTH = 256

/** Highest level the paths of tlog-tiles can name. */
const MAX_LEVEL = 63

/** What a path under a log's prefix names. `index` counts tiles from 0; `width` is 256 for a full tile or bundle. */
export type LogPath =
  | { readonly kind: 'checkpoint' }
  | { readonly kind: 'tile'; readonly level: number; readonly index: number; readonly width: number }
  | { readonly kind: 'bundle'; readonly index: number; readonly width: number }
  /** Content of an entry too long for a leaf, by the lower-case hex of its SHA-256. */
  | { readonly kind: 'blob'; readonly sha256: string }

/** 1234067 is x001/x234/067. */
const groups = (index: number): string => {
  const digits = String(index)
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0')
  return padded.replaceAll(/\d{3}(?=\d)/g, (group) => `x${group}/`)
}

const suffix = (width: number): string => (width === TILE_WIDTH ? '' : `.p/${width}`)

const check = (index: number, width: number): void => {
  if (!Number.isSafeInteger(index) || index < 0) throw new RangeError(`no tile has the index ${index}`)
  if (!Number.isInteger(width) || width < 1 || width > TILE_WIDTH) throw new RangeError(`no tile is ${width} wide`)
}

/**
 * Path of a tile under the log's prefix, without leading slash: `tile/0/x001/x234/067`, `tile/1/000.p/17`.
 *
 * @throws RangeError when level is not 0 to 63, index not an integer from 0, or width not 1 to 256
 */
export function tilePath(level: number, index: number, width: number = TILE_WIDTH): string {
  check(index, width)
  if (!Number.isInteger(level) || level < 0 || level > MAX_LEVEL) throw new RangeError(`no tile is on level ${level}`)
  return `tile/${level}/${groups(index)}${suffix(width)}`
}

/**
 * Path of an entry bundle under the log's prefix, without leading slash: `tile/entries/x001/x234/067.p/8`.
 *
 * @throws RangeError when index is not an integer from 0, or width not 1 to 256
 */
export function bundlePath(index: number, width: number = TILE_WIDTH): string {
  check(index, width)
  return `tile/entries/${groups(index)}${suffix(width)}`
}

const TILE = /^tile\/(entries|0|[1-9]\d?)\/((?:x\d{3}\/){0,5}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/
const BLOB = /^blob\/([0-9a-f]{64})$/

/**
 * What a path under a log's prefix names, or null when it names nothing a log can have. For servers: the path is taken
 * as it stands in the request, without leading slash and undecoded, and only what would be written the same way is
 * read: no dots, no escapes, no needless zeros, no level above 63, no width of 0 or above 255. Nothing of the path
 * itself reaches a file system.
 */
export function parseLogPath(path: string): LogPath | null {
  if (path === 'checkpoint') return { kind: 'checkpoint' }
  const blob = BLOB.exec(path)
  if (blob !== null) return { kind: 'blob', sha256: blob[1] as string }
  const tile = TILE.exec(path)
  if (tile === null) return null
  const [, place, digits, partial] = tile as unknown as [string, string, string, string | undefined]
  const index = Number(digits.replaceAll(/[x/]/g, ''))
  const width = partial === undefined ? TILE_WIDTH : Number(partial)
  const level = place === 'entries' ? 0 : Number(place)
  if (!Number.isSafeInteger(index) || level > MAX_LEVEL || (partial !== undefined && width >= TILE_WIDTH)) return null
  if (groups(index) !== digits) return null
  return place === 'entries' ? { kind: 'bundle', index, width } : { kind: 'tile', level, index, width }
}

/**
 * Width of the partial tile at the right edge of a level in a tree of `size` leaves, 0 when the level ends on a full
 * tile (no such tile is then served), and how many full tiles stand left of it.
 */
export function levelShape(level: number, size: number): { readonly full: number; readonly partial: number } {
  const nodes = Math.floor(size / TILE_WIDTH ** level)
  return { full: Math.floor(nodes / TILE_WIDTH), partial: nodes % TILE_WIDTH }
}
