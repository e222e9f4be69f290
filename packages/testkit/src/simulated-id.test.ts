import { parseUuidV4 } from '@parley/units'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { simulatedId } from './simulated-id.ts'

test('ids are canonical UUIDs of version 4, the same for the same parts', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (parts) => {
      const id = simulatedId(...parts)
      expect(parseUuidV4(id)).toBe(id)
      expect(simulatedId(...parts)).toBe(id)
    }),
  )
})

test('parts do not run into each other', () => {
  expect(simulatedId('fire', '2025-08-14')).not.toBe(simulatedId('fire2025', '-08-14'))
})
