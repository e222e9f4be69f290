import {
  type Act,
  encodeHex,
  encodeUtf8,
  formatCanonicalJson,
  type JsonObject,
  parseLogName,
  sha256,
} from '@parley/record'
import type { ActKind } from '../act-kind.ts'
import { FieldReader } from '../fields.ts'
import { PASSES_SUSPENSION, PRECEDENCES, type Precedence, SUBJECTS, type Subject } from '../subjects.ts'
import { type ContentItem, readContent, readZone } from './content.ts'
import { parseMessageNumber, yearOf } from './number.ts'
import { checkTemplate, type TemplateUse } from './template-use.ts'

/** A role as messages name it: `<party>.<role>`, never a person. */
export interface RoleAddress {
  readonly party: string
  readonly role: string
}

/**
 * A message of the line in the fixed numbered skeleton of treaty formats: the fields translate by their number, and the message number
 * stands again at the end with the hash of all before it, so that nothing is cut off unseen.
 */
export interface MessageBody {
  readonly number: string
  readonly precedence: Precedence
  readonly from: RoleAddress
  readonly to: RoleAddress
  readonly info: readonly RoleAddress[]
  readonly subject: Subject
  /** Date and time the sender gives it, unix seconds. */
  readonly dtgS: number
  /** The sender's zone, shown beside UTC. */
  readonly zone: string
  /** The agreement and clause it rests on, or `NONE`. */
  readonly basis: string
  /** Numbers of messages that must precede it. */
  readonly refs: readonly string[]
  readonly content: readonly ContentItem[]
  readonly remarks: string | null
  readonly template: TemplateUse | null
  /** SHA-256 (hex) of the canonical body without `end`. */
  readonly sha256: string
}

const ROLE = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/
const ROLE_RULE = 'must be a role address, such as a.duty'
const FIELDS = [
  'number',
  'precedence',
  'from',
  'to',
  'info',
  'subject',
  'dtg',
  'zone',
  'basis',
  'refs',
  'content',
  'remarks',
  'template',
  'end',
] as const

export const formatRole = ({ party, role }: RoleAddress): string => `${party}.${role}`

/** Reads `<party>.<role>`; null when the text is none. */
export function parseRole(text: string): RoleAddress | null {
  if (!ROLE.test(text) || text.length > 127) return null
  const [party, role] = text.split('.') as [string, string]
  return { party, role }
}

export function readRole(fields: FieldReader, field: string): RoleAddress {
  const role = parseRole(fields.text(field, 127))
  if (role === null) throw fields.refusal(field, ROLE_RULE)
  return role
}

export function readNumber(fields: FieldReader, field: string): string {
  const text = fields.text(field, 160)
  if (parseMessageNumber(text) === null)
    throw fields.refusal(field, 'must be a message number FROM/TO/YEAR/NNNN, such as a/b/2026/0001')
  return text
}

function parseMessage(body: JsonObject, act: Act): MessageBody {
  const fields = new FieldReader(body).only(...FIELDS)
  const number = readNumber(fields, 'number')
  const parts = parseMessageNumber(number)
  const from = readRole(fields, 'from')
  const to = readRole(fields, 'to')
  const dtgS = fields.seconds('dtg')
  if (from.party !== parseLogName(act.o).party)
    throw fields.refusal('from', 'must be a role of the party whose log it is')
  if (parts?.from !== from.party || parts.to !== to.party)
    throw fields.refusal('number', 'must be of the direction that from and to say')
  if (parts.year !== yearOf(dtgS)) throw fields.refusal('number', 'must be of the UTC year of dtg')
  const end = fields.object('end').only('number', 'sha256')
  if (end.text('number', 160) !== number) throw end.refusal('number', 'must repeat the number of the message')
  const { end: _, ...rest } = body
  const hash = hashOf(rest)
  if (end.sha256('sha256') !== hash) throw end.refusal('sha256', 'must be the hash of the message without its end')
  const content = readContent(fields.objects('content', { max: 26 }))
  const template = fields.has('template') ? checkTemplate(fields.object('template'), content) : null
  return {
    number,
    precedence: fields.oneOf('precedence', PRECEDENCES),
    from,
    to,
    info: fields.texts('info', { max: 16 }).map((text) => {
      const role = parseRole(text)
      if (role === null) throw fields.refusal('info', ROLE_RULE)
      return role
    }),
    subject: fields.oneOf('subject', SUBJECTS),
    dtgS,
    zone: readZone(fields, 'zone'),
    basis: fields.text('basis', 256),
    refs: fields.texts('refs', { max: 32 }).map((text) => {
      if (parseMessageNumber(text) === null) throw fields.refusal('refs', 'must be message numbers')
      return text
    }),
    content,
    remarks: fields.optional('remarks', (field) => fields.text(field, 1000)),
    template,
    sha256: hash,
  }
}

/** `message`: what one side says to the other. */
export const MESSAGE: ActKind<MessageBody> = {
  kind: 'message',
  scope: 'messages',
  parse: parseMessage,
  passes: ({ subject, precedence }) => precedence === 'FLASH' || PASSES_SUSPENSION.has(subject),
}

/** Completes the body of a message with its end. */
export function sealMessageBody(body: JsonObject): JsonObject {
  const { end: _, ...rest } = body
  return { ...rest, end: { number: rest.number ?? '', sha256: hashOf(rest) } }
}

/** SHA-256 of a body in its canonical form, hex. */
const hashOf = (body: JsonObject): string => encodeHex(sha256(encodeUtf8(formatCanonicalJson(body))))
