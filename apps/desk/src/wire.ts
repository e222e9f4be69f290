import type { Outline, Volume4D } from '@parley/geo4d'
import { degrees, epochMs, metres, metresHae } from '@parley/units'

/** The JSON shapes the desk reads from a node, as far as it reads them: F3548-21 bodies and Parley's own `/parley/v1`. */

interface WireLatLng {
  lat: number
  lng: number
}

interface WireAltitude {
  value: number
  reference: 'W84'
  units: 'M'
}

interface WireTime {
  value: string
  format: 'RFC3339'
}

/** F3548-21 `Volume4D`. */
export interface WireVolume4D {
  volume: {
    outline_circle?: { center?: WireLatLng | null; radius?: { value: number; units: 'M' } | null } | null
    outline_polygon?: { vertices: WireLatLng[] } | null
    altitude_lower?: WireAltitude | null
    altitude_upper?: WireAltitude | null
  }
  time_start?: WireTime | null
  time_end?: WireTime | null
}

/** F3548-21 `OperationalIntentReference` and `ConstraintReference`; `ovn` is only there for the owner. */
export interface WireReference {
  id: string
  manager: string
  uss_availability?: string
  version: number
  state?: string
  ovn?: string | null
  time_start: WireTime
  time_end: WireTime
  uss_base_url: string
}

export interface WireEntity {
  reference: WireReference
  volumes: WireVolume4D[]
}

export interface Status {
  name: string
  version: string
  simulated: boolean
  exact: boolean
  compat: boolean
  issuer: boolean
  nowMs: number
  head: number
  counts: {
    operational_intents: number
    constraints: number
    subscriptions: number
    identification_service_areas: number
  }
  scenario: { name: string; title: LocalText; notice: LocalText } | null
  /** The log behind the pool; absent where the node keeps none. */
  log?: LogStatus
  /** The lines it keeps; absent where it keeps none. */
  line?: { party: string | null }
}

export interface LogStatus {
  origin: string
  vkey: string
  size: number
  url: string
  cosigners: Cosigner[]
}

export interface Cosigner {
  name: string
  vkey: string
  kind: 'witness' | 'mirror'
  state: 'waiting' | 'current' | 'behind' | 'unreachable' | 'alarm'
  size: number | null
  lag: number
  atS: number | null
  ageS: number | null
  alarm: { code: string; message: string; at: string } | null
}

/** Text of a scenario: one string for all, or one for each language. */
export type LocalText = string | { readonly [language: string]: string }

export interface Picture {
  head: number
  now: string | number
  operational_intents: WireEntity[]
  constraints: WireEntity[]
}

type Axis = 'area' | 'height' | 'time'

/** One item in the way. Shared extents are positive, gaps negative; a value without bound is absent or null. */
export interface Blocking {
  entity: 'operational_intent' | 'constraint'
  id: string
  manager: string
  overlaps: boolean
  axis: Axis
  height_m?: number | null
  time_s?: number | null
  distance_m?: number | null
}

/** The smallest whole-plan shift in one direction each after which the plan meets nothing; a direction without one is absent. */
export interface Clearing {
  later_s?: number | null
  earlier_s?: number | null
  up_m?: number | null
  down_m?: number | null
}

export interface Decision {
  seq: number
  at: string
  kind: string
  action: string
  outcome: 'accepted' | 'refused'
  manager: string
  id: string
  status: number
  code?: string
  message?: string
  reference?: WireReference
  extents?: WireVolume4D[]
  blocking?: Blocking[]
  clearing?: Clearing
  simulated: boolean
}

export interface Verdict {
  verdict: 'clear' | 'blocked'
  blocking: Blocking[]
  clearing?: Clearing
  missing_operational_intents?: WireReference[]
  missing_constraints?: WireReference[]
}

function outlineFromWire(volume: WireVolume4D['volume']): Outline | null {
  const { center, radius } = volume.outline_circle ?? {}
  if (center && radius) {
    return {
      kind: 'circle',
      centre: { latDeg: degrees(center.lat), lngDeg: degrees(center.lng) },
      radiusM: metres(radius.value),
    }
  }
  if (volume.outline_polygon) {
    return {
      kind: 'polygon',
      vertices: volume.outline_polygon.vertices.map(({ lat, lng }) => ({ latDeg: degrees(lat), lngDeg: degrees(lng) })),
    }
  }
  return null
}

/** Reads one volume of a body; null when it has no outline, and a missing bound becomes ±Infinity. */
export function volumeFromWire(wire: WireVolume4D): Volume4D | null {
  const outline = outlineFromWire(wire.volume)
  if (outline === null) return null
  return {
    outline,
    altitudeLowerM: metresHae(wire.volume.altitude_lower?.value ?? -Infinity),
    altitudeUpperM: metresHae(wire.volume.altitude_upper?.value ?? Infinity),
    startMs: epochMs(wire.time_start ? Date.parse(wire.time_start.value) : -Infinity),
    endMs: epochMs(wire.time_end ? Date.parse(wire.time_end.value) : Infinity),
  }
}

export function volumesFromWire(wires: readonly WireVolume4D[]): Volume4D[] {
  return wires.map(volumeFromWire).filter((volume) => volume !== null)
}

/** Writes one volume with both bounds of height and time set, as F3548 demands of an operational intent. */
export function volumeToWire(volume: Volume4D): WireVolume4D {
  const { outline } = volume
  return {
    volume: {
      ...(outline.kind === 'circle'
        ? {
            outline_circle: {
              center: { lat: outline.centre.latDeg, lng: outline.centre.lngDeg },
              radius: { value: outline.radiusM, units: 'M' as const },
            },
          }
        : {
            outline_polygon: { vertices: outline.vertices.map(({ latDeg, lngDeg }) => ({ lat: latDeg, lng: lngDeg })) },
          }),
      altitude_lower: { value: volume.altitudeLowerM, reference: 'W84', units: 'M' },
      altitude_upper: { value: volume.altitudeUpperM, reference: 'W84', units: 'M' },
    },
    time_start: { value: new Date(volume.startMs).toISOString(), format: 'RFC3339' },
    time_end: { value: new Date(volume.endMs).toISOString(), format: 'RFC3339' },
  }
}
