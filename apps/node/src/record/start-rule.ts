import { type CosignedHead, type Journal, type JournalLog, recoverTail, type TailSource } from '@parley/journal'
import {
  bundlePath,
  decodeBundle,
  EMPTY_ROOT,
  encodeBundle,
  encodeHex,
  formatAddCheckpoint,
  formatCheckpoint,
  isRecordError,
  openCheckpoint,
  parseLogName,
  readAddCheckpointAnswer,
  readPendingAnswer,
  type Signer,
  sha256,
  readContinuation,
  signCheckpoint,
  TILE_WIDTH,
} from '@parley/record'
import { StartRefused } from '../errors.ts'
import type { CosignerSpec } from './cosigner-spec.ts'
import type { TellEvent } from './events.ts'
import { familyIn } from './handover-book.ts'
import type { HttpClient } from './http-client.ts'
import { originHash } from './origin-hash.ts'
import { logOf } from './own-log.ts'

const MAX_BUNDLE_BYTES = TILE_WIDTH * 65_537
const MAX_BLOB_BYTES = 64 * 1024 * 1024

export interface StartRuleOptions {
  /** Opened with `hold`: nothing is signed yet. */
  readonly journal: Journal
  /** Null where the key is lost: then nothing can be signed, and others can still be asked. */
  readonly signer: Signer | null
  readonly cosigners: readonly CosignerSpec[]
  readonly http: HttpClient
  /** Whether to refuse to start when none answers. */
  readonly requireCosigner: boolean
  readonly tell: TellEvent
  readonly log: (line: string) => void
}

/** What a cosigner says at the start. */
export interface Testimony {
  readonly spec: CosignerSpec
  /** Whether it answered so that something can be learnt from it. */
  readonly answered: boolean
  readonly heads: readonly CosignedHead[]
  /** It holds that our head is not of the log that it knows. */
  readonly disbelieves: boolean
  /** Number of the log that it holds to continue this one; null: none. */
  readonly continuedBy: number | null
}

/**
 * Before anything is signed, asks every cosigner how far it has seen this log (record.md 3.5, restart c). Where one has seen more, the
 * lost end is fetched from a mirror and appended as it was; where nobody can give it back, or a cosigner holds another history, the node
 * does not start.
 *
 * @throws {StartRefused} with what to do
 */
export async function holdAgainstCosigners(options: StartRuleOptions): Promise<void> {
  const { journal, cosigners, requireCosigner, tell, log: say } = options
  const log = logOf(journal)
  let testimonies = await askCosigners(options)
  refuseIfContinued(log, testimonies)
  const answered = testimonies.filter((one) => one.answered)
  if (answered.length === 0) {
    if (requireCosigner)
      throw new StartRefused(
        `none of the ${cosigners.length} cosigners answers, and --require-cosigner says not to start without one: bring one up, or leave that flag out`,
      )
    say(
      'WARNING: no cosigner answers, so nobody could say whether this log lost its end. Starting all the same; if one shows more later, this node halts.',
    )
  }
  const standing = await log.reconcile(testimonies.flatMap(({ heads }) => heads))
  tell({
    event: 'record.start',
    size: log.checkpoint()?.size ?? 0,
    asked: cosigners.length,
    answered: answered.length,
    standing: standing.kind,
  })
  if (standing.kind === 'behind') {
    refuseIfSomeAreSilent(log, testimonies)
    await recover(testimonies, options)
    // A head that was on its way may have come to a cosigner meanwhile: what was recovered is held against what they have seen by now.
    testimonies = await askCosigners(options)
    refuseIfSomeAreSilent(log, testimonies)
    await log.reconcile(testimonies.flatMap(({ heads }) => heads))
  }
  refuseUnlessSigning(log, testimonies)
}

export const askCosigners = (options: StartRuleOptions): Promise<readonly Testimony[]> =>
  Promise.all(options.cosigners.map((spec) => ask(spec, options)))

/** A log that a cosigner knows to be continued is not written again, by whoever holds its key (rule C2 of models/handover.pml). */
function refuseIfContinued({ origin }: JournalLog, testimonies: readonly Testimony[]): void {
  const told = testimonies.find(({ continuedBy }) => continuedBy !== null)
  if (told === undefined) return
  const { spec, continuedBy } = told
  throw new StartRefused(
    `the cosigner ${spec.name} holds that ${origin} was given up and goes on under number ${continuedBy}, which is not in this folder: an older copy of it was put back. Put back the newest one; if there is none, continue the log once more: ${wayOut(origin)}. Nothing was signed`,
  )
}

/** What an operator does with a log that cannot go on under its number. */
export const wayOut = (origin: string): string =>
  familyIn(origin) === null
    ? 'its name has no number to go on from, so begin another one in a folder of its own by --data'
    : `start once with --continue-log ${parseLogName(origin).number}`

/**
 * A log that lost its end goes on under its number only when all that ever left it is back (models/line.pml: otherwise a head that is
 * somewhere else comes to contradict a new one). A cosigner that says nothing may have seen more than those that answer.
 */
function refuseIfSomeAreSilent(log: JournalLog, testimonies: readonly Testimony[]): void {
  const silent = testimonies.filter(({ answered }) => !answered).map(({ spec }) => spec.name)
  if (silent.length === 0) return
  throw new StartRefused(
    `this log has ${log.checkpoint()?.size ?? 0} entries and others have seen more, so its end is lost here; ${silent.join(', ')} says nothing and may have seen more still. It goes on under its number only when every cosigner has been asked: bring up the silent ones. Else the log must be continued under a new number (log.continue): ${wayOut(log.origin)}. Nothing was signed`,
  )
}

/** @throws {StartRefused} when the log may not be written, with the way out */
export function refuseUnlessSigning(log: JournalLog, testimonies: readonly Testimony[] = []): void {
  const standing = log.standing()
  const here = log.checkpoint()?.size ?? 0
  switch (standing.kind) {
    case 'signing': {
      const against = testimonies.find(({ disbelieves }) => disbelieves)
      if (against === undefined) return
      throw new StartRefused(
        `the cosigner ${against.spec.name} refuses the head of this log as not of the log it knows, so another node may sign with this log's key: find out before going on; if it is the cosigner that errs, start without it`,
      )
    }
    case 'behind': {
      const who = testimonies
        .filter(({ heads }) => heads.some(({ size }) => size > here))
        .map(({ spec }) => spec.name)
        .join(', ')
      throw new StartRefused(
        standing.proven
          ? `this log has ${here} entries, and ${who} has seen ${standing.size}: its end is lost here, and no mirror that answers has it. Put back the newest copy of the folder or bring up the mirror that has the rest; else the log must be continued under a new number (log.continue): ${wayOut(log.origin)}. Nothing was signed`
          : `this log has ${here} entries, and ${who} claims to have seen ${standing.size} without showing a head signed by it. If this folder may be an old copy, put back the newest one or bring up a mirror; else the log must be continued under a new number (log.continue): ${wayOut(log.origin)}. If you know it to be whole, start without that --cosigner. Nothing was signed`,
      )
    }
    case 'forked':
      throw new StartRefused(
        `a head of ${standing.size} entries, signed with this log's key, is not in this log: two histories exist, because a second node signs with its key or an old copy was written on. This log must not be written again; it has to be continued under a new number (log.continue): find the other one and stop it, then ${wayOut(log.origin)}`,
      )
    case 'sealed':
      throw new StartRefused(`this log was closed and goes on as ${standing.next}: start that one by its own --data`)
    case 'halted':
      throw new StartRefused(`this log signs nothing: ${standing.why}`)
    case 'held':
    case 'reading':
    case 'mirroring':
      throw new StartRefused(`this log cannot be written as it was opened (${standing.kind})`)
  }
}

async function ask(spec: CosignerSpec, options: StartRuleOptions): Promise<Testimony> {
  const { journal, signer, http, tell } = options
  const log = logOf(journal)
  const signed = log.checkpoint()
  // A log that never signed asks with the empty tree, which every history continues.
  const head = signed ?? { size: 0, root: EMPTY_ROOT }
  const empty = { origin: log.origin, size: 0, root: EMPTY_ROOT }
  const note = signed?.note ?? (signer === null ? null : signCheckpoint(empty, signer))
  const text = formatCheckpoint({ origin: log.origin, size: head.size, root: head.root })
  const nothing: Testimony = { spec, answered: false, heads: [], disbelieves: false, continuedBy: null }
  if (note === null) return nothing
  try {
    const body = formatAddCheckpoint({ oldSize: head.size, proof: [], note })
    const { status, contentType, bytes } = await http.post(`${spec.url}/add-checkpoint`, {
      body,
      contentType: 'text/plain; charset=utf-8',
    })
    const answer = { status, contentType, body: Buffer.from(bytes).toString('utf8') }
    const verdict =
      spec.kind === 'mirror'
        ? readPendingAnswer(answer, { text, size: head.size, cosigners: [] })
        : readAddCheckpointAnswer(answer, { text, size: head.size, cosigners: spec.keys })
    tell({ event: 'record.start.answer', cosigner: spec.name, status, verdict: verdict.kind })
    // A mirror takes a head without a word; what a witness adds is left for the first push to judge.
    if (status === 200) return { ...nothing, answered: true, heads: await shownHead(spec, options) }
    if (status === 410)
      return {
        ...nothing,
        answered: true,
        heads: await shownHead(spec, options),
        continuedBy: await continuedBy(spec, options),
      }
    switch (verdict.kind) {
      case 'resync':
        // It has seen less, but perhaps not of this history.
        return { ...nothing, answered: true, heads: await shownHead(spec, options) }
      case 'ahead':
        return { ...nothing, answered: true, heads: [{ size: verdict.size }, ...(await shownHead(spec, options))] }
      case 'suspect':
        return { ...nothing, answered: true, heads: await shownHead(spec, options), disbelieves: true }
      default:
        return nothing
    }
  } catch (error) {
    tell({
      event: 'record.start.silent',
      cosigner: spec.name,
      reason: error instanceof Error ? error.message : String(error),
    })
    return nothing
  }
}

/** The head that a cosigner shows to anyone, if it is under our key. */
async function shownHead(spec: CosignerSpec, { journal, http }: StartRuleOptions): Promise<CosignedHead[]> {
  const log = logOf(journal)
  try {
    const { status, bytes } = await http.get(`${spec.url}/${originHash(log.origin)}/checkpoint`)
    if (status !== 200) return []
    return [{ size: openCheckpoint(bytes, log.key).checkpoint.size, note: bytes }]
  } catch (error) {
    if (isRecordError(error) || error instanceof Error) return []
    throw error
  }
}

/** Number of the log that a cosigner holds to continue ours: the one above where it does not show which. */
async function continuedBy(spec: CosignerSpec, { journal, http }: StartRuleOptions): Promise<number> {
  const { origin } = logOf(journal)
  const { status, bytes } = await http.get(`${spec.url}/${originHash(origin)}/continuation`, { maxBytes: 128 * 1024 })
  try {
    if (status === 200) return readContinuation(bytes).name.number
  } catch (error) {
    if (!isRecordError(error)) throw error
  }
  return parseLogName(origin).number + 1
}

/** Appends the lost end as a mirror has it, verbatim: every entry is held against the head that this log itself once signed. */
export async function recover(testimonies: readonly Testimony[], options: StartRuleOptions): Promise<void> {
  const { journal, http, tell, log: say } = options
  const log = logOf(journal)
  const offers = testimonies
    .filter(({ spec }) => spec.kind === 'mirror')
    .flatMap(({ spec, heads }) => heads.map(({ size, note }) => ({ spec, size, note })))
    .filter(({ size, note }) => note !== undefined && size > journal.head())
    .sort((a, b) => b.size - a.size)
  for (const { spec, size, note } of offers) {
    const from = journal.head()
    if (size <= from) continue
    say(`the end of this log is missing here: fetching entries ${from} to ${size} from ${spec.name}`)
    try {
      await recoverTail(journal, mirrorCopy({ spec, http, origin: log.origin, note: note as Uint8Array }))
      tell({ event: 'record.recovered', mirror: spec.name, from, to: journal.head() })
      say(`entries ${from} to ${journal.head()} came back from ${spec.name}, as they were signed here before`)
    } catch (error) {
      tell({
        event: 'record.recover.failed',
        mirror: spec.name,
        reason: error instanceof Error ? error.message : String(error),
      })
    }
  }
}

/** What a mirror has of the log, under a head that it has shown. */
export function mirrorCopy(from: {
  readonly spec: CosignerSpec
  readonly http: HttpClient
  readonly origin: string
  readonly note: Uint8Array
}): TailSource {
  const prefix = `${from.spec.url}/${originHash(from.origin)}/`
  return copyOf(from.note, async (path, maxBytes) => {
    const { status, bytes } = await from.http.get(`${prefix}${path}`, { maxBytes })
    return status === 200 ? bytes : null
  })
}

type ReadCopy = (path: string, maxBytes: number) => Promise<Uint8Array | null>

/** A mirror's copy of our log below a prefix, under the head it has shown already. */
const copyOf = (note: Uint8Array, read: ReadCopy): TailSource => ({
  checkpoint: () => Promise.resolve(note),
  bundle: (index, width) => readBundle(index, width, read),
  async blob(name) {
    const content = await read(`blob/${name}`, MAX_BLOB_BYTES)
    if (content === null || encodeHex(sha256(content)) !== name)
      throw new Error(`the long entry ${name} is not there as it was written`)
    return content
  },
})

/** A partial bundle may be gone once the full one exists. */
async function readBundle(index: number, width: number, read: ReadCopy): Promise<Uint8Array> {
  const partial = await read(bundlePath(index, width), MAX_BUNDLE_BYTES)
  if (partial !== null) return partial
  const full = width === TILE_WIDTH ? null : await read(bundlePath(index), MAX_BUNDLE_BYTES)
  if (full === null) throw new Error(`entries from ${index * TILE_WIDTH} on are not there`)
  return encodeBundle(decodeBundle(full, TILE_WIDTH).slice(0, width))
}
