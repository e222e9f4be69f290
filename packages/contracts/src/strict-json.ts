import { ContractError } from './errors.ts'
import { renderValue } from './findings.ts'
import { diagnoseJson, pointerOfPath } from './json-diagnosis.ts'

export interface StrictJsonLimits {
  /** Objects and arrays may be nested so deep; 64 unless told, at most 1,000. */
  readonly maxDepth?: number
}

const MOST_DEPTH = 1000
const DEFAULT_DEPTH = 64

/** Classes of bytes that the scan acts on; every other byte outside a text has class 0 and is skipped. */
const QUOTE = 1
const OPEN = 2
const CLOSE = 3
const COLON = 4
const COMMA = 5
const EXPONENT = 6
const classOf = new Uint8Array(256)
classOf[0x22] = QUOTE
classOf[0x7b] = OPEN
classOf[0x5b] = OPEN
classOf[0x7d] = CLOSE
classOf[0x5d] = CLOSE
classOf[0x3a] = COLON
classOf[0x2c] = COMMA
classOf[0x65] = EXPONENT
classOf[0x45] = EXPONENT

/** A number needs more than this many characters, or an exponent, to leave the range of a double. */
const LONGEST_SAFE_NUMBER = 300

/**
 * Keys of the open containers, as a stack of byte ranges: `keyBase[depth]` is where the container at that depth
 * begins. `keyMask[depth]` has one bit set a key, so that most keys are known to be new without a comparison. An
 * object with more keys than `MOST_KEYS` is left to the exact walk.
 */
const MOST_KEYS = 32
const keyStarts = new Int32Array((MOST_DEPTH + 2) * MOST_KEYS)
const keyEnds = new Int32Array((MOST_DEPTH + 2) * MOST_KEYS)
const keyBase = new Int32Array(MOST_DEPTH + 2)
const keyMask = new Int32Array(MOST_DEPTH + 2)

/** What a scan found; clean is 0. */
const TOO_DEEP = 1
/** Keys that only the exact walk can judge: a repeated one, escaped ones, `__proto__`, very many in one object. */
const SUSPECT_KEYS = 2
/** Numbers long or scientific enough that one may have overflowed. */
const SUSPECT_NUMBERS = 4

/** Whether the key at `start` equals one of those on the stack from `base` to `top`. */
function repeatsKey(bytes: Uint8Array, key: { start: number; end: number; base: number; top: number }): boolean {
  const length = key.end - key.start
  for (let index = key.base; index < key.top; index++) {
    const start = keyStarts[index] as number
    if ((keyEnds[index] as number) - start !== length) continue
    let same = 0
    while (same < length && bytes[start + same] === bytes[key.start + same]) same++
    if (same === length) return true
  }
  return false
}

/**
 * One pass over the bytes of a document that is UTF-8 but perhaps not JSON. Clean means: nested at most `maxDepth`,
 * and, if it is JSON, no repeated key, no `__proto__` key, no number that could overflow. Never reads beyond the bytes:
 * one such read would leave the loop slow for the life of the process.
 */
function scan(bytes: Uint8Array, maxDepth: number): number {
  const length = bytes.length
  let depth = 0
  let tokenStart = 0
  let textStart = 0
  let textEnd = 1
  let textEscaped = false
  let base = 0
  let top = 0
  let mask = 0
  let suspectKeys = false
  let suspectNumbers = false
  for (let at = 0; at < length; at++) {
    switch (classOf[bytes[at] as number] as number) {
      case QUOTE: {
        let end = at + 1
        textEscaped = false
        for (; end < length; end++) {
          const byte = bytes[end]
          if (byte === 0x22) break
          if (byte === 0x5c) {
            textEscaped = true
            end++
          }
        }
        textStart = at + 1
        textEnd = end
        tokenStart = end
        at = end
        break
      }
      case COLON: {
        tokenStart = at
        if (suspectKeys) break
        const first = bytes[textStart] as number
        const isDunder = first === 0x5f && bytes[textStart + 1] === 0x5f
        if (textEscaped || isDunder || top - base >= MOST_KEYS) {
          suspectKeys = true
          break
        }
        const bit = 1 << (first + (bytes[textEnd - 1] as number) * 5 + (textEnd - textStart) * 11)
        if ((mask & bit) !== 0) suspectKeys = repeatsKey(bytes, { start: textStart, end: textEnd, base, top })
        mask |= bit
        keyStarts[top] = textStart
        keyEnds[top++] = textEnd
        break
      }
      case COMMA:
        if (at - tokenStart > LONGEST_SAFE_NUMBER) suspectNumbers = true
        tokenStart = at
        break
      case OPEN:
        if (depth >= maxDepth) return TOO_DEEP
        keyBase[depth] = base
        keyMask[depth++] = mask
        base = top
        mask = 0
        tokenStart = at
        break
      case CLOSE:
        if (at - tokenStart > LONGEST_SAFE_NUMBER) suspectNumbers = true
        tokenStart = at
        if (depth === 0) break
        top = base
        base = keyBase[--depth] as number
        mask = keyMask[depth] as number
        break
      case EXPONENT: {
        const before = at === 0 ? 0 : (bytes[at - 1] as number)
        if (before >= 0x30 && before <= 0x39) suspectNumbers = true
        break
      }
      default:
        break
    }
  }
  if (length - tokenStart > LONGEST_SAFE_NUMBER) suspectNumbers = true
  return (suspectKeys ? SUSPECT_KEYS : 0) | (suspectNumbers ? SUSPECT_NUMBERS : 0)
}

/** Removes own `__proto__` keys and finds the first number that overflowed; returns its path, or null. */
function settle(value: unknown): (string | number)[] | null {
  if (typeof value === 'number') return Number.isFinite(value) ? null : []
  if (typeof value !== 'object' || value === null) return null
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const overflow = settle(value[index])
      if (overflow !== null) return [index, ...overflow]
    }
    return null
  }
  if (Object.hasOwn(value, '__proto__')) Reflect.deleteProperty(value, '__proto__')
  for (const [key, item] of Object.entries(value)) {
    const overflow = settle(item)
    if (overflow !== null) return [key, ...overflow]
  }
  return null
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw new ContractError('BODY_NOT_UTF8', { cause })
  }
}

function refuseDepth(text: string, maxDepth: number): ContractError {
  const rule = `must be nested at most ${maxDepth} deep`
  return new ContractError('BODY_TOO_DEEP', {
    message: `The body is nested deeper than ${maxDepth} objects and arrays.`,
    findings: [{ field: '', value: renderValue(text.slice(0, 20)), rule }],
    details: { maxDepth },
  })
}

/** The first reason why the document is not one JSON text with distinct keys; null when it is one. */
function refusalOf(text: string, maxDepth: number): ContractError | null {
  const problem = diagnoseJson(text, { maxDepth })
  if (problem === null) return null
  switch (problem.kind) {
    case 'empty':
      return new ContractError('BODY_EMPTY')
    case 'deep':
      return refuseDepth(text, maxDepth)
    case 'duplicate':
      return new ContractError('BODY_DUPLICATE_KEY', {
        message: `The key ${renderValue(problem.key)} stands twice in the object at ${problem.objectPointer || 'the top'}, line ${problem.line}, column ${problem.column}.`,
        findings: [
          { field: problem.pointer, value: renderValue(problem.key), rule: 'must stand only once in its object' },
        ],
        details: { key: problem.key, pointer: problem.pointer, offset: problem.offset },
      })
    case 'syntax':
      return new ContractError('BODY_NOT_JSON', {
        message: `The body is not valid JSON: ${problem.expected} expected at line ${problem.line}, column ${problem.column}, found ${problem.found}.`,
        findings: [{ field: problem.pointer, value: problem.found, rule: `${problem.expected} expected` }],
        details: { offset: problem.offset, line: problem.line, column: problem.column },
      })
  }
}

/**
 * Parses a body that must be exactly one JSON text (RFC 8259) in UTF-8 without a byte order mark.
 *
 * Stricter than `JSON.parse`: refuses repeated keys, nesting deeper than `maxDepth`, and numbers that overflow.
 * `__proto__` keys are dropped, so that no later copy of the value can change a prototype. Throws ContractError:
 * BODY_EMPTY, BODY_NOT_UTF8, BODY_NOT_JSON (line and column), BODY_DUPLICATE_KEY (key and pointer), BODY_TOO_DEEP,
 * BODY_NUMBER_RANGE (pointer). Exact places are looked for only after a refusal is certain or suspected.
 */
export function parseStrictJson(bytes: Uint8Array, limits: StrictJsonLimits = {}): unknown {
  const maxDepth = Math.min(limits.maxDepth ?? DEFAULT_DEPTH, MOST_DEPTH)
  if (bytes.length === 0) throw new ContractError('BODY_EMPTY')
  const text = decode(bytes)
  const verdict = scan(bytes, maxDepth)
  if (verdict === TOO_DEEP) throw refusalOf(text, maxDepth) ?? refuseDepth(text, maxDepth)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw refusalOf(text, maxDepth) ?? new ContractError('BODY_NOT_JSON', { cause })
  }
  if (verdict === 0) return value
  const refusal = (verdict & SUSPECT_KEYS) === 0 ? null : refusalOf(text, maxDepth)
  if (refusal !== null) throw refusal
  // Only an escape can hide the name from a plain search.
  const holdsPrototype = (verdict & SUSPECT_KEYS) !== 0 && (text.includes('__proto__') || text.includes('\\u'))
  if (!holdsPrototype && (verdict & SUSPECT_NUMBERS) === 0) return value
  const overflow = settle(value)
  if (overflow === null) return value
  const field = pointerOfPath(overflow)
  throw new ContractError('BODY_NUMBER_RANGE', {
    message: `The number at ${field || 'the top'} is too large to be held.`,
    findings: [{ field, value: 'a number beyond ±1.8e308', rule: 'must be within ±1.8e308' }],
    details: { pointer: field },
  })
}
