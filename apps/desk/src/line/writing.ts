import type { Subject, TemplateId } from '@parley/line'
import { TEMPLATES } from '@parley/line'
import type { JsonObject } from '@parley/record'
import { computed, signal } from '@preact/signals'
import { dateText, clockText } from '../zoned-time.ts'
import { emptyEntry, emptyWriting, type Entry, readWriting, type Writing } from './compose.ts'
import { draftForWriting, lineNowS, ownParty, peers } from './line-session.ts'

/** The message that is being written in this page. */

export const writing = signal<Writing>(emptyWriting)
export const reading = computed(() => readWriting(writing.value))
/** Whether what is wrong is told already: once signing was tried, or a field was left. */
export const tellsProblems = signal(false)

export function change(part: Partial<Writing>): void {
  writing.value = { ...writing.value, ...part }
}

export function changeEntry(slot: string, part: Partial<Entry>): void {
  const { entries } = writing.value
  change({ entries: { ...entries, [slot]: { ...(entries[slot] ?? emptyEntry), ...part } } })
}

/** Addresses that can be written to: the roles of every other member that acts, the first role of each in front. */
export const addresses = computed(() =>
  peers.value
    .filter(({ role }) => role !== 'observer')
    .flatMap(({ party, roles }) => roles.map((role) => `${party}.${role}`)),
)

const ownAddress = (): string => {
  const own = ownParty.value
  const role = own?.watches.find(({ open }) => open)?.role ?? own?.roles[0]
  return own === null || role === undefined ? '' : `${own.party}.${role}`
}

/** Chooses an agreed sentence; what was typed into places of the same name stays. */
export function chooseTemplate(template: Writing['template']): void {
  const subject: Subject | '' = template === '' || template === 'none' ? '' : TEMPLATES[template].subject
  change({ template, subject, from: writing.value.from === '' ? ownAddress() : writing.value.from })
  void draftForWriting()
}

/** A new message; addressed where there is nothing to choose. */
export function startWriting(part: Partial<Writing> = {}): void {
  const [only, ...others] = addresses.value
  writing.value = { ...emptyWriting, from: ownAddress(), to: others.length === 0 ? (only ?? '') : '', ...part }
  tellsProblems.value = false
  void draftForWriting()
}

const TO_THE_MINUTE = 60

/**
 * A flight safety message, filled as far as it can be without asking: highest precedence, to the duty role of the other side, at this
 * very time in UTC. What is left is the place, typed and confirmed by its echo, or taken from a plan (AC-01).
 */
export function startSafety(template: Extract<TemplateId, `safety.${string}`>, plan?: JsonObject): void {
  const nowMs = Math.floor(lineNowS.value / TO_THE_MINUTE) * TO_THE_MINUTE * 1000
  const when = { ...emptyEntry, date: dateText(nowMs, 'UTC'), time: clockText(nowMs, 'UTC'), zone: 'UTC' }
  const lowerCm = plan?.['lower_cm']
  startWriting({
    template,
    subject: 'SAFETY',
    precedence: 'FLASH',
    zone: 'UTC',
    to: addresses.value[0] ?? '',
    entries: {
      when,
      ...(plan === undefined ? {} : { where: { ...emptyEntry, volume: plan } }),
      ...(typeof lowerCm === 'number'
        ? { height: { ...emptyEntry, height: String(lowerCm / 100), unit: 'm' as const, reference: 'W84' as const } }
        : {}),
    },
  })
}

/** An answer at length to a message. */
export function startReply(number: string, to: string): void {
  startWriting({ refs: number, to })
}
