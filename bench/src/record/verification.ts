import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { type EntriesCheck, type EntriesJob, type LogSource, verifyLog } from '@parley/record'
import type { BenchmarkContext, Measurement } from '../benchmark.ts'
import { WrongAnswer } from '../load/check.ts'
import { median } from '../statistics.ts'
import { LOG_KEY, officer } from './acts.ts'
import { actsOf } from './durable.ts'
import { fillJournal, openJournal } from './journals.ts'

const GOAL_PER_S = 12_000
const WORKERS = 2
const AHEAD = 8
const RAW = 2000

/** A whole log verified with every act's signature, by one thread and by workers. */
export async function wholeLog(context: BenchmarkContext): Promise<Measurement[]> {
  const count = actsOf(context)
  const dir = join(context.workDir, 'verified')
  await fillJournal(dir, count)
  const journal = await openJournal(dir, { log: true })
  const workers = Array.from({ length: WORKERS }, () => new Worker(new URL('./verify-worker.js', import.meta.url)))
  try {
    const log = journal.log!
    const source: LogSource = {
      checkpoint: async () => log.checkpoint()?.note ?? null,
      tile: (level, index, width) => log.tile(level, index, width),
      bundle: (index, width) => log.bundle(index, width),
      blob: (sha256) => log.blob(sha256),
    }
    const crew = new Crew(workers)
    const alone: number[] = []
    const crewed: number[] = []
    for (let run = 0; run < context.runs; run++) {
      alone.push(await rate(source, { count }))
      crewed.push(await rate(source, { count, crew }))
      context.progress(`R2: ${Math.round(alone.at(-1)!)}/s, ${Math.round(crewed.at(-1)!)}/s with ${WORKERS} workers`)
    }
    const right = await findsAlteration(source)
    const peer = { name: 'node:crypto verify', value: verifyLimit(), better: 'more' } as const
    return [
      {
        id: 'R2',
        what: 'whole log with signatures, one thread',
        unit: 'acts/s',
        value: median(alone),
        goal: { kind: 'at-least', value: GOAL_PER_S },
        peer,
        right,
      },
      { id: 'R2', what: `the same with ${WORKERS} workers`, unit: 'acts/s', value: median(crewed), peer, right },
    ]
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
    await journal.close()
  }
}

async function rate(
  source: LogSource,
  { count, crew }: { readonly count: number; readonly crew?: Crew },
): Promise<number> {
  const beganMs = performance.now()
  const report = await verifyLog(source, {
    logKey: LOG_KEY,
    officers: [officer.key],
    ...(crew === undefined ? {} : { parallel: WORKERS * AHEAD, run: (job: EntriesJob) => crew.run(job) }),
  })
  const seconds = (performance.now() - beganMs) / 1000
  if (report.verdict !== 'verified' || report.acts.signed !== count)
    throw new WrongAnswer(`${report.verdict}: ${report.acts.signed} of ${count} acts verified`)
  return count / seconds
}

/** Whether one bit changed in one bundle is found. */
async function findsAlteration(source: LogSource): Promise<boolean> {
  const { verdict } = await verifyLog(
    {
      ...source,
      bundle: async (index, width) => {
        const bytes = await source.bundle(index, width)
        if (bytes === null || index !== 1) return bytes
        const altered = Uint8Array.from(bytes)
        altered[altered.length >> 1]! ^= 1
        return altered
      },
    },
    { logKey: LOG_KEY, officers: [officer.key] },
  )
  return verdict === 'altered'
}

/** Jobs dealt out to threads in turn; each answers in the order in which it was asked. */
class Crew {
  readonly #workers: readonly Worker[]
  readonly #waiting: ((found: EntriesCheck) => void)[][]
  #next = 0

  constructor(workers: readonly Worker[]) {
    this.#workers = workers
    this.#waiting = workers.map(() => [])
    for (const [at, worker] of workers.entries())
      worker.on('message', (found: EntriesCheck) => this.#waiting[at]!.shift()?.(found))
  }

  run(job: EntriesJob): Promise<EntriesCheck> {
    const at = this.#next++ % this.#workers.length
    return new Promise((resolve) => {
      this.#waiting[at]!.push(resolve)
      this.#workers[at]!.postMessage(job, [])
    })
  }
}

/** Ed25519 verifications of 512 bytes a second, with nothing around them. */
function verifyLimit(): number {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, 7)])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey(privateKey)
  const message = Buffer.alloc(512, 1)
  const signature = sign(null, message, privateKey)
  const beganMs = performance.now()
  for (let at = 0; at < RAW; at++) if (!verify(null, message, publicKey, signature)) throw new WrongAnswer('verify')
  return (RAW * 1000) / (performance.now() - beganMs)
}
