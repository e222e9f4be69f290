import { describe, expect, test } from 'vitest'
import { decodeUtf8, encodeUtf8 } from './bytes.ts'
import { formatNote, MAX_NOTE_BYTES, openNote, parseNote, signNote, verifySignatureLine } from './note.ts'
import { formatSignatureLine, parseSignatureLines, type SignatureLine } from './signature-line.ts'
import { createSigner } from './signer.ts'
import { verdict } from './testing/fixtures.ts'

const seed = (byte: number) => new Uint8Array(32).fill(byte)
const signers = Array.from({ length: 17 }, (_, i) =>
  createSigner({ name: `alpha/duty-${i}`, type: 0x01, seed: seed(i) }),
)
const keys = signers.map(({ key }) => key)
const [first, second] = signers as [(typeof signers)[0], (typeof signers)[0]]
const TEXT = 'hold at the fix\n'

describe('signing', () => {
  test('makes the bytes that anyone makes of this text and key', () => {
    expect(decodeUtf8(signNote(TEXT, [first]))).toBe(
      'hold at the fix\n\n— alpha/duty-0 Vzo3fzpAmDWQ+FyNs1/YZMrfCwzwyP24dl/IQEWWidl9ke8Ow0/6pdpU4yQ06Hqcs6OI3qJDKG9bZJbY/fqsI2RLVgI=\n',
    )
  })

  test('#7 takes 16 signers and not 17', () => {
    expect(openNote(signNote(TEXT, signers.slice(0, 16)), keys).verified).toEqual(keys.slice(0, 16))
    expect(verdict(() => signNote(TEXT, signers))).toBe('TOO_MANY_SIGNATURES')
    expect(verdict(() => signNote(TEXT, []))).toBe('MALFORMED_NOTE')
  })

  test('#6 takes no signer twice', () => {
    expect(verdict(() => signNote(TEXT, [first, second, first]))).toBe('DUPLICATE_SIGNATURE')
  })

  test('#34 takes what fits into 65,535 bytes with its signatures', () => {
    const fixed = signNote('\n', [first]).length
    const fill = 'x'.repeat(MAX_NOTE_BYTES - fixed)
    expect(signNote(`${fill}\n`, [first]).length).toBe(MAX_NOTE_BYTES)
    expect(verdict(() => signNote(`${fill}x\n`, [first]))).toBe('NOTE_TOO_LARGE')
  })

  test.each(['', 'no newline', 'a\tb\n', 'a\r\n', '\0\n', '\ud800\n'])('refuses the text %j', (text) => {
    expect(verdict(() => signNote(text, [first]))).toBe('MALFORMED_NOTE')
  })

  test('a text that ends in an empty line, or holds one, comes back as it was', () => {
    for (const text of ['\n', '\n\n', 'a\n\n', '\n\na\n', 'a\n\nb\n']) {
      expect(openNote(signNote(text, [first]), keys).text).toBe(text)
    }
  })
})

describe('formatting', () => {
  test('refuses lines that would not be read back', () => {
    const line: SignatureLine = { name: 'a', keyId: 1, signature: new Uint8Array(1) }
    expect(verdict(() => formatNote({ text: TEXT, signatures: [line] }))).toBe('accepted')
    for (const name of ['', 'a b', 'a+b', 'a\nb', 'a\u00a0b', 'x'.repeat(256)]) {
      expect(verdict(() => formatNote({ text: TEXT, signatures: [{ ...line, name }] }))).not.toBe('accepted')
    }
    expect(verdict(() => formatNote({ text: TEXT, signatures: [{ ...line, signature: new Uint8Array(0) }] }))).toBe(
      'MALFORMED_SIGNATURE_LINE',
    )
  })

  test('a line of its own is read back, and nothing around it', () => {
    const line: SignatureLine = { name: 'a', keyId: 0xfffefdfc, signature: Uint8Array.of(1, 2, 3) }
    const text = formatSignatureLine(line)
    expect(text).toBe('— a //79/AECAw==\n')
    expect(parseSignatureLines(text)).toEqual([line])
    for (const wrong of ['', text.slice(0, -1), `\n${text}`, `${text}\n`, text + text, `${text}x\n`]) {
      expect(verdict(() => parseSignatureLines(wrong))).not.toBe('accepted')
    }
  })
})

describe('opening', () => {
  const note = signNote(TEXT, [first, second])

  test('#8 sets aside the lines of keys that were not given, in their order', () => {
    const opened = openNote(note, [second.key])
    expect(opened.verified).toEqual([second.key])
    expect(opened.unknown).toEqual([parseNote(note).signatures[0]])
  })

  test('#10 refuses two keys of one name and id, even where they are the same', () => {
    expect(verdict(() => openNote(note, [first.key, first.key]))).toBe('AMBIGUOUS_KEYS')
    expect(
      verdict(() => openNote(note, [first.key, { ...second.key, name: first.key.name, keyId: first.key.keyId }])),
    ).toBe('AMBIGUOUS_KEYS')
  })

  test('without keys nothing verifies', () => {
    expect(verdict(() => openNote(note, []))).toBe('NO_VERIFIED_SIGNATURE')
  })

  test('#9 a line speaks for a key only under its name and its id', () => {
    const [line] = parseNote(note).signatures as [SignatureLine]
    expect(verifySignatureLine(first.key, TEXT, line)).toBe(true)
    expect(verifySignatureLine(first.key, encodeUtf8(TEXT), line)).toBe(true)
    expect(verifySignatureLine(first.key, TEXT, { ...line, name: second.key.name })).toBe(false)
    expect(verifySignatureLine(first.key, TEXT, { ...line, keyId: second.key.keyId })).toBe(false)
    expect(verifySignatureLine(second.key, TEXT, { ...line, name: second.key.name, keyId: second.key.keyId })).toBe(
      false,
    )
  })

  test('what it hands out is a copy where the bytes may change later', () => {
    const bytes = note.slice()
    const { text, signatures } = parseNote(bytes)
    bytes.fill(0)
    expect(formatNote({ text, signatures })).toEqual(note)
  })

  test('#7 65,535 bytes of anything are refused in one pass', () => {
    for (const piece of ['\n', '\n\n— ', '— a AAAA\n', ' ', '\u2014 ']) {
      const text = piece.repeat(MAX_NOTE_BYTES).slice(0, 20_000)
      expect(verdict(() => parseNote(encodeUtf8(text)))).not.toBe('accepted')
      expect(verdict(() => parseNote(encodeUtf8(`a\n\n${text}`)))).not.toBe('accepted')
    }
  })
})
