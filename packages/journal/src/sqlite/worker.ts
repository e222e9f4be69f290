import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type MessagePort, parentPort } from 'node:worker_threads'
import { JournalFault, JournalRefusal } from '../errors.ts'
import type { LogStore } from './log-store.ts'
import type { LogRequest, OpenRequest, StoreAnswer, StoreRequest, ThreadRequest, WireError } from './protocol.ts'
import { SqliteStore } from './store.ts'

const IDLE_TICK_MS = 1000
const MAX_COLLECTIONS = 20
/** What a statement holds may itself be freed by the next collection only. */
const COLLECTIONS_AFTER = 4

type Answer = (message: StoreAnswer, transfer?: ArrayBuffer[]) => void

if (parentPort === null) throw new Error('this module runs as a worker thread only')
const thread = parentPort

thread.on('message', (request: ThreadRequest) => {
  if (request.kind === 'open') open(request)
  // With no port left the thread ends: only then are all locks gone for certain.
  else thread.close()
})

function open({ settings, port }: OpenRequest): void {
  const answer: Answer = (message, transfer = []) => port.postMessage(message, transfer)
  let store: SqliteStore
  try {
    store = new SqliteStore(settings, { notify: (notice) => answer({ kind: 'notice', notice }) })
  } catch (error) {
    answer({ kind: 'refused', error: wire(error) })
    void letGo(port, null)
    return
  }
  const { head, journalId, log } = store
  serve(store, { port, answer })
  answer({ kind: 'opened', head, journalId, log: log === null ? null : { ...log.identity, view: log.view } })
}

/**
 * Says that a store is closed once it has let go of its files. SQLite keeps a database open, and locked, while a statement of it
 * exists, and statements end with their last reference: so what nothing holds any more is collected first.
 */
async function letGo(port: MessagePort, store: WeakRef<SqliteStore> | null): Promise<void> {
  let after = 0
  for (let tries = 0; tries < MAX_COLLECTIONS && after < COLLECTIONS_AFTER; tries += 1) {
    // Whoever called this still has the store at hand; what was collected is closed in turns of the event loop that follow.
    await turn()
    await turn()
    collect()
    if (store?.deref() === undefined) after += 1
  }
  await turn()
  await turn()
  port.close()
}

let collector: (() => void) | null = null

function collect(): void {
  if (collector === null) {
    setFlagsFromString('--expose-gc')
    collector = runInNewContext('gc') as () => void
    setFlagsFromString('--no-expose-gc')
  }
  collector()
}

function serve(opened: SqliteStore, { port, answer }: { readonly port: MessagePort; readonly answer: Answer }): void {
  // Let go of at the end: see `letGo`.
  let held: SqliteStore | null = opened
  const guarded = (work: () => void): void => {
    try {
      work()
    } catch (error) {
      answer({ kind: 'poisoned', error: wire(error) })
    }
  }
  const reply = (id: number, work: () => void): void => {
    try {
      work()
    } catch (error) {
      answer({ kind: 'failed', id, error: wire(error) })
      if (error instanceof JournalFault && error.code === 'COMMIT_FAILED')
        answer({ kind: 'poisoned', error: wire(error) })
    }
  }
  const idle = setInterval(() => guarded(() => held?.tick()), IDLE_TICK_MS)

  port.on('message', (request: StoreRequest) => {
    const store = held
    if (store === null) return
    switch (request.kind) {
      case 'commit': {
        try {
          store.commit(request.batches)
        } catch (error) {
          if (error instanceof JournalRefusal && store.log !== null) {
            answer({ kind: 'commit-refused', error: wire(error), view: store.log.view })
          } else answer({ kind: 'commit-failed', error: wire(error) })
          return
        }
        const buffers = request.batches.map((batch) => batch.buffer)
        answer({ kind: 'committed', buffers, checkpoint: store.log?.checkpoint ?? null }, buffers)
        guarded(() => store.checkpointIfDue())
        return
      }
      case 'read':
        reply(request.id, () => {
          const chunk = store.read(request.from, request.to)
          answer({ kind: 'chunk', id: request.id, chunk }, [chunk.buffer, chunk.index.buffer as ArrayBuffer])
        })
        return
      case 'anchor':
        reply(request.id, () => answer({ kind: 'anchored', id: request.id, checksum: store.anchor(request.seq) }))
        return
      case 'close':
        clearInterval(idle)
        held = null
        store.close()
        // A thread that ends now lets go of everything by that.
        if (request.last) port.close()
        else {
          store.unlock()
          void letGo(port, new WeakRef(store))
        }
        return
      default:
        reply(request.id, () => {
          const { log } = store
          if (log === null) throw new Error('the journal is no log')
          const bytes = carryOut(request, store, log)
          const { head } = store
          const transfer = bytes === null ? [] : [bytes.buffer as ArrayBuffer]
          answer({ kind: 'log-answer', id: request.id, bytes, head, view: log.view }, transfer)
          guarded(() => store.checkpointIfDue())
        })
    }
  })
}

/** Bytes that it returns are given away. */
function carryOut(request: LogRequest, store: SqliteStore, log: LogStore): Uint8Array | null {
  switch (request.kind) {
    case 'stage':
      store.stage(request.batches)
      return null
    case 'unstage':
      store.unstage()
      return null
    case 'append-signed':
      store.appendSigned(request.batches, request.note)
      return null
    case 'tile':
      return log.tile(request.level, request.index, request.width)
    case 'bundle':
      return log.bundle(request.index, request.width)
    case 'blob':
      return log.blob(request.sha256)
    case 'root-at':
      return log.rootAt(request.size).slice()
    case 'save-cosignatures':
      log.saveCosignatures(request.size, request.lines)
      return null
    case 'reconcile':
      log.reconcile(request.heads)
      return null
    case 'halt':
      log.halt(request.why)
      return null
    case 'seal':
      log.seal(request.next)
      return null
  }
}

function wire(error: unknown): WireError {
  if (error instanceof JournalRefusal || error instanceof JournalFault) {
    return { code: error.code, message: error.message, details: error.details }
  }
  throw error
}
