import { CannotFollow } from './usage.ts'

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:Z|[+-]\d{2}:\d{2})$/

/** A time with its zone as unix seconds. No zone, no time. @throws {CannotFollow} */
export function unixSeconds(field: string, text: string): number {
  const ms = RFC3339.test(text) ? Date.parse(text) : Number.NaN
  // Date.parse takes 30 February for 1 March: what comes back must be what was said.
  const [, month, day] = text.slice(0, 10).split('-').map(Number)
  const inMonth = new Date(Date.UTC(Number(text.slice(0, 4)), month ?? 0, 0)).getUTCDate()
  if (Number.isNaN(ms) || (day ?? 0) > inMonth) {
    throw new CannotFollow(field, text, 'must be a time with its zone, such as 2026-12-31T00:00:00Z')
  }
  return Math.floor(ms / 1000)
}

export const nowSeconds = (): number => Math.floor(Date.now() / 1000)
export const iso = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
