import type { Act, JsonObject } from '@parley/record'

/** Which part of the line a kind belongs to: what a suspension of that scope is about. `record` is never suspended. */
export type KindScope = 'record' | 'line' | 'messages' | 'flights'

/** A kind of act with the strict reader of its body. Tables of these are put together in `kinds.ts`. */
export interface ActKind<B = unknown> {
  readonly kind: string
  readonly scope: KindScope
  /**
   * Reads the body: unknown fields are refused, every value held to its rule. Throws LineError ACT_BODY with the path of
   * the field. Depends on the act alone, so that every replica reads it alike.
   */
  parse(body: JsonObject, act: Act): B
  /** Whether an act of this kind passes while the line is suspended for all but safety. */
  passes(body: B): boolean
}

/** For kinds that pass every suspension. */
export const always = (): boolean => true
