import type { LineActs } from '@parley/contracts'
import { describe, expect, test } from 'vitest'
import { actsOf, join, linkTo, messageBody, openLine, type Side, sizesOf, startSide, until } from './line-harness.ts'

async function twoSides(): Promise<readonly [Side, Side]> {
  const sides = [await startSide('north'), await startSide('south')] as const
  await join(sides)
  await openLine(sides)
  return sides
}

const origin = (party: string): string => `ridge-7.parley/${party}/1`

describe('a line between two nodes', () => {
  test('joins by the ceremony, carries a message, and shows the receipt on both sides', async () => {
    const [north, south] = await twoSides()
    await using _n = north
    await using _s = south
    const { number } = await north.message('south', { precedence: 'PRIORITY' })
    expect(number).toMatch(/^north\/south\/\d{4}\/0001$/)
    const waited = await north.at<LineActs>('GET', '/acts?from=2&waitS=30')
    expect(waited.json.acts.map(({ receiptS }) => typeof receiptS)).toEqual(['number'])
    const there = await until(
      () => south.messages(),
      ({ messages }) => messages.length === 1,
    )
    expect(there.messages[0]).toMatchObject({ number, direction: 'in', effective: true, subject: 'STATEMENT' })
    const here = await until(
      () => north.messages(),
      ({ messages }) => messages[0]?.ladder.length === 3,
    )
    expect(here.messages[0]?.ladder.map(({ step }) => step)).toEqual(['queued', 'transmitted', 'arrived'])
    await south.say('ack.take', { number, role: 'south.duty' })
    const taken = await until(
      () => north.messages(),
      ({ messages }) => messages[0]?.state === 'taken',
    )
    expect(taken.messages[0]?.clock?.stoppedS).not.toBeNull()
    const state = await until(
      () => north.state(),
      ({ parties }) => {
        const measured = parties.find(({ party }) => party === 'south')?.measured
        return measured?.to.kind === 'open' && measured.from.kind === 'open'
      },
    )
    expect(state.parties.map(({ declared }) => declared.kind)).toEqual(['open', 'open'])
    expect(linkTo(state, 'south')).toMatchObject({ backlog: 0, state: 'current' })
  })

  test('a restart in the middle loses nothing: what was said before and meanwhile is there on both sides', async () => {
    const [north, south] = await twoSides()
    await using _n = north
    await using _s = south
    await north.message('south')
    await south.stop()
    for (let i = 0; i < 5; i += 1) await north.message('south')
    const away = await until(
      () => north.state(),
      (state) => (linkTo(state, 'south')?.backlog ?? 0) >= 5,
    )
    expect(linkTo(away, 'south')?.state).not.toBe('current')
    await south.restart()
    const all = await until(
      () => south.messages(),
      ({ messages }) => messages.length === 6,
      40_000,
    )
    expect(all.gaps).toEqual([])
    expect(all.messages.map(({ number }) => number.slice(-4))).toEqual(['0001', '0002', '0003', '0004', '0005', '0006'])
    await until(
      () => north.state(),
      (state) => linkTo(state, 'south')?.backlog === 0,
      40_000,
    )
    await north.restart()
    expect((await north.messages()).messages.map(({ number }) => number)).toEqual(
      all.messages.map(({ number }) => number),
    )
    await until(
      () => north.messages(),
      ({ messages }) => messages.every(({ state }) => state === 'arrived'),
    )
    expect(await sizesOf(north)).toEqual(await sizesOf(south))
    await south.message('north')
    await until(
      () => north.messages(),
      ({ messages }) => messages.length === 7,
      40_000,
    )
  })

  test('a suspended line lets safety through and nothing else, and both sides quote one act', async () => {
    const [north, south] = await twoSides()
    await using _n = north
    await using _s = south
    const since = (await north.draft()).at
    const body = { scope: 'all', reason: 'incident', since, safety_only: true }
    const alone = await north.post(await north.sign('line.suspend', body))
    expect(alone.status).toBe(422)
    expect(alone.json).toMatchObject({ code: 'ACT_REFUSED', reasons: [{ code: 'signature.missing' }] })
    const { ada, ben } = north.people
    const act = await north.say('line.suspend', body, { by: [ada, ben] })
    const quoted = {
      kind: 'suspended',
      reason: 'incident',
      safetyOnly: true,
      act: { origin: origin('north'), index: act.index },
    }
    for (const side of [north, south])
      await until(
        async () => (await side.state()).parties.find(({ party }) => party === 'north')?.declared,
        (declared) => declared?.kind === 'suspended',
      ).then((declared) => expect(declared).toMatchObject(quoted))
    const { nextNumbers, at } = await south.draft()
    const number = nextNumbers['north'] as string
    const said = { number, from: 'south.duty', to: 'north.duty', dtg: at }
    const refused = await south.post(await south.sign('message', messageBody(said)))
    expect(refused.status).toBe(422)
    expect(refused.json).toMatchObject({ reasons: [{ code: 'LINE_SUSPENDED' }] })
    await south.say('message', messageBody({ ...said, subject: 'SAFETY', precedence: 'FLASH' }))
    await until(
      () => north.messages(),
      ({ messages }) => messages.some((one) => one.number === number),
    )
    // The measured line is up all the while: a suspension is a statement, not a cut.
    await until(
      async () => (await north.state()).parties.find(({ party }) => party === 'south')?.measured,
      (measured) => measured?.to.kind === 'open' && measured.from.kind === 'open',
    )
    const ref = { o: origin('north'), i: act.index, h: act.leaf }
    await north.say('line.resume', { ref }, { by: [ada, ben], act: { ref } })
    await until(
      async () => (await south.state()).parties.find(({ party }) => party === 'north')?.declared.kind,
      (kind) => kind === 'open',
    )
  })

  test('acts that would have no effect are refused with every reason, and leave no trace', async () => {
    const [north, south] = await twoSides()
    await using _n = north
    await using _s = south
    const before = (await north.draft()).head
    const refusedWith = async (entry: Uint8Array, code: string): Promise<void> => {
      const answer = await north.post(entry)
      expect([answer.status, answer.text]).toEqual([422, expect.stringContaining(code)])
      expect(answer.json).toMatchObject({
        code: 'ACT_REFUSED',
        message: expect.any(String),
        reasons: expect.any(Array),
      })
    }
    const { at, o } = await north.draft()
    const said = {
      number: `north/south/${new Date(at * 1000).getUTCFullYear()}/0007`,
      from: 'north.duty',
      to: 'south.duty',
      dtg: at,
    }
    await refusedWith(await north.sign('message', messageBody(said)), 'message.number')
    await refusedWith(await north.sign('message', { ...messageBody(said), extra: 1 }), 'ACT_BODY')
    await refusedWith(await north.sign('line.open', {}, { act: { o: origin('south'), seen: [] } }), 'act.origin')
    await refusedWith(await north.sign('no.such', {}), 'act.kind')
    await refusedWith(await north.sign('line.open', {}, { by: [south.people.ada] }), 'signature.missing')
    await refusedWith(
      await north.sign(
        'line.open',
        {},
        { act: { seen: [{ o: origin('south'), n: 1, r: Buffer.alloc(32).toString('base64') }] } },
      ),
      'seen.root',
    )
    await refusedWith(Buffer.from('hello\n'), 'MALFORMED_NOTE')
    await refusedWith(Buffer.alloc(66_000, 'a'), 'act.size')
    expect((await north.draft()).head).toBe(before)
    expect((await actsOf(north, o)).every(({ effective }) => effective)).toBe(true)
  })

  test('#73 a request that is sent again changes nothing: same act, same place, once', async () => {
    const [north, south] = await twoSides()
    await using _n = north
    await using _s = south
    const entry = await north.sign('watch.open', { role: 'north.duty' })
    const answers = [...(await Promise.all([1, 2, 3, 4].map(() => north.post(entry)))), await north.post(entry)]
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201])
    expect(new Set(answers.map(({ json }) => json.index)).size).toBe(1)
    expect(answers.filter(({ json }) => json.repeated)).toHaveLength(4)
    const ids = (
      await until(
        () => actsOf(south, origin('north')),
        (acts) => acts.some(({ kind }) => kind === 'watch.open'),
      )
    ).filter(({ kind }) => kind === 'watch.open')
    expect(ids).toHaveLength(1)
  })

  test('is for the own people alone: this machine by its own name, or the token', async () => {
    await using north = await startSide('north')
    const ask = (headers: Record<string, string>) => north.node.ask('GET', '/line/v1', { token: null, headers })
    expect((await ask({})).status).toBe(200)
    expect((await ask({ host: 'evil.example' })).status).toBe(401)
    expect((await ask({ host: 'evil.example', authorization: `Bearer ${north.node.node.line.token}` })).status).toBe(
      200,
    )
    expect((await ask({ host: 'evil.example', authorization: `Bearer ${'0'.repeat(64)}` })).status).toBe(401)
    expect((await ask({ origin: 'https://evil.example' })).status).toBe(403)
    expect((await ask({ 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect((await north.ask('GET', '/tables/nowhere')).status).toBe(404)
    const { json } = await north.node.ask('GET', '/parley/v1/status', { token: null })
    expect(json).toMatchObject({ line: { party: 'north', tables: [] } })
  })
})

test('tells of changes as they happen, the newest state first', async () => {
  const [north, south] = await twoSides()
  await using _n = north
  await using _s = south
  const gone = new AbortController()
  const stream = await fetch(`http://127.0.0.1:${south.node.port}/line/v1/tables/ridge-7/events`, {
    signal: gone.signal,
  })
  expect(stream.headers.get('content-type')).toContain('text/event-stream')
  const { number } = await north.message('south')
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of stream.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true })
    if (text.includes('event: message') && text.includes('event: act') && text.includes(number)) break
  }
  gone.abort()
  expect(text.indexOf('event: state')).toBeLessThan(text.indexOf('event: message'))
})

test('#74 a suspension that came and went while the sides were apart is shown with its times and when it was learnt', async () => {
  const [north, south] = await twoSides()
  await using _n = north
  await using _s = south
  await south.stop()
  const { ada, ben } = north.people
  const since = (await north.draft()).at
  const body = { scope: 'flights', reason: 'political-decision', since, safety_only: false }
  const act = await north.say('line.suspend', body, { by: [ada, ben] })
  const ref = { o: origin('north'), i: act.index, h: act.leaf }
  await north.say('line.resume', { ref }, { by: [ada, ben], act: { ref } })
  await south.restart()
  const seen = await until(
    async () => (await south.state()).parties.find(({ party }) => party === 'north'),
    (party) => party?.suspensions?.[0]?.resumedS !== null && party?.suspensions?.length === 1,
    40_000,
  )
  expect(seen?.declared.kind).toBe('open')
  expect(seen?.suspensions?.[0]).toMatchObject({
    sinceS: since,
    scope: 'flights',
    act: { origin: origin('north'), index: act.index },
  })
  expect(seen?.suspensions?.[0]?.learntS).toBeGreaterThanOrEqual(since)
})
