import type { LineDraft } from '@parley/contracts'
import { echoPosition, type PositionEcho, type PositionFormat, readPosition, type Suspicion } from '@parley/geo4d'
import {
  type AltitudeReference,
  LineError,
  type MessageBody,
  type Notation,
  type Precedence,
  parseRole,
  type Subject,
  sealMessageBody,
  TEMPLATES,
  type TemplateId,
} from '@parley/line'
import type { JsonObject } from '@parley/record'
import { type ActInput, messageBodyOf } from './line-acts.ts'

/** An item of a message as a person gives it; letters and echoes are added. */
export type ItemDraft =
  | {
      readonly type: 'text'
      /** Language of the original. */
      readonly lang: string
      readonly text: string
      readonly translations?: readonly {
        readonly lang: string
        readonly by: string
        readonly atS: number
        readonly status: 'machine' | 'human'
        readonly text: string
      }[]
    }
  | {
      readonly type: 'position'
      /** As typed, in any notation of @parley/geo4d, with its hemispheres. */
      readonly text: string
      /** What the notation is, where the text does not say. */
      readonly format?: PositionFormat
      /** Required here or in the text; only WGS 84 is taken. */
      readonly datum?: string
    }
  | {
      readonly type: 'altitude'
      /** In the unit given: metres to the centimetre, whole feet, whole flight levels. */
      readonly value: number
      readonly unit: 'm' | 'ft' | 'fl'
      readonly reference: AltitudeReference
      readonly terrain?: string
    }
  | { readonly type: 'time'; readonly atS: number; readonly zone: string }
  | { readonly type: 'volume'; readonly volume: JsonObject }
  | { readonly type: 'code'; readonly list: string; readonly code: string }
  | { readonly type: 'number'; readonly value: number; readonly unit: string }

/** A position as it was read, for the person who typed it to confirm before anyone signs (AC-04). */
export interface PositionCheck {
  readonly letter: string
  readonly typed: string
  readonly notation: Notation
  readonly latDeg: number
  readonly lngDeg: number
  readonly precisionM: number
  /** The same point in another notation: what goes into the message. */
  readonly echo: { readonly notation: Notation; readonly text: string }
  /** The point in every notation. */
  readonly all: PositionEcho
  /** Usual mistakes that would explain what was typed. */
  readonly suspicions: readonly Suspicion[]
}

export interface Composed {
  readonly content: readonly JsonObject[]
  readonly positions: readonly PositionCheck[]
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const FORMATS: Readonly<Record<PositionFormat, Notation>> = {
  cap: 'decimal_degrees',
  geojson: 'decimal_degrees',
  decimal_degrees: 'decimal_degrees',
  degrees_minutes: 'degrees_minutes',
  degrees_minutes_seconds: 'degrees_minutes_seconds',
  mgrs: 'mgrs',
}

/**
 * Reads a position and says it again in another notation: MGRS for angles (degrees and minutes near the poles, which have no such grid),
 * degrees, minutes and seconds for MGRS. Two notations that share no figure show a slip of any figure.
 *
 * @throws {GeoError} when the text is none, or more than one
 */
export function checkPosition(letter: string, item: Extract<ItemDraft, { type: 'position' }>): PositionCheck {
  const { text, format, datum } = item
  const reading = readPosition({
    text,
    ...(format === undefined ? {} : { format }),
    ...(datum === undefined ? {} : { datum }),
  })
  const { latDeg, lngDeg } = reading.point
  const all = echoPosition(reading.point)
  const notation = FORMATS[reading.format]
  return {
    letter,
    typed: text.trim(),
    notation,
    latDeg,
    lngDeg,
    precisionM: reading.precisionM,
    echo: secondNotation(notation, all),
    all,
    suspicions: reading.suspicions,
  }
}

function secondNotation(typed: Notation, all: PositionEcho): PositionCheck['echo'] {
  if (typed === 'mgrs') return { notation: 'degrees_minutes_seconds', text: all.degreesMinutesSeconds }
  if (all.mgrs !== null) return { notation: 'mgrs', text: all.mgrs }
  return typed === 'degrees_minutes'
    ? { notation: 'degrees_minutes_seconds', text: all.degreesMinutesSeconds }
    : { notation: 'degrees_minutes', text: all.degreesMinutes }
}

/** Letters the items and completes them; every position comes back to be confirmed. @throws {GeoError} @throws {LineError} for more than 26 */
export function composeContent(items: readonly ItemDraft[]): Composed {
  if (items.length > LETTERS.length)
    throw new LineError('ACT_BODY', { field: 'body.content', value: items.length, rule: 'must be at most 26 items' })
  const positions: PositionCheck[] = []
  const content = items.map((item, i): JsonObject => {
    const letter = LETTERS[i] as string
    if (item.type !== 'position') return { letter, ...itemBody(item) }
    const check = checkPosition(letter, item)
    positions.push(check)
    return {
      letter,
      type: 'position',
      lat_e7: Math.round(check.latDeg * 1e7),
      lng_e7: Math.round(check.lngDeg * 1e7),
      datum: 'WGS84',
      typed: check.typed,
      notation: check.notation,
      echo: { notation: check.echo.notation, text: check.echo.text },
    }
  })
  return { content, positions }
}

function itemBody(item: Exclude<ItemDraft, { type: 'position' }>): JsonObject {
  switch (item.type) {
    case 'text': {
      const { type, lang, text, translations = [] } = item
      if (translations.length === 0) return { type, lang, text }
      return {
        type,
        lang,
        text,
        translations: translations.map(({ lang, by, atS, status, text }) => ({ lang, by, at: atS, status, text })),
      }
    }
    case 'altitude': {
      const { type, value, unit, reference, terrain } = item
      // Math.round hides nothing: a value finer than the centimetre is none that anybody can hold.
      const height = unit === 'm' ? { value_cm: Math.round(value * 100) } : { value }
      return { type, ...height, unit, reference, ...(terrain === undefined ? {} : { terrain }) }
    }
    case 'time':
      return { type: 'time', at: item.atS, zone: item.zone }
    case 'volume':
      return { type: 'volume', volume: item.volume }
    case 'code':
      return { type: 'code', list: item.list, code: item.code }
    case 'number':
      return { type: 'number', value: item.value, unit: item.unit }
  }
}

/** An agreed sentence with an item for each of its places. */
export interface TemplateDraft {
  readonly id: TemplateId
  readonly items: Readonly<Record<string, ItemDraft>>
}

/** The items of a sentence in the order of its places, and which letter stands where. @throws {LineError} for a place without item */
export function itemsOfTemplate({ id, items }: TemplateDraft): {
  readonly items: readonly ItemDraft[]
  readonly values: Readonly<Record<string, string>>
} {
  const slots = Object.keys(TEMPLATES[id].slots)
  const stranger = Object.keys(items).find((slot) => !slots.includes(slot))
  if (stranger !== undefined)
    throw slotError(stranger, `must be one of ${slots.length === 0 ? 'none' : slots.join(', ')}`)
  const values: Record<string, string> = {}
  const ordered = slots.map((slot, i) => {
    const item = items[slot]
    if (item === undefined) throw slotError(slot, 'must be given')
    values[slot] = LETTERS[i] as string
    return item
  })
  return { items: ordered, values }
}

const slotError = (slot: string, rule: string): LineError =>
  new LineError('ACT_BODY', { field: `body.template.values.${slot}`, value: null, rule })

/** A message as a person writes it. */
export interface MessageDraft {
  readonly precedence: Precedence
  /** Role addresses such as `north.duty`. */
  readonly from: string
  readonly to: string
  readonly info?: readonly string[]
  /** The template's own where one is used and none is given. */
  readonly subject?: Subject
  /** IANA zone of the sender, shown beside UTC. */
  readonly zone: string
  /** Agreement and clause; `NONE` unless told. */
  readonly basis?: string
  readonly refs?: readonly string[]
  readonly items?: readonly ItemDraft[]
  /** An agreed sentence; its items stand first. */
  readonly template?: TemplateDraft
  readonly remarks?: string
}

/** A message ready to be confirmed and signed. */
export interface ComposedMessage {
  readonly input: ActInput
  readonly number: string
  readonly body: MessageBody
  /** To be confirmed by whoever typed them, before it is signed. */
  readonly positions: readonly PositionCheck[]
}

/**
 * Gives a message its number, its letters, its echoes and its end. The number is the draft's: one draft, one message.
 *
 * @throws {LineError} ACT_BODY naming the field @throws {GeoError} for a position that cannot be read
 */
export function composeMessage(
  draft: Pick<LineDraft, 'o' | 'at' | 'nextNumbers'>,
  message: MessageDraft,
): ComposedMessage {
  const { precedence, from, to, info = [], zone, basis = 'NONE', refs = [], template, remarks } = message
  const receiver = parseRole(to)
  const number = receiver === null ? undefined : draft.nextNumbers[receiver.party]
  if (number === undefined) {
    const others = Object.keys(draft.nextNumbers).map((party) => `${party}.<role>`)
    const rule = `must be a role address of another party: ${others.join(', ')}`
    throw new LineError('ACT_BODY', { field: 'body.to', value: to.slice(0, 80), rule })
  }
  const sentence = template === undefined ? null : itemsOfTemplate(template)
  const { content, positions } = composeContent([...(sentence?.items ?? []), ...(message.items ?? [])])
  const subject = message.subject ?? (template === undefined ? undefined : TEMPLATES[template.id].subject)
  const body = sealMessageBody({
    number,
    precedence,
    from,
    to,
    info: [...info],
    ...(subject === undefined ? {} : { subject }),
    dtg: draft.at,
    zone,
    basis,
    refs: [...refs],
    content: [...content],
    ...(remarks === undefined ? {} : { remarks }),
    ...(template === undefined || sentence === null
      ? {}
      : { template: { id: template.id, values: { ...sentence.values } } }),
  })
  return { input: { kind: 'message', body }, number, body: messageBodyOf({ origin: draft.o, body }), positions }
}
