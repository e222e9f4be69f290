import { type LatLng, type Outline, outlinesIntersect, type Volume4D, volumesIntersect } from '@parley/geo4d'
import { degrees } from '@parley/units'
import { describe, expect, it } from 'vitest'
import { karneyDirect, karneyInverse, oracleOutlinesMeet, oracleVolumesMeet } from './oracle.ts'

const PAIRS = 120_000

const PLACES: readonly (readonly [string, number, number])[] = [
  ['equator', 0, 10],
  ['equator and antimeridian', 0.01, 180],
  ['mid-latitude', 47, 8],
  ['45 N at the antimeridian', 45, 179.9995],
  ['60 S across the antimeridian', -60, -179.999],
  ['80 N', 80, 25],
  ['by the north pole', 89.9, 100],
  ['north pole', 90, 0],
  ['south pole', -90, 0],
  ['by the south pole', -89.999, -40],
]

function mulberry(seed: number): () => number {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

function ring(...vertices: readonly (readonly [number, number])[]): Outline {
  return {
    kind: 'polygon',
    vertices: vertices.map(([latDeg, lngDeg]) => ({ latDeg: degrees(latDeg), lngDeg: degrees(lngDeg) })),
  }
}

/** A star about `centre`, its corners as far as `reachM`; sometimes long and narrow. */
function star(centre: LatLng, reachM: number, random: () => number): Outline {
  const corners = 3 + Math.floor(random() * 7)
  const turn = random() * 360
  const narrow = random() < 0.2 ? 0.05 : 1
  const vertices = Array.from({ length: corners }, (_, k) => {
    const angle = ((turn + (360 * (k + 0.7 * random())) / corners) * Math.PI) / 180
    const far = reachM * (0.4 + 0.6 * random())
    const x = far * Math.cos(angle)
    const y = far * narrow * Math.sin(angle)
    return karneyDirect(centre, (Math.atan2(y, x) * 180) / Math.PI + turn, Math.hypot(x, y))
  })
  return { kind: 'polygon', vertices }
}

function outlineAt(centre: LatLng, reachM: number, random: () => number): Outline {
  return random() < 0.3
    ? { kind: 'circle', centre, radiusM: (reachM * (0.4 + 0.6 * random())) as never }
    : star(centre, reachM, random)
}

/** A piece of time and height; the numbers are few, so that faces often touch exactly. */
function bounds(random: () => number): Omit<Volume4D, 'outline'> {
  const startMs = 1000 * Math.floor(random() * 12)
  const altitudeLowerM = 10 * Math.floor(random() * 12)
  const open = random()
  return {
    startMs: open < 0.03 ? -Infinity : startMs,
    endMs: open > 0.97 ? Infinity : startMs + 1000 * Math.floor(random() * 12),
    altitudeLowerM: open > 0.5 && open < 0.53 ? -Infinity : altitudeLowerM,
    altitudeUpperM: open > 0.4 && open < 0.43 ? Infinity : altitudeLowerM + 10 * Math.floor(random() * 12),
  } as Omit<Volume4D, 'outline'>
}

/** A ring that shares a whole edge with `outline` and lies on the far side of it. */
function neighbour(outline: Extract<Outline, { kind: 'polygon' }>, random: () => number): Outline {
  const { vertices } = outline
  const k = Math.floor(random() * vertices.length)
  const a = vertices[k] as LatLng
  const b = vertices[(k + 1) % vertices.length] as LatLng
  const { distanceM, azimuthDeg } = karneyInverse(a, b)
  const side = random() < 0.5 ? 90 : -90
  const apex = karneyDirect(karneyDirect(a, azimuthDeg, distanceM / 2), azimuthDeg + side, distanceM * random() + 1)
  return { kind: 'polygon', vertices: [b, a, apex] }
}

/** A wedge whose tip is 1.05 to 2 cm inside or outside the middle of an edge of `outline`. */
function tip(outline: Extract<Outline, { kind: 'polygon' }>, random: () => number): Outline {
  const { vertices } = outline
  const k = Math.floor(random() * vertices.length)
  const a = vertices[k] as LatLng
  const b = vertices[(k + 1) % vertices.length] as LatLng
  const { distanceM, azimuthDeg } = karneyInverse(a, b)
  const middle = karneyDirect(a, azimuthDeg, distanceM * (0.2 + 0.6 * random()))
  const outward = karneyInverse(middle, b).azimuthDeg + (random() < 0.5 ? 90 : -90)
  const point = karneyDirect(middle, outward, (random() < 0.5 ? -1 : 1) * (0.0105 + 0.0095 * random()))
  const away = [-30, 30].map((turn) => karneyDirect(point, outward + turn, distanceM * (0.05 + 0.4 * random())))
  return { kind: 'polygon', vertices: [point, ...away] }
}

describe('the library and an independent oracle', () => {
  it(`agree on ${PAIRS} random pairs of volumes`, { timeout: 300_000 }, () => {
    const random = mulberry(20261122)
    let met = 0
    let touching = 0
    let centimetres = 0
    let hundredKm = 0
    const wrong: string[] = []
    for (let pair = 0; pair < PAIRS; pair++) {
      const [, lat, lng] = PLACES[pair % PLACES.length] as (typeof PLACES)[number]
      const reachM = 30 * 3300 ** random()
      const centre = karneyDirect({ latDeg: lat, lngDeg: lng } as LatLng, random() * 360, reachM * random())
      const a: Volume4D = { outline: outlineAt(centre, reachM, random), ...bounds(random) }
      let outline: Outline
      const special = a.outline.kind === 'polygon' ? random() : 1
      if (special < 0.05 && a.outline.kind === 'polygon') {
        outline = neighbour(a.outline, random)
        touching++
      } else if (special < 0.15 && a.outline.kind === 'polygon') {
        outline = tip(a.outline, random)
        centimetres++
      } else {
        const reach2M = reachM * (0.05 + 1.2 * random())
        const apart = (reachM + reach2M) * 1.1 * Math.sqrt(random())
        outline = outlineAt(karneyDirect(centre, random() * 360, apart), reach2M, random)
      }
      const b: Volume4D = { outline, ...bounds(random) }
      if (reachM > 60_000) hundredKm++
      const expected = oracleVolumesMeet(a, b)
      // The outlines are compared whatever the times say, or most of the geometry would go untested.
      const flat = oracleOutlinesMeet(a.outline, b.outline)
      if (expected) met++
      if (
        volumesIntersect(a, b) !== expected ||
        volumesIntersect(b, a) !== expected ||
        outlinesIntersect(a.outline, b.outline) !== flat
      )
        wrong.push(`pair ${pair} at ${lat}, ${lng}: oracle says ${flat}, ${expected}; ${JSON.stringify([a, b])}`)
    }
    expect(wrong.slice(0, 3)).toEqual([])
    expect(met).toBeGreaterThan(PAIRS / 10)
    expect(met).toBeLessThan(PAIRS * 0.9)
    expect(touching).toBeGreaterThan(PAIRS / 40)
    expect(centimetres).toBeGreaterThan(PAIRS / 20)
    expect(hundredKm).toBeGreaterThan(PAIRS / 40)
  })
})

describe('1.1 cm', () => {
  // Two squares face each other over an edge of A: B's face is set off from it along the perpendicular, by less than nothing or more.
  const cases = PLACES.flatMap(([name, lat, lng]) =>
    [50, 500, 5000, 20_000, 100_000, 500_000].flatMap((edgeM) =>
      [0, 37, 90, 203].map((azimuth) => ({ name, lat, lng, edgeM, azimuth })),
    ),
  )

  it.each(cases)('tells overlap from gap: $name, $edgeM m, $azimuth°', ({ lat, lng, edgeM, azimuth }) => {
    const start = { latDeg: lat, lngDeg: lng } as LatLng
    const end = karneyDirect(start, azimuth, edgeM)
    const line = karneyInverse(start, end)
    const square = { kind: 'polygon', vertices: [start, end, ...backOf(start, end, 90)] } as Outline
    // B touches the middle of the shared edge with a corner, where a straight line on a wrong map would be farthest off.
    const middle = karneyDirect(start, line.azimuthDeg, edgeM / 2)
    const heading = karneyInverse(middle, end).azimuthDeg
    for (const offsetM of [-0.011, 0.011]) {
      const tip = karneyDirect(middle, heading - 90, offsetM)
      const away = [-125, -55].map((turn) => karneyDirect(tip, heading + turn, edgeM * 0.8))
      const wedge = { kind: 'polygon', vertices: [tip, ...away] } as Outline
      expect(outlinesIntersect(square, wedge)).toBe(offsetM < 0)
      expect(outlinesIntersect(wedge, square)).toBe(offsetM < 0)
      // Beyond that the oracle's own plane bends by centimetres.
      if (edgeM <= 100_000) expect(oracleOutlinesMeet(square, wedge)).toBe(offsetM < 0)
    }
    for (const offsetM of [-0.011, 0.011]) {
      const radiusM = edgeM * 0.7
      const centre = karneyDirect(middle, heading - 90, radiusM + offsetM)
      const disc = { kind: 'circle', centre, radiusM } as Outline
      expect(outlinesIntersect(square, disc)).toBe(offsetM < 0)
      const second = karneyDirect(centre, azimuth, 2 * radiusM + offsetM)
      expect(outlinesIntersect(disc, { kind: 'circle', centre: second, radiusM } as Outline)).toBe(offsetM < 0)
    }
  })

  function backOf(start: LatLng, end: LatLng, turn: number): LatLng[] {
    const { distanceM, azimuthDeg } = karneyInverse(start, end)
    const atEnd = karneyInverse(end, start).azimuthDeg + 180
    return [karneyDirect(end, atEnd + turn, distanceM), karneyDirect(start, azimuthDeg + turn, distanceM)]
  }

  it("finds the conformance suite's overlap of 1e-7 degrees, and lets the same gap pass", () => {
    const box = (south: number, north: number): Outline =>
      ring([south, 7.4774], [south, 7.478], [north, 7.478], [north, 7.4774])
    const edge = 46.9754
    expect(outlinesIntersect(box(46.9749, edge), box(edge - 1e-7, 46.9759))).toBe(true)
    expect(outlinesIntersect(box(46.9749, edge), box(edge + 1e-7, 46.9759))).toBe(false)
    expect(outlinesIntersect(box(46.9749, edge), box(edge, 46.9759))).toBe(true)
  })
})

describe('faces that touch', () => {
  const box = (south: number, west: number, north: number, east: number): Outline =>
    ring([south, west], [south, east], [north, east], [north, west])

  it.each([
    ['a whole face', box(47, 8, 47.01, 8.01), box(47, 8.01, 47.01, 8.02)],
    ['part of a meridian', box(47, 8, 47.01, 8.01), box(47.003, 8.01, 47.013, 8.02)],
    ['part of the equator', box(0, 8, 0.01, 8.01), box(-0.01, 8.003, 0, 8.013)],
    ['part of the antimeridian, named both ways', box(47, 179.99, 47.01, 180), box(47.005, -180, 47.02, -179.99)],
    ['a corner', box(-10, 8, -9.99, 8.01), box(-9.99, 8.01, -9.98, 8.02)],
  ])('meet: %s', (_, a, b) => {
    expect(outlinesIntersect(a, b)).toBe(true)
    expect(outlinesIntersect(b, a)).toBe(true)
  })

  it('meet at the pole whatever longitude each gives it', () => {
    const wedge = (west: number, tip: number) => ring([90, tip], [89.9, west], [89.9, west + 30])
    expect(outlinesIntersect(wedge(0, 17), wedge(150, -99))).toBe(true)
  })
})
