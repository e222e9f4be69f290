const POLYNOMIAL = 0xedb88320

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let state = byte
  for (let bit = 0; bit < 8; bit++) state = (state & 1) === 1 ? (state >>> 1) ^ POLYNOMIAL : state >>> 1
  return state >>> 0
})
/** The one table entry whose highest byte is this. */
const BY_HIGH_BYTE = Uint8Array.from({ length: 256 }, (_, high) => TABLE.findIndex((entry) => entry >>> 24 === high))

/** One byte which, changed back, makes a CRC-32 hold again. */
export interface AlteredByte {
  readonly at: number
  readonly was: number
}

/**
 * Which single byte of `bytes` must have been altered for their CRC-32 to come out as `actual` instead of `expected`.
 * CRC is linear, so the difference of the two, run backwards, passes through the state that one wrong byte leaves at
 * exactly the places where it may stand; in anything short of gigabytes that is one place. Null when no single byte, or
 * more than one, explains the difference.
 */
export function alteredByte(bytes: Uint8Array, expected: number, actual: number): AlteredByte | null {
  let state = (expected ^ actual) >>> 0
  if (state === 0) return null
  let found: AlteredByte | null = null
  for (let at = bytes.length - 1; at >= 0; at--) {
    const difference = BY_HIGH_BYTE[state >>> 24] as number
    if (TABLE[difference] === state) {
      if (found !== null) return null
      found = { at, was: (bytes[at] as number) ^ difference }
    }
    state = (((state ^ (TABLE[difference] as number)) << 8) | difference) >>> 0
  }
  return found
}
