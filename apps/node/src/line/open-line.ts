import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { ApiError, type LineProtestFile, type LineReason } from '@parley/contracts'
import { isJournalError, type Journal, type JournalLog, JournalThread, openSqliteJournal } from '@parley/journal'
import {
  type AvailabilityBook,
  bodyOf,
  CHARTER_ACT,
  type Charter,
  type CharterParty,
  createAvailability,
  type DirectionObservation,
  isLineError,
  kindOf,
  type LineAct,
  type LineProjection,
  mayNotSay,
  type MeasuredDirection,
  measure,
  MESSAGE,
  newDirection,
  nextNumber,
  type OpenedCharter,
  parseMessageNumber,
  recordSample,
  type Standing,
  standing,
} from '@parley/line'
import {
  type Act,
  decodeBundle,
  encodeBase64,
  type Enrolment,
  type EnrolmentText,
  equalBytes,
  formatEvidence,
  formatVkey,
  isRecordError,
  leafHash,
  MAX_LEAF_BYTES,
  openCheckpoint,
  type OpenedCheckpoint,
  parseAct,
  rootFromTiles,
  TILE_WIDTH,
  tileReader,
  tlsPinsAt,
  type VerifierKey,
} from '@parley/record'
import type { Clock } from '@parley/units'
import { StartRefused } from '../errors.ts'
import { CosignerLink } from '../record/cosigner-link.ts'
import type { CosignerSpec } from '../record/cosigner-spec.ts'
import type { TellEvent } from '../record/events.ts'
import { EvidenceStore } from '../record/evidence-store.ts'
import { FORK_MESSAGE, keepFork } from '../record/fork.ts'
import { HttpClient } from '../record/http-client.ts'
import type { ReadableLog } from '../record/log-resource.ts'
import { Mirror } from '../record/mirror.ts'
import { originHash } from '../record/origin-hash.ts'
import { logOf, ownLog } from '../record/own-log.ts'
import { RecentEntries } from '../record/recent-entries.ts'
import { holdAgainstCosigners } from '../record/start-rule.ts'
import { Witness } from '../record/witness.ts'
import { parseAddress } from './address.ts'
import { dialPeer, PeerAgent, type PeerTarget } from './dial.ts'
import type { TableKeys } from './joining.ts'
import { actOf, type JudgedNext, Projector } from './projector.ts'
import { forkShown } from './peer-fork.ts'
import { pullLog, shownHead } from './pull.ts'
import { type KeptReceipt, ReceiptFile } from './receipt-file.ts'
import type { TlsKey } from './tls-key.ts'
import { TokenBucket } from './token-bucket.ts'
import { shownUnreceipted, UnreceiptedHeads } from './unreceipted.ts'
import type { WireTable } from './wire-server.ts'

/** What has changed of a line, for those who watch it. */
export type LineChange =
  | { readonly kind: 'act'; readonly act: LineAct }
  | { readonly kind: 'state' }
  /** Receipts or verdicts of acts that were told of before. */
  | { readonly kind: 'receipts'; readonly origin: string; readonly from: number; readonly to: number }

export interface OpenLineOptions {
  readonly dir: string
  readonly party: string
  readonly keys: TableKeys
  readonly agreed: { readonly opened: OpenedCharter; readonly enrolments: readonly EnrolmentText[] }
  readonly tls: TlsKey
  readonly clock: Clock
  readonly quotaBytes: number
  readonly allowHttp: boolean
  /** Whether peers can reach this node by its own port, or by relays alone. */
  readonly reachable: boolean
  readonly addressOf: (party: string) => string | null
  readonly tell: TellEvent
  readonly log: (line: string) => void
}

interface LastEntries {
  readonly start: number
  readonly entries: readonly Uint8Array[]
}

/** One other member as this node deals with it. */
export interface Peer {
  readonly party: string
  readonly member: CharterParty
  readonly enrolment: Enrolment
  readonly origin: string
  readonly logKey: VerifierKey
  readonly mirrorLink: CosignerLink | null
  readonly witnessLink: CosignerLink
  /** Our log as its mirror receives it, and its log as ours does. */
  to: DirectionObservation
  from: DirectionObservation
  toNow: { readonly measured: MeasuredDirection; readonly standing: Standing } | null
  fromNow: { readonly measured: MeasuredDirection; readonly standing: Standing } | null
  /** Entries of our log under its newest mirror cosignature. */
  received: number
  /** Entries of its log that our mirror has cosigned, and the root there. */
  committed: { readonly size: number; readonly root: string } | null
  /** Entries under the newest head our witness has seen. */
  witnessed: number
  pulling: boolean
  /** The newest of its entries, where they came with the head and are not projected yet. */
  last: LastEntries | null
  /** Whether a head of its log came that was not shown to continue the one held here. */
  suspected: boolean
}

const TICK_MS = 500
const SAMPLE_EVERY_S = 30
const SAVE_EVERY_S = 60
const MARK_EVERY_MS = 100
const PROBE_EVERY_MS = 2_000
const WITNESS_AFTER_MS = 30
const FEED_STEP = 16
/** What waits for the disk in our own log. */
const MAX_WAITING_BYTES = 32 << 20
/** Bytes a second a peer may push: the charter's day, but no less than catching up in time takes. */
const MIN_BYTES_PER_S = 1 << 20
const BURST_BYTES = 256 << 20
const PULL_AFTER_HEARTBEATS = 2
const YOUNG_GENERATION_MB = 4

/** Told of an act that was taken. */
export interface Accepted {
  readonly origin: string
  readonly index: number
  readonly leaf: string
  readonly repeated: boolean
}

/**
 * A table whose charter is agreed, running: our own log, the mirrors and the witness we keep for the other members, the links that bring
 * our log to theirs, and the projection over all of it. Nothing is shown of an act before it is on the disk, ours or a peer's.
 */
export class OpenLine implements WireTable, AsyncDisposable {
  readonly charter: Charter
  readonly charterSha256: string
  readonly party: string
  readonly origin: string
  readonly projector: Projector
  readonly peers: readonly Peer[]
  readonly quota: WireTable['quota']
  readonly witness: Witness
  readonly mirror: Mirror
  availability: AvailabilityBook
  halted: string | null = null
  readonly #options: OpenLineOptions
  readonly #journal: Journal
  readonly #recent = new RecentEntries()
  readonly #own: ReadableLog
  readonly #http: HttpClient
  readonly #receipts: ReceiptFile
  readonly #evidence: EvidenceStore
  readonly #unreceipted: UnreceiptedHeads
  readonly #listeners = new Set<(change: LineChange) => void>()
  readonly #stop = new AbortController()
  readonly #feeding = new Map<string, Promise<void>>()
  readonly #actBucket: TokenBucket
  /** Own entries that were appended, with when: only where someone has not receipted them. */
  readonly #marks: { readonly size: number; readonly atMs: number }[] = []
  #ready = false
  #tail: number
  #waitingBytes = 0
  #taking: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #witnessTimer: NodeJS.Timeout | null = null
  #sampledS = 0
  #savedS = 0
  #bytesAtSize = { size: 0, bytes: 0 }

  private constructor(options: OpenLineOptions, parts: Parts) {
    const { opened, enrolments } = options.agreed
    this.#options = options
    this.charter = opened.charter
    this.charterSha256 = opened.hash
    this.party = options.party
    this.origin = options.keys.log.signer.key.name
    this.#journal = parts.journal
    this.#own = ownLog(logOf(parts.journal), { public: true })
    this.#tail = parts.journal.head()
    this.#receipts = parts.receipts
    this.#evidence = parts.evidence
    this.#unreceipted = parts.unreceipted
    this.availability = parts.availability
    this.witness = parts.witness
    this.mirror = parts.mirror
    this.quota = {
      bytesPerS: Math.max(MIN_BYTES_PER_S, Math.ceil(opened.charter.quota.bytesPerDay / 86_400)),
      burstBytes: Math.max(BURST_BYTES, opened.charter.quota.bytesPerDay),
    }
    const { actsPerS } = opened.charter.quota
    this.#actBucket = new TokenBucket(actsPerS, { capacity: actsPerS, nowMs: performance.now() })
    this.#http = new HttpClient({ agent: new PeerAgent((party) => this.#target(party), options.tls) })
    this.projector = new Projector({
      charter: opened.charter,
      enrolments: enrolments.map(({ enrolment }) => enrolment),
      logs: {
        rootAt: (origin, size) => this.#rootAt(origin, size),
        entry: (origin, index) => this.entry(origin, index),
      },
    })
    this.peers = enrolments
      .filter(({ enrolment }) => enrolment.party !== options.party)
      .map(({ enrolment }) => this.#peerOf(enrolment))
  }

  /** Opens what lies in the folder of the table, made at the first opening. Signs nothing yet: `start`. @throws {StartRefused} @throws {JournalError} */
  static async open(options: OpenLineOptions): Promise<OpenLine> {
    const { dir, keys, clock, tell, agreed, party, quotaBytes } = options
    const logs = agreed.enrolments
      .filter(({ enrolment }) => enrolment.party !== party)
      .map(({ enrolment }) => enrolment.log)
    const evidence = new EvidenceStore(dir)
    const held: { line: OpenLine | null } = { line: null }
    const shared = { dataDir: join(dir, 'peers'), logs, clock, evidence, tell }
    const onFork = ({ origin, evidence: file }: { readonly origin: string; readonly evidence: string | null }): void =>
      held.line?.foundFork(origin, file)
    const onSuspicion = (origin: string): void => held.line?.suspect(origin)
    await mkdir(join(dir, 'peers'), { recursive: true, mode: 0o700 })
    const opened: { close(): Promise<void> }[] = []
    // Heads that are only held against others wait for each other; contents, ours and theirs, wait for none of them.
    const threads = { heads: smallThread(), entries: smallThread() }
    try {
      const witness = await Witness.open({
        ...shared,
        thread: threads.heads,
        signers: { signer: keys.witness.signer, pq: null },
        vkeys: [keys.witness.vkey],
        onFork,
        onSuspicion,
        onCosigned: (head) => held.line?.witnessed(head),
      })
      opened.push(witness)
      const mirror = await Mirror.open({
        ...shared,
        threads,
        signers: { signer: keys.mirror.signer, pq: null },
        vkeys: [keys.mirror.vkey],
        quotaBytes,
        onFork,
        onSuspicion,
        onCommitted: (head) => held.line?.committed(head),
      })
      opened.push(mirror)
      const journal = await openSqliteJournal({
        dir: join(dir, 'own'),
        kind: 'line',
        clock,
        thread: threads.entries,
        onNotice: (notice) => tell({ event: `record.journal.${notice.kind}`, ...notice }),
        log: { origin: keys.log.signer.key.name, author: { kind: 'signer', skey: keys.log.skey, hold: true } },
      })
      opened.push(journal)
      const { file: receipts, kept } = await ReceiptFile.open(join(dir, 'receipts.log'))
      opened.push(receipts)
      const availability = await readAvailability(join(dir, 'availability.json'))
      const unreceipted = await UnreceiptedHeads.open(join(dir, 'unreceipted.json'))
      const line = new OpenLine(options, { witness, mirror, journal, receipts, evidence, availability, unreceipted })
      await line.#replay(kept)
      // What was proven stays proven.
      for (const { origin, file } of await evidence.forks())
        if (line.peers.some((peer) => peer.origin === origin)) line.foundFork(origin, file)
      held.line = line
      return line
    } catch (error) {
      for (const one of opened.toReversed()) await one.close().catch(() => undefined)
      throw error
    }
  }

  get table(): string {
    return this.charter.table
  }

  get line(): LineProjection {
    return this.projector.line
  }

  get log(): (originHex: string) => ReadableLog | null {
    return (originHex) => (originHex === originHash(this.origin) ? this.#own : this.mirror.copy(originHex))
  }

  get ownLog(): JournalLog {
    return logOf(this.#journal)
  }

  /** Entries of our log on the disk. */
  get size(): number {
    return this.#journal.head()
  }

  get heartbeatMs(): number {
    return this.charter.heartbeatS * 1000
  }

  /** Whether acts are taken. */
  get ready(): boolean {
    return this.#ready && this.halted === null && this.size > 0
  }

  /** Holds our log against what its cosigners have seen and begins to bring it to them. A log that must not be written halts the line. */
  async start(): Promise<void> {
    try {
      await holdAgainstCosigners({
        journal: this.#journal,
        signer: this.#options.keys.log.signer,
        cosigners: this.peers.flatMap(({ mirrorLink, witnessLink }) => [
          ...(mirrorLink === null ? [] : [mirrorLink.spec]),
          witnessLink.spec,
        ]),
        http: this.#http,
        requireCosigner: false,
        tell: this.#options.tell,
        log: (text) => this.#options.log(`line ${this.table}: ${text}`),
      })
    } catch (error) {
      if (!(error instanceof StartRefused)) throw error
      this.#halt(error.message)
      return
    }
    if (this.#stop.signal.aborted) return
    // What came back from a mirror has not been projected yet.
    for await (const { bytes } of this.#journal.read(this.projector.size(this.origin), this.#journal.head())) {
      const act = actOf(bytes)
      await this.projector.prepare([act])
      this.projector.take(this.origin, bytes, { act, learntS: this.nowS() })
    }
    this.#tail = this.#journal.head()
    await this.#recent.begin(this.ownLog, this.#tail)
    this.#ready = true
    for (const peer of this.peers) {
      const watched = performance.now()
      peer.to = { ...peer.to, watchedSinceMs: watched }
      peer.from = { ...peer.from, watchedSinceMs: watched }
    }
    if (this.size > 0) this.#startLinks()
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
    this.#timer.unref()
    this.#tick()
  }

  /** Appends entry 0, which names the charter. @throws {ApiError} */
  async begin(entry: Uint8Array): Promise<void> {
    if (!this.#ready || this.halted !== null)
      throw new ApiError('LINE_HALTED', this.halted === null ? {} : { message: this.halted })
    if (this.#tail > 0) return
    const act = this.#parse(entry)
    const body = act.kind === CHARTER_ACT.kind ? (act.body as { version?: unknown; sha256?: unknown }) : null
    if (body?.sha256 !== this.charterSha256 || body.version !== this.charter.version)
      throw refused([
        {
          code: 'line.entry-0',
          outcome: 'INV',
          field: 'body.sha256',
          value: typeof body?.sha256 === 'string' ? body.sha256.slice(0, 80) : null,
          rule: `must be the act "charter" with version ${this.charter.version} and sha256 ${this.charterSha256}`,
        },
      ])
    await this.#accept([{ entry, act }])
    this.#startLinks()
  }

  /** Judges an act, appends it, and resolves when it is on the disk. @throws {ApiError} */
  async post(entry: Uint8Array): Promise<Accepted> {
    this.#assertReady()
    const [place] = await this.#accept([{ entry, act: this.#parse(entry) }])
    if (place === undefined) throw new Error('an act that was taken has a place')
    return { origin: this.origin, leaf: encodeBase64(leafHash(entry)), ...place }
  }

  /** The same for many at once: all are appended, or none from the first refused one on. @throws {ApiError} */
  async postAll(entries: readonly Uint8Array[]): Promise<{ readonly from: number; readonly to: number }> {
    this.#assertReady()
    const places = await this.#accept(entries.map((entry) => ({ entry, act: this.#parse(entry) })))
    const indices = places.map(({ index }) => index)
    return { from: Math.min(...indices), to: Math.max(...indices) + 1 }
  }

  /** Resolves when all that the projection holds of our own log is on the disk. */
  settled(): Promise<unknown> {
    return this.#taking
  }

  /** Resolves when what our mirror holds at this moment is projected. */
  async fed(): Promise<void> {
    while (this.#feeding.size > 0) await Promise.all(this.#feeding.values())
  }

  /** Tells of every change, once it may be told. Gives the way to stop it. */
  watch(listener: (change: LineChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  nowS(): number {
    return Math.floor(this.#options.clock.nowMs() / 1000)
  }

  peer(party: string): Peer {
    const peer = this.peers.find((one) => one.party === party)
    if (peer === undefined) throw new ApiError('NOT_FOUND', { message: `${party} is no other member of ${this.table}` })
    return peer
  }

  memberOf(pin: string): string | null {
    for (const { party, origin } of this.peers) {
      const book = this.projector.book(origin)
      if (tlsPinsAt(book, book.size).includes(pin)) return party
    }
    return null
  }

  addressOf(party: string): string | null {
    return this.#options.addressOf(party)
  }

  /** A peer is reached elsewhere from now on. */
  redial(party: string): void {
    this.#hurry(this.peer(party))
  }

  /** A peer is there: whatever waits for it to come back goes on. */
  #hurry({ mirrorLink, witnessLink }: Peer): void {
    mirrorLink?.retryNow()
    witnessLink.retryNow()
  }

  /** An entry that lies here; null: it does not. */
  async entry(origin: string, index: number): Promise<Uint8Array | null> {
    for await (const entry of this.entries(origin, index, index + 1)) return entry
    return null
  }

  /** Entries of a log that lie here, as far as they may be told. */
  async *entries(origin: string, from: number, to: number): AsyncGenerator<Uint8Array, void, undefined> {
    if (origin === this.origin) {
      const end = Math.min(to, this.#journal.head())
      const recent = from < end ? this.#recent.leaves(from, end) : []
      if (recent !== null) yield* recent
      else for await (const { bytes } of this.#journal.read(from, end)) yield bytes
      return
    }
    const copy = this.mirror.copy(originHash(origin))
    const size = Math.min(to, this.peers.find((peer) => peer.origin === origin)?.committed?.size ?? 0)
    if (copy === null) return
    for (let at = from; at < size; ) {
      const index = Math.floor(at / TILE_WIDTH)
      const first = index * TILE_WIDTH
      const width = Math.min(TILE_WIDTH, size - first)
      const bundle = await copy.bundle(index, width)
      if (bundle === null) return
      for (const entry of decodeBundle(bundle, width).slice(at - first)) yield entry
      at = first + width
    }
  }

  /** Told by our mirror: a head of a peer's log is cosigned here, with all its entries. */
  committed({
    origin,
    size,
    root,
    timeS,
    last,
  }: {
    readonly origin: string
    readonly size: number
    readonly root: Uint8Array
    readonly timeS: number
    readonly last: LastEntries | null
  }): void {
    const peer = this.peers.find((one) => one.origin === origin)
    if (peer === undefined) return
    this.#hurry(peer)
    const grown = size > (peer.committed?.size ?? -1)
    peer.from = { ...peer.from, contentsMs: performance.now() }
    if (grown) {
      peer.committed = { size, root: encodeBase64(root) }
      peer.last = last
      this.projector.knowRoot(origin, size, root)
      this.#receive({ by: this.party, role: 'mirror', origin, size, timestampS: timeS, learntS: this.nowS() })
    }
    if (peer.witnessed <= size) peer.from = { ...peer.from, oldestUnreceiptedMs: null }
    if (grown) this.#feed(peer)
  }

  /** Told by our witness: a head of a peer's log is cosigned here, its entries may not be here yet. */
  witnessed({ origin, size }: { readonly origin: string; readonly size: number }): void {
    const peer = this.peers.find((one) => one.origin === origin)
    if (peer === undefined) return
    const nowMs = performance.now()
    this.#hurry(peer)
    peer.from = { ...peer.from, headMs: nowMs }
    peer.witnessed = Math.max(peer.witnessed, size)
    if (size > (peer.committed?.size ?? 0) && peer.from.oldestUnreceiptedMs === null)
      peer.from = { ...peer.from, oldestUnreceiptedMs: nowMs }
    // Nobody pushes entries to an observer: it fetches them.
    if (this.#observes() && size > (peer.committed?.size ?? 0)) void this.#pull(peer)
  }

  foundFork(origin: string, evidence: string | null): void {
    this.projector.fork(origin, evidence, this.nowS())
    const nowMs = performance.now()
    for (const peer of this.peers)
      if (peer.origin === origin) peer.from = { ...peer.from, forkedSinceMs: peer.from.forkedSinceMs ?? nowMs }
    this.#tick()
  }

  /** Told by our witness or mirror: a head came that does not continue the one held, and nothing is proven yet. The peer is asked for its tree. */
  suspect(origin: string): void {
    const peer = this.peers.find((one) => one.origin === origin)
    if (peer === undefined || peer.suspected) return
    peer.suspected = true
    // What it shows now may be gone when it has been told of it.
    void this.#look(peer).catch(() => undefined)
  }

  /** Keeps a cosignature of our log that came by a file or was shown by another. Verified here. @throws {ApiError} */
  async takeReceipt(note: Uint8Array): Promise<{ readonly size: number; readonly by: readonly string[] }> {
    const log = this.ownLog
    const cosigners = this.peers.flatMap(({ enrolment }) => [...enrolment.mirrors, ...enrolment.witnesses])
    try {
      const { checkpoint, cosignatures } = openCheckpoint(note, log.key, cosigners)
      const { size } = checkpoint
      if (size > this.size || !equalBytes(await log.rootAt(size), checkpoint.root))
        throw new ApiError('HEAD_INCONSISTENT', { message: `this head of ${size} entries is not one of our log` })
      await log
        .saveCosignatures(
          size,
          cosignatures.map(({ line }) => line),
        )
        .catch((error: unknown) => {
          // A head between two of our own was signed by us all the same; only its cosignatures find no place.
          if (!isJournalError(error, 'UNKNOWN_CHECKPOINT')) throw error
        })
      for (const { key, timestampS } of cosignatures) this.#cosignedBy(key, { size, timestampS })
      return { size, by: cosignatures.map(({ key }) => key.name) }
    } catch (error) {
      if (isRecordError(error)) throw new ApiError('RECORD_MALFORMED', { message: error.message, cause: error })
      throw error
    }
  }

  async close(): Promise<void> {
    this.#stop.abort()
    clearInterval(this.#timer)
    if (this.#witnessTimer !== null) clearTimeout(this.#witnessTimer)
    const links = this.peers.flatMap(({ mirrorLink, witnessLink }) => [mirrorLink ?? [], witnessLink].flat())
    await Promise.all(links.map((link) => link.close()))
    this.#http.close()
    await Promise.allSettled(this.#feeding.values())
    await this.#saveAvailability()
    await this.#journal.close()
    await this.mirror.close()
    await this.witness.close()
    await this.#receipts.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  // acts of our own

  #assertReady(): void {
    if (this.halted !== null) throw new ApiError('LINE_HALTED', { message: this.halted })
    if (!this.ready) throw new ApiError('LINE_NOT_READY')
  }

  #parse(entry: Uint8Array): Act {
    if (entry.byteLength > MAX_LEAF_BYTES)
      throw refused([
        {
          code: 'act.size',
          outcome: 'INV',
          field: 'act',
          value: entry.byteLength,
          rule: `must be at most ${MAX_LEAF_BYTES} bytes`,
        },
      ])
    try {
      return parseAct(entry).act
    } catch (error) {
      if (!isRecordError(error)) throw error
      const { field, value, rule } = error.details
      throw refused([{ code: error.code, outcome: 'INV', field, value, rule }])
    }
  }

  /** The index of this very act, if it stands in our log: a repeated request must not append it again. */
  #known(act: Act, entry: Uint8Array): number | null {
    const index = this.projector.book(this.origin).ids.get(act.id)
    if (index === undefined) return null
    return this.line.logs.get(this.origin)?.entries[index]?.leaf === encodeBase64(leafHash(entry)) ? index : null
  }

  /**
   * Judges, projects and appends in one go, so that the next act is judged after these; resolves once they are on the disk. An act that
   * stands in our log already, to the byte, keeps its place: whoever lost the answer may ask again.
   */
  async #accept(
    acts: readonly { readonly entry: Uint8Array; readonly act: Act }[],
  ): Promise<readonly { readonly index: number; readonly repeated: boolean }[]> {
    await this.projector.prepare(acts.map(({ act }) => act))
    if (this.halted !== null) throw new ApiError('LINE_HALTED', { message: this.halted })
    if (this.#waitingBytes > MAX_WAITING_BYTES) throw new ApiError('OVERLOADED')
    const from = this.#tail
    const learntS = this.nowS()
    const taken: Uint8Array[] = []
    const places: { readonly index: number; readonly repeated: boolean }[] = []
    let refusal: unknown = null
    for (const { entry, act } of acts) {
      const known = this.#known(act, entry)
      if (known !== null) {
        places.push({ index: known, repeated: true })
        continue
      }
      try {
        this.#takeQuota(act)
        this.#mustCount(entry, act).take(learntS)
      } catch (error) {
        refusal = error
        break
      }
      places.push({ index: from + taken.length, repeated: false })
      taken.push(entry)
    }
    await (taken.length > 0 ? this.#append(from, taken) : this.#taking)
    if (refusal instanceof ApiError && acts.length > 1)
      throw new ApiError(refusal.code, {
        message: refusal.message,
        findings: refusal.findings,
        // Those before it stand; the rest was not looked at.
        fields: { ...refusal.fields, taken: places.length },
      })
    if (refusal !== null) throw refusal
    return places
  }

  #append(from: number, entries: readonly Uint8Array[]): Promise<unknown> {
    const bytes = entries.reduce((sum, { byteLength }) => sum + byteLength, 0)
    this.#waitingBytes += bytes
    this.#tail = from + entries.length
    const to = this.#tail
    const appended = this.#journal.append(from, entries)
    this.#recent.add(from, entries)
    const durable = appended.then(
      () => {
        this.#waitingBytes -= bytes
        this.#mark(to)
        for (const { mirrorLink } of this.peers) mirrorLink?.wake()
        // Contents go first: a head alone proves less, and many of them are as well told of by the newest.
        this.#witnessTimer ??= setTimeout(() => {
          this.#witnessTimer = null
          for (const { witnessLink } of this.peers) witnessLink.wake()
        }, WITNESS_AFTER_MS)
        this.#tellActs(this.origin, from, to)
      },
      (cause: unknown) => {
        // The projection holds what the disk does not: nothing more may be answered from it.
        this.#halt(`our log cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`)
        throw new ApiError('LINE_HALTED', { message: this.halted as string })
      },
    )
    durable.catch(() => undefined)
    this.#taking = durable
    return durable
  }

  #takeQuota(act: Act): void {
    const { actsPerS, flashPercent } = this.charter.quota
    const nowMs = performance.now()
    const reserve = isFlash(act) ? 0 : (actsPerS * flashPercent) / 100
    if (this.#actBucket.level(nowMs) - reserve < 1)
      throw new ApiError('ACT_QUOTA', {
        fields: { retry_after_s: this.#actBucket.waitS(reserve + 1, nowMs) },
      })
    this.#actBucket.take(1, nowMs)
  }

  /** @throws {ApiError} 422 with every reason when the act would have no effect, or must not be said now */
  #mustCount(entry: Uint8Array, act: Act): JudgedNext {
    const judged = this.projector.judge(this.origin, entry, act)
    const reasons: LineReason[] = judged.judgement.reasons
      .filter(({ outcome, effect }) => outcome === 'INV' || !effect)
      .map(({ code, outcome, field, value, rule }) => ({ code, outcome, field, value, rule }))
    const { kind, body } = act
    try {
      kindOf(kind)?.parse(body, act)
      const not = mayNotSay(this.line, { author: this.party, kind, body, act, nowS: this.nowS() })
      if (not !== null) reasons.push(reasonOf(not))
    } catch (error) {
      if (!isLineError(error)) throw error
      reasons.push(reasonOf(error))
    }
    if (kind === MESSAGE.kind && reasons.length === 0) reasons.push(...this.#numberReasons(act))
    if (reasons.length > 0) throw refused(reasons)
    return judged
  }

  /** Numbers have no gaps: ours are held to that before they are said (AC-07). */
  #numberReasons(act: Act): LineReason[] {
    const number = parseMessageNumber(String((act.body as { number?: unknown }).number))
    if (number === null) return []
    const expected = nextNumber(this.line, number)
    const given = String((act.body as { number?: unknown }).number)
    if (given === expected) return []
    return [
      {
        code: 'message.number',
        outcome: 'INV',
        field: 'body.number',
        value: given,
        rule: `must be ${expected}, the next one of this direction`,
      },
    ]
  }

  // what the others receipt

  #peerOf(enrolment: Enrolment): Peer {
    const { party, log: logKey } = enrolment
    const member = this.charter.parties.find((one) => one.party === party) as CharterParty
    const { clock, tell } = this.#options
    const linkTo = (kind: CosignerSpec['kind'], keys: readonly VerifierKey[], vkey: string): CosignerLink =>
      new CosignerLink({
        spec: {
          kind,
          name: keys[0]?.name ?? party,
          keys,
          vkey,
          url: `http://${party}/line/${this.charter.table}/${kind}`,
        },
        log: logOf(this.#journal),
        recent: this.#recent,
        http: this.#http,
        clock,
        heartbeatMs: this.heartbeatMs,
        evidence: this.#evidence,
        tell: (event) => {
          this.#noteQuota(party, event)
          tell({ table: this.charter.table, ...event })
        },
        onFork: (message) => this.#halt(message),
        onCosigned: ({ size, cosignatures, timeS, root, note }) => {
          this.projector.knowRoot(this.origin, size, root)
          const [first] = cosignatures
          if (first === undefined) return
          this.#cosignedBy(first.key, { size, timestampS: timeS }, performance.now())
          if (kind === 'witness') this.#unreceipted.cosigned({ size, note, line: first.line }, this.#owing())
        },
      })
    const nowMs = performance.now()
    return {
      party,
      member,
      enrolment,
      origin: logKey.name,
      logKey,
      mirrorLink: member.role === 'observer' ? null : linkTo('mirror', enrolment.mirrors, vkeyOf(enrolment.mirrors)),
      witnessLink: linkTo('witness', enrolment.witnesses, vkeyOf(enrolment.witnesses)),
      to: newDirection(this.party, party, nowMs),
      from: newDirection(party, this.party, nowMs),
      toNow: null,
      fromNow: null,
      received: 0,
      committed: null,
      witnessed: 0,
      pulling: false,
      last: null,
      suspected: false,
    }
  }

  #target(party: string): PeerTarget {
    const peer = this.peers.find((one) => one.party === party)
    if (peer === undefined) return { address: null, pins: [] }
    const text = this.#options.addressOf(party)
    const book = this.projector.book(peer.origin)
    return {
      address: text === null ? null : parseAddress(text, { allowHttp: this.#options.allowHttp }),
      pins: tlsPinsAt(book, book.size),
    }
  }

  #startLinks(): void {
    for (const { mirrorLink, witnessLink } of this.peers) {
      mirrorLink?.start()
      witnessLink.start()
    }
    for (const peer of this.peers) void this.#lookAfter(peer)
  }

  /** A head of our log was cosigned. `atMs`: when that came as an answer to us, which shows that the way is open. */
  #cosignedBy(
    key: VerifierKey,
    { size, timestampS }: { readonly size: number; readonly timestampS: number },
    atMs?: number,
  ): void {
    const peer = this.peers.find(({ enrolment }) =>
      [...enrolment.mirrors, ...enrolment.witnesses].some((one) => one.name === key.name && one.keyId === key.keyId),
    )
    if (peer === undefined) return
    const role = peer.enrolment.mirrors.some((one) => one.keyId === key.keyId && one.name === key.name)
      ? 'mirror'
      : 'witness'
    if (atMs !== undefined) peer.to = { ...peer.to, ...(role === 'mirror' ? { contentsMs: atMs } : { headMs: atMs }) }
    if (role === 'mirror') peer.received = Math.max(peer.received, size)
    this.#receive({ by: peer.party, role, origin: this.origin, size, timestampS, learntS: this.nowS() })
    this.#trimMarks()
  }

  /** Takes a receipt into the projection and keeps it. */
  #receive(receipt: KeptReceipt): void {
    const fresh = this.#receipts.add(receipt)
    if (!fresh || this.#isPrivate(receipt)) return
    const before = this.line.receipts.get(`${receipt.origin} ${receipt.by} ${receipt.role}`)?.at(-1)?.size ?? 0
    const late = this.projector.receive(receipt)
    if (late.length > 0) void this.#settle(late)
    if (receipt.by !== this.party)
      this.#emit({ kind: 'receipts', origin: receipt.origin, from: Math.min(before, receipt.size), to: receipt.size })
  }

  /** An observer's copy is its own affair: it vouches for heads alone, and nobody else holds its word on contents. */
  #isPrivate({ by, role }: KeptReceipt): boolean {
    return by === this.party && role === 'mirror' && this.#observes()
  }

  #noteQuota(party: string, event: { readonly event: string; readonly [fact: string]: unknown }): void {
    const peer = this.peers?.find((one) => one.party === party)
    if (peer === undefined) return
    const held = event.event === 'record.cosigner.retry' && String(event['reason']).includes('(429)')
    if (held) peer.to = { ...peer.to, quotaSinceMs: peer.to.quotaSinceMs ?? performance.now() }
    else if (event.event === 'record.cosigner' && event['state'] === 'current')
      peer.to = { ...peer.to, quotaSinceMs: null }
  }

  #mark(size: number): void {
    const nowMs = performance.now()
    const last = this.#marks.at(-1)
    if (last === undefined || nowMs - last.atMs >= MARK_EVERY_MS) this.#marks.push({ size: size, atMs: nowMs })
    else this.#marks[this.#marks.length - 1] = { size, atMs: last.atMs }
  }

  #trimMarks(): void {
    const least = Math.min(
      ...this.peers.filter(({ mirrorLink }) => mirrorLink !== null).map(({ received }) => received),
    )
    while ((this.#marks[0]?.size ?? Number.POSITIVE_INFINITY) <= least) this.#marks.shift()
  }

  /** The members whose mirrors owe us receipts, and up to where they gave them. */
  #owing(): { readonly party: string; readonly received: number }[] {
    return this.peers.filter(({ mirrorLink }) => mirrorLink !== null)
  }

  /**
   * The evidence that a member's mirror has not receipted what was there to take, once the charter lets it be protested: a file for anyone
   * who has the keys. @throws {ApiError} NOT_FOUND while nothing is due
   */
  protest(party: string): LineProtestFile {
    const peer = this.peer(party)
    const [accused] = peer.enrolment.mirrors
    const head = peer.mirrorLink === null ? null : this.#unreceipted.of(party, peer.received)
    const { protestAfterS: deltaS } = this.charter
    if (head === null || accused === undefined)
      throw new ApiError('NOT_FOUND', {
        message: `${party} owes no receipt for a head that any witness has seen: where nobody saw it, the line may just be down`,
      })
    const note = shownUnreceipted(head)
    const witnesses = this.peers.flatMap(({ enrolment }) => enrolment.witnesses)
    const { cosignatures } = openCheckpoint(note, this.ownLog.key, witnesses)
    const availableS = Math.min(...cosignatures.map(({ timestampS }) => timestampS))
    const dueS = availableS + deltaS
    if (this.nowS() < dueS)
      throw new ApiError('NOT_FOUND', {
        message: `a protest against ${party} is due from ${new Date(dueS * 1000).toISOString()} on, ${deltaS} s after a witness saw the head`,
      })
    const evidence = formatEvidence({ kind: 'non-delivery', head: note, accused, deltaS })
    return {
      accused: party,
      origin: this.origin,
      size: head.size,
      availableS,
      dueS,
      logKey: formatVkey(this.ownLog.key),
      witnesses: cosignatures.map(({ key }) => formatVkey(key)),
      evidence: Buffer.from(evidence).toString('utf8'),
    }
  }

  // what the others write

  /** Projects what our mirror has of a peer's log; one run at a time of each log. */
  #feed(peer: Peer): void {
    const { origin } = peer
    if (this.#feeding.has(origin)) return
    // Whoever brought this is answered first.
    const run = turn()
      .then(() => this.#feedNow(peer))
      .catch((error: unknown) => this.#options.log(`line ${this.table}: reading ${origin} failed: ${String(error)}`))
      .finally(() => {
        this.#feeding.delete(origin)
        if (!this.#stop.signal.aborted && this.projector.size(origin) < (peer.committed?.size ?? 0)) this.#feed(peer)
      })
    this.#feeding.set(origin, run)
  }

  async #feedNow(peer: Peer): Promise<void> {
    const { origin } = peer
    const learntS = this.nowS()
    let from = this.projector.size(origin)
    const begun = from
    const to = peer.committed?.size ?? 0
    let step: Uint8Array[] = []
    const take = async (): Promise<void> => {
      const acts = step.map(actOf)
      await this.projector.prepare(acts)
      for (const [i, entry] of step.entries()) this.projector.take(origin, entry, { act: acts[i] ?? null, learntS })
      this.#tellActs(origin, from, from + step.length)
      from += step.length
      step = []
      // Others are answered between two steps of a long catching up.
      if (from - begun >= FEED_STEP) await turn()
    }
    for await (const entry of this.#unread(peer, from, to)) {
      step.push(entry)
      if (step.length >= FEED_STEP) await take()
      if (this.#stop.signal.aborted) return
    }
    if (step.length > 0) await take()
    await this.#settle([])
  }

  /** Entries of a peer's log, from memory where they have just come in. */
  async *#unread(peer: Peer, from: number, to: number): AsyncGenerator<Uint8Array, void, undefined> {
    const { last } = peer
    peer.last = null
    const known = last === null || last.start + last.entries.length < to ? to : Math.max(from, last.start)
    if (known > from) yield* this.entries(peer.origin, from, known)
    if (last !== null && known < to) yield* last.entries.slice(known - last.start, to - last.start)
  }

  async #settle(more: readonly LineAct[]): Promise<void> {
    for (const act of await this.projector.settle(more)) this.#emit({ kind: 'act', act })
  }

  #observes(): boolean {
    return this.charter.parties.find(({ party }) => party === this.party)?.role === 'observer'
  }

  /** Now and then looks at the head a peer shows: learns who else cosigned it, and fetches what was not brought. */
  async #lookAfter(peer: Peer): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      const down = isDown(peer)
      const pauseMs = Math.max(1_000, down ? Math.min(PROBE_EVERY_MS, this.heartbeatMs) : this.heartbeatMs)
      await sleep(pauseMs * (0.9 + Math.random() / 5), undefined, { signal, ref: false }).catch(() => undefined)
      if (signal.aborted) return
      if (this.#options.addressOf(peer.party) === null) continue
      if (isDown(peer)) await this.#probe(peer)
      else await this.#look(peer).catch(() => undefined)
    }
  }

  /** Knocks at a peer that was not reached: a handshake costs little, and waiting out a long pause would leave a mended line silent. */
  async #probe(peer: Peer): Promise<void> {
    try {
      const connection = await dialPeer(this.#target(peer.party), this.#options.tls)
      connection.destroy()
      this.#hurry(peer)
    } catch {
      // Still away.
    }
  }

  async #look(peer: Peer): Promise<void> {
    const cosigners = this.peers.flatMap(({ enrolment }) => [...enrolment.mirrors, ...enrolment.witnesses])
    const url = `http://${peer.party}/line/${this.table}/mirror`
    const shown = await shownHead({ http: this.#http, url, logKey: peer.logKey }, cosigners)
    if (shown === null) return
    const { size } = shown.checkpoint
    if (peer.from.forkedSinceMs === null) await this.#holdAgainst(peer, shown)
    for (const { key, timestampS } of shown.cosignatures) {
      const isIt = ({ keyId, name }: VerifierKey): boolean => keyId === key.keyId && name === key.name
      const by = this.peers.find(({ enrolment }) => [...enrolment.mirrors, ...enrolment.witnesses].some(isIt))
      if (by === undefined || by === peer || size > (peer.committed?.size ?? 0)) continue
      // What binds rests on observers too, and they tell the author alone.
      const role = by.enrolment.mirrors.some(isIt) ? 'mirror' : 'witness'
      this.#receive({ by: by.party, role, origin: peer.origin, size, timestampS, learntS: this.nowS() })
    }
    const lateMs = PULL_AFTER_HEARTBEATS * this.heartbeatMs
    const overdue = performance.now() - (peer.from.contentsMs ?? peer.from.watchedSinceMs) > lateMs
    if (size > (peer.committed?.size ?? 0) && (this.#observes() || overdue)) await this.#pull(peer)
    else if (this.#observes()) peer.from = { ...peer.from, contentsMs: performance.now() }
  }

  /** Whether what a peer shows of its log is what is held of it here; two histories are kept as evidence. */
  async #holdAgainst(peer: Peer, shown: OpenedCheckpoint): Promise<void> {
    const held = this.mirror.tree(peer.origin)
    if (held === null) return
    const url = `http://${peer.party}/line/${this.table}/mirror`
    const fork = await forkShown(
      { http: this.#http, url, logKey: peer.logKey },
      { shown, held, suspected: peer.suspected },
    )
    if (fork === null) return
    const { origin } = peer
    const nowMs = this.#options.clock.nowMs()
    const file = await keepFork(this.#evidence, { origin, by: 'mirror', fork, nowMs })
    this.foundFork(origin, file)
    this.#options.tell({ event: 'record.fork', role: 'mirror', origin, message: FORK_MESSAGE, evidence: file })
  }

  /** Fetches what our mirror lacks of a peer's log, from the peer or from another member's copy. */
  async #pull(peer: Peer): Promise<void> {
    if (peer.pulling) return
    peer.pulling = true
    try {
      const sources = [peer, ...this.peers.filter((other) => other !== peer && other.mirrorLink !== null)]
      for (const source of sources) {
        if (this.#stop.signal.aborted || this.#options.addressOf(source.party) === null) continue
        const options = {
          http: this.#http,
          url: `http://${source.party}/line/${this.table}/mirror`,
          logKey: peer.logKey,
          mirror: this.mirror,
        }
        try {
          const shown = await shownHead(options, [])
          if (shown === null || shown.checkpoint.size <= (peer.committed?.size ?? 0)) continue
          const from = peer.committed?.size ?? 0
          const to = await pullLog(options, shown)
          this.#options.tell({
            event: 'record.line.pulled',
            table: this.table,
            origin: peer.origin,
            via: source.party,
            from,
            to,
          })
          return
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error)
          this.#options.tell({
            event: 'record.line.pull.failed',
            table: this.table,
            origin: peer.origin,
            via: source.party,
            reason,
          })
        }
      }
    } finally {
      peer.pulling = false
    }
  }

  // state

  /** Entries and bytes of our log that a peer's mirror has not receipted; bytes are reckoned from the mean. */
  backlog(peer: Peer): { readonly acts: number; readonly bytes: number } {
    const acts = peer.mirrorLink === null ? 0 : Math.max(0, this.size - peer.received)
    const mean = this.#bytesAtSize.size === 0 ? 600 : this.#bytesAtSize.bytes / this.#bytesAtSize.size
    return { acts, bytes: Math.round(acts * mean) }
  }

  #tick(): void {
    const nowMs = performance.now()
    const nowS = this.#options.clock.nowMs() / 1000
    const limits = { heartbeatS: this.charter.heartbeatS, maxClockOffsetS: this.charter.maxClockOffsetS }
    const sample = nowS - this.#sampledS >= SAMPLE_EVERY_S
    let changed = false
    for (const peer of this.peers) {
      this.#observe(peer, nowMs)
      for (const side of ['toNow', 'fromNow'] as const) {
        const measured = measure(side === 'toNow' ? peer.to : peer.from, nowMs, limits)
        const before = peer[side]
        const now = standing(before?.standing ?? null, measured, { nowMs, nowS })
        const differs =
          before === null || before.standing.kind !== now.kind || before.standing.reasons.join() !== now.reasons.join()
        changed ||= differs
        peer[side] = { measured, standing: now }
        if (sample || differs)
          recordSample(this.availability, {
            from: measured.from,
            to: measured.to,
            kind: measured.kind,
            atS: Math.floor(nowS),
            sinceS: now.sinceS,
          })
      }
    }
    if (sample) this.#sampledS = nowS
    if (nowS - this.#savedS >= SAVE_EVERY_S) {
      this.#savedS = nowS
      this.#unreceipted
        .save()
        .catch((error: unknown) =>
          this.#options.log(`line ${this.table}: what is unreceipted could not be kept: ${String(error)}`),
        )
      void this.#saveAvailability()
    }
    if (changed) this.#emit({ kind: 'state' })
  }

  #observe(peer: Peer, nowMs: number): void {
    const oldest = this.#marks.find(({ size }) => size > peer.received)
    const offsetS = peer.mirrorLink?.status().clockOffsetS ?? peer.witnessLink.status().clockOffsetS
    const outside = offsetS !== null && Math.abs(offsetS) > this.charter.maxClockOffsetS
    const relayed = this.#options.addressOf(peer.party)?.startsWith('relay:') === true
    const clock = (now: DirectionObservation): Partial<DirectionObservation> => ({
      clockOffsetS: offsetS,
      clockSinceMs: outside ? (now.clockSinceMs ?? nowMs) : null,
    })
    const observer = peer.mirrorLink === null
    const short = this.#quorumShort()
    const quorum = (now: DirectionObservation): Partial<DirectionObservation> => ({
      quorumShortSinceMs: short ? (now.quorumShortSinceMs ?? nowMs) : null,
    })
    peer.to = {
      ...peer.to,
      ...clock(peer.to),
      ...quorum(peer.to),
      // An observer holds heads and no contents: its word on the head is all there is to have.
      ...(observer ? { contentsMs: peer.to.headMs } : {}),
      oldestUnreceiptedMs: observer ? null : (oldest?.atMs ?? null),
      relayOnlySinceMs: relayed ? (peer.to.relayOnlySinceMs ?? nowMs) : null,
    }
    peer.from = {
      ...peer.from,
      ...clock(peer.from),
      relayOnlySinceMs: this.#options.reachable ? null : (peer.from.relayOnlySinceMs ?? nowMs),
    }
  }

  /** Whether so many are silent that no act of the kinds that bind could find its quorum now (record.md 3.8). */
  #quorumShort(): boolean {
    const away = (party: string): boolean => {
      const kind = this.peers.find((peer) => peer.party === party)?.toNow?.standing.kind
      return kind === 'silent' || kind === 'forked'
    }
    return this.charter.quorums.some(({ counterparts, observers }) => {
      const missing = this.peers.some(({ party, member }) => counterparts && member.role === 'party' && away(party))
      const there = observers?.of.filter((party) => party !== this.party && !away(party)).length ?? 0
      const own = observers?.of.includes(this.party) === true ? 1 : 0
      return missing || (observers !== null && there + own < observers.atLeast)
    })
  }

  #tellActs(origin: string, from: number, to: number): void {
    if (this.#listeners.size === 0) return
    for (let i = from; i < to; i += 1) {
      const act = this.line.logs.get(origin)?.entries[i]
      if (act !== undefined) this.#emit({ kind: 'act', act })
    }
  }

  #emit(change: LineChange): void {
    for (const listener of this.#listeners) listener(change)
  }

  #halt(message: string): void {
    if (this.halted !== null) return
    this.halted = message
    this.#options.log(`line ${this.table} HALTED: ${message}. Nothing more is signed in our log of it.`)
    this.#options.tell({ event: 'record.line.halt', table: this.table, message })
    this.#emit({ kind: 'state' })
  }

  // disk

  async #replay(receipts: readonly KeptReceipt[]): Promise<void> {
    for (const receipt of receipts) {
      const peer = this.peers.find(({ party }) => party === receipt.by)
      const known = receipt.by === this.party || peer !== undefined
      if (!known || !this.line.logs.has(receipt.origin)) continue
      if (!this.#isPrivate(receipt)) this.projector.receive(receipt)
      if (peer !== undefined && receipt.role === 'mirror' && receipt.origin === this.origin)
        peer.received = Math.max(peer.received, receipt.size)
    }
    let bytesRead = 0
    for await (const { bytes } of this.#journal.read(0, this.#journal.head())) {
      bytesRead += bytes.byteLength
      const act = actOf(bytes)
      await this.projector.prepare([act])
      this.projector.take(this.origin, bytes, { act, learntS: act?.at ?? 0 })
    }
    this.#bytesAtSize = { size: this.#journal.head(), bytes: bytesRead }
    if (this.#journal.head() > 0) this.#mark(this.#journal.head())
    for (const peer of this.peers) {
      const note = await this.mirror.copy(originHash(peer.origin))?.checkpoint()
      if (note === null || note === undefined) continue
      const { size, root } = openCheckpoint(note, peer.logKey).checkpoint
      peer.committed = { size, root: encodeBase64(root) }
      this.projector.knowRoot(peer.origin, size, root)
      const first = receipts.filter(
        ({ by, role, origin }) => by === this.party && role === 'mirror' && origin === peer.origin,
      )
      let at = 0
      let index = 0
      for await (const entry of this.entries(peer.origin, 0, size)) {
        const act = actOf(entry)
        await this.projector.prepare([act])
        while (at < first.length && (first[at] as KeptReceipt).size <= index) at += 1
        this.projector.take(peer.origin, entry, { act, learntS: first[at]?.learntS ?? this.nowS() })
        index += 1
      }
    }
    await this.projector.settle()
  }

  async #rootAt(origin: string, size: number): Promise<string | null> {
    if (origin === this.origin) return size > this.#journal.head() ? null : encodeBase64(await this.ownLog.rootAt(size))
    const copy = this.mirror.copy(originHash(origin))
    const held = this.peers.find((peer) => peer.origin === origin)?.committed?.size ?? 0
    if (copy === null || size > held) return null
    return encodeBase64(await rootFromTiles(tileReader(copy), size))
  }

  async #saveAvailability(): Promise<void> {
    const file = join(this.#options.dir, 'availability.json')
    const draft = `${file}.${randomBytes(4).toString('hex')}`
    try {
      await writeFile(draft, JSON.stringify(this.availability), { mode: 0o600 })
      await rename(draft, file)
    } catch (error) {
      this.#options.log(`line ${this.table}: what was measured could not be kept: ${String(error)}`)
    }
  }
}

interface Parts {
  readonly witness: Witness
  readonly mirror: Mirror
  readonly journal: Journal
  readonly receipts: ReceiptFile
  readonly evidence: EvidenceStore
  readonly availability: AvailabilityBook
  readonly unreceipted: UnreceiptedHeads
}

/** The journals of a line are many and quiet. */
const smallThread = (): JournalThread => new JournalThread({ youngGenerationMb: YOUNG_GENERATION_MB })

const isDown = ({ mirrorLink, witnessLink }: Peer): boolean =>
  [mirrorLink, witnessLink].some((link) => ['unreachable', 'waiting'].includes(link?.status().state ?? ''))

const vkeyOf = (keys: readonly VerifierKey[]): string => (keys[0] === undefined ? '' : formatVkey(keys[0]))

/** Whether a folder holds a log that was begun. */
export const hasLog = (dir: string): boolean => existsSync(join(dir, 'own'))

/** Messages of highest precedence, and what is said about any message: a clock may hang on it. */
export function isFlash({ kind, body }: Act): boolean {
  return kind.startsWith('ack.') || (kind === MESSAGE.kind && body['precedence'] === 'FLASH')
}

const refused = (reasons: readonly LineReason[]): ApiError =>
  new ApiError('ACT_REFUSED', {
    message: reasons.map(({ field, rule }) => `${field}: ${rule}`).join('; '),
    findings: reasons.map(({ field, value, rule }) => ({ field, value: String(value), rule })),
    fields: { reasons },
  })

const reasonOf = ({
  code,
  details,
}: {
  readonly code: string
  readonly details: { readonly field: string; readonly value: unknown; readonly rule: string }
}): LineReason => ({
  code,
  outcome: 'INV',
  field: details.field,
  value: details.value,
  rule: details.rule,
})

async function readAvailability(file: string): Promise<AvailabilityBook> {
  try {
    const book = JSON.parse(await readFile(file, 'utf8')) as AvailabilityBook
    if (book.v === 1 && Array.isArray(book.directions)) return book
  } catch {
    // Figures only: what cannot be read begins anew.
  }
  return createAvailability()
}

/** A message's own act, null for any other. */
export const messageNumberOf = (act: LineAct): string | null => bodyOf(act, MESSAGE)?.number ?? null
