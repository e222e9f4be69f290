import type { ActRef } from '@parley/record'
import type { LineAct } from '../line-projection.ts'

/** What other acts cite this one by. */
export const refOf = ({ origin, index, leaf }: LineAct): ActRef => ({ o: origin, i: index, h: leaf })

/** One text for each act that can be cited. */
export const keyOf = ({ o, i, h }: ActRef): string => `${o} ${i} ${h}`
