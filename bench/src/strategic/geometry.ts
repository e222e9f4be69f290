import {
  cellFromLatLng,
  coverOutline,
  frameAt,
  type LatLng,
  moveFrame,
  type Outline,
  outlinesIntersect,
  projectRing,
  ringsIntersect,
  VolumeIndex,
} from '@parley/geo4d'
import { degrees, epochMs, metresHae } from '@parley/units'
import geodesic from 'geographiclib-geodesic'
import type { Benchmark } from '../benchmark.ts'
import { median, microseconds } from '../statistics.ts'
import { RandomSource } from './random.ts'
import { countryStore } from './store.ts'

/** Times of peers on the study's machine, for pairs of the same kind. */
const GEOS_4 = 2115
const GEOS_100 = 59_491

export const covering: Benchmark = {
  id: 'S8',
  title: 'level-13 covering',
  run(context) {
    const { workload } = countryStore(context)
    const count = 2000 * Math.floor(Math.min(200_000, workload.volumes) / 2000)
    const step = Math.floor(workload.volumes / count)
    const runs: number[] = []
    let right = true
    for (let run = 0; run < context.runs; run++) {
      let us = 0
      for (let from = 0; from < count; from += 2000) {
        const outlines = Array.from({ length: 2000 }, (_, at) => workload.volume((from + at) * step).outline)
        us += microseconds(() => {
          for (const outline of outlines) coverOutline(outline)
        })
        if (run === 0) right &&= outlines.every(coversItsPoints)
      }
      runs.push(us / count)
    }
    return [
      {
        id: 'S8',
        what: 'level-13 covering of a volume, outwards',
        unit: 'us',
        value: median(runs),
        goal: { kind: 'at-most', value: 0.5 },
        peer: { name: 'golang/geo (study)', value: 11, better: 'less' },
        right,
        note: 'every vertex is in a cell of the covering',
      },
    ]
  },
}

function coversItsPoints(outline: Outline): boolean {
  const cells = new Set(coverOutline(outline))
  const points = outline.kind === 'circle' ? [outline.centre] : outline.vertices
  return points.every((point) => cells.has(cellFromLatLng(point.latDeg, point.lngDeg)))
}

/** Rings of `count` vertices about random points of a square, so that about 42 of 100 pairs meet. */
function rings(count: number, pairs: number, spreadM: number): Float64Array[] {
  const random = new RandomSource(count)
  return Array.from({ length: 2 * pairs }, () => {
    const lat = 47 + ((random.uniform() - 0.5) * spreadM) / 111_320
    const lng = 8 + ((random.uniform() - 0.5) * spreadM) / (111_320 * Math.cos((47 * Math.PI) / 180))
    const ring = new Float64Array(2 * count)
    for (let at = 0; at < count; at++) {
      const angle = (2 * Math.PI * (at + 0.5 * random.uniform())) / count
      const radius = 1000 * (0.8 + 0.2 * random.uniform())
      ring[2 * at] = lat + (radius * Math.sin(angle)) / 111_320
      ring[2 * at + 1] = lng + (radius * Math.cos(angle)) / (111_320 * Math.cos((47 * Math.PI) / 180))
    }
    return ring
  })
}

function pairTimes(
  count: number,
  runs: number,
): { readonly ns: number; readonly share: number; readonly right: boolean } {
  const pairs = 2000
  const all = rings(count, pairs, 3300)
  const frame = frameAt(47, 8)
  const a = new Float64Array(2 * count)
  const b = new Float64Array(2 * count)
  let hits = 0
  const meets = (pair: number) => {
    const query = all[2 * pair]!
    if (pair % 10 === 0) moveFrame(frame, query[0]!, query[1]!)
    projectRing(frame, query, count, a)
    projectRing(frame, all[2 * pair + 1]!, count, b)
    return ringsIntersect(a, count, b, count)
  }
  const once = () => {
    hits = 0
    for (let pair = 0; pair < pairs; pair++) if (meets(pair)) hits++
  }
  for (let run = 0; run < 5; run++) once()
  const us = Array.from({ length: runs }, () => microseconds(once))
  let right = true
  for (let pair = 0; pair < pairs; pair += 10) {
    right &&= meets(pair) === outlinesIntersect(outlineOf(all[2 * pair]!), outlineOf(all[2 * pair + 1]!))
  }
  return { ns: (median(us) * 1000) / pairs, share: hits / pairs, right }
}

function outlineOf(ring: Float64Array): Outline {
  const vertices: LatLng[] = []
  for (let at = 0; at < ring.length; at += 2) {
    vertices.push({ latDeg: degrees(ring[at]!), lngDeg: degrees(ring[at + 1]!) })
  }
  return { kind: 'polygon', vertices }
}

export const pairs4: Benchmark = {
  id: 'S9',
  title: 'exact intersection of 4-gons',
  run(context) {
    const { ns, share, right } = pairTimes(4, Math.max(9, context.runs))
    return [
      {
        id: 'S9',
        what: 'pair of 4-gons, both projected',
        unit: 'ns',
        value: ns,
        goal: { kind: 'at-most', value: 80 },
        peer: { name: 'GEOS (study)', value: GEOS_4, better: 'less' },
        right,
        note: `${Math.round(100 * share)} % meet`,
      },
    ]
  },
}

export const pairs100: Benchmark = {
  id: 'S10',
  title: 'exact intersection of 100-gons',
  run(context) {
    const { ns, share, right } = pairTimes(100, Math.max(9, context.runs))
    return [
      {
        id: 'S10',
        what: 'pair of 100-gons, both projected',
        unit: 'ns',
        value: ns,
        goal: { kind: 'at-most', value: 1000 },
        peer: { name: 'GEOS (study)', value: GEOS_100, better: 'less' },
        right,
        note: `${Math.round(100 * share)} % meet`,
      },
    ]
  },
}

const { WGS84 } = geodesic.Geodesic

function moved(from: LatLng, azimuthDeg: number, distanceM: number): LatLng {
  const to = WGS84.Direct(from.latDeg, from.lngDeg, azimuthDeg, distanceM)
  return { latDeg: degrees(to.lat2!), lngDeg: degrees(to.lon2!) }
}

/** Asked of the index itself: one plan stored, the other queried. */
function indexSaysMeet(a: readonly LatLng[], b: readonly LatLng[]): boolean {
  const volume = (vertices: readonly LatLng[]) => ({
    outline: { kind: 'polygon', vertices } as const,
    altitudeLowerM: metresHae(0),
    altitudeUpperM: metresHae(100),
    startMs: epochMs(0),
    endMs: epochMs(60_000),
  })
  const index = new VolumeIndex()
  index.insert(0, [volume(a)])
  const out: number[] = []
  index.query([volume(b)], out)
  return out.length === 1
}

/** Triangles on either side of a geodesic edge, the tip of one 1.1 cm beyond or short of the middle of it, by GeographicLib. */
function tipAcrossEdge(middle: LatLng, azimuthDeg: number, edgeM: number, overlapM: number): boolean {
  const there = moved(middle, azimuthDeg, edgeM / 2)
  const back = moved(middle, azimuthDeg + 180, edgeM / 2)
  const edge = [there, back, moved(middle, azimuthDeg + 90, edgeM / 2)]
  const tip = moved(middle, azimuthDeg + 90, overlapM)
  const side = azimuthDeg - 90
  return indexSaysMeet(edge, [tip, moved(middle, side - 10, edgeM / 2), moved(middle, side + 10, edgeM / 2)])
}

export const precision: Benchmark = {
  id: 'S11',
  title: 'overlaps and gaps of 1.1 cm',
  run() {
    let asked = 0
    let answered = 0
    const places = [0, 30, 47, 60, 80, -33.9].map((lat) => ({ latDeg: degrees(lat), lngDeg: degrees(8.5) }))
    places.push({ latDeg: degrees(-17), lngDeg: degrees(180) }, { latDeg: degrees(89.9999), lngDeg: degrees(-30) })
    places.push({ latDeg: degrees(-89.9), lngDeg: degrees(100) })
    for (const place of places) {
      for (const azimuth of [0, 33, 72, 90, 145]) {
        for (const edgeM of [50, 500, 5000, 20_000, 100_000]) {
          for (const overlapM of [0.011, -0.011]) {
            asked++
            if (tipAcrossEdge(place, azimuth, edgeM, overlapM) === overlapM > 0) answered++
          }
        }
      }
    }
    const square = (south: number) =>
      [
        [south, 7.5],
        [south, 7.501],
        [south + 0.001, 7.501],
        [south + 0.001, 7.5],
      ].map(([lat, lng]) => ({ latDeg: degrees(lat!), lngDeg: degrees(lng!) }))
    asked += 2
    if (indexSaysMeet(square(46), square(46.0009999))) answered++
    if (!indexSaysMeet(square(46), square(46.0010001))) answered++
    return [
      {
        id: 'S11',
        what: `right answers of ${asked}: 1.1 cm over and under, 50 m to 100 km edges, poles, antimeridian, the suite's 1.112 cm`,
        unit: '%',
        value: (100 * answered) / asked,
        goal: { kind: 'at-least', value: 100 },
        right: answered === asked,
      },
    ]
  },
}
