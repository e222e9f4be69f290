import type { ActRef, JsonObject } from '@parley/record'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyAct, createLine, type JudgedAct } from '../line-projection.ts'
import { CHARTER, NOON_S, SaidTable } from '../testing/said-table.ts'
import { areasEntered, areasOf } from './areas.ts'
import { bordersMet, bordersOf, sideOf } from './borders.ts'
import { checkDraft } from './flights.ts'
import { flightsDigest, intentsOf, type IntentView } from './intents.ts'
import { plansConflict, shiftsToClear } from './separation.ts'
import { readVolume } from '../volume-body.ts'
import { FieldReader } from '../fields.ts'

const BOX = {
  polygon: [
    [350_000_000, 404_000_000],
    [350_000_000, 406_000_000],
    [352_000_000, 406_000_000],
    [352_000_000, 404_000_000],
  ],
}

const volume = (change: JsonObject = {}): JsonObject => ({
  ...BOX,
  lower_cm: 300_000,
  upper_cm: 600_000,
  start: NOON_S + 3600,
  end: NOON_S + 7200,
  ...change,
})
const volumeOf = (change: JsonObject = {}) => readVolume(new FieldReader(volume(change)))
const id = (n: number): string => String(n).padStart(32, '0')
const refOf = ({ origin, index, leafHash }: JudgedAct): ActRef => ({
  o: origin,
  i: index,
  h: Buffer.from(leafHash).toString('base64'),
})
const PARTIES = CHARTER.parties.filter(({ role }) => role === 'party').map(({ party }) => party)

/** Two sides that look at each other's logs when told to, and say things about flights. */
class Sky extends SaidTable {
  readonly #seen = new Map<string, Map<string, number>>()

  /** `party` cosigns the heads of the others' logs as they are. */
  look(party: string): void {
    const seen = this.#seen.get(party) ?? new Map<string, number>()
    this.#seen.set(party, seen)
    for (const [origin, { entries }] of this.line.logs)
      if (!origin.includes(`/${party}/`) && entries.length > 0) seen.set(origin, entries.length)
  }

  fly(party: string, kind: string, options: Parameters<SaidTable['say']>[2] = {}): JudgedAct {
    const seen = [...(this.#seen.get(party) ?? [])]
      .map(([o, n]) => ({ o, n, r: 'A'.repeat(43).concat('=') }))
      .sort((a, b) => (a.o < b.o ? -1 : 1))
    return this.say(party, `intent.${kind}`, { seen, ...options })
  }

  propose(
    party: string,
    n: number,
    options: { key?: readonly ActRef[]; change?: JsonObject; priority?: number } = {},
  ): JudgedAct {
    const { key = [], change = {}, priority = 1 } = options
    return this.fly(party, 'propose', {
      body: {
        id: id(n),
        volumes: [volume(change)],
        priority,
        profile: 'volumes-only',
        key: key.map((ref) => ({ ...ref })),
      },
    })
  }

  ack(
    party: string,
    proposal: JudgedAct,
    options: { consent?: boolean; officers?: readonly string[] } = {},
  ): JudgedAct {
    const { consent = false, officers } = options
    return this.fly(party, 'ack', {
      body: { consent },
      ref: refOf(proposal),
      ...(officers === undefined ? {} : { officers }),
    })
  }

  about(party: string, kind: 'withdraw' | 'activate' | 'end', proposal: JudgedAct): JudgedAct {
    return this.fly(party, kind, { ref: refOf(proposal) })
  }

  view(proposal: JudgedAct): IntentView {
    const found = intentsOf(this.line).find(({ ref }) => ref.o === proposal.origin && ref.i === proposal.index)
    if (found === undefined) throw new Error('no such plan')
    return found
  }
}

describe('flights without a host', () => {
  test('a plan is proposed, acknowledged under lock, acted on, and ended', () => {
    const sky = new Sky()
    const plan = sky.propose('a', 1)
    expect(sky.view(plan)).toMatchObject({ state: 'proposed', missing: ['b'], conflicts: [] })
    sky.look('b')
    sky.ack('b', plan)
    expect(sky.view(plan)).toMatchObject({ state: 'accepted', missing: [] })
    sky.look('a')
    sky.about('a', 'activate', plan)
    expect(sky.view(plan)).toMatchObject({ state: 'active', actedEarly: null })
    sky.about('a', 'end', plan)
    expect(sky.view(plan).state).toBe('ended')
  })

  test('R1 a plan that leaves out one its author had seen has no effect', () => {
    const sky = new Sky()
    const first = sky.propose('a', 1)
    sky.look('b')
    const careless = sky.propose('b', 2)
    expect(sky.view(careless)).toMatchObject({ state: 'invalid', conflicts: [{ kind: 'uncited' }] })
    const careful = sky.propose('b', 3, { key: [refOf(first)] })
    expect(sky.view(careful)).toMatchObject({ state: 'proposed', conflicts: [{ kind: 'cites', party: 'a' }] })
    expect(sky.propose('b', 4, { change: { lower_cm: 600_001, upper_cm: 700_000 } }) && sky.view(first).state).toBe(
      'proposed',
    )
  })

  test('R2 an overlap with a plan of one’s own takes an explicit consent by two officers', () => {
    const sky = new Sky()
    const own = sky.propose('b', 1)
    sky.look('a')
    const other = sky.propose('a', 2, { key: [refOf(own)] })
    sky.look('b')
    sky.ack('b', other)
    expect(sky.view(other).acks).toMatchObject([{ party: 'b', fault: { kind: 'consent-needed', plan: refOf(own) } }])
    sky.ack('b', other, { consent: true })
    expect(sky.view(other).state).toBe('proposed')
    sky.ack('b', other, { consent: true, officers: ['b-1', 'b-2'] })
    expect(sky.view(other)).toMatchObject({ state: 'accepted', acks: [{ fault: null, consent: true }] })
  })

  test('R2 nobody acknowledges over a plan of his own that is not cited, nor what he has not seen, nor what was closed', () => {
    const sky = new Sky()
    const mine = sky.propose('b', 1)
    const crossed = sky.propose('a', 2)
    sky.ack('b', crossed)
    expect(sky.view(crossed).acks[0]?.fault).toEqual({ kind: 'not-seen' })
    sky.look('b')
    sky.ack('b', crossed)
    expect(sky.view(crossed).acks[0]?.fault).toEqual({ kind: 'own-plan-uncited', plan: refOf(mine) })
    sky.about('b', 'withdraw', mine)
    sky.ack('b', crossed)
    expect(sky.view(crossed).state).toBe('accepted')
    const late = sky.propose('a', 3, { change: { lower_cm: 700_000, upper_cm: 800_000 } })
    sky.about('a', 'withdraw', late)
    sky.look('b')
    sky.ack('b', late)
    expect(sky.view(late)).toMatchObject({ state: 'withdrawn', acks: [{ fault: { kind: 'closed' } }] })
  })

  test('R4 acting before the acknowledgements are in hand is shown and has no effect; an active plan is not withdrawn', () => {
    const sky = new Sky()
    const plan = sky.propose('a', 1)
    const early = sky.about('a', 'activate', plan)
    sky.look('b')
    sky.ack('b', plan)
    expect(sky.view(plan)).toMatchObject({ state: 'accepted', actedEarly: refOf(early) })
    const other = sky.propose('a', 2, { change: { lower_cm: 700_000, upper_cm: 800_000 } })
    sky.look('b')
    sky.ack('b', other)
    sky.look('a')
    sky.about('a', 'activate', other)
    sky.about('a', 'withdraw', other)
    expect(sky.view(other).state).toBe('active')
  })

  test('#77 R5 of two that crossed, priority goes first, then the side that was held first, then the leaf', () => {
    const sky = new Sky()
    const a = sky.propose('a', 1)
    const b = sky.propose('b', 2)
    expect(sky.view(a).conflicts).toMatchObject([{ kind: 'crossed', winner: null }])
    sky.receive('b', 'a', NOON_S + 5)
    sky.receive('a', 'b', NOON_S + 4)
    expect(sky.view(a)).toMatchObject({ state: 'lost', conflicts: [{ winner: 'other' }] })
    expect(sky.view(b)).toMatchObject({ state: 'proposed', conflicts: [{ winner: 'this' }] })
    sky.about('a', 'withdraw', a)
    sky.look('a')
    sky.ack('a', b)
    expect(sky.view(b).state).toBe('accepted')

    const ranked = new Sky()
    const low = ranked.propose('a', 1, { priority: 5 })
    const high = ranked.propose('b', 2, { priority: 1 })
    expect([ranked.view(low).state, ranked.view(high).state]).toEqual(['lost', 'proposed'])

    const equal = new Sky()
    const pair = [equal.propose('a', 1), equal.propose('b', 2)]
    equal.receive('b', 'a', NOON_S + 5)
    equal.receive('a', 'b', NOON_S + 5)
    expect(pair.map((one) => equal.view(one).state).toSorted()).toEqual(['lost', 'proposed'])
  })

  type Op = {
    party: string
    what: 'look' | 'propose' | 'ack' | 'withdraw' | 'activate' | 'end' | 'fly'
    pick: number
    cite: boolean
    two: boolean
  }
  const op: fc.Arbitrary<Op> = fc.record({
    party: fc.constantFrom(...PARTIES),
    what: fc.constantFrom('look', 'propose', 'propose', 'ack', 'withdraw', 'activate', 'end', 'fly', 'fly'),
    pick: fc.nat(9),
    cite: fc.boolean(),
    two: fc.boolean(),
  })

  function playOps(ops: readonly Op[], check: (sky: Sky) => void): Sky {
    const sky = new Sky()
    const plans: JudgedAct[] = []
    for (const { party, what, pick, cite, two } of ops) {
      const about = plans[pick % Math.max(1, plans.length)]
      if (what === 'look') sky.look(party)
      else if (what === 'propose') {
        const key = cite ? plans.map(refOf).filter(({ o }) => !o.includes(`/${party}/`)) : []
        plans.push(sky.propose(party, plans.length, { key }))
      } else if (about === undefined) continue
      else if (what === 'fly') {
        // As it should go, but with whatever the two have in the air by then.
        const author = about.origin.split('/')[1] ?? ''
        for (const other of PARTIES.filter((one) => one !== author)) {
          sky.look(other)
          sky.ack(other, about, two ? { consent: true, officers: ['x', 'y'] } : {})
        }
        sky.look(author)
        sky.about(author, 'activate', about)
      } else if (what === 'ack') sky.ack(party, about, two ? { consent: true, officers: ['x', 'y'] } : {})
      else sky.about(party, what, about)
      check(sky)
    }
    return sky
  }

  test('P9 whatever the two sides say in whatever order, no two overlapping plans are acted on unless one cites the other', () => {
    let acted = 0
    fc.assert(
      fc.property(fc.array(op, { minLength: 4, maxLength: 30 }), (ops) => {
        playOps(ops, (sky) => {
          const active = intentsOf(sky.line).filter(({ state }) => state === 'active')
          acted += active.length
          for (const { conflicts } of active)
            for (const { kind, with: ref } of conflicts)
              if (active.some((other) => other.ref.o === ref.o && other.ref.i === ref.i))
                expect(['cites', 'cited']).toContain(kind)
        })
      }),
      { numRuns: 400 },
    )
    expect(acted).toBeGreaterThan(20)
  })

  test('P10 a replica that learns the acts in another order sees the same', () => {
    fc.assert(
      fc.property(fc.array(op, { minLength: 4, maxLength: 25 }), fc.infiniteStream(fc.nat()), (ops, shuffle) => {
        const sky = playOps(ops, () => undefined)
        const other = createLine(CHARTER, [])
        const keyed = sky.said.map((said) => ({ said, at: shuffle.next().value ?? 0 }))
        for (const { said } of keyed.toSorted((a, b) => a.at - b.at)) applyAct(other, said)
        expect(flightsDigest(other)).toEqual(flightsDigest(sky.line))
        const seen = (view: readonly IntentView[]) =>
          view.map(({ ref, state, missing, conflicts }) => ({ ref, state, missing, conflicts }))
        expect(seen(intentsOf(other))).toEqual(seen(intentsOf(sky.line)))
      }),
      { numRuns: 150 },
    )
  })
})

describe('a draft', () => {
  test('is told what it meets, what it must cite, and the smallest shift that clears it', () => {
    const sky = new Sky()
    const theirs = sky.propose('a', 1)
    const draft = { party: 'b', profile: 'volumes-only', nowS: NOON_S }
    const found = checkDraft(sky.line, { ...draft, volumes: [volumeOf({ start: NOON_S + 6300, end: NOON_S + 8000 })] })
    expect(found).toMatchObject({
      clear: false,
      key: [refOf(theirs)],
      shifts: { laterS: 901, upM: 3000.01, downM: 3000.01 },
    })
    expect(found.shifts.earlierS).toBe(4401)
    const clear = checkDraft(sky.line, { ...draft, volumes: [volumeOf({ start: NOON_S + 7201, end: NOON_S + 8901 })] })
    expect(clear).toMatchObject({ clear: true, key: [], shifts: {} })
  })

  const threes = { name: 'rule-of-threes', lateralCm: 555_600, verticalCm: 91_440, timeS: 0, toleranceS: 180 }
  const beside = (east: number): JsonObject => ({
    polygon: [
      [350_000_000, 406_000_000 + east],
      [350_000_000, 407_000_000 + east],
      [352_000_000, 407_000_000 + east],
      [352_000_000, 406_000_000 + east],
    ],
  })

  test.each<[string, JsonObject, boolean]>([
    ['inside 3 NM at one height for an hour', { ...beside(500_000) }, true],
    ['beyond 3 NM', { ...beside(700_000) }, false],
    ['3,000 ft above', { lower_cm: 691_440, upper_cm: 700_000 }, false],
    ['2,999 ft above', { lower_cm: 691_400, upper_cm: 700_000 }, true],
    ['3 minutes shared', { start: NOON_S + 7020, end: NOON_S + 9000 }, false],
    ['3 minutes and a second shared', { start: NOON_S + 7019, end: NOON_S + 9000 }, true],
  ])('the rule of threes: %s', (_what, change, conflict) => {
    const { polygon: _, ...rest } = volume()
    const other = readVolume(new FieldReader({ ...(change.polygon === undefined ? volume() : rest), ...change }))
    expect(plansConflict([volumeOf()], [other], threes)).toBe(conflict)
    if (!conflict) return
    const limits = { earliestStartS: NOON_S - 9e5, latestEndS: NOON_S + 9e5, lowestM: -8000, highestM: 100_000 }
    const shifts = shiftsToClear([volumeOf()], [{ volumes: [other], profile: threes }], limits)
    const moved = (change: { s?: number; m?: number }) => {
      const { s = 0, m = 0 } = change
      const one = volumeOf()
      return {
        ...one,
        startMs: (one.startMs + s * 1000) as typeof one.startMs,
        endMs: (one.endMs + s * 1000) as typeof one.endMs,
        altitudeLowerM: (one.altitudeLowerM + m) as typeof one.altitudeLowerM,
        altitudeUpperM: (one.altitudeUpperM + m) as typeof one.altitudeUpperM,
      }
    }
    const clears = (change: { s?: number; m?: number }): boolean => !plansConflict([moved(change)], [other], threes)
    expect(clears({ s: shifts.laterS! }) && clears({ s: -shifts.earlierS! })).toBe(true)
    expect(clears({ m: shifts.upM! }) && clears({ m: -shifts.downM! })).toBe(true)
    expect(clears({ s: shifts.laterS! - 1 }) || clears({ s: 1 - shifts.earlierS! })).toBe(false)
    expect(clears({ m: shifts.upM! - 0.02 }) || clears({ m: 0.02 - shifts.downM! })).toBe(false)
  })
})

describe('areas that oblige a call', () => {
  test('are entered by plans of the other sides, move when declared anew, and end when lifted', () => {
    const sky = new Sky()
    const body = { id: 'tanker-1', title: 'Tanker track', volumes: [volume()], call_before_s: 900 }
    sky.say('a', 'area.declare', { body })
    expect(areasEntered(sky.line, 'b', [volumeOf()])).toMatchObject([{ party: 'a', body: { callBeforeS: 900 } }])
    expect(areasEntered(sky.line, 'a', [volumeOf()])).toEqual([])
    const moved = sky.say('a', 'area.declare', {
      body: { ...body, volumes: [volume({ lower_cm: 800_000, upper_cm: 900_000 })] },
      atS: NOON_S + 60,
    })
    expect(areasEntered(sky.line, 'b', [volumeOf()])).toEqual([])
    sky.say('a', 'area.lift', { ref: refOf(moved), atS: NOON_S + 90 })
    expect(areasOf(sky.line).map(({ liftedS }) => liftedS)).toEqual([NOON_S + 60, NOON_S + 90])
  })
})

describe('deconfliction lines', () => {
  const border = {
    id: 'river',
    version: 1,
    title: 'The river',
    vertices: [
      [350_350_000, 404_440_000],
      [344_280_000, 409_930_000],
    ],
    tolerance_m: 3000,
    left: 'a',
    right: 'b',
  }

  test('bind once both sides have logged the same text, and a later version takes over', () => {
    const sky = new Sky()
    sky.say('a', 'border.agree', { body: border })
    sky.say('b', 'border.agree', { body: { ...border, tolerance_m: 2000 } })
    expect(bordersOf(sky.line).map(({ inForce }) => inForce)).toEqual([false, false])
    sky.say('b', 'border.agree', { body: border })
    expect(bordersOf(sky.line).filter(({ inForce }) => inForce)).toMatchObject([{ superseded: false }])
    for (const party of ['a', 'b']) sky.say(party, 'border.agree', { body: { ...border, version: 2 } })
    expect(bordersOf(sky.line).filter(({ inForce, superseded }) => inForce && !superseded)).toMatchObject([
      { body: { version: 2 } },
    ])
  })

  test('tell the side, and nothing within the band', () => {
    const sky = new Sky()
    for (const party of ['a', 'b']) sky.say(party, 'border.agree', { body: border })
    const [view] = bordersOf(sky.line)
    const point = (latDeg: number, lngDeg: number) => sideOf(view!, { latDeg, lngDeg } as never)
    // Downstream the line runs south-east: its left bank lies to the north-east.
    expect(point(35, 40.9)).toMatchObject({ side: 'left', party: 'a', version: 1 })
    expect(point(34.6, 40.3)).toMatchObject({ side: 'right', party: 'b' })
    const near = point(34.74, 40.7)
    expect(near).toMatchObject({ side: 'grey', party: null })
    expect(near.distanceM).toBeLessThan(3000)
    const plan = (lat: number, lng: number) => [
      readVolume(
        new FieldReader({
          circle: { lat_e7: Math.round(lat * 1e7), lng_e7: Math.round(lng * 1e7), radius_cm: 100_000 },
          lower_cm: 0,
          upper_cm: 1,
          start: NOON_S,
          end: NOON_S + 1,
        }),
      ),
    ]
    expect(bordersMet(sky.line, 'a', plan(34.6, 40.3))).toMatchObject([{ kind: 'crosses', version: 1 }])
    expect(bordersMet(sky.line, 'a', plan(34.74, 40.73))).toMatchObject([{ kind: 'grey' }])
    expect(bordersMet(sky.line, 'a', plan(35, 40.9))).toEqual([])
  })
})

describe('many plans', () => {
  const STEPS = fc.array(
    fc.record({
      party: fc.constantFrom(...PARTIES),
      what: fc.constantFrom('propose', 'propose', 'propose', 'ack', 'withdraw', 'end', 'look'),
      fromS: fc.integer({ min: 0, max: 5 }).map((step) => NOON_S + 600 * step),
      lengthS: fc.constantFrom(600, 1200, 6000),
      at: fc.nat(),
    }),
    { minLength: 4, maxLength: 24 },
  )

  /** Whether it is asked after each step or once at the end. */
  function play(steps: readonly (typeof STEPS extends fc.Arbitrary<infer S> ? S : never)[number][], often: boolean) {
    const sky = new Sky()
    const plans: JudgedAct[] = []
    for (const [n, { party, what, fromS, lengthS, at }] of steps.entries()) {
      const plan = plans[at % Math.max(1, plans.length)]
      if (what === 'propose') plans.push(sky.propose(party, n, { change: { start: fromS, end: fromS + lengthS } }))
      else if (what === 'look') sky.look(party)
      else if (plan !== undefined && what === 'ack') sky.ack(party, plan)
      else if (plan !== undefined && what !== 'ack') sky.about(party, what, plan)
      if (often) intentsOf(sky.line)
    }
    return intentsOf(sky.line)
  }

  test('are the same however often they were asked for, and those that come too near name each other', () => {
    const profile = CHARTER.profiles.find(({ name }) => name === 'volumes-only')
    fc.assert(
      fc.property(STEPS, (steps) => {
        const views = play(steps, true)
        expect(views).toEqual(play(steps, false))
        const open = views.filter(({ state }) => state !== 'withdrawn' && state !== 'ended')
        for (const one of views)
          for (const other of open) {
            if (one.party === other.party) continue
            const named = one.conflicts.some(({ with: ref }) => ref.h === other.ref.h)
            const near = plansConflict(one.body.volumes, other.body.volumes, profile!)
            // Of two that crossed, one that does not count hinders nobody.
            if (named) expect(near).toBe(true)
            else if (near) expect(other.state).toBe('invalid')
          }
      }),
      { numRuns: 60 },
    )
  })

  test('are asked for twice and made once', () => {
    const sky = new Sky()
    const plan = sky.propose('a', 1)
    expect(intentsOf(sky.line)).toBe(intentsOf(sky.line))
    const before = intentsOf(sky.line)
    sky.about('a', 'withdraw', plan)
    expect(intentsOf(sky.line)).not.toBe(before)
    expect(sky.view(plan).state).toBe('withdrawn')
  })
})
