import { createPrivateKey, sign } from 'node:crypto'
import { join } from 'node:path'
import { CompactRange, equalBytes, leafHash } from '@parley/record'
import type { BenchmarkContext, Measurement } from '../benchmark.ts'
import { WrongAnswer } from '../load/check.ts'
import { median } from '../statistics.ts'
import { fdatasyncMs } from '../write-path/disk.ts'
import { actAt, acts } from './acts.ts'
import { bytesOf, checkHead, openJournal } from './journals.ts'

const WRITERS = 256
const ALONE_SHARE = 20
const SIGNED = 2000
const GOAL_PER_S = 20_000
const BYTES_GOAL = 700

/** A share of the plans: every run writes so many acts, twice. */
export const actsOf = ({ plans }: BenchmarkContext): number => Math.max(1000, Math.round(plans / 10))

/** Acts made durable by writers of which each waits for its last act, with and without the log, in turns over the same acts. */
export async function durableActs(context: BenchmarkContext): Promise<Measurement[]> {
  const entries = acts(0, actsOf(context))
  const rates = { on: [] as number[], off: [] as number[] }
  let bytes = 0
  for (let run = 0; run < context.runs; run++) {
    for (const kind of run % 2 === 0 ? (['off', 'on'] as const) : (['on', 'off'] as const)) {
      const dir = join(context.workDir, `acts-${kind}-${run}`)
      rates[kind].push(await write(dir, { entries, log: kind === 'on', writers: WRITERS }))
      if (kind === 'on') bytes = bytesOf(dir)
    }
    context.progress(
      `R1 ${WRITERS} writers: ${Math.round(rates.on.at(-1)!)}/s, ${Math.round(rates.off.at(-1)!)}/s without the log`,
    )
  }
  const few = entries.slice(0, Math.ceil(entries.length / ALONE_SHARE))
  const flushMs = fdatasyncMs(context.workDir)
  const alone = await write(join(context.workDir, 'acts-alone'), { entries: few, log: true, writers: 1 })
  const [on, off] = [median(rates.on), median(rates.off)]
  const kept = median(rates.on.map((rate, run) => rate / rates.off[run]!))
  const entryBytes = entries.reduce((sum, entry) => sum + entry.length, 0) / entries.length
  return [
    {
      id: 'R1',
      what: `durable acts, ${WRITERS} writers, log on`,
      unit: 'acts/s',
      value: on,
      goal: { kind: 'at-least', value: GOAL_PER_S },
      peer: { name: 'without the log', value: off, better: 'more' },
      right: true,
    },
    {
      id: 'R1',
      what: 'rate kept with tree and signed head',
      unit: 'of the rate',
      value: kept,
      right: true,
    },
    {
      id: 'R1',
      what: 'durable acts, one writer, log on',
      unit: 'acts/s',
      value: alone,
      peer: { name: 'fdatasync of 4 kB', value: 1000 / flushMs, better: 'more' },
      right: true,
    },
    {
      id: 'R1',
      what: 'acts made and signed, one thread',
      unit: 'acts/s',
      value: perSecond(SIGNED, (index) => actAt(index)),
      peer: { name: 'node:crypto sign', value: signLimit(), better: 'more' },
      right: true,
    },
    {
      id: 'R4',
      what: `bytes an act at rest, ${WRITERS} writers`,
      unit: 'bytes',
      value: bytes / entries.length,
      goal: { kind: 'at-most', value: BYTES_GOAL },
      peer: { name: 'the act itself', value: entryBytes, better: 'less' },
      right: true,
    },
  ]
}

interface Writing {
  readonly entries: readonly Uint8Array[]
  readonly log: boolean
  readonly writers: number
}

/** Acts a second; every act is found again, and the signed head is that of their tree. */
async function write(dir: string, { entries, log, writers }: Writing): Promise<number> {
  const journal = await openJournal(dir, { log })
  try {
    let next = 0
    const writer = async (): Promise<void> => {
      while (next < entries.length) {
        const at = next++
        await journal.append(at, [entries[at]!])
      }
    }
    const beganMs = performance.now()
    await Promise.all(Array.from({ length: writers }, writer))
    const seconds = (performance.now() - beganMs) / 1000
    let seq = 0
    for await (const { bytes } of journal.read(0, journal.head()))
      if (!equalBytes(bytes, entries[seq++]!)) throw new WrongAnswer(`entry ${seq} is not the one written`)
    if (seq !== entries.length) throw new WrongAnswer(`${seq} of ${entries.length} entries were found again`)
    if (log) {
      const tree = new CompactRange()
      for (const entry of entries) tree.append(leafHash(entry))
      checkHead(journal, tree)
    }
    return entries.length / seconds
  } finally {
    await journal.close()
  }
}

function perSecond(count: number, work: (index: number) => unknown): number {
  for (let index = 0; index < count / 10; index++) work(index)
  const beganMs = performance.now()
  for (let index = 0; index < count; index++) work(index)
  return (count * 1000) / (performance.now() - beganMs)
}

/** Ed25519 signatures of 512 bytes a second, with nothing around them. */
function signLimit(): number {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, 7)])
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const message = Buffer.alloc(512, 1)
  return perSecond(SIGNED, () => sign(null, message, key))
}
