import { describe, expect, it } from 'vitest'
import { type CellBox, CellIndex, CellIndexError } from './cell-index.ts'
import { packCell } from './s2.ts'

const T0 = Date.UTC(2026, 10, 22, 12)
const HOUR = 3_600_000

function block(i: number, j: number, side: number): Int32Array {
  const cells: number[] = []
  for (let di = 0; di < side; di++) for (let dj = 0; dj < side; dj++) cells.push(packCell(2, i + di, j + dj))
  return Int32Array.from(cells).sort()
}

function box(bounds: Partial<CellBox> = {}): CellBox {
  return {
    cells: block(4000, 4000, 2),
    startMs: T0,
    endMs: T0 + 60_000,
    altitudeLowerM: 0,
    altitudeUpperM: 120,
    ...bounds,
  }
}

function met(index: CellIndex, asked: CellBox, options = {}): number[] {
  const out: number[] = []
  index.query(asked, out, options)
  return out.sort((a, b) => a - b)
}

function dumpBytes(index: CellIndex): string {
  return index
    .dump()
    .map(({ name, bytes }) => `${name}:${Buffer.from(bytes).toString('base64')}`)
    .join('\n')
}

describe('CellIndex', () => {
  it('counts touching bounds as overlap and needs a shared cell', () => {
    const index = new CellIndex()
    index.insert(3, box())
    expect(met(index, box({ startMs: T0 + 60_000, endMs: T0 + HOUR }))).toEqual([3])
    expect(met(index, box({ startMs: T0 + 60_001, endMs: T0 + HOUR }))).toEqual([])
    expect(met(index, box({ altitudeLowerM: 120, altitudeUpperM: 200 }))).toEqual([3])
    expect(met(index, box({ altitudeLowerM: 120.001, altitudeUpperM: 200 }))).toEqual([])
    expect(met(index, box({ cells: block(4001, 4001, 5) }))).toEqual([3])
    expect(met(index, box({ cells: block(4002, 4000, 5) }))).toEqual([])
  })

  it('finds entities of thousands of cells by their exact cells, not by their parents', () => {
    const index = new CellIndex()
    const ring = block(4000, 4000, 50).filter((cell) => ((cell >> 13) & 8191) < 4010 || (cell & 8191) > 4040)
    index.insert(0, box({ cells: Int32Array.from(ring) }))
    index.insert(1, box({ cells: block(4020, 4020, 1) }))
    expect(met(index, box({ cells: block(4005, 4005, 1) }))).toEqual([0])
    expect(met(index, box({ cells: block(4020, 4020, 1) }))).toEqual([1])
    expect(met(index, box({ cells: block(4000, 4000, 50) }))).toEqual([0, 1])
    expect(index.cellsOf(0)).toEqual(Int32Array.from(ring))
    expect(index.cellsOf(9)).toEqual(new Int32Array(0))
  })

  it('answers for 100,000 entities of a minute in one cell', () => {
    const index = new CellIndex()
    const cells = block(4000, 4000, 1)
    const startOf = (slot: number) => T0 + ((slot * 7919) % 3600) * 1000
    for (let slot = 0; slot < 100_000; slot++) {
      index.insert(slot, box({ cells, startMs: startOf(slot), endMs: startOf(slot) + 60_000 }))
    }
    let expected = 0
    for (let slot = 0; slot < 100_000; slot++) if (Math.abs(startOf(slot) - (T0 + HOUR / 2)) <= 60_000) expected++
    const asked = box({ cells, startMs: T0 + HOUR / 2, endMs: T0 + HOUR / 2 + 60_000 })
    expect(met(index, asked)).toHaveLength(expected)
    for (let slot = 0; slot < 100_000; slot++) expect(index.remove(slot)).toBe(true)
    expect(met(index, asked)).toEqual([])
    expect(index.size).toBe(0)
  })

  it('finds unbounded entities, and everything from an unbounded query', () => {
    const index = new CellIndex()
    const always = box({ startMs: -Infinity, endMs: Infinity, altitudeLowerM: -Infinity, altitudeUpperM: Infinity })
    index.insert(0, always)
    for (let slot = 1; slot <= 2000; slot++) {
      index.insert(slot, box({ startMs: T0 + slot * HOUR, endMs: T0 + slot * HOUR + 60_000 }))
    }
    expect(met(index, box({ startMs: -1e15, endMs: -1e15 }))).toEqual([0])
    expect(met(index, always)).toHaveLength(2001)
    expect(met(index, { ...always, cells: block(5000, 4000, 50) })).toEqual([])
  })

  it('leaves out a slot to skip and slots that are not accepted', () => {
    const index = new CellIndex()
    for (const slot of [0, 1, 2]) index.insert(slot, box())
    expect(met(index, box(), { skipSlot: 1 })).toEqual([0, 2])
    expect(met(index, box(), { accept: (slot: number) => slot > 1 })).toEqual([2])
  })

  it('refuses what its owner must not ask, and stores nothing then', () => {
    const index = new CellIndex()
    index.insert(0, box())
    const code = (work: () => void) => {
      try {
        work()
      } catch (error) {
        return error instanceof CellIndexError ? error.code : error
      }
      return undefined
    }
    expect(code(() => index.insert(0, box()))).toBe('slot_occupied')
    expect(code(() => index.insert(-1, box()))).toBe('slot_invalid')
    expect(code(() => index.insert(1, box({ cells: new Int32Array(0) })))).toBe('box_invalid')
    expect(code(() => index.insert(1, box({ cells: Int32Array.of(5, 4) })))).toBe('box_invalid')
    expect(code(() => index.insert(1, box({ endMs: T0 - 1 })))).toBe('box_invalid')
    expect(code(() => index.insert(1, box({ altitudeLowerM: Number.NaN })))).toBe('box_invalid')
    expect(index.size).toBe(1)
    expect(index.remove(1)).toBe(false)
  })

  it('gives the same bytes for the same operations, and under another name when asked', () => {
    const build = (asking: boolean) => {
      const index = new CellIndex()
      for (let slot = 0; slot < 600; slot++) {
        index.insert(slot, box({ cells: block(4000 + (slot % 70), 4000, 1 + (slot % 11)), endMs: T0 + slot * 1000 }))
        if (slot % 4 === 0) index.remove(slot)
        if (asking) met(index, box())
      }
      return index
    }
    const first = dumpBytes(build(false))
    expect(dumpBytes(build(true))).toBe(first)
    const named = new Map(
      build(false)
        .dump('constraints')
        .map(({ name, bytes }) => [name, bytes]),
    )
    const loaded = CellIndex.load(named, 'constraints')
    expect(dumpBytes(loaded)).toBe(first)
    expect(() => CellIndex.load(named)).toThrow('cell-index/version')
  })
})
