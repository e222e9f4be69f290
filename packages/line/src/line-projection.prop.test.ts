import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { declarationsOf, declaredState } from './declared.ts'
import { digestAt, stateNow } from './digest.ts'
import {
  actAt,
  applyAct,
  applyReceipt,
  createLine,
  foldParty,
  type JudgedAct,
  type LineProjection,
  type LineReceipt,
  type PartyFold,
  receiptBy,
} from './line-projection.ts'
import { messagesOf } from './messages/messages.ts'
import { sealMessageBody } from './messages/message.ts'
import { CHARTER, NOON_S, SaidTable, TABLE } from './testing/said-table.ts'

const originOf = (party: string) => `${TABLE}.parley/${party}/1`

const step = fc.record({
  party: fc.constantFrom('a', 'b'),
  what: fc.constantFrom('open', 'suspend', 'resume', 'message', 'take', 'answer', 'receipt', 'get', 'broken', 'close'),
  draw: fc.nat(1000),
})

type Fact = { readonly act: JudgedAct } | { readonly receipt: LineReceipt }

/** Two sides use the line; everything either replica will ever be given, in the order it came about. */
function play(script: readonly { party: string; what: string; draw: number }[]): Fact[] {
  const table = new SaidTable()
  const facts: Fact[] = []
  const cited = new Map<string, number>()
  const counts = new Map<string, number>()
  const suspensions = new Map<string, JudgedAct[]>()
  const numbers: string[] = []
  let nowS = NOON_S
  for (const { party, what, draw } of script) {
    nowS += draw % 97
    const other = party === 'a' ? 'b' : 'a'
    const size = (of: string) => table.line.logs.get(originOf(of))?.entries.length ?? 0
    if (what === 'get') {
      cited.set(party, size(other))
      continue
    }
    if (what === 'receipt') {
      if (size(other) === 0) continue
      const receipt: LineReceipt = {
        by: party,
        role: draw % 3 === 0 ? 'witness' : 'mirror',
        origin: originOf(other),
        size: size(other),
        timestampS: nowS,
        learntS: nowS + (draw % 7),
      }
      applyReceipt(table.line, receipt)
      facts.push({ receipt })
      continue
    }
    const n = cited.get(party) ?? 0
    const seen = n === 0 ? [] : [{ o: originOf(other), n, r: 'r' }]
    const own = suspensions.get(party) ?? []
    const target = own[draw % Math.max(1, own.length)]
    const say = (kind: string, body: object, ref?: { o: string; i: number; h: string }) => {
      const act = table.say(party, kind, {
        atS: nowS,
        seen,
        body: body as Record<string, string>,
        ...(ref === undefined ? {} : { ref }),
      })
      facts.push({ act })
      return act
    }
    switch (what) {
      case 'open':
        say('line.open', {})
        break
      case 'close':
        if (draw % 5 === 0) say('line.close', { reason: 'replaced' })
        break
      case 'suspend': {
        const scope = (['all', 'flights', 'messages'] as const)[draw % 3]
        const body = { reason: 'incident', safety_only: draw % 2 === 0, scope, since: nowS + (draw % 50) - 25 }
        suspensions.set(party, [...own, say('line.suspend', body)])
        break
      }
      case 'resume': {
        if (target === undefined) break
        const ref = { o: target.origin, i: target.index, h: Buffer.from(target.leafHash).toString('base64') }
        say('line.resume', { ref }, ref)
        break
      }
      case 'message': {
        const count = (counts.get(party) ?? 0) + 1
        counts.set(party, count)
        const number = `${party}/${other}/2026/${String(count).padStart(4, '0')}`
        numbers.push(number)
        say(
          'message',
          sealMessageBody({
            basis: 'NONE',
            content: [],
            dtg: NOON_S,
            from: `${party}.duty`,
            info: [],
            number,
            precedence: 'ROUTINE',
            refs: [],
            subject: 'QUERY',
            to: `${other}.duty`,
            zone: 'Etc/UTC',
          }),
        )
        break
      }
      case 'broken':
        say('line.suspend', { reason: 'incident', scope: 'some' })
        break
      default: {
        const number = numbers[draw % Math.max(1, numbers.length)]
        if (number === undefined) break
        if (what === 'take') say('ack.take', { number, role: `${party}.duty` })
        else say('ack.answer', { answer: 'concur', number })
      }
    }
  }
  return facts
}

function give(line: LineProjection, fact: Fact): void {
  if ('act' in fact) applyAct(line, fact.act)
  else applyReceipt(line, fact.receipt)
}

/** All a screen would show of it. */
function shown(line: LineProjection): unknown {
  const nowS = NOON_S + 100_000
  return {
    declared: ['a', 'b', 'n'].map((party) => [declaredState(line, party, nowS), declarationsOf(line, party)]),
    messages: messagesOf(line),
    acts: [...line.logs].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([origin, { entries }]) => [origin, entries]),
    receipts: [...line.receipts].toSorted(([a], [b]) => (a < b ? -1 : 1)),
    state: stateNow(line),
  }
}

const script = fc.array(step, { minLength: 1, maxLength: 40 })
const draws = fc.infiniteStream(fc.nat(0xffff))

const shuffled = <T>(values: readonly T[], stream: Iterator<number>): T[] =>
  values
    .map((value) => ({ value, key: stream.next().value as number }))
    .sort((a, b) => a.key - b.key)
    .map(({ value }) => value)

describe('the projection', () => {
  test('P10 is a function of the set it was given, whatever order it came in', () => {
    fc.assert(
      fc.property(script, draws, (steps, stream) => {
        const facts = play(steps)
        const straight = createLine(CHARTER, [])
        for (const fact of facts) give(straight, fact)
        const other = createLine(CHARTER, [])
        // Asked in between as a screen does, so that what folds kept on the way is part of the test.
        shuffled([...facts, ...facts.slice(0, 3)], stream).forEach((fact, i) => {
          give(other, fact)
          if (i % 5 === 0) shown(other)
        })
        expect(shown(other)).toEqual(shown(straight))
      }),
      { numRuns: 120 },
    )
  })

  test('P8 both sides show the same state and digest once they hold the same logs, whatever receipts each holds', () => {
    fc.assert(
      fc.property(script, draws, (steps, stream) => {
        const facts = play(steps)
        const mine = createLine(CHARTER, [])
        const theirs = createLine(CHARTER, [])
        for (const fact of facts) give(mine, fact)
        for (const fact of facts) {
          if ('receipt' in fact) {
            if ((stream.next().value as number) % 2 === 0) give(theirs, fact)
          } else {
            give(theirs, { act: { ...fact.act, learntS: fact.act.learntS + 3600, receiptS: null } })
          }
        }
        const { prefixes, digest } = stateNow(mine)
        expect(stateNow(theirs)).toEqual({ prefixes, digest })
        const nowS = NOON_S + 100_000
        for (const party of ['a', 'b']) {
          const [here, there] = [mine, theirs].map((line) => declaredState(line, party, nowS))
          expect(there?.kind).toBe(here?.kind)
          expect(there?.suspensions.map(({ act }) => act.leaf)).toEqual(here?.suspensions.map(({ act }) => act.leaf))
        }
      }),
      { numRuns: 80 },
    )
  })

  test('P8 a suspension is never lost or invented: it holds exactly while its act is in hand and no resumption of it', () => {
    fc.assert(
      fc.property(script, draws, (steps, stream) => {
        const acts = play(steps).flatMap((fact) => ('act' in fact ? [fact.act] : []))
        const line = createLine(CHARTER, [])
        for (const act of shuffled(acts, stream)) {
          applyAct(line, act)
          for (const party of ['a', 'b']) {
            const entries = line.logs.get(originOf(party))?.entries ?? []
            const closedAt = entries.findIndex(({ act: said, effective }) => effective && said?.kind === 'line.close')
            const spoken = closedAt < 0 ? entries : entries.slice(0, closedAt)
            const standing = spoken.filter(
              ({ act: said, effective, leaf, index }) =>
                effective &&
                said?.kind === 'line.suspend' &&
                !spoken.some(
                  (later) => later.index > index && later.act?.kind === 'line.resume' && later.act.ref?.h === leaf,
                ),
            )
            const { suspensions } = declarationsOf(line, party)
            expect(suspensions.filter(({ resumed }) => resumed === null).map(({ act: quoted }) => quoted.leaf)).toEqual(
              standing.map(({ leaf }) => leaf),
            )
          }
        }
      }),
      { numRuns: 60 },
    )
  })

  test('a digest at earlier prefixes is what it was when they were all there was', () => {
    fc.assert(
      fc.property(script, (steps) => {
        const line = createLine(CHARTER, [])
        const then: ReturnType<typeof stateNow>[] = []
        for (const fact of play(steps)) {
          give(line, fact)
          then.push(stateNow(line))
        }
        for (const { prefixes, digest } of then.slice(-8)) expect(digestAt(line, prefixes)).toBe(digest)
      }),
      { numRuns: 30 },
    )
  })

  test('a verdict that changes starts the fold anew, and only where it changed', () => {
    const table = new SaidTable()
    const counted: PartyFold<{ effective: number; steps: number }> = {
      start: () => ({ effective: 0, steps: 0 }),
      step: (state, { effective }) => {
        state.steps += 1
        if (effective) state.effective += 1
      },
    }
    const first = table.say('a', 'line.open')
    table.say('a', 'line.open')
    table.say('b', 'line.open')
    expect(foldParty(table.line, counted, 'a')).toEqual({ effective: 2, steps: 2 })
    const other = foldParty(table.line, counted, 'b')
    const reason = { code: 'ref.leaf', outcome: 'INV', effect: false, field: 'ref', value: null, rule: '' } as const
    applyAct(table.line, { ...first, judgement: { ...first.judgement, effect: false, reasons: [reason] } })
    expect(foldParty(table.line, counted, 'a')).toEqual({ effective: 1, steps: 2 })
    expect(foldParty(table.line, counted, 'b')).toBe(other)
    applyAct(table.line, { ...first, judgement: { ...first.judgement, effect: false, reasons: [reason] } })
    const kept = foldParty(table.line, counted, 'a')
    table.say('a', 'line.open')
    expect(foldParty(table.line, counted, 'a')).toBe(kept)
    expect(kept).toEqual({ effective: 2, steps: 3 })
  })

  test('another entry where one stands is a conflict, and the first stays', () => {
    const table = new SaidTable()
    const first = table.say('a', 'line.open')
    const forged = { ...first, leafHash: new Uint8Array(32) }
    expect(() => applyAct(table.line, forged)).toThrowError(expect.objectContaining({ code: 'ENTRY_CONFLICT' }))
    expect(() => applyAct(table.line, { ...first, origin: 'sea.parley/a/1' })).toThrowError(
      expect.objectContaining({ code: 'UNKNOWN_LOG' }),
    )
    expect(() => applyAct(table.line, { ...first, origin: `${TABLE}.parley/z/1` })).toThrowError(
      expect.objectContaining({ code: 'UNKNOWN_LOG' }),
    )
    expect(actAt(table.line, first)?.leaf).toBe(Buffer.from(first.leafHash).toString('base64'))
  })

  test("receipts of an act are the first of each cosigner that cover it, and one's own count for nothing", () => {
    const table = new SaidTable()
    const place = table.say('a', 'line.open')
    table.receive('a', 'a', NOON_S)
    expect(actAt(table.line, place)?.receiptS).toBeNull()
    table.say('a', 'line.open')
    table.receive('b', 'a', NOON_S + 50)
    applyReceipt(table.line, {
      by: 'b',
      role: 'mirror',
      origin: place.origin,
      size: 1,
      timestampS: NOON_S + 20,
      learntS: NOON_S + 90,
    })
    table.receive('n', 'a', NOON_S + 10, 'witness')
    expect(receiptBy(table.line, place, { by: 'b', role: 'mirror' })).toMatchObject({
      size: 1,
      timestampS: NOON_S + 20,
    })
    expect(receiptBy(table.line, { ...place, index: 1 }, { by: 'b', role: 'mirror' })).toMatchObject({ size: 2 })
    expect(receiptBy(table.line, { ...place, index: 2 }, { by: 'b', role: 'mirror' })).toBeNull()
    expect([0, 1].map((index) => actAt(table.line, { ...place, index })?.receiptS)).toEqual([NOON_S + 20, NOON_S + 50])
  })
})
