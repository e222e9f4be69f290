import { countersign, LineRefusedError, newActId, signDraft } from '@parley/client'
import { type Act, decodeUtf8, encodeUtf8, isRecordError, parseAct } from '@parley/record'
import { signal } from '@preact/signals'
import type { Sentence } from '../i18n.ts'
import { freshDraft, line, ownParty, readSoon, table } from './line-session.ts'
import { type Officer, type Outcome, refusalOf, type Saying } from './officers.ts'

/**
 * Acts that two officers sign at two desks. What goes from one to the other is the signed note itself, as `parley keys sign` reads and
 * writes it; nothing else knows of it until the second sends it.
 */

/** An act that one officer has signed. */
export interface HalfSigned {
  readonly note: Uint8Array
  readonly act: Act
  /** Names of the keys that have signed, as they say; the node checks them. */
  readonly signers: readonly string[]
}

/** What the second officer has before him. */
export const before = signal<HalfSigned | null>(null)

/** Signs as the first of two; nothing is sent. */
export async function signFirst(saying: Saying, first: Officer): Promise<string | Outcome> {
  try {
    const draft = await freshDraft()
    const input = typeof saying === 'function' ? saying(draft) : saying
    return decodeUtf8(signDraft(draft, input, { id: newActId(), signers: [first.signer] }))
  } catch (error) {
    return refusalOf(error)
  }
}

/** Reads what was brought; what is wrong where it is no act of our own log. */
export function readHalf(text: string): Sentence | null {
  before.value = null
  try {
    // A last line that was lost on the way over a clipboard is put back.
    const note = encodeUtf8(text.endsWith('\n') ? text : `${text}\n`)
    const { act, signatures } = parseAct(note)
    if (act.table !== table.peek() || act.o !== ownParty.peek()?.origin)
      return { key: 'second.other-log', args: { origin: act.o } }
    before.value = { note, act, signers: signatures.map(({ name }) => name) }
    return null
  } catch (error) {
    if (isRecordError(error)) return { key: 'second.not-an-act' }
    throw error
  }
}

/** Signs beside the first and sends. */
export async function signSecond({ note }: HalfSigned, second: Officer): Promise<Outcome> {
  const of = table.peek()
  try {
    if (of === null) throw new LineRefusedError('no-table', 'no table', { status: 0, reasons: [], facts: {} })
    const { index, leaf } = await line.post(of, countersign(note, second.signer))
    readSoon('state', 'messages', 'flights')
    before.value = null
    return { kind: 'said', index, leaf }
  } catch (error) {
    return refusalOf(error)
  }
}
