import {
  createSigner,
  formatVkey,
  type KeyType,
  PROTECTED_HEADER,
  parseRecipient,
  parseSkey,
  parseVkey,
  recipientOf,
  revealSecret,
  type Signer,
  type VerifierKey,
} from '@parley/record'
import { readText } from './files.ts'
import { givenPassphrase, type PassphraseFlags } from './passphrase.ts'
import { CannotFollow } from './usage.ts'

/** What a key is for; it decides how it signs. */
export const KEY_KINDS = ['officer', 'root', 'log', 'witness', 'mirror', 'seal'] as const
export type KeyKind = (typeof KEY_KINDS)[number]

export const KEY_TYPES: Readonly<Record<Exclude<KeyKind, 'seal'>, KeyType>> = {
  officer: 0x01,
  root: 0x01,
  log: 0x01,
  witness: 0x04,
  mirror: 0x04,
}

/** How a key of each type is called. */
export const TYPE_NAMES: Readonly<Record<KeyType, string>> = {
  1: 'Ed25519, signs texts (0x01)',
  4: 'Ed25519, cosigns heads (0x04)',
  6: 'ML-DSA-44, cosigns heads (0x06)',
}

/** A public key as given: one that verifies, or one that seals go to. */
export type PublicKey =
  | { readonly kind: 'vkey'; readonly key: VerifierKey }
  | { readonly kind: 'recipient'; readonly recipient: string }

const isVkeyText = (text: string): boolean => text.includes('+') && !text.includes('\n')
const isRecipientText = (text: string): boolean => /^age1[a-z0-9]+$/i.test(text)

/** The lines of a file that are no comments, as age-keygen writes them. */
const meaningful = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))

/** The text of a public key given as such, or the one line of a file. @throws {CannotFollow} */
export function publicText(field: string, given: string): string {
  if (isVkeyText(given) || isRecipientText(given)) return given
  const lines = meaningful(readText(field, given))
  if (lines.length !== 1) throw new CannotFollow(field, given, 'must be a file of one key')
  const [line] = lines as [string]
  if (/^(?:PRIVATE\+KEY\+|AGE-SECRET-KEY-)/.test(line) || line === PROTECTED_HEADER) {
    throw new CannotFollow(
      field,
      given,
      'must be a public key; this file holds a secret one, its public half lies beside it',
    )
  }
  return line
}

/** A vetted public key of either kind. @throws {CannotFollow} @throws {RecordError} why it is refused */
export function publicKeyOf(field: string, given: string): PublicKey {
  const text = publicText(field, given)
  return isRecipientText(text)
    ? { kind: 'recipient', recipient: parseRecipient(text).text }
    : { kind: 'vkey', key: parseVkey(text) }
}

/** A vetted key that verifies. @throws {CannotFollow} @throws {RecordError} */
export function vkeyOf(field: string, given: string): VerifierKey {
  return parseVkey(publicText(field, given))
}

/** A secret key read from its file. */
export type SecretFile =
  | { readonly kind: 'signer'; readonly signer: Signer }
  | { readonly kind: 'identity'; readonly recipient: string }

/** Whether a file holds a secret key, protected or not. */
export const isSecretText = (text: string): boolean =>
  text.startsWith(PROTECTED_HEADER) || meaningful(text).some((line) => /^(?:PRIVATE\+KEY\+|AGE-SECRET-KEY-)/.test(line))

/** Opens a secret key, with its passphrase where it has one. The secret leaves this function as a signer only. */
export async function openSecret(field: string, path: string, flags: PassphraseFlags): Promise<SecretFile> {
  let text = readText(field, path)
  if (text.startsWith(PROTECTED_HEADER))
    text = await revealSecret(text, await givenPassphrase(flags, `Passphrase of ${path}: `))
  const lines = meaningful(text)
  const [line = ''] = lines
  if (lines.length !== 1) throw new CannotFollow(field, path, 'must be a file of one secret key')
  if (line.startsWith('AGE-SECRET-KEY-')) return { kind: 'identity', recipient: await recipientOf(line) }
  if (!line.startsWith('PRIVATE+KEY+'))
    throw new CannotFollow(field, path, 'must be a secret key: PRIVATE+KEY+… or AGE-SECRET-KEY-…')
  return { kind: 'signer', signer: createSigner(parseSkey(line)) }
}

/** The signer of a secret key file. @throws {CannotFollow} for an identity, which signs nothing */
export async function openSigner(field: string, path: string, flags: PassphraseFlags): Promise<Signer> {
  const secret = await openSecret(field, path, flags)
  if (secret.kind === 'signer') return secret.signer
  throw new CannotFollow(field, path, 'must be a key that signs; this one opens seals')
}

/** The text of a public key. */
export const textOf = (key: PublicKey): string => (key.kind === 'vkey' ? formatVkey(key.key) : key.recipient)
