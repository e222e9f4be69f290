import type { KeyBook } from './key-book.ts'

const DAY_S = 86_400

/** The key under which the uses of a grant on the UTC day of a claimed time are counted. */
export const useKey = (grantId: number, atS: number): string => `${grantId}/${Math.floor(atS / DAY_S)}`

/** How often it was used before the entry at `index`. */
export function usesBefore(book: KeyBook, key: string, index: number): number {
  const uses = book.uses.get(key)
  if (uses === undefined) return 0
  let low = 0
  let high = uses.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((uses[middle] as number) < index) low = middle + 1
    else high = middle
  }
  return low
}
