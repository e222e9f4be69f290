import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { Saying } from '../src/index.ts'
import { linkTo, openTable, type Party, rowOf, settled, until } from './line-table.ts'

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

  test('#72 cut one way: the other side sees the acts, ours turns degraded, then silent, and receipts come in after the heal', async () => {
    await using table = await twoSides()
    const { sides } = table
    const [north, south] = sides
    const measured = async (of: Party, to: Party) => rowOf(await of.state(), to.party).measured
    await until(
      () => measured(north, south),
      (found) => found?.to.kind === 'open' && found.from.kind === 'open',
    )
    // Nothing that north sends arrives; south still reaches north, and fetches what it is not brought.
    south.way.set({ cut: 'all' })
    const [number] = await north.messages('south', 1)
    const kinds = new Set<string>()
    await until(
      async () => {
        const found = (await measured(north, south))?.to
        kinds.add(found?.kind ?? 'unknown')
        return found
      },
      (found) => found?.kind === 'silent',
    )
    expect([...kinds]).toEqual(['open', 'degraded', 'silent'])
    const there = await south.client.messages('ridge-7')
    expect(there.messages.map((one) => one.number)).toEqual([number])
    expect((await measured(north, south))?.from.kind).toBe('open')
    expect(linkTo(await north.state(), 'south')).toMatchObject({ state: 'unreachable', backlog: 1 })
    const [unreceipted] = (await north.client.messages('ridge-7')).messages
    expect(unreceipted?.ladder.map(({ step }) => step)).not.toContain('arrived')

    const healedS = Math.floor(Date.now() / 1000)
    south.way.set({})
    await settled(north, south)
    const receipted = await until(
      async () => (await north.acts(north.origin)).at(-1),
      (act) => act?.receiptS !== null,
    )
    // The mirror vouches for the moment at which it says so, and that was after the heal.
    expect(receipted?.receiptS).toBeGreaterThanOrEqual(healedS)
    await until(
      () => measured(north, south),
      (found) => found?.to.kind === 'open' && found.from.kind === 'open',
    )
    await sameOnBoth(sides)
  }, 120_000)

  test('#72 answers do not come back: what was said arrives once, however often it was sent', async () => {
    await using table = await twoSides()
    const { sides } = table
    const [north, south] = sides
    south.way.set({ cut: 'answers' })
    const numbers = await north.messages('south', 20)
    await until(
      async () => rowOf(await north.state(), 'south').measured?.to.kind,
      (kind) => kind === 'degraded',
    )
    south.way.set({})
    await settled(north, south)
    await sameOnBoth(sides)
    expect((await south.client.messages('ridge-7')).messages.map(({ number }) => number)).toEqual(numbers)
  }, 120_000)

  test('#74 suspended and resumed within a partition: the other side learns of both, with their times and its own', async () => {
    await using table = await twoSides()
    const { sides } = table
    const [north, south] = sides
    cut(sides)
    const suspended = await north.say(suspension(await now(north)), 2)
    await sleep(2_100)
    const ref = { o: north.origin, i: suspended.index, h: suspended.leaf }
    await north.say({ kind: 'line.resume', body: { ref }, ref }, 2)
    expect(rowOf(await south.state(), 'north').declared.kind).toBe('open')
    await sleep(1_100)
    heal(sides)
    await settled(north, south)
    const said = (await south.acts(north.origin)).filter(
      ({ kind }) => kind === 'line.suspend' || kind === 'line.resume',
    )
    expect(said.map(({ kind }) => kind)).toEqual(['line.suspend', 'line.resume'])
    const [from, to] = said.map(({ atS }) => atS ?? 0) as [number, number]
    expect(to).toBeGreaterThan(from)
    for (const { learntS } of said) expect(learntS).toBeGreaterThan(to)
    // Never lost, and never taken for one that lasts.
    for (const { state } of sides)
      expect(rowOf(await state(), 'north').declared).toMatchObject({ kind: 'open', by: 'north' })
    await sameOnBoth(sides)
  }, 120_000)

  test('#75 both suspend within a partition and one resumes: it stays suspended by the other, on both screens', async () => {
    await using table = await twoSides()
    const { sides } = table
    const [north, south] = sides
    cut(sides)
    const [ofNorth, ofSouth] = [
      await north.say(suspension(await now(north)), 2),
      await south.say(suspension(await now(south)), 2),
    ]
    heal(sides)
    await settled(north, south)
    for (const { state } of sides)
      for (const [party, { index }] of [
        ['north', ofNorth],
        ['south', ofSouth],
      ] as const)
        expect(rowOf(await state(), party).declared).toMatchObject({ kind: 'suspended', by: party, act: { index } })
    const ref = { o: north.origin, i: ofNorth.index, h: ofNorth.leaf }
    await north.say({ kind: 'line.resume', body: { ref }, ref }, 2)
    await settled(north, south)
    for (const { state } of sides) {
      expect(rowOf(await state(), 'north').declared.kind).toBe('open')
      expect(rowOf(await state(), 'south').declared).toMatchObject({ kind: 'suspended', act: { index: ofSouth.index } })
    }
    // A suspension is a statement: what is measured is open all the while.
    await until(
      async () => rowOf(await north.state(), 'south').measured,
      (measured) => measured?.to.kind === 'open' && measured.from.kind === 'open',
    )
    // Nobody else ends it.
    const other = { o: south.origin, i: ofSouth.index, h: ofSouth.leaf }
    await expect(north.say({ kind: 'line.resume', body: { ref: other }, ref: other }, 2)).rejects.toMatchObject({
      code: 'ACT_BODY',
      details: { field: 'body.ref.o' },
    })
  }, 120_000)
})

const now = async (side: Party): Promise<number> => (await side.state()).nowS

const suspension = (since: number): Saying => ({
  kind: 'line.suspend',
  body: { scope: 'all', reason: 'incident', since, safety_only: true },
})
