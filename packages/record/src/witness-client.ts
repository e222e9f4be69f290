import { cosignatureTimestamp, verifyCosignature } from './cosignature.ts'
import { type CosignerAnswer, parseTreeSize, SIZE_TYPE } from './cosigner-answer.ts'
import { isRecordError } from './errors.ts'
import { parseSignatureLines } from './signature-line.ts'
import type { Cosignature } from './signed-checkpoint.ts'
import type { VerifierKey } from './vkey.ts'

/**
 * What the answer of a cosigner means for the log that asked.
 *
 * - `cosigned`: these lines hold for the head that was sent.
 * - `resync`: it has cosigned `size`, no more than ours; send again with that old size and a proof from it.
 * - `ahead`: it claims a size beyond ours: nothing is believed of it without a checkpoint our key has signed; either it
 *   lies, or we have lost the end of our log and must not sign.
 * - `suspect`: it holds a head that ours does not grow from, or says so: fork suspicion, to be looked into by people.
 * - `alarm`: configured wrong, or it answered what it never may.
 * - `bug`: we sent what no client may send.
 * - `retry`: overloaded or broken; again later.
 */
export type CosignerVerdict =
  | { readonly kind: 'cosigned'; readonly cosignatures: readonly Cosignature[] }
  | { readonly kind: 'resync'; readonly size: number }
  | { readonly kind: 'ahead'; readonly size: number }
  | { readonly kind: 'suspect' | 'alarm' | 'bug' | 'retry'; readonly status: number; readonly why: string }

/**
 * Reads the answer to an add-checkpoint request, as section 1.7 of the record's specification has a client take it.
 * `text` is the checkpoint sent, `size` its size, `cosigners` the keys enrolled for this witness. Never throws for
 * what the other side sent.
 */
export function readAddCheckpointAnswer(
  answer: CosignerAnswer,
  sent: { readonly text: string; readonly size: number; readonly cosigners: readonly VerifierKey[] },
): CosignerVerdict {
  const { status } = answer
  if (status === 409) return readConflict(answer, sent.size)
  if (status === 422) return { kind: 'suspect', status, why: 'the cosigner refuses the proof or the root' }
  return readCommon(answer, sent)
}

/** The statuses that mean the same from a witness and from a mirror. */
export function readCommon(
  { status, body }: CosignerAnswer,
  sent: { readonly text: string; readonly cosigners: readonly VerifierKey[] },
): CosignerVerdict {
  switch (status) {
    case 200:
      return readCosignatures(body, sent)
    case 400:
    case 413:
      return { kind: 'bug', status, why: 'the cosigner cannot read what we sent' }
    case 403:
      return { kind: 'alarm', status, why: 'the cosigner has another key for this log' }
    case 404:
      return { kind: 'alarm', status, why: 'the cosigner does not know this log' }
    case 429:
      return { kind: 'retry', status, why: 'the cosigner is overloaded' }
    default:
      return status >= 500
        ? { kind: 'retry', status, why: 'the cosigner is out of order' }
        : { kind: 'alarm', status, why: 'no cosigner answers so' }
  }
}

function readConflict({ status, contentType, body }: CosignerAnswer, ours: number): CosignerVerdict {
  // One known witness answers a fork with 409 and no size at all.
  if (contentType.split(';')[0]?.trim() !== SIZE_TYPE) {
    return { kind: 'suspect', status, why: 'a conflict without the size it is about' }
  }
  let size: number
  try {
    size = parseTreeSize(body)
  } catch (error) {
    if (!isRecordError(error)) throw error
    return { kind: 'suspect', status, why: 'a conflict about a size that is none' }
  }
  return size > ours ? { kind: 'ahead', size } : { kind: 'resync', size }
}

/** Lines of keys we do not know are left out; one of a key we know must hold, and at least one must be there. */
function readCosignatures(
  body: string,
  { text, cosigners }: { readonly text: string; readonly cosigners: readonly VerifierKey[] },
): CosignerVerdict {
  const alarm = (why: string): CosignerVerdict => ({ kind: 'alarm', status: 200, why })
  try {
    const cosignatures: Cosignature[] = []
    for (const line of parseSignatureLines(body)) {
      const key = cosigners.find(({ name, keyId }) => name === line.name && keyId === line.keyId)
      if (key === undefined) continue
      if (!verifyCosignature(key, text, line)) return alarm('a cosignature that does not hold for the head we sent')
      cosignatures.push({ key, timestampS: cosignatureTimestamp(line), line })
    }
    if (cosignatures.length === 0) return alarm('no cosignature of a key enrolled for this cosigner')
    return { kind: 'cosigned', cosignatures }
  } catch (error) {
    if (!isRecordError(error)) throw error
    return alarm(`an answer that is no signature lines: ${error.code}`)
  }
}
