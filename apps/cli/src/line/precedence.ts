import { PRECEDENCES, type Precedence } from '@parley/line'

/** One of the three precedences, for the parser of flags. @throws {Error} */
export function precedenceOf(given: string): Precedence {
  const found = PRECEDENCES.find((one) => one === given.toUpperCase())
  if (found === undefined) throw new Error(`--precedence ${given}: must be one of ${PRECEDENCES.join(', ')}`)
  return found
}
