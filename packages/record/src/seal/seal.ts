import { sha256 } from '#primitives'
import { type Act, SEALED_KIND } from '../act.ts'
import { decodeBase64, encodeBase64 } from '../base64.ts'
import { encodeHex, equalBytes } from '../bytes.ts'
import type { JsonObject } from '../canonical-json.ts'
import { isRecordError, RecordError, shown } from '../errors.ts'
import type { AgeEncrypt } from './age-encrypt.ts'
import { type AgeFile, inspectAgeFile, MAX_SEAL_RECIPIENTS } from './age-file.ts'
import { type AgeFailure, type AgeOpening, openAgeFile, openWithFileKey } from './age-open.ts'
import { commitText, formatInner, padInner, parseInner, type SealedInner, unpadInner } from './inner.ts'
import { parseRecipient } from './recipient.ts'

/** The part of an act that a seal is bound to. */
export type SealedAct = Pick<Act, 'table' | 'o' | 'id' | 'kind' | 'to' | 'body'>

/** The body of a sealed act as anyone can read it. */
export interface SealBody {
  /** SHA-256("parley.seal/v1\n" ‖ inner), 64 lower-case hex. */
  readonly commit: string
  /** The age file. */
  readonly file: Uint8Array
  readonly form: AgeFile
}

const COMMIT = /^[0-9a-f]{64}$/

/**
 * Reads the body of a sealed act and vets the form of its seal; needs no key. Throws SEAL_BODY, SEAL_NOT_AGE, SEAL_FORM,
 * SEAL_TOO_LARGE.
 */
export function readSealBody(act: SealedAct): SealBody {
  const refuse = (field: string, value: string | null, rule: string): RecordError =>
    new RecordError('SEAL_BODY', { field, value, rule })
  if (act.kind !== SEALED_KIND) throw refuse('kind', shown(act.kind), `must be ${SEALED_KIND}`)
  const { commit, ct } = act.body
  if (Object.keys(act.body).length !== 2) {
    throw refuse('body', shown(Object.keys(act.body).join(' ')), 'must have exactly the fields commit and ct')
  }
  if (typeof commit !== 'string' || !COMMIT.test(commit)) {
    throw refuse('commit', typeof commit === 'string' ? shown(commit) : null, 'must be 32 bytes as lower-case hex')
  }
  if (typeof ct !== 'string') throw refuse('ct', null, 'must be the base64 of an age file')
  let file: Uint8Array
  try {
    file = decodeBase64(ct, 'ct')
  } catch (error) {
    if (!isRecordError(error)) throw error
    throw new RecordError('SEAL_BODY', error.details, { cause: error })
  }
  return { commit, file, form: inspectAgeFile(file) }
}

export interface SealOptions {
  /** Everyone who shall open it, the author among them: `age1…`, or `age1pq1…` for all. At most 32. */
  readonly recipients: readonly string[]
  /** The author's own recipient: it must be among `recipients`, or the author could not open what it said. */
  readonly author: string
  /** Draws the file key: hand in `ageEncrypt`. */
  readonly encrypt: AgeEncrypt
}

/** A seal as made: the body for the act, and the inner text, which the author keeps to open it later without a key. */
export interface Sealed {
  readonly body: JsonObject
  readonly inner: Uint8Array
}

/**
 * Seals what `inner` says for the recipients, bound to the act with its `table`, `o`, `id` and `to`. The salt is the
 * caller's: 32 fresh random bytes as hex. Throws SEAL_INNER, SEAL_TOO_LARGE, SEAL_RECIPIENT, SEAL_FORM,
 * SEAL_AUTHOR_OMITTED before anything is encrypted. `lintSeal` should see the result before it is signed.
 */
export async function seal(inner: SealedInner, { recipients, author, encrypt }: SealOptions): Promise<Sealed> {
  const parsed = recipients.map((text, i) => parseRecipient(text, `recipients[${i}]`))
  const form = (value: string | number | null, rule: string): RecordError =>
    new RecordError('SEAL_FORM', { field: 'recipients', value, rule })
  if (parsed.length === 0) throw form(0, 'must name at least one recipient')
  if (parsed.length > MAX_SEAL_RECIPIENTS) throw form(parsed.length, `must be at most ${MAX_SEAL_RECIPIENTS}`)
  if (new Set(recipients).size !== recipients.length) throw form(null, 'must name every recipient once')
  if (parsed.some(({ kind }) => kind !== parsed[0]?.kind)) throw form(null, 'must not mix X25519 and hybrid recipients')
  if (!recipients.includes(author)) {
    throw new RecordError('SEAL_AUTHOR_OMITTED', {
      field: 'recipients',
      value: shown(author),
      rule: 'must include the author, who could not open its own seal otherwise',
    })
  }
  const bytes = formatInner(inner)
  const file = await encrypt(padInner(bytes), recipients)
  inspectAgeFile(file)
  return { body: { commit: commitText(bytes), ct: encodeBase64(file) }, inner: bytes }
}

/** What a seal turned out to hold. */
export type SealOpening =
  | {
      readonly kind: 'opened'
      readonly inner: SealedInner
      /** The text that opens the seal to anyone: `checkSealOpening` decides from it and the act alone. */
      readonly innerBytes: Uint8Array
      /** SHA-256 of the file key, hex: equal in two seals when one file key served twice. */
      readonly fileKeyDigest: string
    }
  | SealFault

/** Why a seal has no effect. A recipient that finds one logs `seal.fault`; not doing so accepts the seal as readable. */
export interface SealFault {
  readonly kind: 'fault'
  readonly reason: SealFaultReason
  /** What the age file held, without padding where that could be told; null when it did not open. */
  readonly innerBytes: Uint8Array | null
  /** The file key, 16 bytes: with it anyone sees the same fault. Null when no stanza opened. */
  readonly fileKey: Uint8Array | null
}

export const SEAL_FAULT_REASONS = [
  'form',
  'no-match',
  'header',
  'payload',
  'padding',
  'inner',
  'commit',
  'binding',
] as const
/** `form` to `payload`: the age file; then the text in it, its commitment, and the act it was bound to. */
export type SealFaultReason = (typeof SEAL_FAULT_REASONS)[number]

/**
 * Opens a sealed act with the reader's secret identities. A fault is an answer: it never throws for what the sender sent.
 * Throws SEAL_BODY only when the act is not a sealed one at all.
 */
export async function openSeal(act: SealedAct, identities: readonly string[]): Promise<SealOpening> {
  const body = bodyOrFault(act)
  return 'kind' in body ? body : judgeOpening(act, body, await openAgeFile(body.file, identities))
}

/** As `openSeal`, with the file key that a `seal.fault` disclosed. */
export async function openSealWithFileKey(act: SealedAct, fileKey: Uint8Array): Promise<SealOpening> {
  const body = bodyOrFault(act)
  return 'kind' in body ? body : judgeOpening(act, body, await openWithFileKey(body.file, fileKey))
}

const fault = (reason: SealFaultReason, innerBytes: Uint8Array | null, fileKey: Uint8Array | null): SealFault => ({
  kind: 'fault',
  reason,
  innerBytes,
  fileKey,
})

function bodyOrFault(act: SealedAct): SealBody | SealFault {
  try {
    return readSealBody(act)
  } catch (error) {
    if (!isRecordError(error) || (error.code === 'SEAL_BODY' && error.details.field === 'kind')) throw error
    return fault('form', null, null)
  }
}

function judgeOpening(act: SealedAct, body: SealBody, opening: AgeOpening): SealOpening {
  if (opening.kind === 'failed') {
    const reason: AgeFailure = opening.failure
    return fault(reason, null, opening.fileKey)
  }
  const { plaintext, fileKey } = opening
  let innerBytes: Uint8Array
  try {
    innerBytes = unpadInner(plaintext)
  } catch {
    return fault('padding', plaintext, fileKey)
  }
  try {
    const inner = checkSealOpening(act, innerBytes)
    return { kind: 'opened', inner, innerBytes, fileKeyDigest: encodeHex(sha256(fileKey)) }
  } catch (error) {
    const reason = isRecordError(error) ? REASON_OF[error.code] : undefined
    if (reason === undefined) throw error
    return fault(reason, innerBytes, fileKey)
  }
}

const REASON_OF: Readonly<Partial<Record<string, SealFaultReason>>> = {
  SEAL_COMMIT: 'commit',
  SEAL_INNER: 'inner',
  SEAL_BINDING: 'binding',
}

/**
 * Decides from bytes alone whether `innerBytes` is what the sealed act committed to: no key is needed, so an author can
 * show a third party what it sent to a recipient that says it cannot read it. Throws SEAL_BODY, SEAL_COMMIT (another
 * text), SEAL_INNER (the text committed to is none), SEAL_BINDING (made for another act).
 */
export function checkSealOpening(act: SealedAct, innerBytes: Uint8Array): SealedInner {
  const { commit } = act.body
  if (act.kind !== SEALED_KIND || typeof commit !== 'string' || !COMMIT.test(commit)) {
    throw new RecordError('SEAL_BODY', { field: 'commit', value: null, rule: 'must be the commitment of a sealed act' })
  }
  const found = commitText(innerBytes)
  if (found !== commit) {
    throw new RecordError('SEAL_COMMIT', { field: 'inner', value: found, rule: `must have the commitment ${commit}` })
  }
  const inner = parseInner(innerBytes)
  for (const field of ['table', 'o', 'id'] as const) {
    if (inner[field] !== act[field]) {
      throw new RecordError('SEAL_BINDING', { field, value: shown(inner[field]), rule: `must be ${shown(act[field])}` })
    }
  }
  if (inner.to.length !== act.to.length || inner.to.some((party, i) => party !== act.to[i])) {
    throw new RecordError('SEAL_BINDING', {
      field: 'to',
      value: shown(inner.to.join(' ')),
      rule: `must be those the act is addressed to: ${shown(act.to.join(' '))}`,
    })
  }
  return inner
}

export interface LintOptions {
  /** The author's own identities. */
  readonly identities: readonly string[]
  /** The text `seal` returned. */
  readonly inner: Uint8Array
  /** How many recipients it was made for. */
  readonly recipients: number
  /** `fileKeyDigest` of every seal the author made before. */
  readonly usedFileKeys: ReadonlySet<string>
}

/**
 * What an author checks before it signs a sealed act: that it opens with its own key, says what it meant, goes to as
 * many as it meant, and that its file key was never used. Resolves to the digest to remember. Rejects with
 * SEAL_AUTHOR_OMITTED, SEAL_COMMIT, SEAL_FORM, SEAL_KEY_REUSED, or the code of what the opening found.
 */
export async function lintSeal(act: SealedAct, options: LintOptions): Promise<string> {
  const { form } = readSealBody(act)
  if (form.recipients !== options.recipients) {
    throw new RecordError('SEAL_FORM', {
      field: 'recipients',
      value: form.recipients,
      rule: `must be the ${options.recipients} it was made for`,
    })
  }
  const opening = await openSeal(act, options.identities)
  if (opening.kind === 'fault') {
    if (opening.reason === 'no-match') {
      throw new RecordError('SEAL_AUTHOR_OMITTED', {
        field: 'ct',
        value: null,
        rule: 'must open with a key of the author, who could not open its own seal otherwise',
      })
    }
    throw new RecordError('SEAL_FORM', { field: 'ct', value: opening.reason, rule: 'must open without a fault' })
  }
  if (!equalBytes(opening.innerBytes, options.inner)) {
    throw new RecordError('SEAL_COMMIT', { field: 'inner', value: null, rule: 'must be the text that was sealed' })
  }
  if (options.usedFileKeys.has(opening.fileKeyDigest)) {
    throw new RecordError('SEAL_KEY_REUSED', {
      field: 'ct',
      value: opening.fileKeyDigest,
      rule: 'must have a file key of its own: who may open one seal could open both',
    })
  }
  return opening.fileKeyDigest
}
