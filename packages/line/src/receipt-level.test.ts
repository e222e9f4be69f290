import { describe, expect, test } from 'vitest'
import { defaultCharter } from './charter/default-charter.ts'
import { actAt, applyReceipt, createLine, applyAct } from './line-projection.ts'
import { sealMessageBody } from './messages/message.ts'
import { deemedDelivered, receiptLevel } from './receipt-level.ts'
import { CHARTER, NOON_S, SaidTable, TABLE } from './testing/said-table.ts'

const NUMBER = 'a/b/2026/0001'
const body = sealMessageBody({
  basis: 'NONE',
  content: [],
  dtg: NOON_S,
  from: 'a.duty',
  info: [],
  number: NUMBER,
  precedence: 'ROUTINE',
  refs: [],
  subject: 'QUERY',
  to: 'b.duty',
  zone: 'Etc/UTC',
})

describe('how far an act has come', () => {
  test('climbs from a socket to an answer, and says so for each counterpart by itself', () => {
    const table = new SaidTable()
    const said = table.say('a', 'message', { body })
    const level = (linkUp = true) => {
      const act = actAt(table.line, said)
      return act === null ? null : receiptLevel(table.line, act, { party: 'b', linkUp })
    }
    expect([level(false), level()]).toEqual([null, 0])
    table.receive('b', 'a', NOON_S + 1, 'witness')
    expect(level()).toBe(1)
    table.receive('b', 'a', NOON_S + 2)
    expect(level(false)).toBe(2)
    table.say('b', 'ack.open', { body: { number: NUMBER } })
    expect(level()).toBe(3)
    table.say('b', 'ack.answer', { body: { answer: 'concur', number: NUMBER } })
    expect(level()).toBe(4)
    const act = actAt(table.line, said)
    expect(act === null ? null : receiptLevel(table.line, act, { party: 'n' })).toBeNull()
  })

  test('an answer that cites the act by its place counts as well, one that only opens it less', () => {
    const table = new SaidTable()
    const said = table.say('a', 'line.open')
    const ref = { o: said.origin, i: said.index, h: Buffer.from(said.leafHash).toString('base64') }
    const act = actAt(table.line, said)
    if (act === null) throw new Error('not in hand')
    table.say('b', 'ack.open', { body: { number: NUMBER }, ref })
    expect(receiptLevel(table.line, act, { party: 'b' })).toBe(3)
    table.say('b', 'ack.answer', { body: { answer: 'concur', number: NUMBER }, ref })
    expect(receiptLevel(table.line, act, { party: 'b' })).toBe(4)
  })
})

describe('deemed delivery', () => {
  const guarantor = { party: 'g', title: { en: 'G' }, role: 'guarantor', roles: [], enrolment: '0'.repeat(64) } as const
  const charter = defaultCharter({ table: TABLE, atS: NOON_S, parties: [...CHARTER.parties, guarantor] })

  test('counts from when a guarantor held it so long, never from the author alone', () => {
    const said = new SaidTable().say('a', 'line.open')
    const line = createLine(charter, [])
    applyAct(line, said)
    expect(deemedDelivered(line, said, NOON_S + 99_999)).toBeNull()
    applyReceipt(line, { by: 'g', role: 'witness', origin: said.origin, size: 1, timestampS: NOON_S, learntS: NOON_S })
    expect(deemedDelivered(line, said, NOON_S + 99_999)).toBeNull()
    applyReceipt(line, { by: 'g', role: 'mirror', origin: said.origin, size: 1, timestampS: NOON_S, learntS: NOON_S })
    expect(deemedDelivered(line, said, NOON_S + 3599)).toBeNull()
    expect(deemedDelivered(line, said, NOON_S + 3600)).toEqual({ guarantor: 'g', atS: NOON_S + 3600 })
  })

  test('is no rule of a table without one', () => {
    const table = new SaidTable()
    expect(deemedDelivered(table.line, table.say('a', 'line.open'), NOON_S + 99_999)).toBeNull()
  })
})
