import { checkPosition, type ItemDraft, type MessageDraft, type PositionCheck } from '@parley/client'
import { GeoError } from '@parley/geo4d'
import {
  type AltitudeReference,
  type Language,
  type Precedence,
  SUBJECTS,
  type Subject,
  TEMPLATES,
  type TemplateId,
} from '@parley/line'
import type { JsonObject } from '@parley/record'
import { readInstant, readNumber } from '../draft.ts'
import type { Sentence } from '../i18n.ts'
import { geoSentence } from '../position-entry.ts'

/** A message being written: what was typed, and what it means. Unit, reference and zone have no default. */

export interface Entry {
  /** A position as typed; WGS 84, in any notation that carries its hemispheres. */
  readonly position: string
  /** The very text that a person has confirmed by its echo. */
  readonly confirmed: string
  readonly height: string
  readonly unit: 'm' | 'ft' | 'fl' | ''
  readonly reference: AltitudeReference | ''
  readonly terrain: string
  readonly date: string
  readonly time: string
  readonly zone: string
  readonly count: string
  /** A volume of a plan of the line, as acts write it. */
  readonly volume: JsonObject | null
}

export const emptyEntry: Entry = {
  position: '',
  confirmed: '',
  height: '',
  unit: '',
  reference: '',
  terrain: '',
  date: '',
  time: '',
  zone: '',
  count: '',
  volume: null,
}

export interface Writing {
  readonly template: TemplateId | 'none' | ''
  readonly subject: Subject | ''
  readonly precedence: Precedence | ''
  readonly from: string
  readonly to: string
  readonly zone: string
  readonly basis: string
  readonly refs: string
  readonly entries: Readonly<Record<string, Entry>>
  readonly text: string
  readonly lang: Language | ''
  readonly remarks: string
}

export const emptyWriting: Writing = {
  template: '',
  subject: '',
  precedence: '',
  from: '',
  to: '',
  zone: '',
  basis: '',
  refs: '',
  entries: {},
  text: '',
  lang: '',
  remarks: '',
}

export const TEMPLATE_IDS = Object.keys(TEMPLATES) as TemplateId[]
/** Subjects in the order of the menu. */
export const MENU: readonly Subject[] = ['SAFETY', ...SUBJECTS.filter((subject) => subject !== 'SAFETY')]

export type ItemKind = ItemDraft['type']

/** What a place of a sentence is filled with: the volume of a plan where one was picked, else the first type that can be typed. */
export function kindOfSlot(template: TemplateId, slot: string, entry: Entry): ItemKind {
  const slots: Readonly<Record<string, readonly ItemKind[]>> = TEMPLATES[template].slots
  const types = slots[slot] ?? []
  if (types.includes('volume') && (entry.volume !== null || !types.includes('position'))) return 'volume'
  return types.find((type) => type !== 'volume') ?? 'text'
}

export const slotsOf = (template: Writing['template']): readonly string[] =>
  template === '' || template === 'none' ? [] : Object.keys(TEMPLATES[template].slots)

/** Field of the form: a name, or `slot.part`. */
export type Problems = ReadonlyMap<string, Sentence>

export interface Reading {
  /** Null while something is wrong. */
  readonly message: MessageDraft | null
  readonly problems: Problems
  /** Positions typed, by slot, to be confirmed. */
  readonly positions: ReadonlyMap<string, PositionCheck>
  /** Slots whose position nobody has confirmed. */
  readonly unconfirmed: readonly string[]
}

const REQUIRED: Sentence = { key: 'error.required' }

/** What a writing means, and everything that is still wrong with it. */
export function readWriting(writing: Writing): Reading {
  const problems = new Map<string, Sentence>()
  const positions = new Map<string, PositionCheck>()
  const unconfirmed: string[] = []
  const need = (field: keyof Writing): void => {
    if (writing[field] === '') problems.set(field, REQUIRED)
  }
  for (const field of ['template', 'precedence', 'from', 'to', 'zone'] as const) need(field)
  const { template } = writing
  const items: Record<string, ItemDraft> = {}
  if (template !== '' && template !== 'none') {
    for (const slot of slotsOf(template)) {
      const entry = writing.entries[slot] ?? emptyEntry
      const item = readEntry(kindOfSlot(template, slot, entry), entry, {
        add: (part, sentence) => problems.set(`${slot}.${part}`, sentence),
        found: (check) => positions.set(slot, check),
      })
      if (item === null) continue
      items[slot] = item
      if (item.type === 'position' && entry.confirmed !== entry.position) unconfirmed.push(slot)
    }
  } else if (template === 'none') {
    need('subject')
    if (writing.text.trim() === '') problems.set('text', REQUIRED)
  }
  if (writing.text.trim() !== '' && writing.lang === '') problems.set('lang', REQUIRED)
  if (problems.size > 0 || template === '' || writing.precedence === '')
    return { message: null, problems, positions, unconfirmed }
  const refs = writing.refs.split(/[\s,;]+/).filter((ref) => ref !== '')
  const text: ItemDraft[] =
    writing.text.trim() === '' || writing.lang === ''
      ? []
      : [{ type: 'text', lang: writing.lang, text: writing.text.trim() }]
  const message: MessageDraft = {
    precedence: writing.precedence,
    from: writing.from,
    to: writing.to,
    zone: writing.zone,
    basis: writing.basis.trim() === '' ? 'NONE' : writing.basis.trim(),
    refs,
    items: text,
    ...(template === 'none' ? {} : { template: { id: template, items } }),
    ...(template === 'none' && writing.subject !== '' ? { subject: writing.subject } : {}),
    ...(writing.remarks.trim() === '' ? {} : { remarks: writing.remarks.trim() }),
  }
  return { message, problems, positions, unconfirmed }
}

interface EntryResult {
  add(part: string, sentence: Sentence): void
  found(check: PositionCheck): void
}

function readEntry(kind: ItemKind, entry: Entry, result: EntryResult): ItemDraft | null {
  switch (kind) {
    case 'position': {
      if (entry.position.trim() === '') {
        result.add('position', REQUIRED)
        return null
      }
      // The name of the grid, as the echo writes it, is no part of the reference.
      const text = entry.position.trim().replace(/^MGRS[\s:]+/i, '')
      const item = { type: 'position', text, datum: 'WGS84' } as const
      try {
        result.found(checkPosition('A', item))
        return item
      } catch (error) {
        if (!(error instanceof GeoError)) throw error
        result.add('position', geoSentence(error))
        return null
      }
    }
    case 'altitude':
      return readHeight(entry, result)
    case 'time': {
      if (entry.zone === '') {
        result.add('time', { key: 'line.zone-needed' })
        return null
      }
      const at = readInstant(entry.date, entry.time, entry.zone)
      if (typeof at !== 'number') {
        result.add('time', at)
        return null
      }
      return { type: 'time', atS: Math.floor(at / 1000), zone: entry.zone }
    }
    case 'number': {
      const value = readNumber(entry.count)
      if (value === null || !Number.isSafeInteger(value)) {
        result.add('count', { key: 'error.number', args: { value: entry.count } })
        return null
      }
      return { type: 'number', value, unit: '1' }
    }
    case 'volume':
      if (entry.volume === null) {
        result.add('volume', REQUIRED)
        return null
      }
      return { type: 'volume', volume: entry.volume }
    case 'text':
    case 'code':
      return null
  }
}

/** Value, unit and reference, or none (AC-05): a flight level counts from STD and nothing else does; AGL names its terrain. */
function readHeight(entry: Entry, result: EntryResult): ItemDraft | null {
  const { height, unit, reference } = entry
  const value = readNumber(height)
  if (value === null) result.add('height', { key: 'error.number', args: { value: height } })
  else if (unit !== 'm' && unit !== '' && !Number.isInteger(value)) result.add('height', { key: 'line.whole-number' })
  if (unit === '') result.add('unit', REQUIRED)
  if (reference === '') result.add('reference', REQUIRED)
  else if (unit !== '' && (unit === 'fl') !== (reference === 'STD')) result.add('reference', { key: 'line.fl-std' })
  const terrain = entry.terrain.trim()
  if (reference === 'AGL' && terrain === '') result.add('terrain', { key: 'line.terrain-needed' })
  if (value === null || unit === '' || reference === '') return null
  if (unit !== 'm' && !Number.isInteger(value)) return null
  if ((unit === 'fl') !== (reference === 'STD') || (reference === 'AGL' && terrain === '')) return null
  return { type: 'altitude', value, unit, reference, ...(reference === 'AGL' ? { terrain } : {}) }
}
