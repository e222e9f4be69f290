import { parentPort, workerData } from 'node:worker_threads'
import { JournalFault, JournalRefusal } from '../errors.ts'
import type { LogStore } from './log-store.ts'
import type { LogRequest, StoreAnswer, StoreRequest, StoreSettings, WireError } from './protocol.ts'
import { SqliteStore } from './store.ts'

const IDLE_TICK_MS = 1000

const port = parentPort
if (port === null) throw new Error('this module runs as a worker thread only')

const answer = (message: StoreAnswer, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer)

let store: SqliteStore | undefined
try {
  store = new SqliteStore(workerData as StoreSettings, {
    notify: (notice) => answer({ kind: 'notice', notice }),
  })
  const { head, journalId, log } = store
  answer({ kind: 'opened', head, journalId, log: log === null ? null : { ...log.identity, view: log.view } })
} catch (error) {
  answer({ kind: 'refused', error: wire(error) })
}
if (store !== undefined) serve(store)

function serve(store: SqliteStore): void {
  const guarded = (work: () => void): void => {
    try {
      work()
    } catch (error) {
      answer({ kind: 'poisoned', error: wire(error) })
    }
  }
  const idle = setInterval(() => guarded(() => store.tick()), IDLE_TICK_MS)

  port?.on('message', (request: StoreRequest) => {
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
        store.close()
        // With nothing left to listen to, the worker ends, and its end is the answer: only then are all locks gone.
        port?.close()
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

function reply(id: number, work: () => void): void {
  try {
    work()
  } catch (error) {
    answer({ kind: 'failed', id, error: wire(error) })
    if (error instanceof JournalFault && error.code === 'COMMIT_FAILED')
      answer({ kind: 'poisoned', error: wire(error) })
  }
}

function wire(error: unknown): WireError {
  if (error instanceof JournalRefusal || error instanceof JournalFault) {
    return { code: error.code, message: error.message, details: error.details }
  }
  throw error
}
