import { type ErrorCode, errorTable } from '@parley/contracts'
import { isJournalError } from '@parley/journal'
import {
  type Checkpoint,
  type CosignerRefusal,
  decideAddCheckpoint,
  decideContinueLog,
  encodeBase64,
  findForkInProof,
  formatNote,
  type HandoverView,
  type HeadName,
  isRecordError,
  type NotThisNumber,
  openAddCheckpoint,
  type OpenedAddCheckpoint,
  openCheckpoint,
  openContinueLog,
  type OpenedContinueLog,
  parseCheckpoint,
  parseLogName,
  parseNote,
  refusesNumber,
  shortAnswer,
  type TwoHeads,
  type VerifierKey,
} from '@parley/record'
import type { Clock } from '@parley/units'
import { type ProtocolAnswer, refusal, storeRefusal } from './answer.ts'
import type { TellEvent } from './events.ts'
import type { EvidenceStore } from './evidence-store.ts'
import { FORK_MESSAGE, forkAgainst, type HeldTree, keepFork } from './fork.ts'
import { familyIn, type HandoverBook, type KeptHandover } from './handover-book.ts'
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
  /** Which logs were continued by which; left out: nobody asks that here. */
  readonly handovers?: HandoverBook
  /** The newest head of a log that was cosigned, where that is another than the newest that was accepted. */
  readonly cosigned?: (origin: string) => HeadName | null
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
  /** Logs that a head is held of, by their author: those that may be continued by one another. */
  readonly #kin = new Map<string, Set<string>>()

  constructor(options: HeadKeeperOptions) {
    this.#options = options
    this.#logs = new Map(options.logs.map((key) => [key.name, key]))
    for (const { origin } of options.store.all()) this.#remember(origin)
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
    return this.#inTurn(origin, () => {
      const refused = this.refuses(origin)
      return refused === null ? this.#decide(request) : Promise.resolve(numberRefusal(refused))
    })
  }

  /**
   * Takes it that a log goes on under its next number, or refuses, by the rules of models/handover.pml: from then on no lower number is
   * cosigned (C2), and it is accepted only when it covers all that was cosigned here (C3). Either is on the disk before the answer. What is
   * accepted is cosigned at once, as the first head of the next log.
   */
  async continueLog(body: Uint8Array): Promise<ProtocolAnswer> {
    let opened: OpenedContinueLog
    try {
      opened = openContinueLog(body, (origin) => this.logKey(origin))
    } catch (error) {
      if (!isRecordError(error)) throw error
      const code: ErrorCode =
        error.code === 'UNKNOWN_LOG'
          ? 'LOG_UNKNOWN'
          : error.code === 'INVALID_SIGNATURE'
            ? 'LOG_SIGNATURE_INVALID'
            : 'RECORD_MALFORMED'
      return refusal(code, { message: `${errorTable[code].summary} (${error.message})` })
    }
    const { origin } = opened.continuation
    return this.#inTurn(origin, () => this.#handOver(opened))
  }

  async #handOver(opened: OpenedContinueLog): Promise<ProtocolAnswer> {
    const { role, handovers, tell } = this.#options
    const { continuation, entry, note } = opened
    const { origin } = continuation
    if (handovers === undefined) return refusal('NOT_FOUND', { message: 'no log is continued here' })
    const decision = decideContinueLog(this.#view(origin, true), opened, { role })
    switch (decision.kind) {
      case 'over':
        return numberRefusal({ why: 'continued', number: decision.number })
      case 'twice': {
        const message = `number ${decision.number} was begun by another continuation, which this node holds`
        tell({ event: 'record.continue.twice', role, origin })
        return refusal('HEAD_INCONSISTENT', { message })
      }
      case 'short':
        if (!(await this.#keepHandover(origin, { standing: decision.standing, entry }))) return storeRefusal()
        tell({ event: 'record.continue.short', role, origin, cited: continuation.from.size, held: decision.head.size })
        return shortAnswer(decision.head)
      case 'accept': {
        if (!(await this.#keepHandover(origin, { standing: decision.standing, entry }))) return storeRefusal()
        tell({ event: 'record.continued', role, origin, from: continuation.from.origin, size: continuation.from.size })
        if (this.#options.store.get(origin) !== null)
          return { status: 200, contentType: 'text/plain; charset=utf-8', body: '' }
        const { checkpoint, text } = openCheckpoint(note, continuation.log)
        return this.#decide({ oldSize: 0, proof: [], note, checkpoint, text })
      }
    }
  }

  /** Why no head of this log is cosigned, whatever it is; null when that depends on the head. */
  refuses(origin: string): NotThisNumber | null {
    const family = familyIn(origin)
    const { handovers } = this.#options
    if (family === null || handovers === undefined) return null
    // Of most authors there is one log, and nothing to ask.
    if (
      handovers.of(origin) === null &&
      (this.#kin.get(family)?.size ?? 0) <= (this.#kin.get(family)?.has(origin) === true ? 1 : 0)
    )
      return null
    return refusesNumber(this.#view(origin, false), parseLogName(origin).number)
  }

  /** What is held of the logs of one author; `onlyCosigned`: heads that something was vouched for by. */
  #view(origin: string, onlyCosigned: boolean): HandoverView {
    const { handovers, store, cosigned } = this.#options
    const heads = new Map<number, HeadName>()
    for (const each of this.#kin.get(familyIn(origin) ?? '') ?? []) {
      const stored = store.get(each)
      if (stored === null) continue
      const accepted = parseCheckpoint(parseNote(Buffer.from(stored.note)).text)
      const head = onlyCosigned && cosigned !== undefined && this.#logs.has(each) ? cosigned(each) : accepted
      if (head !== null) heads.set(parseLogName(each).number, head)
    }
    return { standing: handovers?.of(origin)?.standing ?? null, heads }
  }

  #remember(origin: string): void {
    const family = familyIn(origin)
    if (family === null) return
    const kin = this.#kin.get(family)
    if (kin === undefined) this.#kin.set(family, new Set([origin]))
    else kin.add(origin)
  }

  /** Whether the disk took it. */
  async #keepHandover(origin: string, kept: KeptHandover): Promise<boolean> {
    const { handovers, role, tell } = this.#options
    try {
      await handovers?.put(origin, kept)
      return true
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      tell({ event: 'record.store.fault', role, origin, code, message })
      return false
    }
  }

  /** All logs of one author take their turns together: what one may do depends on the others. */
  #inTurn(origin: string, decide: () => Promise<ProtocolAnswer>): Promise<ProtocolAnswer> {
    return this.#turns.take(familyIn(origin) ?? origin, async () => {
      try {
        await this.#options.store.ready()
        return await decide()
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
    const note = formatNote(signedOnlyBy(key, parseNote(request.note)))
    const stored = { origin, size: head.size, note: Buffer.from(note).toString('utf8'), timeS: head.cosignedAtS }
    // A mirror vouches for nothing yet: what it will cosign is on the disk with its entries before it does.
    if (role === 'mirror') store.putSoon(stored)
    else await store.put(stored)
    if (held === null) this.#remember(origin)
    const accepted = { checkpoint: request.checkpoint, text, note, timeS: head.cosignedAtS }
    this.#read.set(origin, { stored, head: accepted })
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

/** The refusal of a log whose number does not count here. */
export function numberRefusal({ why, number }: NotThisNumber): ProtocolAnswer {
  const code: ErrorCode = why === 'continued' ? 'LOG_CONTINUED' : 'CONTINUATION_MISSING'
  return refusal(code, { message: `${errorTable[code].summary} (number ${number})` })
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
