import type { LatLng, Outline } from '@parley/geo4d'
import { degrees, metres } from '@parley/units'
import { looksOf } from '../palette.ts'
import { polygonFeature } from '../shapes.ts'
import type { Flights, Intent, Message } from './types.ts'
import { volumeOf } from './volumes.ts'

/** What the line has on the ground, for the map: plans, areas, agreed lines, and positions that messages name. */

/** Newer messages than this many are looked at for positions; a map of all that was ever said would show nothing. */
const MOST_MESSAGES = 100
export const SHOWN: ReadonlySet<Intent['state']> = new Set(['proposed', 'accepted', 'active'])

export interface LineMapFacts {
  readonly flights: Flights | null
  readonly messages: readonly Message[]
  readonly parties: readonly string[]
}

export interface LineMap {
  readonly areas: GeoJSON.FeatureCollection
  readonly borders: GeoJSON.FeatureCollection
  readonly points: GeoJSON.FeatureCollection
  readonly labels: GeoJSON.FeatureCollection
  /** All of it, to be looked at together; empty: there is nothing. */
  readonly outlines: readonly Outline[]
}

const collection = (features: GeoJSON.Feature[]): GeoJSON.FeatureCollection => ({ type: 'FeatureCollection', features })

const pointAt = ({ latDeg, lngDeg }: LatLng, properties: Record<string, unknown>): GeoJSON.Feature => ({
  type: 'Feature',
  geometry: { type: 'Point', coordinates: [lngDeg, latDeg] },
  properties,
})

/** The map draws each letter by itself, and in a page from right to left brackets would come out the wrong way round. */
const plain = (text: string): string => text.replaceAll(/\s*\(([^()]*)\)/g, ', $1')

const middleOf = (outline: Outline): LatLng | undefined =>
  outline.kind === 'circle' ? outline.centre : outline.vertices[0]

/** Positions that a message names, each with its letter. */
export function positionsOf({ body, number }: Pick<Message, 'body' | 'number'>): { at: LatLng; text: string }[] {
  const content: unknown = body['content']
  if (!Array.isArray(content)) return []
  return content.flatMap((item: unknown) => {
    const { type, letter, lat_e7: lat, lng_e7: lng } = (item ?? {}) as Readonly<Record<string, unknown>>
    if (type !== 'position' || typeof lat !== 'number' || typeof lng !== 'number') return []
    const at = { latDeg: degrees(lat / 1e7), lngDeg: degrees(lng / 1e7) }
    return [{ at, text: `${number.split('/').at(-1) ?? number} ${String(letter)}` }]
  })
}

/** What is looked at around a point. */
export const around = (at: LatLng): Outline => ({ kind: 'circle', centre: at, radiusM: metres(2_000) })

export function lineMapOf({ flights: now, messages: all, parties }: LineMapFacts): LineMap {
  const looks = looksOf(parties)
  const areas: GeoJSON.Feature[] = []
  const labels: GeoJSON.Feature[] = []
  const outlines: Outline[] = []
  const draw = (outline: Outline, text: string, properties: Record<string, unknown>): void => {
    areas.push(polygonFeature(outline, properties))
    outlines.push(outline)
    const at = middleOf(outline)
    if (at !== undefined) labels.push(pointAt(at, { text: plain(text), colour: properties['colour'] }))
  }
  for (const { body, party, state } of now?.intents ?? []) {
    if (!SHOWN.has(state)) continue
    const colour = looks.get(party)?.colour
    for (const volume of body.volumes)
      draw(volumeOf(volume).outline, `${party} ${body.id.slice(0, 6)}`, {
        kind: 'plan',
        firm: state !== 'proposed',
        colour,
      })
  }
  for (const { body, party, liftedS } of now?.areas ?? []) {
    if (liftedS !== null) continue
    for (const volume of body.volumes)
      draw(volumeOf(volume).outline, body.title, { kind: 'area', firm: true, colour: looks.get(party)?.colour })
  }
  const borders = (now?.borders ?? [])
    .filter(({ superseded }) => !superseded)
    .map(({ body, inForce }): GeoJSON.Feature => {
      const vertices = body.vertices.map(({ latDeg, lngDeg }) => ({
        latDeg: degrees(latDeg),
        lngDeg: degrees(lngDeg),
      }))
      const middle = vertices[Math.floor(vertices.length / 2)]
      if (middle !== undefined)
        labels.push(pointAt(middle, { text: plain(`${body.title} ${body.version}`), colour: '#ffffff' }))
      outlines.push({ kind: 'polygon', vertices })
      return {
        type: 'Feature',
        geometry: { type: 'LineString', coordinates: vertices.map(({ latDeg, lngDeg }) => [lngDeg, latDeg]) },
        properties: { firm: inForce },
      }
    })
  const points = all
    .slice(-MOST_MESSAGES)
    .filter(({ state }) => state !== 'closed')
    .flatMap((message) => positionsOf(message))
    .map(({ at, text }) => {
      outlines.push(around(at))
      return pointAt(at, { text })
    })
  return {
    areas: collection(areas),
    borders: collection(borders),
    points: collection(points),
    labels: collection(labels),
    outlines,
  }
}
