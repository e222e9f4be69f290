import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { createDssClient, createUssClient, issuerTokenSource } from '@parley/client'
import { loadScenario, type Play, type PlayEvent, playScenario, rebase } from '@parley/testkit'
import { expect, test } from 'vitest'
import { makeDataDir, startNodeProcess } from './node-process.ts'

const told = await loadScenario('fire')
/** One day for the whole file, even over midnight. */
const NOW = Date.now()

function poolOf(url: string, sub: string) {
  const audience = new URL(url).hostname
  return createDssClient({ baseUrl: url, token: issuerTokenSource({ issuerUrl: `${url}/token`, audience, sub }) })
}

/** Plays without waits; stops once the beat `until` has been reported. */
function play(url: string, until?: string): Promise<Play> {
  const stop = new AbortController()
  const log = (event: PlayEvent): void => {
    if (event.kind === 'beat' && event.report.beat.id === until) stop.abort()
  }
  const scenario = rebase(told, NOW)
  return playScenario({ baseUrl: url, issuerUrl: `${url}/token`, scenario, signal: stop.signal, pace: 0, log })
}

const unmetOf = ({ reports }: Play): string[] =>
  reports.filter(({ status }) => status === 'unmet').map(({ beat, detail }) => `${beat.id}: ${detail}`)

const headOf = async (url: string): Promise<number> => {
  const status = await poolOf(url, 'anyone').status()
  return status.kind === 'accepted' ? status.value.head : Number.NaN
}

test.each([{ flags: [] }, { flags: ['--exact'] }])(
  'the fire comes out as told, node flags $flags',
  async ({ flags }) => {
    await using data = await makeDataDir()
    await using node = await startNodeProcess({ dataDir: data.path, port: 0, flags })
    await using fire = await play(node.url)
    expect(unmetOf(fire)).toEqual([])
    expect(fire).toMatchObject({ met: 27, unmet: 0, found: 0, stopped: false })

    const picture = await poolOf(node.url, 'onlooker').picture()
    if (picture.kind !== 'accepted') throw new Error('no picture')
    const shown = [...picture.value.operational_intents, ...picture.value.constraints].map(({ reference }) => reference)
    expect(shown).toHaveLength(7)
    expect(
      shown.every(({ manager, uss_base_url }) => manager.startsWith('sim-') && uss_base_url.includes('/simulated/')),
    ).toBe(true)

    const page = await poolOf(node.url, 'onlooker').decisions({ after: 0, limit: 1000 })
    const refusals = page.kind === 'accepted' ? page.value.decisions.filter(({ outcome }) => outcome === 'refused') : []
    expect(refusals).toHaveLength(5)
    expect(refusals.every(({ blocking }) => (blocking?.length ?? 0) > 0)).toBe(true)
  },
)

test('a supplier answers its peers, and only those with the right token', async () => {
  await using data = await makeDataDir()
  await using node = await startNodeProcess({ dataDir: data.path, port: 0 })
  await using fire = await play(node.url)
  expect(unmetOf(fire)).toEqual([])
  const medevac = rebase(told, NOW).intents.get('medevac')?.id as string
  const reference = await poolOf(node.url, 'peer').operationalIntents.get(medevac)
  if (reference.kind !== 'accepted') throw new Error('no medevac')
  const { uss_base_url: baseUrl } = reference.value.operational_intent_reference
  const issuerUrl = `${node.url}/token`

  const peer = createUssClient({ baseUrl, token: issuerTokenSource({ issuerUrl, audience: '127.0.0.1', sub: 'peer' }) })
  const answer = await peer.operationalIntent(medevac)
  expect(answer).toMatchObject({
    kind: 'accepted',
    value: {
      operational_intent: { details: { priority: 100 }, reference: { manager: 'sim-es-uss', state: 'Activated' } },
    },
  })
  expect(await peer.operationalIntent('00000000-0000-4000-8000-000000000001')).toMatchObject({ status: 404 })
  expect(await peer.operationalIntent(medevac, { scopes: ['utm.constraint_processing'] })).toMatchObject({
    status: 403,
  })

  const elsewhere = issuerTokenSource({ issuerUrl, audience: 'localhost', sub: 'peer' })
  const stranger = createUssClient({ baseUrl, token: elsewhere })
  expect(await stranger.operationalIntent(medevac)).toMatchObject({ kind: 'refused', status: 401 })
  const forger = createUssClient({
    baseUrl,
    token: async (scopes) => (await elsewhere(scopes)).replace(/\.[^.]*$/, '.AAAA'),
  })
  expect(await forger.operationalIntent(medevac)).toMatchObject({ kind: 'refused', status: 401 })
})

test('played again on the same day, it is found and nothing is written', async () => {
  await using data = await makeDataDir()
  await using node = await startNodeProcess({ dataDir: data.path, port: 0 })
  {
    await using first = await play(node.url)
    expect(unmetOf(first)).toEqual([])
  }
  const head = await headOf(node.url)
  await using again = await play(node.url)
  expect(again).toMatchObject({ met: 0, unmet: 0, found: told.beats.length })
  expect(await headOf(node.url)).toBe(head)
})

test.each(['foca-refused', 'survey-lands', 'closure-raised'])(
  'stopped after %s and its node killed, it goes on where it was',
  async (beat) => {
    await using data = await makeDataDir()
    const before = await startNodeProcess({ dataDir: data.path, port: 0 })
    {
      await using stopped = await play(before.url, beat)
      expect(stopped.stopped).toBe(true)
    }
    await before.kill()
    await using node = await startNodeProcess({ dataDir: data.path, port: 0 })
    await using rest = await play(node.url)
    expect(unmetOf(rest)).toEqual([])
    expect(rest.found).toBeGreaterThan(2)
    expect(rest.stopped).toBe(false)
  },
)

async function occupy(baseUrl: string): Promise<Server> {
  const server = createServer().listen(Number(new URL(baseUrl).port), '127.0.0.1')
  await once(server, 'listening')
  return server
}

test('a finished play whose address was taken moves; an unfinished one says so', async () => {
  await using data = await makeDataDir()
  await using node = await startNodeProcess({ dataDir: data.path, port: 0 })
  const addressOf = async (label: string): Promise<string> => {
    const id = rebase(told, NOW).intents.get(label)?.id as string
    const answer = await poolOf(node.url, 'onlooker').operationalIntents.get(id)
    return answer.kind === 'accepted' ? answer.value.operational_intent_reference.uss_base_url : ''
  }
  {
    await using stopped = await play(node.url, 'canadair-planned')
    expect(stopped.stopped).toBe(true)
  }
  const first = await addressOf('pt-canadair')
  const taken = await occupy(first)
  await expect(play(node.url)).rejects.toMatchObject({ code: 'scenario-address-taken' })
  taken.close()
  {
    await using rest = await play(node.url)
    expect(unmetOf(rest)).toEqual([])
  }
  const again = await occupy(first)
  await using moved = await play(node.url)
  expect(moved).toMatchObject({ unmet: 0, found: told.beats.length })
  const second = await addressOf('pt-canadair')
  expect(second).not.toBe(first)
  expect(await fetch(`${second}/uss/v1/constraints/x`)).toMatchObject({ status: 404 })
  again.close()
})

test("ids that are somebody else's are not touched", async () => {
  await using data = await makeDataDir()
  await using node = await startNodeProcess({ dataDir: data.path, port: 0 })
  const scenario = rebase(told, NOW)
  const closure = scenario.constraints.get('closure')
  await poolOf(node.url, 'stranger').constraints.put(closure?.id as string, {
    extents: [...(closure?.revisions.get('to-6500') ?? [])],
    uss_base_url: 'https://stranger.example',
  })
  await expect(play(node.url)).rejects.toMatchObject({ code: 'scenario-taken', details: { manager: 'stranger' } })
})
