import { metresHae } from '@parley/units'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeEntry, encodeEntry } from './entry-codec.ts'
import type { Entry } from './model.ts'
import { Replayer } from './replay.ts'
import { play, step } from './testing/random-history.ts'
import { bytesOf, idOf, Sky, volume } from './testing/sky.ts'

const steps = fc.array(step, { minLength: 1, maxLength: 60 })
const rules = fc.record({ exact: fc.boolean(), compat: fc.boolean() })

function firstFinding(journal: readonly Uint8Array[]) {
  const replayer = new Replayer()
  for (const bytes of journal) {
    const finding = replayer.check(bytes)
    if (finding !== null) return finding
  }
  return null
}

/** A sky with plans of two suppliers, one refusal for want of a key, an update, a deletion. */
function told(): Sky {
  const sky = new Sky()
  sky.grant({ kind: 'putOperationalIntent', id: idOf(1) })
  sky.refuse({ kind: 'putOperationalIntent', id: idOf(2), manager: 'uss2' })
  const { ovn } = sky.intent(1)!
  sky.grant({ kind: 'putOperationalIntent', id: idOf(2), manager: 'uss2', key: [ovn] })
  sky.grant({ kind: 'deleteOperationalIntent', id: idOf(1), ovn })
  return sky
}

/** The entry as pools kept it before version 3, or before version 2. */
const asVersion2 = (entry: Entry): Entry => ({ ...entry, digest: [entry.digest[0], entry.digest[1]] })
const asVersion1 = (entry: Entry): Entry => ({ ...asVersion2(entry), rules: null })

/** The journal with one entry changed. */
function with_(sky: Sky, seq: number, alter: (entry: Entry) => Entry): Uint8Array[] {
  return sky.journal.map((bytes, at) => (at === seq - 1 ? encodeEntry(alter(decodeEntry(bytes))) : bytes))
}

describe('a replayed log', () => {
  test('of any history is what the rules yield, and ends in the same state', () => {
    fc.assert(
      fc.property(steps, rules, (taken, rule) => {
        const sky = new Sky(rule)
        play(sky, taken, () => undefined)
        const replayer = new Replayer()
        for (const bytes of sky.journal) expect(replayer.check(bytes)).toBeNull()
        expect(replayer.judged).toBe(sky.journal.length)
        replayer.state.prepareFor(rule)
        expect(bytesOf(replayer.state)).toEqual(bytesOf(sky.state))
      }),
      { numRuns: 200 },
    )
  })

  test('with an entry left out, repeated or moved is found out where another depended on it', () => {
    const { journal } = told()
    expect(firstFinding(journal)).toBeNull()
    expect(firstFinding(journal.slice(1))).toMatchObject({ kind: 'not-yielded', seq: 1 })
    expect(firstFinding([journal[0]!, journal[0]!])).toMatchObject({ kind: 'not-yielded', seq: 2 })
    expect(firstFinding([journal[0]!, journal[2]!, journal[1]!])).toMatchObject({ kind: 'not-yielded', seq: 3 })
  })

  test('that favours one party is found out', () => {
    const sky = told()
    const granted = sky.journal[2]!
    // The refused plan granted although the other was in its way: the host would have to claim that the key was shown.
    expect(firstFinding([sky.journal[0]!, granted, sky.journal[1]!])).toMatchObject({ seq: 3, kind: 'not-yielded' })
    // A refusal without reason.
    const alone = sky.journal[1]!
    const found = firstFinding([alone])
    expect(found).toMatchObject({ seq: 1, kind: 'not-yielded' })
    expect(found?.written).toBe(`create operational_intent ${idOf(2)} by uss2 refused AIRSPACE_CONFLICT`)
    expect(found?.expected).toBe(`create operational_intent ${idOf(2)} by uss2 accepted`)
  })

  test('names the field in which the rules differ', () => {
    const sky = told()
    const raised = with_(sky, 1, (entry) => {
      if (entry.outcome.kind !== 'accepted') throw new Error('refused')
      const [put] = entry.outcome.changes
      if (put?.kind !== 'putOperationalIntent') throw new Error('no plan')
      const record = { ...put.record, altitudeUpperM: metresHae(put.record.altitudeUpperM + 1) }
      return { ...entry, outcome: { ...entry.outcome, changes: [{ ...put, record }] } }
    })
    expect(firstFinding(raised)).toMatchObject({
      seq: 1,
      kind: 'not-yielded',
      expected: expect.stringMatching(/\/outcome\/changes\/0\/record\/altitudeUpperM/) as string,
    })
    const silenced = with_(sky, 2, (entry) => {
      if (entry.outcome.kind !== 'refused') throw new Error('accepted')
      const { conflict, ...rest } = entry.outcome.refusal
      return { ...entry, outcome: { ...entry.outcome, refusal: { ...rest, conflict: { ...conflict!, clearing: {} } } } }
    })
    expect(firstFinding(silenced)).toMatchObject({ seq: 2, kind: 'not-yielded' })
  })

  test('with other bytes, a volume no pool takes or old entries after new ones is found out', () => {
    const sky = told()
    expect(firstFinding([new Uint8Array([9])])).toMatchObject({ kind: 'unreadable', seq: 1 })
    const reversed = with_(sky, 1, (entry) => {
      if (entry.outcome.kind !== 'accepted') throw new Error('refused')
      const [put] = entry.outcome.changes
      if (put?.kind !== 'putOperationalIntent') throw new Error('no plan')
      const volumes = [{ ...volume(), altitudeLowerM: metresHae(900), altitudeUpperM: metresHae(100) }]
      return { ...entry, outcome: { ...entry.outcome, changes: [{ ...put, volumes }] } }
    })
    expect(firstFinding(reversed)).toMatchObject({ kind: 'invalid-volume', seq: 1 })
    const old = with_(sky, 2, asVersion1)
    expect(firstFinding(old)).toMatchObject({ kind: 'outdated', seq: 2 })
    const forgetful = with_(sky, 2, asVersion2)
    expect(firstFinding(forgetful)).toMatchObject({ kind: 'outdated', seq: 2, expected: /hash of the request/ })
  })

  test('that was kept in version 2, and goes on in the newest, is what the rules yield', () => {
    fc.assert(
      fc.property(steps, rules, fc.nat(60), (taken, rule, newFrom) => {
        const sky = new Sky(rule)
        play(sky, taken, () => undefined)
        const replayer = new Replayer()
        for (const [at, bytes] of sky.journal.entries()) {
          const older = encodeEntry(asVersion2(decodeEntry(bytes)))
          expect(older[0]).toBe(2)
          expect(replayer.check(at < newFrom ? older : bytes)).toBeNull()
        }
        expect(replayer.judged).toBe(sky.journal.length)
        replayer.state.prepareFor(rule)
        expect(bytesOf(replayer.state)).toEqual(bytesOf(sky.state))
      }),
      { numRuns: 20 },
    )
  })

  test('holds expiries, which no request asked for, in version 2 among others', () => {
    const sky = told()
    sky.after(60 * 24 * 60)
    const expired = sky.execute({ kind: 'expire', fromSlot: 0, toSlot: 10 })
    expect(expired.kind).toBe('accepted')
    expect(sky.journal.at(-1)?.[0]).toBe(2)
    sky.grant({
      kind: 'putOperationalIntent',
      id: idOf(9),
      extents: [volume({ from: 60 * 24 * 60, to: 60 * 24 * 61 })],
    })
    expect(firstFinding(sky.journal)).toBeNull()
  })

  test('that begins in the old format is judged from the first new entry on', () => {
    const sky = told()
    const mixed = with_(sky, 1, asVersion1)
    const replayer = new Replayer()
    for (const bytes of mixed) expect(replayer.check(bytes)).toBeNull()
    expect(replayer).toMatchObject({ unjudged: 1, judged: 3 })
  })

  test('with any one byte changed is found out or says the same', () => {
    const sky = told()
    fc.assert(
      fc.property(fc.nat(3), fc.nat(), fc.integer({ min: 1, max: 255 }), (at, place, flip) => {
        const bytes = sky.journal[at]!.slice()
        bytes[place % bytes.length]! ^= flip
        const altered = sky.journal.map((one, index) => (index === at ? bytes : one))
        const finding = firstFinding(altered)
        // Times, managers, urls, OVNs and the request's digest are what was asked: the rules have nothing to say against them.
        if (finding !== null) expect(finding.seq).toBeGreaterThanOrEqual(at + 1)
      }),
      { numRuns: 500 },
    )
  })
})
