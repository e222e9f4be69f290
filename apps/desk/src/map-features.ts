import type { LatLng, Outline } from '@parley/geo4d'
import { type Item, isActive } from './items.ts'
import { patternName } from './map-patterns.ts'
import { type Look, lookOf, ZONE_COLOUR } from './palette.ts'
import { boundsOf, polygonFeature, ringOf } from './shapes.ts'

/** From items to what the map's sources hold. */

type Collection = GeoJSON.FeatureCollection

/** More items than this are not drawn at once; the page says so. */
export const MOST_DRAWN = 2_000

export const collection = (features: GeoJSON.Feature[]): Collection => ({ type: 'FeatureCollection', features })

export const point = (lngDeg: number, latDeg: number, properties: Record<string, unknown>): GeoJSON.Feature => ({
  type: 'Feature',
  geometry: { type: 'Point', coordinates: [lngDeg, latDeg] },
  properties,
})

/** The items to draw: all, or those nearest in time when there are too many. */
export function drawnItems(items: readonly Item[], atMs: number): readonly Item[] {
  if (items.length <= MOST_DRAWN) return items
  const away = (item: Item): number => Math.max(0, item.startMs - atMs, atMs - item.endMs)
  return [...items].sort((a, b) => away(a) - away(b)).slice(0, MOST_DRAWN)
}

/** The identifier of one drawn volume, under which its state (active, selected) is set. */
function volumeFid(item: Item, index: number): string {
  return `${item.id}/${index}`
}

/** One outline is drawn once, however many slots of time it has: `times` of a feature are those of its volumes. */
export interface DrawnArea {
  readonly fid: string
  readonly itemId: string
  readonly times: readonly (readonly [number, number])[]
}

export interface Areas {
  readonly features: Collection
  readonly drawn: readonly DrawnArea[]
}

/** All volumes of items as areas, larger ones first so that smaller ones stay clickable on top. */
export function areasOf(items: readonly Item[], looks: ReadonlyMap<string, Look>): Areas {
  const drawn: DrawnArea[] = []
  const features: { size: number; feature: GeoJSON.Feature }[] = []
  for (const item of items) {
    const byOutline = new Map<string, { outline: Outline; index: number; times: [number, number][] }>()
    item.volumes.forEach(({ outline, startMs, endMs }, index) => {
      const key = JSON.stringify(outline)
      const known = byOutline.get(key) ?? { outline, index, times: [] }
      known.times.push([startMs, endMs])
      byOutline.set(key, known)
    })
    const look = lookOf(looks, item.manager)
    for (const { outline, index, times } of byOutline.values()) {
      const fid = volumeFid(item, index)
      const isZone = item.kind === 'constraint'
      const feature = polygonFeature(outline, {
        fid,
        id: item.id,
        kind: item.kind,
        colour: isZone ? ZONE_COLOUR : look.colour,
        pattern: isZone ? 'zone' : patternName(look),
      })
      const bounds = boundsOf(feature.geometry.coordinates[0] ?? [])
      features.push({ size: bounds === null ? 0 : (bounds[2] - bounds[0]) * (bounds[3] - bounds[1]), feature })
      drawn.push({ fid, itemId: item.id, times })
    }
  }
  features.sort((a, b) => b.size - a.size)
  return { features: collection(features.map(({ feature }) => feature)), drawn }
}

/** Where a label of an outline goes: a circle's northern part, a polygon's middle. */
function labelAt(outline: Outline, isZone: boolean): LatLng {
  if (outline.kind === 'circle') {
    if (!isZone) return outline.centre
    return {
      ...outline.centre,
      latDeg: (outline.centre.latDeg + (outline.radiusM * 0.86) / 111_320) as LatLng['latDeg'],
    }
  }
  const ring = ringOf(outline)
  const bounds = boundsOf(ring)
  if (bounds === null) return { latDeg: 0, lngDeg: 0 } as LatLng
  return { latDeg: (bounds[1] + bounds[3]) / 2, lngDeg: (bounds[0] + bounds[2]) / 2 } as LatLng
}

/** Labels of items active at a time, and of the chosen one always: one label an item, at its first active volume. */
export function areaLabels(
  items: readonly Item[],
  atMs: number,
  chosen: string | null,
  options: LabelOptions,
): Collection {
  const features: GeoJSON.Feature[] = []
  for (const item of items) {
    if (item.id !== chosen && !isActive(item, atMs)) continue
    const volume = item.volumes.find(({ startMs, endMs }) => startMs <= atMs && atMs <= endMs) ?? item.volumes[0]
    if (volume === undefined) continue
    const isZone = item.kind === 'constraint'
    const at = labelAt(volume.outline, isZone)
    features.push(
      point(at.lngDeg, at.latDeg, {
        text: options.nameOf(item.id),
        colour: isZone ? ZONE_COLOUR : lookOf(options.looks, item.manager).colour,
        rank: item.id === chosen ? 0 : isZone ? 1 : 2,
      }),
    )
  }
  return collection(features)
}

export interface LabelOptions {
  readonly looks: ReadonlyMap<string, Look>
  readonly nameOf: (id: string) => string
}

/** The draft as it stands: corners, the line through them, the area once there is one. */
export function draftFeatures(
  points: readonly LatLng[],
  outline: Outline | null,
): { area: Collection; corners: Collection } {
  const corners = points.map(({ latDeg, lngDeg }, index) => point(lngDeg, latDeg, { text: String(index + 1) }))
  const area: GeoJSON.Feature[] = []
  if (outline !== null) area.push(polygonFeature(outline, {}))
  else if (points.length > 1) {
    area.push({
      type: 'Feature',
      geometry: { type: 'LineString', coordinates: points.map(({ latDeg, lngDeg }) => [lngDeg, latDeg]) },
      properties: {},
    })
  }
  return { area: collection(area), corners: collection(corners) }
}
