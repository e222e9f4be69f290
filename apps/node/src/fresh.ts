import { randomFillSync, randomUUID } from 'node:crypto'
import type { Fresh } from '@parley/airspace'
import type { EntityId } from '@parley/units'

const OVN_BYTES = 33
const STOCK = 256
const stock = Buffer.alloc(OVN_BYTES * STOCK)
let left = 0

/** A new OVN: 264 random bits as 44 characters of base64url. */
function freshOvn(): string {
  if (left === 0) {
    randomFillSync(stock)
    left = STOCK
  }
  left -= 1
  return stock.toString('base64url', left * OVN_BYTES, (left + 1) * OVN_BYTES)
}

/** The randomness one command may use up. The id is drawn when it is asked for, as few commands do. */
export function fresh(): Fresh {
  let id: EntityId | null = null
  return {
    ovn: freshOvn(),
    get id() {
      id ??= randomUUID() as EntityId
      return id
    },
  }
}
