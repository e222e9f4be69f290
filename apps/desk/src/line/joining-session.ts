import { charterDraft, type LineClient, LineRefusedError, newActId, signDraft } from '@parley/client'
import { CHARTER_HEADER, defaultCharter, formatCharter, type MemberRole, parseCharterText } from '@parley/line'
import {
  encodeUtf8,
  ENROLMENT_HEADER,
  enrolmentFingerprint,
  formatNote,
  parseEnrolmentText,
  parseNote,
  type SignatureLine,
  signText,
} from '@parley/record'
import { computed, effect, signal } from '@preact/signals'
import type { Sentence } from '../i18n.ts'
import { chooseTable, line, lineNowS, readSoon, readTables, table, tableState } from './line-session.ts'
import { custodians, isCustodian, keysHere, type Officer, type Outcome, refusalOf } from './officers.ts'

/** The ceremony by which a table begins, as the node tells it, and what a person does about it in this page. */

export type Joining = Awaited<ReturnType<LineClient['joining']>>
type Invitation = NonNullable<Joining['invitation']>
type Reveal = Awaited<ReturnType<LineClient['reveal']>>

const EVERY_MS = 5_000

/** Whether the table is being set up, so that nothing can be said on it yet; null until the node has told. */
export const isJoining = computed(() => {
  const phase = tableState.value?.phase
  return phase === undefined ? null : phase !== 'open' && phase !== 'halted'
})
export const joining = signal<Joining | null>(null)
/** Ours, once the others have promised theirs. */
export const reveal = signal<Reveal | null>(null)
/** Whether a new table is being begun though others are there. */
export const beginning = signal(false)

/** What came of a step: what is said about it, or what is wrong. */
export type StepOutcome = { readonly kind: 'done'; readonly sentence: Sentence } | Extract<Outcome, { kind: 'refused' }>

async function readJoining(of: string): Promise<void> {
  const now = await line.joining(of)
  if (of !== table.peek()) return
  joining.value = now
  if (now.enrolment !== null) {
    const { root } = parseEnrolmentText(parseNote(encodeUtf8(now.enrolment)).text)
    custodians.value = new Set(root.map(({ key }) => `${key.name}+${key.keyId}`))
  }
  const ready = now.invitation !== null && now.peers.every(({ commit }) => commit !== null)
  const shown = ready && now.next !== 'nothing' ? await line.reveal(of) : null
  if (of === table.peek()) reveal.value = shown
}

/** Reads how the ceremony stands while it lasts, and whose keys are custodians' once it is over. */
export function startJoining(): void {
  effect(() => {
    void table.value
    joining.value = null
    reveal.value = null
    custodians.value = new Set()
  })
  effect(() => {
    const of = table.value
    if (of === null || isJoining.value === null) return undefined
    const read = (): void => void readJoining(of).catch(() => undefined)
    read()
    if (!isJoining.value) return undefined
    const timer = setInterval(read, EVERY_MS)
    return () => clearInterval(timer)
  })
}

/** Does a step, reads what came of it, and tells it. */
async function step(sentence: Sentence, work: (of: string) => Promise<unknown>): Promise<StepOutcome> {
  const of = table.peek()
  try {
    if (of === null) throw new Error('no table')
    await work(of)
    await readJoining(of)
    readSoon('state')
    return { kind: 'done', sentence }
  } catch (error) {
    if (error instanceof LineRefusedError && error.code === 'LINE_CODE_MISMATCH')
      return { kind: 'refused', sentence: { key: 'join.code-differs' }, said: [error.message] }
    return refusalOf(error)
  }
}

/** Makes the node's keys for a new table. */
export async function begin(wish: {
  readonly table: string
  readonly party: string
  readonly others: readonly string[]
}): Promise<StepOutcome> {
  try {
    const parties = [...new Set([wish.party, ...wish.others])].sort()
    await line.create({ table: wish.table, party: wish.party, parties })
    await readTables()
    chooseTable(wish.table)
    beginning.value = false
    return { kind: 'done', sentence: { key: 'join.begun' } }
  } catch (error) {
    return refusalOf(error)
  }
}

const isCarried = (value: unknown, field: string): boolean =>
  typeof value === 'object' && value !== null && 'table' in value && 'party' in value && field in value

interface Brought {
  readonly invitations: Invitation[]
  readonly reveals: Reveal[]
  readonly enrolment: string | null
  readonly charter: string | null
}

/** What a text is that somebody brought; null: nothing of a ceremony. Invitations and reveals may come several together. */
function broughtIn(text: string): Brought | null {
  const nothing = { invitations: [], reveals: [], enrolment: null, charter: null }
  if (text.startsWith(`${ENROLMENT_HEADER}\n`)) return { ...nothing, enrolment: text }
  if (text.startsWith(`${CHARTER_HEADER}\n`)) return { ...nothing, charter: text }
  const found: Brought = { ...nothing, invitations: [], reveals: [] }
  for (const each of text.split('\n').filter((one) => one.trim() !== '')) {
    try {
      const value: unknown = JSON.parse(each)
      if (isCarried(value, 'commit')) found.invitations.push(value as Invitation)
      else if (isCarried(value, 'nonce')) found.reveals.push(value as Reveal)
      else return null
    } catch {
      return null
    }
  }
  return found.invitations.length + found.reveals.length === 0 ? null : found
}

interface Signed {
  readonly text: string
  readonly signatures: readonly SignatureLine[]
}

/** A text with the signatures it has; a bare text has none yet. */
const readSigned = (text: string): Signed =>
  text.includes('\n\n') ? parseNote(encodeUtf8(text)) : { text, signatures: [] }

/** With a line of every one of these keys that has not signed it. */
function signed({ text, signatures }: Signed, keys: readonly Officer[]): Signed {
  const fresh = keys.filter(
    ({ signer: { key } }) => !signatures.some(({ name, keyId }) => name === key.name && keyId === key.keyId),
  )
  // Keys of people sign the text alone; no time stands in their lines.
  return { text, signatures: [...signatures, ...fresh.map(({ signer }) => signText(text, signer, 0))] }
}

/** Keys in this page that stand in the enrolment. */
function keysIn(text: string): readonly Officer[] {
  const { root, officers } = parseEnrolmentText(text)
  const named = new Set([...root, ...officers].map(({ key }) => `${key.name}+${key.keyId}`))
  return keysHere.value.filter(({ signer: { key } }) => named.has(`${key.name}+${key.keyId}`))
}

/** Custodians of our root whose keys are in this page. */
export const rootsHere = computed<readonly Officer[]>(() => keysHere.value.filter(isCustodian))

/** Takes whatever somebody brought: an enrolment, invitations, reveals, a charter. A promise is taken before what it promised. */
export async function takeBrought(text: string): Promise<StepOutcome> {
  const brought = broughtIn(text)
  if (brought === null) return { kind: 'refused', sentence: { key: 'join.unknown-text' }, said: [] }
  const { invitations, reveals, enrolment, charter } = brought
  if (enrolment !== null)
    return step({ key: 'join.taken-enrolment' }, async (of) => {
      const note = readSigned(enrolment)
      await line.putEnrolment(of, formatNote(signed(note, keysIn(note.text))))
    })
  if (charter !== null) return step({ key: 'join.taken-charter' }, (of) => putCharter(of, readSigned(charter), []))
  const parties = [...new Set([...invitations, ...reveals].map(({ party }) => party))].join(', ')
  return step({ key: 'join.taken', args: { parties } }, async (of) => {
    for (const each of invitations) await line.putCommit(of, each)
    for (const each of reveals) await line.putReveal(of, each)
  })
}

async function putCharter(of: string, note: Signed, keys: readonly Officer[]): Promise<void> {
  parseCharterText(note.text)
  await line.putCharter(of, formatNote(signed(note, keys)))
}

/** Our officer has heard this code from the other side. */
export const compareCode = (party: string, code: string): Promise<StepOutcome> =>
  step({ key: 'join.code-same', args: { party } }, (of) => line.compare(of, { party, code }))

export interface Seat {
  readonly party: string
  readonly role: MemberRole
  readonly title: string
}

/** The charter as it is by default, for these members; its text is for reading before anybody signs. */
export function charterText(now: Joining, seats: readonly Seat[]): string {
  const fingerprints = new Map(now.peers.map(({ party, fingerprint }) => [party, fingerprint]))
  if (now.enrolment !== null)
    fingerprints.set(now.party, enrolmentFingerprint(parseNote(encodeUtf8(now.enrolment)).text))
  return formatCharter(
    defaultCharter({
      table: now.table,
      atS: lineNowS.peek(),
      parties: seats.map(({ party, role, title }) => ({
        party,
        role,
        roles: role === 'party' ? ['duty', 'lead'] : ['duty'],
        title: { en: title.trim() === '' ? party : title.trim() },
        enrolment: fingerprints.get(party) ?? '',
      })),
    }),
  )
}

/** Signs a charter with the keys of custodians in this page and hands it to the node. */
export const signCharter = (text: string, keys: readonly Officer[]): Promise<StepOutcome> =>
  step({ key: 'join.charter-signed' }, (of) => putCharter(of, readSigned(text), keys))

/** Entry 0 of our log, by two custodians of the root. */
export const openLog = (keys: readonly Officer[]): Promise<StepOutcome> =>
  step({ key: 'join.opened' }, async (of) => {
    const { draft, input } = charterDraft(await line.joining(of), { atS: lineNowS.peek() })
    await line.open(of, signDraft(draft, input, { id: newActId(), signers: keys.map(({ signer }) => signer) }))
  })

/** What an enrolment must name of the node, as a draft for `parley keys enrol make`; people and seals are added by hand. */
export function enrolmentDraft({ table: name, party, keys }: Joining): string {
  const { log, mirrors, witnesses, tls } = keys
  const draft = { table: name, party, log, mirrors, witnesses, root: [], officers: [], seal: [], tls }
  return `${JSON.stringify(draft, null, 2)}\n`
}
