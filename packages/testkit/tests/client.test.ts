import { createDssClient, type DssClient, issuerTokenSource } from '@parley/client'
import { toTime, type Volume4D } from '@parley/contracts'
import { simulatedId } from '@parley/testkit'
import { expect, test } from 'vitest'
import { freePort, makeDataDir, startNodeProcess } from './node-process.ts'

const START_MS = Date.now() + 3_600_000
const USS = 'https://sim.example/simulated'

function volume(lat: number): Volume4D {
  const altitude = (value: number) => ({ value, reference: 'W84' as const, units: 'M' as const })
  return {
    volume: {
      outline_circle: { center: { lat, lng: -8.1 }, radius: { value: 500, units: 'M' } },
      altitude_lower: altitude(100),
      altitude_upper: altitude(200),
    },
    time_start: toTime(START_MS),
    time_end: toTime(START_MS + 600_000),
  }
}

function poolOf(url: string, sub: string): DssClient {
  const audience = new URL(url).hostname
  return createDssClient({ baseUrl: url, token: issuerTokenSource({ issuerUrl: `${url}/token`, audience, sub }) })
}

/** The value of an answer that has to be accepted. */
function valueOf<T>(answer: { kind: string; value?: T }): T {
  expect(answer).toMatchObject({ kind: 'accepted' })
  return answer.value as T
}

test('every method of the client is understood by a node', async () => {
  await using data = await makeDataDir()
  await using node = await startNodeProcess({ dataDir: data.path, port: 0 })
  const pool = poolOf(node.url, 'sim-a')
  const other = poolOf(node.url, 'sim-b')
  const id = (label: string): string => simulatedId('client', label)

  const subscription = valueOf(
    await pool.subscriptions.put(id('subscription'), {
      extents: volume(41.8),
      uss_base_url: USS,
      notify_for_operational_intents: true,
    }),
  ).subscription
  expect(valueOf(await pool.subscriptions.query(volume(41.8))).subscriptions).toHaveLength(1)
  const widened = valueOf(
    await pool.subscriptions.update(subscription.id, subscription.version, {
      extents: volume(41.8),
      uss_base_url: USS,
      notify_for_operational_intents: true,
      notify_for_constraints: true,
    }),
  ).subscription
  expect(valueOf(await pool.subscriptions.get(subscription.id)).subscription.version).toBe(widened.version)
  expect(await other.subscriptions.get(subscription.id)).toMatchObject({ kind: 'refused', status: 403 })

  const plan = { extents: [volume(41.8)], key: [], state: 'Accepted' as const, uss_base_url: USS }
  const created = valueOf(await pool.operationalIntents.put(id('intent'), plan))
  expect(created.subscribers).toMatchObject([{ uss_base_url: USS }])
  const reference = created.operational_intent_reference
  expect(await other.operationalIntents.put(id('second'), plan)).toMatchObject({
    kind: 'conflict',
    error: { missing_operational_intents: [{ id: reference.id }], blocking: [{ id: reference.id, overlaps: true }] },
  })
  expect(valueOf(await other.check({ extents: plan.extents }))).toMatchObject({
    verdict: 'blocked',
    blocking: [{ id: reference.id }],
    clearing: { later_s: expect.closeTo(600.001, 3) },
  })
  expect(valueOf(await other.check({ extents: [volume(42)] }))).toMatchObject({ verdict: 'clear', blocking: [] })
  expect(valueOf(await other.operationalIntents.query(volume(41.8))).operational_intent_references).toHaveLength(1)
  const activated = valueOf(
    await pool.operationalIntents.update(reference.id, reference.ovn as string, {
      ...plan,
      state: 'Activated',
      subscription_id: subscription.id,
    }),
  ).operational_intent_reference
  expect(activated).toMatchObject({ state: 'Activated', version: 2 })

  const zone = { extents: [volume(41.8)], uss_base_url: USS }
  const constraint = valueOf(await other.constraints.put(id('zone'), zone)).constraint_reference
  const raised = valueOf(
    await other.constraints.update(constraint.id, constraint.ovn as string, zone),
  ).constraint_reference
  expect(valueOf(await pool.constraints.get(constraint.id)).constraint_reference.version).toBe(2)
  expect(valueOf(await pool.constraints.query(volume(41.8))).constraint_references).toHaveLength(1)

  const picture = valueOf(await pool.picture())
  expect(picture).toMatchObject({
    operational_intents: [{ reference: { id: reference.id }, volumes: [{}] }],
    constraints: [{ reference: { id: constraint.id }, volumes: [{}] }],
  })
  expect(valueOf(await pool.status())).toMatchObject({
    simulated: true,
    scenario: null,
    head: picture.head,
    counts: { operational_intents: 1, constraints: 1, subscriptions: 1 },
  })
  expect(await pool.scenario()).toMatchObject({ kind: 'refused', status: 404 })

  const known = valueOf(await pool.availability.get('sim-b'))
  expect(known.status.availability).toBe('Unknown')
  const down = valueOf(await pool.availability.set('sim-b', { availability: 'Down', old_version: known.version }))
  expect(down).toMatchObject({ status: { uss: 'sim-b', availability: 'Down' } })
  expect(
    valueOf(
      await pool.report({
        exchange: {
          url: `${USS}/uss/v1/constraints`,
          method: 'GET',
          recorder_role: 'Client',
          request_time: toTime(START_MS),
          problem: 'SIMULATED',
        },
      }),
    ).report_id,
  ).toEqual(expect.any(String))

  expect(valueOf(await other.constraints.delete(raised.id, raised.ovn as string)).constraint_reference.id).toBe(
    raised.id,
  )
  expect(await pool.operationalIntents.delete(activated.id, reference.ovn as string)).toMatchObject({
    kind: 'conflict',
  })
  valueOf(await pool.operationalIntents.delete(activated.id, activated.ovn as string))
  expect(await pool.operationalIntents.get(activated.id)).toMatchObject({ kind: 'refused', status: 404 })
  const left = valueOf(await pool.subscriptions.get(subscription.id)).subscription
  valueOf(await pool.subscriptions.delete(left.id, left.version))

  const decisions = valueOf(await pool.decisions({ after: 0, limit: 1000 })).decisions
  expect(decisions.map(({ seq }) => seq)).toEqual(decisions.map(({ seq }) => seq).toSorted((a, b) => a - b))
  expect(decisions.filter(({ outcome }) => outcome === 'refused').length).toBeGreaterThanOrEqual(2)
})

test('events go on, each once and in order, over a kill of the node', async () => {
  await using data = await makeDataDir()
  const port = await freePort()
  const before = await startNodeProcess({ dataDir: data.path, port })
  const pool = poolOf(before.url, 'sim-a')
  const stop = new AbortController()
  const seqs: number[] = []
  const seen = new Set<string>()
  let told = (): void => {}
  const listening = (async () => {
    for await (const { seq, id } of pool.events({ after: 0, signal: stop.signal })) {
      seqs.push(seq)
      seen.add(id)
      told()
    }
  })()
  const plan = async (label: string): Promise<void> => {
    const id = simulatedId('events', label)
    valueOf(
      await pool.operationalIntents.put(id, {
        extents: [volume(30 + Number(label))],
        key: [],
        state: 'Accepted',
        uss_base_url: USS,
      }),
    )
    const late = AbortSignal.timeout(20_000)
    while (!seen.has(id)) {
      late.throwIfAborted()
      await new Promise<void>((resolve) => {
        told = resolve
        setTimeout(resolve, 200)
      })
    }
  }
  await plan('1')
  await plan('2')
  await before.kill()
  await using after = await startNodeProcess({ dataDir: data.path, port })
  expect(after.url).toBe(before.url)
  await plan('3')
  stop.abort()
  await listening
  const decisions = valueOf(await pool.decisions({ after: 0, limit: 1000 })).decisions
  expect(seqs).toEqual(decisions.map(({ seq }) => seq))
})
