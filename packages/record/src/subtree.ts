import { RecordError } from './errors.ts'

/** Smallest power of two that is not below n, for n from 1 to 2^53 − 1. */
const bitCeil = (n: number): number => {
  let power = 1
  while (power < n) power *= 2
  return power
}

/**
 * Whether `[start, end)` is a subtree of some log: it has leaves, and starts at a multiple of the smallest power of
 * two that holds it (draft-ietf-plants-merkle-tree-certs 4.1). Only then do its nodes lie as in a tree of their own.
 */
export const isSubtree = (start: number, end: number): boolean =>
  Number.isSafeInteger(start) &&
  Number.isSafeInteger(end) &&
  0 <= start &&
  start < end &&
  start % bitCeil(end - start) === 0

/**
 * Holds `[start, end)` against the rule of `isSubtree`.
 *
 * @throws RecordError INVALID_SUBTREE
 */
export function requireSubtree(start: number, end: number): void {
  if (isSubtree(start, end)) return
  throw new RecordError('INVALID_SUBTREE', {
    field: 'start',
    value: `[${start}, ${end})`,
    rule: 'must hold leaves and start at a multiple of the smallest power of two that holds them',
  })
}

/**
 * Holds a size, or an index, against its bounds.
 *
 * @throws RecordError OUT_OF_RANGE when it is not an integer from `min` to `max`
 */
export function requireWithin(
  field: string,
  value: number,
  bounds: { readonly min: number; readonly max?: number },
): void {
  const { min, max = Number.MAX_SAFE_INTEGER } = bounds
  if (Number.isSafeInteger(value) && min <= value && value <= max) return
  throw new RecordError('OUT_OF_RANGE', {
    field,
    value: String(value),
    rule: `must be an integer from ${min} to ${max}`,
  })
}
