import { InputError } from './finding.ts'

/** Deepest nesting any of the formats needs is 12; what is deeper is not one of them. */
const MAX_DEPTH = 64
/** Values in one text. A recorded flight takes ten a row: room for two million rows, and a bound on memory and time. */
const MAX_VALUES = 24_000_000

/**
 * Parses a JSON text after a look at its nesting and number of values, so that hostile input costs no more than honest input.
 *
 * @throws {InputError} `not-json` with line and column; `too-large` when nested deeper than 64 or holding more than 24 million values.
 */
export function parseJson(text: string, position = ''): unknown {
  guard(text, position)
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    throw new InputError('not-json', { position, field: '', value: where(text, error), rule: 'is not JSON' })
  }
}

function guard(text: string, position: string): void {
  let depth = 0
  let values = 1
  for (let i = 0, n = text.length; i < n; i++) {
    const c = text.charCodeAt(i)
    if (c === 0x22) {
      i = endOfText(text, i + 1)
    } else if (c === 0x2c) {
      values += 1
    } else if (c === 0x5b || c === 0x7b) {
      values += 1
      depth += 1
      if (depth > MAX_DEPTH) throw tooLarge(position, `nested deeper than ${MAX_DEPTH}`)
    } else if (c === 0x5d || c === 0x7d) {
      depth -= 1
    }
  }
  if (values > MAX_VALUES) throw tooLarge(position, `holds more than ${MAX_VALUES} values`)
}

function endOfText(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at !== -1; at = text.indexOf('"', at + 1)) {
    let slashes = 0
    while (text.charCodeAt(at - 1 - slashes) === 0x5c) slashes += 1
    if (slashes % 2 === 0) return at
  }
  return text.length
}

function tooLarge(position: string, value: string): InputError {
  return new InputError('too-large', { position, field: '', value, rule: 'is more than any of the formats needs' })
}

/** Line and column of the place where V8 gave up, where its message tells; else its message. */
function where(text: string, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const at = /position (\d+)/.exec(message)?.[1]
  if (at === undefined) return /end of JSON/i.test(message) ? 'ends too early' : message.slice(0, 80)
  const before = text.slice(0, Number(at))
  const line = before.split('\n').length
  return `line ${line}, column ${before.length - before.lastIndexOf('\n')}`
}
