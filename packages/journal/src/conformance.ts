import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { isJournalError, type JournalErrorCode } from './errors.ts'
import type { Journal, JournalEntry } from './journal.ts'

/** A driver under test: `place` names one store, whatever that is to the driver. */
export interface ConformanceDriver {
  readonly name: string
  newPlace(): Promise<string>
  removePlace(place: string): Promise<void>
  open(place: string): Promise<Journal>
}

/** Registers the tests that every driver of the {@link Journal} port passes. */
export function journalConformance(driver: ConformanceDriver): void {
  describe(`journal conformance: ${driver.name}`, { timeout: 240_000 }, () => {
    let place: string
    let journal: Journal

    beforeEach(async () => {
      place = await driver.newPlace()
      journal = await driver.open(place)
    })
    afterEach(async () => {
      await journal.close()
      await driver.removePlace(place)
    })
    const reopen = async (): Promise<void> => {
      await journal.close()
      journal = await driver.open(place)
    }

    describe('append and read', () => {
      it('starts empty', async () => {
        expect(journal.head()).toBe(0)
        expect(await all(journal)).toEqual([])
      })

      it('gives entries their place and gives them back byte for byte', async () => {
        const every = Uint8Array.from({ length: 256 }, (_, i) => i)
        expect(await journal.append(0, [text('a'), text(''), every])).toBe(3)
        expect(await journal.append(3, [text('b')])).toBe(4)
        const entries = await all(journal)
        expect(entries.map((entry) => entry.seq)).toEqual([0, 1, 2, 3])
        expect(entries.map((entry) => [...entry.bytes])).toEqual([[97], [], [...every], [98]])
      })

      it.each([0, 1, 3, 4, 5, 600, 4096, 65_535, 65_536, 1_048_575, 1_048_577, 5_000_000])(
        'keeps an entry of %i bytes among others',
        async (length) => {
          const bytes = patterned(length, length)
          await journal.append(0, [text('before'), bytes, text('after')])
          const entries = await all(journal)
          expect(entries).toHaveLength(3)
          expect(same(entries[1]?.bytes, bytes)).toBe(true)
          expect(same(entries[2]?.bytes, text('after'))).toBe(true)
        },
      )

      it('keeps an append of many entries whole', async () => {
        const entries = Array.from({ length: 20_000 }, (_, i) => text(`entry ${i}`))
        expect(await journal.append(0, entries)).toBe(20_000)
        expect((await all(journal)).every(({ seq, bytes }) => same(bytes, text(`entry ${seq}`)))).toBe(true)
      })

      it('has copied the bytes before append returns', async () => {
        const bytes = text('mine')
        const done = journal.append(0, [bytes])
        bytes.fill(0)
        await done
        expect((await all(journal)).map(({ bytes }) => string(bytes))).toEqual(['mine'])
      })

      it('shows nothing before it is durable', async () => {
        const done = journal.append(0, [text('a')])
        expect(journal.head()).toBe(0)
        expect(() => journal.read(0, 1)).toThrow()
        expect(await done).toBe(1)
        expect(journal.head()).toBe(1)
      })

      it('refuses one append too large, without effect', async () => {
        const half = new Uint8Array(33 << 20)
        await refused(journal.append(0, [half, half]), 'APPEND_TOO_LARGE')
        expect(await journal.append(0, [text('a')])).toBe(1)
      })
    })

    describe('compare and set', () => {
      it('refuses another head than the tail, without effect, naming both', async () => {
        await journal.append(0, [text('a'), text('b')])
        for (const expectedHead of [0, 1, 3, -1, 1.5, Number.NaN]) {
          const error = await refused(journal.append(expectedHead, [text('x')]), 'HEAD_MOVED')
          expect(error.details).toEqual({ expectedHead, actualHead: 2 })
        }
        expect(await journal.append(2, [text('c')])).toBe(3)
        expect((await all(journal)).map(({ bytes }) => string(bytes))).toEqual(['a', 'b', 'c'])
      })

      it('lets exactly one of many win the same head', async () => {
        const results = await Promise.allSettled(
          Array.from({ length: 50 }, (_, i) => journal.append(0, [text(String(i))])),
        )
        expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
        expect(journal.head()).toBe(1)
        expect((await all(journal)).map(({ bytes }) => string(bytes))).toEqual(['0'])
      })

      it('counts appends in flight: a thousand in one tick, each on the tail the last one left', async () => {
        const resolved: number[] = []
        const appends = Array.from({ length: 1000 }, (_, i) =>
          journal.append(2 * i, [text(`${i}a`), text(`${i}b`)]).then((head) => resolved.push(head)),
        )
        await refused(journal.append(0, [text('late')]), 'HEAD_MOVED')
        await Promise.all(appends)
        expect(resolved).toEqual(Array.from({ length: 1000 }, (_, i) => 2 * i + 2))
        const entries = await all(journal)
        expect(entries.every(({ seq, bytes }) => string(bytes) === `${seq >> 1}${seq % 2 === 0 ? 'a' : 'b'}`)).toBe(
          true,
        )
      })

      it('with no entries waits for what was appended before', async () => {
        expect(await journal.append(0, [])).toBe(0)
        void journal.append(0, [text('a')])
        await refused(journal.append(0, []), 'HEAD_MOVED')
        expect(await journal.append(1, [])).toBe(1)
        expect(journal.head()).toBe(1)
        expect(await journal.append(1, [text('b')])).toBe(2)
      })
    })

    describe('ranges', () => {
      it('reads any range, over any grouping', async () => {
        let tail = 0
        for (const count of [1, 7, 1, 300, 2, 1, 1000, 40]) {
          const first = tail
          tail = await journal.append(
            first,
            Array.from({ length: count }, (_, i) => text(`#${first + i}`)),
          )
        }
        const edges = [0, 1, 2, 7, 8, 9, 10, 308, 309, 310, 311, 312, 313, 1311, 1312, 1313, tail - 1, tail]
        for (const from of edges) {
          for (const to of edges.filter((edge) => edge >= from)) {
            const seqs: number[] = []
            for await (const { seq, bytes } of journal.read(from, to)) {
              expect(string(bytes)).toBe(`#${seq}`)
              seqs.push(seq)
            }
            expect([seqs.length, seqs[0], seqs.at(-1)]).toEqual(
              from === to ? [0, undefined, undefined] : [to - from, from, to - 1],
            )
          }
        }
      })

      it.each([
        [-1, 0],
        [2, 1],
        [0, 4],
        [4, 4],
        [0.5, 1],
        [0, Number.NaN],
        [0, Number.POSITIVE_INFINITY],
      ])('refuses %d to %d at once', async (from, to) => {
        await journal.append(0, [text('a'), text('b'), text('c')])
        expect(codeOf(() => journal.read(from, to))).toBe('OUT_OF_RANGE')
      })

      it('may be left early and goes on beside appends', async () => {
        await journal.append(0, [text('a'), patterned(3_000_000, 1), text('c')])
        for await (const { seq } of journal.read(0, 3)) if (seq === 1) break
        const seqs: number[] = []
        for await (const { seq } of journal.read(0, 3)) {
          seqs.push(seq)
          await journal.append(journal.head(), [text('more')])
        }
        expect(seqs).toEqual([0, 1, 2])
        expect(journal.head()).toBe(6)
      })
    })

    describe('follow', () => {
      it('gives what is there and then what comes, to several, until aborted', async () => {
        await journal.append(0, [text('0'), text('1')])
        const abort = new AbortController()
        const collect = async (from: number): Promise<string[]> => {
          const seen: string[] = []
          for await (const { seq, bytes } of journal.follow(from, abort.signal)) {
            expect(seq).toBe(from + seen.length)
            expect(seq).toBeLessThan(journal.head())
            seen.push(string(bytes))
            if (seen.length === 300 - from) {
              await new Promise((later) => setTimeout(later, 20))
              abort.abort()
            }
          }
          return seen
        }
        const followers = [collect(0), collect(1), collect(2)]
        for (let i = 2; i < 300; i++) {
          const done = journal.append(i, [text(String(i))])
          if (i % 7 === 0) await done
        }
        const seen = await Promise.all(followers)
        expect(seen.map((one) => one.at(-1))).toEqual(['299', '299', '299'])
        expect(seen.map((one) => one.length)).toEqual([300, 299, 298])
      })

      it('ends when it is aborted while it waits, or was before', async () => {
        const abort = new AbortController()
        const iterator = journal.follow(0, abort.signal)[Symbol.asyncIterator]()
        const next = iterator.next()
        abort.abort()
        expect((await next).done).toBe(true)
        expect(await all(journal, journal.follow(0, abort.signal))).toEqual([])
      })

      it('refuses to start beyond the head, and says when the journal closes', async () => {
        expect(codeOf(() => journal.follow(1, new AbortController().signal))).toBe('OUT_OF_RANGE')
        const next = journal.follow(0, new AbortController().signal)[Symbol.asyncIterator]().next()
        const outcome = refused(next, 'CLOSED')
        await journal.close()
        await outcome
      })
    })

    describe('reopening and closing', () => {
      it('finds everything again', async () => {
        await journal.append(0, [text('a'), text('b')])
        await reopen()
        expect(journal.head()).toBe(2)
        expect(await journal.append(2, [text('c')])).toBe(3)
        await reopen()
        expect((await all(journal)).map(({ bytes }) => string(bytes))).toEqual(['a', 'b', 'c'])
      })

      it('makes durable what was appended before close, and refuses what comes after', async () => {
        const appends = Array.from({ length: 100 }, (_, i) => journal.append(i, [patterned(10_000, i)]))
        const closing = journal.close()
        await refused(journal.append(100, [text('late')]), 'CLOSED')
        expect(codeOf(() => journal.read(0, 0))).toBe('CLOSED')
        expect(codeOf(() => journal.follow(0, new AbortController().signal))).toBe('CLOSED')
        await refused(journal.saveSnapshot(0, []), 'CLOSED')
        await refused(journal.loadSnapshot(), 'CLOSED')
        expect((await Promise.all(appends)).at(-1)).toBe(100)
        await closing
        await journal.close()
        journal = await driver.open(place)
        expect((await all(journal)).every(({ seq, bytes }) => same(bytes, patterned(10_000, seq)))).toBe(true)
        expect(journal.head()).toBe(100)
      })

      it('closes by `await using`', async () => {
        await journal.close()
        let used: Journal
        {
          await using inside = await driver.open(place)
          used = inside
          await inside.append(0, [text('a')])
        }
        await refused(used.append(1, [text('b')]), 'CLOSED')
        journal = await driver.open(place)
        expect(journal.head()).toBe(1)
      })

      it('refuses a second opening while the first lasts', async () => {
        await refused(driver.open(place), 'LOCKED')
        await journal.append(0, [text('still here')])
        await reopen()
        expect(journal.head()).toBe(1)
      })

      it('opens and closes many times in a row', async () => {
        for (let i = 0; i < 20; i++) {
          await journal.append(i, [text(String(i))])
          await reopen()
        }
        expect(journal.head()).toBe(20)
      })
    })

    it('keeps its order under a clock that jumps, stands still and runs backwards', async () => {
      const day = 86_400_000
      const times = [0, day, -day, 4e12, 0, 0, 1, -62e12]
      let calls = 0
      const now = vi.spyOn(Date, 'now').mockImplementation(() => 1.8e12 + (times[calls++ % times.length] as number))
      try {
        for (let i = 0; i < 40; i++) {
          await journal.append(i, [text(String(i))])
          if (i % 10 === 9) await reopen()
        }
        await journal.saveSnapshot(20, [{ name: 'at', bytes: text('20') }])
        await journal.saveSnapshot(40, [{ name: 'at', bytes: text('40') }])
        await reopen()
      } finally {
        now.mockRestore()
      }
      expect((await all(journal)).map(({ bytes }) => string(bytes))).toEqual(
        Array.from({ length: 40 }, (_, i) => `${i}`),
      )
      expect((await journal.loadSnapshot())?.seq).toBe(40)
    })

    describe('snapshots', () => {
      beforeEach(async () => {
        await journal.append(0, [text('a'), text('b'), text('c')])
      })

      it('has none at first, then the newest', async () => {
        expect(await journal.loadSnapshot()).toBeNull()
        await journal.saveSnapshot(1, [{ name: 'x', bytes: text('one') }])
        await journal.saveSnapshot(3, [{ name: 'x', bytes: text('three') }])
        await journal.saveSnapshot(2, [{ name: 'x', bytes: text('two') }])
        for (let i = 0; i < 2; i++) {
          const snapshot = await journal.loadSnapshot()
          expect(snapshot?.seq).toBe(3)
          expect(string(snapshot?.sections.get('x') as Uint8Array)).toBe('three')
          await reopen()
        }
      })

      it('keeps sections of every size, and gives each memory of its own', async () => {
        const sizes = [0, 1, 7, 4096, 4097, (4 << 20) - 1, 4 << 20, (9 << 20) + 3]
        const sections = sizes.map((size) => ({ name: `of ${size} – Größe`, bytes: patterned(size, size) }))
        const odd = { name: 'a view', bytes: patterned(1001, 5).subarray(3, 900) }
        await journal.saveSnapshot(3, [...sections, odd])
        const snapshot = await journal.loadSnapshot()
        expect([...(snapshot?.sections.keys() ?? [])]).toEqual([...sections, odd].map(({ name }) => name))
        for (const { name, bytes } of [...sections, odd]) {
          const loaded = snapshot?.sections.get(name) as Uint8Array
          expect(same(loaded, bytes)).toBe(true)
          expect([loaded.byteOffset, loaded.buffer.byteLength]).toEqual([0, bytes.byteLength])
        }
      })

      it('replaces the snapshot of the same seq', async () => {
        await journal.saveSnapshot(2, [{ name: 'x', bytes: text('old') }])
        await journal.saveSnapshot(2, [{ name: 'x', bytes: text('new') }])
        expect(string((await journal.loadSnapshot())?.sections.get('x') as Uint8Array)).toBe('new')
      })

      it('refuses one beyond the head, and a repeated name', async () => {
        void journal.append(3, [text('in flight')])
        await refused(journal.saveSnapshot(4, []), 'SNAPSHOT_BEYOND_HEAD')
        await refused(journal.saveSnapshot(-1, []), 'SNAPSHOT_BEYOND_HEAD')
        const section = { name: 'x', bytes: text('x') }
        await refused(journal.saveSnapshot(1, [section, section]), 'INVALID_SNAPSHOT')
        expect(await journal.loadSnapshot()).toBeNull()
      })

      it('saves beside appends, and finishes a save before it closes', async () => {
        const save = journal.saveSnapshot(3, [{ name: 'x', bytes: patterned(20 << 20, 9) }])
        const appends = Array.from({ length: 200 }, (_, i) => journal.append(3 + i, [text(String(i))]))
        await Promise.all(appends)
        await Promise.all([save, reopen()])
        expect((await journal.loadSnapshot())?.sections.get('x')?.byteLength).toBe(20 << 20)
        expect(journal.head()).toBe(203)
      })
    })

    it('behaves as a list does, whatever the order of calls', async () => {
      await journal.close()
      const step = fc.oneof(
        {
          weight: 6,
          arbitrary: fc.record({
            kind: fc.constant('append' as const),
            sizes: fc.array(fc.nat(3000), { maxLength: 6 }),
          }),
        },
        {
          weight: 2,
          arbitrary: fc.record({ kind: fc.constant('stale' as const), off: fc.integer({ min: -3, max: 3 }) }),
        },
        { weight: 1, arbitrary: fc.record({ kind: fc.constant('settle' as const) }) },
        { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
        {
          weight: 2,
          arbitrary: fc.record({
            kind: fc.constant('read' as const),
            a: fc.double({ min: 0, max: 1, noNaN: true }),
            b: fc.double({ min: 0, max: 1, noNaN: true }),
          }),
        },
      )
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
          const own = await driver.newPlace()
          let log = await driver.open(own)
          const model: Uint8Array[] = []
          let pending: Promise<unknown>[] = []
          const settle = async (): Promise<void> => {
            await Promise.all(pending)
            pending = []
            expect(log.head()).toBe(model.length)
          }
          try {
            for (const one of steps) {
              switch (one.kind) {
                case 'append': {
                  const entries = one.sizes.map((size, i) => patterned(size, model.length + i))
                  const head = model.length + entries.length
                  pending.push(log.append(model.length, entries).then((got) => expect(got).toBe(head)))
                  model.push(...entries)
                  break
                }
                case 'stale':
                  if (one.off !== 0)
                    pending.push(refused(log.append(model.length + one.off, [text('x')]), 'HEAD_MOVED'))
                  break
                case 'settle':
                  await settle()
                  break
                case 'reopen':
                  await log.close()
                  log = await driver.open(own)
                  await settle()
                  break
                case 'read': {
                  const head = log.head()
                  const from = Math.floor(Math.min(one.a, one.b) * head)
                  const to = Math.ceil(Math.max(one.a, one.b) * head)
                  let seq = from
                  for await (const entry of log.read(from, to)) {
                    expect(entry.seq).toBe(seq)
                    expect(same(entry.bytes, model[seq] as Uint8Array)).toBe(true)
                    seq++
                  }
                  expect(seq).toBe(to)
                  break
                }
              }
            }
            await settle()
          } finally {
            await log.close()
            await driver.removePlace(own)
          }
        }),
        { numRuns: 25 },
      )
      journal = await driver.open(place)
    })
  })
}

function text(content: string): Uint8Array {
  return new TextEncoder().encode(content)
}

function string(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

function patterned(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 8) + seed * 7) & 0xff
  return bytes
}

function same(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0
}

async function all(journal: Journal, source?: AsyncIterable<JournalEntry>): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = []
  for await (const entry of source ?? journal.read(0, journal.head())) entries.push(entry)
  return entries
}

async function refused(
  promise: Promise<unknown>,
  code: JournalErrorCode,
): Promise<{ readonly code: string; readonly details: object }> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!isJournalError(error)) throw new Error(`expected a refusal ${code}, got ${String(error)}`)
  expect(error.code).toBe(code)
  return error
}

function codeOf(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    if (isJournalError(error)) return error.code
    throw error
  }
  return 'none'
}
