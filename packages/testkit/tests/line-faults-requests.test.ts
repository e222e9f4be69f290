import { setTimeout as sleep } from 'node:timers/promises'
import { encodeUtf8, parseEvidence, parseVkey, verifyProtest } from '@parley/record'
import { describe, expect, test } from 'vitest'
import { linkTo, openHttpTable, rowOf, settled, until } from './line-table.ts'

const ROUNDS = 6
const EACH = 10

describe('requests between two nodes, each treated by itself', () => {
  test('#73 a third lost, all repeated and overtaking one another, 2 s there and back: every act counts once', async () => {
    await using table = await openHttpTable({ parties: ['north', 'south'], charter: { heartbeatS: 5 }, seed: 73 })
    const [north, south] = table.sides as [(typeof table.sides)[0], (typeof table.sides)[0]]
    await settled(north, south)
    for (const { way } of table.sides)
      way.set((_request, chance) => {
        const drawn = chance()
        return {
          lost: drawn < 0.12 ? 'request' : drawn < 0.24 ? 'answer' : drawn < 0.3 ? 'half-answer' : 'none',
          repeats: 1,
          delayMs: 1000,
          // Now before, now after the request that comes next.
          repeatDelayMs: chance() * 5000,
        }
      })
    const said: string[][] = [[], []]
    for (let round = 0; round < ROUNDS; round += 1) {
      said[0]?.push(...(await north.messages('south', EACH)))
      said[1]?.push(...(await south.messages('north', EACH)))
      await sleep(1_500)
    }
    // Delivered while the way is bad, not after it was mended.
    await settled(north, south, 240_000)
    for (const { way } of table.sides) {
      expect(way.seen.lost).toBeGreaterThan(0)
      expect(way.seen.repeated).toBeGreaterThan(0)
    }
    for (const { origin } of table.sides) {
      const [here, there] = [await north.acts(origin), await south.acts(origin)]
      expect(here.map(({ leaf }) => leaf)).toEqual(there.map(({ leaf }) => leaf))
      expect(new Set(here.map(({ leaf }) => leaf)).size).toBe(here.length)
    }
    for (const side of table.sides) {
      const { messages } = await side.client.messages('ridge-7', { limit: 500 })
      for (const [at, from] of ['north', 'south'].entries())
        expect(messages.filter(({ number }) => number.startsWith(`${from}/`)).map(({ number }) => number)).toEqual(
          said[at],
        )
      const state = await side.state()
      expect(state).toMatchObject({ gaps: [], forks: [], halted: null })
    }
    const lost = table.sides.map(
      ({ way }) => `${way.seen.lost} of ${way.seen.requests} lost, ${way.seen.repeated} again`,
    )
    console.info(`#73: ${lost.join('; ')}`)
  }, 400_000)

  test('#76 a peer that takes heads and never entries: degraded for want of contents, never silent, never delivered, and protested with evidence', async () => {
    await using table = await openHttpTable({ parties: ['north', 'south'], charter: { protestAfterS: 10 }, seed: 76 })
    const [north, south] = table.sides as [(typeof table.sides)[0], (typeof table.sides)[0]]
    await settled(north, south)
    // Neither brought to south's mirror nor fetched by it.
    south.way.set(({ path }) => (path.endsWith('/mirror/add-entries') ? { lost: 'request' } : {}))
    north.way.set(({ path }) => (path.includes('/tile/') ? { lost: 'request' } : {}))
    const beganMs = performance.now()
    await north.messages('south', 1)
    const kinds = new Set<string>()
    const reasons = new Set<string>()
    // Longer than the 12 heartbeats after which silence begins.
    while (performance.now() - beganMs < 15_000) {
      const { kind, reasons: why } = rowOf(await north.state(), 'south').measured?.to ?? {
        kind: 'unknown',
        reasons: [],
      }
      kinds.add(kind)
      for (const one of why) reasons.add(one)
      await sleep(200)
    }
    // Before the first word nothing is known of a direction; a slow machine gets to see that too.
    expect([...kinds].filter((kind) => kind !== 'unknown')).toEqual(['open', 'degraded'])
    expect(reasons).toContain('contents')
    expect(linkTo(await north.state(), 'south').backlog).toBe(1)
    const [message] = (await north.client.messages('ridge-7')).messages
    expect(message?.ladder.map(({ step }) => step)).not.toContain('arrived')
    expect((await south.client.messages('ridge-7')).messages).toEqual([])
    // South's own witness has seen the head, and its mirror gave no receipt in the time of the charter.
    const [due] = await until(
      async () => (await north.state()).protests ?? [],
      (protests) => protests.length > 0,
    )
    expect(due).toMatchObject({ origin: north.origin, accused: 'south' })
    const { evidence, logKey, witnesses, availableS, dueS } = await north.client.protest('ridge-7', 'south')
    const protest = parseEvidence(encodeUtf8(evidence))
    if (protest.kind !== 'non-delivery') return expect.unreachable()
    const found = verifyProtest(protest, { logKey: parseVkey(logKey), observers: witnesses.map(parseVkey), quorum: 1 })
    // As old as the first word of the witness, not as its last heartbeat.
    expect(found).toMatchObject({ availableAtS: availableS, deadlineS: dueS })
    expect(dueS).toBeLessThanOrEqual((await north.state()).nowS)
    for (const { way } of table.sides) way.set(() => ({}))
    await settled(north, south)
    await expect(north.client.protest('ridge-7', 'south')).rejects.toMatchObject({ status: 404 })
    await until(
      async () => rowOf(await north.state(), 'south').measured?.to.kind,
      (kind) => kind === 'open',
    )
  }, 180_000)
})
