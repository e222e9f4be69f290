import { openAct } from '../act.ts'
import { RecordError, shown } from '../errors.ts'
import { parseLogName } from '../origin.ts'
import type { VerifierKey } from '../vkey.ts'
import { parseStateDigest, STATE_DIGEST_KIND, type StateDigest } from './state-digest.ts'

/** Two parties projected the same logs up to the same heads by the same rules, and signed different states. */
export interface StateDispute {
  readonly kind: 'state-dispute'
  /** Entries of the two `state.digest` acts. */
  readonly first: Uint8Array
  readonly second: Uint8Array
}

export interface StateDisputeFinding {
  readonly table: string
  readonly parties: readonly [string, string]
  readonly digests: readonly [StateDigest, StateDigest]
}

interface Side {
  readonly table: string
  readonly party: string
  readonly digest: StateDigest
}

/**
 * Verifies that both acts are signed by officers of two parties and contradict each other. Which of the two is right shows
 * a run of the reference projection over the same heads. Throws EVIDENCE_SHOWS_NOTHING and what `openAct` throws.
 */
export function verifyStateDispute(
  dispute: StateDispute,
  officers: { readonly first: readonly VerifierKey[]; readonly second: readonly VerifierKey[] },
): StateDisputeFinding {
  const nothing = (field: string, value: string | null, rule: string): RecordError =>
    new RecordError('EVIDENCE_SHOWS_NOTHING', { field, value, rule })
  const read = (side: 'first' | 'second'): Side => {
    const { act } = openAct(dispute[side], officers[side])
    if (act.kind !== STATE_DIGEST_KIND) throw nothing(side, shown(act.kind), `must be of kind ${STATE_DIGEST_KIND}`)
    return { table: act.table, digest: parseStateDigest(act.body), party: parseLogName(act.o).party }
  }
  const first = read('first')
  const second = read('second')
  if (first.table !== second.table) throw nothing('table', shown(second.table), `must be ${first.table}`)
  if (first.party === second.party) throw nothing('o', shown(second.party), 'must be logs of two parties')
  if (first.digest.projection !== second.digest.projection) {
    throw nothing('projection', shown(second.digest.projection), `must be ${first.digest.projection} in both`)
  }
  const heads = ({ digest }: { digest: StateDigest }): string =>
    digest.heads.map(({ o, n, r }) => `${o} ${n} ${r}`).join('\n')
  if (heads(first) !== heads(second))
    throw nothing('heads', null, 'must be the same in both: else the states may well differ')
  if (first.digest.digest === second.digest.digest) throw nothing('digest', first.digest.digest, 'must differ')
  return { table: first.table, parties: [first.party, second.party], digests: [first.digest, second.digest] }
}
