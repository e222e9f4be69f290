import type { Identity } from 'age-encryption'
import type { RecordError } from '../errors.ts'
import { isRecordError } from '../errors.ts'
import { loadAge } from './age.ts'
import { inspectAgeFile } from './age-file.ts'

/** Where opening failed: the file's form, no key of ours among its recipients, the header's MAC, or the payload. */
export type AgeFailure = 'form' | 'no-match' | 'header' | 'payload'

export type AgeOpening =
  | { readonly kind: 'opened'; readonly plaintext: Uint8Array; readonly fileKey: Uint8Array }
  | {
      readonly kind: 'failed'
      readonly failure: AgeFailure
      /** Which rule of form was broken; null for the other failures. */
      readonly refusal: RecordError | null
      /** The file key where the header opened and the payload did not; it shows the failure to anyone. */
      readonly fileKey: Uint8Array | null
    }

const failed = (
  failure: AgeFailure,
  { refusal = null, fileKey = null }: { refusal?: RecordError | null; fileKey?: Uint8Array | null } = {},
): AgeOpening => ({ kind: 'failed', failure, refusal, fileKey })

const FILE_KEY_BYTES = 16

/**
 * Opens an age file with secret identities (`AGE-SECRET-KEY-1…`, `AGE-SECRET-KEY-PQ-1…`), after `inspectAgeFile` took its
 * form. Resolves whatever the file holds: that a sender's bytes do not open is an answer, not an error. Rejects only for
 * an identity that is none.
 */
export async function openAgeFile(
  file: Uint8Array,
  identities: readonly string[],
  { maxBytes }: { readonly maxBytes?: number } = {},
): Promise<AgeOpening> {
  const form = formOf(file, maxBytes)
  if ('refusal' in form) return failed('form', { refusal: form.refusal })
  const { Decrypter } = await loadAge()
  const decrypter = new Decrypter()
  for (const identity of identities) decrypter.addIdentity(identity)
  // Asked last, and only when every identity before it found no stanza of its own.
  let unmatched = false
  const last: Identity = {
    unwrapFileKey() {
      unmatched = true
      return null
    },
  }
  decrypter.addIdentity(last)
  let fileKey: Uint8Array
  try {
    fileKey = await decrypter.decryptHeader(file.slice(0, form.headerLength))
  } catch {
    return failed(unmatched ? 'no-match' : 'header')
  }
  return openWithFileKey(file, fileKey, { maxBytes })
}

/** As `openAgeFile`, with the 16-byte file key one recipient disclosed: no identity is needed to see what it saw. */
export async function openWithFileKey(
  file: Uint8Array,
  fileKey: Uint8Array,
  { maxBytes }: { readonly maxBytes?: number | undefined } = {},
): Promise<AgeOpening> {
  const form = formOf(file, maxBytes)
  if ('refusal' in form) return failed('form', { refusal: form.refusal })
  if (fileKey.length !== FILE_KEY_BYTES) return failed('header')
  const given: Identity = { unwrapFileKey: () => fileKey.slice() }
  const { Decrypter } = await loadAge()
  const decrypter = new Decrypter()
  decrypter.addIdentity(given)
  try {
    await decrypter.decryptHeader(file.slice(0, form.headerLength))
  } catch {
    return failed('header')
  }
  try {
    return { kind: 'opened', plaintext: await decrypter.decrypt(file), fileKey }
  } catch {
    return failed('payload', { fileKey })
  }
}

function formOf(
  file: Uint8Array,
  maxBytes: number | undefined,
): { readonly headerLength: number } | { readonly refusal: RecordError } {
  try {
    return inspectAgeFile(file, maxBytes === undefined ? {} : { maxBytes })
  } catch (error) {
    if (isRecordError(error)) return { refusal: error }
    throw error
  }
}
