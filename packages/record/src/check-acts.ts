import { type Act, ACT_HEADER, openAct, parseAct } from './act.ts'
import { type BundleCheck, type BundleJob, checkBundle, readBundle } from './check-bundle.ts'
import { isRecordError } from './errors.ts'
import type { VerifierKey } from './vkey.ts'

/** One act that is not as acts must be. `position` counts entries within the bundle. */
export interface ActProblem {
  readonly kind: 'act' | 'act-signature'
  readonly position: number
  readonly rule: string
}

/** What a bundle holds of acts. */
export interface ActsCheck {
  readonly acts: number
  /** Acts at least one signature of which is by a known key; each such signature verified. */
  readonly signed: number
  /** Acts none of whose keys are known: their signatures were not looked at. */
  readonly unknown: number
  readonly problems: readonly ActProblem[]
}

/** A bundle to check together with the acts in it. */
export interface EntriesJob extends BundleJob {
  /** Name of the log: every act in it must name it. */
  readonly origin: string
  /** Keys of those who sign acts, as vkey texts parsed by the caller's side of a thread. */
  readonly officers: readonly VerifierKey[]
}

export interface EntriesCheck {
  readonly bundle: BundleCheck
  readonly acts: ActsCheck
}

const MOST_PROBLEMS = 16
const HEADER = Uint8Array.from(ACT_HEADER, (letter) => letter.charCodeAt(0))

/** Whether an entry says of itself that it is an act. */
export function isAct(entry: Uint8Array): boolean {
  return HEADER.every((byte, i) => entry[i] === byte)
}

/** Checks hashes and acts of one bundle: the whole work of one step of a verification, for any thread. */
export function checkEntries(job: EntriesJob): EntriesCheck {
  const bundle = checkBundle(job)
  const entries = job.bundle === null ? null : readBundle(job.bundle, job.width)
  return { bundle, acts: checkActs(entries ?? [], job) }
}

function checkActs(entries: readonly Uint8Array[], { origin, officers }: EntriesJob): ActsCheck {
  let acts = 0
  let signed = 0
  let unknown = 0
  const problems: ActProblem[] = []
  const find = (problem: ActProblem): void => {
    if (problems.length < MOST_PROBLEMS) problems.push(problem)
  }
  for (const [position, entry] of entries.entries()) {
    if (!isAct(entry)) continue
    acts++
    try {
      const act = opened(entry, officers)
      if (act === null) unknown++
      else signed++
      const { o } = act ?? parseAct(entry).act
      if (o !== origin) find({ kind: 'act', position, rule: `the act says that it belongs into the log ${o}` })
    } catch (error) {
      if (!isRecordError(error)) throw error
      find({ kind: error.code === 'INVALID_SIGNATURE' ? 'act-signature' : 'act', position, rule: error.message })
    }
  }
  return { acts, signed, unknown, problems }
}

/** The act with its known signatures verified; null when none of its keys is known. Throws what `openAct` throws else. */
function opened(entry: Uint8Array, officers: readonly VerifierKey[]): Act | null {
  if (officers.length === 0) return null
  try {
    return openAct(entry, officers).act
  } catch (error) {
    if (isRecordError(error, 'NO_VERIFIED_SIGNATURE')) return null
    throw error
  }
}
