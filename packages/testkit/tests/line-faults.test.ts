import { describe, expect, test } from 'vitest'
import { linkTo, openTable, type Party, settled } from './line-table.ts'

/** As record.md asks it: 10,000 acts on each side. The suite takes fewer, to be done in seconds. */
const ACTS = Number(process.env['PARLEY_LINE_ACTS'] ?? 1000)
const BOTH = ['north', 'south'] as const

type Two = readonly [Party, Party]

async function twoSides(): Promise<AsyncDisposable & { readonly sides: Two }> {
  const table = await openTable({ parties: BOTH })
  const sides = table.sides as unknown as Two
  await settled(...sides)
  return { sides, [Symbol.asyncDispose]: () => table[Symbol.asyncDispose]() }
}

const cut = (sides: Two): void => {
  for (const { way } of sides) way.set({ cut: 'all' })
}

const heal = (sides: Two): void => {
  for (const { way } of sides) way.set({})
}

/** Both screens show the same acts in the same places, each once, and every one of them has a state. */
async function sameOnBoth([north, south]: Two): Promise<void> {
  for (const { origin } of [north, south]) {
    const [here, there] = [await north.acts(origin), await south.acts(origin)]
    expect(here.map(({ leaf }) => leaf)).toEqual(there.map(({ leaf }) => leaf))
    expect(here.map(({ index }) => index)).toEqual(here.map((_, i) => i))
    expect(new Set(here.map(({ leaf }) => leaf)).size).toBe(here.length)
    for (const act of [...here, ...there]) expect(act).toMatchObject({ verdict: 'valid', effective: true })
  }
  const digests = await Promise.all(
    [north, south].map(async ({ process }) => {
      const answer = await fetch(`${process.url}/line/v1/tables/ridge-7/draft?digest=1`)
      return ((await answer.json()) as { digest: string | null }).digest
    }),
  )
  expect(digests[0]).toMatch(/^[0-9a-f]{64}$/)
  expect(digests[0]).toBe(digests[1])
}

describe('a line that is cut', () => {
  test(`#71 a partition in which both sides write ${ACTS} acts heals to receipts for all of them, each once`, async () => {
    await using table = await twoSides()
    const { sides } = table
    const [north, south] = sides
    cut(sides)
    const said = [await north.messages('south', ACTS), await south.messages('north', ACTS)] as const
    expect(linkTo(await north.state(), 'south').backlog).toBeGreaterThanOrEqual(ACTS)
    heal(sides)
    const healedMs = performance.now()
    await settled(north, south)
    const tookMs = performance.now() - healedMs
    console.info(`#71: ${ACTS} acts a side, everything receipted ${Math.round(tookMs)} ms after the heal`)
    await sameOnBoth(sides)
    for (const [from, to, numbers] of [
      [north, south, said[0]],
      [south, north, said[1]],
    ] as const) {
      const own = (await from.acts(from.origin)).filter(({ kind }) => kind === 'message')
      expect(own.map(({ receiptS }) => receiptS)).not.toContain(null)
      const heard: string[] = []
      for (let total = 1; heard.length < total; ) {
        const page = await to.client.messages('ridge-7', { after: heard.length, limit: 500 })
        if (page.messages.length === 0) break
        total = page.total
        heard.push(...page.messages.map(({ number }) => number))
      }
      expect(heard.filter((number) => number.startsWith(`${from.party}/`))).toEqual(numbers)
      expect((await to.state()).gaps).toEqual([])
    }
  }, 600_000)
})
