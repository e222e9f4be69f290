import { parentPort, workerData } from 'node:worker_threads'
import { JournalFault, JournalRefusal } from '../errors.ts'
import type { StoreAnswer, StoreRequest, StoreSettings, WireError } from './protocol.ts'
import { SqliteStore } from './store.ts'

const IDLE_TICK_MS = 1000

const port = parentPort
if (port === null) throw new Error('this module runs as a worker thread only')

const answer = (message: StoreAnswer, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer)

let store: SqliteStore | undefined
try {
  store = new SqliteStore(workerData as StoreSettings)
  answer({ kind: 'opened', head: store.head, journalId: store.journalId, notices: store.notices })
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
          answer({ kind: 'commit-failed', error: wire(error) })
          return
        }
        const buffers = request.batches.map((batch) => batch.buffer)
        answer({ kind: 'committed', buffers }, buffers)
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
    }
  })
}

function reply(id: number, work: () => void): void {
  try {
    work()
  } catch (error) {
    answer({ kind: 'failed', id, error: wire(error) })
  }
}

function wire(error: unknown): WireError {
  if (error instanceof JournalRefusal || error instanceof JournalFault) {
    return { code: error.code, message: error.message, details: error.details }
  }
  throw error
}
