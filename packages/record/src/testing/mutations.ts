/** Bytes that tend to matter to a parser of texts. */
const TELLING = [
  0x00, 0x09, 0x0a, 0x0d, 0x20, 0x22, 0x2b, 0x2d, 0x2e, 0x2f, 0x30, 0x3d, 0x41, 0x5c, 0x65, 0x7b, 0x7d, 0x7f,
]
const MORE = [0x80, 0xc2, 0xe2, 0xed, 0xf0, 0xff]

/**
 * `bytes` with one to three changes, as `choices` have it: a byte altered, put in or taken out, a stretch repeated, moved
 * or cut away.
 */
export function mutated(bytes: Uint8Array, choices: Iterable<number>): Uint8Array {
  const stream = choices[Symbol.iterator]()
  const below = (bound: number): number => (bound <= 0 ? 0 : (stream.next().value as number) % bound)
  let out = [...bytes]
  for (let left = 1 + below(3); left > 0; left -= 1) {
    const at = below(out.length + 1)
    const length = 1 + below(8)
    const telling = [...TELLING, ...MORE][below(TELLING.length + MORE.length)]!
    switch (below(7)) {
      case 0:
        if (at < out.length) out[at] = out[at]! ^ (1 << below(8))
        break
      case 1:
        if (at < out.length) out[at] = telling
        break
      case 2:
        out.splice(at, 0, telling)
        break
      case 3:
        out.splice(at, 1)
        break
      case 4:
        out.splice(at, 0, ...out.slice(at, at + length * 8))
        break
      case 5:
        out.splice(below(out.length), 0, ...out.splice(at, length))
        break
      default:
        out = out.slice(0, at)
    }
  }
  return Uint8Array.from(out)
}
