import type { Act } from '../act.ts'
import { RecordError } from '../errors.ts'
import { parseStateDigest, STATE_DIGEST_KIND } from '../evidence/state-digest.ts'
import { readSealBody, type SealedAct } from '../seal/seal.ts'
import { parseSealFaultBody, SEAL_FAULT_KIND } from '../seal/seal-fault.ts'
import { checkOutline } from './outline.ts'

/**
 * Which rule the body of an act breaks among those every table shares, null when none. Bodies of other kinds are judged
 * by the mechanism they belong to.
 */
export function bodyFault(act: Pick<Act, 'kind' | 'body'> & SealedAct): RecordError | null {
  try {
    if (act.kind === 'sealed') readSealBody(act)
    else if (act.kind === SEAL_FAULT_KIND) parseSealFaultBody(act.body)
    else if (act.kind === STATE_DIGEST_KIND) parseStateDigest(act.body)
    else if (act.kind.startsWith('zone.') && Object.hasOwn(act.body, 'outline')) checkOutline(act.body.outline)
    return null
  } catch (error) {
    if (error instanceof RecordError) return error
    throw error
  }
}
