import { closeSync, openSync, writeSync } from 'node:fs'
import type { Volume4D } from '@parley/geo4d'
import { degrees, epochMs, metres, metresHae } from '@parley/units'
import { HOUR_WEIGHTS, METROS, type Metro } from './metros.ts'
import { cumulate, RandomSource } from './random.ts'

const METRES_PER_DEGREE = 111_320
const RADIANS = Math.PI / 180
const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
/** Midnight of the day all workloads play on. */
export const DAY_START_MS = Date.UTC(2026, 0, 1)

export const PLAN_TYPES = ['delivery', 'area', 'circle', 'corridor', 'large'] as const

/** Plans in flat arrays: a million of them as objects would fill the heap and its collector's time. */
export class Workload {
  /** First volume of each plan, and one past the last. */
  planStart = new Int32Array(1024)
  plans = 0
  volumes = 0
  points = 0
  /** Milliseconds since the start of the day. */
  startMs = new Float64Array(4096)
  endMs = new Float64Array(4096)
  lowerM = new Float64Array(4096)
  upperM = new Float64Array(4096)
  /** Radius of a circle, 0 for a polygon. */
  radiusM = new Float64Array(4096)
  /** First point of each volume, and one past the last. */
  pointStart = new Int32Array(4097)
  /** Latitude and longitude in degrees, in turn. */
  degrees = new Float64Array(32768)
  readonly types = new Int32Array(PLAN_TYPES.length)

  beginPlan(): void {
    if (this.plans + 2 > this.planStart.length) this.planStart = grown(this.planStart)
    this.planStart[this.plans++] = this.volumes
    this.planStart[this.plans] = this.volumes
  }

  beginVolume(startMs: number, endMs: number, lowerM: number, upperM: number): void {
    if (this.volumes + 2 > this.startMs.length) {
      this.startMs = grown(this.startMs)
      this.endMs = grown(this.endMs)
      this.lowerM = grown(this.lowerM)
      this.upperM = grown(this.upperM)
      this.radiusM = grown(this.radiusM)
      this.pointStart = grown(this.pointStart)
    }
    const at = this.volumes++
    this.startMs[at] = startMs
    this.endMs[at] = endMs
    this.lowerM[at] = lowerM
    this.upperM[at] = upperM
    this.radiusM[at] = 0
    this.pointStart[at] = this.points
    this.pointStart[at + 1] = this.points
    this.planStart[this.plans] = this.volumes
  }

  addPoint(latDeg: number, lngDeg: number): void {
    if (2 * this.points + 2 > this.degrees.length) this.degrees = grown(this.degrees)
    this.degrees[2 * this.points] = latDeg
    this.degrees[2 * this.points + 1] = lngDeg
    this.pointStart[this.volumes] = ++this.points
  }

  setRadius(radiusM: number): void {
    this.radiusM[this.volumes - 1] = radiusM
  }

  /** One plan as the index takes it. */
  plan(index: number): Volume4D[] {
    const volumes: Volume4D[] = []
    for (let at = this.planStart[index]!; at < this.planStart[index + 1]!; at++) volumes.push(this.volume(at))
    return volumes
  }

  volume(at: number): Volume4D {
    const vertices = []
    for (let point = this.pointStart[at]!; point < this.pointStart[at + 1]!; point++) {
      vertices.push({ latDeg: degrees(this.degrees[2 * point]!), lngDeg: degrees(this.degrees[2 * point + 1]!) })
    }
    const radius = this.radiusM[at]!
    return {
      outline:
        radius > 0 ? { kind: 'circle', centre: vertices[0]!, radiusM: metres(radius) } : { kind: 'polygon', vertices },
      altitudeLowerM: metresHae(this.lowerM[at]!),
      altitudeUpperM: metresHae(this.upperM[at]!),
      startMs: epochMs(DAY_START_MS + this.startMs[at]!),
      endMs: epochMs(DAY_START_MS + this.endMs[at]!),
    }
  }

  /** Writes the plans for the C++ port: four words (version, plans, volumes, points), then the arrays one after the other. */
  writeFile(path: string): void {
    const file = openSync(path, 'w')
    try {
      for (const part of [
        Int32Array.of(1, this.plans, this.volumes, this.points),
        this.planStart.subarray(0, this.plans + 1),
        this.pointStart.subarray(0, this.volumes + 1),
        this.startMs.subarray(0, this.volumes),
        this.endMs.subarray(0, this.volumes),
        this.lowerM.subarray(0, this.volumes),
        this.upperM.subarray(0, this.volumes),
        this.radiusM.subarray(0, this.volumes),
        this.degrees.subarray(0, 2 * this.points),
      ]) {
        const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength)
        for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at, Math.min(bytes.length - at, 1 << 26))
      }
    } finally {
      closeSync(file)
    }
  }

  /** FNV over every 997th volume: equal hashes, equal plans. */
  checkHash(): string {
    let hash = 2166136261
    for (let at = 0; at < this.volumes; at += 997) {
      hash = Math.imul(hash ^ (this.startMs[at]! | 0), 16777619)
      hash = Math.imul(hash ^ Math.round(this.degrees[2 * this.pointStart[at]!]! * 1e7), 16777619)
    }
    return (hash >>> 0).toString(16).padStart(8, '0')
  }
}

function grown<T extends Int32Array | Float64Array>(old: T): T {
  const larger = new (old.constructor as new (length: number) => T)(Math.ceil(old.length * 1.6))
  larger.set(old)
  return larger
}

interface Hub extends Metro {
  readonly popularity: number
}

function hubs(metros: readonly Metro[], count: number): Hub[] {
  const random = new RandomSource(7)
  const weights = cumulate(metros.map(({ weight }) => weight))
  return Array.from({ length: count }, () => {
    const metro = metros[random.pick(weights)]!
    const latDeg = metro.latDeg + (random.normal() * 12_000) / METRES_PER_DEGREE
    const lngDeg = metro.lngDeg + (random.normal() * 12_000) / (METRES_PER_DEGREE * Math.cos(metro.latDeg * RADIANS))
    return { ...metro, latDeg, lngDeg, popularity: Math.exp(0.8 * random.normal()) }
  })
}

/** Where plans are: the whole country, or a part of it at constant density. */
export interface Region {
  readonly metros: readonly Metro[]
  readonly hubCount: number
  /** Where the plans outside metros are: anywhere in the country, or in a box about a metro. */
  readonly rural: 'country' | 'around-metro'
}

export const COUNTRY: Region = { metros: METROS, hubCount: 2000, rural: 'country' }

/** The first `count` metros with equal weight, 50 hubs each: 25,000 plans for each give the same density at any count. */
export function constantDensity(count: number): Region {
  return {
    metros: METROS.slice(0, count).map((metro) => ({ ...metro, weight: 1 })),
    hubCount: 50 * count,
    rural: 'around-metro',
  }
}

/** The operational intents of the study (section 2.2): the same seed draws the same plans. */
export function generate(count: number, seed: number, region: Region = COUNTRY): Workload {
  const draw = new PlanDrawer(seed, region)
  for (let index = 0; index < count; index++) draw.plan()
  return draw.workload
}

class PlanDrawer {
  readonly workload = new Workload()
  readonly #random: RandomSource
  readonly #region: Region
  readonly #hubs: readonly Hub[]
  readonly #hubWeights: Float64Array
  readonly #metroWeights: Float64Array
  readonly #hourWeights = cumulate(HOUR_WEIGHTS)
  #latDeg = 0
  #lngDeg = 0
  #groundM = 0

  constructor(seed: number, region: Region) {
    this.#random = new RandomSource(seed)
    this.#region = region
    this.#hubs = hubs(region.metros, region.hubCount)
    this.#hubWeights = cumulate(this.#hubs.map(({ popularity }) => popularity))
    this.#metroWeights = cumulate(region.metros.map(({ weight }) => weight))
  }

  plan(): void {
    const random = this.#random
    this.workload.beginPlan()
    const type = random.uniform()
    const hour = random.pick(this.#hourWeights)
    const timeMs = (hour + random.uniform()) * HOUR_MS
    if (type < 0.6) this.#delivery(timeMs)
    else if (type < 0.85) this.#area(timeMs)
    else if (type < 0.97) this.#circle(timeMs)
    else if (type < 0.995) this.#corridor(timeMs)
    else this.#large(timeMs)
  }

  #count(type: (typeof PLAN_TYPES)[number]): void {
    const at = PLAN_TYPES.indexOf(type)
    this.workload.types[at] = this.workload.types[at]! + 1
  }

  /** A corner `forward` and `left` metres of a point, seen along a direction counted from east to north. */
  #corner(at: { readonly x: number; readonly y: number }, direction: number, forward: number, left: number): void {
    const cos = Math.cos(direction)
    const sin = Math.sin(direction)
    const x = at.x + forward * cos - left * sin
    const y = at.y + forward * sin + left * cos
    const eastScale = METRES_PER_DEGREE * Math.cos(this.#latDeg * RADIANS)
    this.workload.addPoint(this.#latDeg + y / METRES_PER_DEGREE, this.#lngDeg + x / eastScale)
  }

  #rectangle(from: { readonly x: number; readonly y: number }, direction: number, size: RectangleSize): void {
    const { lengthM, halfWidthM, capM } = size
    this.#corner(from, direction, -capM, halfWidthM)
    this.#corner(from, direction, -capM, -halfWidthM)
    this.#corner(from, direction, lengthM + capM, -halfWidthM)
    this.#corner(from, direction, lengthM + capM, halfWidthM)
  }

  #delivery(timeMs: number): void {
    this.#count('delivery')
    const random = this.#random
    const hub = this.#hubs[random.pick(this.#hubWeights)]!
    this.#latDeg = hub.latDeg
    this.#lngDeg = hub.lngDeg
    const distanceM = Math.min(10_000, Math.max(400, -3500 * Math.log(1 - random.uniform())))
    const bearing = 2 * Math.PI * random.uniform()
    const segments = Math.ceil(distanceM / 1500)
    const lengthM = distanceM / segments
    const flightMs = (lengthM / 25) * 1000
    const layer = 45 + 15 * Math.floor(bearing / (Math.PI / 2))
    const total = 2 * segments
    let time = timeMs
    for (let segment = 0; segment < total; segment++) {
      const back = segment >= segments
      if (segment === segments) time += 30_000
      const alongM = back ? distanceM - (segment - segments) * lengthM : segment * lengthM
      const onGround = segment === 0 || segment === total - 1
      this.workload.beginVolume(
        time - 20_000,
        time + flightMs + 60_000,
        onGround ? hub.groundM : hub.groundM + layer - 10,
        hub.groundM + layer + 20,
      )
      this.#rectangle(
        { x: alongM * Math.cos(bearing), y: alongM * Math.sin(bearing) },
        back ? bearing + Math.PI : bearing,
        { lengthM, halfWidthM: 40, capM: 40 },
      )
      time += flightMs
    }
  }

  #place(): void {
    const random = this.#random
    if (random.uniform() < 0.8) {
      const metro = this.#region.metros[random.pick(this.#metroWeights)]!
      this.#latDeg = metro.latDeg + (random.normal() * 15_000) / METRES_PER_DEGREE
      this.#lngDeg = metro.lngDeg + (random.normal() * 15_000) / (METRES_PER_DEGREE * Math.cos(metro.latDeg * RADIANS))
      this.#groundM = metro.groundM
      return
    }
    this.#groundM = 300
    if (this.#region.rural === 'country') {
      this.#latDeg = 25 + 24 * random.uniform()
      this.#lngDeg = -124 + 57 * random.uniform()
      return
    }
    const metro = this.#region.metros[random.pick(this.#metroWeights)]!
    this.#latDeg = metro.latDeg + 3 * (random.uniform() - 0.5)
    this.#lngDeg = metro.lngDeg + 4 * (random.uniform() - 0.5)
  }

  #area(timeMs: number): void {
    this.#count('area')
    const random = this.#random
    this.#place()
    const count = 5 + Math.floor(8 * random.uniform())
    const radiusM = 100 * 15 ** random.uniform()
    const star = this.#star(count, radiusM)
    const endMs = timeMs + (15 + 105 * random.uniform()) * MINUTE_MS
    this.workload.beginVolume(timeMs, endMs, this.#groundM, this.#groundM + 60 + 60 * random.uniform())
    for (const { angle, distanceM } of star) this.#corner(CENTRE, angle, distanceM, 0)
  }

  /** Vertices about a centre, each somewhere in its share of the circle and 0.6 to 1 of the radius away. */
  #star(count: number, radiusM: number): { readonly angle: number; readonly distanceM: number }[] {
    const random = this.#random
    return Array.from({ length: count }, (_, at) => ({
      angle: (2 * Math.PI * (at + 0.5 * random.uniform())) / count,
      distanceM: radiusM * (0.6 + 0.4 * random.uniform()),
    }))
  }

  #circle(timeMs: number): void {
    this.#count('circle')
    const random = this.#random
    this.#place()
    const radiusM = 50 * 20 ** random.uniform()
    const endMs = timeMs + (10 + 50 * random.uniform()) * MINUTE_MS
    this.workload.beginVolume(timeMs, endMs, this.#groundM, this.#groundM + 30 + 90 * random.uniform())
    this.workload.setRadius(radiusM)
    this.workload.addPoint(this.#latDeg, this.#lngDeg)
  }

  #corridor(timeMs: number): void {
    this.#count('corridor')
    const random = this.#random
    this.#place()
    const lengthM = 20_000 + 60_000 * random.uniform()
    let bearing = 2 * Math.PI * random.uniform()
    const lowerM = this.#groundM + 100 + 250 * random.uniform()
    const segments = Math.ceil(lengthM / 2000)
    const segmentM = lengthM / segments
    const flightMs = (segmentM / 40) * 1000
    let time = timeMs
    for (let segment = 0; segment < segments; segment++) {
      this.workload.beginVolume(time - 30_000, time + flightMs + 180_000, lowerM, lowerM + 150)
      this.#rectangle(CENTRE, bearing, { lengthM: segmentM, halfWidthM: 200, capM: 0 })
      const lat = this.#latDeg
      this.#latDeg += (segmentM * Math.sin(bearing)) / METRES_PER_DEGREE
      this.#lngDeg += (segmentM * Math.cos(bearing)) / (METRES_PER_DEGREE * Math.cos(lat * RADIANS))
      bearing += (2 * random.uniform() - 1) * 15 * RADIANS
      time += flightMs
    }
  }

  #large(timeMs: number): void {
    this.#count('large')
    const random = this.#random
    this.#place()
    const radiusM = 5000 + 20_000 * random.uniform()
    const star = this.#star(8, radiusM)
    const endMs = timeMs + (1 + 5 * random.uniform()) * HOUR_MS
    this.workload.beginVolume(timeMs, endMs, this.#groundM, this.#groundM + 400)
    for (const { angle, distanceM } of star) this.#corner(CENTRE, angle, distanceM, 0)
  }
}

const CENTRE = { x: 0, y: 0 }

interface RectangleSize {
  readonly lengthM: number
  readonly halfWidthM: number
  readonly capM: number
}
