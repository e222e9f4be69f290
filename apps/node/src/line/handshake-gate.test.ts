import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { HandshakeGate } from './handshake-gate.ts'

const connections = (count: number): PassThrough[] => Array.from({ length: count }, () => new PassThrough())

test('#81 begins a burst at once and the rest in turn, those from where a member was seen first', async () => {
  const begun: unknown[] = []
  const gate = new HandshakeGate((connection) => begun.push(connection), { perS: 200, burst: 2, maxWaiting: 100 })
  const strangers = connections(4)
  const members = connections(2)
  for (const one of strangers) gate.enter(one, '192.0.2.1')
  expect(begun).toEqual(strangers.slice(0, 2))
  gate.trust('192.0.2.9')
  for (const one of members) gate.enter(one, '192.0.2.9')
  await expect.poll(() => begun.length).toBe(6)
  expect(begun).toEqual([...strangers.slice(0, 2), ...members, ...strangers.slice(2)])
  gate.close()
})

test('#81 hangs up on strangers beyond what may wait, and on the last of them for a member', () => {
  const gate = new HandshakeGate(() => undefined, { perS: 0.001, burst: 0, maxWaiting: 2 })
  const [first, second, third] = connections(3) as [PassThrough, PassThrough, PassThrough]
  for (const one of [first, second, third]) gate.enter(one, '192.0.2.1')
  expect([first, second, third].map(({ destroyed }) => destroyed)).toEqual([false, false, true])
  gate.trust('192.0.2.9')
  const [member] = connections(1) as [PassThrough]
  gate.enter(member, '192.0.2.9')
  expect([first, second, member].map(({ destroyed }) => destroyed)).toEqual([false, true, false])
  gate.close()
  expect([first, member].map(({ destroyed }) => destroyed)).toEqual([true, true])
})
