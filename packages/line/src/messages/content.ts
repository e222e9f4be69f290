import type { Volume4D } from '@parley/geo4d'
import { LineError } from '../errors.ts'
import type { FieldReader } from '../fields.ts'
import { readVolume } from '../volume-body.ts'

/** How a position was written by whoever typed it. */
export const NOTATIONS = ['decimal_degrees', 'degrees_minutes', 'degrees_minutes_seconds', 'mgrs'] as const
export type Notation = (typeof NOTATIONS)[number]

/** What a height counts from: the ellipsoid, mean sea level, the ground, the standard pressure surface. */
export const ALTITUDE_REFERENCES = ['W84', 'AMSL', 'AGL', 'STD'] as const
export type AltitudeReference = (typeof ALTITUDE_REFERENCES)[number]

export interface Translation {
  readonly lang: string
  /** Role address, or the name of the machine. */
  readonly by: string
  readonly atS: number
  /** A machine's translation is marked so wherever it is shown. */
  readonly status: 'machine' | 'human'
  readonly text: string
}

/** One lettered item of a message. The letter is what read-backs and templates name it by. */
export type ContentItem =
  | {
      readonly letter: string
      readonly type: 'text'
      /** Language of the original, which prevails over every translation. */
      readonly lang: string
      readonly text: string
      readonly translations: readonly Translation[]
    }
  | {
      readonly letter: string
      readonly type: 'position'
      readonly latDeg: number
      readonly lngDeg: number
      /** The text as it was typed, and the notation it is in. */
      readonly typed: string
      readonly notation: Notation
      /** The same point in another notation, as a person confirmed it before the message was signed (AC-04). */
      readonly echo: { readonly notation: Notation; readonly text: string }
    }
  | {
      readonly letter: string
      readonly type: 'altitude'
      /** In the unit given: metres to the centimetre, whole feet, whole flight levels. */
      readonly value: number
      readonly unit: 'm' | 'ft' | 'fl'
      readonly reference: AltitudeReference
      /** Where the ground's height comes from; for AGL alone. */
      readonly terrain: string | null
    }
  | {
      readonly letter: string
      readonly type: 'time'
      /** Unix seconds. */
      readonly atS: number
      /** IANA zone that the sender shows beside UTC. */
      readonly zone: string
    }
  | { readonly letter: string; readonly type: 'volume'; readonly volume: Volume4D }
  | { readonly letter: string; readonly type: 'code'; readonly list: string; readonly code: string }
  | { readonly letter: string; readonly type: 'number'; readonly value: number; readonly unit: string }

export const CONTENT_TYPES = ['text', 'position', 'altitude', 'time', 'volume', 'code', 'number'] as const

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const LANG = /^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/
const ZONE = /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z][A-Za-z0-9_+-]*){0,2}$/
const CODE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

export const readZone = (fields: FieldReader, field: string): string =>
  fields.matching(field, ZONE, 'must be the IANA name of a time zone, such as Asia/Damascus')

const readLanguage = (fields: FieldReader, field: string): string =>
  fields.matching(field, LANG, 'must be a language tag, such as ru')

/** Reads the items of a message: lettered A, B, C … without a gap. */
export function readContent(items: readonly FieldReader[]): readonly ContentItem[] {
  return items.map((fields, at) => {
    const letter = LETTERS[at]
    if (letter === undefined || fields.text('letter', 1) !== letter)
      throw fields.refusal('letter', `must be ${letter ?? 'at most Z'}: items are lettered in order`)
    return readItem(fields, letter)
  })
}

function readItem(fields: FieldReader, letter: string): ContentItem {
  const type = fields.oneOf('type', CONTENT_TYPES)
  switch (type) {
    case 'text': {
      fields.only('letter', 'type', 'lang', 'text', 'translations')
      const translations = fields.has('translations') ? fields.objects('translations', { min: 1, max: 8 }) : []
      return {
        letter,
        type,
        lang: readLanguage(fields, 'lang'),
        text: fields.text('text'),
        translations: translations.map(readTranslation),
      }
    }
    case 'position':
      return readPositionItem(fields, letter)
    case 'altitude':
      return readAltitude(fields, letter)
    case 'time':
      fields.only('letter', 'type', 'at', 'zone')
      return { letter, type, atS: fields.seconds('at'), zone: readZone(fields, 'zone') }
    case 'volume':
      fields.only('letter', 'type', 'volume')
      return { letter, type, volume: readVolume(fields.object('volume')) }
    case 'code': {
      fields.only('letter', 'type', 'list', 'code')
      const rule = 'must be 1 to 64 of letters, digits, dot, hyphen and underscore'
      return { letter, type, list: fields.matching('list', CODE, rule), code: fields.matching('code', CODE, rule) }
    }
    case 'number':
      fields.only('letter', 'type', 'value', 'unit')
      return {
        letter,
        type,
        value: fields.integer('value', { min: Number.MIN_SAFE_INTEGER }),
        unit: fields.text('unit', 32),
      }
  }
}

function readTranslation(fields: FieldReader): Translation {
  fields.only('lang', 'by', 'at', 'status', 'text')
  return {
    lang: readLanguage(fields, 'lang'),
    by: fields.text('by', 128),
    atS: fields.seconds('at'),
    status: fields.oneOf('status', ['machine', 'human']),
    text: fields.text('text'),
  }
}

function readPositionItem(fields: FieldReader, letter: string): ContentItem {
  fields.only('letter', 'type', 'lat_e7', 'lng_e7', 'datum', 'typed', 'notation', 'echo')
  const echo = fields.object('echo').only('notation', 'text')
  const notation = fields.oneOf('notation', NOTATIONS)
  fields.oneOf('datum', ['WGS84'])
  const echoed = { notation: echo.oneOf('notation', NOTATIONS), text: echo.text('text', 64) }
  if (echoed.notation === notation) throw echo.refusal('notation', 'must be another notation than the one typed')
  return {
    letter,
    type: 'position',
    latDeg: fields.integer('lat_e7', { min: -900_000_000, max: 900_000_000 }) / 1e7,
    lngDeg: fields.integer('lng_e7', { min: -1_800_000_000, max: 1_800_000_000 }) / 1e7,
    typed: fields.text('typed', 64),
    notation,
    echo: echoed,
  }
}

/** Value, unit and reference, or it is refused (AC-05): a flight level counts from STD and nothing else does, AGL names its terrain. */
function readAltitude(fields: FieldReader, letter: string): ContentItem {
  fields.only('letter', 'type', 'value', 'value_cm', 'unit', 'reference', 'terrain')
  const unit = fields.oneOf('unit', ['m', 'ft', 'fl'])
  const reference = fields.oneOf('reference', ALTITUDE_REFERENCES)
  const metric = unit === 'm'
  if (fields.has(metric ? 'value' : 'value_cm'))
    throw fields.refusal(metric ? 'value' : 'value_cm', 'metres stand in value_cm, feet and flight levels in value')
  const value = metric
    ? fields.integer('value_cm', { min: -800_000, max: 10_000_000 }) / 100
    : fields.integer('value', { min: unit === 'fl' ? 0 : -26_000, max: unit === 'fl' ? 999 : 328_000 })
  if ((unit === 'fl') !== (reference === 'STD'))
    throw fields.refusal('reference', 'must be STD for a flight level, and for nothing else')
  const terrain = fields.optional('terrain', (field) => fields.text(field, 128))
  if ((reference === 'AGL') !== (terrain !== null))
    throw fields.refusal('terrain', 'must name the source of the ground height for AGL, and for nothing else')
  return { letter, type: 'altitude', value, unit, reference, terrain }
}

/** Thrown where an item that must be there is not. */
export function itemOf(content: readonly ContentItem[], letter: string): ContentItem {
  const item = content.find((one) => one.letter === letter)
  if (item === undefined)
    throw new LineError('ACT_BODY', { field: 'body.template.values', value: letter, rule: 'must name an item' })
  return item
}
