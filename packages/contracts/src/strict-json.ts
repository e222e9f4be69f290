import { ContractError } from './errors.ts'
import { renderValue } from './findings.ts'
import { diagnoseJson, pointerOfPath } from './json-diagnosis.ts'

export interface StrictJsonLimits {
  /** Objects and arrays may be nested so deep; 64 unless told, at most 1,000. */
  readonly maxDepth?: number
}

const MOST_DEPTH = 1000
const DEFAULT_DEPTH = 64

/** Classes of bytes that the scan acts on; every other byte outside a text is skipped. */
const BORING = 0
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
 * Keys of the open objects: a window of `WINDOW` slots a hash. A slot is taken while the container that wrote it is
 * still on the stack; container numbers never repeat, so nothing has to be cleared between bodies.
 */
const SLOTS = 1024
const WINDOW = 4
const slotContainer = new Int32Array(SLOTS + WINDOW)
const slotDepth = new Int32Array(SLOTS + WINDOW)
const slotStart = new Int32Array(SLOTS + WINDOW)
const slotEnd = new Int32Array(SLOTS + WINDOW)
const openContainer = new Int32Array(MOST_DEPTH + 2)
let lastContainer = 0

const CLEAN = 0
const TOO_DEEP = 1
/** Something that only the exact walk can judge: escaped or colliding keys, a repeated key, a long or scientific number. */
const SUSPECT = 2

/**
 * One pass over the bytes of a document that is UTF-8 but perhaps not JSON. Clean means: nested at most `maxDepth`,
 * and, if it is JSON, no repeated key, no `__proto__` key, no number that could overflow.
 */
function scan(bytes: Uint8Array, maxDepth: number): typeof CLEAN | typeof TOO_DEEP | typeof SUSPECT {
  const length = bytes.length
  if (lastContainer > 0x7fffffff - length - 2) {
    slotContainer.fill(0)
    lastContainer = 0
  }
  let depth = 0
  let container = 0
  let tokenStart = 0
  let keyStart = 0
  let keyEnd = 0
  let keyEscaped = false
  let suspect = false
  openContainer[0] = 0
  for (let at = 0; at < length; at++) {
    switch (classOf[bytes[at] as number]) {
      case BORING:
        break
      case QUOTE: {
        let end = at + 1
        let byte = bytes[end]
        keyEscaped = false
        while (byte !== 0x22 && end < length) {
          if (byte === 0x5c) {
            keyEscaped = true
            end++
          }
          byte = bytes[++end]
        }
        keyStart = at + 1
        keyEnd = end
        tokenStart = end
        at = end
        break
      }
      case OPEN:
        if (++depth > maxDepth) return TOO_DEEP
        container = ++lastContainer
        openContainer[depth] = container
        tokenStart = at
        break
      case CLOSE:
        if (at - tokenStart > LONGEST_SAFE_NUMBER) suspect = true
        if (depth > 0) {
          openContainer[depth] = 0
          container = openContainer[--depth] as number
        }
        tokenStart = at
        break
      case COMMA:
        if (at - tokenStart > LONGEST_SAFE_NUMBER) suspect = true
        tokenStart = at
        break
      case EXPONENT: {
        const before = bytes[at - 1] as number
        if (before >= 0x30 && before <= 0x39) suspect = true
        break
      }
      case COLON: {
        tokenStart = at
        if (suspect) break
        const keyLength = keyEnd - keyStart
        const first = bytes[keyStart] as number
        if (keyEscaped || (first === 0x5f && bytes[keyStart + 1] === 0x5f)) {
          suspect = true
          break
        }
        const mix = first + (bytes[keyEnd - 1] as number) * 31 + keyLength * 613 + Math.imul(container, 0x9e3779b1)
        const slot = (mix ^ (mix >>> 7)) & (SLOTS - 1)
        let free = -1
        for (let probe = slot; probe < slot + WINDOW; probe++) {
          const holder = slotContainer[probe] as number
          if (holder === container) {
            const start = slotStart[probe] as number
            if ((slotEnd[probe] as number) - start === keyLength) {
              let same = 0
              while (same < keyLength && bytes[start + same] === bytes[keyStart + same]) same++
              if (same === keyLength) suspect = true
            }
          } else if (free < 0 && (holder === 0 || openContainer[slotDepth[probe] as number] !== holder)) {
            free = probe
          }
        }
        if (free < 0) {
          suspect = true
          break
        }
        slotContainer[free] = container
        slotDepth[free] = depth
        slotStart[free] = keyStart
        slotEnd[free] = keyEnd
        break
      }
    }
  }
  if (length - tokenStart > LONGEST_SAFE_NUMBER) suspect = true
  return suspect ? SUSPECT : CLEAN
}

/** Removes own `__proto__` keys and finds the first number that overflowed; returns its path, or null. */
function settle(value: unknown, path: (string | number)[]): (string | number)[] | null {
  if (typeof value === 'number') return Number.isFinite(value) ? null : path
  if (typeof value !== 'object' || value === null) return null
  if (Object.hasOwn(value, '__proto__')) Reflect.deleteProperty(value, '__proto__')
  for (const [key, item] of Object.entries(value)) {
    if (typeof item === 'string') continue
    const overflow = settle(item, [...path, Array.isArray(value) ? Number(key) : key])
    if (overflow !== null) return overflow
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
  if (verdict === CLEAN) return value
  const refusal = refusalOf(text, maxDepth)
  if (refusal !== null) throw refusal
  const overflow = settle(value, [])
  if (overflow === null) return value
  const field = pointerOfPath(overflow)
  throw new ContractError('BODY_NUMBER_RANGE', {
    message: `The number at ${field || 'the top'} is too large to be held.`,
    findings: [{ field, value: 'a number beyond ±1.8e308', rule: 'must be within ±1.8e308' }],
    details: { pointer: field },
  })
}
