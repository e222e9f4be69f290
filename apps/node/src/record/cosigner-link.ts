import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { type CosignerStatus, formatRfc3339 } from '@parley/contracts'
import type { JournalLog, SignedCheckpoint } from '@parley/journal'
import {
  bundlePath,
  cacheTiles,
  type Cosignature,
  type CosignerAnswer,
  type CosignerVerdict,
  decodeBundle,
  formatAddCheckpoint,
  formatAddEntries,
  formatCheckpoint,
  isRecordError,
  isSignedBy,
  openCheckpoint,
  type PackageContent,
  packageIntervals,
  parseBlobLeaf,
  proveConsistency,
  proveSubtree,
  readAddCheckpointAnswer,
  readAddEntriesAnswer,
  readContinuation,
  readPendingAnswer,
  TILE_WIDTH,
  type TileReader,
  tileReader,
} from '@parley/record'
import type { Clock } from '@parley/units'
import type { CosignerSpec } from './cosigner-spec.ts'
import type { TellEvent } from './events.ts'
import type { EvidenceStore } from './evidence-store.ts'
import { keepCosignerFork } from './cosigner-fork.ts'
import { forkAgainst, keepFork } from './fork.ts'
import type { Fetched, HttpClient } from './http-client.ts'
import { originHash } from './origin-hash.ts'
import type { RecentEntries } from './recent-entries.ts'

/** What a link to a cosigner works with. */
export interface LinkOptions {
  readonly spec: CosignerSpec
  readonly log: JournalLog
  /** What was appended last, where it is at hand; the rest is read from the log. */
  readonly recent?: RecentEntries
  readonly http: HttpClient
  readonly clock: Clock
  readonly heartbeatMs: number
  readonly evidence: EvidenceStore
  readonly tell: TellEvent
  /** Told once it is proven that this log must not be continued. */
  readonly onFork: (message: string) => void
  /** Told of each cosignature, once it is on the disk. */
  readonly onCosigned?: (head: {
    readonly size: number
    readonly root: Uint8Array
    /** The checkpoint with our log's signature. */
    readonly note: Uint8Array
    readonly cosignatures: readonly Cosignature[]
    /** The latest time among them. */
    readonly timeS: number
    /** When the request left and its answer came, unix seconds of our own clock. */
    readonly sentS: number
    readonly receivedS: number
  }) => void
}

interface Alarm {
  readonly code: string
  readonly message: string
  readonly at: string
  /** Whether it stays until the operator has looked, whatever comes after. */
  readonly lasting: boolean
}

const BACKOFF_FIRST_MS = 1_000
const BACKOFF_MAX_MS = 30_000
const GZIP_FROM_BYTES = 8 * 1024
const MAX_STALLED = 2
const CACHED_TILES = 64
const MAX_UPLOAD_BYTES = 4 * 1024 * 1024
const AUDIT_EVERY_MS = 60_000
const MAX_ROUNDS = 8
const EARLY_AGAIN_MS = 60_000
const CLOCK_NOTE_S = 2
const CLOCK_ALARM_S = 30
const MAX_BUNDLE_BYTES = TILE_WIDTH * 65_537

const gzipped = promisify(gzip)

interface Answer extends CosignerAnswer {
  readonly retryAfterS: number | null
}

interface EarlyAnswer {
  readonly answer: Answer
  readonly sentS: number
}

/** What stopped a push, to be tried again later. */
class PushFailed extends Error {
  readonly retryAfterMs: number | null

  constructor(message: string, retryAfterMs: number | null = null) {
    super(message)
    this.retryAfterMs = retryAfterMs
  }
}

/** The cosigner does not believe this log, or cannot be believed: it is asked nothing more. */
class PushEnded extends Error {}

/**
 * Brings each new head of this node's log to one cosigner, one request at a time: while one is under way, heads gather and the newest of
 * them goes next. An unchanged head is brought again every heartbeat for a fresh time.
 */
export class CosignerLink {
  readonly #options: LinkOptions
  readonly #tiles: TileReader
  readonly #stop = new AbortController()
  #running: Promise<void> | null = null
  #wake: (() => void) | null = null
  #hurry: (() => void) | null = null
  #asked = false
  #woken = false

  /** Size of the head the cosigner holds, as far as is known. */
  #held: number | null = null
  /** A mirror's next entry. */
  #next: number | null = null
  #ticket: Uint8Array = new Uint8Array(0)
  /** From when on entries may be sent right behind their head. */
  #earlyFromMs = 0
  #cosigned: { readonly size: number; readonly timeS: number; readonly atMs: number } | null = null
  #offsetS: number | null = null
  #toldOffsetS = 0
  #failures = 0
  #faults = 0
  #reached = false
  #ended = false
  #alarm: Alarm | null = null
  #audit: CosignerStatus['audit'] = 'none'
  #auditedAtMs = Number.NEGATIVE_INFINITY
  #told = ''

  constructor(options: LinkOptions) {
    this.#options = options
    const { log, spec, recent } = options
    const stored = cacheTiles(tileReader(log), { tiles: CACHED_TILES })
    this.#tiles = {
      async tile(level, index, width) {
        return recent?.tile(level, index, width) ?? stored.tile(level, index, width)
      },
    }
    const kept = log.cosignedCheckpoint()
    if (kept === null) return
    // Times never go back, a restart of ours between them or not.
    const { cosignatures } = openCheckpoint(kept.note, log.key, spec.keys)
    const times = cosignatures.map(({ timestampS }) => timestampS)
    if (times.length > 0)
      this.#cosigned = { size: kept.size, timeS: Math.max(...times), atMs: Number.NEGATIVE_INFINITY }
  }

  get spec(): CosignerSpec {
    return this.#options.spec
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** There is a newer head. */
  wake(): void {
    this.#woken = true
    this.#wake?.()
  }

  async close(): Promise<void> {
    this.#stop.abort()
    this.#wake?.()
    await this.#running
  }

  status(): CosignerStatus {
    const { spec, log } = this.#options
    const size = log.checkpoint()?.size ?? 0
    const cosigned = this.#cosigned
    return {
      name: spec.name,
      vkey: spec.vkey,
      kind: spec.kind,
      state: this.#state(size),
      size: cosigned?.size ?? null,
      lag: Math.max(0, size - (cosigned?.size ?? 0)),
      atS: cosigned?.timeS ?? null,
      ageS:
        cosigned === null || cosigned.atMs === Number.NEGATIVE_INFINITY
          ? null
          : (performance.now() - cosigned.atMs) / 1000,
      clockOffsetS: this.#offsetS,
      faults: this.#faults,
      audit: this.#audit,
      alarm: this.#alarm === null ? null : { code: this.#alarm.code, message: this.#alarm.message, at: this.#alarm.at },
    }
  }

  #state(size: number): CosignerStatus['state'] {
    if (this.#alarm !== null) return 'alarm'
    if (this.#failures > 0) return this.#reached ? 'unreachable' : 'waiting'
    if (!this.#reached) return 'waiting'
    return this.#cosigned !== null && this.#cosigned.size >= size ? 'current' : 'behind'
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted && !this.#ended) {
      let pauseMs: number | null = null
      this.#woken = false
      try {
        await this.#push()
        this.#failures = 0
        this.#reached = true
        // What was said of its clock stands until its clock is seen to be right.
        if (this.#alarm?.lasting === false && this.#alarm.code !== 'clock') this.#alarm = null
      } catch (error) {
        if (signal.aborted) return
        if (error instanceof PushEnded) this.#ended = true
        else pauseMs = this.#backOff(error)
      }
      this.#tellState()
      if (this.#ended || signal.aborted) return
      if (pauseMs !== null) await this.#pause(pauseMs)
      else if (!this.#woken) await this.#wait()
    }
  }

  #backOff(error: unknown): number {
    this.#failures += 1
    const { tell, spec } = this.#options
    const wantedMs = error instanceof PushFailed ? error.retryAfterMs : null
    this.#asked = wantedMs !== null && wantedMs > 0
    const doublingMs = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(this.#failures - 1, 10))
    const pauseMs = wantedMs ?? doublingMs * (0.75 + Math.random() / 2)
    tell({
      event: 'record.cosigner.retry',
      cosigner: spec.name,
      reason: error instanceof Error ? error.message : String(error),
      failures: this.#failures,
      inMs: Math.round(pauseMs),
    })
    return pauseMs
  }

  /** The cosigner was seen to be there: what is left of a pause after failures is not waited for. */
  retryNow(): void {
    this.#hurry?.()
  }

  async #pause(pauseMs: number): Promise<void> {
    const hurried = new AbortController()
    // A pause that was asked for by the other side is kept, whatever is seen of it.
    if (!this.#asked) this.#hurry = () => hurried.abort()
    const signal = AbortSignal.any([this.#stop.signal, hurried.signal])
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
    this.#hurry = null
  }

  /** Until there is a newer head, or it is time for a heartbeat. */
  async #wait(): Promise<void> {
    await new Promise<void>((resume) => {
      const timer = setTimeout(resume, this.#options.heartbeatMs)
      this.#wake = () => {
        clearTimeout(timer)
        resume()
      }
      if (this.#woken || this.#stop.signal.aborted) this.#wake()
    })
    this.#wake = null
  }

  async #push(): Promise<void> {
    const head = this.#options.log.checkpoint()
    if (head === null) return
    const { spec } = this.#options
    // A mirror that has the head already gives a fresh time for no entries; a witness for the same head again.
    const bring = spec.kind === 'witness' || this.#held !== head.size
    const early = bring ? this.#sendEarly(head) : null
    if (bring) await this.#bringHead(head)
    if (spec.kind === 'mirror') {
      if (early === null || !(await this.#takeEarly(head, early))) await this.#bringEntries(head, { sure: bring })
      await this.#auditNowAndThen()
    }
  }

  async #bringHead(head: SignedCheckpoint): Promise<void> {
    const { http, log, spec } = this.#options
    const text = this.#textOf(head)
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const oldSize = this.#held ?? head.size
      const proof =
        oldSize === 0 || oldSize === head.size
          ? []
          : await proveConsistency(this.#tiles, { from: oldSize, to: head.size })
      const sentS = this.#nowS()
      const answer = await this.#answer(
        http.post(`${spec.url}/add-checkpoint`, {
          body: formatAddCheckpoint({ oldSize, proof, note: head.note }),
          contentType: 'text/plain; charset=utf-8',
        }),
      )
      // Heads that came from here while this one was on its way are no surprise.
      const sent = { text, size: log.checkpoint()?.size ?? head.size }
      const verdict =
        spec.kind === 'mirror'
          ? readPendingAnswer(answer, { ...sent, cosigners: [] })
          : readAddCheckpointAnswer(answer, { ...sent, cosigners: spec.keys })
      switch (verdict.kind) {
        case 'pending':
          this.#held = head.size
          return
        case 'cosigned':
          await this.#keep(head, verdict.cosignatures, sentS)
          this.#held = head.size
          return
        case 'resync':
          if (verdict.size === oldSize)
            throw this.#fault('contradiction', `it refuses ${oldSize} as its size and names that very size`)
          if (verdict.size > head.size) throw new PushFailed('it holds a newer head of ours', 0)
          this.#held = verdict.size
          break
        default:
          await this.#unhappy(verdict, { answer, head })
      }
    }
    throw this.#fault('contradiction', 'it names another size each time')
  }

  /**
   * Sends a few new entries right behind their head, whose answer is not waited for: most receipts then take one way there and back.
   * Null where that is not to be tried.
   */
  #sendEarly(head: SignedCheckpoint): Promise<EarlyAnswer | null> | null {
    const start = this.#next
    const few = start !== null && head.size > start && head.size - start <= TILE_WIDTH
    if (this.#options.spec.kind !== 'mirror' || this.#held !== start || !few) return null
    if (performance.now() < this.#earlyFromMs) return null
    const sentS = this.#nowS()
    return this.#sendEntries(head, start, new Set()).then(
      (answer) => ({ answer, sentS }),
      () => null,
    )
  }

  /** Whether what was sent early brought the receipt. If not, nothing is made of it: it may have overtaken its head. */
  async #takeEarly(head: SignedCheckpoint, early: Promise<EarlyAnswer | null>): Promise<boolean> {
    const { spec, log } = this.#options
    const answered = await early
    const sent = { text: this.#textOf(head), size: log.checkpoint()?.size ?? head.size, cosigners: spec.keys }
    const verdict = answered === null ? null : readAddEntriesAnswer(answered.answer, sent)
    if (answered === null || verdict?.kind !== 'cosigned') {
      this.#earlyFromMs = performance.now() + EARLY_AGAIN_MS
      return false
    }
    await this.#keep(head, verdict.cosignatures, answered.sentS)
    this.#next = head.size
    return true
  }

  async #sendEntries(head: SignedCheckpoint, start: number, blobs: Set<string>): Promise<Answer> {
    const { http, spec } = this.#options
    const body = await this.#upload(start, head.size, blobs)
    const compress = body.byteLength >= GZIP_FROM_BYTES
    return this.#answer(
      http.post(`${spec.url}/add-entries`, {
        body: compress ? await gzipped(body) : body,
        contentType: 'application/octet-stream',
        ...(compress ? { contentEncoding: 'gzip' } : {}),
      }),
    )
  }

  /** `sure`: the mirror has just taken that very head, and cannot have forgotten it. */
  async #bringEntries(head: SignedCheckpoint, { sure }: { readonly sure: boolean }): Promise<void> {
    const { spec, log } = this.#options
    const text = this.#textOf(head)
    const blobs = new Set<string>()
    let start = this.#next ?? head.size
    for (let stalled = 0; stalled <= MAX_STALLED; ) {
      const sentS = this.#nowS()
      const answer = await this.#sendEntries(head, start, blobs)
      const verdict = readAddEntriesAnswer(answer, {
        text,
        size: log.checkpoint()?.size ?? head.size,
        cosigners: spec.keys,
      })
      switch (verdict.kind) {
        case 'cosigned':
          await this.#keep(head, verdict.cosignatures, sentS)
          this.#next = head.size
          return
        case 'resume': {
          const { size, nextEntry, ticket } = verdict.info
          this.#ticket = ticket
          if (size !== head.size) {
            this.#held = null
            this.#next = null
            throw new PushFailed(`it goes on from the head of ${size}`, 0)
          }
          const from = start
          start = Math.min(nextEntry, head.size)
          this.#next = start
          stalled = start > from ? 0 : stalled + 1
          // Every entry is there and it still does not vouch for them: it lacks what some of them only name.
          if (start === head.size && verdict.status === 202) await this.#bringBlobs(head, blobs)
          break
        }
        default:
          // It may have been set up anew since; only with the head in its hands does its no mean something.
          if (verdict.kind === 'suspect' && !sure) {
            this.#held = null
            this.#next = null
            throw new PushFailed('it does not remember the head it took', 0)
          }
          await this.#unhappy(verdict, { answer, head })
      }
    }
    throw this.#fault('no-progress', `it takes no entries from ${start} on and names no reason`)
  }

  /** The body that carries entries from `start` on, as many as one request may. */
  async #upload(start: number, size: number, blobs: Set<string>): Promise<Uint8Array> {
    const { log } = this.#options
    const header = { origin: log.origin, start, end: size, ticket: this.#ticket }
    const packages = this.#packages(start, size, blobs)
    const chunks: Uint8Array[] = []
    for await (const chunk of formatAddEntries(header, packages)) chunks.push(chunk)
    return Buffer.concat(chunks)
  }

  /** Packages from `start` on, until they are as many, or as large, as one request should be. */
  async *#packages(start: number, size: number, blobs: Set<string>): AsyncGenerator<PackageContent, void, undefined> {
    let bytes = 0
    for (const { subtreeStart, start: from, end } of packageIntervals(start, size)) {
      const entries = this.#options.recent?.leaves(from, end) ?? (await this.#stored(from, end))
      for (const entry of entries) {
        noteBlob(entry, blobs)
        bytes += entry.byteLength
      }
      yield { entries, proof: await proveSubtree(this.#tiles, { start: subtreeStart, end, size }) }
      if (bytes >= MAX_UPLOAD_BYTES) return
    }
  }

  /** The leaves `[from, end)` of one tile, as the log has them on the disk. */
  async #stored(from: number, end: number): Promise<readonly Uint8Array[]> {
    const before = from % TILE_WIDTH
    const width = before + end - from
    const bundle = await this.#options.log.bundle((from - before) / TILE_WIDTH, width)
    if (bundle === null) throw new Error(`the log has no entries ${from} to ${end}`)
    return decodeBundle(bundle, width).slice(before)
  }

  async #bringBlobs(head: SignedCheckpoint, blobs: Set<string>): Promise<void> {
    const { log, http, spec } = this.#options
    if (blobs.size === 0) {
      for (let first = 0; first < head.size; first += TILE_WIDTH) {
        const width = Math.min(TILE_WIDTH, head.size - first)
        const bundle = await log.bundle(first / TILE_WIDTH, width)
        if (bundle !== null) for (const entry of decodeBundle(bundle, width)) noteBlob(entry, blobs)
      }
    }
    for (const sha256 of blobs) {
      const bytes = await log.blob(sha256)
      if (bytes === null) throw new Error(`the log lacks its blob ${sha256}`)
      const url = `${spec.url}/${originHash(log.origin)}/blob/${sha256}`
      const { status } = await http.put(url, { body: bytes, contentType: 'application/octet-stream' })
      // 404: it has it, or never asked for it.
      if (status >= 300 && status !== 404) throw new PushFailed(`it does not take the long entry ${sha256} (${status})`)
    }
    blobs.clear()
  }

  /** Keeps cosignatures of a head, verified; none whose time goes back. */
  async #keep(head: SignedCheckpoint, cosignatures: readonly Cosignature[], sentS: number): Promise<void> {
    const { log, spec, tell } = this.#options
    const receivedS = this.#nowS()
    const timeS = Math.max(...cosignatures.map(({ timestampS }) => timestampS))
    const earlierS = this.#cosigned?.timeS ?? 0
    if (timeS < earlierS) {
      tell({ event: 'record.time.fault', cosigner: spec.name, timeS, earlierS })
      throw this.#fault('time-fault', `it cosigned at ${timeS}, before its earlier cosignature at ${earlierS}`)
    }
    await log.saveCosignatures(
      head.size,
      cosignatures.map(({ line }) => line),
    )
    this.#cosigned = { size: head.size, timeS, atMs: performance.now() }
    const { size, root, note } = head
    this.#options.onCosigned?.({ size, root, note, cosignatures, timeS, sentS, receivedS })
    this.#measureClock(timeS, Math.floor(sentS), receivedS)
  }

  #measureClock(timeS: number, sentS: number, receivedS: number): void {
    // The stamp has whole seconds, so it may be up to one before the moment it was made.
    this.#offsetS = timeS < sentS ? timeS - sentS : timeS > receivedS ? timeS - receivedS : 0
    const offsetS = Math.abs(this.#offsetS)
    const { tell, spec } = this.#options
    const told = offsetS > CLOCK_NOTE_S ? Math.round(this.#offsetS) : 0
    if (Math.abs(told - this.#toldOffsetS) > 1) {
      tell({ event: 'record.clock', cosigner: spec.name, offsetS: told })
      this.#toldOffsetS = told
    }
    if (offsetS > CLOCK_ALARM_S)
      this.#raise('clock', `its clock and ours differ by ${Math.round(offsetS)} s: mend the wrong one`, {
        lasting: false,
        again: true,
      })
    else if (this.#alarm?.code === 'clock') this.#alarm = null
  }

  /** Anything but what was hoped for. Never returns. */
  async #unhappy(
    verdict: CosignerVerdict,
    { answer, head }: { readonly answer: Answer; readonly head: SignedCheckpoint },
  ): Promise<never> {
    switch (verdict.kind) {
      case 'retry':
        throw new PushFailed(
          `${verdict.why} (${verdict.status})`,
          answer.retryAfterS === null ? null : answer.retryAfterS * 1000,
        )
      case 'ahead': {
        // A bare number may be a lie; only a head under our own key shows that it is so.
        const note = await this.#shown()
        if (note !== null && (await this.#holdAgainst(note, head))) throw new PushEnded()
        const message = `it claims to have seen ${verdict.size} entries and shows no head with our signature for it`
        throw this.#fault('claims-more', message)
      }
      case 'suspect': {
        await this.#keepAnswer(head, answer, verdict.why)
        const note = await this.#shown()
        if (note === null || !(await this.#holdAgainst(note, head)))
          this.#raise('fork-suspected', `${verdict.why}: find out which of us is wrong before going on`, {
            lasting: true,
          })
        throw new PushEnded()
      }
      case 'alarm':
        if (verdict.status === 200) {
          await this.#keepAnswer(head, answer, verdict.why)
          throw this.#fault('cosignature-invalid', verdict.why, true)
        }
        if (verdict.status === 410) throw await this.#continued()
        throw this.#fault('configuration', `${verdict.why} (${verdict.status})`)
      case 'bug':
        throw this.#fault('refused', `${verdict.why} (${verdict.status})`)
      case 'resync':
      case 'cosigned':
        throw this.#fault('contradiction', 'its answer is not one to what was asked')
    }
  }

  /**
   * The cosigner holds that this log was given up. Believed where the continuation is signed by this log's own key: then a newer copy of the
   * folder is at work, and this one halts. Without that it may be a lie, and is told only.
   */
  async #continued(): Promise<PushFailed> {
    const { http, spec, log, onFork } = this.#options
    const { status, bytes } = await http.get(`${spec.url}/${originHash(log.origin)}/continuation`, {
      maxBytes: 131_072,
    })
    const message = 'it holds that this log was given up and goes on under a higher number'
    try {
      const continuation = status === 200 ? readContinuation(bytes) : null
      if (continuation !== null && continuation.from.origin === log.origin && isSignedBy(continuation, log.key)) {
        this.#raise('continued', message, { lasting: true })
        onFork(
          `${spec.name} shows that this log was given up and goes on as ${continuation.origin}: a newer copy of this folder is at work, or was`,
        )
      }
    } catch (error) {
      if (!isRecordError(error)) throw error
    }
    return this.#fault('continued', message)
  }

  /** Whether a head shown to us under our own key is not in our tree; the log then signs nothing more. */
  async #holdAgainst(note: Uint8Array, head: SignedCheckpoint): Promise<boolean> {
    const { log, evidence, spec, clock, tell, onFork } = this.#options
    await this.#keepCosignerFork(note)
    let shown: ReturnType<typeof openCheckpoint>
    try {
      shown = openCheckpoint(note, log.key)
    } catch (error) {
      if (isRecordError(error)) return false
      throw error
    }
    const { size } = shown.checkpoint
    const standing = await log.reconcile([{ size, note }])
    if (standing.kind !== 'forked' && standing.kind !== 'behind') return false
    const message =
      standing.kind === 'forked'
        ? `${spec.name} shows a head of ${size} entries, signed with this log's key, that is not in this log: two logs are signed with one key`
        : `${spec.name} shows a head of ${size} entries, signed with this log's key, and this log has ${head.size}: entries were lost here, or a second node signs with its key`
    this.#raise(standing.kind === 'forked' ? 'forked' : 'behind', message, { lasting: true })
    onFork(message)
    const kind = standing.kind === 'forked' ? 'log-fork' : 'log-ahead'
    // The newest head says most: of the size of the one shown, or beyond it.
    const ours = log.checkpoint() ?? head
    const fork = await forkAgainst(
      { checkpoint: ours, note: ours.note, reader: this.#tiles },
      { checkpoint: shown.checkpoint, note },
    )
    const told = { origin: log.origin, by: spec.name, message }
    const file = await (fork === null
      ? evidence.save({ ...told, kind, notes: [textOf(ours.note), textOf(note)] }, clock.nowMs())
      : keepFork(evidence, { ...told, fork, nowMs: clock.nowMs() }))
    tell({ event: 'record.halt', cosigner: spec.name, message, evidence: file })
    return true
  }

  async #keepCosignerFork(shown: Uint8Array): Promise<void> {
    const { log, evidence, spec, clock, tell } = this.#options
    const kept = log.cosignedCheckpoint()
    const vouched = kept === null ? null : { checkpoint: kept, note: kept.note }
    const { name, keys } = spec
    const parts = { name, keys, vouched, shown, reader: this.#tiles, nowMs: clock.nowMs() }
    const file = await keepCosignerFork(evidence, parts)
    const message = `${name} has vouched for a head that is not in this log, and for one that is`
    if (file !== null) tell({ event: 'record.evidence', cosigner: name, message, evidence: file })
  }

  /** The checkpoint that the cosigner shows for our log to anyone; null: none, or it cannot be had. */
  async #shown(): Promise<Uint8Array | null> {
    const { http, spec, log } = this.#options
    try {
      const { status, bytes } = await http.get(`${spec.url}/${originHash(log.origin)}/checkpoint`)
      return status === 200 ? bytes : null
    } catch {
      return null
    }
  }

  async #keepAnswer(head: SignedCheckpoint, answer: Answer, message: string): Promise<void> {
    const { log, evidence, spec, clock, tell } = this.#options
    const { status, contentType, body } = answer
    const file = await evidence.save(
      {
        kind: 'cosigner-answer',
        origin: log.origin,
        by: spec.name,
        message,
        notes: [textOf(head.note)],
        answer: { status, contentType, body },
      },
      clock.nowMs(),
    )
    if (file !== null) tell({ event: 'record.evidence', cosigner: spec.name, message, evidence: file })
  }

  async #answer(fetched: Promise<Fetched>): Promise<Answer> {
    const { status, contentType, bytes, retryAfterS } = await fetched
    return { status, contentType, retryAfterS, body: Buffer.from(bytes).toString('utf8') }
  }

  #textOf({ size, root }: SignedCheckpoint): string {
    return formatCheckpoint({ origin: this.#options.log.origin, size, root })
  }

  /** Asks a mirror, at random and seldom, for entries that it has vouched for. */
  async #auditNowAndThen(): Promise<void> {
    const { http, log, spec } = this.#options
    const size = this.#cosigned?.size ?? 0
    if (size === 0 || performance.now() - this.#auditedAtMs < AUDIT_EVERY_MS) return
    this.#auditedAtMs = performance.now()
    const index = Math.floor((Math.random() * size) / TILE_WIDTH)
    const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH)
    const ours = await log.bundle(index, width)
    const passed = await this.#serves(http, `${spec.url}/${originHash(log.origin)}/`, { index, width, ours })
    this.#audit = passed ? 'passed' : 'failed'
    if (!passed)
      throw this.#fault(
        'mirror-fault',
        `it vouched for ${size} entries and does not show those from ${index * TILE_WIDTH} on`,
      )
  }

  async #serves(
    http: HttpClient,
    prefix: string,
    wanted: { readonly index: number; readonly width: number; readonly ours: Uint8Array | null },
  ): Promise<boolean> {
    const { index, width, ours } = wanted
    try {
      const { status, bytes } = await http.get(`${prefix}${bundlePath(index, width)}`, { maxBytes: MAX_BUNDLE_BYTES })
      return status === 200 && ours !== null && Buffer.compare(bytes, ours) === 0
    } catch {
      return false
    }
  }

  /** Raises an alarm and gives what to throw. */
  #fault(code: string, message: string, lasting = false): PushFailed {
    this.#raise(code, message, { lasting })
    return new PushFailed(message)
  }

  #raise(code: string, message: string, { lasting, again = false }: { lasting: boolean; again?: boolean }): void {
    const { tell, spec, clock } = this.#options
    const known = this.#alarm?.code === code
    if (!(again && known)) this.#faults += 1
    // What has to be looked at is not hidden by what passes.
    if (this.#alarm?.lasting === true && !lasting) return
    if (known) return
    this.#alarm = { code, message, at: formatRfc3339(clock.nowMs()), lasting }
    tell({ event: 'record.cosigner.alarm', cosigner: spec.name, code, message })
  }

  #tellState(): void {
    const { state, size } = this.status()
    if (state === this.#told || (state === 'behind' && this.#told === 'current')) return
    this.#told = state
    this.#options.tell({ event: 'record.cosigner', cosigner: this.spec.name, kind: this.spec.kind, state, size })
  }

  #nowS(): number {
    return this.#options.clock.nowMs() / 1000
  }
}

const textOf = (note: Uint8Array): string => Buffer.from(note).toString('utf8')

function noteBlob(entry: Uint8Array, blobs: Set<string>): void {
  const blob = parseBlobLeaf(entry)
  if (blob !== null) blobs.add(blob.sha256)
}
