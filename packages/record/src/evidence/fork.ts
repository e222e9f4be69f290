import { equalBytes } from '../bytes.ts'
import { type Checkpoint, parseCheckpoint } from '../checkpoint.ts'
import { cosignatureTimestamp, verifyCosignature } from '../cosignature.ts'
import { RecordError, shown } from '../errors.ts'
import { parseNote } from '../note.ts'
import { openCheckpoint } from '../signed-checkpoint.ts'
import { verifyConsistency, verifyInclusion } from '../verify-proof.ts'
import type { VerifierKey } from '../vkey.ts'
import type { LeafProof } from './leaf-proof.ts'
import type { PrefixProof } from './prefix-proof.ts'

/**
 * Two heads of one log that no one log can have: of one size with different roots, of any sizes with different leaves
 * at one index, or of two sizes where the larger log was not, at the smaller size, what the smaller head says. Who signed both
 * has said two things.
 */
export interface TwoHeads {
  /** Checkpoint notes as they were received. */
  readonly first: Uint8Array
  readonly second: Uint8Array
  /** The differing leaf under each head; null where equal sizes with different roots say enough. */
  readonly leaves: readonly [LeafProof, LeafProof] | null
  /** What the log of the larger head was at the size of the smaller one. It takes the tree of the larger alone, and no entry. */
  readonly prefix?: PrefixProof
}

/** A log that signed two histories. */
export interface LogFork extends TwoHeads {
  readonly kind: 'log-fork'
}

/** A cosigner that vouched for two histories of a log. */
export interface CosignerFork extends TwoHeads {
  readonly kind: 'cosigner-fork'
}

/** What a verified fork shows. */
export interface ForkFinding {
  readonly origin: string
  readonly key: VerifierKey
  readonly heads: readonly [Checkpoint, Checkpoint]
  /** Index at which the histories differ; null where it is only known to lie below the one size. */
  readonly index: number | null
}

const nothing = (field: string, value: string | number | null, rule: string): RecordError =>
  new RecordError('EVIDENCE_SHOWS_NOTHING', { field, value, rule })

function compare(
  heads: readonly [Checkpoint, Checkpoint],
  { leaves, prefix }: Pick<TwoHeads, 'leaves' | 'prefix'>,
): number | null {
  const [first, second] = heads
  if (first.origin !== second.origin)
    throw nothing('origin', shown(second.origin), `must be ${shown(first.origin)} in both heads`)
  if (prefix !== undefined) {
    requireOtherPrefix(heads, prefix)
    return null
  }
  if (leaves === null) {
    if (first.size !== second.size)
      throw nothing('size', second.size, 'must be equal, or a differing leaf must be shown')
    if (equalBytes(first.root, second.root)) throw nothing('root', null, 'must differ between heads of one size')
    return null
  }
  const [a, b] = leaves
  if (a.index !== b.index) throw nothing('index', b.index, `must be ${a.index} in both proofs`)
  if (equalBytes(a.leaf, b.leaf)) throw nothing('leaf', a.index, 'must differ between the heads')
  verifyInclusion({ ...a, size: first.size, root: first.root, proof: [...a.proof] })
  verifyInclusion({ ...b, size: second.size, root: second.root, proof: [...b.proof] })
  return a.index
}

function requireOtherPrefix([first, second]: readonly [Checkpoint, Checkpoint], { root, proof }: PrefixProof): void {
  const [small, large] = first.size < second.size ? [first, second] : [second, first]
  if (small.size === large.size) throw nothing('size', second.size, 'must differ where an earlier state is shown')
  if (equalBytes(root, small.root)) throw nothing('prefix', small.size, 'must differ from the root of the smaller head')
  verifyConsistency({ from: small.size, to: large.size, fromRoot: root, toRoot: large.root, proof: [...proof] })
}

/**
 * Verifies that the log's key signed two histories. Needs nothing but the bytes and the key. Throws
 * EVIDENCE_SHOWS_NOTHING, and what `openCheckpoint` and `verifyInclusion` throw.
 */
export function verifyLogFork(fork: LogFork, logKey: VerifierKey): ForkFinding {
  const heads = [openCheckpoint(fork.first, logKey).checkpoint, openCheckpoint(fork.second, logKey).checkpoint] as const
  return { origin: heads[0].origin, key: logKey, heads, index: compare(heads, fork) }
}

/** What a verified cosigner fork shows, with the times at which it vouched for each head. */
export interface CosignerForkFinding extends ForkFinding {
  /** Unix seconds by the cosigner's clock. */
  readonly timesS: readonly [number, number]
}

/**
 * Verifies that one cosigner's lines stand on two histories of a log. The log's own signature is not asked for: a cosigner
 * that vouches for heads the log never signed is at fault all the more. Throws EVIDENCE_SHOWS_NOTHING,
 * NO_VERIFIED_SIGNATURE, and what `parseNote`, `parseCheckpoint` and `verifyInclusion` throw.
 */
export function verifyCosignerFork(fork: CosignerFork, cosigner: VerifierKey): CosignerForkFinding {
  const opened = ([fork.first, fork.second] as const).map((bytes) => {
    const { text, signatures } = parseNote(bytes)
    const line = signatures.find(({ name, keyId }) => name === cosigner.name && keyId === cosigner.keyId)
    if (line === undefined || !verifyCosignature(cosigner, text, line)) {
      throw new RecordError('NO_VERIFIED_SIGNATURE', {
        field: 'signature lines',
        value: shown(cosigner.name),
        rule: 'must have a good line of the cosigner on both heads',
      })
    }
    return { checkpoint: parseCheckpoint(text), timestampS: cosignatureTimestamp(line) }
  })
  const [a, b] = opened as [(typeof opened)[0], (typeof opened)[0]]
  const heads = [a.checkpoint, b.checkpoint] as const
  const index = compare(heads, fork)
  return { origin: heads[0].origin, key: cosigner, heads, index, timesS: [a.timestampS, b.timestampS] }
}
