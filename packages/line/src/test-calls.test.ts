import { describe, expect, test } from 'vitest'
import { applyAct, createLine } from './line-projection.ts'
import { checkSequence } from './messages/messages.ts'
import { sealMessageBody } from './messages/message.ts'
import { testCalls, testTurn } from './test-calls.ts'
import { CHARTER, NOON_S, SaidTable } from './testing/said-table.ts'

const HOUR_S = 3600

/** Numbers are of the direction, gap-free. */
function sendTest(table: SaidTable, from: string, atS: number): string {
  const to = from === 'a' ? 'b' : 'a'
  const count = table.said.filter(({ act }) => act?.kind === 'message' && act.body.from === `${from}.duty`).length + 1
  const number = `${from}/${to}/2026/${String(count).padStart(4, '0')}`
  const body = sealMessageBody({
    basis: 'NONE',
    content: [],
    dtg: atS,
    from: `${from}.duty`,
    info: [],
    number,
    precedence: 'ROUTINE',
    refs: [],
    subject: 'TEST',
    to: `${to}.duty`,
    zone: 'Etc/UTC',
  })
  table.say(from, 'message', { atS, body })
  return number
}

const answer = (table: SaidTable, by: string, number: string, atS: number) =>
  table.say(by, 'ack.answer', { atS, body: { answer: 'concur', number } })

function openTable(): SaidTable {
  const table = new SaidTable()
  for (const party of ['a', 'b']) table.say(party, 'line.open', { atS: NOON_S - 60 })
  return table
}

describe('hourly tests', () => {
  test('are sent by one side in even hours and by the other in odd ones', () => {
    expect(testTurn(CHARTER, NOON_S + 10)).toEqual({
      party: 'a',
      fromS: NOON_S,
      untilS: NOON_S + HOUR_S,
      dueS: NOON_S + 900,
    })
    expect(testTurn(CHARTER, NOON_S + HOUR_S).party).toBe('b')
    expect(testTurn(CHARTER, NOON_S + 23 * HOUR_S).party).toBe('b')
    expect(testTurn(CHARTER, NOON_S + 24 * HOUR_S).party).toBe('a')
  })

  test('are due for 15 min, then missed; an answer too', () => {
    const table = openTable()
    const states = (nowS: number) => testCalls(table.line, { fromS: NOON_S, nowS }).map(({ state }) => state)
    expect(states(NOON_S)).toEqual(['due'])
    expect(states(NOON_S + 900)).toEqual(['due'])
    expect(states(NOON_S + 901)).toEqual(['missed'])
    const number = sendTest(table, 'a', NOON_S + 30)
    expect(states(NOON_S + 930)).toEqual(['sent'])
    expect(states(NOON_S + 931)).toEqual(['unanswered'])
    answer(table, 'b', number, NOON_S + 600)
    expect(testCalls(table.line, { fromS: NOON_S, nowS: NOON_S + 931 })).toMatchObject([
      {
        party: 'a',
        state: 'answered',
        number,
        sentS: NOON_S + 30,
        answeredS: NOON_S + 600,
        answerBy: 'b',
        late: false,
      },
    ])
  })

  test('sent or answered too late is said so', () => {
    const table = openTable()
    const late = sendTest(table, 'a', NOON_S + 1000)
    answer(table, 'b', late, NOON_S + 1100)
    const inTime = sendTest(table, 'b', NOON_S + HOUR_S)
    answer(table, 'a', inTime, NOON_S + HOUR_S + 901)
    expect(testCalls(table.line, { fromS: NOON_S, nowS: NOON_S + 2 * HOUR_S - 1 })).toMatchObject([
      { state: 'answered', late: true },
      { party: 'b', state: 'answered', late: true },
    ])
  })

  test('the answer clock runs from when the other machine had it: an outage is no silence of a person', () => {
    const table = openTable()
    sendTest(table, 'a', NOON_S + 30)
    table.receive('b', 'a', NOON_S + 800)
    expect(testCalls(table.line, { fromS: NOON_S, nowS: NOON_S + 1500 })).toMatchObject([
      { state: 'sent', answerDueS: NOON_S + 1700 },
    ])
  })

  test("a side's test out of its turn is not the other's", () => {
    const table = openTable()
    sendTest(table, 'b', NOON_S + 30)
    expect(testCalls(table.line, { fromS: NOON_S, nowS: NOON_S + 1000 })).toMatchObject([
      { party: 'a', state: 'missed' },
    ])
  })

  test('before both sides opened there is nothing to test, and the hour it opened in does not count', () => {
    const table = new SaidTable()
    table.say('a', 'line.open', { atS: NOON_S })
    expect(testCalls(table.line, { fromS: NOON_S, nowS: NOON_S + 5 * HOUR_S })).toEqual([])
    table.say('b', 'line.open', { atS: NOON_S + 100 })
    expect(testCalls(table.line, { fromS: NOON_S, nowS: NOON_S + HOUR_S })).toMatchObject([
      { party: 'b', state: 'due' },
    ])
  })

  test("AC-07 a number that never came shows with the sender's next test at the latest, alike on both sides", () => {
    const table = openTable()
    sendTest(table, 'a', NOON_S + 30)
    // The second message was cut off on its way into the log: its end does not hold, so it is none.
    const cut = { ...table.said.at(-1)?.act?.body, number: 'a/b/2026/0002' }
    table.say('a', 'message', { atS: NOON_S + 60, body: cut })
    expect(checkSequence(table.line)).toEqual([])
    sendTest(table, 'a', NOON_S + 2 * HOUR_S + 30)
    const there = createLine(CHARTER, [])
    for (const act of table.said.toReversed()) applyAct(there, act)
    expect(checkSequence(table.line)).toMatchObject([{ from: 'a', to: 'b', missing: ['a/b/2026/0002'] }])
    expect(checkSequence(there)).toEqual(checkSequence(table.line))
  })

  test('AC-09 tests go on and are judged alike while a side has suspended', () => {
    const table = openTable()
    const body = { reason: 'political-decision', safety_only: true, scope: 'all', since: NOON_S }
    table.say('b', 'line.suspend', { body })
    const number = sendTest(table, 'a', NOON_S + 30)
    answer(table, 'b', number, NOON_S + 60)
    expect(testCalls(table.line, { fromS: NOON_S, nowS: NOON_S + 1000 })).toMatchObject([{ state: 'answered' }])
  })
})
