import { renameSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import pc from 'picocolors'
import {
  createKeyBook,
  encodeHex,
  type Finding,
  formatVkey,
  isRecordError,
  type KeyBook,
  type LogReport,
  openCheckpoint,
  openEnrolment,
  sha256,
  type TreeHead,
  type VerifierKey,
  verifyLog,
} from '@parley/record'
import type { CliContext } from '../context.ts'
import { lookBeside } from '../store/beside.ts'
import { type Crew, defaultThreads, hireCrew } from './crew.ts'
import { meter } from './meter.ts'
import { type Contents, contentsJudge } from './contents-judge.ts'
import { type PastOutput, verifyPast } from './predecessor.ts'
import { cosignersOf, lackingOf, policyOf, strengthText } from './policy.ts'
import { DamagedFolder, type LogTarget, openTarget } from './target.ts'
import { textOf } from './text-report.ts'
import { CannotVerify, fileBytes, keyOf, reason, VERIFY_EXIT } from './usage.ts'
import { verifyFile } from './verify-file.ts'
import { SignedHeads, withStore } from './verify-store.ts'

/** Flags of `parley verify` as parsed. */
export interface VerifyFlags {
  readonly key?: string
  readonly cosigner?: readonly string[]
  readonly officer?: readonly string[]
  readonly enrolment?: string
  readonly party?: readonly string[]
  readonly policy?: string
  readonly since?: readonly string[]
  readonly save?: string
  readonly entry?: string
  readonly token?: string
  readonly tokenUrl?: string
  readonly sub: string
  readonly replay: 'auto' | 'pool' | 'none'
  readonly threads?: number
  readonly json: boolean
}

/** What `--json` writes for a log, beside what the core reports. */
export interface VerifyOutput extends Omit<LogReport, 'checkpoint'> {
  readonly target: string
  readonly key: { readonly vkey: string; readonly fingerprint: string; readonly given: boolean }
  readonly contents: Contents | null
  readonly replay: { readonly judged: number; readonly unjudged: number }
  /** Entries judged by the key book, when an enrolment was given. */
  readonly book: { readonly effective: number; readonly ineffective: number } | null
  /** Of a node's own folder. */
  readonly store: {
    readonly heads: number
    /** Entries under the newest head that carries cosignatures, and how many lines of known cosigners were verified. */
    readonly cosignedSize: number | null
    readonly cosignatures: number
    readonly pendingEntries: number
    readonly tornBytes: number
    /** Bytes that hold nothing. */
    readonly unusedBytes: number
    /** Whether each of them was found to be zero, as a store that was closed cleanly has them. */
    readonly unusedCovered: boolean
    readonly unusual: readonly { readonly from: number; readonly to: number }[]
    /** Folders of other journals below, each to be verified by itself. */
    readonly journals: readonly string[]
    /** Files of the folder that nothing in it vouches for, and that were not looked at. */
    readonly unread: readonly { readonly file: string; readonly bytes: number }[]
  } | null
  /** The logs that this one continues, oldest first. */
  readonly past: readonly PastOutput[]
  /** What the policy asks and withstands, in words; null without one. */
  readonly policy: string | null
  readonly since: readonly { readonly file: string; readonly size: number }[]
  readonly saved: string | null
  readonly seconds: number
}

const FEW_ENTRIES = 4096

/** `parley verify PATH|URL`: reads, judges, reports; leaves its exit code in the context. */
export async function runVerify(place: string, flags: VerifyFlags, context: CliContext): Promise<void> {
  const { process } = context
  try {
    const target = openTarget(place, access(flags))
    process.exitCode =
      target.kind === 'file' ? verifyFile(target, flags, context) : await verifyTarget(target, flags, context)
  } catch (error) {
    if (error instanceof DamagedFolder) {
      tellDamage(place, error, { json: flags.json, process })
      process.exitCode = VERIFY_EXIT.altered
      return
    }
    if (!(error instanceof CannotVerify)) throw error
    process.stderr.write(`parley verify: ${error.message}\n`)
    process.exitCode = VERIFY_EXIT.unread
  }
}

/** Of a folder that cannot even be entered, only the place of the damage can be told. */
function tellDamage(
  place: string,
  { message, place: { file, from, to } }: DamagedFolder,
  { json, process }: { json: boolean; process: CliContext['process'] },
): void {
  const finding: Finding = { kind: 'store', path: file, entries: null, bytes: { from, to }, rule: message }
  const report = { target: place, verdict: 'altered', findings: [finding], findingsTotal: 1 }
  const text = `NOT AS SIGNED\n${file}  bytes ${from} to ${to - 1}: ${message}. Nothing behind it can be read: restore the folder from a copy or a mirror.\n`
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : text)
}

export function access({ token, tokenUrl, sub }: Pick<VerifyFlags, 'token' | 'tokenUrl' | 'sub'>): {
  token?: string
  tokenUrl?: string
  sub: string
} {
  return { sub, ...(token === undefined ? {} : { token }), ...(tokenUrl === undefined ? {} : { tokenUrl }) }
}

async function verifyTarget(target: LogTarget, flags: VerifyFlags, { process }: CliContext): Promise<number> {
  const startedMs = performance.now()
  const { source, store } = target
  const { key, given } = await logKeyOf(target, flags.key)
  store?.believe(key)
  const since = (flags.since ?? []).map((file) => ({ file, ...earlierHead(file, key) })).sort((a, b) => a.size - b.size)
  const book = flags.enrolment === undefined ? null : bookOf(flags.enrolment, { parties: flags.party ?? [], key })
  const judge = contentsJudge(flags.replay, book)
  const bar = meter(process.stderr, { what: 'verifying', now: () => performance.now() })
  const entries = store?.entryCount ?? FEW_ENTRIES
  await using crew: Crew = hireCrew(flags.threads ?? (entries < FEW_ENTRIES ? 0 : defaultThreads()))
  const policy = flags.policy === undefined ? null : policyOf(flags.policy, key)
  const cosigners = cosignersOf(flags.cosigner, policy)
  const heads = store === null ? null : new SignedHeads(store, { key, cosigners, crew })
  const { past, findings: broken } = await verifyPast(target, { access: access(flags), judge, crew })
  const raw = await verifyLog(source, {
    logKey: key,
    cosigners,
    ...(policy === null ? {} : { policy: (verified) => lackingOf(policy, verified) }),
    officers: (flags.officer ?? []).map((each) => keyOf('--officer', each)),
    earlier: heads === null ? since : merged(heads.heads(), since),
    parallel: 2 * crew.size + 6,
    run: (job) => crew.entries(job),
    judge: judge.judge,
    onProgress: ({ done, total }) => bar.show(done, total),
  })
  await heads?.settled()
  const beside = store === null ? null : lookBeside(target.name, store.dir)
  const whole = store === null || heads === null || beside === null ? raw : withStore(raw, store, { heads, beside })
  const report = withFindings(whole, broken)
  bar.end(report.entries)
  const saved = flags.save !== undefined && report.verdict === 'verified' ? saveCheckpoint(flags.save, report) : null
  const { checkpoint: _, ...rest } = report
  const output: VerifyOutput = {
    target: target.name,
    ...rest,
    key: { vkey: formatVkey(key), fingerprint: encodeHex(sha256(key.publicKey)), given },
    contents: judge.contents(),
    replay: judge.replayed(),
    book: book === null ? null : judge.judgedActs(),
    store:
      store === null
        ? null
        : {
            heads: heads?.checked ?? 0,
            cosignedSize: store.cosignedSize,
            cosignatures: heads?.cosignatures ?? 0,
            pendingEntries: store.entryCount - report.size,
            tornBytes: store.tornBytes,
            unusedBytes: store.unused.bytes,
            unusedCovered: store.unused.covered,
            unusual: store.unused.unusual.map(({ from, to }) => ({ from, to })),
            journals: (beside?.journals ?? []).map((folder) => relative(target.name, folder)),
            unread: (beside?.unread ?? []).map(({ file, bytes }) => ({ file: relative(target.name, file), bytes })),
          },
    past,
    policy: policy === null ? null : strengthText(policy),
    since: since.map(({ file, size }) => ({ file, size })),
    saved,
    seconds: (performance.now() - startedMs) / 1000,
  }
  target.close()
  if (flags.json) process.stdout.write(`${JSON.stringify(output, null, 2)}\n`)
  else {
    const colors = pc.createColors(process.stdout.isTTY === true && (process.env?.['NO_COLOR'] ?? '') === '')
    process.stdout.write(textOf(output, { colors, officers: (flags.officer ?? []).length }))
  }
  return report.verdict === 'verified' ? VERIFY_EXIT.verified : VERIFY_EXIT.altered
}

/** With what is wrong about the logs before: what follows from them does not hold then either. */
const withFindings = (report: LogReport, broken: readonly Finding[]): LogReport =>
  broken.length === 0
    ? report
    : {
        ...report,
        findings: [...broken, ...report.findings],
        findingsTotal: report.findingsTotal + broken.length,
        verdict: 'altered',
      }

/** The key the caller gives, else the one the log states itself. @throws {CannotVerify} */
export async function logKeyOf(
  target: LogTarget,
  given: string | undefined,
): Promise<{ key: VerifierKey; given: boolean }> {
  if (given !== undefined) return { key: keyOf('--key', given), given: true }
  let stated: VerifierKey | null
  try {
    stated = await target.statedKey()
  } catch (error) {
    if (!isRecordError(error)) throw error
    throw new CannotVerify(`${target.name} states a key that is none (${error.message}): give the log's key by --key`, {
      cause: error,
    })
  }
  if (stated === null) throw new CannotVerify(`${target.name} does not state its key: give it by --key`)
  return { key: stated, given: false }
}

/** The key book that a log begins with, from its party's enrolment. @throws {CannotVerify} */
function bookOf(file: string, { parties, key }: { parties: readonly string[]; key: VerifierKey }): KeyBook {
  try {
    const { enrolment } = openEnrolment(fileBytes('--enrolment', file))
    if (formatVkey(enrolment.log) === formatVkey(key)) return createKeyBook(enrolment, { parties })
  } catch (error) {
    if (!isRecordError(error)) throw error
    throw new CannotVerify(`--enrolment ${file}: ${error.message}`, { cause: error })
  }
  throw new CannotVerify(`--enrolment ${file} is of another log than that of the key ${formatVkey(key)}`)
}

/** @throws {CannotVerify} */
export function earlierHead(file: string, key: VerifierKey): TreeHead {
  try {
    return openCheckpoint(fileBytes('--since', file), key).checkpoint
  } catch (error) {
    if (!isRecordError(error)) throw error
    throw new CannotVerify(`--since ${file}: this is no checkpoint of ${key.name}: ${error.message}`, { cause: error })
  }
}

/** Both lists in the order of their sizes. */
async function* merged(heads: AsyncGenerator<TreeHead>, since: readonly TreeHead[]): AsyncGenerator<TreeHead> {
  let next = 0
  for await (const head of heads) {
    for (; next < since.length && (since[next] as TreeHead).size < head.size; next++) yield since[next] as TreeHead
    yield head
  }
  for (; next < since.length; next++) yield since[next] as TreeHead
}

/** A file that is whole or not there: the next verification begins with it. */
function saveCheckpoint(file: string, { checkpoint }: LogReport): string {
  const draft = `${file}.part`
  try {
    writeFileSync(draft, checkpoint ?? new Uint8Array())
    renameSync(draft, file)
  } catch (error) {
    throw new CannotVerify(`--save ${file}: ${reason(error)}`, { cause: error })
  }
  return file
}
