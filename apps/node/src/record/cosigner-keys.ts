import { cosignCheckpoint, type SignatureLine, type Signer } from '@parley/record'
import type { Clock } from '@parley/units'

const PQ_EVERY_MS = 3_600_000
/** A clock that steps back by no more than this is taken to stand still. */
const STEP_BACK_S = 2

/** The keys of one cosigner of this node. */
export interface CosignerSigners {
  readonly signer: Signer
  /** ML-DSA-44, or null. */
  readonly pq: Signer | null
}

/** The time to cosign with at this moment: the clock's, or the last one again while the clock has only just stepped back. */
export function cosigningTimeS(clock: Clock, lastS: number): number {
  const nowS = Math.floor(clock.nowMs() / 1000)
  return nowS < lastS && nowS >= lastS - STEP_BACK_S ? lastS : nowS
}

/** Cosigns heads that are on the disk. The ML-DSA-44 line is added at most once an hour a log: it takes milliseconds and 3 kB. */
export class CosignerKeys {
  readonly #signers: CosignerSigners
  readonly #pqAtMs = new Map<string, number>()

  constructor(signers: CosignerSigners) {
    this.#signers = signers
  }

  cosign(
    text: string,
    { origin, timeS }: { readonly origin: string; readonly timeS: number },
  ): readonly SignatureLine[] {
    const { signer, pq } = this.#signers
    const lines = [cosignCheckpoint(text, signer, timeS)]
    const lastMs = this.#pqAtMs.get(origin)
    if (pq !== null && (lastMs === undefined || performance.now() - lastMs >= PQ_EVERY_MS)) {
      lines.push(cosignCheckpoint(text, pq, timeS))
      this.#pqAtMs.set(origin, performance.now())
    }
    return lines
  }

  /** The Ed25519 line of that time: the same bytes each time it is asked for. */
  line(text: string, timeS: number): SignatureLine {
    return cosignCheckpoint(text, this.#signers.signer, timeS)
  }
}
