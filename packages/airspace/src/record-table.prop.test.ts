import type { EntityId } from '@parley/units'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DOUBLE, RecordTable, WORD } from './record-table.ts'
import { StringTable } from './string-table.ts'

/** Few ids, so that they come again; some that differ in one word only, so that hashes crowd. */
const POOL = Array.from({ length: 60 }, (_, n) => {
  const word = (at: number) => (n % 4 === at ? (n >>> 2).toString(16).padStart(8, '0') : '00000000')
  const hex = [0, 1, 2, 3].map(word).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as EntityId
}).filter((id, at, all) => all.indexOf(id) === at)

type Step = { readonly id: number; readonly value: number; readonly ovn: string }
const steps = fc.array(
  fc.record({
    id: fc.nat(POOL.length - 1),
    value: fc.nat(2 ** 32 - 1),
    ovn: fc.stringMatching(/^[A-Za-z0-9_-]{0,44}$/),
  }),
  { maxLength: 400 },
)

/** A step toggles: an id that is there leaves, one that is not comes with the step's fields. */
function run(table: RecordTable, model: Map<EntityId, Step & { slot: number }>, taken: readonly Step[]): void {
  for (const step of taken) {
    const id = POOL[step.id]!
    const known = model.get(id)
    if (known !== undefined) {
      table.remove(known.slot)
      model.delete(id)
      continue
    }
    const slot = table.insert(id)
    table.setWord(slot, WORD.notificationIndex, step.value)
    table.setDouble(slot, DOUBLE.startMs, step.value / 3)
    table.setOvnText(slot, step.ovn)
    table.setWord(slot, WORD.ovnChars, step.ovn.length)
    model.set(id, { ...step, slot })
  }
}

function agrees(table: RecordTable, model: Map<EntityId, Step & { slot: number }>): void {
  expect(table.size).toBe(model.size)
  for (const id of POOL) expect(table.find(id)).toBe(model.get(id)?.slot ?? -1)
  const live = []
  for (let slot = 0; slot < table.slotLimit; slot += 1) if (table.isLive(slot)) live.push(slot)
  expect(live).toEqual([...model.values()].map(({ slot }) => slot).sort((a, b) => a - b))
  for (const [id, { slot, value, ovn }] of model) {
    expect(table.idOf(slot)).toBe(id)
    expect(table.word(slot, WORD.notificationIndex)).toBe(value)
    expect(table.double(slot, DOUBLE.startMs)).toBe(value / 3)
    expect(table.ovnText(slot, table.word(slot, WORD.ovnChars))).toBe(ovn)
  }
}

describe('a record table', () => {
  test('holds what a map would, and takes the slot freed last', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const table = new RecordTable()
        const model = new Map<EntityId, Step & { slot: number }>()
        run(table, model, taken)
        agrees(table, model)
      }),
      { numRuns: 100 },
    )
    const table = new RecordTable()
    const slots = POOL.slice(0, 3).map((id) => table.insert(id))
    table.remove(slots[0]!)
    table.remove(slots[2]!)
    expect([table.insert(POOL[5]!), table.insert(POOL[6]!), table.insert(POOL[7]!)]).toEqual([slots[2], slots[0], 3])
  })

  test('loaded from a dump goes on as the one that was dumped, byte for byte', () => {
    fc.assert(
      fc.property(steps, steps, (before, after) => {
        const table = new RecordTable()
        const model = new Map<EntityId, Step & { slot: number }>()
        run(table, model, before)
        const loaded = RecordTable.load(table.dump())
        const same = new Map(model)
        agrees(loaded, same)
        run(table, model, after)
        run(loaded, same, after)
        expect(loaded.dump()).toEqual(table.dump())
        agrees(loaded, same)
      }),
      { numRuns: 50 },
    )
  })

  test('grows past its first size', () => {
    const table = new RecordTable()
    const ids = Array.from(
      { length: 5000 },
      (_, n) => `${n.toString(16).padStart(8, '0')}-1111-4111-8111-111111111111` as EntityId,
    )
    for (const id of ids) table.insert(id)
    for (const id of ids.slice(0, 4000)) table.remove(table.find(id))
    expect(table.size).toBe(1000)
    expect(ids.map((id) => table.find(id) >= 0)).toEqual(ids.map((_, n) => n >= 4000))
  })

  test('of another version, or whose parts do not fit, is refused', () => {
    const dump = new RecordTable().dump()
    const header = dump.header.slice()
    header[0] = 2
    expect(() => RecordTable.load({ ...dump, header })).toThrow(/version 2/)
    expect(() => RecordTable.load({ ...dump, hash: dump.hash.slice(4) })).toThrow(RangeError)
  })
})

describe('a string table', () => {
  const texts = fc.constantFrom('', 'a', 'b', 'https://uss.example', 'ключ', '__proto__', 'constructor')
  const uses = fc.array(fc.tuple(fc.boolean(), texts), { maxLength: 200 })

  function work(
    table: StringTable,
    counts: Map<string, { index: number; count: number }>,
    list: readonly (readonly [boolean, string])[],
  ): void {
    for (const [take, text] of list) {
      const known = counts.get(text)
      if (take) {
        const index = table.take(text)
        if (known !== undefined && known.count > 0) expect(index).toBe(known.index)
        counts.set(text, { index, count: (known?.count ?? 0) + 1 })
      } else if (known !== undefined && known.count > 0) {
        table.release(known.index)
        counts.set(text, { ...known, count: known.count - 1 })
      }
    }
    for (const [text, { index, count }] of counts) {
      if (text === '') continue
      expect(table.find(text)).toBe(count > 0 ? index : -1)
      if (count > 0) expect(table.text(index)).toBe(text)
    }
  }

  test('holds each text while somebody uses it, also after a dump', () => {
    fc.assert(
      fc.property(uses, uses, (before, after) => {
        const table = new StringTable()
        const counts = new Map<string, { index: number; count: number }>()
        work(table, counts, before)
        const loaded = StringTable.load(table.dump())
        const same = new Map(counts)
        work(table, counts, after)
        work(loaded, same, after)
        expect(loaded.dump()).toBe(table.dump())
        expect([table.find(''), table.text(0)]).toEqual([0, ''])
      }),
      { numRuns: 200 },
    )
  })

  test('of another version is refused', () => {
    expect(() => StringTable.load(JSON.stringify({ version: 9, texts: [''], counts: [0], free: [] }))).toThrow(
      /version 9/,
    )
  })
})
