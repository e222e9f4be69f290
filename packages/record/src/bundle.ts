import { RecordError } from './errors.ts'
import { TILE_WIDTH } from './tile-path.ts'

/** Longest entry a bundle can carry: its length is written in two bytes (c2sp.org/tlog-tiles). */
export const MAX_LEAF_BYTES = 65_535

/**
 * Entry bundle of tlog-tiles: each entry after its length as two bytes, big-endian.
 *
 * @throws RangeError when there are no entries or more than 256
 * @throws RecordError ENTRY_TOO_LARGE when an entry exceeds 65,535 bytes (`leafOf` never gives such a one)
 */
export function encodeBundle(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length === 0 || entries.length > TILE_WIDTH)
    throw new RangeError(`no bundle has ${entries.length} entries`)
  let length = 0
  for (const [index, entry] of entries.entries()) {
    if (entry.length > MAX_LEAF_BYTES) throw entryTooLarge(index, entry.length)
    length += 2 + entry.length
  }
  const bundle = new Uint8Array(length)
  let at = 0
  for (const entry of entries) {
    bundle[at] = entry.length >> 8
    bundle[at + 1] = entry.length
    bundle.set(entry, at + 2)
    at += 2 + entry.length
  }
  return bundle
}

const entryTooLarge = (index: number, length: number): RecordError =>
  new RecordError('ENTRY_TOO_LARGE', {
    field: `entries[${index}]`,
    value: length,
    rule: `must be at most ${MAX_LEAF_BYTES} bytes`,
  })

/**
 * The `count` entries of a bundle, as views into its bytes. A bundle of another number of entries is refused: cut
 * short, or with bytes after the last.
 *
 * @throws RecordError MALFORMED_BUNDLE
 */
export function decodeBundle(bytes: Uint8Array, count: number): Uint8Array[] {
  const entries: Uint8Array[] = []
  let at = 0
  while (entries.length < count) {
    const high = bytes[at]
    const low = bytes[at + 1]
    if (high === undefined || low === undefined)
      throw malformed(bytes, `must hold ${count} entries, not ${entries.length}`)
    const end = at + 2 + high * 256 + low
    if (end > bytes.length) throw malformed(bytes, `must hold entry ${entries.length} whole, to byte ${end}`)
    entries.push(bytes.subarray(at + 2, end))
    at = end
  }
  if (at !== bytes.length) throw malformed(bytes, `must end with entry ${count - 1}, at byte ${at}`)
  return entries
}

const malformed = (bytes: Uint8Array, rule: string): RecordError =>
  new RecordError('MALFORMED_BUNDLE', { field: 'bundle', value: bytes.length, rule })
