import { describe, expect, it } from 'vitest'
import { type CellBox, CellIndex } from './cell-index.ts'
import { randomSource } from './testing/random-source.ts'

const T0 = Date.UTC(2026, 10, 22, 12)

function randomBox(random: () => number, spreadCells: number): CellBox {
  const side = random() < 0.1 ? 5 + Math.floor(random() * 40) : 1 + Math.floor(random() * 4)
  const face = random() < 0.1 ? 3 : 2
  const i0 = 4090 + Math.floor(random() * spreadCells)
  const j0 = 1000 + Math.floor(random() * spreadCells)
  const cells: number[] = []
  for (let i = i0; i < i0 + side; i++) {
    for (let j = j0; j < j0 + side; j++) if (random() < 0.8) cells.push((face << 26) | (i << 13) | j)
  }
  if (cells.length === 0) cells.push((face << 26) | (i0 << 13) | j0)
  const lower = random() < 0.05 ? -Infinity : random() * 300
  const start = random() < 0.05 ? -Infinity : T0 + random() * 6 * 3600_000
  return {
    cells: Int32Array.from(cells),
    startMs: start,
    endMs: random() < 0.05 ? Infinity : Math.max(start, T0) + 30_000 * 100_000 ** (random() ** 3),
    altitudeLowerM: lower,
    altitudeUpperM: random() < 0.05 ? Infinity : Math.max(lower, 0) + random() * 120,
  }
}

function meets(a: CellBox, b: CellBox): boolean {
  const cells = new Set(a.cells)
  return (
    a.startMs <= b.endMs &&
    b.startMs <= a.endMs &&
    a.altitudeLowerM <= b.altitudeUpperM &&
    b.altitudeLowerM <= a.altitudeUpperM &&
    b.cells.some((cell) => cells.has(cell))
  )
}

function answer(index: CellIndex, box: CellBox): number[] {
  const out: number[] = []
  index.query(box, out)
  expect(new Set(out).size).toBe(out.length)
  return out.sort((a, b) => a - b)
}

describe('CellIndex against brute force', () => {
  it.each([1, 2, 3, 4])('gives the same answers while entities come and go, seed %i', (seed) => {
    const random = randomSource(seed * 104_729)
    const spread = seed === 4 ? 1 : 40
    const index = new CellIndex()
    const boxes = new Map<number, CellBox>()
    let met = 0
    for (let step = 0; step < 1500; step++) {
      const slot = Math.floor(random() * 400)
      if (boxes.delete(slot)) expect(index.remove(slot)).toBe(true)
      else {
        const box = randomBox(random, spread)
        index.insert(slot, box)
        boxes.set(slot, box)
      }
      if (step % 5 !== 0) continue
      const box = randomBox(random, spread)
      const wide = random() < 0.2 ? { ...box, startMs: T0 - random() * 3e9, endMs: T0 + random() * 3e9 } : box
      const expected = [...boxes].filter(([, other]) => meets(other, wide)).map(([slot]) => slot)
      expect(answer(index, wide)).toEqual(expected.sort((a, b) => a - b))
      met += expected.length
    }
    expect(met).toBeGreaterThan(100)
    expect(index.size).toBe(boxes.size)
    const copy = CellIndex.load(new Map(index.dump().map(({ name, bytes }) => [name, bytes])))
    for (const [slot, box] of boxes) expect(copy.boxOf(slot)).toEqual(box)
    for (let round = 0; round < 30; round++) {
      const box = randomBox(random, spread)
      expect(answer(copy, box)).toEqual(answer(index, box))
    }
    for (const slot of boxes.keys()) expect(copy.remove(slot)).toBe(true)
    expect(copy.size).toBe(0)
    expect(answer(copy, randomBox(random, spread))).toEqual([])
  })
})
