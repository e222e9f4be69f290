import { degrees, epochMs, metres, metresHae } from '@parley/units'
import { describe, expect, it } from 'vitest'
import { anyVolumesIntersect } from './intersect.ts'
import { randomSource } from './testing/random-source.ts'
import type { Outline, Volume4D } from './volume.ts'
import { VolumeIndex } from './volume-index.ts'

const T0 = Date.UTC(2026, 10, 22, 12)

interface Place {
  readonly name: string
  readonly latDeg: number
  readonly lngDeg: number
}

const places: readonly Place[] = [
  { name: 'mid-latitude', latDeg: 47.4, lngDeg: 8.5 },
  { name: 'antimeridian', latDeg: -17, lngDeg: 179.99 },
  { name: 'north pole', latDeg: 89.97, lngDeg: 30 },
  { name: 'south pole', latDeg: -89.995, lngDeg: -120 },
  { name: 'face edge', latDeg: 45.0, lngDeg: -93.26 },
  { name: 'cube corner', latDeg: 35.264, lngDeg: 45.0 },
  { name: 'equator and prime meridian', latDeg: 0, lngDeg: 0 },
]

/** Moves from a point by metres, through the sphere so that poles need no care. */
function moved(place: Place, eastM: number, northM: number): { latDeg: number; lngDeg: number } {
  const phi = (place.latDeg * Math.PI) / 180
  const lambda = (place.lngDeg * Math.PI) / 180
  const east = eastM / 6371000
  const north = northM / 6371000
  const x = Math.cos(phi) * Math.cos(lambda) - Math.sin(lambda) * east - Math.sin(phi) * Math.cos(lambda) * north
  const y = Math.cos(phi) * Math.sin(lambda) + Math.cos(lambda) * east - Math.sin(phi) * Math.sin(lambda) * north
  const z = Math.sin(phi) + Math.cos(phi) * north
  return {
    latDeg: (Math.atan2(z, Math.hypot(x, y)) * 180) / Math.PI,
    lngDeg: (Math.atan2(y, x) * 180) / Math.PI,
  }
}

function randomOutline(place: Place, random: () => number): Outline {
  const spread = 12_000
  const centre = moved(place, (random() - 0.5) * spread, (random() - 0.5) * spread)
  const radius = 30 * 300 ** random()
  if (random() < 0.25) {
    return {
      kind: 'circle',
      centre: { latDeg: degrees(centre.latDeg), lngDeg: degrees(centre.lngDeg) },
      radiusM: metres(radius),
    }
  }
  const count = random() < 0.05 ? 60 : 3 + Math.floor(random() * 8)
  const from = { name: '', latDeg: centre.latDeg, lngDeg: centre.lngDeg }
  const vertices = Array.from({ length: count }, (_, k) => {
    const angle = (2 * Math.PI * k) / count
    const distance = radius * (0.5 + 0.5 * random())
    const vertex = moved(from, distance * Math.cos(angle), distance * Math.sin(angle))
    return { latDeg: degrees(vertex.latDeg), lngDeg: degrees(vertex.lngDeg) }
  })
  return { kind: 'polygon', vertices }
}

function randomVolume(place: Place, random: () => number): Volume4D {
  const lower = random() < 0.05 ? -Infinity : Math.floor(random() * 300)
  const upper = random() < 0.05 ? Infinity : Math.max(lower, 0) + random() * 120
  const length = 60_000 * 3000 ** (random() < 0.1 ? random() : random() * 0.4)
  const start = random() < 0.03 ? -Infinity : T0 + Math.floor(random() * 6 * 3600_000)
  const end = random() < 0.03 ? Infinity : Math.max(start, T0) + (random() < 0.1 ? length : Math.floor(length))
  return {
    outline: randomOutline(place, random),
    altitudeLowerM: metresHae(lower),
    altitudeUpperM: metresHae(upper),
    startMs: epochMs(start),
    endMs: epochMs(end),
  }
}

function randomPlan(place: Place, random: () => number): Volume4D[] {
  return Array.from({ length: 1 + Math.floor(random() * 4) }, () => randomVolume(place, random))
}

function widened(plan: readonly Volume4D[], random: () => number): Volume4D[] {
  const days = 30 * random()
  const unbounded = random() < 0.3
  return plan.map((volume) => ({
    ...volume,
    startMs: epochMs(unbounded ? -Infinity : volume.startMs - days * 86_400_000),
    endMs: epochMs(unbounded ? Infinity : volume.endMs + days * 86_400_000),
    altitudeLowerM: metresHae(random() < 0.5 ? volume.altitudeLowerM : -Infinity),
  }))
}

function answer(index: VolumeIndex, plan: readonly Volume4D[]): number[] {
  const out: number[] = []
  index.query(plan, out)
  expect(new Set(out).size).toBe(out.length)
  return out.sort((a, b) => a - b)
}

function bruteForce(plans: ReadonlyMap<number, Volume4D[]>, plan: readonly Volume4D[]): number[] {
  return [...plans]
    .filter(([, volumes]) => anyVolumesIntersect(volumes, plan))
    .map(([slot]) => slot)
    .sort((a, b) => a - b)
}

describe('VolumeIndex against brute force', () => {
  it.each(places)('gives the same answers around $name while plans come and go', (place) => {
    for (let seed = 1; seed <= 3; seed++) {
      const random = randomSource(seed * 7919)
      const index = new VolumeIndex()
      const plans = new Map<number, Volume4D[]>()
      for (let step = 0; step < 700; step++) {
        const slot = Math.floor(random() * 250)
        if (plans.has(slot)) {
          expect(index.remove(slot)).toBe(true)
          plans.delete(slot)
        } else {
          const plan = randomPlan(place, random)
          index.insert(slot, plan)
          plans.set(slot, plan)
        }
        if (step % 7 === 0) {
          const plan = randomPlan(place, random)
          expect(answer(index, plan)).toEqual(bruteForce(plans, plan))
          if (step % 28 === 0) {
            const wide = widened(plan, random)
            expect(answer(index, wide)).toEqual(bruteForce(plans, wide))
          }
        }
      }
      expect(index.size).toBe(plans.size)
      const copy = VolumeIndex.load(new Map(index.dump().map(({ name, bytes }) => [name, bytes])))
      for (let round = 0; round < 20; round++) {
        const plan = randomPlan(place, random)
        expect(answer(copy, plan)).toEqual(answer(index, plan))
      }
      for (const slot of plans.keys()) expect(copy.remove(slot)).toBe(true)
      expect(copy.size).toBe(0)
      expect(copy.volumeCount).toBe(0)
      expect(answer(copy, randomPlan(place, random))).toEqual([])
    }
  })

  it('gives the same answers for large outlines over thousands of plans', () => {
    const place = { name: '', latDeg: 47.4, lngDeg: 8.5 }
    const random = randomSource(4711)
    const index = new VolumeIndex()
    const plans = new Map<number, Volume4D[]>()
    for (let slot = 0; slot < 4000; slot++) {
      const centre = moved(place, (random() - 0.5) * 60_000, (random() - 0.5) * 60_000)
      const plan = Array.from({ length: 1 + Math.floor(random() * 3) }, () => ({
        ...randomVolume({ name: '', ...centre }, random),
        startMs: epochMs(Math.floor(T0 + random() * 4 * 3600_000)),
      })).map((volume) => ({ ...volume, endMs: epochMs(volume.startMs + Math.floor(random() * 1200_000)) }))
      index.insert(slot, plan)
      plans.set(slot, plan)
    }
    let met = 0
    for (let round = 0; round < 12; round++) {
      const count = 5 + Math.floor(random() * 8)
      const vertices = Array.from({ length: count }, (_, k) => {
        const angle = (2 * Math.PI * (k + 0.5 * random())) / count
        const distance = 26_000 * (0.4 + 0.6 * random())
        const vertex = moved(place, distance * Math.cos(angle), distance * Math.sin(angle))
        return { latDeg: degrees(vertex.latDeg), lngDeg: degrees(vertex.lngDeg) }
      })
      const asked: Volume4D = {
        outline: { kind: 'polygon', vertices },
        altitudeLowerM: metresHae(round % 3 === 0 ? 150 : -Infinity),
        altitudeUpperM: metresHae(round % 4 === 0 ? 200 : 400),
        startMs: epochMs(T0 + 3600_000 * random()),
        endMs: epochMs(T0 + 3600_000 * (2 + 2 * random())),
      }
      const expected = bruteForce(plans, [asked])
      expect(answer(index, [asked])).toEqual(expected)
      met += expected.length
    }
    expect(met).toBeGreaterThan(2000)
  })
})
