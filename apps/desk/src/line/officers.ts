import { countersign, LineRefusedError, LineUnreachableError, newActId, signDraft, type ActInput } from '@parley/client'
import { GeoError } from '@parley/geo4d'
import { LineError } from '@parley/line'
import { createSigner, isRecordError, parseSkey, type Signer } from '@parley/record'
import { computed, signal } from '@preact/signals'
import type { Sentence } from '../i18n.ts'
import { isSimulated } from '../session.ts'
import { freshDraft, line, readSoon, self, table } from './line-session.ts'
import type { ActDraft } from './types.ts'

/**
 * The officers' keys that this page was given. They live in the page's memory alone: never stored, never sent, gone when the page is
 * closed or read again. The node gets finished signatures.
 */

export interface Officer {
  readonly name: string
  readonly signer: Signer
  /** From the node's demonstration, not a person's. */
  readonly simulated: boolean
}

const held = signal<readonly Officer[]>([])
/** Keys of the custodians of our root, as `name+key id`: they sign what the root signs, and speak on no table. */
export const custodians = signal<ReadonlySet<string>>(new Set())
export const isCustodian = ({ signer: { key } }: Officer): boolean => custodians.value.has(`${key.name}+${key.keyId}`)
/** Officers whose keys are of the party at this table. */
export const officers = computed(() =>
  held.value.filter((each) => each.name.split('/')[0] === self.value && !isCustodian(each)),
)
/** All keys in this page, custodians' among them. */
export const keysHere = computed(() => held.value)
/** Keys that belong to none of the parties here. */
export const strangers = computed(() => held.value.filter(({ name }) => name.split('/')[0] !== self.value))

/** Takes a key as text (`PRIVATE+KEY+…`, one or several lines); says what is wrong with one that is none. */
export function takeKey(text: string, simulated = false): Sentence | null {
  const lines = text
    .split(/\r?\n/)
    .map((each) => each.trim())
    .filter((each) => each.startsWith('PRIVATE+KEY+'))
  if (lines.length === 0) return { key: 'line.key-none-found' }
  try {
    for (const each of lines) {
      const secret = parseSkey(each)
      if (secret.type !== 0x01) return { key: 'line.key-wrong-kind', args: { name: secret.name } }
      const officer: Officer = { name: secret.name, signer: createSigner(secret), simulated }
      held.value = [...held.value.filter(({ name }) => name !== officer.name), officer]
    }
    return null
  } catch (error) {
    if (isRecordError(error)) return { key: 'line.key-unreadable' }
    throw error
  }
}

export function dropKeys(): void {
  held.value = []
}

/** Whether the node may offer keys of a demonstration. */
export const mayBeSimulated = computed(() => isSimulated.value && table.value !== null)

/** Fetches the simulated officers of this table; what is wrong where there are none. */
export async function takeSimulated(): Promise<Sentence | null> {
  try {
    const answer = await fetch(new URL('line/v1/simulated-officers', document.baseURI), { cache: 'no-store' })
    if (!answer.ok) return { key: 'line.key-no-simulated' }
    const side = (await answer.json()) as { table?: string; officers?: readonly { skey: string }[] }
    const ours = side.table === table.value ? (side.officers ?? []) : []
    if (ours.length === 0) return { key: 'line.key-no-simulated' }
    return takeKey(ours.map(({ skey }) => skey).join('\n'), true)
  } catch {
    return { key: 'line.key-no-simulated' }
  }
}

/** How something said came out. */
export type Outcome =
  | { readonly kind: 'said'; readonly index: number; readonly leaf: string }
  /** What is wrong, in words of the page, and what was said of it in English. */
  | { readonly kind: 'refused'; readonly sentence: Sentence; readonly said: readonly string[] }

/** What makes an act of a draft; a plain input where the draft does not matter. */
export type Saying = ActInput | ((draft: ActDraft) => ActInput)

/** Whatever went wrong on the way to the log, as something to show. Unknown faults are thrown on. */
export function refusalOf(error: unknown): Extract<Outcome, { kind: 'refused' }> {
  if (error instanceof LineRefusedError) {
    const reasons = error.reasons.map(({ field, rule }) => `${field}: ${rule}`)
    return { kind: 'refused', sentence: { key: 'line.refused' }, said: [error.message, ...reasons] }
  }
  if (error instanceof LineUnreachableError)
    return { kind: 'refused', sentence: { key: 'line.unreachable' }, said: [error.message] }
  if (error instanceof LineError || isRecordError(error) || error instanceof GeoError)
    return { kind: 'refused', sentence: { key: 'line.not-signed' }, said: [error.message] }
  throw error
}

/** Signs in this page what is to be said, with as many keys as are named, and hands it to the node. */
export async function say(saying: Saying, signers: readonly Officer[]): Promise<Outcome> {
  const [first, ...others] = signers
  const of = table.peek()
  if (first === undefined || of === null) return { kind: 'refused', sentence: { key: 'line.key-needed' }, said: [] }
  try {
    const draft = await freshDraft()
    const input = typeof saying === 'function' ? saying(draft) : saying
    let note = signDraft(draft, input, { id: newActId(), signers: [first.signer] })
    for (const { signer } of others) note = countersign(note, signer)
    const { index, leaf } = await line.post(of, note)
    readSoon('state', 'messages', 'flights')
    return { kind: 'said', index, leaf }
  } catch (error) {
    return refusalOf(error)
  }
}
