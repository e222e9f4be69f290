import { randomBytes } from 'node:crypto'
import {
  createSigner,
  formatIdentity,
  formatSkey,
  formatVkey,
  keyFingerprint,
  parseLogName,
  protectSecret,
  recipientOf,
} from '@parley/record'
import type { CliContext } from '../context.ts'
import { refuseExisting, writeNewFiles } from './files.ts'
import { KEY_TYPES, type KeyKind, TYPE_NAMES } from './key-file.ts'
import { type NewPassphraseFlags, newPassphrase } from './passphrase.ts'
import { CannotFollow, columns, grouped, type Outcome, tellOutcome } from './usage.ts'

/** Flags of `parley keys create` as parsed. */
export interface CreateFlags extends NewPassphraseFlags {
  readonly name?: string
  readonly out: string
  readonly postQuantum: boolean
  readonly json: boolean
}

/** `parley keys create KIND --name NAME --out FILE`: a new secret key, and its public half beside it. */
export function runCreate(kind: KeyKind, flags: CreateFlags, { process }: CliContext): Promise<void> {
  return tellOutcome({ process, json: flags.json, command: 'create' }, () =>
    kind === 'seal' ? createIdentity(flags) : createKey(kind, flags),
  )
}

/** Where the public half goes: `x.key` has `x.vkey` beside it, `x` has `x.vkey`. */
const besides = (out: string, extension: string): string => `${out.replace(/\.key$/, '')}.${extension}`

async function createKey(kind: Exclude<KeyKind, 'seal'>, flags: CreateFlags): Promise<Outcome> {
  const { name, out, postQuantum } = flags
  if (name === undefined) throw new CannotFollow('--name', '', `must be given: the name a ${kind} key signs under`)
  if (postQuantum && kind !== 'mirror' && kind !== 'witness') {
    throw new CannotFollow('--post-quantum', '', 'is for witness and mirror keys')
  }
  if (kind === 'log') parseLogName(name)
  const type = postQuantum ? 0x06 : KEY_TYPES[kind]
  const publicFile = besides(out, 'vkey')
  refuseExisting('--out', out)
  refuseExisting('--out', publicFile)
  const seed = new Uint8Array(randomBytes(32))
  const { key } = createSigner({ name, type, seed })
  const vkey = formatVkey(key)
  const passphrase = await newPassphrase(flags)
  const skey = `${formatSkey({ name, type, seed })}\n`
  writeNewFiles([
    {
      field: '--out',
      path: out,
      content: passphrase === null ? skey : await protectSecret(skey, passphrase),
      secret: true,
    },
    { field: '--out', path: publicFile, content: `${vkey}\n` },
  ])
  const fingerprint = keyFingerprint(key)
  return {
    facts: {
      kind,
      name,
      type: TYPE_NAMES[type],
      vkey,
      fingerprint,
      secret: out,
      public: publicFile,
      protected: passphrase !== null,
    },
    lines: columns([
      ['kind', `${kind}, ${TYPE_NAMES[type]}`],
      ['name', name],
      [
        'secret',
        `${out} (only you may read it${passphrase === null ? ', not protected by a passphrase' : ', under its passphrase'})`,
      ],
      ['public', publicFile],
      ['vkey', vkey],
      ['fingerprint', grouped(fingerprint)],
    ]),
  }
}

async function createIdentity(flags: CreateFlags): Promise<Outcome> {
  const { name, out, postQuantum } = flags
  if (name !== undefined)
    throw new CannotFollow('--name', name, 'must not be given: a sealing key has no name, its desk has')
  const publicFile = besides(out, 'recipient')
  refuseExisting('--out', out)
  refuseExisting('--out', publicFile)
  const identity = formatIdentity(new Uint8Array(randomBytes(32)), postQuantum ? 'hybrid' : 'x25519')
  const recipient = await recipientOf(identity)
  const passphrase = await newPassphrase(flags)
  const secret = `# public key: ${recipient}\n${identity}\n`
  writeNewFiles([
    {
      field: '--out',
      path: out,
      content: passphrase === null ? secret : await protectSecret(secret, passphrase),
      secret: true,
    },
    { field: '--out', path: publicFile, content: `${recipient}\n` },
  ])
  const type = postQuantum ? 'age, ML-KEM-768 with X25519' : 'age, X25519'
  return {
    facts: { kind: 'seal', type, recipient, secret: out, public: publicFile, protected: passphrase !== null },
    lines: columns([
      ['kind', `seal, ${type}`],
      [
        'secret',
        `${out} (only you may read it${passphrase === null ? ', not protected by a passphrase' : ', under its passphrase'})`,
      ],
      ['public', publicFile],
      ['recipient', recipient],
    ]),
  }
}
