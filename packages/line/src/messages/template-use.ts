import type { FieldReader } from '../fields.ts'
import type { Subject } from '../subjects.ts'
import { type ContentItem, itemOf } from './content.ts'

type ItemType = ContentItem['type']

interface TemplateForm {
  readonly subject: Subject
  /** What each place in the sentence takes. */
  readonly slots: Readonly<Record<string, readonly ItemType[]>>
}

const WHERE: readonly ItemType[] = ['volume', 'position']
const WHEN: readonly ItemType[] = ['time']
const HEIGHT: readonly ItemType[] = ['altitude']

/** The sentences that are agreed beforehand, so that they need no translator: what each is for and what it must be given. */
export const TEMPLATES = {
  'test.routine': { subject: 'TEST', slots: { count: ['number'] } },
  'intent.area': {
    subject: 'INTENT',
    slots: { area: ['volume', 'position'], from: WHEN, to: WHEN, lower: HEIGHT, upper: HEIGHT },
  },
  'intent.volume': { subject: 'INTENT', slots: { area: ['volume'] } },
  'amend.time': { subject: 'AMEND', slots: { from: WHEN, to: WHEN } },
  'amend.height': { subject: 'AMEND', slots: { lower: HEIGHT, upper: HEIGHT } },
  'cancel.plan': { subject: 'CANCEL', slots: {} },
  'query.whose': { subject: 'QUERY', slots: { where: WHERE, when: WHEN } },
  'query.intentions': { subject: 'QUERY', slots: { where: WHERE } },
  'reply.ours': { subject: 'REPLY', slots: {} },
  'reply.not-ours': { subject: 'REPLY', slots: {} },
  'reply.wait': { subject: 'REPLY', slots: { until: WHEN } },
  'safety.closing': { subject: 'SAFETY', slots: { where: WHERE, when: WHEN, height: HEIGHT } },
  'safety.emergency': { subject: 'SAFETY', slots: { where: WHERE, when: WHEN } },
  'protest.crossing': { subject: 'PROTEST', slots: { where: WHERE, when: WHEN } },
  'site.notified': { subject: 'NOTIFY-SITE', slots: { where: WHERE } },
  'move.notified': { subject: 'NOTIFY-MOVE', slots: { where: WHERE, from: WHEN, to: WHEN } },
  'channel.suspended': { subject: 'STATE-OF-CHANNEL', slots: { from: WHEN } },
  'channel.open': { subject: 'STATE-OF-CHANNEL', slots: { from: WHEN } },
  'correction.of': { subject: 'CORRECTION', slots: {} },
} as const satisfies Readonly<Record<string, TemplateForm>>

export type TemplateId = keyof typeof TEMPLATES

/** Which agreed sentence a message is, and which of its items stands in which place. */
export interface TemplateUse {
  readonly id: TemplateId
  /** Letter of the item for each place. */
  readonly values: Readonly<Record<string, string>>
}

const IDS = Object.keys(TEMPLATES) as TemplateId[]

/** Reads `{id, values}` and holds every place to an item of a fitting type. */
export function checkTemplate(fields: FieldReader, content: readonly ContentItem[]): TemplateUse {
  fields.only('id', 'values')
  const id = fields.oneOf('id', IDS)
  const slots: Readonly<Record<string, readonly ItemType[]>> = TEMPLATES[id].slots
  const given = fields.object('values').only(...Object.keys(slots))
  const values: Record<string, string> = {}
  for (const [slot, types] of Object.entries(slots)) {
    const letter = given.matching(slot, /^[A-Z]$/, 'must be the letter of an item')
    const { type } = itemOf(content, letter)
    if (!types.includes(type)) throw given.refusal(slot, `must name an item of type ${types.join(' or ')}`)
    values[slot] = letter
  }
  return { id, values }
}
