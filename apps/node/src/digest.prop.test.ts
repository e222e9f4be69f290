import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestOf, sha256HexOf } from './digest.ts'

const latin1 = fc.string({ unit: fc.integer({ min: 0x21, max: 0xff }).map((code) => String.fromCharCode(code)) })
const target = latin1.map((rest) => `/dss/v1/${rest}`)
/** Around the size from which a request is no longer hashed in one call, too. */
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.integer({ min: 65_400, max: 65_600 }).map((length) => new Uint8Array(length).fill(length & 255)),
)

describe('the digest of a request', () => {
  test('is the SHA-256 of its line and body, wherever the bytes lie', () => {
    fc.assert(
      fc.property(fc.constantFrom('PUT', 'DELETE'), target, bytes, fc.nat(7), (method, path, body, shift) => {
        const held = new Uint8Array(body.length + 8)
        held.set(body, shift)
        const whole = Buffer.concat([Buffer.from(`${method} ${path}\n`, 'latin1'), body])
        const expected = createHash('sha256').update(whole).digest('hex')
        const words = digestOf(method, path, held.subarray(shift, shift + body.length))
        expect(sha256HexOf(words)).toBe(expected)
      }),
    )
  })

  test('of a request known elsewhere is what any tool computes of it', () => {
    // printf 'PUT /dss/v1/operational_intent_references/x\n{"state":"Accepted"}' | sha256sum
    const words = digestOf('PUT', '/dss/v1/operational_intent_references/x', Buffer.from('{"state":"Accepted"}'))
    expect(sha256HexOf(words)).toBe('8a4ee79bac5b448d80a2c73e4d03cfef43783c413a3716dac5010bcfc6c59e2e')
  })

  test('that is a checksum, or the stretch of an expiry, has no hex digits', () => {
    expect(sha256HexOf([1, 2])).toBeNull()
  })
})
