import type { Volume4D } from '@parley/geo4d'
import type { LocalText, Picture, WireEntity } from './wire.ts'
import { volumesFromWire } from './wire.ts'

/** A plan (operational intent) or zone (constraint) of the pool's picture, read for drawing and lists. */
export interface Item {
  readonly kind: 'operational_intent' | 'constraint'
  readonly id: string
  readonly manager: string
  readonly state: string | null
  readonly version: number
  /** Only there when it is the reader's own. */
  readonly ovn: string | null
  readonly ussBaseUrl: string
  readonly volumes: readonly Volume4D[]
  /** Hull of all volumes; infinite where one of them is. */
  readonly startMs: number
  readonly endMs: number
  readonly lowerM: number
  readonly upperM: number
}

export interface Hull {
  readonly startMs: number
  readonly endMs: number
  readonly lowerM: number
  readonly upperM: number
}

/** The smallest box of time and height around volumes; null for none. */
export function hullOf(volumes: readonly Volume4D[]): Hull | null {
  if (volumes.length === 0) return null
  return {
    startMs: Math.min(...volumes.map((volume) => volume.startMs)),
    endMs: Math.max(...volumes.map((volume) => volume.endMs)),
    lowerM: Math.min(...volumes.map((volume) => volume.altitudeLowerM)),
    upperM: Math.max(...volumes.map((volume) => volume.altitudeUpperM)),
  }
}

function itemFromWire(kind: Item['kind'], { reference, volumes: wire }: WireEntity): Item {
  const volumes = volumesFromWire(wire)
  const hull = hullOf(volumes)
  return {
    kind,
    id: reference.id,
    manager: reference.manager,
    state: reference.state ?? null,
    version: reference.version,
    ovn: isOvn(reference.ovn) ? reference.ovn : null,
    ussBaseUrl: reference.uss_base_url,
    volumes,
    startMs: hull?.startMs ?? Date.parse(reference.time_start.value),
    endMs: hull?.endMs ?? Date.parse(reference.time_end.value),
    lowerM: hull?.lowerM ?? -Infinity,
    upperM: hull?.upperM ?? Infinity,
  }
}

/** Implementations of the standard write "Available from USS" where the OVN is not the reader's to see. */
function isOvn(text: string | null | undefined): text is string {
  return typeof text === 'string' && text.length >= 16 && !text.includes(' ')
}

/** Everything in a picture, zones first, then plans by start. */
export function itemsOf(picture: Picture): Item[] {
  const byStart = (a: Item, b: Item): number => a.startMs - b.startMs || (a.id < b.id ? -1 : 1)
  return [
    ...picture.constraints.map((entity) => itemFromWire('constraint', entity)).sort(byStart),
    ...picture.operational_intents.map((entity) => itemFromWire('operational_intent', entity)).sort(byStart),
  ]
}

export function isActive(item: Pick<Item, 'volumes'>, atMs: number): boolean {
  return item.volumes.some((volume) => volume.startMs <= atMs && atMs <= volume.endMs)
}

/** Text of a scenario in a language, English when that is missing, anything when that is missing too. */
export function localText(text: LocalText | undefined, language: string): string {
  if (text === undefined) return ''
  if (typeof text === 'string') return text
  return text[language] ?? text['en'] ?? Object.values(text)[0] ?? ''
}
