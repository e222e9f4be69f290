import { randomFillSync } from 'node:crypto'

const STOCK = 4096
const stock = Buffer.alloc(16 * STOCK)
let used = STOCK

function randomHex(): string {
  if (used === STOCK) {
    randomFillSync(stock)
    used = 0
  }
  const hex = stock.toString('hex', 16 * used, 16 * used + 16)
  used++
  return hex
}

const VARIANTS = '89ab'

/** A random UUID of version 4. */
export function uuidV4(): string {
  const hex = randomHex()
  const variant = VARIANTS[Number.parseInt(hex[16]!, 16) & 3]!
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`
}

/** A UUID of version 7 of the time given. */
export function uuidV7(ms: number): string {
  const hex = randomHex()
  const time = ms.toString(16).padStart(12, '0')
  const variant = VARIANTS[Number.parseInt(hex[16]!, 16) & 3]!
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`
}
