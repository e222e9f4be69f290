import { writeSync } from 'node:fs'
import { openSqliteJournal } from '../sqlite/sqlite-journal.ts'
import { seeded, tellingEntry, tellingSection } from './entries.ts'
import { testLog } from './keys.ts'

/**
 * A process that writes until it is killed: `node writer.js DIR SEED [OPTIONS as JSON]`. Prints `open HEAD`, then `ack HEAD` for each
 * acknowledged append and `saved SEQ` for each snapshot, each in one write that a kill cannot tear from what it says,
 * with `log` also `head SIZE NOTE` (base64) for each signed head it sees, before the `ack` that it stands for,
 * and `fault CODE REASON OUTCOME` when the store gives up.
 */
const [dir, seedText, optionsText] = process.argv.slice(2)
if (dir === undefined || seedText === undefined) throw new Error('usage: writer.js DIR SEED [OPTIONS]')
const options = JSON.parse(optionsText ?? '{}') as {
  inFlight?: number
  checkpointBytes?: number
  sectionBytes?: number
  stopAfter?: number
  /** Write a log. */
  log?: boolean
  /** After a fault, die at once instead of closing. */
  dieOnFault?: boolean
}
// A write beyond the file size limit then fails as an I/O error instead of ending the process.
if (process.platform !== 'win32') process.on('SIGXFSZ', () => undefined)

const say = (line: string): void => {
  writeSync(1, `${line}\n`)
}
const random = seeded(Number(seedText))
const journal = await openSqliteJournal({
  dir,
  checkpointBytes: options.checkpointBytes ?? 64 << 10,
  ...(options.log ? { log: testLog().author } : {}),
})
let told = -1
const sayHead = (): void => {
  const head = journal.log?.checkpoint()
  if (head === undefined || head === null || head.size === told) return
  told = head.size
  say(`head ${head.size} ${Buffer.from(head.note).toString('base64')}`)
}
sayHead()
say(`open ${journal.head()}`)

let tail = journal.head()
const stopAt = tail + (options.stopAfter ?? Number.POSITIVE_INFINITY)
const more = (): boolean => tail < stopAt

async function write(): Promise<void> {
  while (more()) {
    const first = tail
    const count = 1 + Math.floor(random() * random() * 8)
    tail += count
    const entries = Array.from({ length: count }, (_, i) => tellingEntry(first + i, first, count))
    const head = await journal.append(first, entries)
    sayHead()
    say(`ack ${head}`)
  }
}

async function snapshots(sectionBytes: number): Promise<void> {
  while (more()) {
    const seq = journal.head()
    await journal.saveSnapshot(seq, [
      { name: 'a', bytes: tellingSection(seq, sectionBytes) },
      { name: 'b', bytes: tellingSection(seq + 1, 1000) },
    ])
    say(`saved ${seq}`)
  }
}

try {
  const writers = Array.from({ length: options.inFlight ?? 8 }, write)
  const sectionBytes = options.sectionBytes ?? 0
  await Promise.all(sectionBytes > 0 ? [...writers, snapshots(sectionBytes)] : writers)
  say(`done ${journal.head()}`)
} catch (error) {
  const { code, details } = error as { code?: string; details?: { reason?: string; outcome?: string } }
  say(`fault ${code ?? String(error)} ${details?.reason ?? '-'} ${details?.outcome ?? '-'}`)
  if (options.dieOnFault) process.kill(process.pid, 'SIGKILL')
}
await journal.close()
say('closed')
