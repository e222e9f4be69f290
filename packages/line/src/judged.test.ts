import {
  createKeyBook,
  createTableView,
  applyEntry,
  encodeBase64,
  type HeadReceipt,
  judgeTable,
  leafHash,
  parseAct,
  receiveEntry,
  receiveReceipt,
  type Seen,
  type Signer,
  type TableView,
} from '@parley/record'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { declarationsOf, declaredState } from './declared.ts'
import { stateNow } from './digest.ts'
import { applyAct, createLine, type LineProjection, unsettled } from './line-projection.ts'
import { happenedBefore } from './order.ts'
import { officersOf } from './officers.ts'
import { NOON_S } from './testing/said-table.ts'
import { type MemberKeys, memberKeys, signedCharter, signedEntry } from './testing/signed-table.ts'

const a = memberKeys('a')
const b = memberKeys('b')
const { charter } = signedCharter([a, b])
const enrolments = [a, b].map(({ enrolment }) => enrolment.enrolment)
const books = new Map(
  [a, b].map(({ origin, enrolment }) => [
    origin,
    createKeyBook(enrolment.enrolment, { parties: ['a', 'b'], rules: charter.kinds, skewS: charter.skewS }),
  ]),
)

type Fact =
  | { readonly kind: 'entry'; readonly origin: string; readonly index: number; readonly entry: Uint8Array }
  | { readonly kind: 'receipt'; readonly receipt: HeadReceipt }

const newView = (): TableView => createTableView(enrolments, { rules: charter.kinds, skewS: charter.skewS })

/** Two sides talk under real keys, each citing only heads its mirror has cosigned. */
function play(script: readonly { side: 'a' | 'b'; what: string }[]): Fact[] {
  const facts: Fact[] = []
  const view = newView()
  const cosigned = new Map<string, Seen>()
  const suspended = new Map<string, { index: number; leaf: string }>()
  let nowS = NOON_S
  const logOf = (member: MemberKeys) => {
    const log = view.logs.get(member.origin)
    if (log === undefined) throw new Error('no such log')
    return log
  }
  for (const { side, what } of script) {
    nowS += 7
    const [own, peer] = side === 'a' ? [a, b] : [b, a]
    if (what === 'receipt') {
      const { entries, roots } = logOf(peer)
      if (entries.length === 0) continue
      const head = { o: peer.origin, n: entries.length, r: roots.at(-1) as string }
      cosigned.set(side, head)
      const receipt = { by: own.party, origin: head.o, size: head.n, root: head.r, timestampS: nowS }
      facts.push({ kind: 'receipt', receipt })
      receiveReceipt(view, receipt)
      continue
    }
    const cited = cosigned.get(side)
    const seen = cited === undefined ? [] : [cited]
    const { index, entry } = { index: logOf(own).entries.length, entry: entryFor() }
    if (what === 'suspend') suspended.set(side, { index, leaf: encodeBase64(leafHash(entry)) })
    facts.push({ kind: 'entry', origin: own.origin, index, entry })
    receiveEntry(view, { origin: own.origin, index }, entry)

    function entryFor(): Uint8Array {
      const sign = (signers: readonly Signer[], over: Parameters<typeof signedEntry>[1]) =>
        signedEntry(own, { at: nowS, seen, ...over }, signers)
      const body = { reason: 'incident', safety_only: true, scope: 'all', since: nowS }
      switch (what) {
        case 'suspend':
          return sign(own.officers, { kind: 'line.suspend', body })
        case 'suspend-alone':
          return sign(own.officers.slice(0, 1), { kind: 'line.suspend', body })
        case 'resume': {
          const what = suspended.get(side)
          if (what === undefined) return sign(own.officers.slice(0, 1), { kind: 'line.open' })
          const ref = { o: own.origin, i: what.index, h: what.leaf }
          return sign(own.officers, { kind: 'line.resume', ref, body: { ref } })
        }
        case 'answer': {
          const first = logOf(peer).leaves[0]
          const sound = first !== undefined && cited !== undefined
          const ref = sound ? { ref: { o: peer.origin, i: 0, h: encodeBase64(first) } } : {}
          return sign(own.officers.slice(0, 1), { kind: 'ack.open', body: { number: 'a/b/2026/0001' }, ...ref })
        }
        default:
          return sign(own.officers.slice(0, 1), { kind: 'line.open' })
      }
    }
  }
  return facts
}

/** What a node does: takes facts as they come, judges what it can, judges again what waited for something. */
function runNode(facts: readonly Fact[]): { line: LineProjection; view: TableView } {
  const view = newView()
  const line = createLine(charter, enrolments)
  const give = (): void => {
    for (const [origin, judgements] of judgeTable(view)) {
      judgements.forEach((judgement, index) => {
        const entry = view.logs.get(origin)?.entries[index] as Uint8Array
        const book = books.get(origin)
        if (book === undefined) throw new Error('no such book')
        applyAct(line, {
          origin,
          index,
          leafHash: leafHash(entry),
          act: judgement.act,
          judgement,
          officers: officersOf(book, entry, index),
          receiptS: null,
          learntS: NOON_S,
        })
      })
    }
  }
  facts.forEach((fact, i) => {
    if (fact.kind === 'receipt') receiveReceipt(view, fact.receipt)
    else receiveEntry(view, fact, fact.entry)
    if (i % 7 === 0) give()
  })
  give()
  return { line, view }
}

const script = fc.array(
  fc.record({
    side: fc.constantFrom<'a' | 'b'>('a', 'b'),
    what: fc.constantFrom('open', 'suspend', 'suspend-alone', 'resume', 'answer', 'receipt', 'receipt'),
  }),
  { minLength: 1, maxLength: 14 },
)

describe('under real keys and judgements', () => {
  test('P10 nodes that got the same in another order hold the same line', () => {
    fc.assert(
      fc.property(script, fc.infiniteStream(fc.nat(0xffff)), (steps, draws) => {
        const facts = play(steps)
        const other = facts
          .map((fact) => ({ fact, key: draws.next().value }))
          .sort((x, y) => x.key - y.key)
          .map(({ fact }) => fact)
        const one = runNode(facts).line
        const two = runNode(other).line
        expect(stateNow(two)).toEqual(stateNow(one))
        for (const party of ['a', 'b'])
          expect(declaredState(two, party, NOON_S + 1000)).toEqual(declaredState(one, party, NOON_S + 1000))
        expect(unsettled(two)).toEqual([])
      }),
      { numRuns: 12 },
    )
  })

  test('P7 every entry below a cited head happened before the act that cites it, and never after', () => {
    fc.assert(
      fc.property(script, (steps) => {
        const { line, view } = runNode(play(steps))
        for (const [origin, { entries }] of view.logs) {
          entries.forEach((entry, index) => {
            for (const { o, n } of parseAct(entry).act.seen) {
              for (let i = 0; i < n; i += 1) {
                expect(happenedBefore(line, { origin: o, index: i }, { origin, index })).toBe(true)
                expect(happenedBefore(line, { origin, index }, { origin: o, index: i })).toBe(false)
              }
            }
          })
        }
      }),
      { numRuns: 12 },
    )
  })

  test('a suspension takes two persons: one officer alone changes nothing', () => {
    const alone = runNode(
      play([
        { side: 'a', what: 'open' },
        { side: 'a', what: 'suspend-alone' },
      ]),
    ).line
    expect(declaredState(alone, 'a', NOON_S + 1000).kind).toBe('open')
    const both = runNode(
      play([
        { side: 'a', what: 'open' },
        { side: 'a', what: 'suspend' },
      ]),
    ).line
    expect(declaredState(both, 'a', NOON_S + 1000).kind).toBe('suspended')
    expect(declarationsOf(both, 'a').suspensions).toHaveLength(1)
  })

  test('the persons who signed are counted once each, and only while their keys count', () => {
    const body = { reason: 'incident', safety_only: true, scope: 'all', since: NOON_S }
    const entry = signedEntry(a, { kind: 'line.suspend', body }, a.officers)
    const book = createKeyBook(a.enrolment.enrolment, { parties: ['a', 'b'], rules: charter.kinds })
    expect(applyEntry(book, entry).verdict).toBe('valid')
    expect(officersOf(book, entry, 0)).toEqual(['officer-1', 'officer-2'])
    const byRoot = signedEntry(a, { kind: 'line.close', body: { reason: 'other' } }, a.root.slice(0, 2))
    expect(officersOf(book, byRoot, 1)).toEqual([])
    expect(officersOf(book, new Uint8Array([1, 2, 3]), 2)).toEqual([])
    expect(parseAct(entry).signatures).toHaveLength(2)
  })

  test('the default charter says who signs each kind of the line', () => {
    const judged = (kind: string, body: Record<string, string | number>, signers: readonly Signer[]) => {
      const book = createKeyBook(a.enrolment.enrolment, { parties: ['a', 'b'], rules: charter.kinds })
      return applyEntry(book, signedEntry(a, { kind, body }, signers)).verdict
    }
    const hash = 'a'.repeat(64)
    expect(judged('charter', { sha256: hash, version: 1 }, a.root.slice(0, 2))).toBe('valid')
    expect(judged('charter', { sha256: hash, version: 1 }, a.officers)).toBe('invalid')
    expect(judged('line.close', { reason: 'other' }, a.root.slice(1))).toBe('valid')
    expect(judged('line.close', { reason: 'other' }, a.officers)).toBe('invalid')
    expect(judged('line.open', {}, a.officers.slice(0, 1))).toBe('valid')
    expect(judged('line.resume', {}, a.officers.slice(0, 1))).toBe('invalid')
  })
})
