import { setTimeout as sleep } from 'node:timers/promises'
import { CompactRange } from '@parley/record'
import type { Journal } from '../journal.ts'
import { openSqliteJournal } from '../sqlite/sqlite-journal.ts'
import { checkEntries, checkHeads } from './checks.ts'
import { startWriter } from './child.ts'
import { seeded, tellingSection } from './entries.ts'
import { testLog } from './keys.ts'

export interface KillRounds {
  readonly dir: string
  readonly rounds: number
  readonly seed: number
  /** Write a log, and hold every signed head a writer saw against the entries found afterwards. */
  readonly log?: boolean
  /** Ends the run after the round under way, as if it had been the last. */
  readonly signal?: AbortSignal
  /** Called after each round that held. */
  readonly onRound?: (so_far: KillTally) => void
}

/** What a run of kills went through. */
export interface KillTally {
  rounds: number
  /** Kills that came before the writer had opened the store, among them those during recovery. */
  whileOpening: number
  /** Entries acknowledged to a writer before its kill, over all rounds. */
  acknowledged: number
  /** Entries found that nobody had been told of: durable, killed before the answer. */
  unacknowledged: number
  /** Unfinished writes found and dropped. */
  tornTails: number
  snapshotsLoaded: number
  /** Signed heads that writers saw, all found to be of one history. */
  signedHeads: number
  head: number
}

/** One store through all its rounds. */
interface Store {
  readonly dir: string
  readonly log: boolean
  /** The tree over the entries found so far. */
  readonly tree: CompactRange
  readonly tally: KillTally
}

const SECTION_BYTES = 300_000

/**
 * Starts a writer, kills it at a random instant (while it starts, recovers, commits, checkpoints or saves a snapshot),
 * opens the store and looks at it; `rounds` times on one store. After each kill every acknowledged entry must be there,
 * the log without a gap, every byte as written, every append whole, and the snapshot, if any, whole and of this log. Of
 * a log, every head that any writer saw must be signed and be the root of the entries found up to its size: then no two
 * of them contradict each other.
 *
 * @throws {Error} naming the seed, the round and what did not hold
 */
export async function killRounds({ dir, rounds, seed, log = false, signal, onRound }: KillRounds): Promise<KillTally> {
  const random = seeded(seed)
  const tally: KillTally = {
    rounds: 0,
    whileOpening: 0,
    acknowledged: 0,
    unacknowledged: 0,
    tornTails: 0,
    snapshotsLoaded: 0,
    signedHeads: 0,
    head: 0,
  }
  const store: Store = { dir, log, tree: new CompactRange(), tally }
  for (let round = 1, last = false; !last; round++) {
    try {
      await oneRound(store, random)
      last = round === rounds || signal?.aborted === true
      if (last) await reopened(store, (journal) => checkEntries(journal, 0))
    } catch (error) {
      throw new Error(`round ${round} of seed ${seed}: ${(error as Error).message}`, { cause: error })
    }
    tally.rounds = round
    onRound?.(tally)
  }
  return tally
}

async function oneRound(store: Store, random: () => number): Promise<void> {
  const { dir, log, tally } = store
  const options = {
    log,
    inFlight: 1 + Math.floor(random() * 32),
    checkpointBytes: random() < 0.5 ? 16 << 10 : 256 << 10,
    sectionBytes: random() < 0.5 ? SECTION_BYTES : 0,
  }
  const writer = startWriter([dir, String(Math.floor(random() * 2 ** 32)), JSON.stringify(options)])
  if (random() < 0.2) {
    await sleep(random() * 120)
  } else {
    await writer.said('open ')
    await sleep(random() * 60)
  }
  writer.child.kill('SIGKILL')
  const lines = await writer.ended()
  const fault = lines.find((line) => line.startsWith('fault'))
  if (fault !== undefined) throw new Error(`the writer met a ${fault}`)

  const openedAt = lines.find((line) => line.startsWith('open '))
  if (openedAt === undefined) tally.whileOpening++
  else if (Number(openedAt.slice(5)) !== tally.head) throw new Error(`opened with "${openedAt}", not ${tally.head}`)
  const acknowledged = lines.reduce(
    (max, line) => (line.startsWith('ack ') ? Math.max(max, Number(line.slice(4))) : max),
    tally.head,
  )
  const savedAt = lines.reduce(
    (max, line) => (line.startsWith('saved ') ? Math.max(max, Number(line.slice(6))) : max),
    -1,
  )

  await reopened(store, async (journal) => {
    const head = journal.head()
    if (head < acknowledged) throw new Error(`entries ${head} to ${acknowledged} were acknowledged and are gone`)
    await checkEntries(journal, Math.max(0, tally.head - 100))
    if (log) tally.signedHeads += await checkHeads(journal, store.tree, lines)
    const snapshot = await journal.loadSnapshot()
    if (snapshot === null) {
      if (savedAt >= 0) throw new Error(`the snapshot saved at ${savedAt} is gone`)
    } else {
      if (snapshot.seq < savedAt) throw new Error(`the snapshot saved at ${savedAt} is gone, ${snapshot.seq} is there`)
      const a = snapshot.sections.get('a')
      if (a === undefined || Buffer.compare(a, tellingSection(snapshot.seq, SECTION_BYTES)) !== 0) {
        throw new Error(`the snapshot at ${snapshot.seq} is not what was saved`)
      }
      tally.snapshotsLoaded++
    }
    tally.acknowledged += acknowledged - tally.head
    tally.unacknowledged += head - acknowledged
    tally.head = head
  })
}

async function reopened({ dir, log, tally }: Store, check: (journal: Journal) => Promise<void>): Promise<void> {
  const journal = await openSqliteJournal({
    dir,
    ...(log ? { log: testLog().author } : {}),
    onNotice: (notice) => {
      if (notice.kind === 'torn-tail') tally.tornTails++
      else if (notice.kind === 'snapshot-skipped')
        throw new Error(`the snapshot at ${notice.seq} was skipped: ${notice.reason}`)
    },
  })
  try {
    await check(journal)
  } finally {
    await journal.close()
  }
}
