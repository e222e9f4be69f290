import { closeSync, constants, cpSync, fsyncSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { AirspaceState, apply, decodeEntry, type Entry, encodeEntry } from '@parley/airspace'
import { openSqliteJournal } from '@parley/journal'
import { parseSkey } from '@parley/record'
import type { EntityId, EpochMs } from '@parley/units'
import { uuidV4, uuidV7 } from '../load/ids.ts'
import type { PlanRow } from '../load/plans.ts'
import { enlist } from '../load/target.ts'
import { startNode } from './node-process.ts'
import { SubscriptionBook } from './subscriptions.ts'

/** A data folder that a node starts from, and what it holds. */
export interface Store {
  readonly dir: string
  readonly state: AirspaceState
  readonly book: SubscriptionBook | null
  /** Sum of the subscriptions' notification indices. */
  readonly notified: number
  /** How fast a node replayed the log when there was no snapshot. */
  readonly replay: { readonly entries: number; readonly seconds: number }
}

export interface StoreOptions {
  readonly dir: string
  readonly row: PlanRow
  readonly subscriptions: boolean
  readonly progress: (text: string) => void
}

const BATCH = 500
const BATCHES_AHEAD = 16
const REPORT_EVERY = 100_000
export const SUPPLIER_NAMES: readonly string[] = Array.from({ length: 8 }, (_, index) => `uss${index + 1}`)

/**
 * Fills a new data folder with the plans of a row, entry by entry as if each had been written with the key it needs, and has a node
 * replay the log and keep its own snapshot.
 */
export async function buildStore({ dir, row, subscriptions, progress }: StoreOptions): Promise<Store> {
  let book: SubscriptionBook | null = null
  let emptyStartMs = 0
  {
    // The node makes the folder its own, and takes the subscriptions while it is empty and they list nothing.
    await using node = await startNode({ dir })
    emptyStartMs = node.startedMs
    if (subscriptions) {
      book = new SubscriptionBook(await enlist(node.target, SUPPLIER_NAMES))
      await book.register(node.target)
    }
    await node.stop()
  }
  const { state, notified } = await fill(dir, { row, book, progress })
  await using node = await startNode({ dir })
  const replay = { entries: state.seq, seconds: (node.startedMs - emptyStartMs) / 1000 }
  progress(`${state.seq} entries replayed in ${replay.seconds.toFixed(1)} s`)
  await node.stop()
  return { dir, state, book, notified, replay }
}

interface Filling {
  readonly row: PlanRow
  readonly book: SubscriptionBook | null
  readonly progress: (text: string) => void
}

async function fill(
  dir: string,
  { row, book, progress }: Filling,
): Promise<{ state: AirspaceState; notified: number }> {
  // The node made its log's key at its first start; entries written beside it are signed by the same.
  const skey = readFileSync(join(dir, 'keys', 'log.key'), 'utf8').trim()
  const journal = await openSqliteJournal({
    dir: join(dir, 'journal'),
    kind: 'pool',
    log: { origin: parseSkey(skey).name, author: { kind: 'signer', skey } },
  })
  try {
    const state = new AirspaceState({ exact: false })
    let seq = 0
    for await (const { bytes } of journal.read(0, journal.head())) apply(state, decodeEntry(bytes), ++seq)
    const indices = new Int32Array(book?.subscriptions.length ?? 0)
    const pending: Promise<number>[] = []
    const nowMs = Date.now() as EpochMs
    let notified = 0
    let batch: Uint8Array[] = []
    for (let index = 0; index < row.count; index++) {
      const notify = (book?.matches(row.plan(index)) ?? []).map((at) => {
        const { id, supplier } = book!.subscriptions[at]!
        indices[at]!++
        return { subscriptionId: id as EntityId, notificationIndex: indices[at]!, url: supplier.baseUrl }
      })
      notified += notify.length
      const entry = creation(row.plan(index), {
        manager: SUPPLIER_NAMES[index % SUPPLIER_NAMES.length]!,
        nowMs,
        notified: notify.sort((a, b) => (a.subscriptionId < b.subscriptionId ? -1 : 1)),
      })
      apply(state, entry, ++seq)
      batch.push(encodeEntry(entry))
      if (batch.length === BATCH || index === row.count - 1) {
        pending.push(journal.append(seq - batch.length, batch))
        batch = []
        if (pending.length > BATCHES_AHEAD) await pending.shift()
      }
      if ((index + 1) % REPORT_EVERY === 0) progress(`${index + 1} of ${row.count} plans stored`)
    }
    await Promise.all(pending)
    return { state, notified }
  } finally {
    await journal.close()
  }
}

type Creation = Pick<Entry & { outcome: { kind: 'accepted' } }, 'manager'> & {
  readonly nowMs: EpochMs
  readonly notified: Extract<Entry['outcome'], { kind: 'accepted' }>['notified']
}

/** The entry that a granted creation makes. */
function creation(volumes: ReturnType<PlanRow['plan']>, { manager, nowMs, notified }: Creation): Entry {
  let startMs = Number.POSITIVE_INFINITY
  let endMs = Number.NEGATIVE_INFINITY
  let altitudeLowerM = Number.POSITIVE_INFINITY
  let altitudeUpperM = Number.NEGATIVE_INFINITY
  for (const volume of volumes) {
    startMs = Math.min(startMs, volume.startMs)
    endMs = Math.max(endMs, volume.endMs)
    altitudeLowerM = Math.min(altitudeLowerM, volume.altitudeLowerM)
    altitudeUpperM = Math.max(altitudeUpperM, volume.altitudeUpperM)
  }
  const id = uuidV4() as EntityId
  const record = {
    id,
    manager,
    url: `https://${manager}.example.com/f3548`,
    state: 'Accepted',
    version: 1,
    ovn: `${id}_${uuidV7(nowMs)}`,
    subscriptionId: null,
    availability: 'Unknown',
    startMs,
    endMs,
    altitudeLowerM,
    altitudeUpperM,
  } as Extract<
    Extract<Entry['outcome'], { kind: 'accepted' }>['changes'][number],
    { kind: 'putOperationalIntent' }
  >['record']
  return {
    atMs: nowMs,
    subject: 'operational_intent',
    action: 'create',
    manager,
    id,
    digest: [0, 0],
    rules: { exact: false, compat: false },
    outcome: { kind: 'accepted', changes: [{ kind: 'putOperationalIntent', record, volumes }], notified, volumes: [] },
  }
}

/** A copy of a store's folder, to be written to and thrown away; on the disk before it returns, so that nobody waits for it later. */
export function copyOf(store: Pick<Store, 'dir'>, dir: string): AsyncDisposable & { readonly dir: string } {
  cpSync(store.dir, dir, { recursive: true, mode: constants.COPYFILE_FICLONE })
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const handle = openSync(join(entry.parentPath, entry.name), 'r+')
    fsyncSync(handle)
    closeSync(handle)
  }
  return {
    dir,
    [Symbol.asyncDispose]: async () => rmSync(dir, { recursive: true, force: true }),
  }
}
