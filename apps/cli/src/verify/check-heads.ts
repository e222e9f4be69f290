import { encodeUtf8, formatCheckpoint, verifyEd25519 } from '@parley/record'

/** Heads of one log, each with the log's signature over it. */
export interface HeadsJob {
  readonly origin: string
  readonly publicKey: Uint8Array
  readonly heads: readonly { readonly size: number; readonly root: Uint8Array; readonly signature: Uint8Array }[]
}

/** The places in the list of heads whose signature does not verify. */
export function checkHeads({ origin, publicKey, heads }: HeadsJob): number[] {
  return heads.flatMap(({ size, root, signature }, i) =>
    verifyEd25519(publicKey, encodeUtf8(formatCheckpoint({ origin, size, root })), signature) ? [] : [i],
  )
}
