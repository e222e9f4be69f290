import { describe, expect, test } from 'vitest'
// @ts-expect-error plain JavaScript: the command itself
import { catalogue, check, missingTools } from './models.mjs'

interface Run {
  readonly model: string
  readonly property: string
  readonly variant: string
  readonly expect: 'holds' | 'violated' | 'reached'
}

const runs = catalogue() as readonly Run[]
const missing = missingTools() as readonly string[]
if (missing.length > 0)
  console.info(`SKIPPED: the models. They need ${missing.join(' and ')} (Debian packages), which are not here.`)

/** All of a model's runs in a row; a busy machine takes several times as long as a quiet one. */
const LIMIT_MS = 900_000

test('every property has a variant that must fail, and a run that holds', () => {
  for (const property of ['P1', 'P2', 'P3', 'P5', 'P6', 'P7', 'P8', 'P9', 'P13', 'R5']) {
    const ofProperty = runs.filter((run) => run.property.split(' ').includes(property))
    expect(
      ofProperty.filter((run) => run.expect === 'holds' && !run.variant.startsWith('WRONG')).length,
    ).toBeGreaterThan(0)
    expect(
      ofProperty.filter((run) => run.expect === 'violated' && run.variant.startsWith('WRONG')).length,
    ).toBeGreaterThan(0)
  }
})

describe.skipIf(missing.length > 0)('models', () => {
  for (const model of new Set(runs.map((run) => run.model)))
    test(
      `${model}: every run comes to its verdict`,
      async () => {
        for (const run of runs.filter((one) => one.model === model)) {
          const { verdict, detail } = (await check(run)) as { verdict: string; detail: string }
          expect({ ...run, verdict, detail }).toMatchObject({ verdict: run.expect })
        }
      },
      LIMIT_MS,
    )
})
