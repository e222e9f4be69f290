/** The first thing that keeps a text from being one JSON document with distinct keys. Offsets count UTF-16 units. */
export type JsonProblem =
  | { readonly kind: 'empty' }
  | { readonly kind: 'deep'; readonly offset: number }
  | ({ readonly kind: 'syntax'; readonly expected: string; readonly found: string; readonly pointer: string } & Place)
  | ({
      readonly kind: 'duplicate'
      readonly key: string
      readonly objectPointer: string
      readonly pointer: string
    } & Place)

/** A place in a text: offset from 0, line and column from 1. */
interface Place {
  readonly offset: number
  readonly line: number
  readonly column: number
}

const LONGEST_POINTER = 300
const LONGEST_KEY = 60
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const LITERALS = ['true', 'false', 'null']

/** A JSON pointer (RFC 6901) to the path, cut when hostile keys make it long. */
export function pointerOfPath(path: readonly (string | number)[]): string {
  const step = (part: string | number) =>
    `/${String(part).slice(0, LONGEST_KEY).replaceAll('~', '~0').replaceAll('/', '~1')}`
  const pointer = path.map(step).join('')
  return pointer.length > LONGEST_POINTER ? `${pointer.slice(0, LONGEST_POINTER)}…` : pointer
}

function placeOf(text: string, offset: number): Place {
  let line = 1
  let lineStart = 0
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) {
    line++
    lineStart = at + 1
  }
  return { offset, line, column: offset - lineStart + 1 }
}

class Halt {
  readonly problem: JsonProblem
  constructor(problem: JsonProblem) {
    this.problem = problem
  }
}

/**
 * Reads `text` by the grammar of RFC 8259 and returns the first problem, or null when there is none. Linear in the
 * length of the text; recursion is bounded by `maxDepth`. Slow beside `JSON.parse`: for explaining, not for parsing.
 */
export function diagnoseJson(text: string, options: { readonly maxDepth: number }): JsonProblem | null {
  const path: (string | number)[] = []
  let at = 0

  const skipWhite = (): void => {
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
    }
  }

  const fail = (expected: string): never => {
    const character = text.codePointAt(at)
    const found =
      character === undefined
        ? 'the end'
        : JSON.stringify(String.fromCodePoint(character)).replace(/[^\x20-\x7e]/gu, '?')
    throw new Halt({ kind: 'syntax', expected, found, pointer: pointerOfPath(path), ...placeOf(text, at) })
  }

  const readText = (): string => {
    const start = at++
    for (;;) {
      const code = text.charCodeAt(at)
      if (code === 0x22) break
      if (!(code >= 0x20)) fail('a closing quote or an escaped character')
      at++
      if (code !== 0x5c) continue
      const escaped = text[at]
      if (escaped === 'u') {
        if (!/^[0-9a-fA-F]{4}$/.test(text.slice(at + 1, at + 5))) fail('an escape of four hexadecimal digits')
        at += 5
      } else if (escaped !== undefined && '"\\/bfnrt'.includes(escaped)) at++
      else fail('one of the escapes of JSON')
    }
    at++
    return text.slice(start, at)
  }

  const readContainer = (close: '}' | ']', readItem: (index: number) => void): void => {
    at++
    skipWhite()
    if (text[at] === close) {
      at++
      return
    }
    for (let index = 0; ; index++) {
      readItem(index)
      skipWhite()
      if (text[at] === close) {
        at++
        return
      }
      if (text[at] !== ',') fail(`a comma or ${close}`)
      at++
      skipWhite()
    }
  }

  const readObject = (depth: number): void => {
    const keys = new Set<string>()
    readContainer('}', () => {
      const start = at
      if (text[at] !== '"') fail(keys.size === 0 ? 'a key in double quotes or }' : 'a key in double quotes')
      const written = readText()
      const key = written.includes('\\') ? (JSON.parse(written) as string) : written.slice(1, -1)
      if (keys.has(key)) {
        const objectPointer = pointerOfPath(path)
        const pointer = pointerOfPath([...path, key])
        const shortKey = key.length > LONGEST_KEY ? `${key.slice(0, LONGEST_KEY)}…` : key
        throw new Halt({ kind: 'duplicate', key: shortKey, objectPointer, pointer, ...placeOf(text, start) })
      }
      keys.add(key)
      skipWhite()
      if (text[at] !== ':') fail('a colon')
      at++
      path.push(key)
      readValue(depth)
      path.pop()
    })
  }

  const readArray = (depth: number): void => {
    readContainer(']', (index) => {
      path.push(index)
      readValue(depth)
      path.pop()
    })
  }

  const readValue = (depth: number): void => {
    skipWhite()
    const first = text[at]
    if (first === '{' || first === '[') {
      if (depth >= options.maxDepth) throw new Halt({ kind: 'deep', offset: at })
      if (first === '{') readObject(depth + 1)
      else readArray(depth + 1)
      return
    }
    if (first === '"') {
      readText()
      return
    }
    NUMBER.lastIndex = at
    if (NUMBER.test(text)) {
      at = NUMBER.lastIndex
      return
    }
    const literal = LITERALS.find((word) => text.startsWith(word, at))
    if (literal === undefined) fail('a value')
    else at += literal.length
  }

  try {
    skipWhite()
    if (at === text.length) return { kind: 'empty' }
    readValue(0)
    skipWhite()
    if (at < text.length) fail('the end')
    return null
  } catch (thrown) {
    if (thrown instanceof Halt) return thrown.problem
    throw thrown
  }
}
