import type { ItemDraft } from '@parley/client'
import { ALTITUDE_REFERENCES, TEMPLATES, type TemplateId } from '@parley/line'
import { readText } from '../keys/files.ts'
import { unixSeconds } from '../keys/times.ts'
import { CannotFollow } from '../keys/usage.ts'
import { POSITION_FORMATS } from './position-formats.ts'

type ItemType = ItemDraft['type']
type Fields = Readonly<Record<string, unknown>>

/** JSON given as such, or in a file. @throws {CannotFollow} */
export function readJsonOrFile(field: string, given: string): unknown {
  const text = /^\s*[[{]/.test(given) ? given : readText(field, given)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new CannotFollow(field, given.slice(0, 60), `must be JSON, or a file of it: ${(cause as Error).message}`, {
      cause,
    })
  }
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const FIELDS: Readonly<Record<ItemType, readonly string[]>> = {
  text: ['lang', 'text', 'translations'],
  position: ['text', 'format', 'datum'],
  altitude: ['value', 'unit', 'reference', 'terrain'],
  time: ['at', 'zone'],
  volume: ['volume'],
  code: ['list', 'code'],
  number: ['value', 'unit'],
}

/** Items of a message as JSON that a person writes. @throws {CannotFollow} */
export function readItems(field: string, value: unknown, zone: string): ItemDraft[] {
  if (!Array.isArray(value)) throw new CannotFollow(field, '', 'must be a list of items')
  return (value as readonly unknown[]).map((item, i) => readItem(`${field}[${i}]`, item, zone))
}

function readItem(field: string, value: unknown, zone: string): ItemDraft {
  if (!isFields(value)) throw new CannotFollow(field, '', 'must be an object')
  const type = (Object.keys(FIELDS) as ItemType[]).find((name) => name === value['type'])
  if (type === undefined)
    throw new CannotFollow(
      `${field}.type`,
      JSON.stringify(value['type']) ?? '',
      `must be one of ${Object.keys(FIELDS).join(', ')}`,
    )
  const allowed = FIELDS[type]
  const stranger = Object.keys(value).find((name) => name !== 'type' && !allowed.includes(name))
  if (stranger !== undefined)
    throw new CannotFollow(`${field}.${stranger}`, '', `must not be there: a ${type} has ${allowed.join(', ')}`)
  const text = (name: string, byDefault?: string): string => {
    const given = value[name] ?? byDefault
    if (typeof given === 'string' && given !== '') return given
    throw new CannotFollow(`${field}.${name}`, '', 'must be text')
  }
  const number = (name: string): number => {
    const given = value[name]
    if (typeof given === 'number' && Number.isFinite(given)) return given
    throw new CannotFollow(`${field}.${name}`, '', 'must be a number')
  }
  switch (type) {
    case 'text':
      return { type, lang: text('lang'), text: text('text'), ...translationsOf(field, value['translations']) }
    case 'position': {
      const format =
        value['format'] === undefined ? undefined : oneOf(`${field}.format`, text('format'), POSITION_FORMATS)
      const datum = value['datum'] === undefined ? {} : { datum: text('datum') }
      return { type, text: text('text'), ...(format === undefined ? {} : { format }), ...datum }
    }
    case 'altitude': {
      const unit = oneOf(`${field}.unit`, text('unit'), UNITS)
      const reference = oneOf(`${field}.reference`, text('reference'), ALTITUDE_REFERENCES)
      const terrain = value['terrain'] === undefined ? {} : { terrain: text('terrain') }
      return { type, value: number('value'), unit, reference, ...terrain }
    }
    case 'time':
      return { type, atS: unixSeconds(`${field}.at`, text('at')), zone: text('zone', zone) }
    case 'volume': {
      const volume = value['volume']
      if (!isFields(volume)) throw new CannotFollow(`${field}.volume`, '', 'must be an object')
      return { type, volume: volume as Extract<ItemDraft, { type: 'volume' }>['volume'] }
    }
    case 'code':
      return { type, list: text('list'), code: text('code') }
    case 'number':
      return { type, value: number('value'), unit: text('unit', '1') }
  }
}

const UNITS = ['m', 'ft', 'fl'] as const

function oneOf<T extends string>(field: string, given: string, values: readonly T[]): T {
  const found = values.find((value) => value === given)
  if (found === undefined) throw new CannotFollow(field, given, `must be one of ${values.join(', ')}`)
  return found
}

function translationsOf(field: string, value: unknown): Pick<Extract<ItemDraft, { type: 'text' }>, 'translations'> {
  if (value === undefined) return {}
  if (!Array.isArray(value)) throw new CannotFollow(`${field}.translations`, '', 'must be a list')
  return {
    translations: (value as readonly unknown[]).map((one, i) => {
      const at = `${field}.translations[${i}]`
      if (!isFields(one)) throw new CannotFollow(at, '', 'must be an object')
      const text = (name: string): string => {
        const given = one[name]
        if (typeof given === 'string' && given !== '') return given
        throw new CannotFollow(`${at}.${name}`, '', 'must be text')
      }
      const status = oneOf(`${at}.status`, text('status'), ['machine', 'human'] as const)
      return {
        lang: text('lang'),
        by: text('by'),
        atS: unixSeconds(`${at}.at`, text('at')),
        status,
        text: text('text'),
      }
    }),
  }
}

/** A template's name. @throws {CannotFollow} */
export function templateOf(given: string): TemplateId {
  return oneOf('--template', given, Object.keys(TEMPLATES) as TemplateId[])
}

/** `SLOT=VALUE` for each place of a sentence; how a value is read, the place decides. @throws {CannotFollow} */
export function readSlots(id: TemplateId, given: readonly string[], zone: string): Record<string, ItemDraft> {
  const slots: Readonly<Record<string, readonly ItemType[]>> = TEMPLATES[id].slots
  const items: Record<string, ItemDraft> = {}
  for (const pair of given) {
    const [slot = '', ...rest] = pair.split('=')
    const value = rest.join('=').trim()
    const types = slots[slot]
    if (types === undefined) {
      const names = Object.keys(slots)
      throw new CannotFollow(
        '--item',
        pair,
        names.length === 0 ? `${id} takes none` : `must be one of ${names.join(', ')}, then = and its value`,
      )
    }
    if (items[slot] !== undefined) throw new CannotFollow('--item', pair, 'must be given once for each place')
    if (value === '') throw new CannotFollow('--item', pair, 'must have a value behind the =')
    items[slot] = readValue(`--item ${slot}`, value, types, zone)
  }
  return items
}

const ALTITUDE = /^(-?\d+(?:\.\d{1,2})?)\s*(m|ft)\s+(W84|AMSL|AGL|STD)(?:\s+(\S.*))?$/i
const FLIGHT_LEVEL = /^FL\s*(\d{1,3})$/i
const NUMBER = /^(-?\d{1,15})(?:\s+(\S.*))?$/

function readValue(field: string, value: string, types: readonly ItemType[], zone: string): ItemDraft {
  if (types.includes('volume') && value.startsWith('{'))
    return { type: 'volume', volume: readJsonOrFile(field, value) as Extract<ItemDraft, { type: 'volume' }>['volume'] }
  if (types.includes('position')) return { type: 'position', text: value }
  if (types.includes('time')) return { type: 'time', atS: unixSeconds(field, value), zone }
  if (types.includes('altitude')) {
    const level = FLIGHT_LEVEL.exec(value)
    if (level !== null) return { type: 'altitude', value: Number(level[1]), unit: 'fl', reference: 'STD' }
    const [, figure = '', unit = '', reference = '', terrain] = ALTITUDE.exec(value) ?? []
    if (figure === '')
      throw new CannotFollow(
        field,
        value,
        'must be a height with unit and reference, such as 3500 ft AMSL, 450 m W84, 120 m AGL SRTM, FL120',
      )
    return {
      type: 'altitude',
      value: Number(figure),
      unit: oneOf(field, unit.toLowerCase(), UNITS),
      reference: oneOf(field, reference.toUpperCase(), ALTITUDE_REFERENCES),
      ...(terrain === undefined ? {} : { terrain }),
    }
  }
  if (types.includes('number')) {
    const [, figure, unit = '1'] = NUMBER.exec(value) ?? []
    if (figure === undefined)
      throw new CannotFollow(field, value, 'must be a whole number, with its unit behind it if it has one')
    return { type: 'number', value: Number(figure), unit }
  }
  throw new CannotFollow(field, value, 'must be a volume as JSON')
}
