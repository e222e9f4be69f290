// Numbers that a seed and a case number give, the same on every machine: each input can be made again alone.

/** 32 bits that mix all of the text and the number. */
function mix(text, number) {
  let hash = 2166136261 ^ number
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** A stream of choices. `below(n)` is 0 … n − 1; `chance(p)` is true with probability p. */
export function randomOf(seed, subject, number) {
  let state = mix(`${seed}/${subject}`, Math.imul(number + 1, 0x9e3779b1))
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let bits = Math.imul(state ^ (state >>> 15), 1 | state)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
    return (bits ^ (bits >>> 14)) >>> 0
  }
  const below = (limit) => Math.floor((next() / 4294967296) * limit)
  return {
    below,
    chance: (probability) => next() / 4294967296 < probability,
    pick: (items) => items[below(items.length)],
    bytes: (length) => Uint8Array.from({ length }, () => below(256)),
  }
}
