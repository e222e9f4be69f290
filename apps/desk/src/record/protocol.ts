import type { LogReport } from '@parley/record'

/** What the page asks of the thread that verifies. */
export type VerifyRequest =
  | {
      readonly kind: 'start'
      /** The log's prefix. */
      readonly baseUrl: string
      readonly vkey: string
      /** Keys of those who cosign, by the node's word. */
      readonly cosigners: readonly string[]
      /** The checkpoint this browser verified last, a signed note; null the first time. */
      readonly earlier: Uint8Array | null
    }
  /** A token, asked for before. */
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'no-token'; readonly message: string }

/** What came of it: JSON, the report's checkpoint apart. */
export type VerifyReport = LogReport & {
  /** Decisions of the pool decided again; null when the log holds something else. */
  readonly replayed: number | null
}

export type VerifyAnswer =
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }
  | { readonly kind: 'token-wanted'; readonly fresh: boolean }
  | { readonly kind: 'done'; readonly report: VerifyReport }
  /** Nothing can be said about the log: it could not be read. */
  | { readonly kind: 'failed'; readonly message: string }
