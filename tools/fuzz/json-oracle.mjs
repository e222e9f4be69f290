// The restricted canonical JSON once more, slowly and from its description: read with the engine's own parser, write canonically, and
// accept only what comes out as it went in. Shares nothing with the reader that is tried.
const MAX_DEPTH = 8
const MAX_STRING_BYTES = 8192
const DANGEROUS = ['__proto__', 'constructor', 'prototype']

/** No controls, no line or paragraph separator, no direction changes, no byte order mark, no noncharacters, no tags, no half pairs. */
function isPlain(text) {
  for (const char of text) {
    const code = char.codePointAt(0)
    if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return false
    if ((code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code === 0xfeff) return false
    if ((code & 0xfffe) === 0xfffe || (code >= 0xfdd0 && code <= 0xfdef)) return false
    if ((code >= 0xe0000 && code <= 0xe007f) || (code >= 0xd800 && code <= 0xdfff)) return false
  }
  return true
}

class Refused extends Error {}
const need = (holds) => {
  if (!holds) throw new Refused()
}

function write(value, depth) {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') {
    need(Number.isSafeInteger(value))
    return String(value)
  }
  if (typeof value === 'string') {
    need(isPlain(value) && Buffer.byteLength(value) <= MAX_STRING_BYTES)
    return JSON.stringify(value)
  }
  need(depth < MAX_DEPTH)
  if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(',')}]`
  const members = Object.keys(value).sort()
  for (const key of members) need(/^[a-z0-9_]{1,32}$/.test(key) && !DANGEROUS.includes(key))
  return `{${members.map((key) => `"${key}":${write(value[key], depth + 1)}`).join(',')}}`
}

/** Whether the bytes are a document of the profile. */
export function isCanonicalJson(bytes) {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return write(JSON.parse(text), 0) === text
  } catch (error) {
    if (
      error instanceof Refused ||
      error instanceof SyntaxError ||
      error instanceof TypeError ||
      error instanceof RangeError
    )
      return false
    throw error
  }
}
