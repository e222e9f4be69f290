import { AirspaceState, apply, type Command, decodeEntry, dumpState, type Entry, encodeEntry } from '@parley/airspace'
import { openSqliteJournal } from '@parley/journal'
import { type Clock, type EntityId, epochMs } from '@parley/units'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { HaltedError, OverloadedError } from '../src/errors.ts'
import { Pool } from '../src/pool.ts'
import { type Folder, makeFolder } from './harness.ts'

type Journal = Awaited<ReturnType<typeof openSqliteJournal>>

const NOON_MS = Date.UTC(2026, 5, 1, 12)
const clock: Clock & { ms: number } = { ms: NOON_MS, nowMs: () => epochMs(clock.ms) }
const rules = { exact: false, compat: false }

let folder: Folder
beforeEach(async () => {
  clock.ms = NOON_MS
  folder = await makeFolder()
})
afterEach(() => folder[Symbol.asyncDispose]())

const openJournal = (): Promise<Journal> => openSqliteJournal({ dir: `${folder.path}/journal`, kind: 'pool', clock })

const open = async (journal: Journal, onHalt: (cause: unknown) => void = () => undefined): Promise<Pool> =>
  Pool.open({ journal, clock, rules, onHalt })

let count = 0
const report = (body = '{}'): Command => ({
  kind: 'makeReport',
  nowMs: clock.nowMs(),
  manager: 'uss1',
  digest: [0, 0],
  body,
  fresh: {
    ovn: 'x'.repeat(44),
    id: `${String((count += 1)).padStart(8, '0')}-0000-4000-8000-000000000000` as EntityId,
  },
})
const availability = (uss: string): Command => ({
  kind: 'setAvailability',
  nowMs: clock.nowMs(),
  manager: 'arbiter',
  digest: [1, 2],
  uss,
  availability: 'Down',
  oldVersion: '',
  fresh: { ovn: `v-${uss}`.padEnd(44, '0'), id: '00000000-0000-4000-8000-000000000000' as EntityId },
})

/** The journal with its disk under the test's hand: appends wait until told, and then succeed or fail. */
function holding(journal: Journal): {
  readonly journal: Journal
  readonly release: () => void
  readonly fail: () => void
} {
  let settle: (how: 'go' | 'fail') => void = () => undefined
  const gate = new Promise<'go' | 'fail'>((resolve) => {
    settle = resolve
  })
  const held = new Proxy(journal, {
    get(target, name) {
      if (name === 'append')
        return async (head: number, entries: readonly Uint8Array[]) => {
          const kept = entries.map((entry) => entry.slice())
          if ((await gate) === 'fail') throw new Error('the disk is gone')
          return target.append(head, kept)
        }
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { journal: held, release: () => settle('go'), fail: () => settle('fail') }
}

describe('a pool', () => {
  test('answers nothing before it is durable: not what was decided, not what was read of it', async () => {
    const { journal, release } = holding(await openJournal())
    await using pool = await open(journal)
    const { decision, durable } = pool.execute(availability('uss1'))
    expect(decision.kind).toBe('accepted')
    expect(pool.state.availabilityOf('uss1')).toBe('Down')
    let told = 0
    void durable.then(() => (told += 1))
    void pool.settled().then(() => (told += 1))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect([told, journal.head()]).toEqual([0, 0])
    release()
    await durable
    await pool.settled()
    expect(journal.head()).toBe(1)
  })

  test('gives the entry of an earlier answer back from the journal', async () => {
    await using pool = await open(await openJournal())
    await pool.execute(report()).durable
    const { durable } = pool.execute(availability('uss1'))
    await durable
    const again = pool.execute(availability('uss1'))
    expect(again.decision).toEqual({ kind: 'repeated', seq: 2 })
    const entry: Entry = await pool.entryAt(2)
    expect(entry.outcome).toMatchObject({ kind: 'accepted', changes: [{ kind: 'setAvailability', uss: 'uss1' }] })
  })

  test('that opens again stands where it stood, byte for byte, by replay and by snapshot', async () => {
    let whole: ReturnType<typeof dumpState>
    {
      await using pool = await open(await openJournal())
      for (let n = 0; n < 50; n += 1) await pool.execute(availability(`uss${n}`)).durable
      whole = dumpState(pool.state)
    }
    {
      await using pool = await open(await openJournal())
      expect(dumpState(pool.state)).toEqual(whole)
      await pool.snapshot()
      expect(pool.lastSnapshot?.seq).toBe(50)
      await pool.execute(availability('another')).durable
      whole = dumpState(pool.state)
    }
    await using pool = await open(await openJournal())
    expect(dumpState(pool.state)).toEqual(whole)
  })

  test('replays the log where a snapshot is of another version', async () => {
    let whole: ReturnType<typeof dumpState>
    {
      const journal = await openJournal()
      await using pool = await open(journal)
      await pool.execute(availability('uss1')).durable
      whole = dumpState(pool.state)
      const [first, ...rest] = whole
      const scalars = JSON.parse(new TextDecoder().decode(first!.bytes)) as object
      const other = new TextEncoder().encode(JSON.stringify({ ...scalars, version: 99 }))
      await journal.saveSnapshot(1, [{ name: first!.name, bytes: other }, ...rest])
    }
    await using pool = await open(await openJournal())
    expect(dumpState(pool.state)).toEqual(whole)
  })

  test('whose journal fails says so to those who wait and to all who come, once to its operator', async () => {
    const real = await openJournal()
    const { journal, fail } = holding(real)
    const causes: unknown[] = []
    const pool = await open(journal, (cause) => causes.push(cause))
    const waiting = [pool.execute(report()).durable, pool.execute(report()).durable, pool.settled()]
    fail()
    for (const promise of waiting) await expect(promise).rejects.toThrow(HaltedError)
    expect(pool.halted).toBe(true)
    expect(() => pool.execute(report())).toThrow(HaltedError)
    expect(() => pool.assertRunning()).toThrow(/the disk is gone/)
    await expect(pool.settled()).rejects.toThrow(HaltedError)
    expect(causes).toEqual([expect.objectContaining({ message: 'the disk is gone' })])
    await pool.close()
  })

  test('refuses writes before it decides them while too much waits for the disk, and takes them again after', async () => {
    const { journal, release } = holding(await openJournal())
    await using pool = await open(journal)
    const large = JSON.stringify({ text: 'x'.repeat(4_000_000) })
    const taken: Promise<unknown>[] = []
    expect(() => {
      for (let n = 0; n < 100; n += 1) taken.push(pool.execute(report(large)).durable)
    }).toThrow(OverloadedError)
    expect(taken.length).toBeGreaterThan(10)
    expect(pool.halted).toBe(false)
    expect(pool.state.seq).toBe(taken.length)
    release()
    await Promise.all(taken)
    await pool.execute(report()).durable
    expect(journal.head()).toBe(taken.length + 1)
  })

  test('keeps in its journal every decision in the order they were made, refusals too', async () => {
    const journal = await openJournal()
    await using pool = await open(journal)
    const made = [
      availability('a'),
      { ...availability('a'), manager: 'other' } as Command,
      report(),
      availability('b'),
    ].map((command) => pool.execute(command).decision)
    await pool.settled()
    const state = new AirspaceState({ exact: false })
    const kept: Entry[] = []
    for await (const { seq, bytes } of journal.read(0, journal.head())) {
      const entry = decodeEntry(bytes)
      kept.push(entry)
      apply(state, entry, seq + 1)
    }
    expect(kept.map((entry) => entry.outcome.kind)).toEqual(['accepted', 'refused', 'accepted', 'accepted'])
    expect(kept.map((entry) => Buffer.from(encodeEntry(entry)))).toEqual(
      made.map((decision) => ('entry' in decision ? Buffer.from(encodeEntry(decision.entry)) : null)),
    )
    expect(dumpState(state)).toEqual(dumpState(pool.state))
  })

  test('that closes takes nothing more, keeps what it took, and has not failed', async () => {
    const causes: unknown[] = []
    const pool = await open(await openJournal(), (cause) => causes.push(cause))
    const taken = Array.from({ length: 20 }, () => pool.execute(report()).durable)
    const closed = pool.close()
    expect(() => pool.execute(report())).toThrow(HaltedError)
    await closed
    await Promise.all(taken)
    expect([pool.halted, causes]).toEqual([false, []])
    await using again = await open(await openJournal())
    expect(again.state.seq).toBe(20)
  })

  test('lets go of what has ended by itself', async () => {
    await using pool = await open(await openJournal())
    const at = (hours: number) => epochMs(NOON_MS + hours * 3_600_000)
    const corner = (latDeg: number, lngDeg: number) => ({ latDeg, lngDeg }) as never
    pool.execute({
      kind: 'putConstraint',
      nowMs: clock.nowMs(),
      manager: 'authority',
      digest: [1, 1],
      id: '00000001-0000-4000-8000-000000000000' as EntityId,
      ovn: null,
      extents: [
        {
          outline: { kind: 'polygon', vertices: [corner(42, -8), corner(42, -7.99), corner(42.01, -7.99)] },
          startMs: at(0),
          endMs: at(1),
          altitudeLowerM: -Infinity as never,
          altitudeUpperM: Infinity as never,
        },
      ],
      url: 'https://authority.example',
      fresh: { ovn: 'c'.repeat(44), id: '00000000-0000-4000-8000-000000000000' as EntityId },
    })
    clock.ms = at(2)
    await expect.poll(() => pool.state.constraints.size, { timeout: 30_000 }).toBe(0)
    await pool.settled()
    expect((await pool.entryAt(2)).subject).toBe('expiry')
  })
})
