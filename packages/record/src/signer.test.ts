import { describe, expect, test } from 'vitest'
import { openNote, signNote } from './note.ts'
import { createSigner, formatSkey, parseSkey } from './signer.ts'
import { verdict } from './testing/fixtures.ts'
import { createVerifierKey, formatVkey, type KeyType, keyIdOf, parseVkey } from './vkey.ts'

const seed = (byte: number) => new Uint8Array(32).fill(byte)

// The key pair that the documentation of Go's note package signs its example with.
const GO_SKEY = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz'
const GO_VKEY_END = 'ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'

describe('key texts', () => {
  test('#12 are read and written back, for each type', () => {
    for (const type of [0x01, 0x04, 0x06] as const) {
      const secret = { name: 'alpha/duty-7', type, seed: seed(7) }
      const skey = formatSkey(secret)
      expect(parseSkey(skey)).toEqual(secret)
      const { key } = createSigner(secret)
      expect(parseVkey(formatVkey(key))).toEqual(key)
      expect(
        formatVkey(key).split('+')[2]!.length + formatVkey(key).split('+').slice(3).join('+').length,
      ).toBeGreaterThan(40)
    }
  })

  test('#12 have the lengths of the standard', () => {
    const text = (type: KeyType) =>
      formatVkey(createSigner({ name: 'a', type, seed: seed(7) }).key).slice('a+00000000+'.length)
    expect([text(1).length, text(4).length, text(6).length]).toEqual([44, 44, 1752])
  })

  test('#12 one seed under other names or types has other key ids', () => {
    const ids = new Set(
      [
        ['a', 1],
        ['b', 1],
        ['a', 4],
      ].map(([name, type]) => createSigner({ name: name as string, type: type as KeyType, seed: seed(7) }).key.keyId),
    )
    expect(ids.size).toBe(3)
  })

  test('#11 a foreign name is read by no one, though its key id is right', () => {
    expect(verdict(() => parseSkey(GO_SKEY))).toBe('INVALID_KEY_NAME')
    const { key } = createSigner({
      name: 'peterneumann',
      type: 1,
      seed: Buffer.from(GO_SKEY.slice(-44), 'base64').subarray(1),
    })
    // The id is over name, newline, type and key: with Go's name it is the one in Go's text.
    expect(keyIdOf('PeterNeumann', 1, key.publicKey)).toBe(0xc74f20a3)
    expect(formatVkey(key).endsWith(`+${GO_VKEY_END}`)).toBe(true)
  })

  test('a secret key text that is wrong is refused without showing it', () => {
    const skey = formatSkey({ name: 'alpha/duty-7', type: 1, seed: seed(7) })
    const wrong = [
      skey.slice(1),
      skey.replace('PRIVATE+KEY+', ''),
      `${skey}\n`,
      skey.slice(0, -1),
      skey.replace('+AQ', '+AA'),
      skey.replace('+AQ', '+BA'),
      skey.replace('duty-7', 'duty-8'),
      skey.replace('alpha', 'Alpha'),
      'PRIVATE+KEY+a+00000000+AQ==',
    ]
    for (const text of wrong) {
      let message = ''
      try {
        parseSkey(text)
      } catch (error) {
        message = JSON.stringify(error) + String(error)
      }
      expect(message).not.toBe('')
      expect(message).not.toContain('BwcHBw')
    }
  })

  test('seeds and keys of other lengths are refused', () => {
    for (const length of [0, 31, 33, 64]) {
      const bytes = new Uint8Array(length).fill(1)
      expect(verdict(() => createSigner({ name: 'a', type: 1, seed: bytes }))).toBe('INVALID_LENGTH')
      expect(verdict(() => createVerifierKey('a', 1, bytes))).toBe('MALFORMED_KEY')
    }
    expect(verdict(() => createVerifierKey('a', 2 as KeyType, seed(1)))).toBe('UNSUPPORTED_KEY_TYPE')
  })

  test('a seed that changes after does not change the key', () => {
    const bytes = seed(7)
    const signer = createSigner({ name: 'a', type: 1, seed: bytes })
    bytes.fill(0)
    expect(openNote(signNote('hello\n', [signer]), [signer.key]).verified).toEqual([signer.key])
  })
})
