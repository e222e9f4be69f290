import { randomBytes } from 'node:crypto'
import {
  type Act,
  encodeHex,
  encodeUtf8,
  formatActText,
  formatVkey,
  grantBody,
  isKindPattern,
  type JsonObject,
  parseLogName,
  type RotatedRole,
  readKeyAct,
  type Signer,
} from '@parley/record'
import type { CliContext } from '../context.ts'
import { refuseExisting, writeNewFiles } from './files.ts'
import { publicKeyOf, publicText, textOf, vkeyOf } from './key-file.ts'
import type { PassphraseFlags } from './passphrase.ts'
import { addSignatures, noteBytes, openSigners } from './run-sign.ts'
import { iso, nowSeconds, unixSeconds } from './times.ts'
import { CannotFollow, columns, type Outcome, tellOutcome } from './usage.ts'

/** Flags that every command has which writes an act. */
export interface ActFlags extends PassphraseFlags {
  readonly log: string
  readonly key?: readonly string[]
  readonly at?: string
  readonly out: string
  readonly json: boolean
}

/** Flags of `parley keys delegate` as parsed. */
export interface DelegateFlags extends ActFlags {
  readonly vkey: string
  readonly person: string
  readonly kind: readonly string[]
  readonly notAfter: string
  readonly notBeforeIndex: number
  readonly maxPerDay: number
}

/** Flags of `parley keys rotate` as parsed. */
export interface RotateFlags extends ActFlags {
  readonly role: RotatedRole
  readonly old: string
  readonly new: string
}

/** Flags of `parley keys revoke` as parsed. */
export interface RevokeFlags extends ActFlags {
  readonly role: RotatedRole | 'root'
  readonly target: string
  readonly suspectSince?: number
}

/** Flags of `parley keys desk` as parsed. */
export interface DeskFlags extends ActFlags {
  readonly desk: string
  readonly recipient: string
}

const ROOT = 'two custodians of the root'

/** `parley keys delegate`: an act that lets one officer's key say certain kinds until a certain time. */
export function runDelegate(flags: DelegateFlags, { process }: CliContext): Promise<void> {
  return tellOutcome({ process, json: flags.json, command: 'delegate' }, () => {
    const { person, maxPerDay, notBeforeIndex } = flags
    const bad = flags.kind.find((kind) => !isKindPattern(kind))
    if (bad !== undefined)
      throw new CannotFollow('--kind', bad, 'must be a kind such as message, or a family such as ack.*')
    const key = vkeyOf('--vkey', flags.vkey)
    const kinds = [...new Set(flags.kind)].sort()
    const notAfterS = unixSeconds('--not-after', flags.notAfter)
    return writeAct(flags, {
      kind: 'key.delegate',
      body: grantBody({ key, person, kinds, notAfterS, notBeforeIndex, maxPerDay }),
      needs: `${ROOT}, or one officer whose own scope covers key.delegate and all of this`,
      rows: [
        ['person', person],
        ['key', formatVkey(key)],
        ['may say', kinds.join(' ')],
        ['until', iso(notAfterS)],
        ['a day', String(maxPerDay)],
        [
          'from',
          notBeforeIndex === 0 ? 'the next entry on' : `index ${notBeforeIndex} on, never before the next entry`,
        ],
      ],
    })
  })
}

/** `parley keys rotate`: an act by which one key, recipient or TLS key gives way to another. */
export function runRotate(flags: RotateFlags, { process }: CliContext): Promise<void> {
  return tellOutcome({ process, json: flags.json, command: 'rotate' }, () => {
    const { role } = flags
    const body = { new: subject(role, '--new', flags.new), old: subject(role, '--old', flags.old), role }
    const needs =
      role === 'officer'
        ? `the old key and the new key, or ${ROOT}`
        : role === 'seal' || role === 'tls'
          ? ROOT
          : `the old key, the new key and ${ROOT}`
    return writeAct(flags, {
      kind: 'key.rotate',
      body,
      needs,
      rows: [
        ['role', role],
        ['old', body.old],
        ['new', body.new],
        ['from', 'the next entry on'],
      ],
    })
  })
}

/** `parley keys revoke`: an act after which a key counts no more. */
export function runRevoke(flags: RevokeFlags, { process }: CliContext): Promise<void> {
  return tellOutcome({ process, json: flags.json, command: 'revoke' }, () => {
    const { role, suspectSince } = flags
    const key = subject(role, '--target', flags.target)
    return writeAct(flags, {
      kind: 'key.revoke',
      body: { key, role, ...(suspectSince === undefined ? {} : { suspect_since: suspectSince }) },
      needs: ROOT,
      rows: [
        ['role', role],
        ['key', key],
        ['from', 'the next entry on its acts have no effect'],
        [
          'before',
          suspectSince === undefined
            ? 'its acts stand'
            : `its acts from index ${suspectSince} on are contested, not void`,
        ],
      ],
    })
  })
}

/** `parley keys desk`: an act that says where a desk receives seals. */
export function runDesk(flags: DeskFlags, { process }: CliContext): Promise<void> {
  return tellOutcome({ process, json: flags.json, command: 'desk' }, () => {
    const recipient = subject('seal', '--recipient', flags.recipient)
    return writeAct(flags, {
      kind: 'key.seal',
      body: { desk: flags.desk, recipient },
      needs: ROOT,
      rows: [
        ['desk', flags.desk],
        ['recipient', recipient],
      ],
    })
  })
}

/** The text of what a role's key is: a vkey, a recipient or a digest. */
function subject(role: RotatedRole | 'root', flag: string, given: string): string {
  if (role === 'tls') return given
  const key = publicKeyOf(flag, given)
  if ((role === 'seal') !== (key.kind === 'recipient')) {
    const rule = role === 'seal' ? 'must be a recipient, age1…' : `must be the vkey of a ${role} key`
    throw new CannotFollow(flag, publicText(flag, given).slice(0, 60), rule)
  }
  return textOf(key)
}

interface Draft {
  readonly kind: string
  readonly body: JsonObject
  readonly needs: string
  readonly rows: readonly (readonly [string, string])[]
}

async function writeAct(flags: ActFlags, { kind, body, needs, rows }: Draft): Promise<Outcome> {
  const { log, out } = flags
  refuseExisting('--out', out)
  const { table } = parseLogName(log)
  readKeyAct({ kind, body })
  const at = flags.at === undefined ? nowSeconds() : unixSeconds('--at', flags.at)
  const act: Act = {
    v: 1,
    table,
    o: log,
    id: encodeHex(new Uint8Array(randomBytes(16))),
    kind,
    at,
    seen: [],
    to: [],
    body,
  }
  const text = formatActText(act)
  const signers: readonly Signer[] = await openSigners(flags.key ?? [], flags)
  const note = addSignatures({ text, signatures: [] }, signers)
  const content = signers.length === 0 ? encodeUtf8(text) : noteBytes(note)
  writeNewFiles([{ field: '--out', path: out, content }])
  const signedBy = note.signatures.map(({ name }) => name)
  return {
    facts: { kind, log, at: iso(at), id: act.id, body, file: out, signedBy, needs },
    lines: columns([
      ['act', `${kind}, for ${log}`],
      ...rows,
      ['made at', iso(at)],
      ['written', out],
      ['signed by', signedBy.length === 0 ? 'nobody yet: parley keys sign' : signedBy.join(', ')],
      ['needs', needs],
    ]),
  }
}
