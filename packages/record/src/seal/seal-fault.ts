import { decodeHex, encodeHex } from '../bytes.ts'
import type { JsonObject } from '../canonical-json.ts'
import { RecordError, shown } from '../errors.ts'
import {
  checkSealOpening,
  openSealWithFileKey,
  readSealBody,
  SEAL_FAULT_REASONS,
  type SealedAct,
  type SealFault,
  type SealFaultReason,
} from './seal.ts'

/** The act by which a recipient says that a seal did not hold what it promised; its `ref` names the sealed act. */
export const SEAL_FAULT_KIND = 'seal.fault'

/** The body of `seal.fault` as read. */
export interface SealFaultClaim {
  readonly reason: SealFaultReason
  /** 16 bytes, or null where it was not disclosed or is not known. */
  readonly fileKey: Uint8Array | null
}

/**
 * The body of a `seal.fault` act. With `disclose`, the file key is put in it: whoever reads the table's logs can then
 * open this one seal and see the fault. Without, the claim stands alone until the author opens the seal or the key is
 * handed to a guarantor.
 */
export function sealFaultBody(fault: SealFault, { disclose }: { readonly disclose: boolean }): JsonObject {
  return disclose && fault.fileKey !== null
    ? { file_key: encodeHex(fault.fileKey), reason: fault.reason }
    : { reason: fault.reason }
}

/** Reads the body of a `seal.fault` act. Throws SEAL_BODY. */
export function parseSealFaultBody(body: JsonObject): SealFaultClaim {
  const refuse = (field: string, value: string | null, rule: string): RecordError =>
    new RecordError('SEAL_BODY', { field, value, rule })
  const known = Object.keys(body).every((name) => name === 'reason' || name === 'file_key')
  if (!known) throw refuse('body', shown(Object.keys(body).join(' ')), 'must have no fields but reason and file_key')
  const reason = SEAL_FAULT_REASONS.find((name) => name === body.reason)
  if (reason === undefined) throw refuse('reason', null, `must be one of ${SEAL_FAULT_REASONS.join(', ')}`)
  const key = body.file_key
  if (key === undefined) return { reason, fileKey: null }
  if (typeof key !== 'string' || !/^[0-9a-f]{32}$/.test(key))
    throw refuse('file_key', null, 'must be 16 bytes as lower-case hex')
  return { reason, fileKey: decodeHex(key, 'file_key') }
}

/** What stands between a recipient that says a seal is at fault and its author. */
export type SealFaultVerdict =
  /** The bytes show the fault: the seal has no effect. */
  | 'upheld'
  /** The bytes show that the seal holds what its author says. */
  | 'refuted'
  /** Nobody but the two can tell yet: the author has not opened it, the recipient has disclosed no file key. */
  | 'open'

export interface SealDispute {
  readonly claim: SealFaultClaim
  /** What the author opened the seal with, if it did. */
  readonly opening: Uint8Array | null
}

/**
 * Decides a dispute over a seal from bytes, as any third party can (record.md 6.7 #87). A disclosed file key shows what
 * the recipients could read: if that is at fault, the seal has no effect whatever the author opens. Otherwise the
 * author's opening decides by its commitment. A wrong file key shows nothing.
 *
 * What no bytes show: that the one stanza meant for this recipient was good while the others were. The author's opening
 * then stands, because from that moment the recipient has the text.
 */
export async function decideSealDispute(act: SealedAct, { claim, opening }: SealDispute): Promise<SealFaultVerdict> {
  try {
    readSealBody(act)
  } catch {
    return 'upheld'
  }
  if (claim.fileKey !== null) {
    const seen = await openSealWithFileKey(act, claim.fileKey)
    // A key that does not fit the header is not this file's: the claim is as good as one without a key.
    if (seen.kind === 'opened') return 'refuted'
    if (seen.reason !== 'header') return 'upheld'
  }
  if (opening === null) return 'open'
  try {
    checkSealOpening(act, opening)
    return 'refuted'
  } catch (error) {
    // Another text than the one committed to is no opening; the text itself at fault is.
    return error instanceof RecordError && error.code !== 'SEAL_COMMIT' ? 'upheld' : 'open'
  }
}
