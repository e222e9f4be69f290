import { degrees, type EntityId, epochMs, metres, metresHae } from '@parley/units'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EntryFormatError } from './bytes.ts'
import { decodeEntry, encodeEntry } from './entry-codec.ts'
import {
  ACTIONS,
  AVAILABILITIES,
  type Change,
  type Claimed,
  type Entry,
  JOURNAL_BLOCKING_LIMIT,
  OPERATIONAL_INTENT_STATES,
  REFUSAL_CODES,
  SUBJECTS,
} from './model.ts'
import type { Rules } from './rules.ts'

const float = fc.double({ noNaN: true })
const count = fc.oneof(fc.nat(300), fc.nat(2 ** 31 - 1), fc.constant(2 ** 53 - 1), fc.constant(2 ** 40))
const text = fc.oneof(
  fc.string({ maxLength: 100 }),
  fc.string({ unit: 'grapheme', maxLength: 100 }),
  fc.constantFrom('', 'https://uss.example', 'ü'.repeat(70), 'x'.repeat(5000)),
)
const id = fc.uuid().map((uuid) => uuid as EntityId)
const bounds = fc.record({
  startMs: float.map(epochMs),
  endMs: float.map(epochMs),
  altitudeLowerM: float.map(metresHae),
  altitudeUpperM: float.map(metresHae),
})
const point = fc.record({ latDeg: float.map(degrees), lngDeg: float.map(degrees) })
const outline = fc.oneof(
  fc.record({ kind: fc.constant('circle' as const), centre: point, radiusM: float.map(metres) }),
  fc.record({ kind: fc.constant('polygon' as const), vertices: fc.array(point, { minLength: 1, maxLength: 12 }) }),
)
const volumes = fc.array(
  fc.tuple(outline, bounds).map(([shape, band]) => ({ outline: shape, ...band })),
  { maxLength: 4 },
)
const cells = fc.uniqueArray(fc.nat(2 ** 29 - 1), { maxLength: 20 }).map((list) => Int32Array.from(list).sort())
const withBounds = <T extends object>(record: fc.Arbitrary<T>) =>
  fc.tuple(record, bounds).map(([fields, band]) => ({ ...fields, ...band }))

const intent = withBounds(
  fc.record({
    id,
    manager: text,
    url: text,
    state: fc.constantFrom(...OPERATIONAL_INTENT_STATES),
    version: count,
    ovn: text,
    subscriptionId: fc.option(id),
    availability: fc.constantFrom(...AVAILABILITIES),
  }),
)
const constraint = withBounds(fc.record({ id, manager: text, url: text, version: count, ovn: text }))
const subscription = withBounds(
  fc.record({
    id,
    manager: text,
    url: text,
    version: text,
    notificationIndex: count,
    notifyForOperationalIntents: fc.boolean(),
    notifyForConstraints: fc.boolean(),
    implicit: fc.boolean(),
  }),
)
const area = withBounds(fc.record({ id, manager: text, url: text, version: text }))
const areaSubscription = withBounds(
  fc.record({ id, manager: text, url: text, version: text, notificationIndex: count }),
)

const changes: { readonly [Kind in Change['kind']]: fc.Arbitrary<Extract<Change, { kind: Kind }>> } = {
  putOperationalIntent: fc.record({ kind: fc.constant('putOperationalIntent'), record: intent, volumes }),
  removeOperationalIntent: fc.record({ kind: fc.constant('removeOperationalIntent'), record: intent }),
  putConstraint: fc.record({ kind: fc.constant('putConstraint'), record: constraint, volumes }),
  removeConstraint: fc.record({ kind: fc.constant('removeConstraint'), record: constraint }),
  putSubscription: fc.record({ kind: fc.constant('putSubscription'), record: subscription, cells }),
  removeSubscription: fc.record({ kind: fc.constant('removeSubscription'), record: subscription }),
  setAvailability: fc.record({
    kind: fc.constant('setAvailability'),
    uss: text,
    availability: fc.constantFrom(...AVAILABILITIES),
    version: text,
  }),
  putServiceArea: fc.record({ kind: fc.constant('putServiceArea'), record: area, cells }),
  removeServiceArea: fc.record({ kind: fc.constant('removeServiceArea'), record: area }),
  putServiceAreaSubscription: fc.record({
    kind: fc.constant('putServiceAreaSubscription'),
    record: areaSubscription,
    cells,
  }),
  removeServiceAreaSubscription: fc.record({
    kind: fc.constant('removeServiceAreaSubscription'),
    record: areaSubscription,
  }),
  report: fc.record({ kind: fc.constant('report'), reportId: id, body: text }),
}
const change: fc.Arbitrary<Change> = fc.oneof(...(Object.values(changes) as fc.Arbitrary<Change>[]))

const blocking = fc.record({
  entity: fc.constantFrom('operational_intent' as const, 'constraint' as const),
  id,
  manager: text,
  overlaps: fc.boolean(),
  axis: fc.constantFrom('area' as const, 'height' as const, 'time' as const),
  heightM: float,
  timeS: float,
  distanceM: float,
})
const refusal = fc.record(
  {
    code: fc.constantFrom(...REFUSAL_CODES),
    message: text,
    field: fc.record({ field: text, value: text, rule: text }),
    conflict: fc.record({
      missingOperationalIntents: count,
      missingConstraints: count,
      blocking: fc.array(blocking, { maxLength: 5 }),
      clearing: fc.record({ laterS: float, earlierS: float, upM: float, downM: float }, { requiredKeys: [] }),
    }),
  },
  { requiredKeys: ['code', 'message'] },
)

const claimed: fc.Arbitrary<Claimed> = fc.oneof(
  fc.record({
    kind: fc.constant('plan' as const),
    version: fc.option(text),
    state: text,
    subscriptionId: fc.option(id),
    newSubscription: fc.option(fc.record({ notifyForConstraints: fc.boolean() })),
    requestedOvnSuffix: fc.option(text),
    mayMonitorConformance: fc.boolean(),
    shownIntents: fc.array(id, { maxLength: 5 }),
    shownConstraints: fc.array(id, { maxLength: 5 }),
  }),
  fc.record({
    kind: fc.constant('subscription' as const),
    version: fc.option(text),
    notifyForOperationalIntents: fc.boolean(),
    notifyForConstraints: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('availability' as const),
    uss: text,
    availability: fc.constantFrom(...AVAILABILITIES),
    version: text,
  }),
  fc.record({ kind: fc.constant('version' as const), version: fc.option(text) }),
)

const word = fc.nat(2 ** 32 - 1)
const checksum = fc.tuple(word, word)
const hash = fc.tuple(word, word, word, word, word, word, word, word)

const entry: fc.Arbitrary<Entry & { readonly rules: Rules }> = fc.record({
  atMs: float.map(epochMs),
  subject: fc.constantFrom(...SUBJECTS),
  action: fc.constantFrom(...ACTIONS),
  manager: text,
  id: fc.option(id),
  digest: fc.oneof(checksum, hash),
  rules: fc.record({ exact: fc.boolean(), compat: fc.boolean() }),
  outcome: fc.oneof(
    fc.record({
      kind: fc.constant('accepted' as const),
      changes: fc.array(change, { maxLength: 6 }),
      notified: fc.array(fc.record({ subscriptionId: id, notificationIndex: count, url: text }), { maxLength: 8 }),
      volumes,
    }),
    fc.record({ kind: fc.constant('refused' as const), refusal, volumes, claimed }),
  ),
})

/** Decodes, and lets nothing pass but an entry or the one error that says it is none. */
function decodeOrRefuse(bytes: Uint8Array): Entry | null {
  try {
    return decodeEntry(bytes)
  } catch (error) {
    if (error instanceof EntryFormatError) return null
    throw error
  }
}

describe('entries', () => {
  test('are read as they were written, to the last bit', () => {
    fc.assert(
      fc.property(entry, (one) => {
        const bytes = encodeEntry(one)
        const read = decodeEntry(bytes)
        expect(read).toEqual(one)
        expect(Buffer.compare(encodeEntry(read), bytes)).toBe(0)
      }),
      { numRuns: 400 },
    )
  })

  test('of version 1 are read, without what they did not keep', () => {
    fc.assert(
      fc.property(entry, checksum, (one, digest) => {
        const bytes = encodeEntry({ ...one, digest, rules: null })
        const { outcome } = one
        const kept = outcome.kind === 'accepted' ? { ...outcome, volumes: [] } : { ...outcome, claimed: null }
        expect(decodeEntry(bytes)).toEqual({ ...one, digest, rules: null, outcome: kept })
        expect(bytes[0]).toBe(1)
      }),
    )
  })

  test('say by their version whether they hold a checksum or the hash of the request', () => {
    fc.assert(
      fc.property(entry, checksum, hash, (one, short, long) => {
        expect(encodeEntry({ ...one, digest: short })[0]).toBe(2)
        const bytes = encodeEntry({ ...one, digest: long })
        expect(bytes[0]).toBe(3)
        expect(bytes.length).toBe(encodeEntry({ ...one, digest: short }).length + 24)
      }),
      { numRuns: 50 },
    )
  })

  test('of version 1 with the hash of a request are not written', () => {
    fc.assert(
      fc.property(entry, hash, (one, digest) => {
        expect(() => encodeEntry({ ...one, digest, rules: null })).toThrow(EntryFormatError)
      }),
      { numRuns: 20 },
    )
  })

  test('hold the bytes of the hash in their order', () => {
    const bytes = encodeEntry({
      atMs: epochMs(0),
      subject: 'report',
      action: 'create',
      manager: '',
      id: null,
      digest: [0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c, 0x13121110, 0x17161514, 0x1b1a1918, 0xff1e1d1c],
      rules: { exact: false, compat: false },
      outcome: { kind: 'accepted', changes: [], notified: [], volumes: [] },
    })
    const hashAt = bytes.length - 32 - 4
    expect([...bytes.subarray(hashAt, hashAt + 32)]).toEqual([...Array.from({ length: 31 }, (_, at) => at), 255])
  })

  test.each(Object.entries(changes))('%s is read as it was written', (_kind, arbitrary: fc.Arbitrary<Change>) => {
    fc.assert(
      fc.property(entry, arbitrary, (one, only) => {
        const outcome = { kind: 'accepted' as const, changes: [only], notified: [], volumes: [] }
        expect(decodeEntry(encodeEntry({ ...one, outcome })).outcome).toEqual(outcome)
      }),
      { numRuns: 40 },
    )
  })

  test('keep so many blocking items and no more', () => {
    const one = {
      entity: 'constraint',
      id: '00000001-0000-4000-8000-000000000000',
      manager: 'm',
      overlaps: true,
      axis: 'time',
      heightM: 1,
      timeS: 2,
      distanceM: 0,
    } as const
    const conflict = {
      missingOperationalIntents: 0,
      missingConstraints: 100,
      blocking: Array.from({ length: 100 }, () => ({ ...one, id: one.id as EntityId })),
      clearing: {},
    }
    const refused: Entry = {
      atMs: epochMs(0),
      subject: 'operational_intent',
      action: 'create',
      manager: 'm',
      id: null,
      digest: [0, 0],
      rules: { exact: false, compat: false },
      outcome: {
        kind: 'refused',
        refusal: { code: 'AIRSPACE_CONFLICT', message: '', conflict },
        volumes: [],
        claimed: { kind: 'version', version: null },
      },
    }
    const { outcome } = decodeEntry(encodeEntry(refused))
    expect(outcome.kind === 'refused' && outcome.refusal.conflict).toEqual({
      ...conflict,
      blocking: conflict.blocking.slice(0, JOURNAL_BLOCKING_LIMIT),
    })
  })

  test('cut short anywhere, or with anything after the end, are refused', () => {
    fc.assert(
      fc.property(entry, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 8 }), (one, at, more) => {
        const bytes = encodeEntry(one)
        expect(() => decodeEntry(bytes.subarray(0, at % bytes.length))).toThrow(EntryFormatError)
        const longer = new Uint8Array([...bytes, ...more])
        expect(() => decodeEntry(longer)).toThrow(EntryFormatError)
      }),
      { numRuns: 300 },
    )
  })

  test('with bytes changed are another entry or refused, never anything else', () => {
    fc.assert(
      fc.property(entry, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }), (one, spots) => {
        const bytes = encodeEntry(one).slice()
        for (const [at, byte] of spots) bytes[at % bytes.length] = byte
        decodeOrRefuse(bytes)
      }),
      { numRuns: 2000 },
    )
  })

  test('of noise are refused, a count beyond the bytes without allocating for it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => {
        decodeOrRefuse(noise)
        decodeOrRefuse(new Uint8Array([1, ...noise]))
        decodeOrRefuse(new Uint8Array([2, ...noise]))
        decodeOrRefuse(new Uint8Array([3, ...noise]))
      }),
      { numRuns: 2000 },
    )
    const head = encodeEntry({
      atMs: epochMs(0),
      subject: 'expiry',
      action: 'expire',
      manager: '',
      id: null,
      digest: [0, 0],
      rules: { exact: false, compat: false },
      outcome: { kind: 'accepted', changes: [], notified: [], volumes: [] },
    })
    const claims = head.slice(0, head.length - 4)
    expect(() => decodeEntry(new Uint8Array([...claims, 0xff, 0xff, 0xff, 0xff, 0x7f]))).toThrow(EntryFormatError)
  })

  test('of another version are refused', () => {
    expect(() => decodeEntry(new Uint8Array([4]))).toThrow(/version 4 is none of 1 to 3/)
    expect(() => decodeEntry(new Uint8Array([0]))).toThrow(/version 0 is none of 1 to 3/)
    expect(() => decodeEntry(new Uint8Array())).toThrow(EntryFormatError)
  })

  test('read from the middle of a larger buffer', () => {
    fc.assert(
      fc.property(entry, (one) => {
        const bytes = encodeEntry(one)
        const larger = new Uint8Array(bytes.length + 20).fill(255)
        larger.set(bytes, 7)
        expect(decodeEntry(larger.subarray(7, 7 + bytes.length))).toEqual(one)
      }),
      { numRuns: 50 },
    )
  })
})
