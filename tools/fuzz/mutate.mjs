// Damage: to bytes, to lines, to base64, to numbers. Every function takes the random stream first and returns something new.

const utf8 = (text) => new TextEncoder().encode(text)

/** What readers are known to disagree on, by what it stands for. */
const TOKENS = [
  // spaces, breaks and controls
  ['\n', '\n\n', '\r\n', '\r', '\t', ' ', '  ', '\0', '\x0b', '\x0c', '\x1f', '\x7f', '\x85'],
  ['\u0085', '\u00a0', '\u1680', '\u2003', '\u200b', '\u2028', '\u2029', '\u202e', '\u3000', '\ufeff', '\u{e0041}'],
  // signature marks
  ['\u2014 ', '\u2014', '\u2014\u00a0', '\u2013 ', '- ', '\u2014  ', '\n\u2014 ', '\n\n\u2014 '],
  // numbers
  ['0', '00', '-', '+', '-0', '1e3', '0x10', '0b1', '1_000', '1.0', '\uff11\uff12', '\u0661', '9007199254740991'],
  ['9007199254740992', '9223372036854775807', '9223372036854775808', '18446744073709551615', '18446744073709551616'],
  // base64
  ['=', '==', '===', 'A', 'B', '/', '+', '-', '_', '*'],
  // paths
  ['/', '..', '.', '%2e', '%2F', 'x', 'x000/', '.p/', '.p/0', '.p/256', '.p/255', 'tile/', 'entries/', 'data/', '//'],
  // JSON
  [
    '"',
    '\\',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    'null',
    'true',
    '\\u0000',
    '\\ud800',
    '\\u00e9',
    '\\/',
    '"__proto__":',
    '{}',
  ],
]
  .flat()
  .map(utf8)
const BROKEN = [
  [0xc0, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf5, 0x80, 0x80, 0x80],
  [0xff],
  [0x80],
  [0xe2, 0x80],
  [0xef, 0xbb, 0xbf],
].map((bytes) => Uint8Array.from(bytes))

export function splice(bytes, at, remove, insert) {
  const out = new Uint8Array(bytes.length - remove + insert.length)
  out.set(bytes.subarray(0, at))
  out.set(insert, at)
  out.set(bytes.subarray(at + remove), at + insert.length)
  return out
}

function oneByteDamage(random, bytes) {
  const at = random.below(bytes.length + 1)
  const here = Math.min(at, Math.max(bytes.length - 1, 0))
  switch (random.below(11)) {
    case 0:
      return bytes.length === 0 ? bytes : splice(bytes, here, 1, [bytes[here] ^ (1 << random.below(8))])
    case 1:
      return bytes.length === 0 ? bytes : splice(bytes, here, 1, [random.below(256)])
    case 2:
      return bytes.length === 0 ? bytes : splice(bytes, here, 1, [])
    case 3:
      return splice(bytes, at, 0, random.bytes(1 + random.below(4)))
    case 4:
    case 5:
      return splice(bytes, at, 0, random.pick(TOKENS))
    case 6:
      return splice(bytes, here, Math.min(bytes.length - here, 1 + random.below(3)), random.pick(TOKENS))
    case 7:
      return splice(bytes, at, 0, random.pick(BROKEN))
    case 8:
      return bytes.slice(0, at)
    case 9: {
      const length = Math.min(bytes.length - here, 1 + random.below(40))
      return splice(bytes, at, 0, bytes.slice(here, here + length))
    }
    default:
      return splice(bytes, here, Math.min(bytes.length - here, 1 + random.below(12)), [])
  }
}

/** One to three wounds anywhere. */
export function damageBytes(random, bytes) {
  let out = bytes
  for (let left = 1 + (random.chance(0.3) ? random.below(3) : 0); left > 0; left -= 1) out = oneByteDamage(random, out)
  return out
}

/** Whole lines dropped, doubled, swapped, joined, emptied. */
export function damageLines(random, text) {
  const lines = text.split('\n')
  const at = random.below(lines.length)
  const other = random.below(lines.length)
  switch (random.below(6)) {
    case 0:
      lines.splice(at, 1)
      break
    case 1:
      lines.splice(at, 0, lines[other])
      break
    case 2:
      ;[lines[at], lines[other]] = [lines[other], lines[at]]
      break
    case 3:
      lines.splice(at, 0, '')
      break
    case 4:
      lines[at] = random.pick([`${lines[at]} `, ` ${lines[at]}`, `${lines[at]}\r`, lines[at].toUpperCase()])
      break
    default:
      lines.splice(at, 2, lines.slice(at, at + 2).join(''))
  }
  return lines.join('\n')
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Other texts of the same or nearly the same bytes. */
export function damageBase64(random, text) {
  const pads = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const at = random.below(text.length + 1)
  switch (random.below(8)) {
    case 0: {
      if (pads === 0) return `${text}=`
      const last = text.length - pads - 1
      const value = ALPHABET.indexOf(text[last]) ^ (1 + random.below(pads === 2 ? 15 : 3))
      return text.slice(0, last) + ALPHABET[value] + text.slice(last + 1)
    }
    case 1:
      return text.slice(0, text.length - pads)
    case 2:
      return text.replaceAll('+', '-').replaceAll('/', '_')
    case 3:
      return text.slice(0, at) + random.pick([' ', '\n', '\r', '\r\n', '\t', '=']) + text.slice(at)
    case 4:
      return text + random.pick(['=', '==', 'A', 'AAAA', '=AAA', '====', '\n', '\r\n'])
    case 5:
      return text.slice(0, at) + ALPHABET[random.below(64)] + text.slice(at + 1)
    case 6:
      return text.slice(0, Math.max(0, text.length - 1 - random.below(4)))
    default:
      return text.slice(0, at)
  }
}

/** A number as hardly anyone writes it, near the value or near an edge. */
export function damageNumber(random, value) {
  const text = String(value)
  return random.pick([
    `0${text}`,
    `+${text}`,
    `-${text}`,
    `${text} `,
    ` ${text}`,
    `0x${value.toString(16)}`,
    `${text}.0`,
    `${text}e0`,
    `${text}_`,
    text.replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
    '',
    '0',
    '-0',
    '9007199254740991',
    '9007199254740992',
    '9223372036854775807',
    '9223372036854775808',
    '18446744073709551616',
    String(value + 1),
    String(Math.max(0, value - 1)),
  ])
}
