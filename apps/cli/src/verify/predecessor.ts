import { existsSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Continuation,
  decodeBundle,
  equalBytes,
  type Finding,
  isSignedBy,
  parseCheckpoint,
  parseLogName,
  parseNote,
  verifyLog,
} from '@parley/record'
import type { ContentsJudge } from './contents-judge.ts'
import { continuationOf } from './continuation.ts'
import type { Crew } from './crew.ts'
import { type Access, logTargetAt, type LogTarget } from './target.ts'

/** What `parley verify` found of a log that the one asked about continues. */
export interface PastOutput {
  readonly origin: string
  /** Where it was read; null: it is not at hand, and what it came to was not held against anything. */
  readonly target: string | null
  /** Entries that were carried over. */
  readonly size: number
  /** Sizes of signed heads beyond them, which the author says are lost. */
  readonly lost: readonly number[]
  /** Whether the key of the log before has signed that it is continued; null where that key is not known here. */
  readonly signedByOld: boolean | null
}

export interface PastReport {
  readonly past: readonly PastOutput[]
  readonly findings: readonly Finding[]
}

interface PastOptions {
  readonly access: Access
  readonly judge: ContentsJudge
  readonly crew: Crew
}

/**
 * Holds a log that continues another against that one, and that against the one before: the head that is cited must be in it, its entries are
 * verified up to there, and a pool's decisions are decided again over all of them, so that what follows is decided from the state that was
 * carried over. Nothing for a log that continues none.
 */
export async function verifyPast(target: LogTarget, options: PastOptions): Promise<PastReport> {
  const continuation = await beginningOf(target)
  if (continuation === null) return { past: [], findings: [] }
  const { from, lost, state } = continuation
  const { judge, crew } = options
  const told = { origin: from.origin, size: from.size, lost: lost.map(({ size }) => size) }
  const before = await predecessorOf(target, from.origin, options.access)
  const key = before === null ? null : await before.statedKey()
  if (before === null || key === null) {
    judge.goBlind()
    return { past: [{ ...told, target: null, signedByOld: null }], findings: [] }
  }
  try {
    before.store?.believe(key)
    const earlier = await verifyPast(before, options)
    const report = await verifyLog(before.source, {
      logKey: key,
      earlier: [from],
      parallel: 2 * crew.size + 6,
      run: (job) => crew.entries(job),
      judge: (index, entry) => (index < from.size ? judge.judge(index, entry) : null),
    })
    before.store?.finish()
    const findings: Finding[] = [...earlier.findings]
    const wrong = report.findings[0]?.rule ?? before.store?.findings[0]?.what
    const fault = (kind: Finding['kind'], rule: string): Finding => ({
      kind,
      path: null,
      entries: { from: 0, to: 1 },
      bytes: null,
      rule,
    })
    if (key.name !== from.origin)
      findings.push(fault('replay', `it continues ${from.origin}, and ${key.name} is before it`))
    else if (wrong !== undefined)
      findings.push(
        fault(
          'store',
          `the log before (${before.name}) is not as it was signed, or not the one that is continued: ${wrong}`,
        ),
      )
    else {
      const digest = judge.stateDigest()
      if (state !== null && digest !== null && !equalBytes(digest, state))
        findings.push(
          fault(
            'replay',
            `the state after ${from.size} entries of ${from.origin} is not the one that it was begun with`,
          ),
        )
    }
    if (findings.length > 0) judge.goBlind()
    return {
      past: [...earlier.past, { ...told, target: before.name, signedByOld: isSignedBy(continuation, key) }],
      findings,
    }
  } finally {
    before.close()
  }
}

/** How the log begins, when that can be read and says that it continues another. What is damaged comes out when the log is verified. */
async function beginningOf({ source }: LogTarget): Promise<Continuation | null> {
  try {
    const note = await source.checkpoint()
    const size = note === null ? 0 : parseCheckpoint(parseNote(note).text).size
    if (size === 0) return null
    const width = Math.min(size, 256)
    const bundle = await source.bundle(0, width)
    const [entry] = bundle === null ? [] : decodeBundle(bundle, width)
    return entry === undefined ? null : continuationOf(entry)
  } catch {
    return null
  }
}

/** Where the log before lies: beside a journal in its data folder, below its number on a node; null elsewhere. */
async function predecessorOf(target: LogTarget, origin: string, access: Access): Promise<LogTarget | null> {
  const { number } = parseLogName(origin)
  if (target.store === null)
    return /^https?:/.test(target.name)
      ? logTargetAt(`${target.name.replace(/\/(\d+)?\/?$/, '')}/${number}`, access)
      : null
  const folder = join(target.store.dir, '..')
  for (const name of [`journal-${number}-copy`, `journal-${number}`, 'journal']) {
    const dir = join(folder, name)
    if (dir === target.store.dir || !existsSync(join(dir, 'journal.db'))) continue
    const found = logTargetAt(dir, access)
    if ((await found.statedKey())?.name === origin) return found
    found.close()
  }
  return null
}
