import { isPartyId } from '@parley/record'

/** `from/to/YYYY/NNNN`: counts one direction of one year from 1 without a gap. */
export interface MessageNumber {
  readonly from: string
  readonly to: string
  readonly year: number
  readonly count: number
}

const YEAR = /^[1-9][0-9]{3}$/
const COUNT = /^(?:[0-9]{4}|[1-9][0-9]{4,6})$/

/** Reads a number; null when the text is none, or another spelling of one. */
export function parseMessageNumber(text: string): MessageNumber | null {
  const parts = text.split('/')
  const [from, to, year, count] = parts
  if (parts.length !== 4 || from === undefined || to === undefined || year === undefined || count === undefined)
    return null
  if (!isPartyId(from) || !isPartyId(to) || from === to || !YEAR.test(year) || !COUNT.test(count) || Number(count) < 1)
    return null
  return { from, to, year: Number(year), count: Number(count) }
}

export const formatMessageNumber = ({ from, to, year, count }: MessageNumber): string =>
  `${from}/${to}/${year}/${String(count).padStart(4, '0')}`

/** The UTC year of a time in unix seconds. */
export const yearOf = (atS: number): number => new Date(atS * 1000).getUTCFullYear()
