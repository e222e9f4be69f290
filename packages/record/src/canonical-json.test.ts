import { describe, expect, test } from 'vitest'
import { decodeHex, encodeUtf8 } from './bytes.ts'
import { formatCanonicalJson, type JsonValue, parseCanonicalJson } from './canonical-json.ts'
import { verdict } from './testing/fixtures.ts'

const read = (text: string) => parseCanonicalJson(encodeUtf8(text))
const readVerdict = (text: string) => verdict(() => read(text))

/**
 * Numbers of RFC 8785, appendix B: the double's bits, its canonical text, and whether the profile takes that text. It
 * takes whole numbers that every reader holds exactly, and nothing else.
 */
const RFC_8785_NUMBERS = [
  ['0000000000000000', '0', true],
  ['8000000000000000', '0', true],
  ['0000000000000001', '5e-324', false],
  ['8000000000000001', '-5e-324', false],
  ['7fefffffffffffff', '1.7976931348623157e+308', false],
  ['ffefffffffffffff', '-1.7976931348623157e+308', false],
  ['4340000000000000', '9007199254740992', false],
  ['c340000000000000', '-9007199254740992', false],
  ['4430000000000000', '295147905179352830000', false],
  ['44b52d02c7e14af5', '9.999999999999997e+22', false],
  ['44b52d02c7e14af6', '1e+23', false],
  ['44b52d02c7e14af7', '1.0000000000000001e+23', false],
  ['444b1ae4d6e2ef4e', '999999999999999700000', false],
  ['444b1ae4d6e2ef4f', '999999999999999900000', false],
  ['444b1ae4d6e2ef50', '1e+21', false],
  ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7', false],
  ['3eb0c6f7a0b5ed8d', '0.000001', false],
  ['41b3de4355555553', '333333333.3333332', false],
  ['41b3de4355555554', '333333333.33333325', false],
  ['41b3de4355555555', '333333333.3333333', false],
  ['41b3de4355555556', '333333333.3333334', false],
  ['41b3de4355555557', '333333333.33333343', false],
  ['becbf647612f3696', '-0.0000033333333333333333', false],
  ['43143ff3c1cb0959', '1424953923781206.2', false],
] as const

describe('the public samples of RFC 8785', () => {
  test.each(RFC_8785_NUMBERS)('#30 the number of bits %s is written %s (taken: %s)', (bits, text, taken) => {
    const value = new DataView(decodeHex(bits).buffer).getFloat64(0)
    expect(String(value)).toBe(text)
    expect(readVerdict(text)).toBe(taken ? 'accepted' : 'NON_CANONICAL_JSON')
    // -0 has a canonical text, but the value itself is refused: it would not come back.
    const written = verdict(() => formatCanonicalJson(value))
    expect(written).toBe(taken && !Object.is(value, -0) ? 'accepted' : 'NON_CANONICAL_JSON')
  })

  test('the literals and the empty containers are taken', () => {
    expect(read('[null,true,false]')).toEqual([null, true, false])
    expect(read('[[],{}]')).toEqual([[], {}])
    expect(formatCanonicalJson({ literals: [null, true, false] })).toBe('{"literals":[null,true,false]}')
  })

  test('members are sorted, at every depth (sample "structures" of its test data, keys in our alphabet)', () => {
    const value = { b: { f: { f: 'hi', e: 5 }, e: 10 }, a: '', c: [{ b: 2, a: 1 }, 56] }
    expect(formatCanonicalJson(value)).toBe('{"a":"","b":{"e":10,"f":{"e":5,"f":"hi"}},"c":[{"a":1,"b":2},56]}')
  })

  test('array elements keep their order (sample "arrays")', () => {
    expect(formatCanonicalJson([56, { d: true, a: null, b: [] }])).toBe('[56,{"a":null,"b":[],"d":true}]')
  })

  test.each([
    ['"french", "unicode", "values", "weird": keys beyond a to z', '{"péché":"at"}'],
    ['section 3.2.3: keys sorted by UTF-16', '{"\u20ac":"Euro Sign"}'],
    ['sample "unicode": a key with spaces', '{"Unnormalized Unicode":"A\u030a"}'],
    ['section 3.2.2: a number with a fraction', '{"numbers":[333333333.3333333]}'],
    ['section 3.2.2: control characters written as escapes', '{"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'],
  ])('#30 the profile refuses %s', (_, text) => {
    expect(readVerdict(text)).toBe('NON_CANONICAL_JSON')
    expect(verdict(() => formatCanonicalJson(JSON.parse(text) as JsonValue))).toBe('NON_CANONICAL_JSON')
  })

  test('the string of section 3.2.2 without its two control characters is taken', () => {
    const value = { string: '\u20ac$A\'B"\\\\"/' }
    expect(formatCanonicalJson(value)).toBe('{"string":"€$A\'B\\"\\\\\\\\\\"/"}')
    expect(read(formatCanonicalJson(value))).toEqual(value)
  })
})

describe('what the engine takes and we do not', () => {
  test.each(['{"a":1,"a":2}', '[1e2]', '[-0]', '[1.0]', ' []', '[] ', '[1, 2]', '["\\u0061"]', '["\\/"]'])(
    '#30 %s',
    (text) => {
      expect(() => JSON.parse(text) as unknown).not.toThrow()
      expect(readVerdict(text)).toBe('NON_CANONICAL_JSON')
    },
  )

  test('#33 no key reaches a prototype', () => {
    for (const key of ['__proto__', 'constructor', 'prototype']) {
      expect(readVerdict(`{"${key}":{"polluted":1}}`)).toBe('NON_CANONICAL_JSON')
      expect(verdict(() => formatCanonicalJson(JSON.parse(`{"${key}":1}`) as JsonValue))).toBe('NON_CANONICAL_JSON')
    }
    expect(Object.getPrototypeOf(read('{"a":1}'))).toBe(Object.prototype)
    expect(({} as Record<string, unknown>).polluted).toBe(undefined)
  })

  test('#33 nesting of any depth is refused at the ninth level, in text and in values', () => {
    for (const depth of [9, 100, 100_000]) {
      expect(readVerdict('['.repeat(depth))).toBe('JSON_LIMIT')
      expect(readVerdict('['.repeat(depth) + ']'.repeat(depth))).toBe('JSON_LIMIT')
      expect(readVerdict('{"a":'.repeat(depth))).toBe('JSON_LIMIT')
    }
    let value: JsonValue = 1
    for (let i = 0; i < 100_000; i += 1) value = [value]
    expect(verdict(() => formatCanonicalJson(value))).toBe('JSON_LIMIT')
    const cycle: { a?: JsonValue } = {}
    cycle.a = cycle as JsonValue
    expect(verdict(() => formatCanonicalJson(cycle as JsonValue))).toBe('JSON_LIMIT')
  })
})

test('values that are no JSON are refused, not left out', () => {
  const wrong: unknown[] = [
    undefined,
    () => 1,
    1n,
    Symbol('a'),
    { a: undefined },
    [undefined],
    Number.NaN,
    1.5,
    2 ** 53,
  ]
  for (const value of wrong) {
    expect(verdict(() => formatCanonicalJson(value as JsonValue))).toMatch(/^(MALFORMED|NON_CANONICAL)_JSON$/)
  }
})

test('#31 texts that may not be read may not be written', () => {
  const codes = [0x0, 0x1f, 0x7f, 0x80, 0x9f, 0x2028, 0x2029, 0x202a, 0x202e, 0x2066, 0x2069, 0xfeff, 0xd800, 0xdfff]
  for (const code of [...codes, 0xfdd0, 0xfffe, 0xffff, 0xe0001, 0xe007f, 0x10ffff]) {
    const text = `a${String.fromCodePoint(code)}b`
    expect(verdict(() => formatCanonicalJson(text))).toBe('NON_CANONICAL_JSON')
    expect(verdict(() => formatCanonicalJson({ a: [text] }))).toBe('NON_CANONICAL_JSON')
  }
})

test('one string may be as long as the document, at the path that is named', () => {
  const long = 'x'.repeat(60_000)
  const limits = { longStringAt: 'body.ct' }
  const text = formatCanonicalJson({ body: { ct: long } }, limits)
  expect(parseCanonicalJson(encodeUtf8(text), limits)).toEqual({ body: { ct: long } })
  expect(readVerdict(text)).toBe('JSON_LIMIT')
  for (const value of [
    { ct: long },
    { body: long },
    { body: [long] },
    { body: { ct: [long] } },
    { body: { ct: { ct: long } } },
  ]) {
    expect(verdict(() => formatCanonicalJson(value, limits))).toBe('JSON_LIMIT')
    expect(verdict(() => parseCanonicalJson(encodeUtf8(JSON.stringify(value)), limits))).toBe('JSON_LIMIT')
  }
})
