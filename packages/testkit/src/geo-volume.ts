import { fromTime, type Volume4D as WireVolume } from '@parley/contracts'
import type { Outline, Volume4D } from '@parley/geo4d'
import { degrees, epochMs, metres, metresHae } from '@parley/units'

/**
 * A volume off the wire as geo4d has it; absent bounds become infinite. Null when it has no complete outline, which a
 * peer's answer may lack.
 */
export function geoVolume(wire: WireVolume): Volume4D | null {
  const outline = outlineOf(wire.volume)
  if (outline === null) return null
  return {
    outline,
    altitudeLowerM: metresHae(wire.volume.altitude_lower?.value ?? Number.NEGATIVE_INFINITY),
    altitudeUpperM: metresHae(wire.volume.altitude_upper?.value ?? Number.POSITIVE_INFINITY),
    startMs: wire.time_start ? fromTime(wire.time_start) : epochMs(Number.NEGATIVE_INFINITY),
    endMs: wire.time_end ? fromTime(wire.time_end) : epochMs(Number.POSITIVE_INFINITY),
  }
}

function outlineOf(volume: WireVolume['volume']): Outline | null {
  if (volume.outline_circle?.center && volume.outline_circle.radius) {
    const { center, radius } = volume.outline_circle
    return {
      kind: 'circle',
      centre: { latDeg: degrees(center.lat), lngDeg: degrees(center.lng) },
      radiusM: metres(radius.value),
    }
  }
  if (!volume.outline_polygon) return null
  return {
    kind: 'polygon',
    vertices: volume.outline_polygon.vertices.map(({ lat, lng }) => ({ latDeg: degrees(lat), lngDeg: degrees(lng) })),
  }
}
