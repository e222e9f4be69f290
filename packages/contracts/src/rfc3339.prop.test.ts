import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatRfc3339, parseRfc3339 } from './rfc3339.ts'

const instants = fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 })

test('reading what was written gives the instant back', () => {
  fc.assert(fc.property(instants, (instant) => parseRfc3339(formatRfc3339(instant)) === instant))
})

test('writes whole milliseconds as Date does', () => {
  fc.assert(
    fc.property(instants, (instant) => formatRfc3339(instant) === new Date(instant).toISOString()),
    { numRuns: 2000 },
  )
})

test('agrees with Date.parse in every zone', () => {
  const zones = fc.tuple(fc.constantFrom('+', '-'), fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  const inside = fc.integer({ min: -62_000_000_000_000, max: 253_000_000_000_000 })
  fc.assert(
    fc.property(inside, zones, (instant, [sign, hours, minutes]) => {
      const pad = (value: number) => String(value).padStart(2, '0')
      const text = new Date(instant).toISOString().replace('Z', `${sign}${pad(hours)}:${pad(minutes)}`)
      expect(parseRfc3339(text)).toBe(Date.parse(text))
    }),
  )
})

test('any text gives an instant that is written and read back to within a microsecond step, or null', () => {
  const nearMiss = fc.tuple(instants, fc.nat(24), fc.string({ maxLength: 3 })).map(([instant, at, junk]) => {
    const text = formatRfc3339(instant)
    return text.slice(0, at) + junk + text.slice(at + 1)
  })
  fc.assert(
    fc.property(fc.oneof(fc.string(), nearMiss), (text) => {
      const instant = parseRfc3339(text)
      if (instant === null) return true
      // Far from today a double of milliseconds steps by up to eight microseconds.
      const again = parseRfc3339(formatRfc3339(instant))
      return again !== null && Math.abs(again - instant) <= 0.016
    }),
    { numRuns: 2000 },
  )
})

test('a microsecond of our time survives reading and writing', () => {
  const micros = fc.tuple(fc.integer({ min: -8_770_000_000_000, max: 8_770_000_000_000 }), fc.nat(999))
  fc.assert(
    fc.property(micros, ([instant, part]) => {
      const whole = new Date(instant).toISOString().slice(0, -1)
      const text = part === 0 ? `${whole}Z` : `${whole}${String(part).padStart(3, '0')}Z`
      const read = parseRfc3339(text)
      expect(read).not.toBeNull()
      expect(formatRfc3339(read as number)).toBe(text)
    }),
    { numRuns: 2000 },
  )
})
