import type { Act } from '../act.ts'
import { decodeBase64 } from '../base64.ts'
import { RecordError } from '../errors.ts'
import { parseLogName } from '../origin.ts'
import { parseRecipient } from '../seal/recipient.ts'
import { parseVkey, type VerifierKey } from '../vkey.ts'
import { FieldReader } from './fields.ts'
import { type Grant, readGrant } from './grant.ts'

/** Keys that sign, and what signs nothing: a desk's seal recipient, a node's TLS key. */
export type RotatedRole = 'officer' | 'log' | 'mirror' | 'witness' | 'seal' | 'tls'
const ROLES: readonly RotatedRole[] = ['officer', 'log', 'mirror', 'witness', 'seal', 'tls']

/** What an act changes in who may speak (record.md 2.6), as read from its body. */
export type KeyAct =
  | { readonly kind: 'delegate'; readonly grant: Grant }
  | {
      readonly kind: 'rotate-key'
      readonly role: 'officer' | 'log' | 'mirror' | 'witness'
      readonly old: VerifierKey
      readonly next: VerifierKey
    }
  | { readonly kind: 'rotate-seal'; readonly old: string; readonly next: string }
  | { readonly kind: 'rotate-tls'; readonly old: string; readonly next: string }
  | {
      readonly kind: 'revoke'
      readonly role: 'officer' | 'log' | 'mirror' | 'witness' | 'root'
      readonly key: VerifierKey
      readonly suspectSince: number | null
    }
  | { readonly kind: 'revoke-seal'; readonly recipient: string }
  | { readonly kind: 'revoke-tls'; readonly pin: string }
  | { readonly kind: 'seal'; readonly desk: string; readonly recipient: string }
  | {
      readonly kind: 'continue'
      readonly log: VerifierKey
      readonly from: { readonly o: string; readonly n: number; readonly root: Uint8Array }
      /** Heads beyond `from` that were signed and whose entries nobody has any more, by growing size. */
      readonly lost: readonly { readonly size: number; readonly root: Uint8Array }[]
      /** SHA-256 over the state at `from`; null where none is given. */
      readonly state: Uint8Array | null
    }

/**
 * Reads the body of a key act; null for an act of any other kind. Fields are vetted, but not against who may speak at
 * that point of the log: the key book does that. Throws KEY_ACT_FIELD.
 */
export function readKeyAct(act: Pick<Act, 'kind' | 'body'>): KeyAct | null {
  switch (act.kind) {
    case 'key.delegate':
      return { kind: 'delegate', grant: readGrant(new FieldReader(act.body, 'KEY_ACT_FIELD')) }
    case 'key.rotate':
      return readRotation(new FieldReader(act.body, 'KEY_ACT_FIELD').only('new', 'old', 'role'))
    case 'key.revoke':
      return readRevocation(new FieldReader(act.body, 'KEY_ACT_FIELD').only('key', 'role', 'suspect_since'))
    case 'key.seal': {
      const fields = new FieldReader(act.body, 'KEY_ACT_FIELD').only('desk', 'recipient')
      return {
        kind: 'seal',
        desk: fields.identifier('desk'),
        recipient: fields.parsed('recipient', parseRecipient).text,
      }
    }
    case 'log.continue': {
      const fields = new FieldReader(act.body, 'KEY_ACT_FIELD').only('from', 'log', 'lost', 'state')
      const from = fields.object('from').only('n', 'o', 'r')
      from.parsed('o', parseLogName)
      const lost = (fields.has('lost') ? fields.objects('lost') : []).map((head) => ({
        size: head.only('n', 'r').integer('n', { min: 1 }),
        root: hashIn(head, 'r'),
      }))
      if (lost.some(({ size }, i) => i > 0 && size <= (lost[i - 1]?.size ?? 0)))
        throw fields.refusal('lost', 'must be ascending in size, each once')
      return {
        kind: 'continue',
        log: fields.parsed('log', parseVkey),
        from: { o: from.text('o'), n: from.integer('n', { min: 0 }), root: hashIn(from, 'r') },
        lost,
        state: fields.has('state') ? hashIn(fields, 'state') : null,
      }
    }
    default:
      return null
  }
}

function hashIn(fields: FieldReader, field: string): Uint8Array {
  const hash = fields.parsed(field, (text) => decodeBase64(text, field))
  if (hash.length !== 32) throw fields.refusal(field, 'must be 32 bytes')
  return hash
}

function readRotation(fields: FieldReader): KeyAct {
  const role = fields.oneOf('role', ROLES)
  if (fields.text('old') === fields.text('new')) throw fields.refusal('new', 'must differ from the old one')
  if (role === 'seal') {
    return {
      kind: 'rotate-seal',
      old: fields.parsed('old', parseRecipient).text,
      next: fields.parsed('new', parseRecipient).text,
    }
  }
  if (role === 'tls') return { kind: 'rotate-tls', old: fields.pin('old'), next: fields.pin('new') }
  const old = fields.parsed('old', parseVkey)
  const next = fields.parsed('new', parseVkey)
  if (next.type !== old.type) throw fields.refusal('new', 'must be of the type of the old key')
  return { kind: 'rotate-key', role, old, next }
}

function readRevocation(fields: FieldReader): KeyAct {
  const role = fields.oneOf('role', [...ROLES, 'root'] as const)
  if (role === 'seal' || role === 'tls') {
    if (fields.has('suspect_since')) throw fields.refusal('suspect_since', 'must not be there: this key signs no acts')
    return role === 'seal'
      ? { kind: 'revoke-seal', recipient: fields.parsed('key', parseRecipient).text }
      : { kind: 'revoke-tls', pin: fields.pin('key') }
  }
  return {
    kind: 'revoke',
    role,
    key: fields.parsed('key', parseVkey),
    suspectSince: fields.has('suspect_since') ? fields.integer('suspect_since', { min: 0 }) : null,
  }
}

/** As `readKeyAct`, with the refusal as a value. */
export function tryKeyAct(act: Pick<Act, 'kind' | 'body'>): KeyAct | RecordError | null {
  try {
    return readKeyAct(act)
  } catch (error) {
    if (error instanceof RecordError) return error
    throw error
  }
}
