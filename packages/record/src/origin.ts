import { RecordError, shown } from './errors.ts'
import { checkOrigin } from './key-name.ts'

/** The parts of a party's log name, `<table>.parley/<party>/<number>`. */
export interface LogName {
  readonly table: string
  readonly party: string
  /** 1 for the first; a log that had to be given up continues under the next. */
  readonly number: number
}

// As a DNS label: what a table and a party are called.
const ID = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const PARTY = new RegExp(`^${ID}$`)
const ORIGIN = new RegExp(`^(${ID})\\.parley/(${ID})/([1-9][0-9]{0,8})$`)

/** Whether the text names a table or a party: 1 to 63 of a to z, 0 to 9 and inner hyphens. */
export const isPartyId = (text: string): boolean => PARTY.test(text)

/** The parts of a party's log name. Throws INVALID_ORIGIN. */
export function parseLogName(origin: string): LogName {
  const parts = ORIGIN.exec(origin)
  if (parts === null) {
    const rule = 'must be <table>.parley/<party>/<number>'
    throw new RecordError('INVALID_ORIGIN', { field: 'origin', value: shown(origin), rule })
  }
  checkOrigin(origin)
  return { table: parts[1]!, party: parts[2]!, number: Number(parts[3]) }
}

/** The name of a party's log. Throws INVALID_ORIGIN for parts that make none. */
export function formatLogName({ table, party, number }: LogName): string {
  const origin = `${table}.parley/${party}/${number}`
  parseLogName(origin)
  return origin
}
