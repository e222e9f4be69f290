import { decodeEntry, EntryFormatError, Replayer } from '@parley/airspace'
import { logFetcher, type TokenRequest } from '@parley/client'
import { fileSource, type Finding, openCheckpoint, parseVkey, type TreeHead, verifyLog } from '@parley/record'
import type { VerifyAnswer, VerifyReport, VerifyRequest } from './protocol.ts'

/** The thread in which this browser verifies the pool's log: it fetches, hashes, checks and decides again by itself. */
const here = globalThis as unknown as {
  addEventListener(kind: 'message', listener: (event: { readonly data: VerifyRequest }) => void): void
  postMessage(answer: VerifyAnswer, transfer: readonly Transferable[]): void
}

const PROGRESS_EVERY_MS = 100
let waitingForToken: { resolve: (token: string) => void; reject: (error: Error) => void } | null = null

const tell = (answer: VerifyAnswer): void => here.postMessage(answer, [])

here.addEventListener('message', ({ data }) => {
  switch (data.kind) {
    case 'start':
      run(data).then(
        (report) => tell({ kind: 'done', report }),
        (error: unknown) => tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }),
      )
      return
    case 'token':
      waitingForToken?.resolve(data.token)
      waitingForToken = null
      return
    case 'no-token':
      waitingForToken?.reject(new Error(data.message))
      waitingForToken = null
  }
})

/** Tokens are the page's; this thread keeps the one it got until it is not accepted any more. */
function tokenSource(): (scopes: readonly string[], request?: TokenRequest) => Promise<string> {
  let held: Promise<string> | null = null
  return (_, request) => {
    if (held === null || request?.fresh === true) {
      held = new Promise<string>((resolve, reject) => {
        waitingForToken = { resolve, reject }
      })
      held.catch(() => {
        held = null
      })
      tell({ kind: 'token-wanted', fresh: request?.fresh === true })
    }
    return held
  }
}

async function run(start: Extract<VerifyRequest, { kind: 'start' }>): Promise<VerifyReport> {
  const logKey = parseVkey(start.vkey)
  const earlier: TreeHead[] = start.earlier === null ? [] : [openCheckpoint(start.earlier, logKey).checkpoint]
  const replayer = new Replayer()
  let isPool = true
  let toldMs = 0
  const report = await verifyLog(fileSource(logFetcher({ baseUrl: start.baseUrl, token: tokenSource() })), {
    logKey,
    cosigners: start.cosigners.map(parseVkey),
    earlier,
    judge: (index, entry) => {
      if (index === 0) isPool = isDecision(entry)
      return isPool ? judged(replayer, index, entry) : null
    },
    onProgress: ({ done, total }) => {
      const nowMs = performance.now()
      if (nowMs - toldMs < PROGRESS_EVERY_MS && done < total) return
      toldMs = nowMs
      tell({ kind: 'progress', done, total })
    },
  })
  return { ...report, replayed: isPool && report.judged > 0 ? replayer.judged : null }
}

function isDecision(entry: Uint8Array): boolean {
  try {
    decodeEntry(entry)
    return true
  } catch (error) {
    if (!(error instanceof EntryFormatError)) throw error
    return false
  }
}

function judged(replayer: Replayer, index: number, entry: Uint8Array): Finding | null {
  const found = replayer.check(entry)
  if (found === null) return null
  const rule = `Written: ${found.written}. The rules give: ${found.expected}`
  return { kind: 'replay', path: null, entries: { from: index, to: index + 1 }, bytes: null, rule }
}
