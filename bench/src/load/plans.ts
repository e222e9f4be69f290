import { coverOutline, type LatLng, type Outline, type Volume4D } from '@parley/geo4d'
import { degrees, epochMs, metres, metresHae } from '@parley/units'
import { RandomSource } from '../strategic/random.ts'
import { generate, type Workload } from '../strategic/workload.ts'

/** An endless or finite row of plans; the same index is the same plan. */
export interface PlanRow {
  readonly count: number
  plan(index: number): readonly Volume4D[]
}

/** 1 cm on the ground, so that the text of a request gives back the very numbers that its key was found with. */
const DEGREE_STEPS = 1e7
const HEIGHT_STEPS = 100

const roundDegrees = (value: number): number => Math.round(value * DEGREE_STEPS) / DEGREE_STEPS
const roundHeight = (value: number): number => Math.round(value * HEIGHT_STEPS) / HEIGHT_STEPS

/** The study's plans with the start of their day put at `dayStartMs`. */
export function studyPlans(count: number, seed: number, options: { readonly dayStartMs: number }): PlanRow {
  const workload = generate(count, seed)
  return { count, plan: (index) => shifted(workload, index, options.dayStartMs) }
}

/** The first `count` of the study's deliveries. */
export function deliveries(count: number, seed: number, options: { readonly dayStartMs: number }): PlanRow {
  const workload = generate(Math.ceil(count / DELIVERY_SHARE) + 100, seed)
  const indices = new Int32Array(count)
  let found = 0
  for (let index = 0; index < workload.plans && found < count; index++)
    if (isDelivery(workload, index)) indices[found++] = index
  return { count: found, plan: (index) => shifted(workload, indices[index]!, options.dayStartMs) }
}

const DELIVERY_SHARE = 0.595
/** A corridor has at least so many volumes, all on one height; a delivery of as many starts on the ground. */
const CORRIDOR_VOLUMES = 10

function isDelivery(workload: Workload, index: number): boolean {
  const first = workload.planStart[index]!
  const count = workload.planStart[index + 1]! - first
  if (count < 2) return false
  return count < CORRIDOR_VOLUMES || workload.lowerM[first] !== workload.lowerM[first + 1]
}

function shifted(workload: Workload, index: number, dayStartMs: number): Volume4D[] {
  const volumes: Volume4D[] = []
  for (let at = workload.planStart[index]!; at < workload.planStart[index + 1]!; at++) {
    const vertices: LatLng[] = []
    for (let point = workload.pointStart[at]!; point < workload.pointStart[at + 1]!; point++)
      vertices.push({
        latDeg: degrees(roundDegrees(workload.degrees[2 * point]!)),
        lngDeg: degrees(roundDegrees(workload.degrees[2 * point + 1]!)),
      })
    const radius = workload.radiusM[at]!
    const outline: Outline =
      radius > 0
        ? { kind: 'circle', centre: vertices[0]!, radiusM: metres(roundHeight(radius)) }
        : { kind: 'polygon', vertices }
    volumes.push({
      outline,
      altitudeLowerM: metresHae(roundHeight(workload.lowerM[at]!)),
      altitudeUpperM: metresHae(roundHeight(workload.upperM[at]!)),
      startMs: epochMs(dayStartMs + Math.round(workload.startMs[at]!)),
      endMs: epochMs(dayStartMs + Math.round(workload.endMs[at]!)),
    })
  }
  return volumes
}

/** A point with 540 m of the same level-13 cell around it. */
const BUSY_POINT = { latDeg: degrees(33.4035), lngDeg: degrees(-112.0895) }
const BUSY_REACH_M = 450
const SQUARE_M = 35
const SLOT_MS = 60_000
const HOUR_MS = 3_600_000
const METRES_PER_DEGREE = 111_320

/** The busy cell: squares of 35 m within 450 m of one point, each for a minute within one hour, all at 20 to 60 m. */
export function busyCell(count: number, seed: number, options: { readonly dayStartMs: number }): PlanRow {
  const around: Outline = { kind: 'circle', centre: BUSY_POINT, radiusM: metres(BUSY_REACH_M + SQUARE_M) }
  if (coverOutline(around).length !== 1) throw new Error('the busy cell is more than one cell')
  const random = new RandomSource(seed)
  const x = new Float64Array(count)
  const y = new Float64Array(count)
  const startMs = new Float64Array(count)
  for (let index = 0; index < count; index++) {
    const distance = BUSY_REACH_M * Math.sqrt(random.uniform())
    const bearing = 2 * Math.PI * random.uniform()
    x[index] = distance * Math.cos(bearing)
    y[index] = distance * Math.sin(bearing)
    startMs[index] = Math.round(random.uniform() * HOUR_MS)
  }
  const perDegreeEast = METRES_PER_DEGREE * Math.cos((BUSY_POINT.latDeg * Math.PI) / 180)
  const corner = (east: number, north: number): LatLng => ({
    latDeg: degrees(roundDegrees(BUSY_POINT.latDeg + north / METRES_PER_DEGREE)),
    lngDeg: degrees(roundDegrees(BUSY_POINT.lngDeg + east / perDegreeEast)),
  })
  const half = SQUARE_M / 2
  return {
    count,
    plan: (index) => {
      const east = x[index]!
      const north = y[index]!
      const start = options.dayStartMs + startMs[index]!
      return [
        {
          outline: {
            kind: 'polygon',
            vertices: [
              corner(east - half, north - half),
              corner(east + half, north - half),
              corner(east + half, north + half),
              corner(east - half, north + half),
            ],
          },
          altitudeLowerM: metresHae(20),
          altitudeUpperM: metresHae(60),
          startMs: epochMs(start),
          endMs: epochMs(start + SLOT_MS),
        },
      ]
    },
  }
}
