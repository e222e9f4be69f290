import { s2 } from 's2js'
import { describe, expect, it } from 'vitest'
import { cellFromLatLng, cellFromToken, cellToken } from './s2.ts'

function referenceToken(latDeg: number, lngDeg: number): string {
  const leaf = s2.cellid.fromLatLng(s2.LatLng.fromDegrees(latDeg, lngDeg))
  return s2.cellid.toToken(s2.cellid.parent(leaf, 13))
}

describe('cellFromLatLng', () => {
  it('names the cell that S2 names, everywhere', () => {
    let seed = 1
    const random = () => {
      seed = (seed * 48271) % 2147483647
      return seed / 2147483647
    }
    for (let k = 0; k < 4000; k++) {
      const latDeg = (Math.asin(2 * random() - 1) * 180) / Math.PI
      const lngDeg = random() * 360 - 180
      expect(cellToken(cellFromLatLng(latDeg, lngDeg))).toBe(referenceToken(latDeg, lngDeg))
    }
  })

  it.each([
    [0, 0],
    [90, 0],
    [-90, 33],
    [0, 180],
    [0, -180],
    [45, 45],
    [35.264389682754654, 45],
    [-35.264389682754654, -135],
    [0, 90],
    [0, 45],
  ])('agrees with S2 on corners and edges: %d, %d', (latDeg, lngDeg) => {
    expect(cellToken(cellFromLatLng(latDeg, lngDeg))).toBe(referenceToken(latDeg, lngDeg))
  })
})

describe('cellFromToken', () => {
  it('reads back every token it is given', () => {
    for (let face = 0; face < 6; face++) {
      for (let k = 0; k < 200; k++) {
        const cell = (face << 26) | ((k * 7919) % (1 << 26))
        expect(cellFromToken(cellToken(cell))).toBe(cell)
      }
    }
  })

  it.each(['', '89c2', 'ffffffff', '89c25a37', 'zzzzzzzz', '89c259a41'])('refuses %j', (token) => {
    expect(cellFromToken(token)).toBeNull()
  })
})
