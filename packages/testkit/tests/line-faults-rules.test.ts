import { randomBytes } from 'node:crypto'
import { ackIntent, activateIntent, proposeIntent, withdrawIntent } from '@parley/client'
import { PROJECTION } from '@parley/line'
import {
  type ActRef,
  createSigner,
  encodeHex,
  formatAddCheckpoint,
  formatVkey,
  type JsonObject,
  leafHash,
  signCheckpoint,
} from '@parley/record'
import { expect, test } from 'vitest'
import { openHttpTable, TABLE, until } from './line-table.ts'

interface Plan {
  readonly ref: ActRef
  readonly party: string
  readonly state: string
  readonly body: { readonly id: string }
}

test('#77 #83 plans that crossed in a cut, a digest that differs and a second number of a log: both sides decide alike, and none of it stops a node', async () => {
  await using table = await openHttpTable({ parties: ['north', 'south'], seed: 77 })
  const [north, south] = table.sides as [(typeof table.sides)[0], (typeof table.sides)[0]]
  const sides = [north, south] as const
  type Side = (typeof sides)[number]
  const level = async (): Promise<void> => {
    await until(
      async () => Promise.all(sides.map((side) => side.state())),
      ([a, b]) =>
        a !== undefined && b !== undefined && a.parties.every(({ size }, i) => size > 0 && size === b.parties[i]?.size),
      60_000,
    )
  }
  await level()

  // Each proposes while nothing passes, so that neither could cite the other.
  const startS = (await north.state()).nowS + 3600
  const volume = {
    circle: { lat_e7: 344_504_000, lng_e7: 409_186_000, radius_cm: 500_000 },
    lower_cm: 100_000,
    upper_cm: 200_000,
    start: startS,
    end: startS + 1800,
  }
  for (const { way } of sides) way.set(() => ({ lost: 'request' }))
  const ids = sides.map(() => encodeHex(randomBytes(16)))
  for (const [i, side] of sides.entries()) {
    const draft = { id: ids[i] ?? '', volumes: [volume], priority: 50, profile: 'rule-of-threes', key: [] }
    await side.say(proposeIntent(draft))
  }
  for (const { way } of sides) way.set(() => ({}))
  const plans = async (side: Side): Promise<readonly Plan[]> =>
    (await side.client.flights(TABLE)).intents as unknown as readonly Plan[]
  const statesOf = async (side: Side): Promise<string> =>
    (await plans(side))
      .map(({ party, state }) => `${party} ${state}`)
      .toSorted()
      .join()
  const decided = await until(
    () => Promise.all(sides.map(statesOf)),
    ([a, b]) => a === b && /lost/.test(a ?? ''),
    60_000,
  )
  expect(decided[0]).toMatch(/^north (?:lost,south proposed|proposed,south lost)$/)
  const loser = decided[0]?.includes('north lost') === true ? north : south
  const winner = loser === north ? south : north
  const planOf = async (side: Side, party: string): Promise<Plan> => {
    const found = (await plans(side)).find((one) => one.party === party)
    if (found === undefined) throw new Error(`no plan of ${party}`)
    return found
  }
  const lost = await planOf(loser, loser.party)
  const won = await planOf(loser, winner.party)
  await loser.say(withdrawIntent(lost.ref))
  await loser.say(ackIntent(won.ref, { consent: false }))
  await until(
    async () => [await plans(winner), await plans(loser)],
    ([found]) => found?.find(({ party }) => party === winner.party)?.state === 'accepted',
  )
  await winner.say(activateIntent(won.ref))
  await level()
  expect(new Set(await Promise.all(sides.map(statesOf))).size).toBe(1)
  expect((await planOf(loser, winner.party)).state).toBe('active')

  // South says that its screen shows another state after the very acts that north holds too.
  const headsOf = async (side: Side) => (await side.client.draft(TABLE)).seen.map(({ o, n, r }) => ({ o, n, r }))
  const heads = [...(await headsOf(north)), ...(await headsOf(south))].toSorted((a, b) => (a.o < b.o ? -1 : 1))
  const claimed = { digest: '0'.repeat(64), heads, projection: PROJECTION }
  await south.say({ kind: 'state.digest', body: claimed })
  for (const side of sides) {
    const told = await until(
      async () => (await side.state()).digests ?? [],
      (digests) => digests.length > 0,
      60_000,
    )
    expect(told).toMatchObject([{ party: 'south', verdict: 'differs' }])
  }

  // The next number of north's log, signed by a key that nobody has enrolled for it.
  const next = createSigner({ name: `${TABLE}.parley/north/2`, type: 0x01, seed: randomBytes(32) })
  const root = leafHash(Buffer.from('entry 0'))
  const note = signCheckpoint({ origin: next.key.name, size: 1, root }, next)
  for (const role of ['witness', 'mirror']) {
    const answer = await fetch(`http://127.0.0.1:${south.linePort}/line/${TABLE}/${role}/add-checkpoint`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: formatAddCheckpoint({ oldSize: 0, proof: [], note }),
    })
    expect(answer.status).toBe(404)
    expect(await answer.json()).toMatchObject({ code: 'LOG_UNKNOWN', message: expect.any(String) })
  }
  const [from] = await headsOf(south)
  const body: JsonObject = { from: { ...from }, log: formatVkey(next.key) }
  await expect(north.say({ kind: 'log.continue', body }, 2)).rejects.toMatchObject({
    status: 422,
    reasons: [{ field: expect.any(String), rule: expect.any(String) }],
  })
  // Whoever has the draft of the next log posts to this one.
  const draft = await north.client.draft(TABLE)
  const post = north.client.post(
    TABLE,
    Buffer.from(`parley.act/v1\n${JSON.stringify({ ...draft, o: next.key.name })}\n\n`),
  )
  await expect(post).rejects.toMatchObject({ status: 422 })
  const [number] = await north.messages('south', 1)
  await until(
    () => south.client.messages(TABLE),
    ({ messages }) => messages.some((one) => one.number === number),
  )
  for (const side of sides)
    expect(await side.state()).toMatchObject({ phase: 'open', halted: null, forks: [], gaps: [] })
}, 240_000)
