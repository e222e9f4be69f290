import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { CompactRange } from '@parley/record'
import { openSqliteJournal } from '../sqlite/sqlite-journal.ts'
import { checkEntries, checkHeads, lastAcknowledged } from './checks.ts'
import { startWriter } from './child.ts'
import { testLog } from './keys.ts'

/** A fault put into a writer: its `when`-th system call of a kind fails with an error, or ends the process. */
export interface Injection {
  readonly call: string
  /** An error such as `EIO`, or `SIGKILL`. */
  readonly fault: string
  /** Counted from 1; with a `+`, that one and all later. */
  readonly when: string
  /** Write a log. */
  readonly log: boolean
}

/** Whether `strace` is here and may trace. */
export function canInject(): boolean {
  return spawnSync('strace', ['-f', '-o', '/dev/null', '-e', 'trace=fsync', 'true']).status === 0
}

/** The files of a store: calls on other files are those of the program that runs, not of the journal. */
const FILES = ['', 'journal.db', 'journal.db-wal', 'journal.db-journal', 'lock', 'lock-holder.json']

/** The command that runs what follows it with the fault. Renames are only those of snapshots, whose names vary. */
export function injecting(dir: string, { call, fault, when }: Injection): string[] {
  const how = fault.startsWith('SIG') ? `signal=${fault}` : `error=${fault}`
  const paths = call === 'rename' ? [] : FILES.flatMap((name) => ['-P', join(dir, name).replace(/\/$/, '')])
  const trace = ['-e', `trace=${call}`, '-e', `inject=${call}:${how}:when=${when}`]
  return ['strace', '-f', '-qq', '-o', '/dev/null', ...paths, ...trace]
}

/**
 * Lets a writer run into the fault, then opens the store again: what was acknowledged is there, nothing else when the
 * writer was told so, every append whole, and all signed heads it saw are of the history that is there. What the writer
 * came to is given back: its last line.
 *
 * @throws {Error} naming what did not hold
 */
export async function faultRun(dir: string, injection: Injection): Promise<string> {
  const { log } = injection
  const options = { stopAfter: 40, checkpointBytes: 32 << 10, inFlight: 3, sectionBytes: 2000, dieOnFault: true, log }
  const writer = startWriter([dir, '5', JSON.stringify(options)], [...injecting(dir, injection), process.execPath])
  const lines = await writer.ended()
  const acknowledged = lastAcknowledged(lines)
  const fault = lines.find((line) => line.startsWith('fault ')) ?? ''
  // Another fault than those of the store would say that the writer, and not the disk, is what failed.
  if (fault !== '' && !/^fault (COMMIT_FAILED|IO_FAILED) /.test(fault)) throw new Error(`the writer met a ${fault}`)
  const journal = await openSqliteJournal({
    dir,
    onNotice: () => undefined,
    ...(log ? { log: testLog().author } : {}),
  })
  try {
    const head = journal.head()
    if (head < acknowledged) throw new Error(`entries ${head} to ${acknowledged} were acknowledged and are gone`)
    if (fault.startsWith('fault COMMIT_FAILED') && fault.endsWith(' absent') && head > acknowledged) {
      throw new Error(`entries ${acknowledged} to ${head} are there, and were said to be gone`)
    }
    await checkEntries(journal, 0)
    if (log) await checkHeads(journal, new CompactRange(), lines)
    if ((await journal.append(head, [new Uint8Array(3)])) !== head + 1) throw new Error('no append after the restart')
  } finally {
    await journal.close()
  }
  return lines.at(-1) ?? 'nothing said'
}
