import { expect, describe, test } from 'vitest'
import { closedBy, declarationsOf, declaredState, suspendedS } from './declared.ts'
import { applyFork, createLine, applyAct } from './line-projection.ts'
import { CHARTER, NOON_S, SaidTable, TABLE } from './testing/said-table.ts'

const suspension = (over: Record<string, string | number | boolean> = {}) => ({
  reason: 'incident',
  safety_only: true,
  scope: 'all',
  since: NOON_S,
  ...over,
})

const ref = ({ origin, index, leafHash }: { origin: string; index: number; leafHash: Uint8Array }) => ({
  o: origin,
  i: index,
  h: Buffer.from(leafHash).toString('base64'),
})

function openTable(): SaidTable {
  const table = new SaidTable()
  for (const party of ['a', 'b']) table.say(party, 'line.open', { atS: NOON_S - 100 })
  return table
}

function suspend(table: SaidTable, party: string, over: Record<string, string | number | boolean> = {}, atS = NOON_S) {
  return table.say(party, 'line.suspend', { atS, body: suspension(over) })
}

function resume(table: SaidTable, party: string, what: ReturnType<typeof suspend>, atS: number) {
  return table.say(party, 'line.resume', { atS, ref: ref(what), body: { ref: ref(what) } })
}

describe('what a party declares', () => {
  test('is nothing before it opened, and open since it did', () => {
    const table = new SaidTable()
    expect(declaredState(table.line, 'a', NOON_S).kind).toBe('unopened')
    table.say('a', 'line.open', { atS: NOON_S - 7 })
    expect(declaredState(table.line, 'a', NOON_S)).toMatchObject({ kind: 'open', sinceS: NOON_S - 7 })
    expect(declaredState(table.line, 'b', NOON_S).kind).toBe('unopened')
  })

  test('#74 a suspension sent and ended before it was learnt reads: suspended T1–T2, learnt at U', () => {
    const told = openTable()
    const began = suspend(told, 'a', { since: NOON_S }, NOON_S)
    const ended = resume(told, 'a', began, NOON_S + 600)
    const replica = createLine(CHARTER, [])
    const learntS = NOON_S + 3600
    for (const judged of told.said) applyAct(replica, { ...judged, learntS })
    expect(declaredState(replica, 'a', learntS)).toMatchObject({ kind: 'open', sinceS: NOON_S + 600, learntS })
    expect(declarationsOf(replica, 'a').suspensions).toMatchObject([
      {
        by: 'a',
        sinceS: NOON_S,
        act: { index: began.index, atS: NOON_S, learntS },
        resumed: { index: ended.index, atS: NOON_S + 600, learntS },
      },
    ])
    expect(suspendedS(replica, 'a', { fromS: NOON_S - 1000, toS: learntS })).toBe(600)
  })

  test('#74 learnt between both, it is suspended until the second act is in hand', () => {
    const table = openTable()
    const began = suspend(table, 'a')
    expect(declaredState(table.line, 'a', NOON_S + 10)).toMatchObject({ kind: 'suspended', sinceS: NOON_S })
    resume(table, 'a', began, NOON_S + 600)
    expect(declaredState(table.line, 'a', NOON_S + 10).kind).toBe('open')
  })

  test('#75 both suspend and one resumes: it stays suspended by the other', () => {
    const table = openTable()
    const ours = suspend(table, 'a')
    suspend(table, 'b', { reason: 'political-decision' }, NOON_S + 5)
    resume(table, 'a', ours, NOON_S + 60)
    expect(declaredState(table.line, 'a', NOON_S + 61).kind).toBe('open')
    expect(declaredState(table.line, 'b', NOON_S + 61)).toMatchObject({
      kind: 'suspended',
      reason: 'political-decision',
    })
  })

  test('#75 nobody resumes what another suspended', () => {
    const table = openTable()
    const theirs = suspend(table, 'b')
    const tried = resume(table, 'a', theirs, NOON_S + 1)
    const entry = table.line.logs.get(tried.origin)?.entries[tried.index]
    expect(entry).toMatchObject({ effective: false, fault: { field: 'body.ref.o' } })
    expect(declaredState(table.line, 'b', NOON_S + 2).kind).toBe('suspended')
  })

  test('several suspensions of one party hold together, and each is ended by itself', () => {
    const table = openTable()
    const flights = suspend(table, 'a', { scope: 'flights', safety_only: false, until: NOON_S + 100 })
    const messages = suspend(table, 'a', { scope: 'messages', since: NOON_S + 10, until: NOON_S + 200 }, NOON_S + 10)
    const state = declaredState(table.line, 'a', NOON_S + 20)
    expect(state).toMatchObject({
      kind: 'suspended',
      scope: 'all',
      sinceS: NOON_S,
      safetyOnly: true,
      untilS: NOON_S + 200,
    })
    expect(state.suspensions).toHaveLength(2)
    resume(table, 'a', messages, NOON_S + 30)
    expect(declaredState(table.line, 'a', NOON_S + 31)).toMatchObject({
      kind: 'suspended',
      scope: 'flights',
      safetyOnly: false,
      overdue: false,
    })
    resume(table, 'a', flights, NOON_S + 40)
    expect(declaredState(table.line, 'a', NOON_S + 41)).toMatchObject({ kind: 'open', sinceS: NOON_S + 40 })
  })

  test('does not end by itself when its announced end passes: only a resumption ends it', () => {
    const table = openTable()
    suspend(table, 'a', { until: NOON_S + 100 })
    expect(declaredState(table.line, 'a', NOON_S + 99)).toMatchObject({ kind: 'suspended', overdue: false })
    expect(declaredState(table.line, 'a', NOON_S + 100)).toMatchObject({ kind: 'suspended', overdue: true })
  })

  test('may be announced for later, and said of what has been since before', () => {
    const table = openTable()
    suspend(table, 'a', { since: NOON_S + 3600 })
    expect(declaredState(table.line, 'a', NOON_S)).toMatchObject({
      kind: 'open',
      announced: [{ sinceS: NOON_S + 3600 }],
    })
    expect(declaredState(table.line, 'a', NOON_S + 3600)).toMatchObject({ kind: 'suspended', announced: [] })
    const after = openTable()
    suspend(after, 'a', { since: NOON_S - 50 }, NOON_S)
    expect(declaredState(after.line, 'a', NOON_S)).toMatchObject({
      kind: 'suspended',
      sinceS: NOON_S - 50,
      by: { atS: NOON_S },
    })
  })

  test('a second resumption, and one of something else, change nothing and are kept', () => {
    const table = openTable()
    const began = suspend(table, 'a')
    resume(table, 'a', began, NOON_S + 10)
    resume(table, 'a', began, NOON_S + 20)
    resume(table, 'a', table.said[0] as ReturnType<typeof suspend>, NOON_S + 30)
    expect(declaredState(table.line, 'a', NOON_S + 40)).toMatchObject({ kind: 'open', sinceS: NOON_S + 10 })
    expect(declarationsOf(table.line, 'a').idleResumes.map(({ why }) => why)).toEqual([
      'already-resumed',
      'not-a-suspension',
    ])
  })

  test('closed is for good, and one closes for all', () => {
    const table = openTable()
    table.say('b', 'line.close', { atS: NOON_S + 1, body: { reason: 'withdrawal' } })
    suspend(table, 'b', {}, NOON_S + 2)
    expect(declaredState(table.line, 'b', NOON_S + 3)).toMatchObject({ kind: 'closed', reason: 'withdrawal' })
    expect(closedBy(table.line)).toMatchObject({ party: 'b', reason: 'withdrawal' })
    expect(declarationsOf(table.line, 'b').suspensions).toEqual([])
  })

  test('a proven fork goes before all it declares', () => {
    const table = openTable()
    applyFork(table.line, { origin: `${TABLE}.parley/b/1`, foundS: NOON_S, evidence: 'evidence/1' })
    expect(declaredState(table.line, 'b', NOON_S)).toMatchObject({ kind: 'forked', fork: { evidence: 'evidence/1' } })
    expect(declaredState(table.line, 'a', NOON_S).kind).toBe('open')
  })

  test('overlapping suspensions count once', () => {
    const table = openTable()
    const one = suspend(table, 'a', { since: NOON_S })
    const two = suspend(table, 'a', { since: NOON_S + 50, scope: 'flights' }, NOON_S + 50)
    resume(table, 'a', one, NOON_S + 100)
    resume(table, 'a', two, NOON_S + 150)
    expect(suspendedS(table.line, 'a', { fromS: NOON_S + 20, toS: NOON_S + 120 })).toBe(100)
    expect(suspendedS(table.line, 'a', { fromS: 0, toS: NOON_S + 1000 })).toBe(150)
  })

  test.each([
    ['an unknown scope', { scope: 'everything' }, 'body.scope'],
    ['an unknown reason', { reason: 'because' }, 'body.reason'],
    ['an end before its beginning', { until: NOON_S }, 'body.until'],
    ['milliseconds', { since: NOON_S * 1000 }, 'body.since'],
    ['a further field', { colour: 'violet' }, 'body.colour'],
    ['a word for true', { safety_only: 'true' }, 'body.safety_only'],
  ])('a suspension with %s has no effect', (_, over, field) => {
    const table = openTable()
    const said = suspend(table, 'a', over)
    expect(table.line.logs.get(said.origin)?.entries[said.index]).toMatchObject({ effective: false, fault: { field } })
    expect(declaredState(table.line, 'a', NOON_S).kind).toBe('open')
  })
})
