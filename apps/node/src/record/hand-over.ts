import { setTimeout as sleep } from 'node:timers/promises'
import { type JournalLog, openSqliteJournal } from '@parley/journal'
import {
  type Continuation,
  formatContinueLog,
  isRecordError,
  parseLogName,
  parseNote,
  parseTreeSize,
  proveConsistency,
  readContinuation,
  signCheckpoint,
  SIZE_TYPE,
  tileReader,
  type VerifierKey,
} from '@parley/record'
import { StartRefused } from '../errors.ts'
import { beginNextLog, type ContinueEnvironment } from './continue-log.ts'
import type { CosignerSpec } from './cosigner-spec.ts'
import { openKey } from './key-files.ts'
import { findSuccessor, type LogPlace, type PastLog } from './log-place.ts'
import type { TellEvent } from './events.ts'
import { originHash } from './origin-hash.ts'
import { logOf } from './own-log.ts'

const ATTEMPTS = 4
const ACCEPTANCE_MS = 120_000
const LOOK_EVERY_MS = 50

/** What a peer says to a continuation. */
type Acceptance =
  | { readonly kind: 'accepted' }
  /** It has cosigned what the citation lacks. */
  | { readonly kind: 'short' }
  /** This number is another's there, or a higher one counts; `number` is the least that may do. */
  | { readonly kind: 'over'; readonly number: number }
  | { readonly kind: 'unknown-key' }
  | { readonly kind: 'silent'; readonly why: string }

/**
 * Finds the log that this folder writes, when that is one that continues another, and brings its continuation to everyone who cosigns it.
 * Nothing is written under a new number before every one of them has accepted it (rule C4 of models/handover.pml): until then the node
 * does not start. Refused by one, it begins the number after, from what that one has shown (C5). Null: no log here continues another.
 *
 * @throws {StartRefused}
 */
export async function takeOver(environment: ContinueEnvironment): Promise<LogPlace | null> {
  for (;;) {
    const place = await findSuccessor(environment)
    if (place === null) return null
    try {
      const next = await present(place, environment)
      if (next === null) return place
      const { continuation } = place.continuations.at(-1) as LogPlace['continuations'][number]
      environment.log(
        `log ${continuation.name.number} was refused as it was begun, for a cosigner holds more: it is given up before anything was written`,
      )
      await closePast(place)
      await beginNextLog(parseLogName(continuation.from.origin).number, environment, { atLeast: next })
    } catch (error) {
      await closePast(place)
      throw error
    }
  }
}

async function closePast({ past }: LogPlace): Promise<void> {
  for (const { journal } of past) await journal.close()
}

/** Brings the continuations to every cosigner; the number to begin next, or null when all have accepted. */
async function present(place: LogPlace, environment: ContinueEnvironment): Promise<number | null> {
  const { cosigners, tell, log: say } = environment
  const newest = (place.continuations.at(-1) as LogPlace['continuations'][number]).continuation
  const hasBegun = await holdsMore(place)
  const answers = await Promise.all(
    cosigners.map(async (spec) => ({ spec, answer: await bring(place, spec, environment) })),
  )
  for (const { spec, answer } of answers)
    tell({ event: 'record.continue.answer', cosigner: spec.name, number: newest.name.number, verdict: answer.kind })
  const open = answers.filter(({ answer }) => answer.kind !== 'accepted')
  if (open.length === 0) return null
  // Once something stands there, every cosigner of that time had accepted: one that came later or is away holds nothing up.
  if (hasBegun) {
    for (const { spec, answer } of open)
      say(
        `WARNING: the cosigner ${spec.name} does not accept that log ${newest.name.number} goes on (${answer.kind}); it cosigns nothing until it does`,
      )
    return null
  }
  const unknown = open.filter(({ answer }) => answer.kind === 'unknown-key').map(({ spec }) => spec.name)
  if (unknown.length > 0)
    throw new StartRefused(
      `${unknown.join(', ')} does not know the key of log ${newest.name.number}: have its operator compare this key with you and add it beside the old one, by --witness-for or --mirror-for, then start again. Nothing is written before every cosigner has accepted. The key: ${place.key.vkey}`,
    )
  const silent = open.flatMap(({ spec, answer }) => (answer.kind === 'silent' ? [`${spec.name} (${answer.why})`] : []))
  if (silent.length > 0)
    throw new StartRefused(
      `log ${newest.name.number} is begun, and ${silent.join(', ')} has not accepted it: nothing is written before every cosigner has. Bring it up and start again; if it is gone for good, start without that --cosigner`,
    )
  return Math.max(newest.name.number + 1, ...open.map(({ answer }) => (answer.kind === 'over' ? answer.number : 0)))
}

/** Whether anything was written under the newest number yet. */
async function holdsMore({ dir }: LogPlace): Promise<boolean> {
  const journal = await openSqliteJournal({ dir, kind: 'pool' })
  try {
    return journal.head() > 1
  } finally {
    await journal.close()
  }
}

/** All continuations in order: a peer that missed one takes it first. */
async function bring(place: LogPlace, spec: CosignerSpec, environment: ContinueEnvironment): Promise<Acceptance> {
  let last: Acceptance = { kind: 'accepted' }
  for (const { entry, continuation } of place.continuations) {
    const before = place.past.find(({ key }) => key.name === continuation.from.origin)
    if (before === undefined) throw new Error(`log ${continuation.from.origin} is not open`)
    last = await bringOne({ entry, continuation, before, place }, spec, environment)
  }
  return last
}

async function bringOne(
  {
    entry,
    continuation,
    before,
    place,
  }: { entry: Uint8Array; continuation: Continuation; before: PastLog; place: LogPlace },
  spec: CosignerSpec,
  { http, dataDir }: ContinueEnvironment,
): Promise<Acceptance> {
  const { number } = continuation.name
  const isNewest = place.key.signer.key.name === continuation.origin
  const { signer } = isNewest
    ? place.key
    : await openKey(dataDir, { role: 'log', name: () => continuation.origin, file: `log-${number}` })
  const note = signCheckpoint({ origin: continuation.origin, size: 1, root: continuation.leaf }, signer)
  const { from, lost } = continuation
  let oldSize = from.size
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const proof =
        oldSize === 0 || oldSize >= from.size
          ? []
          : await proveConsistency(tileReader(logOf(before.journal)), { from: oldSize, to: from.size })
      const { status, contentType, bytes } = await http.post(`${spec.url}/continue-log`, {
        body: formatContinueLog({ entry, note, oldSize, proof }),
        contentType: 'text/plain; charset=utf-8',
      })
      const body = Buffer.from(bytes).toString('utf8')
      switch (status) {
        case 200:
          return { kind: 'accepted' }
        case 404:
          return /LOG_UNKNOWN/.test(body)
            ? { kind: 'unknown-key' }
            : { kind: 'silent', why: 'it knows nothing of logs that continue another' }
        case 409: {
          if (contentType.split(';')[0]?.trim() !== SIZE_TYPE) return { kind: 'short' }
          const held = parseTreeSize(body)
          const known = held <= from.size || lost.some(({ size }) => size === held)
          if (!known || held === oldSize) return { kind: 'short' }
          oldSize = held
          break
        }
        case 410:
          return { kind: 'over', number: (await numberThere(spec, { http, origin: continuation.origin, number })) + 1 }
        case 422:
          return { kind: 'over', number: number + 1 }
        default:
          return { kind: 'silent', why: `status ${status}` }
      }
    }
    return { kind: 'short' }
  } catch (error) {
    return { kind: 'silent', why: isRecordError(error) ? error.code : (error as Error).message }
  }
}

/** The number that counts at a peer that refuses a lower one. */
async function numberThere(
  spec: CosignerSpec,
  { http, origin, number }: { http: ContinueEnvironment['http']; origin: string; number: number },
): Promise<number> {
  const { status, bytes } = await http.get(`${spec.url}/${originHash(origin)}/continuation`, { maxBytes: 128 * 1024 })
  try {
    return status === 200 ? readContinuation(bytes).name.number : number
  } catch (error) {
    if (isRecordError(error)) return number
    throw error
  }
}

/**
 * Waits until each cosigner's own line stands under the first head of a log that continues another: an acceptance that nobody else can
 * give (C4). For a log of more than its continuation there is nothing to wait for.
 *
 * @throws {StartRefused} after two minutes
 */
export async function awaitAcceptance(log: JournalLog, cosigners: readonly CosignerSpec[]): Promise<void> {
  const endsAt = performance.now() + ACCEPTANCE_MS
  for (;;) {
    const missing = lacking(log, cosigners)
    if (missing.length === 0 || (log.checkpoint()?.size ?? 0) > 1) return
    if (performance.now() > endsAt)
      throw new StartRefused(
        `${missing.join(', ')} has not cosigned that ${log.origin} goes on: nothing is written before every cosigner has. See its events above, then start again`,
      )
    await sleep(LOOK_EVERY_MS)
  }
}

function lacking(log: JournalLog, cosigners: readonly CosignerSpec[]): string[] {
  const cosigned = log.cosignedCheckpoint()
  const lines = cosigned === null ? [] : parseNote(cosigned.note).signatures
  const has = ({ name, keyId }: VerifierKey): boolean =>
    lines.some((line) => line.name === name && line.keyId === keyId)
  return cosigners.filter(({ keys }) => !keys.some(has)).map(({ name }) => name)
}

/** Closes the logs before for ever, in their own folders, where their keys are still there; they are read on. */
export async function sealPast({ past, continuations }: LogPlace, tell: TellEvent): Promise<void> {
  for (const { journal, key } of past) {
    const log = logOf(journal)
    const next = continuations.find(({ continuation }) => continuation.from.origin === key.name)?.continuation.origin
    // Without its key a log cannot be closed in its folder; a folder with a next log never opens an earlier one to sign in any case.
    if (log.author !== 'signer' || log.standing().kind === 'sealed' || next === undefined) continue
    await log.seal(next)
    tell({ event: 'record.sealed', origin: log.origin, next })
  }
}
