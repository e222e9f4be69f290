import { type ErrorCode, errorTable } from '@parley/contracts'
import { isJournalError } from '@parley/journal'
import {
  type Checkpoint,
  type CosignerRefusal,
  decideAddCheckpoint,
  encodeBase64,
  findForkInProof,
  formatNote,
  openAddCheckpoint,
  type OpenedAddCheckpoint,
  openCheckpoint,
  type TwoHeads,
  type VerifierKey,
} from '@parley/record'
import type { Clock } from '@parley/units'
import { type ProtocolAnswer, refusal, storeRefusal } from './answer.ts'
import type { TellEvent } from './events.ts'
import type { EvidenceStore } from './evidence-store.ts'
import { FORK_MESSAGE, forkAgainst, type HeldTree, keepFork } from './fork.ts'
import type { HeadStore, StoredHead } from './head-store.ts'
import { Turns } from './turns.ts'

/** The newest head of a log that was accepted here. */
export interface KeptHead {
  readonly checkpoint: Checkpoint
  readonly text: string
  /** The checkpoint with the log's own signature, and nothing else. */
  readonly note: Uint8Array
  /** The time it was cosigned with; 0 where a head is accepted without that. */
  readonly timeS: number
}

/** A log signed two heads that cannot both be: the proof was kept. */
export interface FoundFork {
  readonly origin: string
  /** File of the evidence; null: the same was kept before. */
  readonly evidence: string | null
}

export interface HeadKeeperOptions {
  readonly role: 'witness' | 'mirror'
  readonly store: HeadStore
  readonly logs: readonly VerifierKey[]
  readonly clock: Clock
  readonly evidence: EvidenceStore
  readonly tell: TellEvent
  /** The time to cosign a head with, given the last one for that log; 0 where none is signed. */
  readonly timeS: (lastS: number) => number
  /** Makes the body of the answer, once the head is on the disk. */
  readonly onAccepted: (head: KeptHead) => string
  readonly onFork?: (fork: FoundFork) => void
  /** Told of a head that was not shown to continue the one held, and of which nothing is proven yet. */
  readonly onSuspicion?: (origin: string) => void
  /** What is held here of a log beside its head: a head whose whole tree is at hand; null: nothing. */
  readonly tree?: (origin: string) => HeldTree | null
}

/**
 * The `add-checkpoint` of c2sp.org/tlog-witness: moves the head of each known log forward, never to one that is not shown to continue it,
 * and a witness has it on the disk before anything is signed or answered. Requests for one log are decided and kept one after the other, so that
 * none rolls another back.
 */
export class HeadKeeper {
  readonly #options: HeadKeeperOptions
  readonly #logs: ReadonlyMap<string, VerifierKey>
  readonly #turns = new Turns()
  /** What was read last of each log, so that its signature is not checked at every request. */
  readonly #read = new Map<string, { readonly stored: StoredHead; readonly head: KeptHead }>()

  constructor(options: HeadKeeperOptions) {
    this.#options = options
    this.#logs = new Map(options.logs.map((key) => [key.name, key]))
  }

  logKey(origin: string): VerifierKey | null {
    return this.#logs.get(origin) ?? null
  }

  head(origin: string): KeptHead | null {
    const key = this.#logs.get(origin)
    const stored = this.#options.store.get(origin)
    if (key === undefined || stored === null) return null
    const known = this.#read.get(origin)
    if (known?.stored === stored) return known.head
    const note = Buffer.from(stored.note)
    const { checkpoint, text } = openCheckpoint(note, key)
    const head = { checkpoint, text, note, timeS: stored.timeS }
    this.#read.set(origin, { stored, head })
    return head
  }

  async addCheckpoint(body: Uint8Array): Promise<ProtocolAnswer> {
    const opened = openAddCheckpoint(body, (origin) => this.logKey(origin))
    if (opened.kind === 'refuse') return refusalAnswer(opened)
    const { request } = opened
    const { origin } = request.checkpoint
    return this.#turns.take(origin, async () => {
      try {
        await this.#options.store.ready()
        return await this.#decide(request)
      } catch (error) {
        if (!isJournalError(error)) throw error
        const { tell, role } = this.#options
        tell({ event: 'record.store.fault', role, origin, code: error.code, message: error.message })
        return storeRefusal()
      }
    })
  }

  async #decide(request: OpenedAddCheckpoint): Promise<ProtocolAnswer> {
    const { origin } = request.checkpoint
    const { store, tell, role } = this.#options
    const held = this.head(origin)
    const decision = decideAddCheckpoint(
      held === null ? null : { ...held.checkpoint, note: held.note, cosignedAtS: held.timeS },
      request,
      { nowS: this.#options.timeS(held?.timeS ?? 0) },
    )
    if (decision.kind === 'refuse') {
      await this.#keepConflict(decision, request)
      if (decision.code === 'CLOCK_REGRESSED')
        tell({ event: 'record.time.fault', role, origin, lastS: held?.timeS ?? 0 })
      return refusalAnswer(decision)
    }
    const key = this.#logs.get(origin) as VerifierKey
    const { text, head } = decision
    const note = formatNote(signedOnlyBy(key, openCheckpoint(request.note, key).note))
    const stored = { origin, size: head.size, note: Buffer.from(note).toString('utf8'), timeS: head.cosignedAtS }
    // A mirror vouches for nothing yet: what it will cosign is on the disk with its entries before it does.
    if (role === 'mirror') store.putSoon(stored)
    else await store.put(stored)
    const accepted = { checkpoint: request.checkpoint, text, note, timeS: head.cosignedAtS }
    return { status: 200, contentType: 'text/plain; charset=utf-8', body: this.#options.onAccepted(accepted) }
  }

  /** What the heads known here and the one that was refused prove against the log. */
  async #forkIn({ conflict }: CosignerRefusal, request: OpenedAddCheckpoint): Promise<TwoHeads | null> {
    if (conflict?.kind === 'fork') return { first: conflict.known, second: conflict.shown, leaves: null }
    if (conflict !== null) return findForkInProof(conflict.known, conflict.shown, request.proof)
    const held = this.#options.tree?.(request.checkpoint.origin) ?? null
    return held === null ? null : forkAgainst(held, request)
  }

  async #keepConflict(decision: CosignerRefusal, request: OpenedAddCheckpoint): Promise<void> {
    const { conflict, code } = decision
    const { role, tell, onFork, onSuspicion } = this.#options
    const { origin } = request.checkpoint
    const fork = await this.#forkIn(decision, request)
    if (fork !== null) {
      const { evidence, clock } = this.#options
      const file = await keepFork(evidence, { origin, by: role, fork, nowMs: clock.nowMs() })
      onFork?.({ origin, evidence: file })
      if (file !== null) tell({ event: 'record.fork', role, origin, code, message: FORK_MESSAGE, evidence: file })
      return
    }
    if (conflict === null) return
    const message = 'a head signed by the log came with a proof that does not show that it continues the head held here'
    const file = await this.#options.evidence.save(
      {
        kind: 'log-suspicion',
        origin,
        by: role,
        message,
        notes: [conflict.known, conflict.shown].map((note) => Buffer.from(note).toString('utf8')),
        proof: request.proof.map(encodeBase64),
      },
      this.#options.clock.nowMs(),
    )
    if (file !== null) tell({ event: 'record.suspicion', role, origin, code, message, evidence: file })
    onSuspicion?.(origin)
  }
}

const signedOnlyBy = (key: VerifierKey, note: Parameters<typeof formatNote>[0]): Parameters<typeof formatNote>[0] => ({
  text: note.text,
  signatures: note.signatures.filter(({ name, keyId }) => name === key.name && keyId === key.keyId),
})

/** A refusal with the body that the protocol asks for, or in our own shape where it asks for none. */
export function refusalAnswer({ status, code, body, contentType }: CosignerRefusal): ProtocolAnswer {
  if (status === 409) return { status, contentType, body }
  const ours = OURS[status]
  if (ours === undefined) return { status, contentType, body }
  const ourCode = code === 'NO_PENDING_CHECKPOINT' ? 'ENTRIES_UNPROVEN' : ours
  const message = `${errorTable[ourCode].summary} (${code})`
  return refusal(ourCode, { message, ...(status === 503 ? { retryAfterS: 30 } : {}) })
}

const OURS: Readonly<Record<number, ErrorCode>> = {
  400: 'RECORD_MALFORMED',
  403: 'LOG_SIGNATURE_INVALID',
  404: 'LOG_UNKNOWN',
  413: 'BODY_TOO_LARGE',
  422: 'HEAD_INCONSISTENT',
  503: 'CLOCK_BEHIND',
}
