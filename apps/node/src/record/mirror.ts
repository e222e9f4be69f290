import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { createGunzip } from 'node:zlib'
import { isJournalError, type JournalThread } from '@parley/journal'
import {
  type AddEntriesPart,
  AddEntriesReader,
  checkPackage,
  type CosignerRefusal,
  decideAddEntries,
  decideUploadEnd,
  emptyMirror,
  formatMirrorInfo,
  formatSignatureLine,
  formatTicket,
  isRecordError,
  MIRROR_INFO_TYPE,
  type MirrorState,
  parseNote,
  type SignedHead,
  tileReader,
  type VerifierKey,
  withPending,
} from '@parley/record'
import type { Clock } from '@parley/units'
import { type ProtocolAnswer, refusal, storeRefusal } from './answer.ts'
import { CosignerKeys, type CosignerSigners, cosigningTimeS } from './cosigner-keys.ts'
import { makeFolderDurably } from './durable-file.ts'
import type { TellEvent } from './events.ts'
import type { EvidenceStore } from './evidence-store.ts'
import type { HeldTree } from './fork.ts'
import { continuedFamily, familyIn, HandoverBook } from './handover-book.ts'
import { type FoundFork, HeadKeeper, numberRefusal, refusalAnswer } from './head-keeper.ts'
import { HeadStore } from './head-store.ts'
import type { ReadableLog } from './log-resource.ts'
import { MirroredLog } from './mirrored-log.ts'
import { originHash } from './origin-hash.ts'
import { Turns } from './turns.ts'

export interface MirrorOptions {
  readonly dataDir: string
  readonly logs: readonly VerifierKey[]
  readonly signers: CosignerSigners
  readonly vkeys: readonly string[]
  readonly quotaBytes: number
  readonly clock: Clock
  readonly evidence: EvidenceStore
  readonly tell: TellEvent
  /** Threads that its journals share with others; one for each journal when left out. */
  readonly threads?: { readonly heads: JournalThread; readonly entries: JournalThread }
  /** Told each time a head was cosigned: every entry below `size` is here and may be read. */
  readonly onCommitted?: (head: {
    readonly origin: string
    readonly size: number
    readonly root: Uint8Array
    readonly timeS: number
    /** The last of its entries, as far as they came with it. */
    readonly last: { readonly start: number; readonly entries: readonly Uint8Array[] } | null
  }) => void
  readonly onFork?: (fork: FoundFork) => void
  readonly onSuspicion?: (origin: string) => void
}

/** Uploads that one log may have under way; each may hold the entries of one package. */
const MAX_UPLOADS = 4
/** Writes of one upload that may wait for the disk. */
const MAX_WRITES = 4
/** From so many bytes on, what was compressed better than this is taken for an attack. */
const BOMB_FROM_BYTES = 1024 * 1024
const BOMB_RATIO = 100
const QUOTA_RETRY_S = 3_600
const HEAD_PATIENCE_MS = 50
const TEXT = 'text/plain; charset=utf-8'

/** One log and the state of uploading it. */
interface Mirrored {
  readonly log: MirroredLog
  /** Heads that may end an upload; what is committed and held is asked of the log itself. */
  heads: Pick<MirrorState, 'pending' | 'past'>
  uploads: number
  /** Called, all, when a head becomes pending. */
  readonly onHead: Set<() => void>
}

/**
 * Keeps copies of logs for which it was given the key, and cosigns a head once every entry under it is on the disk and can be read here:
 * c2sp.org/tlog-mirror. It judges nothing about what the entries say.
 */
export class Mirror implements AsyncDisposable {
  readonly vkeys: readonly string[]
  readonly #options: MirrorOptions
  readonly #store: HeadStore
  readonly #keeper: HeadKeeper
  readonly #keys: CosignerKeys
  readonly #logs: ReadonlyMap<string, Mirrored>
  readonly #byHash: ReadonlyMap<string, Mirrored>
  readonly #turns = new Turns()
  /** Drawn anew at each start: what an older state of this folder vouched for is not believed. */
  readonly #ticketKey = randomBytes(32)

  readonly #handovers: HandoverBook

  private constructor(
    options: MirrorOptions,
    { store, handovers, logs }: { store: HeadStore; handovers: HandoverBook; logs: readonly MirroredLog[] },
  ) {
    const { clock, evidence, tell } = options
    this.vkeys = options.vkeys
    this.#options = options
    this.#store = store
    this.#handovers = handovers
    this.#keys = new CosignerKeys(options.signers)
    this.#keeper = new HeadKeeper({
      role: 'mirror',
      store,
      handovers,
      cosigned: (origin) => this.#logs.get(origin)?.log.committed() ?? null,
      logs: options.logs,
      clock,
      evidence,
      tell,
      timeS: () => 0,
      ...(options.onFork === undefined ? {} : { onFork: options.onFork }),
      ...(options.onSuspicion === undefined ? {} : { onSuspicion: options.onSuspicion }),
      tree: (origin) => this.tree(origin),
      onAccepted: ({ checkpoint: { origin, size, root }, note }) => {
        const mirrored = this.#logs.get(origin) as Mirrored
        mirrored.heads = withPending(this.#state(mirrored), { size, root, note })
        for (const go of mirrored.onHead) go()
        return ''
      },
    })
    this.#logs = new Map(
      logs.map((log) => {
        const head = this.#keeper.head(log.origin)
        const pending = head === null ? null : { ...head.checkpoint, note: head.note }
        return [log.origin, { log, heads: { pending, past: [] }, uploads: 0, onHead: new Set() }]
      }),
    )
    this.#byHash = new Map([...this.#logs].map(([origin, mirrored]) => [originHash(origin), mirrored]))
  }

  /** @throws {JournalError} when a folder cannot be used */
  static async open(options: MirrorOptions): Promise<Mirror> {
    const dir = join(options.dataDir, 'mirror')
    const { signer, pq } = options.signers
    const cosigners = [signer.key, ...(pq === null ? [] : [pq.key])]
    const { clock, threads } = options
    const handovers = await HandoverBook.open(dir)
    const store = await HeadStore.open(join(dir, 'heads'), { clock, thread: threads?.heads })
    const logs: MirroredLog[] = []
    try {
      for (const key of options.logs) {
        const folder = join(dir, originHash(key.name))
        await makeFolderDurably(folder)
        const log = await MirroredLog.open({ dir: folder, key, cosigners, clock, thread: threads?.entries })
        logs.push(log)
        await vouchAgain(log, options)
        const committed = log.committed()
        // A head that is vouched for stays held against every other one, whatever a crash took of those that were only pending.
        if (committed !== null && (store.get(key.name)?.size ?? -1) < committed.size)
          await store.put({
            origin: key.name,
            size: committed.size,
            note: Buffer.from(committed.note).toString('utf8'),
            timeS: 0,
          })
      }
      return new Mirror(options, { store, handovers, logs })
    } catch (error) {
      for (const log of logs) await log.close()
      await store.close()
      throw error
    }
  }

  /** Takes a head of a log as pending; gives no cosignature. */
  addCheckpoint(body: Uint8Array): Promise<ProtocolAnswer> {
    return this.#keeper.addCheckpoint(body)
  }

  /** Takes it that a log goes on under its next number. No receipt of any log of that author is on its way meanwhile. */
  async continueLog(body: Uint8Array): Promise<ProtocolAnswer> {
    const family = continuedFamily(body)
    return family === null
      ? this.#keeper.continueLog(body)
      : this.#turns.take(family, () => this.#keeper.continueLog(body))
  }

  /** The continuation for which no lower number is cosigned any more, of the author of a log; null when there is none. */
  continuation(originHex: string): Uint8Array | null {
    const log = this.#byHash.get(originHex)?.log
    return log === undefined ? null : (this.#handovers.of(log.origin)?.entry ?? null)
  }

  /** The copy of the log whose origin has that hash, for reading; null: there is none. */
  copy(originHex: string): ReadableLog | null {
    return this.#byHash.get(originHex)?.log ?? null
  }

  /** The newest head of a log that is vouched for here, with the tree under it; null: there is none. */
  tree(origin: string): HeldTree | null {
    const log = this.#logs.get(origin)?.log
    const head = log?.committed() ?? null
    return log === undefined || head === null ? null : { checkpoint: head, note: head.note, reader: tileReader(log) }
  }

  /** Length of a long entry that this mirror still lacks; null: it takes no such thing. */
  wantedBlob(originHex: string, sha256: string): number | null {
    return this.#byHash.get(originHex)?.log.wantedBlob(sha256) ?? null
  }

  /** Takes a long entry that the log only names. */
  async addBlob(originHex: string, sha256: string, bytes: Uint8Array): Promise<ProtocolAnswer> {
    const log = this.#byHash.get(originHex)?.log
    if (log === undefined || log.wantedBlob(sha256) === null)
      return refusal('NOT_FOUND', { message: 'no entry here names such bytes, or they are here already' })
    try {
      if (!(await log.keepBlob(sha256, bytes)))
        return refusal('ENTRIES_UNPROVEN', { message: 'these are not the bytes that the entry names' })
    } catch (error) {
      return this.#storeFault(log.origin, error)
    }
    return { status: 200, contentType: TEXT, body: '' }
  }

  /**
   * Takes entries as they come, package by package: each is held against a head of the log and kept before the next. What is good stays,
   * however the request ends.
   */
  async addEntries(request: IncomingMessage, { gzip }: { readonly gzip: boolean }): Promise<ProtocolAnswer> {
    const upload = new Upload()
    const body = bodyOf(request, gzip)
    try {
      for await (const chunk of body.chunks) {
        const answer = await this.#take(upload, chunk)
        if (answer !== null) return answer
        if (upload.reader.satisfied) break
        if (body.isBomb(upload.bytes)) {
          if (upload.saved === 0) return refusal('BODY_TOO_LARGE', { message: 'the body is compressed beyond measure' })
          break
        }
      }
    } catch (error) {
      if (isJournalError(error)) return this.#storeFault(upload.mirrored?.log.origin ?? '', error)
      // Cut off, or not compressed as it said: what came whole before stands.
      if (!body.ended(error)) throw error
    } finally {
      body.release()
      // Left unread, the rest would stand before the next request of the connection.
      request.resume()
      await Promise.allSettled(upload.writes)
      if (upload.mirrored !== null) upload.mirrored.uploads -= 1
    }
    return this.#finish(upload)
  }

  async close(): Promise<void> {
    for (const { log } of this.#logs.values()) await log.close()
    await this.#store.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #state({ log, heads }: Mirrored): MirrorState {
    return { ...emptyMirror(log.origin), ...heads, committed: log.committed(), nextEntry: log.nextEntry }
  }

  /** The answer that ends the request, or null: more is wanted. */
  async #take(upload: Upload, chunk: Uint8Array): Promise<ProtocolAnswer | null> {
    upload.bytes += chunk.byteLength
    let parts: AddEntriesPart[]
    try {
      parts = upload.reader.push(chunk)
    } catch (error) {
      if (!isRecordError(error)) throw error
      if (upload.saved > 0) return await this.#finish(upload)
      return refusal('RECORD_MALFORMED', { message: error.message })
    }
    for (const part of parts) {
      const answer = part.kind === 'header' ? await this.#begin(upload, part.header) : await this.#keep(upload, part)
      if (answer !== null) return answer
    }
    return null
  }

  async #begin(
    upload: Upload,
    header: Extract<AddEntriesPart, { kind: 'header' }>['header'],
  ): Promise<ProtocolAnswer | null> {
    const mirrored = this.#logs.get(header.origin) ?? null
    if (mirrored !== null) {
      await mirrored.log.ready()
      await headArrives(mirrored, header.end)
    }
    const decision = decideAddEntries(mirrored === null ? null : this.#state(mirrored), header, {
      ticketKey: this.#ticketKey,
    })
    if (decision.kind === 'refuse' || mirrored === null) return refusalAnswer(decision as CosignerRefusal)
    if (mirrored.uploads >= MAX_UPLOADS)
      return refusal('RATE_LIMITED', { message: 'too many uploads of this log are under way', retryAfterS: 1 })
    if (header.end > header.start && (await mirrored.log.bytesOnDisk()) >= this.#options.quotaBytes)
      return refusal('QUOTA_EXCEEDED', { retryAfterS: QUOTA_RETRY_S })
    mirrored.uploads += 1
    upload.mirrored = mirrored
    upload.target = decision.target
    return null
  }

  async #keep(upload: Upload, part: Extract<AddEntriesPart, { kind: 'package' }>): Promise<ProtocolAnswer | null> {
    const { log } = upload.mirrored as Mirrored
    const target = upload.target as SignedHead
    const before = await log.subtree(part.subtreeStart, part.start)
    const refused = checkPackage(part, target, before)
    if (refused !== null) {
      this.#options.tell({ event: 'record.entries.refused', origin: log.origin, from: part.start, to: part.end })
      return refusalAnswer(refused)
    }
    upload.saved += 1
    if (part.end === target.size && log.namesNothing(part.entries)) {
      upload.last = part
      return null
    }
    const write = log.keep(part.start, part.entries)
    upload.writes.push(write)
    // Whoever waits for it sees its failure; until then it is nobody's.
    write.catch(() => undefined)
    if (upload.writes.length >= MAX_WRITES) await upload.writes.shift()
    return null
  }

  /** After the body: moves the mirror checkpoint and cosigns it if everything is there, else says where to go on. */
  async #finish(upload: Upload): Promise<ProtocolAnswer> {
    const { mirrored, target } = upload
    if (mirrored === null || target === null)
      return refusal('RECORD_MALFORMED', { message: 'the body ends before its header does' })
    const { log } = mirrored
    try {
      await Promise.all(upload.writes)
      return await this.#turns.take(familyIn(log.origin) ?? log.origin, () =>
        this.#commit(mirrored, {
          target,
          complete: upload.reader.complete,
          saved: upload.saved,
          last: upload.last,
        }),
      )
    } catch (error) {
      return this.#storeFault(log.origin, error)
    }
  }

  async #commit(
    mirrored: Mirrored,
    upload: {
      readonly target: SignedHead
      readonly complete: boolean
      readonly saved: number
      readonly last: Upload['last']
    },
  ): Promise<ProtocolAnswer> {
    const { clock, tell } = this.#options
    const { log } = mirrored
    // What was uploaded while the log was continued gets no receipt: it is not covered by what was accepted.
    const refused = this.#keeper.refuses(log.origin)
    if (refused !== null) return numberRefusal(refused)
    let state = this.#state(mirrored)
    let { last } = upload
    // The last package goes to the disk together with the head over it, unless that head will not be moved to now.
    if (last !== null && (!upload.complete || last.start > state.nextEntry)) {
      if (last.start <= state.nextEntry) await log.keep(last.start, last.entries)
      state = this.#state(mirrored)
      last = null
    } else if (last !== null) state = { ...state, nextEntry: Math.max(state.nextEntry, last.end) }
    const lastS = state.committed?.cosignedAtS ?? 0
    const decision = decideUploadEnd(state, upload, { nowS: cosigningTimeS(clock, lastS), ticketKey: this.#ticketKey })
    if (decision.kind === 'refuse') {
      if (decision.code === 'CLOCK_REGRESSED')
        tell({ event: 'record.time.fault', role: 'mirror', origin: log.origin, lastS })
      return refusalAnswer(decision)
    }
    if (decision.kind === 'continue') return decision
    const { head, text, origin } = decision
    if (log.lacksBlobBelow(head.size)) {
      // All leaves are here, but some only name their content: no receipt before that is here too.
      const info = { size: head.size, nextEntry: state.nextEntry, ticket: formatTicket(head.note, this.#ticketKey) }
      return { status: 202, contentType: MIRROR_INFO_TYPE, body: formatMirrorInfo(info) }
    }
    await log.commit(head, last)
    const lines = this.#keys.cosign(text, { origin, timeS: head.cosignedAtS })
    this.#store.covered({ origin, size: head.size })
    // What is vouched for is on the disk; the line that says so can be made again, and is at the next start if it is lost.
    log.saveCosignaturesSoon({ size: head.size, lines, timeS: head.cosignedAtS }, (error) => {
      const { code, message } = error as { code?: string; message?: string }
      tell({ event: 'record.store.fault', role: 'mirror', origin, code, message })
    })
    this.#options.onCommitted?.({ origin, size: head.size, root: head.root, timeS: head.cosignedAtS, last })
    return { status: 200, contentType: TEXT, body: lines.map(formatSignatureLine).join('') }
  }

  #storeFault(origin: string, error: unknown): ProtocolAnswer {
    const { code, message } = error as { code?: string; message?: string }
    if (!DISK_CODES.has(code ?? '')) throw error
    this.#options.tell({ event: 'record.store.fault', role: 'mirror', origin, code, message })
    return storeRefusal()
  }
}

/** Entries may overtake the head they are for by a little: a new one is waited for then, once and not long. */
async function headArrives({ heads, onHead }: Mirrored, size: number): Promise<void> {
  if (size <= (heads.pending?.size ?? 0)) return
  await new Promise<void>((resolve) => {
    const go = (): void => {
      clearTimeout(timer)
      onHead.delete(go)
      resolve()
    }
    const timer = setTimeout(go, HEAD_PATIENCE_MS)
    onHead.add(go)
  })
}

/** Cosigns the mirror checkpoint where a crash took the line that said so: who asks at its start how far this mirror has seen must be told all. */
async function vouchAgain(log: MirroredLog, { signers, clock }: MirrorOptions): Promise<void> {
  const committed = log.committed()
  const shown = await log.checkpoint()
  if (committed === null) return
  const { text } = parseNote(committed.note)
  if (shown !== null && parseNote(shown).text === text) return
  const timeS = Math.max(cosigningTimeS(clock, committed.cosignedAtS), committed.cosignedAtS)
  const lines = new CosignerKeys({ ...signers, pq: null }).cosign(text, { origin: log.origin, timeS })
  await log.saveCosignatures({ size: committed.size, lines, timeS })
}

/** Errors that say that the disk, or the journal on it, takes nothing at the moment. */
const DISK_CODES: ReadonlySet<string> = new Set([
  'COMMIT_FAILED',
  'IO_FAILED',
  'OVERLOADED',
  'UNWRITABLE',
  'READ_ONLY',
  'ENOSPC',
  'EDQUOT',
  'EIO',
  'EROFS',
])

/** One add-entries request as far as it was read. */
class Upload {
  readonly reader = new AddEntriesReader()
  readonly writes: Promise<void>[] = []
  mirrored: Mirrored | null = null
  target: SignedHead | null = null
  /** Packages that were good and went to the disk, or are about to. */
  saved = 0
  /** The package that ends with the head: kept back to be written with it. */
  last: Extract<AddEntriesPart, { kind: 'package' }> | null = null
  /** Bytes read, decompressed. */
  bytes = 0
}

interface Body {
  readonly chunks: AsyncIterable<Uint8Array>
  /** Whether so many bytes came out of too few. */
  isBomb(bytes: number): boolean
  /** Whether an error means no more than that the body is at its end, or not what it said. */
  ended(error: unknown): boolean
  /** Lets go of the stream without closing the connection: an answer is still to go out on it. */
  release(): void
}

function bodyOf(request: IncomingMessage, gzip: boolean): Body {
  const ended = (error: unknown): boolean => {
    const { code } = error as { code?: string }
    return code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE' || code?.startsWith('Z_') === true
  }
  if (!gzip)
    return {
      chunks: request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>,
      isBomb: () => false,
      ended,
      release: () => undefined,
    }
  const gunzip = createGunzip()
  request.pipe(gunzip)
  request.on('error', (error) => gunzip.destroy(error))
  request.on('aborted', () => gunzip.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' })))
  return {
    chunks: gunzip.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>,
    isBomb: (bytes) => bytes > BOMB_FROM_BYTES && bytes > BOMB_RATIO * gunzip.bytesWritten,
    ended,
    release: () => {
      request.unpipe(gunzip)
      gunzip.destroy()
    },
  }
}
