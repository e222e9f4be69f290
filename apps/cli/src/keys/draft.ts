import { dirname, resolve } from 'node:path'
import { type Enrolment, isKindPattern, parseRecipient, type VerifierKey } from '@parley/record'
import { readText } from './files.ts'
import { publicText, vkeyOf } from './key-file.ts'
import { unixSeconds } from './times.ts'
import { CannotFollow } from './usage.ts'

/** What a draft says; the time and the log's number are added when it is made. */
export type Draft = Omit<Enrolment, 'atS' | 'logNumber'>

/** An example of a draft, as the help prints it. */
export const DRAFT_EXAMPLE = [
  '{ "table": "ridge-7", "party": "north",',
  '  "log": "log.vkey", "mirrors": ["mirror.vkey"], "witnesses": ["witness.vkey"],',
  '  "root": [{ "person": "ada", "vkey": "root-1.vkey" }, … three of them],',
  '  "officers": [{ "person": "ben", "vkey": "ben.vkey", "kinds": ["ack.*", "message"],',
  '                 "not_after": "2027-06-30T00:00:00Z", "max_per_day": 200 }],',
  '  "seal": [{ "desk": "duty", "recipient": "duty.recipient" }],',
  '  "tls": ["<SHA-256 of the node\'s public key, 64 hex digits>"] }',
]

class Reader {
  readonly #value: Readonly<Record<string, unknown>>
  readonly #path: string

  constructor(value: unknown, path: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new CannotFollow(path === '' ? 'draft' : path, '', 'must be an object')
    }
    this.#value = value as Readonly<Record<string, unknown>>
    this.#path = path
  }

  only(...names: readonly string[]): this {
    const stranger = Object.keys(this.#value).find((name) => !names.includes(name))
    if (stranger !== undefined)
      throw new CannotFollow(this.at(stranger), '', `must not be there: the fields are ${names.join(', ')}`)
    return this
  }

  at(field: string): string {
    return this.#path === '' ? field : `${this.#path}.${field}`
  }

  text(field: string): string {
    const value = this.#value[field]
    if (typeof value === 'string' && value !== '') return value
    throw new CannotFollow(this.at(field), JSON.stringify(value) ?? '', 'must be text')
  }

  number(field: string, byDefault: number | null): number {
    const value = this.#value[field] ?? byDefault
    if (typeof value === 'number' && Number.isSafeInteger(value)) return value
    throw new CannotFollow(this.at(field), JSON.stringify(value) ?? '', 'must be a whole number')
  }

  list(field: string): readonly unknown[] {
    const value = this.#value[field] ?? []
    if (Array.isArray(value)) return value as readonly unknown[]
    throw new CannotFollow(this.at(field), JSON.stringify(value) ?? '', 'must be a list')
  }

  texts(field: string): readonly string[] {
    return this.list(field).map((value, i) => {
      if (typeof value === 'string') return value
      throw new CannotFollow(`${this.at(field)}[${i}]`, JSON.stringify(value) ?? '', 'must be text')
    })
  }

  objects(field: string): readonly Reader[] {
    return this.list(field).map((value, i) => new Reader(value, `${this.at(field)}[${i}]`))
  }
}

/**
 * Reads a draft: JSON that a person writes, keys given as text or as files beside it. Lists are sorted here, so that the
 * order in which someone wrote them does not matter. @throws {CannotFollow} @throws {RecordError} for a key that is refused
 */
export function readDraft(path: string): Draft {
  let value: unknown
  try {
    value = JSON.parse(readText('DRAFT', path))
  } catch (error) {
    if (error instanceof CannotFollow) throw error
    throw new CannotFollow('DRAFT', path, `must be JSON: ${(error as Error).message}`, { cause: error })
  }
  const draft = new Reader(value, '').only(
    'log',
    'mirrors',
    'officers',
    'party',
    'root',
    'seal',
    'table',
    'tls',
    'witnesses',
  )
  const near = (given: string): string => (/[+]|^age1/.test(given) ? given : resolve(dirname(path), given))
  const vkey = (reader: Reader, field: string): VerifierKey => vkeyOf(reader.at(field), near(reader.text(field)))
  const vkeys = (field: string): VerifierKey[] =>
    draft.texts(field).map((given, i) => vkeyOf(`${field}[${i}]`, near(given)))
  return {
    table: draft.text('table'),
    party: draft.text('party'),
    log: vkey(draft, 'log'),
    mirrors: vkeys('mirrors'),
    witnesses: vkeys('witnesses'),
    root: draft.objects('root').map((custodian) => {
      custodian.only('person', 'vkey')
      return { person: custodian.text('person'), key: vkey(custodian, 'vkey') }
    }),
    officers: draft.objects('officers').map((officer) => {
      officer.only('kinds', 'max_per_day', 'not_after', 'not_before_index', 'person', 'vkey')
      const kinds = [...new Set(officer.texts('kinds'))].sort()
      const bad = kinds.find((kind) => !isKindPattern(kind))
      if (bad !== undefined)
        throw new CannotFollow(officer.at('kinds'), bad, 'must be a kind such as message, or a family such as ack.*')
      return {
        person: officer.text('person'),
        key: vkey(officer, 'vkey'),
        kinds,
        notAfterS: unixSeconds(officer.at('not_after'), officer.text('not_after')),
        notBeforeIndex: officer.number('not_before_index', 0),
        maxPerDay: officer.number('max_per_day', null),
      }
    }),
    desks: draft
      .objects('seal')
      .map((desk) => {
        desk.only('desk', 'recipient')
        const text = publicText(desk.at('recipient'), near(desk.text('recipient')))
        return { desk: desk.text('desk'), recipient: parseRecipient(text, desk.at('recipient')).text }
      })
      .sort((a, b) => (a.desk < b.desk ? -1 : 1)),
    tlsPins: [...draft.texts('tls')].sort(),
  }
}
