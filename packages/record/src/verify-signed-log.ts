import { encodeBase64 } from './base64.ts'
import type { BundleCheck, BundleJob } from './check-bundle.ts'
import { checkEntries, type EntriesCheck, type EntriesJob } from './check-acts.ts'
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts'
import { cosignatureTimestamp } from './cosignature.ts'
import { isRecordError } from './errors.ts'
import { parseNote, verifySignatureLine } from './note.ts'
import { openCheckpoint } from './signed-checkpoint.ts'
import { formatKeyId, type VerifierKey } from './vkey.ts'
import { type Finding, type LogSource, type VerifyNote, type VerifyTreeOptions, verifyTree } from './verify-log.ts'

/** One cosignature line on the checkpoint. */
export interface CosignatureReport {
  readonly name: string
  /** Eight hex digits. */
  readonly keyId: string
  /** `unknown` when its key was not given, so nothing is known of it. */
  readonly state: 'verified' | 'failed' | 'unknown'
  /** By the cosigner's clock, unix seconds; null when the line does not verify. */
  readonly timestampS: number | null
}

export interface VerifyLogOptions extends Pick<VerifyTreeOptions, 'earlier' | 'parallel' | 'onProgress' | 'signal'> {
  readonly logKey: VerifierKey
  /** Keys of cosigners of type 0x04 or 0x06: a line of one of them must verify. */
  readonly cosigners?: readonly VerifierKey[]
  /** Says what is wrong with the cosignatures that verified; null when they suffice. */
  readonly policy?: (verified: readonly VerifierKey[]) => string | null
  /** Keys of those who sign acts. Acts of others are counted, their signatures not looked at. */
  readonly officers?: readonly VerifierKey[]
  /** Runs one step, for instance in another thread; by default here and now. */
  readonly run?: (job: EntriesJob) => Promise<EntriesCheck> | EntriesCheck
  /** Judges the contents of entries, in order, each once; asked no more after its first finding. */
  readonly judge?: (index: number, entry: Uint8Array) => Finding | null
}

/** What came of a verification. It is JSON but for `checkpoint`. */
export interface LogReport {
  /** `verified` when nothing at all was found wrong. */
  readonly verdict: 'verified' | 'altered'
  readonly origin: string
  readonly size: number
  /** Base64; null when the checkpoint cannot be read. */
  readonly root: string | null
  /** The checkpoint as it was read: to be kept, and given as an earlier one the next time. */
  readonly checkpoint: Uint8Array | null
  readonly cosignatures: readonly CosignatureReport[]
  /** Entries whose bytes were read and hashed. */
  readonly entries: number
  readonly acts: { readonly total: number; readonly signed: number; readonly unknown: number }
  /** Entries handed to `judge`. */
  readonly judged: number
  readonly findings: readonly Finding[]
  readonly findingsTotal: number
  readonly notes: readonly VerifyNote[]
}

/**
 * Verifies a log from its checkpoint down to the last byte: the log's signature, cosignatures and policy, every entry
 * and tile (see `verifyTree`), that earlier heads are prefixes, the signatures of acts, and what `judge` adds.
 *
 * @throws what the source throws when it cannot read, and the signal's reason when it aborts; never for what is wrong
 *   with the log itself, which the report tells
 */
export async function verifyLog(source: LogSource, options: VerifyLogOptions): Promise<LogReport> {
  const head = readHead(await source.checkpoint(), options)
  const { origin = options.logKey.name, size = 0, root = null } = head.checkpoint ?? {}
  const findings: Finding[] = [...head.findings]
  const acts = { total: 0, signed: 0, unknown: 0 }
  let judged = 0
  let entries = 0
  let notes: readonly VerifyNote[] = []
  let findingsTotal = findings.length
  if (root !== null) {
    const { earlier, parallel, onProgress, signal, officers = [], run = checkEntries, judge } = options
    const actFindings: Finding[] = []
    const step = async (job: BundleJob): Promise<BundleCheck> => {
      const { bundle, acts: seen } = await run({ ...job, origin, officers })
      acts.total += seen.acts
      acts.signed += seen.signed
      acts.unknown += seen.unknown
      for (const { kind, position, rule } of seen.problems) {
        const index = job.index * 256 + position
        actFindings.push({ kind, path: null, entries: { from: index, to: index + 1 }, bytes: null, rule })
      }
      return bundle
    }
    let stopped = false
    const report = await verifyTree(source, {
      head: { size, root },
      run: step,
      ...given({ earlier, parallel, onProgress, signal }),
      ...(judge === undefined
        ? {}
        : {
            onEntries: (first, some) => {
              for (const [i, entry] of some.entries()) {
                if (stopped) return
                const finding = judge(first + i, entry)
                judged++
                if (finding === null) continue
                stopped = true
                actFindings.push(finding)
              }
            },
          }),
    })
    actFindings.sort((a, b) => (a.entries?.from ?? 0) - (b.entries?.from ?? 0))
    findings.push(...report.findings, ...actFindings)
    findingsTotal += report.findingsTotal + actFindings.length
    entries = report.entries
    notes = report.notes
  }
  return {
    verdict: findingsTotal === 0 ? 'verified' : 'altered',
    origin,
    size,
    root: root === null ? null : encodeBase64(root),
    checkpoint: head.bytes,
    cosignatures: head.cosignatures,
    entries,
    acts,
    judged,
    findings,
    findingsTotal,
    notes,
  }
}

interface Head {
  readonly bytes: Uint8Array | null
  /** Null when its text cannot be read. */
  readonly checkpoint: Checkpoint | null
  readonly cosignatures: readonly CosignatureReport[]
  readonly findings: readonly Finding[]
}

function readHead(bytes: Uint8Array | null, { logKey, cosigners = [], policy }: VerifyLogOptions): Head {
  const about = { path: 'checkpoint', entries: null, bytes: null }
  if (bytes === null) {
    const rule = 'there is no checkpoint, so there is nothing the entries could be held against'
    return { bytes, checkpoint: null, cosignatures: [], findings: [{ kind: 'checkpoint-missing', ...about, rule }] }
  }
  const findings: Finding[] = []
  let checkpoint: Checkpoint | null = null
  try {
    checkpoint = openCheckpoint(bytes, logKey).checkpoint
  } catch (error) {
    if (!isRecordError(error)) throw error
    // What it states can be held against the entries all the same, to tell what else is wrong.
    checkpoint = statedBy(bytes)
    const kind = checkpoint === null ? 'checkpoint-malformed' : 'checkpoint-signature'
    findings.push({ kind, ...about, rule: `the checkpoint is not one of ${logKey.name}: ${error.message}` })
    if (checkpoint === null) return { bytes, checkpoint, cosignatures: [], findings }
  }
  const { text, signatures } = parseNote(bytes)
  const verified: VerifierKey[] = []
  const cosignatures: CosignatureReport[] = []
  for (const line of signatures) {
    if (line.name === logKey.name && line.keyId === logKey.keyId) continue
    const key = cosigners.find(({ name, keyId }) => name === line.name && keyId === line.keyId)
    const state = key === undefined ? 'unknown' : verifySignatureLine(key, text, line) ? 'verified' : 'failed'
    if (key !== undefined && state === 'verified') verified.push(key)
    if (state === 'failed')
      findings.push({ kind: 'cosignature', ...about, rule: `the cosignature of ${line.name} does not verify` })
    const timestampS = state === 'verified' ? cosignatureTimestamp(line) : null
    cosignatures.push({ name: line.name, keyId: formatKeyId(line.keyId), state, timestampS })
  }
  const lacking = policy?.(verified) ?? null
  if (lacking !== null) findings.push({ kind: 'policy', ...about, rule: lacking })
  return { bytes, checkpoint, cosignatures, findings }
}

function statedBy(bytes: Uint8Array): Checkpoint | null {
  try {
    return parseCheckpoint(parseNote(bytes).text)
  } catch {
    return null
  }
}

/** Without the keys whose value is undefined. */
function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}
