import { encodeBase64 } from './base64.ts'
import { equalBytes } from './bytes.ts'
import { RecordError } from './errors.ts'
import { HASH_BYTES, nodeHash } from './merkle.ts'
import { requireSubtree, requireWithin } from './subtree.ts'

/** Most hashes any proof of a log may have (c2sp.org/tlog-witness, tlog-mirror); 53 suffice for 2^53 leaves. */
export const MAX_PROOF_HASHES = 63

export interface InclusionClaim {
  /** `leafHash` of the entry, 32 bytes. */
  readonly leaf: Uint8Array
  readonly index: number
  /** Size of the tree whose root is `root`. */
  readonly size: number
  readonly root: Uint8Array
  /** Siblings from the leaf's to that of the root's child, 32 bytes each. */
  readonly proof: readonly Uint8Array[]
}

/**
 * Holds an inclusion proof against a root: that the entry of that leaf hash is number `index` of the tree
 * (RFC 9162 2.1.3.2). Returns when it does.
 *
 * @throws RecordError OUT_OF_RANGE (size or index), INVALID_HASH (not 32 bytes), WRONG_PROOF_LENGTH, PROOF_MISMATCH
 */
export function verifyInclusion({ leaf, index, size, root, proof }: InclusionClaim): void {
  requireWithin('size', size, { min: 1 })
  requireWithin('index', index, { min: 0, max: size - 1 })
  requireHashes({ leaf, root }, proof)
  requireRoot('root', root, climb(leaf, index, size, proof))
}

export interface SubtreeInclusionClaim {
  readonly leaf: Uint8Array
  /** Index in the whole log, within `[start, end)`. */
  readonly index: number
  readonly start: number
  readonly end: number
  /** Root of the subtree. */
  readonly subtree: Uint8Array
  readonly proof: readonly Uint8Array[]
}

/**
 * Holds an inclusion proof against the root of the subtree `[start, end)`; without leaves there is no subtree.
 *
 * @throws RecordError INVALID_SUBTREE, OUT_OF_RANGE, INVALID_HASH, WRONG_PROOF_LENGTH, PROOF_MISMATCH
 */
export function verifySubtreeInclusion({ leaf, index, start, end, subtree, proof }: SubtreeInclusionClaim): void {
  requireSubtree(start, end)
  requireWithin('index', index, { min: start, max: end - 1 })
  requireHashes({ leaf, subtree }, proof)
  requireRoot('subtree', subtree, climb(leaf, index - start, end - start, proof))
}

export interface ConsistencyClaim {
  readonly from: number
  readonly to: number
  readonly fromRoot: Uint8Array
  readonly toRoot: Uint8Array
  readonly proof: readonly Uint8Array[]
}

/**
 * Holds a consistency proof against two roots: that the tree of `to` leaves begins with that of `from`
 * (RFC 9162 2.1.4.2). Equal sizes need equal roots and no hashes. A tree without leaves is the beginning of every
 * tree and proves nothing, so `from` 0 is refused, as the published vectors want it; who starts from nothing does not ask.
 *
 * @throws RecordError OUT_OF_RANGE, INVALID_HASH, WRONG_PROOF_LENGTH, PROOF_MISMATCH
 */
export function verifyConsistency({ from, to, fromRoot, toRoot, proof }: ConsistencyClaim): void {
  requireWithin('to', to, { min: 1 })
  requireWithin('from', from, { min: 1, max: to })
  requireHashes({ fromRoot, toRoot }, proof)
  requireConsistent({ start: 0, end: from, size: to, subtree: fromRoot, root: toRoot, proof })
}

/**
 * The root of the first `from` leaves that a consistency proof itself implies, once it leads to `toRoot`; null when it does not, or when
 * `from` is a power of two, where a proof brings no node of its own to grow from. Whoever sends such a proof with a signed head
 * shows what its tree of `from` leaves is: another root signed for that size is then a second history.
 *
 * @throws RecordError OUT_OF_RANGE, INVALID_HASH, WRONG_PROOF_LENGTH
 */
export function impliedPrefix({ from, to, toRoot, proof }: Omit<ConsistencyClaim, 'fromRoot'>): Uint8Array | null {
  requireWithin('to', to, { min: 1 })
  requireWithin('from', from, { min: 1, max: to - 1 })
  requireHashes({ toRoot }, proof)
  const found = grow({ start: 0, end: from, size: to, proof })
  return found !== null && equalBytes(found.root, toRoot) ? found.subtree : null
}

export interface SubtreeConsistencyClaim {
  readonly start: number
  readonly end: number
  /** Size of the tree whose root is `root`. */
  readonly size: number
  readonly subtree: Uint8Array
  readonly root: Uint8Array
  readonly proof: readonly Uint8Array[]
}

/**
 * Holds a proof against two roots: that the subtree `[start, end)` is part of the tree of `size` leaves
 * (draft-ietf-plants-merkle-tree-certs 4.4). A subtree without leaves is refused: it would prove nothing.
 *
 * @throws RecordError INVALID_SUBTREE, OUT_OF_RANGE, INVALID_HASH, WRONG_PROOF_LENGTH, PROOF_MISMATCH
 */
export function verifySubtreeConsistency(claim: SubtreeConsistencyClaim): void {
  requireSubtree(claim.start, claim.end)
  requireWithin('size', claim.size, { min: claim.end })
  requireHashes({ subtree: claim.subtree, root: claim.root }, claim.proof)
  requireConsistent(claim)
}

/** Root of a tree of `size` leaves from its leaf number `index`. Divisions, not shifts: those cut at 32 bits. */
function climb(leaf: Uint8Array, index: number, size: number, proof: readonly Uint8Array[]): Uint8Array {
  let node = leaf
  let fn = index
  let sn = size - 1
  for (const hash of proof) {
    if (sn === 0) throw wrongLength(proof, 'must end at the root')
    if (fn % 2 === 1 || fn === sn) {
      node = nodeHash(hash, node)
      while (fn % 2 === 0 && fn !== 0) {
        fn /= 2
        sn = half(sn)
      }
    } else {
      node = nodeHash(node, hash)
    }
    fn = half(fn)
    sn = half(sn)
  }
  if (sn !== 0) throw wrongLength(proof, 'must reach the root')
  return node
}

function requireConsistent({ subtree, root, ...rest }: SubtreeConsistencyClaim): void {
  const found = grow({ ...rest, whole: subtree })
  if (found === null) throw wrongLength(rest.proof, 'must reach the root')
  requireRoot('subtree', subtree, found.subtree)
  requireRoot('root', root, found.root)
}

/** The two roots that a proof leads to; null when it has nothing to begin with: no hash, or none but the subtree itself would do. */
function grow({
  start,
  end,
  size,
  proof,
  whole: subtree,
}: Omit<SubtreeConsistencyClaim, 'subtree' | 'root'> & { readonly whole?: Uint8Array }): {
  readonly subtree: Uint8Array
  readonly root: Uint8Array
} | null {
  let fn = start
  let sn = end - 1
  let tn = size - 1
  if (sn === tn) {
    while (fn !== sn) {
      fn = half(fn)
      sn = half(sn)
      tn = half(tn)
    }
  } else {
    while (fn !== sn && sn % 2 === 1) {
      fn = half(fn)
      sn = half(sn)
      tn = half(tn)
    }
  }
  // A subtree that is one node of the tree is its own beginning; otherwise the proof brings the node both grow from.
  const whole = fn === sn
  const seed = whole ? subtree : proof[0]
  if (seed === undefined) return null
  let fr = seed
  let sr = seed
  for (let i = whole ? 0 : 1; i < proof.length; i++) {
    const hash = proof[i] as Uint8Array
    if (tn === 0) throw wrongLength(proof, 'must end at the root')
    if (sn % 2 === 1 || sn === tn) {
      if (fn < sn) fr = nodeHash(hash, fr)
      sr = nodeHash(hash, sr)
      while (sn % 2 === 0 && sn !== 0) {
        fn = half(fn)
        sn = half(sn)
        tn = half(tn)
      }
    } else {
      sr = nodeHash(sr, hash)
    }
    fn = half(fn)
    sn = half(sn)
    tn = half(tn)
  }
  if (tn !== 0) throw wrongLength(proof, 'must reach the root')
  return { subtree: fr, root: sr }
}

const half = (n: number): number => (n - (n % 2)) / 2

const wrongLength = (proof: readonly Uint8Array[], rule: string): RecordError =>
  new RecordError('WRONG_PROOF_LENGTH', { field: 'proof', value: proof.length, rule })

function requireHashes(named: Readonly<Record<string, Uint8Array>>, proof: readonly Uint8Array[]): void {
  for (const field in named) requireHash(field, (named[field] as Uint8Array).length)
  if (proof.length > MAX_PROOF_HASHES) throw wrongLength(proof, `must have at most ${MAX_PROOF_HASHES} hashes`)
  for (let i = 0; i < proof.length; i++) requireHash(`proof[${i}]`, (proof[i] as Uint8Array).length)
}

function requireHash(field: string, length: number): void {
  if (length === HASH_BYTES) return
  throw new RecordError('INVALID_HASH', { field, value: length, rule: `must be ${HASH_BYTES} bytes` })
}

function requireRoot(field: string, claimed: Uint8Array, found: Uint8Array): void {
  if (equalBytes(claimed, found)) return
  throw new RecordError('PROOF_MISMATCH', {
    field,
    value: encodeBase64(claimed),
    rule: `must be what the proof leads to, ${encodeBase64(found)}`,
  })
}
