import { expect, test } from 'vitest'
import { bindingOf } from './binding.ts'
import { actAt, type LineAct } from './line-projection.ts'
import { NOON_S, SaidTable } from './testing/said-table.ts'

function agreement(table: SaidTable): LineAct {
  const act = actAt(table.line, table.say('a', 'agreement.sign', { body: {} }))
  if (act === null) throw new Error('not in hand')
  return act
}

test('#80 short of its quorum an agreement is pending though the counterpart has it; it binds when the quorum is met', () => {
  const table = new SaidTable()
  const act = agreement(table)
  expect(bindingOf(table.line, act)).toMatchObject({ kind: 'pending', cosigned: [] })
  table.receive('b', 'a', NOON_S + 1)
  expect(act.receiptS).toBe(NOON_S + 1)
  expect(bindingOf(table.line, act)).toMatchObject({
    kind: 'pending',
    cosigned: [{ party: 'b', role: 'mirror' }],
    missing: [{ party: 'n', role: 'witness' }],
  })
  table.receive('n', 'a', NOON_S + 2, 'witness')
  expect(bindingOf(table.line, act)).toMatchObject({ kind: 'binding', missing: [] })
})

test('#79 what rested on a cosigner that signed two branches is pending again', () => {
  const table = new SaidTable()
  const act = agreement(table)
  table.receive('b', 'a', NOON_S + 1)
  table.receive('n', 'a', NOON_S + 2, 'witness')
  expect(bindingOf(table.line, act, [{ party: 'n', role: 'witness' }])).toMatchObject({
    kind: 'pending',
    missing: [{ party: 'n', role: 'witness' }],
  })
  expect(bindingOf(table.line, act, [{ party: 'n', role: 'mirror' }]).kind).toBe('binding')
})

test('the head alone, cosigned by the counterpart, is not its receipt of the contents', () => {
  const table = new SaidTable()
  const act = agreement(table)
  table.receive('b', 'a', NOON_S + 1, 'witness')
  table.receive('n', 'a', NOON_S + 2, 'witness')
  expect(bindingOf(table.line, act).kind).toBe('pending')
})

test('messages need no quorum', () => {
  const table = new SaidTable()
  const act = actAt(table.line, table.say('a', 'message', { body: {} }))
  expect(act === null ? null : bindingOf(table.line, act)).toMatchObject({ kind: 'binding', quorum: null })
})
