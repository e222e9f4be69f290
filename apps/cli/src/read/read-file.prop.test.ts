import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { check, OVERLAP, readTexts, sample } from '../testing/fixtures.ts'
import { LEAVES_OUT } from './finding.ts'

const SAMPLES = [
  'simulated-intents.json',
  'simulated-zone-ed318.json',
  'simulated-zone-ed269.json',
  'simulated-plans.geojson',
  'simulated-flights.json',
].map((name) => JSON.parse(readFileSync(sample(name), 'utf8')) as unknown)

/** Every place in a JSON value, as the keys that lead there. */
function places(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, inner]) => places(inner, [...path, key]))]
}

function withValue(value: unknown, path: readonly string[], replacement: unknown): unknown {
  const [key, ...rest] = path
  if (key === undefined) return replacement
  if (Array.isArray(value)) {
    return value.map((inner: unknown, index) => (String(index) === key ? withValue(inner, rest, replacement) : inner))
  }
  const record = value as Record<string, unknown>
  return { ...record, [key]: withValue(record[key], rest, replacement) }
}

const hostile = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(
    null,
    1e308,
    -1e308,
    5e-324,
    '',
    '\u0000\u001b[31m',
    [],
    {},
    [[[[]]]],
    true,
    '__proto__',
    'NaN',
    -0,
  ),
)

test('whatever stands in place of whatever value: read or named, never thrown', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...SAMPLES), fc.nat(), hostile, async (body, where, value) => {
      const all = places(body)
      const path = all[where % all.length] as readonly string[]
      const { picture, findings } = await readTexts({ 'file.json': JSON.stringify(withValue(body, path, value)) })
      const { encounters } = check(picture, OVERLAP)
      expect(encounters.length).toBeGreaterThanOrEqual(0)
      // Nothing goes missing in silence: no item at all takes a finding that says why.
      if (picture.items.length === 0) {
        expect(
          findings
            .list()
            .some(
              ({ examples }) =>
                LEAVES_OUT[examples[0]?.code ?? 'named-twice'] || examples[0]?.code === 'unrestricted-zone',
            ),
        ).toBe(true)
      }
    }),
    { numRuns: 1500, seed: 20_261_122, endOnFailure: true },
  )
})

test('whatever bytes: read or named, never thrown', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc.json().map((text) => Buffer.from(text)),
      ),
      async (bytes) => {
        const { findings } = await readTexts({ 'file.json': Buffer.from(bytes) })
        expect(findings.leftOut).toBeGreaterThan(0)
      },
    ),
    { numRuns: 300, seed: 20_261_122, endOnFailure: true },
  )
})
