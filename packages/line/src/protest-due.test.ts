import { expect, test } from 'vitest'
import { protestDue } from './protest-due.ts'
import { CHARTER, NOON_S, SaidTable } from './testing/said-table.ts'

const AFTER_S = CHARTER.protestAfterS

test('#76 the head is cosigned and the contents never receipted: after the time of the charter it may be protested', () => {
  const table = new SaidTable()
  const { origin } = table.say('a', 'line.open')
  table.receive('b', 'a', NOON_S + 5, 'witness')
  expect(protestDue(table.line, 'a', NOON_S + 5 + AFTER_S - 1)).toEqual([])
  expect(protestDue(table.line, 'a', NOON_S + 5 + AFTER_S)).toEqual([
    { origin, accused: 'b', size: 1, witnesses: ['b'], availableS: NOON_S + 5, dueS: NOON_S + 5 + AFTER_S },
  ])
})

test('an observer who saw the head is a witness too, and is not accused: it mirrors nothing', () => {
  const table = new SaidTable()
  table.say('a', 'line.open')
  table.receive('n', 'a', NOON_S + 5, 'witness')
  table.receive('b', 'a', NOON_S + 9, 'witness')
  expect(protestDue(table.line, 'a', NOON_S + 9999)).toMatchObject([
    { accused: 'b', witnesses: ['b', 'n'], availableS: NOON_S + 5 },
  ])
})

test('with a receipt there is nothing to protest, up to where it reaches', () => {
  const table = new SaidTable()
  table.say('a', 'line.open')
  table.receive('b', 'a', NOON_S + 5, 'witness')
  table.receive('b', 'a', NOON_S + 600)
  expect(protestDue(table.line, 'a', NOON_S + 9999)).toEqual([])
  table.say('a', 'watch.open', { body: { role: 'a.duty' } })
  table.receive('n', 'a', NOON_S + 700, 'witness')
  expect(protestDue(table.line, 'a', NOON_S + 9999)).toMatchObject([
    { accused: 'b', size: 2, availableS: NOON_S + 700 },
  ])
})

test('nobody saw the head: silence is not refusal', () => {
  const table = new SaidTable()
  table.say('a', 'line.open')
  expect(protestDue(table.line, 'a', NOON_S + 9999)).toEqual([])
})
