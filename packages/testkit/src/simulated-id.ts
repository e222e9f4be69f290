import { createHash } from 'node:crypto'
import type { EntityId } from '@parley/units'

/**
 * A UUID of version 4's shape that is always the same for the same parts, so that playing a scenario again finds what
 * it made before instead of making it twice.
 */
export function simulatedId(...parts: readonly string[]): EntityId {
  const digest = createHash('sha256')
    .update(JSON.stringify(['parley-simulated-id/1', ...parts]))
    .digest()
  digest[6] = ((digest[6] as number) & 0x0f) | 0x40
  digest[8] = ((digest[8] as number) & 0x3f) | 0x80
  const hex = digest.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  ) as EntityId
}
