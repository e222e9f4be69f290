import { parseVkey, sha256 } from '@parley/record'
import { signal } from '@preact/signals'
import { memberToken, status } from '../session.ts'
import { rememberKey, rememberVerified, type Seen, seenOf } from './memory.ts'
import type { VerifyAnswer, VerifyReport, VerifyRequest } from './protocol.ts'

/** The verification this page runs, if any, and what came of the last one. */
export type Verification =
  | { readonly kind: 'none' }
  | { readonly kind: 'running'; readonly done: number; readonly total: number; readonly startedMs: number }
  | { readonly kind: 'done'; readonly report: VerifyReport; readonly atMs: number; readonly since: Seen | null }
  | { readonly kind: 'failed'; readonly message: string }

export const verification = signal<Verification>({ kind: 'none' })
let worker: Worker | null = null

/** Verifies the whole log of this node in a thread of its own; one at a time. */
export function startVerification(): void {
  const log = status.value?.log
  if (log === undefined || worker !== null) return
  const seen = seenOf(log.origin)
  const since = seen?.verified === undefined ? null : seen
  const thread = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
  worker = thread
  const startedMs = Date.now()
  verification.value = { kind: 'running', done: 0, total: log.size, startedMs }
  const send = (request: VerifyRequest): void => thread.postMessage(request, [])
  const end = (result: Verification): void => {
    thread.terminate()
    worker = null
    verification.value = result
  }
  thread.addEventListener('error', (event) => end({ kind: 'failed', message: event.message }))
  thread.addEventListener('message', ({ data }: MessageEvent<VerifyAnswer>) => {
    switch (data.kind) {
      case 'progress':
        verification.value = { kind: 'running', done: data.done, total: data.total, startedMs }
        return
      case 'token-wanted':
        memberToken(data.fresh).then(
          (token) => send({ kind: 'token', token }),
          (error: unknown) =>
            send({ kind: 'no-token', message: error instanceof Error ? error.message : String(error) }),
        )
        return
      case 'done': {
        const { report } = data
        if (report.verdict === 'verified' && report.checkpoint !== null)
          rememberVerified(log.origin, { checkpoint: report.checkpoint, size: report.size, atMs: Date.now() })
        end({ kind: 'done', report, atMs: Date.now(), since })
        return
      }
      case 'failed':
        end({ kind: 'failed', message: data.message })
    }
  })
  send({
    kind: 'start',
    baseUrl: new URL(log.url.replace(/^\//, ''), document.baseURI).href,
    vkey: log.vkey,
    cosigners: log.cosigners.map(({ vkey }) => vkey),
    earlier: since?.verified?.checkpoint ?? null,
  })
}

export function stopVerification(): void {
  worker?.terminate()
  worker = null
  verification.value = { kind: 'none' }
}

/** The log's key as people compare it, and whether it is the one this browser saw at its first visit. */
export interface KeyStanding {
  /** SHA-256 of the public key: eight groups of eight hex digits. */
  readonly fingerprint: string
  readonly firstSeenMs: number
  /** The fingerprint seen before, when this is another key under the same name. */
  readonly before: string | null
}

/** Null when the node states a key that is none. Remembers the first key seen under a name. */
export function keyStanding(origin: string, vkey: string): KeyStanding | null {
  try {
    const seen = rememberKey(origin, { vkey, atMs: Date.now() })
    return {
      fingerprint: fingerprintOf(vkey),
      firstSeenMs: seen.firstSeenMs,
      before: seen.vkey === vkey ? null : fingerprintOf(seen.vkey),
    }
  } catch {
    return null
  }
}

function fingerprintOf(vkey: string): string {
  const hex = Array.from(sha256(parseVkey(vkey).publicKey), (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.match(/.{8}/g)?.join(' ') ?? hex
}
