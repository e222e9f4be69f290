import { closeWatch, handoverOf, openWatch } from '@parley/client'
import type { LineDraft } from '@parley/contracts'
import { openFaultProxy } from '@parley/testkit'
import { expect, test } from 'vitest'
import { shiftedClock } from './harness.ts'
import { actsOf, join, openLine, type Side, sizesOf, startSide, until } from './line-harness.ts'

const HOUR_S = 3600
const HOURS = 72
/** The way is cut from the beginning of the one hour to that of the other. */
const CUT = { from: 24, to: 48 }
const WATCH_HOURS = 12
const TEST = { subject: 'TEST', content: [{ letter: 'A', type: 'text', lang: 'en', text: 'Test.' }] }

const rowOf = async (side: Side, party: string) => (await side.state()).parties.find((one) => one.party === party)

test('72 h of the line with a cut of 24 h: hourly tests, watches, clocks, escalation, a suspension and what expires', async () => {
  const clock = shiftedClock()
  await using north = await startSide('north', {}, { clock })
  await using south = await startSide('south', {}, { clock })
  await using toNorth = await openFaultProxy({ to: portOf(north), seed: 1 })
  await using toSouth = await openFaultProxy({ to: portOf(south), seed: 2 })
  const sides = { north, south } as const
  await join([north, south], {
    addresses: {
      north: { south: `https://127.0.0.1:${toSouth.port}` },
      south: { north: `https://127.0.0.1:${toNorth.port}` },
    },
  })
  await openLine([north, south])
  await settled(north, south)
  // An hour that is even, a minute after its beginning.
  const beganMs = Math.ceil(Date.now() / (2 * HOUR_S * 1000)) * 2 * HOUR_S * 1000 + 60_000
  const goTo = (hour: number): void => {
    clock.shiftMs = beganMs + hour * HOUR_S * 1000 - Date.now()
  }
  const said: Record<'north' | 'south', string[]> = { north: [], south: [] }
  const say = async (from: 'north' | 'south', more: Parameters<Side['message']>[1]): Promise<string> => {
    const { number } = await sides[from].message(from === 'north' ? 'south' : 'north', more)
    said[from].push(number)
    return number
  }
  const relieve = async (side: Side): Promise<void> => {
    const role = `${side.party}.duty`
    const draft: LineDraft = await side.draft()
    const open = (await side.state()).parties.find(({ own }) => own)?.watches.find((one) => one.role === 'duty')?.open
    if (open === true) {
      const { kind, body } = closeWatch(role, handoverOf(draft, await side.messages(), 'all as it was'))
      await side.say(kind, body)
    }
    const { kind, body } = openWatch(role)
    await side.say(kind, body)
  }

  let flash = ''
  let suspended = { index: -1, leaf: '', sinceS: 0, learntFromS: 0 }
  let expiring = -1
  for (let hour = 0; hour < HOURS; hour += 1) {
    goTo(hour)
    const cut = hour >= CUT.from && hour < CUT.to
    if (hour === CUT.from) for (const way of [toNorth, toSouth]) way.set({ cut: 'all' })
    if (hour === CUT.to) {
      for (const way of [toNorth, toSouth]) way.set({})
      await settled(north, south)
    }
    if (hour % WATCH_HOURS === 0) for (const side of [north, south]) await relieve(side)
    const from = hour % 2 === 0 ? 'north' : 'south'
    if (hour !== CUT.to) expect(await turnNow(sides[from])).toMatchObject({ party: from, state: 'due', number: null })
    const other = from === 'north' ? south : north
    const number = await say(from, TEST)
    if (cut) {
      if (hour === CUT.from + 1) expiring = await sayUntil(north, clock.nowMs() / 1000 + HOUR_S)
      if (hour === CUT.from + 6) flash = await say('north', { precedence: 'FLASH', subject: 'SAFETY' })
      if (hour === CUT.from + 7) await escalate(north, flash)
      if (hour === CUT.from + 12) {
        const sinceS = Math.floor(clock.nowMs() / 1000)
        const body = { scope: 'all', reason: 'incident', since: sinceS, until: sinceS + 2 * HOUR_S, safety_only: false }
        const { index, leaf } = await south.say('line.suspend', body, { by: [south.people.ada, south.people.ben] })
        suspended = { index, leaf, sinceS, learntFromS: 0 }
      }
      // Longer than it was expected to last, it lasts: only a resumption ends it.
      if (hour === CUT.from + 16)
        expect((await rowOf(south, 'south'))?.declared).toMatchObject({ kind: 'suspended', sinceS: suspended.sinceS })
      if (hour === CUT.from + 18) {
        const ref = { o: 'ridge-7.parley/south/1', i: suspended.index, h: suspended.leaf }
        await south.say('line.resume', { ref }, { by: [south.people.ada, south.people.ben], act: { ref } })
      }
      // What the other side has declared since is not known here, and is not guessed.
      expect((await rowOf(north, 'south'))?.declared.kind).toBe('open')
      continue
    }
    await until(other.messages, ({ messages }) => messages.some((one) => one.number === number))
    await other.say('ack.answer', { number, answer: 'information' })
    if (hour === CUT.to) for (const side of [north, south]) await answerAll(side)
    const answered = await until(sides[from].state, ({ tests = [] }) => tests.at(-1)?.state === 'answered')
    const [before, now] = (answered.tests ?? []).slice(-2)
    expect((now ?? before)?.party).toBe(from)
    // What was said in the cut counts from when it arrived: its turns were missed, and the first after it has the oldest of them.
    if (hour === CUT.to) expect(before?.state).toBe('missed')
    else expect((now ?? before)?.number).toBe(number)
    if (hour > 0 && hour !== CUT.to) expect(before?.state).toBe('answered')
    if (hour === CUT.to + 12) await north.restart()
  }

  await settled(north, south)
  for (const side of [north, south]) {
    const state = await side.state()
    expect(state).toMatchObject({ gaps: [], forks: [], halted: null })
    const { messages } = await side.messages()
    for (const from of ['north', 'south'] as const)
      expect(messages.map(({ number }) => number).filter((number) => number.startsWith(`${from}/`))).toEqual(said[from])
    // The suspension of the cut is over, and stands with its times and when it was learnt.
    const row = await rowOf(side, 'south')
    expect(row?.declared.kind).toBe('open')
    expect(row?.suspensions).toMatchObject([{ sinceS: suspended.sinceS, act: { index: suspended.index } }])
    const [past] = row?.suspensions ?? []
    expect((past?.resumedS ?? 0) - suspended.sinceS).toBeGreaterThanOrEqual(6 * HOUR_S)
    if (side === north) expect((past?.learntS ?? 0) - suspended.sinceS).toBeGreaterThanOrEqual(12 * HOUR_S)
    // What ran out before anybody received it is recorded and has no effect, here as there.
    const act = (await actsOf(side, 'ridge-7.parley/north/1'))[expiring]
    expect(act).toMatchObject({ kind: 'watch.open', effective: false })
    // Taken by a role after all, the FLASH keeps every step on the way.
    const steps = messages.find((one) => one.number === flash)?.ladder ?? []
    expect(steps.filter(({ step }) => step === 'escalated')).toHaveLength(3)
    expect(state.clocks.map((one) => one.number)).toContain(flash)
    const watch = state.parties.find(({ party }) => party === 'south')?.watches.find(({ role }) => role === 'duty')
    expect(watch).toMatchObject({ open: true })
  }
  for (const origin of ['north', 'south'].map((party) => `ridge-7.parley/${party}/1`)) {
    const [here, there] = [await actsOf(north, origin), await actsOf(south, origin)]
    const told = ({ index, leaf, effective, verdict }: (typeof here)[number]) => ({ index, leaf, effective, verdict })
    expect(here.map(told)).toEqual(there.map(told))
  }
  const digests = await Promise.all(
    [north, south].map(async (side) => (await side.at<LineDraft>('GET', '/draft?digest=1')).json.digest),
  )
  expect(digests[0]).toMatch(/^[0-9a-f]{64}$/)
  expect(digests[0]).toBe(digests[1])
}, 300_000)

const portOf = (side: Side): number => Number(new URL(side.node.node.line.address ?? '').port)

/** Both hold all that either has said. */
async function settled(north: Side, south: Side): Promise<void> {
  await until(
    async () => [await sizesOf(north), await sizesOf(south)],
    ([a, b]) => JSON.stringify(a) === JSON.stringify(b),
    60_000,
  )
}

/** An act that takes no effect after a time; gives its index. */
async function sayUntil(side: Side, atS: number): Promise<number> {
  const { index } = await side.say('watch.open', { role: `${side.party}.lead` }, { act: { exp: Math.floor(atS) } })
  return index
}

/** The turn of this hour as a side sees it. */
const turnNow = async (side: Side) => (await side.state()).tests?.at(-1)

/** Answers every test that came and was not answered yet. */
async function answerAll(side: Side): Promise<void> {
  const { messages } = await side.messages()
  for (const { number, direction, subject, ladder } of messages)
    if (direction === 'in' && subject === 'TEST' && !ladder.some(({ step }) => step === 'answered'))
      await side.say('ack.answer', { number, answer: 'information' })
}

/** Logs every step that is due of a message that nobody took. */
async function escalate(side: Side, number: string): Promise<void> {
  const { dueEscalations } = await side.messages()
  const due = dueEscalations.find((one) => one.number === number)
  expect(due?.escalation).toEqual(['seats', 'role', 'path'])
  for (const step of due?.escalation ?? []) {
    const { at } = await side.draft()
    await side.say('escalation', { number, step, at })
  }
  expect((await side.messages()).dueEscalations.map((one) => one.number)).not.toContain(number)
}
