import {
  ACT_HEADER,
  ENROLMENT_HEADER,
  encodeUtf8,
  enrolmentSignatures,
  formatActText,
  formatKeyId,
  formatNote,
  keysOf,
  type Note,
  parseAct,
  parseEnrolmentText,
  parseNote,
  type SignatureLine,
  type Signer,
  signText,
} from '@parley/record'
import type { CliContext } from '../context.ts'
import { readText, refuseExisting, writeNewFiles } from './files.ts'
import { openSigner } from './key-file.ts'
import type { PassphraseFlags } from './passphrase.ts'
import { nowSeconds } from './times.ts'
import { CannotFollow, columns, type Outcome, tellOutcome } from './usage.ts'

/** Flags of `parley keys sign` as parsed. */
export interface SignFlags extends PassphraseFlags {
  readonly key: readonly string[]
  readonly out: string
  readonly json: boolean
}

/** `parley keys sign FILE --key SECRET… --out FILE`: adds signatures to an enrolment or an act. */
export function runSign(path: string, flags: SignFlags, { process }: CliContext): Promise<void> {
  return tellOutcome({ process, json: flags.json, command: 'sign' }, async () => {
    refuseExisting('--out', flags.out)
    const note = readUnsigned(path)
    const signers = await openSigners(flags.key, flags)
    const signed = addSignatures(note, signers)
    const missing = missingIn(signed)
    writeNewFiles([{ field: '--out', path: flags.out, content: noteBytes(signed) }])
    return told(flags.out, signed, missing)
  })
}

function told(out: string, note: Note, missing: readonly string[] | null): Outcome {
  const signedBy = note.signatures.map(({ name }) => name)
  const rows: [string, string][] = [
    ['written', out],
    ['signed by', signedBy.join(', ')],
  ]
  if (missing !== null)
    rows.push(['still to sign', missing.length === 0 ? 'nobody: every key in it has signed' : missing.join(', ')])
  return { facts: { file: out, signedBy, ...(missing === null ? {} : { missing }) }, lines: columns(rows) }
}

export async function openSigners(paths: readonly string[], flags: PassphraseFlags): Promise<Signer[]> {
  const signers: Signer[] = []
  for (const path of paths) signers.push(await openSigner('--key', path, flags))
  return signers
}

/** A note whose text is an act or an enrolment, with the signatures it has so far, perhaps none. @throws {CannotFollow} */
function readUnsigned(path: string): Note {
  const text = readText('FILE', path)
  const signed = text.includes('\n\n')
  const note: Note = signed ? parseNote(encodeUtf8(text)) : { text, signatures: [] }
  if (note.text.startsWith(`${ENROLMENT_HEADER}\n`)) parseEnrolmentText(note.text)
  else if (note.text.startsWith(ACT_HEADER)) checkActText(note)
  else
    throw new CannotFollow(
      'FILE',
      path,
      `must be an act or an enrolment: its first line is neither ${ACT_HEADER.trim()} nor ${ENROLMENT_HEADER}`,
    )
  return note
}

/** An act is signed only in the one form in which its entry can stand. */
function checkActText({ text, signatures }: Note): void {
  const line: SignatureLine = { name: 'nobody', keyId: 0, signature: new Uint8Array(64) }
  const entry = formatNote({ text, signatures: signatures.length === 0 ? [line] : signatures })
  const { act } = parseAct(entry)
  if (formatActText(act) !== text) throw new CannotFollow('FILE', '', 'must be the canonical text of its act')
}

/** The note with a line of every signer more; one that has signed already is refused. @throws {CannotFollow} */
export function addSignatures(note: Note, signers: readonly Signer[]): Note {
  const signatures = [...note.signatures]
  for (const signer of signers) {
    const { name, keyId } = signer.key
    if (signatures.some((line) => line.name === name && line.keyId === keyId)) {
      throw new CannotFollow('--key', `${name}+${formatKeyId(keyId)}`, 'must not sign twice')
    }
    signatures.push(signText(note.text, signer, nowSeconds()))
  }
  return { text: note.text, signatures }
}

/** The bytes of a signed note; an act must be one that a log can hold. */
export function noteBytes(note: Note): Uint8Array {
  const bytes = formatNote(note)
  if (note.text.startsWith(ACT_HEADER)) parseAct(bytes)
  return bytes
}

/** The names of keys in an enrolment that have not signed it; null for an act. Refuses a signer that is not in it. */
function missingIn(note: Note): readonly string[] | null {
  if (!note.text.startsWith(ENROLMENT_HEADER)) return null
  const enrolment = parseEnrolmentText(note.text)
  const keys = keysOf(enrolment)
  const stranger = note.signatures.find(
    ({ name, keyId }) => !keys.some((key) => key.name === name && key.keyId === keyId),
  )
  if (stranger !== undefined)
    throw new CannotFollow('--key', stranger.name, 'must be a key that stands in the enrolment')
  return enrolmentSignatures({ enrolment, text: note.text }, note.signatures).missing.map(({ name }) => name)
}
