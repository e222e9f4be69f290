import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Act, Seen } from '../act.ts'
import { encodeBase64 } from '../base64.ts'
import type { Signer } from '../signer.ts'
import { AT, actOf, enrolmentOf, entryOf, keyAct, leafText, type PartyKeys, partyKeys } from '../testing/table.ts'
import { formatVkey } from '../vkey.ts'
import {
  causalPasts,
  createTableView,
  type HeadReceipt,
  judgeTable,
  receiveEntry,
  receiveReceipt,
  type TableView,
} from './table-view.ts'

const north = partyKeys('north')
const south = partyKeys('south')
const enrolments = [enrolmentOf(north), enrolmentOf(south)]

type Fact =
  | { readonly kind: 'entry'; readonly origin: string; readonly index: number; readonly entry: Uint8Array }
  | { readonly kind: 'receipt'; readonly receipt: HeadReceipt }

/** What one side does next; most steps are honest, some break a rule. */
const step = fc.record({
  side: fc.constantFrom<'north' | 'south'>('north', 'south'),
  what: fc.constantFrom('message', 'answer', 'revoke', 'bad-seen', 'bad-ref', 'late', 'noise', 'withdraw', 'receipt'),
  delayS: fc.integer({ min: 0, max: 900 }),
})

/** Two logs that cite each other as they grow, with the mirrors' cosignatures, as facts in the order they came about. */
function play(steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[]): Fact[] {
  const facts: Fact[] = []
  const view = createTableView(enrolments)
  const cosigned = new Map<string, Seen>()
  let nowS = AT
  const give = (fact: Fact): void => {
    facts.push(fact)
    receive(view, fact)
  }
  for (const { side, what, delayS } of steps) {
    nowS += delayS
    const [own, peer] = side === 'north' ? [north, south] : [south, north]
    const peerLog = view.logs.get(peer.origin)
    const ownLog = view.logs.get(own.origin)
    if (peerLog === undefined || ownLog === undefined) continue
    const head = { o: peer.origin, n: peerLog.entries.length, r: peerLog.roots.at(-1) as string }
    if (what === 'receipt' && head.n > 0) {
      cosigned.set(side, head)
      give({
        kind: 'receipt',
        receipt: { by: own.party, origin: head.o, size: head.n, root: head.r, timestampS: nowS },
      })
      continue
    }
    const seen = cosigned.get(side)
    const act = actFor(own, { what, nowS, seen: seen === undefined ? [] : [seen], peer, first: peerLog.entries[0] })
    const entry =
      what === 'noise'
        ? new Uint8Array([nowS % 256])
        : entryOf(act, what === 'revoke' ? [own.root[0], own.root[1]] : signersFor(own, what))
    give({ kind: 'entry', origin: own.origin, index: ownLog.entries.length, entry })
  }
  return facts
}

const signersFor = (own: PartyKeys, what: string): readonly Signer[] =>
  what === 'withdraw' ? [own.ada, own.ada2] : [own.ada]

function actFor(
  own: PartyKeys,
  {
    what,
    nowS,
    seen,
    peer,
    first,
  }: { what: string; nowS: number; seen: readonly Seen[]; peer: PartyKeys; first: Uint8Array | undefined },
): Act {
  const base = { at: nowS, seen }
  const nowhere = encodeBase64(new Uint8Array(32).fill(7))
  switch (what) {
    case 'answer':
      return first === undefined || seen.length === 0
        ? actOf(own, base)
        : actOf(own, { ...base, kind: 'ack.read', ref: { o: peer.origin, i: 0, h: leafText(first) }, body: {} })
    case 'revoke':
      return {
        ...keyAct(own, 'key.revoke', { key: formatVkey(own.ada.key), role: 'officer', suspect_since: 0 }),
        ...base,
      }
    case 'bad-seen':
      return actOf(own, { ...base, seen: [{ o: peer.origin, n: (seen[0]?.n ?? 0) + 1, r: nowhere }] })
    case 'bad-ref':
      return actOf(own, { ...base, kind: 'ack.read', ref: { o: peer.origin, i: 0, h: nowhere }, body: {} })
    case 'late':
      return actOf(own, { ...base, at: nowS - 100_000, exp: nowS })
    case 'withdraw':
      return actOf(own, { ...base, kind: 'zone.withdraw', body: {} })
    default:
      return actOf(own, base)
  }
}

function receive(view: TableView, fact: Fact): void {
  if (fact.kind === 'receipt') receiveReceipt(view, fact.receipt)
  else receiveEntry(view, fact, fact.entry)
}

function project(facts: readonly Fact[]): unknown {
  const view = createTableView(enrolments)
  for (const fact of facts) receive(view, fact)
  return [...judgeTable(view)].map(([origin, judgements]) => [
    origin,
    judgements.map(({ verdict, effect, effectAtS, reasons }) => ({ verdict, effect, effectAtS, reasons })),
  ])
}

test('P10 the projection is a function of the set it was given, whatever order it came in', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 14 }), fc.infiniteStream(fc.nat(0xffff)), (steps, draws) => {
      const facts = play(steps)
      const shuffled = facts
        .map((fact) => ({ fact, key: draws.next().value as number }))
        .sort((a, b) => a.key - b.key)
        .map(({ fact }) => fact)
      expect(project(shuffled)).toEqual(project(facts))
      expect(project(facts.toReversed())).toEqual(project(facts))
    }),
    { numRuns: 60 },
  )
})

test('P11 once a key is revoked, no later act by it has effect on any replica that holds the revocation', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 14 }), (steps) => {
      const view = createTableView(enrolments)
      for (const fact of play(steps)) receive(view, fact)
      const judged = judgeTable(view)
      for (const [origin, judgements] of judged) {
        const revoked = judgements.findIndex(({ act, effect }) => act?.kind === 'key.revoke' && effect)
        if (revoked < 0) continue
        const later = judgements.slice(revoked + 1).filter(({ act }) => act !== null && act.kind !== 'key.revoke')
        for (const { effect } of later) expect(effect, origin).toBe(false)
      }
    }),
    { numRuns: 40 },
  )
})

test('#37 what heads cited makes no cycle: nothing happened before itself', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 2, maxLength: 12 }), (steps) => {
      const view = createTableView(enrolments)
      for (const fact of play(steps)) receive(view, fact)
      const pasts = causalPasts(view)
      const acts = [...pasts].flatMap(([origin, log]) => log.map((past, index) => ({ origin, index, past })))
      // Every act is placed: a ring of citations, which would leave some out, cannot be written.
      expect(acts).toHaveLength([...view.logs.values()].reduce((sum, { entries }) => sum + entries.length, 0))
      for (const a of acts) {
        expect(a.past.get(a.origin)).toBe(a.index)
        for (const b of acts) {
          const before = a.index < (b.past.get(a.origin) ?? 0)
          const after = b.index < (a.past.get(b.origin) ?? 0)
          expect(before && after).toBe(false)
          // What happened before `a` happened before whatever `a` happened before.
          if (before)
            for (const [origin, count] of a.past) expect(b.past.get(origin) ?? 0).toBeGreaterThanOrEqual(count)
        }
      }
    }),
    { numRuns: 40 },
  )
})
