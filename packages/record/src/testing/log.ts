import { encodeUtf8 } from '../bytes.ts'
import { formatCheckpoint } from '../checkpoint.ts'
import { leafHash } from '../merkle.ts'
import { signCheckpoint } from '../signed-checkpoint.ts'
import { createSigner, type Signer } from '../signer.ts'
import type { SignedHead } from '../witness.ts'
import { naiveRoot, naiveSubtreeProof } from './naive-tree.ts'

export const ORIGIN = 'line.parley/north/1'

const seed = (fill: number): Uint8Array => new Uint8Array(32).fill(fill)

export const LOG: Signer = createSigner({ name: ORIGIN, type: 0x01, seed: seed(1) })
export const OTHER_LOG: Signer = createSigner({ name: 'line.parley/south/1', type: 0x01, seed: seed(2) })
export const WITNESS: Signer = createSigner({ name: 'south.parley/witness', type: 0x04, seed: seed(3) })
export const MIRROR: Signer = createSigner({ name: 'south.parley/mirror', type: 0x04, seed: seed(4) })
export const OBSERVERS: readonly Signer[] = [5, 6, 7].map((fill) =>
  createSigner({ name: `observer-${fill}.example`, type: 0x04, seed: seed(fill) }),
)

/** Entries of the log; a branch differs from another from entry 5 on. */
export const entriesOf = (size: number, branch = 'a'): Uint8Array[] =>
  Array.from({ length: size }, (_, i) => encodeUtf8(`entry ${i} of ${i < 5 ? 'all' : branch}\n`))

const leavesOf = (size: number, branch: string): Uint8Array[] => entriesOf(size, branch).map((entry) => leafHash(entry))

/** Head of the log at a size, signed. */
export function headOf(size: number, branch = 'a', signer: Signer = LOG): SignedHead {
  const root = naiveRoot(leavesOf(size, branch))
  return { size, root, note: signCheckpoint({ origin: signer.key.name, size, root }, signer) }
}

export const textOf = (size: number, branch = 'a'): string =>
  formatCheckpoint({ origin: ORIGIN, size, root: headOf(size, branch).root })

export const consistencyOf = (from: number, to: number, branch = 'a'): Uint8Array[] =>
  from === 0 ? [] : naiveSubtreeProof(leavesOf(to, branch), 0, from)

export const subtreeProofOf = (start: number, end: number, size: number, branch = 'a'): Uint8Array[] =>
  naiveSubtreeProof(leavesOf(size, branch), start, end)
