import {
  type Enrolment,
  type EnrolmentText,
  enrolmentFingerprint,
  parseNote,
  ROOT_THRESHOLD,
  type SignatureLine,
  verifyText,
} from '@parley/record'
import { LineError, shown } from '../errors.ts'
import { charterHash, parseCharterText } from './charter-text.ts'
import type { Charter } from './charter.ts'

/** A charter that all roots have signed, with the text they signed. */
export interface OpenedCharter {
  readonly charter: Charter
  readonly text: string
  /** SHA-256 of the text, hex: what entry 0 of each log cites. */
  readonly hash: string
}

/**
 * Opens a charter note: its rules hold, it is about these very enrolments, and two custodians of the root of every member
 * have signed it. An amendment needs the members it leaves out too: give `previous`. Throws CHARTER_FIELD,
 * CHARTER_UNSIGNED, and what `parseNote` of @parley/record throws.
 */
export function openCharter(
  note: Uint8Array,
  enrolments: readonly EnrolmentText[],
  previous: Charter | null = null,
): OpenedCharter {
  const { text, signatures } = parseNote(note)
  const charter = parseCharterText(text)
  const needed = new Set(charter.parties.map(({ party }) => party))
  if (previous !== null) {
    checkAmends(previous, charter)
    for (const { party } of previous.parties) needed.add(party)
  }
  for (const party of needed) {
    const known = enrolments.find(({ enrolment }) => enrolment.party === party && enrolment.table === charter.table)
    if (known === undefined) {
      const rule = `must be enrolled: the root of ${party} cannot be checked`
      throw new LineError('CHARTER_UNSIGNED', { field: 'enrolments', value: shown(party), rule })
    }
    const member = charter.parties.find((other) => other.party === party)
    const fingerprint = enrolmentFingerprint(known.text)
    if (member !== undefined && member.enrolment !== fingerprint) {
      const rule = `must be ${fingerprint}, the enrolment of ${party} in hand`
      throw new LineError('CHARTER_FIELD', { field: 'parties.enrolment', value: member.enrolment, rule })
    }
    const signed = custodiansOf(known.enrolment, text, signatures)
    if (signed < ROOT_THRESHOLD) {
      const rule = `must be of ${ROOT_THRESHOLD} custodians of the root of ${party}`
      throw new LineError('CHARTER_UNSIGNED', { field: 'signature lines', value: signed, rule })
    }
  }
  return { charter, text, hash: charterHash(text) }
}

/** How many persons among the custodians have signed. Throws CHARTER_UNSIGNED for a line of theirs that does not verify. */
function custodiansOf({ root }: Enrolment, text: string, lines: readonly SignatureLine[]): number {
  const persons = new Set<string>()
  for (const { key, person } of root) {
    const line = lines.find(({ name, keyId }) => name === key.name && keyId === key.keyId)
    if (line === undefined) continue
    if (!verifyText(key, text, line))
      throw new LineError('CHARTER_UNSIGNED', { field: 'signature line', value: shown(key.name), rule: 'must verify' })
    persons.add(person)
  }
  return persons.size
}

function checkAmends(previous: Charter, next: Charter): void {
  const refuse = (field: string, value: string | number, rule: string): LineError =>
    new LineError('CHARTER_FIELD', { field, value, rule })
  if (next.table !== previous.table) throw refuse('table', next.table, `must be ${previous.table}`)
  if (next.version !== previous.version + 1)
    throw refuse('version', next.version, `must be ${previous.version + 1}, the next after the charter in force`)
  for (const head of previous.effective) {
    const now = next.effective.find(({ o }) => o === head.o)
    if (now === undefined || now.n < head.n)
      throw refuse('effective', head.o, `must not fall behind ${head.n}, where the charter in force begins`)
  }
}
