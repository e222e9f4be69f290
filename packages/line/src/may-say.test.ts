import type { Act, JsonObject } from '@parley/record'
import { describe, expect, test } from 'vitest'
import { applyFork } from './line-projection.ts'
import { mayNotSay, saidUnder } from './may-say.ts'
import { sealMessageBody } from './messages/message.ts'
import { CHARTER, NOON_S, SaidTable, TABLE } from './testing/said-table.ts'

const suspension = { reason: 'incident', safety_only: true, scope: 'all', since: NOON_S }

let count = 0
function message(subject: string, precedence = 'ROUTINE', from = 'a', to = 'b'): JsonObject {
  count += 1
  return sealMessageBody({
    basis: 'NONE',
    content: [],
    dtg: NOON_S,
    from: `${from}.duty`,
    info: [],
    number: `${from}/${to}/2026/${String(count).padStart(4, '0')}`,
    precedence,
    refs: [],
    subject,
    to: `${to}.duty`,
    zone: 'Etc/UTC',
  })
}

function openTable(): SaidTable {
  const table = new SaidTable()
  for (const party of ['a', 'b']) table.say(party, 'line.open', { atS: NOON_S - 100 })
  return table
}

function asked(table: SaidTable, author: string, kind: string, body: JsonObject, to: readonly string[] = []) {
  const act: Act = {
    v: 1,
    table: TABLE,
    o: `${TABLE}.parley/${author}/1`,
    id: 'f'.repeat(32),
    kind,
    at: NOON_S,
    seen: [],
    to,
    body,
  }
  return mayNotSay(table.line, { author, kind, body, act, nowS: NOON_S + 1 })
}

describe('what passes a suspension', () => {
  test.each(['TEST', 'SAFETY', 'STATE-OF-CHANNEL'])('AC-09 a %s message still goes, from both sides', (subject) => {
    const table = openTable()
    table.say('b', 'line.suspend', { body: suspension })
    expect(asked(table, 'a', 'message', message(subject))).toBeNull()
    expect(asked(table, 'b', 'message', message(subject, 'ROUTINE', 'b', 'a'))).toBeNull()
  })

  test('AC-09 FLASH, receipts, incidents, keys and the resumption go too', () => {
    const table = openTable()
    table.say('b', 'line.suspend', { body: suspension })
    expect(asked(table, 'a', 'message', message('QUERY', 'FLASH'))).toBeNull()
    expect(asked(table, 'a', 'ack.open', { number: 'b/a/2026/0001' })).toBeNull()
    for (const kind of ['incident.report', 'key.revoke', 'state.digest']) expect(asked(table, 'a', kind, {})).toBeNull()
    expect(asked(table, 'b', 'line.suspend', suspension)).toBeNull()
  })

  test('all else is held on both sides, with the act that says so', () => {
    const table = openTable()
    const said = table.say('b', 'line.suspend', { body: suspension })
    for (const author of ['a', 'b']) {
      const other = author === 'a' ? 'b' : 'a'
      const refused = asked(table, author, 'message', message('QUERY', 'PRIORITY', author, other))
      expect(refused).toMatchObject({ code: 'LINE_SUSPENDED' })
      expect(refused?.details.rule).toContain(`act ${said.index}`)
    }
  })

  test('a suspension that is not for safety alone stops nothing: the party takes all and is bound by none', () => {
    const table = openTable()
    table.say('b', 'line.suspend', { body: { ...suspension, safety_only: false } })
    expect(asked(table, 'a', 'message', message('QUERY'))).toBeNull()
  })

  test('a suspension of flights stops no message', () => {
    const table = openTable()
    table.say('b', 'line.suspend', { body: { ...suspension, scope: 'flights' } })
    expect(asked(table, 'a', 'message', message('QUERY'))).toBeNull()
  })

  test('a suspension by one stops nothing between two others', () => {
    const table = openTable()
    table.say('n', 'line.suspend', { body: suspension })
    expect(asked(table, 'a', 'message', message('QUERY'), ['b'])).toBeNull()
    expect(asked(table, 'a', 'message', message('QUERY'))).toMatchObject({ code: 'LINE_SUSPENDED' })
  })

  test('before the line is open only what opens and tests it goes', () => {
    const table = new SaidTable()
    expect(asked(table, 'a', 'message', message('TEST'))).toBeNull()
    expect(asked(table, 'a', 'line.open', {})).toBeNull()
    expect(asked(table, 'a', 'message', message('QUERY'))).toMatchObject({ code: 'LINE_NOT_OPEN' })
  })

  test('a closed or forked line takes acts of the record and no more', () => {
    const closed = openTable()
    closed.say('b', 'line.close', { body: { reason: 'replaced' } })
    expect(asked(closed, 'a', 'message', message('SAFETY', 'FLASH'))).toMatchObject({ code: 'LINE_CLOSED' })
    const hash = 'a'.repeat(64)
    expect(asked(closed, 'a', 'charter', { sha256: hash, version: 2 })).toBeNull()
    const forked = openTable()
    applyFork(forked.line, { origin: `${TABLE}.parley/b/1`, foundS: NOON_S, evidence: 'e' })
    expect(asked(forked, 'a', 'message', message('TEST'))).toMatchObject({ code: 'LINE_FORKED' })
    expect(asked(forked, 'a', 'key.revoke', {})).toBeNull()
  })

  test('a body that does not hold is refused by field', () => {
    expect(asked(openTable(), 'a', 'line.suspend', { scope: 'all' })).toMatchObject({
      code: 'ACT_BODY',
      details: { field: 'body.since' },
    })
  })

  test('what was sent knowing of a suspension is marked, what crossed it is not', () => {
    const table = openTable()
    const head = (party: string, n: number) => ({ o: `${TABLE}.parley/${party}/1`, n, r: 'x' })
    const before = table.say('a', 'message', { body: message('QUERY') })
    const suspend = table.say('b', 'line.suspend', { body: suspension })
    const crossing = table.say('a', 'message', { body: message('QUERY') })
    const knowing = table.say('a', 'message', { body: message('QUERY'), seen: [head('b', suspend.index + 1)] })
    const safety = table.say('a', 'message', { body: message('SAFETY') })
    const marks = [before, crossing, knowing, safety].map(({ origin, index }) => {
      const entry = table.line.logs.get(origin)?.entries[index]
      return entry === undefined ? null : saidUnder(table.line, entry).map(({ by }) => by)
    })
    expect(marks).toEqual([[], [], ['b'], []])
    expect(CHARTER.parties.map(({ party }) => party)).toEqual(['a', 'b', 'n'])
  })
})
