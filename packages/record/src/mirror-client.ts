import { type CosignerAnswer, MIRROR_INFO_TYPE, type MirrorInfo, parseMirrorInfo } from './cosigner-answer.ts'
import { isRecordError } from './errors.ts'
import type { VerifierKey } from './vkey.ts'
import { type CosignerVerdict, readAddCheckpointAnswer, readCommon } from './witness-client.ts'

/**
 * What a mirror's answer to an upload means: besides a witness's meanings, `resume`: the upload goes on (202), or starts
 * over (409), from `info.nextEntry` up to `info.size`, with its ticket. Whether it has come further is the caller's to see.
 */
export type UploadVerdict =
  | CosignerVerdict
  | { readonly kind: 'resume'; readonly status: 202 | 409; readonly info: MirrorInfo }

/** A mirror has taken a head as pending; it has cosigned nothing, unless it is a witness besides. */
export type PendingVerdict = CosignerVerdict | { readonly kind: 'pending' }

/**
 * Reads a mirror's answer to add-checkpoint: as a witness's, but that 200 need not carry a cosignature. Lines of a
 * witness that shares the address are read when `cosigners` has its key; the mirror's own key does not belong there.
 */
export function readPendingAnswer(
  answer: CosignerAnswer,
  sent: { readonly text: string; readonly size: number; readonly cosigners: readonly VerifierKey[] },
): PendingVerdict {
  const silent = answer.status === 200 && (answer.body === '' || sent.cosigners.length === 0)
  return silent ? { kind: 'pending' } : readAddCheckpointAnswer(answer, sent)
}

/**
 * Reads a mirror's answer to add-entries. `text` is the checkpoint of the upload's end, `size` the size of the newest head
 * we have signed, `cosigners` the keys enrolled for this mirror. Never throws for what the other side sent.
 */
export function readAddEntriesAnswer(
  answer: CosignerAnswer,
  sent: { readonly text: string; readonly size: number; readonly cosigners: readonly VerifierKey[] },
): UploadVerdict {
  const { status, contentType, body } = answer
  if (status === 422) return { kind: 'suspect', status, why: 'the mirror refuses the proof of a package' }
  if (status !== 202 && status !== 409) return readCommon(answer, sent)
  if (contentType.split(';')[0]?.trim() !== MIRROR_INFO_TYPE) {
    return { kind: 'alarm', status, why: 'an answer without the state of the mirror' }
  }
  try {
    const info = parseMirrorInfo(body)
    const furthest = Math.max(info.size, info.nextEntry)
    return furthest > sent.size ? { kind: 'ahead', size: furthest } : { kind: 'resume', status, info }
  } catch (error) {
    if (!isRecordError(error)) throw error
    return { kind: 'alarm', status, why: `an answer that is no state of a mirror: ${error.code}` }
  }
}
