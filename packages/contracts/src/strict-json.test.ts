import { describe, expect, test } from 'vitest'
import { ContractError } from './errors.ts'
import { parseStrictJson } from './strict-json.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)

function refusal(text: string | Uint8Array, maxDepth?: number): ContractError {
  try {
    parseStrictJson(typeof text === 'string' ? bytesOf(text) : text, maxDepth === undefined ? {} : { maxDepth })
  } catch (thrown) {
    if (thrown instanceof ContractError) return thrown
    throw thrown
  }
  throw new Error('was not refused')
}

test.each([
  ['{"a":[1,2,{"b":null}],"c":"\\u00e9\\"x"}'],
  ['0'],
  ['"text"'],
  [' [ ] '],
  ['{"":1,"a":{"":2}}'],
  ['{"a":{"a":{"a":1}},"b":{"a":1}}'],
  ['[{"a":1},{"a":1}]'],
  ['{"a:b":1,"a":2,"b":{"a":"a\\":1,\\"a\\":"}}'],
  ['{"x":1e-7,"y":-0.0E+2,"true":true,"false":false}'],
  [`{"n":0.${'3'.repeat(400)}}`],
  [`{"n":1${'0'.repeat(305)}}`],
  ['{"__x":1,"_":2}'],
])('gives what JSON.parse gives: %s', (text) => {
  expect(parseStrictJson(bytesOf(text))).toEqual(JSON.parse(text))
})

test('an object with very many keys is read', () => {
  const value = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`k${index}`, index]))
  expect(parseStrictJson(bytesOf(JSON.stringify(value)))).toEqual(value)
})

describe('repeated keys', () => {
  test.each([
    ['{"a":1,"a":1}', '/a', 'a'],
    ['{"x":[{"b":1,"lat":2,"b":{}}]}', '/x/0/b', 'b'],
    ['{"a":{"b":1},"c":2,"a":3}', '/a', 'a'],
    ['{"a":1,"\\u0061":2}', '/a', 'a'],
    ['{"a/b~":1,"a/b~":2}', '/a~1b~0', 'a/b~'],
    ['{"":1,"":2}', '/', ''],
    ['{"é":1,"\\u00e9":2}', '/é', 'é'],
    ['{"__proto__":1,"__proto__":2}', '/__proto__', '__proto__'],
  ])('%s', (text, pointer, key) => {
    const error = refusal(text)
    expect(error.code).toBe('BODY_DUPLICATE_KEY')
    expect(error.details).toMatchObject({ pointer, key })
    expect(error.findings[0]?.field).toBe(pointer)
    expect(error.status()).toBe(400)
  })

  test('the second of very many keys is found, colliding or not', () => {
    const keys = Array.from({ length: 3000 }, (_, index) => `"a${String(index).padStart(5, '0')}z":1`)
    expect(refusal(`{${[...keys, keys[17]].join(',')}}`).details).toMatchObject({ key: 'a00017z' })
  })

  test('a hostile key is shown short', () => {
    const key = 'k'.repeat(100_000)
    const error = refusal(`{"${key}":1,"${key}":2}`)
    expect(error.message.length).toBeLessThan(400)
    expect(JSON.stringify(error.body()).length).toBeLessThan(1200)
  })
})

describe('syntax', () => {
  test.each([
    ['{"a":1,}', 1, 8, 'a key in double quotes'],
    ['{"a":tru}', 1, 6, 'a value'],
    ['[1,2', 1, 5, 'a comma or ]'],
    ['{"a" 1}', 1, 6, 'a colon'],
    ['{\n  "a": 01\n}', 2, 9, 'a comma or }'],
    ['{} {}', 1, 4, 'the end'],
    ['"a\nb"', 1, 3, 'a closing quote or an escaped character'],
    ['"\\x"', 1, 3, 'one of the escapes of JSON'],
    ['"\\u12g4"', 1, 3, 'an escape of four hexadecimal digits'],
    ["{'a':1}", 1, 2, 'a key in double quotes or }'],
    ['NaN', 1, 1, 'a value'],
    ['\ufeff{}', 1, 1, 'a value'],
    ['{"a":1 "a":2}', 1, 8, 'a comma or }'],
  ])('%j', (text, line, column, expected) => {
    const error = refusal(text)
    expect(error.code).toBe('BODY_NOT_JSON')
    expect(error.details).toMatchObject({ line, column })
    expect(error.message).toContain(expected)
  })
})

test('nothing and white space are empty', () => {
  expect(refusal('').code).toBe('BODY_EMPTY')
  expect(refusal(' \r\n\t').code).toBe('BODY_EMPTY')
})

test.each([
  ['a lone continuation byte', [0x22, 0x80, 0x22]],
  ['an overlong slash', [0x22, 0xc0, 0xaf, 0x22]],
  ['an encoded surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
  ['a cut sequence', [0x22, 0xf0, 0x9f, 0x98]],
  ['UTF-16', [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]],
])('not UTF-8: %s', (_, bytes) => {
  expect(refusal(Uint8Array.from(bytes)).code).toBe('BODY_NOT_UTF8')
})

describe('nesting', () => {
  test('64 deep is read, 65 is refused, and the limit can be told', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
    expect(() => parseStrictJson(bytesOf(nested(64)))).not.toThrow()
    expect(refusal(nested(65)).code).toBe('BODY_TOO_DEEP')
    expect(refusal(nested(3), 2).code).toBe('BODY_TOO_DEEP')
    expect(() => parseStrictJson(bytesOf(nested(900)), { maxDepth: 1000 })).not.toThrow()
  })

  test('two million open brackets are refused without harm', () => {
    expect(refusal('['.repeat(2_000_000)).code).toBe('BODY_TOO_DEEP')
    expect(refusal('{"a":'.repeat(400_000)).code).toBe('BODY_TOO_DEEP')
  })
})

describe('numbers', () => {
  test.each([
    ['[1e400]', '/0'],
    ['{"a":{"b":-1E999}}', '/a/b'],
    [`{"n":1${'0'.repeat(400)}}`, '/n'],
    [`[2,1${'0'.repeat(400)}]`, '/1'],
    [`1${'0'.repeat(400)}`, ''],
  ])('%s overflows', (text, pointer) => {
    const error = refusal(text)
    expect(error.code).toBe('BODY_NUMBER_RANGE')
    expect(error.details).toEqual({ pointer })
  })
})

describe('__proto__', () => {
  test.each(['{"__proto__":{"admin":true},"a":1}', '{"\\u005f_proto__":{"admin":true},"a":1}'])('%s', (text) => {
    const value = parseStrictJson(bytesOf(text)) as Record<string, unknown>
    expect(Object.keys(value)).toEqual(['a'])
    expect(Object.assign({}, value)['admin']).toBeUndefined()
  })

  test('in depth', () => {
    expect(parseStrictJson(bytesOf('{"a":[{"__proto__":null,"b":1}]}'))).toEqual({ a: [{ b: 1 }] })
  })
})

test('bytes of a larger buffer are read from their own start', () => {
  const buffer = Buffer.from('xxx{"a":1}yyy').subarray(3, 10)
  expect(parseStrictJson(buffer)).toEqual({ a: 1 })
})
