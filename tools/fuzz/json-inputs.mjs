// Documents of the profile, and what is nearly one.
import { damageBytes, damageNumber } from './mutate.mjs'

const KEYS = ['a', 'at', 'b', 'body', 'id', 'kind', 'n', 'o', 'v', 'x1', 'y_2', '0', '10', '9', 'k'.repeat(32)]
const BAD_KEYS = [
  '',
  'A',
  'é',
  'a b',
  'a-b',
  '__proto__',
  'constructor',
  'prototype',
  'k'.repeat(33),
  'a\u0000',
  'toString',
  '\\u0061',
]
const STRINGS = [
  '',
  'Rheintal',
  'ü',
  'e\u0301',
  'а',
  '🚁',
  '"',
  '\\',
  '/',
  '\u200f',
  '\u00a0',
  '\ud83d\ude81',
  "it's",
  'x'.repeat(300),
]
const BAD_STRINGS = [
  '\u0000',
  '\n',
  '\t',
  '\u001f',
  '\u007f',
  '\u0085',
  '\u009f',
  '\u2028',
  '\u2029',
  '\u202a',
  '\u202e',
  '\u2066',
  '\u2069',
  '\ufeff',

  '\ufffe',
  '\uffff',
  '\ufdd0',
  '\u{1fffe}',
  '\u{e0001}',
  '\u{e0041}',
  '\u{e007f}',
  'x'.repeat(8193),
  'ü'.repeat(4097),
]
const NUMBERS = [0, 1, -1, 42, -90, 473_000_000, 2 ** 31, 2 ** 53 - 1, -(2 ** 53 - 1)]
const BAD_NUMBERS = [
  '-0',
  '1.0',
  '1e3',
  '1E3',
  '0.5',
  '01',
  '+1',
  '-',
  '.5',
  '9007199254740992',
  '-9007199254740992',
  '1e400',
  'NaN',
  'Infinity',
  '0x10',
  '1_0',
  '１',
]
const BAD_STRING_TEXTS = [
  '"\\u0041"',
  '"\\/"',
  '"\\ud83d\\ude81"',
  '"\\ud800"',
  '"\\udc00x"',
  '"\\n"',
  '"\\u0000"',
  '"\\x41"',
  "'a'",
  '"\t"',
  '"\\',
  '"a',
]
const SPACES = [' ', '\n', '\t', '\r', '\u00a0', '\ufeff']

const byCode = (a, b) => (a < b ? -1 : a > b ? 1 : 0)

/** Writes a random value; `wound` is asked at every point where something may go wrong and answers how, mostly not at all. */
function write(random, depth, wound) {
  const space = () => (wound(0.02) ? random.pick(SPACES) : '')
  const kind = depth > 3 ? random.below(4) : random.below(7)
  if (kind === 0) return random.pick(wound(0.05) ? ['nul', 'True', 'undefined', ''] : ['null', 'true', 'false'])
  if (kind === 1) {
    const value = random.chance(0.5) ? random.pick(NUMBERS) : random.below(2 ** 32)
    return wound(0.1) ? (random.chance(0.5) ? random.pick(BAD_NUMBERS) : damageNumber(random, value)) : String(value)
  }
  if (kind === 2 || kind === 3) {
    if (wound(0.05)) return random.pick(BAD_STRING_TEXTS)
    return JSON.stringify(random.pick(wound(0.1) ? BAD_STRINGS : STRINGS))
  }
  if (kind === 4) {
    const items = Array.from({ length: random.below(4) }, () => space() + write(random, depth + 1, wound) + space())
    return `[${items.join(wound(0.02) ? ',,' : ',')}${wound(0.02) ? ',' : ''}]`
  }
  const keys = [...new Set(Array.from({ length: random.below(5) }, () => random.pick(KEYS)))].sort(byCode)
  if (keys.length > 1 && wound(0.1)) keys.reverse()
  if (keys.length > 0 && wound(0.1)) keys.push(random.pick(keys))
  if (wound(0.08)) keys.push(random.pick(BAD_KEYS))
  const members = keys.map(
    (key) => `${space()}"${key}"${space()}:${space()}${write(random, depth + 1, wound)}${space()}`,
  )
  return `{${members.join(',')}${wound(0.02) ? ',' : ''}}`
}

export function anyJson(random) {
  const hurt = random.chance(0.6)
  let text = write(random, 0, (probability) => hurt && random.chance(probability))
  if (random.chance(0.04)) {
    const depth = random.pick([6, 7, 8, 9, 10, 3000])
    text = random.chance(0.5)
      ? '['.repeat(depth) + text + ']'.repeat(depth)
      : '{"a":'.repeat(depth) + text + '}'.repeat(depth)
  }
  if (hurt && random.chance(0.05))
    text = random.pick([`${text}${text}`, `${text} `, `\ufeff${text}`, `${text},`, `${text}\n`])
  const bytes = new TextEncoder().encode(text)
  return random.chance(0.25) ? damageBytes(random, bytes) : bytes
}
