import { existsSync, rmSync } from 'node:fs'
import type { BenchmarkContext, Measurement } from '../benchmark.ts'
import { median } from '../statistics.ts'
import { startNode } from '../write-path/node-process.ts'
import { describe, WriteSession } from '../write-path/session.ts'
import { scratchName, writtenDeliveries } from '../write-path/stores.ts'

const CONNECTIONS = 32
const SECONDS = 5
const KEPT_SHARE = 0.85
/** Program of a node whose journal is no log: parley-node.js of a build from before there was one. */
const PLAIN_NODE = 'PARLEY_BENCH_PLAIN_NODE'

/** The same deliveries to an empty pool of this build and to one without a log, in turns. */
export async function poolWithLog(context: BenchmarkContext): Promise<Measurement[]> {
  const program = process.env[PLAIN_NODE] ?? null
  if (program !== null && !existsSync(program)) throw new Error(`${PLAIN_NODE}: there is no ${program}`)
  const write = async (options: { readonly program?: string }): Promise<number> => {
    const dir = scratchName(context)
    try {
      await using node = await startNode({ dir, ...options })
      const session = await WriteSession.open({ node, row: writtenDeliveries(context), kind: 'record' })
      const found = await session.create({ connections: CONNECTIONS, seconds: SECONDS })
      context.progress(`R7 ${options.program === undefined ? 'with the log' : 'without'}: ${describe(found)}`)
      return found.perSecond
    } finally {
      rmSync(dir, { recursive: true, force: true })
    }
  }
  const withLog: number[] = []
  const without: number[] = []
  for (let run = 0; run < context.runs; run++) {
    if (program !== null && run % 2 === 0) without.push(await write({ program }))
    withLog.push(await write({}))
    if (program !== null && run % 2 === 1) without.push(await write({ program }))
  }
  return [
    {
      id: 'R7',
      what: `deliveries, ${CONNECTIONS} connections, empty pool that is a log`,
      unit: 'writes/s',
      value: median(withLog),
      right: true,
      ...(program === null ? {} : { peer: { name: 'without a log', value: median(without), better: 'more' } }),
    },
    {
      id: 'R7',
      what: 'rate kept with tree and signed head',
      unit: 'of the rate',
      value: program === null ? null : median(withLog.map((rate, run) => rate / without[run]!)),
      goal: { kind: 'at-least', value: KEPT_SHARE },
      ...(program === null ? { note: `needs ${PLAIN_NODE}, a parley-node.js built before the log` } : { right: true }),
    },
  ]
}
