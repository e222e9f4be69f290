import { GeoError, type LatLng, type Outline, type Volume4D, validateOutline } from '@parley/geo4d'
import { epochMs, metres, metresHae } from '@parley/units'
import type { Sentence } from './i18n.ts'
import { geoSentence } from './position-entry.ts'
import { instantOf, readWallTime } from './zoned-time.ts'

/** A plan being drawn: what was typed, and what it means. Datum, units, reference and zone have no default. */

export type LengthUnit = 'm' | 'ft' | 'nm'
export type HeightReference = 'W84' | 'AMSL' | 'AGL'

export interface Draft {
  readonly shape: 'polygon' | 'circle'
  /** Corners of the polygon, or the centre of the circle as the first. */
  readonly points: readonly LatLng[]
  readonly radius: string
  readonly radiusUnit: LengthUnit | ''
  readonly lower: string
  readonly upper: string
  readonly heightUnit: 'm' | 'ft' | ''
  readonly heightReference: HeightReference | ''
  readonly zone: string
  readonly startDate: string
  readonly startTime: string
  readonly endDate: string
  readonly endTime: string
}

export const emptyDraft: Draft = {
  shape: 'polygon',
  points: [],
  radius: '',
  radiusUnit: '',
  lower: '',
  upper: '',
  heightUnit: '',
  heightReference: '',
  zone: '',
  startDate: '',
  startTime: '',
  endDate: '',
  endTime: '',
}

export type DraftField =
  | 'points'
  | 'radius'
  | 'radiusUnit'
  | 'lower'
  | 'upper'
  | 'heightUnit'
  | 'heightReference'
  | 'zone'
  | 'start'
  | 'end'

interface DraftProblem {
  readonly field: DraftField
  readonly sentence: Sentence
}

export type DraftReading =
  | { readonly kind: 'volume'; readonly volume: Volume4D }
  | { readonly kind: 'problems'; readonly problems: readonly DraftProblem[] }

const METRES_PER: Readonly<Record<LengthUnit, number>> = { m: 1, ft: 0.3048, nm: 1852 }
const LOWEST_M = -8000
const HIGHEST_M = 100_000
/** More corners than anybody clicks; the standard's own limits are the node's business. */
export const MOST_POINTS = 500

const PLAIN_NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)$/

/** Reads a plain decimal number with a point; null otherwise, a comma among it since it means two things. */
export function readNumber(text: string): number | null {
  const bare = text.trim().replace('−', '-')
  return PLAIN_NUMBER.test(bare) ? Number(bare) : null
}

interface Collector {
  readonly problems: DraftProblem[]
  add(field: DraftField, sentence: Sentence): void
}

function readOutline(draft: Draft, found: Collector): Outline | null {
  if (draft.shape === 'polygon') {
    if (draft.points.length < 3) {
      found.add('points', { key: 'error.points-few', args: { count: String(draft.points.length) } })
      return null
    }
    return checked({ kind: 'polygon', vertices: draft.points }, found)
  }
  const centre = draft.points[0]
  if (centre === undefined) found.add('points', { key: 'error.points-centre' })
  if (draft.radiusUnit === '') found.add('radiusUnit', { key: 'error.required' })
  const radius = readNumber(draft.radius)
  if (radius === null) found.add('radius', { key: 'error.number', args: { value: draft.radius } })
  else if (radius <= 0) found.add('radius', { key: 'error.positive' })
  if (centre === undefined || draft.radiusUnit === '' || radius === null || radius <= 0) return null
  return checked({ kind: 'circle', centre, radiusM: metres(radius * METRES_PER[draft.radiusUnit]) }, found)
}

function checked(outline: Outline, found: Collector): Outline | null {
  try {
    validateOutline(outline)
    return outline
  } catch (error) {
    if (!(error instanceof GeoError)) throw error
    found.add('points', geoSentence(error))
    return null
  }
}

function readHeight(text: string, field: 'lower' | 'upper', unit: 'm' | 'ft', found: Collector): number | null {
  const value = readNumber(text)
  if (value === null) {
    found.add(field, { key: 'error.number', args: { value: text } })
    return null
  }
  const heightM = value * METRES_PER[unit]
  if (heightM >= LOWEST_M && heightM <= HIGHEST_M) return heightM
  found.add(field, { key: 'error.height-range' })
  return null
}

/** An instant typed as date, time and zone; a sentence saying why when there is none. */
export function readInstant(date: string, time: string, zone: string): number | Sentence {
  const wall = readWallTime(date, time)
  if (wall === null) return { key: 'error.datetime', args: { value: `${date} ${time}`.trim() } }
  const instant = instantOf(wall, zone)
  switch (instant.kind) {
    case 'instant':
      return instant.utcMs
    case 'gap':
      return { key: 'error.gap', args: { zone } }
    case 'twice':
      return { key: 'error.twice', args: { zone } }
  }
}

/** What a draft means, or everything that is still wrong with it, in the order of the form. */
export function readDraft(draft: Draft, nowMs: number): DraftReading {
  const problems: DraftProblem[] = []
  const found: Collector = { problems, add: (field, sentence) => problems.push({ field, sentence }) }

  const outline = readOutline(draft, found)

  if (draft.heightUnit === '') found.add('heightUnit', { key: 'error.required' })
  if (draft.heightReference === '') found.add('heightReference', { key: 'error.required' })
  else if (draft.heightReference !== 'W84') found.add('heightReference', { key: 'error.reference' })
  const unit = draft.heightUnit === '' ? 'm' : draft.heightUnit
  const lowerM = readHeight(draft.lower, 'lower', unit, found)
  const upperM = readHeight(draft.upper, 'upper', unit, found)
  if (lowerM !== null && upperM !== null && upperM <= lowerM) found.add('upper', { key: 'error.height-order' })

  let startMs: number | null = null
  let endMs: number | null = null
  if (draft.zone === '') {
    found.add('zone', { key: 'error.required' })
  } else {
    const start = readInstant(draft.startDate, draft.startTime, draft.zone)
    if (typeof start === 'number') startMs = start
    else found.add('start', start)
    const end = readInstant(draft.endDate, draft.endTime, draft.zone)
    if (typeof end === 'number') endMs = end
    else found.add('end', end)
    if (startMs !== null && endMs !== null && endMs <= startMs) found.add('end', { key: 'error.time-order' })
    else if (endMs !== null && endMs <= nowMs) found.add('end', { key: 'error.past' })
  }

  if (
    problems.length > 0 ||
    outline === null ||
    lowerM === null ||
    upperM === null ||
    startMs === null ||
    endMs === null
  ) {
    return { kind: 'problems', problems }
  }
  return {
    kind: 'volume',
    volume: {
      outline,
      altitudeLowerM: metresHae(lowerM),
      altitudeUpperM: metresHae(upperM),
      startMs: epochMs(startMs),
      endMs: epochMs(endMs),
    },
  }
}
