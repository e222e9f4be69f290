import { setTimeout as sleep } from 'node:timers/promises'
import type { LineEvent } from '@parley/client'
import { sayingOf } from '@parley/testkit'
import type { BenchmarkContext, Measurement } from '../benchmark.ts'
import { WrongAnswer } from '../load/check.ts'
import { quantile } from '../statistics.ts'
import { openBenchTable, TABLE } from './table.ts'

const GOAL_MS = 1000
const LIMIT_MS = 30_000

/** North suspends and resumes; how long until the stream of south's own people says so. */
export async function stateShown(context: BenchmarkContext): Promise<Measurement[]> {
  await using table = await openBenchTable(context, { names: ['north', 'south'] })
  const [north, south] = table.parties as [(typeof table.parties)[0], (typeof table.parties)[0]]
  const stop = new AbortController()
  const seen = { declared: 'open', streaming: false }
  const watching = (async () => {
    const events = south.client.events(TABLE, {
      signal: stop.signal,
      kinds: ['state'],
      onState: ({ kind }) => {
        seen.streaming = kind === 'open'
      },
    })
    for await (const event of events as AsyncGenerator<LineEvent>) {
      if (event.kind !== 'state') continue
      seen.declared = event.data.parties.find(({ party }) => party === 'north')?.declared.kind ?? 'none'
    }
  })()
  const signers = north.side.officers.map(({ signer }) => signer)
  const shown = async (kind: string): Promise<void> => {
    const lateMs = performance.now() + LIMIT_MS
    while (!seen.streaming || seen.declared !== kind) {
      if (performance.now() > lateMs) throw new WrongAnswer(`south shows ${seen.declared} and not ${kind}`)
      await sleep(1)
    }
  }
  await shown('open')
  const rounds = Math.max(5, context.runs * 2)
  const sample = new Float64Array(rounds * 2)
  try {
    for (let round = 0; round < rounds; round++) {
      const suspension = {
        scope: 'all',
        reason: 'incident',
        since: (await north.client.draft(TABLE)).at,
        safety_only: true,
      }
      const suspend = sayingOf(await north.client.draft(TABLE), { kind: 'line.suspend', body: suspension }, signers)
      let beganMs = performance.now()
      const { index, leaf } = await north.client.post(TABLE, suspend)
      await shown('suspended')
      sample[2 * round] = performance.now() - beganMs
      const ref = { o: north.origin, i: index, h: leaf }
      const resume = sayingOf(await north.client.draft(TABLE), { kind: 'line.resume', body: { ref }, ref }, signers)
      beganMs = performance.now()
      await north.client.post(TABLE, resume)
      await shown('open')
      sample[2 * round + 1] = performance.now() - beganMs
    }
  } finally {
    stop.abort()
    await watching.catch(() => undefined)
  }
  return [0.5, 1].map((share) => ({
    id: 'LINE5',
    what: `change of state shown on the other side, ${share === 1 ? 'slowest' : 'median'} of ${sample.length}`,
    unit: 'ms',
    value: quantile(sample, share),
    goal: { kind: 'at-most', value: GOAL_MS },
    right: true,
  }))
}
