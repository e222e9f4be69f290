import { expect, test } from 'vitest'
import { bytesOf, change, contentOf, Sky } from './testing/sky.ts'

const set = 'setAvailability'

test('a supplier never heard of is Unknown; each setting needs the version before it', () => {
  const sky = new Sky()
  expect(sky.state.availabilityOf('uss9')).toBe('Unknown')
  const first = change(sky.grant({ kind: set, uss: 'uss9' }), set)
  expect(sky.state.availabilityOf('uss9')).toBe('Down')
  const before = contentOf(sky.state)
  expect(sky.refuse({ kind: set, uss: 'uss9' }).code).toBe('VERSION_MISMATCH')
  expect(sky.refuse({ kind: set, uss: 'uss9', oldVersion: 'other' }).code).toBe('VERSION_MISMATCH')
  expect(sky.refuse({ kind: set, uss: 'uss8', oldVersion: first.version }).code).toBe('VERSION_MISMATCH')
  expect(contentOf(sky.state)).toEqual(before)
  const second = change(sky.grant({ kind: set, uss: 'uss9', availability: 'Normal', oldVersion: first.version }), set)
  expect(second.version).not.toBe(first.version)
  expect(sky.state.availabilityOf('uss9')).toBe('Normal')
})

test('a repeated setting returns the entry of the first, to the same arbitrator only, and not in compat mode', () => {
  const command = { kind: set, manager: 'arbiter', digest: [1, 2] } as const
  const sky = new Sky()
  sky.grant(command)
  const before = bytesOf(sky.state)
  expect(sky.execute(command)).toEqual({ kind: 'repeated', seq: 1 })
  expect(bytesOf(sky.state)).toEqual(before)
  expect(sky.refuse({ ...command, manager: 'another' }).code).toBe('VERSION_MISMATCH')
  const compat = new Sky({ compat: true })
  compat.grant(command)
  expect(compat.refuse(command).code).toBe('VERSION_MISMATCH')
})

test('a report is kept in the journal and changes nothing else', () => {
  const sky = new Sky()
  const before = contentOf(sky.state)
  const entry = sky.grant({ kind: 'makeReport', body: '{"exchange":{}}' })
  expect(entry.outcome).toEqual({
    kind: 'accepted',
    changes: [{ kind: 'report', reportId: entry.id, body: '{"exchange":{}}' }],
    notified: [],
    volumes: [],
  })
  expect(contentOf(sky.state)).toEqual(before)
})
