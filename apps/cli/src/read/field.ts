import { type FindingCode, InputError } from './finding.ts'

export type JsonRecord = Readonly<Record<string, unknown>>

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The JSON pointer (RFC 6901) of a member. */
export function member(pointer: string, key: string | number): string {
  return `${pointer}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`
}

// oxlint-disable-next-line no-control-regex -- control characters are exactly what must not reach a terminal
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

const SHORT = 60

/** A value as it stands in the file, on one line and short enough to quote. */
export function quote(value: unknown): string {
  if (value === undefined) return 'nothing'
  let text: string
  if (Array.isArray(value)) text = `array of ${value.length}`
  else if (isRecord(value)) {
    const names = Object.keys(value).slice(0, 4).join(', ').replaceAll(CONTROL, ' ')
    text = `object with ${names || 'no members'}`
  } else text = JSON.stringify(value).replaceAll(CONTROL, ' ')
  return text.length > SHORT ? `${text.slice(0, SHORT)}…` : text
}

function fieldOf(pointer: string): string {
  return pointer.slice(pointer.lastIndexOf('/') + 1)
}

/** Refuses the value at a pointer. */
export function refuse(code: FindingCode, pointer: string, facts: { value: unknown; rule: string }): never {
  throw new InputError(code, {
    position: pointer,
    field: fieldOf(pointer),
    value: quote(facts.value),
    rule: facts.rule,
  })
}

export function recordAt(value: unknown, pointer: string): JsonRecord {
  if (isRecord(value)) return value
  refuse(value === undefined ? 'missing-field' : 'wrong-type', pointer, { value, rule: 'an object is required' })
}

export function arrayAt(value: unknown, pointer: string, limits: { min: number; max: number }): readonly unknown[] {
  if (!Array.isArray(value)) {
    refuse(value === undefined ? 'missing-field' : 'wrong-type', pointer, { value, rule: 'an array is required' })
  }
  if (value.length < limits.min || value.length > limits.max) {
    refuse('out-of-range', pointer, { value, rule: `${limits.min} to ${limits.max} entries are allowed` })
  }
  return value
}

export function numberAt(value: unknown, pointer: string, limits: { min: number; max: number }): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    refuse(value === undefined ? 'missing-field' : 'wrong-type', pointer, {
      value,
      rule: 'a finite number is required',
    })
  }
  if (value < limits.min || value > limits.max) {
    refuse('out-of-range', pointer, { value, rule: `must lie within ${limits.min} and ${limits.max}` })
  }
  return value
}

export function textAt(value: unknown, pointer: string): string {
  if (typeof value === 'string' && value !== '') return value
  refuse(value === undefined ? 'missing-field' : 'wrong-type', pointer, { value, rule: 'a text is required' })
}

export function oneOf<T extends string>(value: unknown, pointer: string, allowed: readonly T[]): T {
  if (typeof value === 'string' && (allowed as readonly string[]).includes(value)) return value as T
  const code = value === undefined ? 'missing-field' : typeof value === 'string' ? 'not-allowed' : 'wrong-type'
  refuse(code, pointer, { value, rule: `must be one of ${allowed.join(', ')}` })
}

/** Text from a file made fit for a terminal: no control characters, no direction overrides, bounded length. */
export function printable(value: unknown, fallback: string): string {
  if (typeof value !== 'string' && typeof value !== 'number') return fallback
  const text = String(value).replaceAll(CONTROL, ' ').trim()
  if (text === '') return fallback
  return text.length > 120 ? `${text.slice(0, 120)}…` : text
}
