import { RecordError, shown } from '../errors.ts'
import { formatParts, parseParts, takeParts } from './evidence-file.ts'
import type { CosignerFork, LogFork } from './fork.ts'
import { formatLeafProof, parseLeafProof } from './leaf-proof.ts'
import { formatPrefixProof, parsePrefixProof } from './prefix-proof.ts'
import { formatClaim, type Protest, parseClaim } from './protest.ts'
import type { Receipt } from './receipt.ts'
import type { StateDispute } from './state-dispute.ts'

/** What one party shows a third (record.md 2.3). Bytes only: whose keys they must be of, the third party knows or is told. */
export type Evidence = Receipt | LogFork | CosignerFork | Protest | StateDispute

/** The one file of a piece of evidence, such that `parseEvidence` gives it back. */
export function formatEvidence(evidence: Evidence): Uint8Array {
  switch (evidence.kind) {
    case 'receipt':
      return formatParts(evidence.kind, [
        { name: 'entry', bytes: evidence.entry },
        { name: 'proof', bytes: evidence.proof },
      ])
    case 'log-fork':
    case 'cosigner-fork': {
      const { leaves, prefix } = evidence
      return formatParts(evidence.kind, [
        { name: 'first', bytes: evidence.first },
        { name: 'second', bytes: evidence.second },
        ...(leaves === null
          ? []
          : [
              { name: 'first-leaf', bytes: formatLeafProof(leaves[0]) },
              { name: 'second-leaf', bytes: formatLeafProof(leaves[1]) },
            ]),
        ...(prefix === undefined ? [] : [{ name: 'prefix', bytes: formatPrefixProof(prefix) }]),
      ])
    }
    case 'non-delivery':
      return formatParts(evidence.kind, [
        { name: 'claim', bytes: formatClaim(evidence) },
        { name: 'head', bytes: evidence.head },
      ])
    case 'state-dispute':
      return formatParts(evidence.kind, [
        { name: 'first', bytes: evidence.first },
        { name: 'second', bytes: evidence.second },
      ])
  }
}

/** Reads an evidence file. What it shows, the `verify…` function of its kind says. Throws MALFORMED_EVIDENCE. */
export function parseEvidence(file: Uint8Array): Evidence {
  const { kind, parts } = parseParts(file)
  switch (kind) {
    case 'receipt': {
      const [entry, proof] = takeParts(parts, ['entry', 'proof'])
      return { kind, entry, proof }
    }
    case 'log-fork':
    case 'cosigner-fork': {
      if (parts.length === 2) {
        const [first, second] = takeParts(parts, ['first', 'second'])
        return { kind, first, second, leaves: null }
      }
      if (parts.length === 3) {
        const [first, second, prefix] = takeParts(parts, ['first', 'second', 'prefix'])
        return { kind, first, second, leaves: null, prefix: parsePrefixProof(prefix, 'prefix') }
      }
      const [first, second, a, b] = takeParts(parts, ['first', 'second', 'first-leaf', 'second-leaf'])
      return { kind, first, second, leaves: [parseLeafProof(a, 'first-leaf'), parseLeafProof(b, 'second-leaf')] }
    }
    case 'non-delivery': {
      const [claim, head] = takeParts(parts, ['claim', 'head'])
      return { kind, head, ...parseClaim(claim) }
    }
    case 'state-dispute': {
      const [first, second] = takeParts(parts, ['first', 'second'])
      return { kind, first, second }
    }
    default:
      throw new RecordError('MALFORMED_EVIDENCE', {
        field: 'kind',
        value: shown(kind),
        rule: 'must be receipt, log-fork, cosigner-fork, non-delivery or state-dispute',
      })
  }
}
