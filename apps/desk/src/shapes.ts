import { directGeodesic, inverseGeodesic, type LatLng, type Outline } from '@parley/geo4d'

type Position = GeoJSON.Position

/** Outlines as the map draws them: edges follow the geodesic, circles are circles on the ground. */

const CIRCLE_STEPS = 96
/** Edges longer than this are bent in steps, since the map draws straight lines of its projection. */
const EDGE_STEP_M = 5_000
const MOST_STEPS = 64

function along(from: LatLng, to: LatLng): Position[] {
  const line = inverseGeodesic(from, to)
  const steps = Math.min(MOST_STEPS, Math.max(1, Math.ceil((line?.distanceM ?? 0) / EDGE_STEP_M)))
  const points: Position[] = [[from.lngDeg, from.latDeg]]
  if (line === null) return points
  for (let step = 1; step < steps; step++) {
    const point = directGeodesic(from, line.azimuth, (line.distanceM * step) / steps)
    points.push([point.lngDeg, point.latDeg])
  }
  return points
}

/** Longitudes of neighbours never jump by more than half a turn, so that a ring across the antimeridian stays one ring. */
function unwrap(ring: readonly Position[]): Position[] {
  let previous = ring[0]?.[0] ?? 0
  return ring.map(([lng = 0, lat = 0]) => {
    let near = lng
    while (near - previous > 180) near -= 360
    while (near - previous < -180) near += 360
    previous = near
    return [near, lat]
  })
}

/** The ring of an outline as closed GeoJSON positions. */
export function ringOf(outline: Outline): Position[] {
  const ring: Position[] = []
  if (outline.kind === 'circle') {
    for (let step = 0; step < CIRCLE_STEPS; step++) {
      const point = directGeodesic(outline.centre, (2 * Math.PI * step) / CIRCLE_STEPS, outline.radiusM)
      ring.push([point.lngDeg, point.latDeg])
    }
  } else {
    outline.vertices.forEach((vertex, index) => {
      const next = outline.vertices[(index + 1) % outline.vertices.length]
      if (next !== undefined) ring.push(...along(vertex, next))
    })
  }
  const first = ring[0]
  return first === undefined ? [] : unwrap([...ring, first])
}

export function polygonFeature(
  outline: Outline,
  properties: Record<string, unknown>,
): GeoJSON.Feature<GeoJSON.Polygon> {
  return { type: 'Feature', geometry: { type: 'Polygon', coordinates: [ringOf(outline)] }, properties }
}

/** West, south, east, north around positions; null for none. */
export function boundsOf(positions: Iterable<Position>): [number, number, number, number] | null {
  let bounds: [number, number, number, number] | null = null
  for (const [lng = 0, lat = 0] of positions) {
    bounds =
      bounds === null
        ? [lng, lat, lng, lat]
        : [Math.min(bounds[0], lng), Math.min(bounds[1], lat), Math.max(bounds[2], lng), Math.max(bounds[3], lat)]
  }
  return bounds
}

/** Steps of a graticule, degrees, from 30° to 10″. */
const GRATICULE_STEPS = [30, 20, 10, 5, 2, 1, 0.5, 1 / 3, 1 / 6, 1 / 12, 1 / 30, 1 / 60, 1 / 120, 1 / 360]

export interface Graticule {
  readonly lines: Position[][]
  readonly labels: { readonly at: Position; readonly text: string; readonly axis: 'lat' | 'lng' }[]
  readonly stepDeg: number
}

/** `41°50′N`, `8°06′30″W`: as short as the step allows. */
export function graticuleLabel(degrees: number, axis: 'lat' | 'lng', stepDeg: number): string {
  const turned = axis === 'lng' ? ((((degrees + 180) % 360) + 360) % 360) - 180 : degrees
  const seconds = Math.round(Math.abs(turned) * 3600)
  const whole = Math.floor(seconds / 3600)
  const minutes = Math.floor((seconds % 3600) / 60)
  const rest = seconds % 60
  const side =
    seconds === 0 || (axis === 'lng' && seconds === 648_000)
      ? ''
      : axis === 'lat'
        ? turned < 0
          ? 'S'
          : 'N'
        : turned < 0
          ? 'W'
          : 'E'
  const two = (value: number): string => String(value).padStart(2, '0')
  if (stepDeg >= 1) return `${whole}°${side}`
  if (stepDeg * 60 >= 0.999) return `${whole}°${two(minutes)}′${side}`
  return `${whole}°${two(minutes)}′${two(rest)}″${side}`
}

/** A part of the Earth in degrees; `east` may exceed 180 or `west` be below -180, as the map counts. */
export interface Bounds {
  readonly west: number
  readonly south: number
  readonly east: number
  readonly north: number
}

/**
 * Lines of equal latitude and longitude for a view, four to nine each way, with labels at its left and lower edges.
 * @param footFraction part of the view's height, from below, that labels keep clear of
 */
export function graticuleFor({ west, south, east, north }: Bounds, footFraction: number): Graticule {
  const span = Math.max(Math.min(east - west, 360), 1e-6)
  const stepDeg = GRATICULE_STEPS.find((step) => span / step >= 4) ?? 1 / 360
  const lines: Position[][] = []
  const labels: Graticule['labels'] = []
  const [low, high] = [Math.max(south, -85), Math.min(north, 85)]
  const inset = { lng: span * 0.008, lat: (high - low) * footFraction }
  for (let index = Math.ceil(west / stepDeg); index * stepDeg <= east; index++) {
    const lng = index * stepDeg
    lines.push([
      [lng, low],
      [lng, high],
    ])
    labels.push({ at: [lng, low + inset.lat], text: graticuleLabel(lng, 'lng', stepDeg), axis: 'lng' })
  }
  for (let index = Math.ceil(low / stepDeg); index * stepDeg <= high; index++) {
    const lat = index * stepDeg
    lines.push([
      [west, lat],
      [east, lat],
    ])
    labels.push({ at: [west + inset.lng, lat], text: graticuleLabel(lat, 'lat', stepDeg), axis: 'lat' })
  }
  return { lines, labels, stepDeg }
}

/** The longest of 1, 2, 5 × 10ⁿ that is not above `limit`. */
export function niceBelow(limit: number): number {
  const power = 10 ** Math.floor(Math.log10(limit))
  const lead = limit / power
  return (lead >= 5 ? 5 : lead >= 2 ? 2 : 1) * power
}
