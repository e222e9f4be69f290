import { encodeBase64, type JsonObject } from '@parley/record'
import { describe, expect, test } from 'vitest'
import { digestAt, digestBody, digestVerdicts, mayAutoAct, stateNow } from './digest.ts'
import { applyAct, createLine } from './line-projection.ts'
import { CHARTER, NOON_S, SaidTable, TABLE } from './testing/said-table.ts'

const root = (origin: string, size: number): string => encodeBase64(new Uint8Array(32).fill(origin.length + size))

function talk(): SaidTable {
  const table = new SaidTable()
  table.say('a', 'line.open')
  table.say('b', 'line.open', { seen: [{ o: `${TABLE}.parley/a/1`, n: 1, r: 'r' }] })
  table.say('b', 'line.suspend', {
    body: { reason: 'incident', safety_only: true, scope: 'flights', since: NOON_S },
    atS: NOON_S + 1,
  })
  return table
}

const bodyNow = (table: SaidTable): JsonObject => digestBody(table.line, root) as unknown as JsonObject

describe('the state both sides compare', () => {
  test('#83 two projections that differ show on both sides, and neither acts by itself until they agree again', () => {
    const table = talk()
    table.say('a', 'state.digest', { body: bodyNow(table) })
    expect(digestVerdicts(table.line, root)).toMatchObject([{ party: 'a', verdict: 'agrees' }])
    expect(mayAutoAct(table.line)).toBe(true)
    // The other program makes something else of the same prefixes.
    const other = { ...bodyNow(table), digest: 'ab'.repeat(32) }
    table.say('b', 'state.digest', { body: other })
    expect(digestVerdicts(table.line, root)).toMatchObject([
      { party: 'a', verdict: 'agrees' },
      { party: 'b', verdict: 'differs', theirs: 'ab'.repeat(32) },
    ])
    expect(mayAutoAct(table.line)).toBe(false)
    const replica = createLine(CHARTER, [])
    for (const act of table.said.toReversed()) applyAct(replica, act)
    expect(mayAutoAct(replica)).toBe(false)
    table.say('b', 'state.digest', { body: bodyNow(table) })
    expect(mayAutoAct(table.line)).toBe(true)
  })

  test('#83 another version of the projection is named, and not held against ours', () => {
    const table = talk()
    table.say('b', 'state.digest', { body: { ...bodyNow(table), digest: 'ab'.repeat(32), projection: 'line/2' } })
    expect(digestVerdicts(table.line, root)).toMatchObject([{ verdict: 'other-projection', ours: null }])
    expect(mayAutoAct(table.line)).toBe(true)
  })

  test('heads of another history are named as such: that is a matter of forks', () => {
    const table = talk()
    const said = digestBody(table.line, root)
    const heads = said.heads.map(({ o, n }) => ({ n, o, r: encodeBase64(new Uint8Array(32)) }))
    table.say('b', 'state.digest', { body: { ...said, heads } as unknown as JsonObject })
    expect(digestVerdicts(table.line, root)).toMatchObject([{ verdict: 'other-heads' }])
  })

  test('heads that are not in hand wait', () => {
    const table = talk()
    const said = digestBody(table.line, root)
    const heads = said.heads.map(({ o, r }) => ({ n: 99, o, r }))
    table.say('b', 'state.digest', { body: { ...said, heads } as unknown as JsonObject })
    expect(digestVerdicts(table.line)).toMatchObject([{ verdict: 'waiting', ours: null }])
  })

  test('heads that cite beyond themselves have no digest', () => {
    const table = talk()
    expect(() => digestAt(table.line, [{ o: `${TABLE}.parley/b/1`, n: 2 }])).toThrowError(
      expect.objectContaining({ code: 'HEADS_OPEN' }),
    )
    expect(() => digestAt(table.line, [{ o: `${TABLE}.parley/a/1`, n: 7 }])).toThrowError(
      expect.objectContaining({ code: 'HEADS_OPEN' }),
    )
  })

  test('what only some replicas know is no part of it: receipts, times of arrival, what they disputed', () => {
    const table = talk()
    const { digest } = stateNow(table.line)
    const replica = createLine(CHARTER, [])
    for (const act of table.said) {
      const late = { code: 'time.disputed', outcome: 'FLAG', effect: true, field: 'at', value: 1, rule: '' } as const
      const expired = { code: 'act.expired', outcome: 'FLAG', effect: false, field: 'exp', value: 1, rule: '' } as const
      applyAct(replica, {
        ...act,
        receiptS: NOON_S + 900,
        learntS: NOON_S + 5000,
        judgement: { ...act.judgement, effect: false, effectAtS: NOON_S + 900, reasons: [late, expired] },
      })
    }
    expect(stateNow(replica).digest).toBe(digest)
  })

  test('what an act says, and whether it counts by the logs alone, is part of it', () => {
    const table = talk()
    const { digest, prefixes } = stateNow(table.line)
    const last = table.said.at(-1)
    if (last === undefined) throw new Error('nothing said')
    const reason = { code: 'signature.missing', outcome: 'INV', effect: false, field: 'x', value: 1, rule: '' } as const
    applyAct(table.line, { ...last, judgement: { ...last.judgement, effect: false, reasons: [reason] } })
    expect(digestAt(table.line, prefixes)).not.toBe(digest)
  })
})
