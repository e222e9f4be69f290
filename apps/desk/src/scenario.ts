import type { LocalText } from './wire.ts'
import { isKnownZone } from './zoned-time.ts'

/** What the desk draws of a scenario document (`parley-scenario/1`); everything it does not know is left alone. */
export interface ScenarioView {
  readonly name: string
  readonly title: LocalText
  readonly notice: LocalText
  readonly zones: readonly ZoneView[]
  readonly places: readonly PlaceView[]
  readonly rings: readonly RingView[]
  /** Call signs by identifier of the entity. */
  readonly names: ReadonlyMap<string, string>
}

/** A time zone as the scenario calls it, for example WEST in Portugal. */
export interface ZoneView {
  readonly timeZone: string
  readonly label: string
}

interface PlaceView {
  readonly name: LocalText
  readonly kind: string
  readonly latDeg: number
  readonly lngDeg: number
}

export interface RingView {
  readonly name: LocalText
  readonly latDeg: number
  readonly lngDeg: number
  readonly radiusM: number
}

type Loose = Readonly<Record<string, unknown>>

const isLoose = (value: unknown): value is Loose => typeof value === 'object' && value !== null && !Array.isArray(value)
const listOf = (value: unknown): Loose[] => (Array.isArray(value) ? value.filter(isLoose) : [])
const isText = (value: unknown): value is LocalText => typeof value === 'string' || isLoose(value)
const numberOf = (value: unknown): number => (typeof value === 'number' ? value : Number.NaN)

function zonesOf(document: Loose): ZoneView[] {
  const zones: ZoneView[] = []
  for (const zone of listOf(document['zones'])) {
    const { time_zone: timeZone, name, place } = zone
    if (typeof timeZone !== 'string' || !isKnownZone(timeZone)) continue
    const label = [name, place].filter((part) => typeof part === 'string').join(', ')
    zones.push({ timeZone, label: label === '' ? timeZone : label })
  }
  const more = Array.isArray(document['time_zones']) ? document['time_zones'] : []
  for (const timeZone of more) {
    if (typeof timeZone !== 'string' || !isKnownZone(timeZone)) continue
    if (!zones.some((zone) => zone.timeZone === timeZone)) zones.push({ timeZone, label: timeZone })
  }
  return zones
}

function namesOf(document: Loose): Map<string, string> {
  const names = new Map<string, string>()
  for (const list of ['flights', 'intents', 'constraints']) {
    for (const { id, name } of listOf(document[list])) {
      if (typeof id === 'string' && typeof name === 'string') names.set(id, name)
    }
  }
  return names
}

/** Reads a scenario document; parts that are missing or of another shape are left out, never guessed. */
export function readScenario(document: unknown): ScenarioView | null {
  if (!isLoose(document)) return null
  const { name, title, notice } = document
  return {
    name: typeof name === 'string' ? name : '',
    title: isText(title) ? title : '',
    notice: isText(notice) ? notice : '',
    zones: zonesOf(document),
    places: listOf(document['places']).flatMap((place) => {
      const [latDeg, lngDeg] = [numberOf(place['lat']), numberOf(place['lng'])]
      if (!isText(place['name']) || Number.isNaN(latDeg + lngDeg)) return []
      return [{ name: place['name'], kind: typeof place['kind'] === 'string' ? place['kind'] : '', latDeg, lngDeg }]
    }),
    rings: listOf(document['rings']).flatMap((ring) => {
      const [latDeg, lngDeg, radiusM] = [numberOf(ring['lat']), numberOf(ring['lng']), numberOf(ring['radius_m'])]
      if (!isText(ring['name']) || Number.isNaN(latDeg + lngDeg + radiusM)) return []
      return [{ name: ring['name'], latDeg, lngDeg, radiusM }]
    }),
    names: namesOf(document),
  }
}
