import { parseArgs } from 'node:util'
import { checkSample, checkStatuses, countsOf, WrongAnswer } from './check.ts'
import { drive } from './drive.ts'
import { busyCell, deliveries, type PlanRow, studyPlans } from './plans.ts'
import { finderFor, type Prepared, prepareCreates, prepareUpdates } from './prepare.ts'
import { type CpuShare, cpuMeter } from './process-cpu.ts'
import type { LoadResult } from './result.ts'
import { enlist, type Target } from './target.ts'

const HELP = `Usage: node bench/dist/load/main.js --url http://127.0.0.1:8080 [options]

Writes operational intents over HTTP and measures the answers. The service must be empty at the start, accept http on this address,
and support requested OVNs; each write carries the key it needs, and one that is not granted fails the run.

  --url URL           origin of the service
  --token URL         token issuer (default <url>/token)
  --workload NAME     deliveries (default): creates delivery plans; mix: creates plans of all kinds;
                      busy: replaces plans in one crowded cell, --preload of them (default 5000)
  --exact             find keys by true intersection, for a service that asks for no more; else by the standard's cells
  --connections N     kept-alive connections (default 32)
  --seconds S         measured time (default 10)
  --warmup S          load before that (default 2)
  --rate R            open loop: R requests a second, answered or not
  --preload N         plans written before (default 0; for busy 5000)
  --subscriptions S   none (default), or implicit: a new one with each plan
  --pid PID           process of the service, to tell its processor time (Linux)
  --at-most R         prepare for at most R answers a second (default 30000)
`

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      url: { type: 'string' },
      token: { type: 'string' },
      workload: { type: 'string', default: 'deliveries' },
      exact: { type: 'boolean', default: false },
      connections: { type: 'string', default: '32' },
      seconds: { type: 'string', default: '10' },
      warmup: { type: 'string', default: '2' },
      rate: { type: 'string' },
      preload: { type: 'string' },
      subscriptions: { type: 'string', default: 'none' },
      pid: { type: 'string' },
      'at-most': { type: 'string', default: '30000' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help || values.url === undefined) {
    process.stdout.write(HELP)
    process.exitCode = values.help ? 0 : 2
    return
  }
  const url = new URL(values.url)
  const target: Target = { url, tokenUrl: new URL(values.token ?? new URL('/token', url)) }
  const seconds = Number(values.seconds)
  const warmupS = Number(values.warmup)
  const connections = Number(values.connections)
  const ratePerS = values.rate === undefined ? null : Number(values.rate)
  const busy = values.workload === 'busy'
  const preload = Number(values.preload ?? (busy ? 5000 : 0))
  const wanted = Math.ceil((seconds + warmupS) * (ratePerS ?? Number(values['at-most'])))
  const options = { dayStartMs: Date.now() + START_IN_MS }
  const row = rowOf(values.workload, preload + wanted, options)
  const suppliers = await enlist(target, SUPPLIERS)
  const finder = finderFor({ exact: values.exact })
  const implicitSubscription = values.subscriptions === 'implicit'
  const window = Math.max(256, 16 * connections)

  let held: Prepared | null = null
  if (preload > 0) {
    held = prepareCreates(row, [0, preload], { target, suppliers, finder, window })
    const result = await drive({ url, requests: held.requests, connections: 32, warmupS: 0, seconds: 3600 })
    checkStatuses(result, held)
    note(`preloaded ${result.sent} at ${Math.round(result.perSecond)}/s`)
  }
  const range = [preload, preload + wanted] as const
  const began = performance.now()
  const prepared =
    busy && held !== null
      ? prepareUpdates(row, range, { target, finder, window, held })
      : prepareCreates(row, range, { target, suppliers, finder, window, implicitSubscription })
  const { requests } = prepared
  note(
    `prepared ${requests.count} requests in ${((performance.now() - began) / 1000).toFixed(1)} s, ${Math.round(requests.bytes / requests.count)} bytes and ${prepared.meanKey.toFixed(1)} keys each`,
  )
  const meter = values.pid === undefined ? null : cpuMeter(Number(values.pid))
  let cpu: CpuShare | null = null
  const result = await drive({
    url,
    requests,
    connections,
    warmupS,
    seconds,
    ...(ratePerS === null ? {} : { ratePerS }),
    onMeasure: (phase) => {
      if (phase === 'start') meter?.start()
      else cpu = meter?.read() ?? null
    },
  })
  show(result, cpu)
  checkStatuses(result, prepared)
  await checkSample(target, prepared, { sent: result.sent, size: 200 })
  const counts = await countsOf(target).catch(() => null)
  if (counts !== null)
    note(`the service holds ${counts.operational_intents} intents, ${counts.subscriptions} subscriptions`)
}

function rowOf(workload: string, count: number, options: { readonly dayStartMs: number }): PlanRow {
  switch (workload) {
    case 'deliveries':
      return deliveries(count, SEED, options)
    case 'mix':
      return studyPlans(count, SEED, options)
    case 'busy':
      return busyCell(count, SEED, options)
    default:
      throw new RangeError(`--workload ${workload} is none of deliveries, mix, busy`)
  }
}

const SEED = 555
const START_IN_MS = 15 * 60_000
const SUPPLIERS = Array.from({ length: 8 }, (_, index) => `uss${index + 1}`)

function show(result: LoadResult, cpu: CpuShare | null): void {
  const { p50, p90, p99, p999, max } = result.latencyMs
  const ms = (value: number): string => value.toFixed(value < 10 ? 2 : 1)
  const statuses = [...result.statuses].map(([status, count]) => `${status}: ${count}`).join(', ')
  const server =
    cpu === null
      ? ''
      : `; service ${(cpu.mainUs / result.measured).toFixed(1)} µs on its main thread, ${(cpu.totalUs / result.measured).toFixed(1)} in all`
  process.stdout.write(
    `${Math.round(result.perSecond)}/s over ${result.seconds.toFixed(1)} s; ms p50 ${ms(p50)} p90 ${ms(p90)} p99 ${ms(p99)} p99.9 ${ms(p999)} max ${ms(max)}; ${statuses}; generator ${result.generatorCpuUs.toFixed(1)} µs of processor a request${server}\n`,
  )
}

function note(text: string): void {
  process.stderr.write(`${text}\n`)
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${error instanceof WrongAnswer ? 'WRONG ANSWER: ' : ''}${(error as Error).stack}\n`)
  process.exitCode = 1
}
