import { buildCommand, buildRouteMap } from '@stricli/core'
import type { CliContext } from '../context.ts'
import { DRAFT_EXAMPLE } from './draft.ts'
import { KEY_KINDS, type KeyKind } from './key-file.ts'
import type { DelegateFlags, DeskFlags, RevokeFlags, RotateFlags } from './run-acts.ts'
import type { CreateFlags } from './run-create.ts'
import type { CheckFlags, CommitFlags, MakeFlags, RevealFlags } from './run-enrol.ts'
import type { ShowFlags, VetFlags } from './run-show.ts'
import type { SignFlags } from './run-sign.ts'
import { KEYS_EXIT_HELP } from './usage.ts'

const text = (placeholder: string, brief: string) => ({ kind: 'parsed', parse: String, placeholder, brief }) as const
const maybe = (placeholder: string, brief: string) =>
  ({ kind: 'parsed', parse: String, optional: true, placeholder, brief }) as const
const several = (placeholder: string, brief: string) =>
  ({ kind: 'parsed', parse: String, variadic: true, placeholder, brief }) as const
const anyNumber = (placeholder: string, brief: string) =>
  ({ kind: 'parsed', parse: String, optional: true, variadic: true, placeholder, brief }) as const
const json = {
  kind: 'boolean',
  default: false,
  withNegated: false,
  brief: 'Write what was done or found as JSON',
} as const
const out = text('FILE', 'New file to write; nothing is ever overwritten')
const passphraseFile = maybe('FILE', 'Passphrase of the key files given, on the first line of this file')
const position = (brief: string, placeholder: string) =>
  ({ kind: 'tuple', parameters: [{ brief, parse: String, placeholder }] }) as const

function wholeNumber(flag: string, least: number): (given: string) => number {
  return (given) => {
    const value = /^(?:0|[1-9]\d{0,15})$/.test(given) ? Number(given) : Number.NaN
    if (!(value >= least && Number.isSafeInteger(value)))
      throw new Error(`${flag} ${given}: a whole number of at least ${least} is required`)
    return value
  }
}

function keyKind(given: string): KeyKind {
  const kind = KEY_KINDS.find((name) => name === given)
  if (kind === undefined) throw new Error(`KIND ${given}: must be one of ${KEY_KINDS.join(', ')}`)
  return kind
}

const create = buildCommand<CreateFlags, [KeyKind], CliContext>({
  loader: async () => {
    const { runCreate } = await import('./run-create.ts')
    return function (this: CliContext, flags: CreateFlags, kind: KeyKind) {
      return runCreate(kind, flags, this)
    }
  },
  parameters: {
    positional: { kind: 'tuple', parameters: [{ brief: KEY_KINDS.join(', '), parse: keyKind, placeholder: 'KIND' }] },
    flags: {
      name: maybe('NAME', 'Name it signs under, such as north/duty-7; a log key: <table>.parley/<party>/<number>'),
      out: text('FILE', 'Where the secret goes (mode 0600); its public half goes beside it as .vkey or .recipient'),
      passphrase: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        brief: 'Protect the secret with a passphrase, asked for on the terminal',
      },
      passphraseFile: maybe('FILE', 'Protect it with the passphrase on the first line of this file'),
      postQuantum: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        brief: 'ML-DSA-44 for a witness or mirror, ML-KEM-768 with X25519 for seals',
      },
      json,
    },
  },
  docs: {
    brief: 'Create a secret key',
    fullDescription: [
      'Creates a key from the random numbers of this machine. The secret file is for its holder alone; a protected one is',
      'an age file under a passphrase, which `age -d` opens as well. Kinds of keys: officer (says acts), root (one of',
      'three custodians), log (signs checkpoints), witness and mirror (cosign heads), seal (opens seals).',
      '',
      ...KEYS_EXIT_HELP,
      '',
      'Examples',
      '  parley keys create officer --name north/duty-7 --out duty-7.key --passphrase',
      '  parley keys create log --name ridge-7.parley/north/1 --out log.key',
      '  parley keys create seal --out duty-desk.key',
    ].join('\n'),
  },
})

const show = buildCommand<ShowFlags, string[], CliContext>({
  loader: async () => {
    const { runShow } = await import('./run-show.ts')
    return function (this: CliContext, flags: ShowFlags, ...keys: string[]) {
      return runShow(keys, flags, this)
    }
  },
  parameters: {
    positional: {
      kind: 'array',
      minimum: 1,
      parameter: { brief: 'A key file, an enrolment, or a public key as text', parse: String, placeholder: 'KEY' },
    },
    flags: { passphraseFile, json },
  },
  docs: {
    brief: 'Show what a key or an enrolment is, never its secret',
    fullDescription: [
      'Shows name, type, key id, vkey and fingerprint (SHA-256 of the vkey) of keys, public or secret, and what stands in',
      'an enrolment and who has signed it.',
      '',
      ...KEYS_EXIT_HELP,
      '',
      'Examples',
      '  parley keys show duty-7.key',
      '  parley keys show enrolment.txt --json',
    ].join('\n'),
  },
})

const vet = buildCommand<VetFlags, string[], CliContext>({
  loader: async () => {
    const { runVet } = await import('./run-show.ts')
    return function (this: CliContext, flags: VetFlags, ...keys: string[]) {
      return runVet(keys, flags, this)
    }
  },
  parameters: {
    positional: {
      kind: 'array',
      minimum: 1,
      parameter: { brief: 'A vkey or recipient as text or file, or an enrolment', parse: String, placeholder: 'KEY' },
    },
    flags: { json },
  },
  docs: {
    brief: 'Say whether public keys may be enrolled, and why not',
    fullDescription: [
      'Vets public keys as an enrolment does: canonical encoding, prime order, key id, name, checksum; and that no key',
      'stands twice among those given. A key on which verifiers disagree would let its holder deny what it signed.',
      '',
      ...KEYS_EXIT_HELP,
      '',
      'Examples',
      '  parley keys vet their-duty-1.vkey their-duty-2.vkey',
      '  parley keys vet their-enrolment.txt',
    ].join('\n'),
  },
})

const sign = buildCommand<SignFlags, [string], CliContext>({
  loader: async () => {
    const { runSign } = await import('./run-sign.ts')
    return function (this: CliContext, flags: SignFlags, file: string) {
      return runSign(file, flags, this)
    }
  },
  parameters: {
    positional: position('An act or an enrolment, signed so far by nobody or by some', 'FILE'),
    flags: { key: several('FILE', 'Secret key to sign with; repeatable'), out, passphraseFile, json },
  },
  docs: {
    brief: 'Add signatures to an act or an enrolment',
    fullDescription: [
      'Adds the signatures of the keys given, so that custodians who do not meet sign one after the other. The text is',
      'checked first and stays as it is.',
      '',
      ...KEYS_EXIT_HELP,
      '',
      'Examples',
      '  parley keys sign enrolment.txt --key log.key --key root-1.key --out enrolment-1.txt',
      '  parley keys sign revoke.act --key root-2.key --out revoke-signed.act',
    ].join('\n'),
  },
})

const make = buildCommand<MakeFlags, [string], CliContext>({
  loader: async () => {
    const { runMake } = await import('./run-enrol.ts')
    return function (this: CliContext, flags: MakeFlags, draft: string) {
      return runMake(draft, flags, this)
    }
  },
  parameters: {
    positional: position('What to enrol, as JSON', 'DRAFT'),
    flags: { out, at: maybe('TIME', 'When it was written, with its zone; default now'), json },
  },
  docs: {
    brief: 'Write the enrolment of one party from a draft',
    fullDescription: [
      'Writes the enrolment text of a party: its log, mirror, witness, root and officer keys, where seals go, TLS keys.',
      'Every key is vetted, none may stand twice. Keys are given as text or as files beside the draft.',
      '',
      ...DRAFT_EXAMPLE,
      '',
      ...KEYS_EXIT_HELP,
      '',
      'Example',
      '  parley keys enrol make north.json --out enrolment.txt',
    ].join('\n'),
  },
})

const commit = buildCommand<CommitFlags, [string], CliContext>({
  loader: async () => {
    const { runCommit } = await import('./run-enrol.ts')
    return function (this: CliContext, flags: CommitFlags, note: string) {
      return runCommit(note, flags, this)
    }
  },
  parameters: {
    positional: position('Our enrolment, signed by every key in it', 'NOTE'),
    flags: { out: text('FILE', 'Where the nonce and the note are kept until both have committed (mode 0600)'), json },
  },
  docs: {
    brief: 'Bind ourselves to our enrolment before we see theirs',
    fullDescription: [
      'Draws a nonce and prints the commit to send: SHA-256 of nonce and text. Both sides send commits first and reveal',
      'after, so that nobody in between can search for an enrolment that gives the same comparison code.',
      '',
      ...KEYS_EXIT_HELP,
      '',
      'Example',
      '  parley keys enrol commit enrolment.txt --out ours.secret',
    ].join('\n'),
  },
})

const reveal = buildCommand<RevealFlags, [string], CliContext>({
  loader: async () => {
    const { runReveal } = await import('./run-enrol.ts')
    return function (this: CliContext, flags: RevealFlags, file: string) {
      return runReveal(file, flags, this)
    }
  },
  parameters: {
    positional: position('What enrol commit kept', 'REVEAL'),
    flags: {
      theirCommit: text('HEX', 'The commit that has come from them'),
      out: text('FILE', 'New file to send to them'),
      json,
    },
  },
  docs: {
    brief: 'Let out our enrolment once their commit has come',
    fullDescription: [
      'Writes the file to send to the other side. Their commit is asked for because revealing before it has come gives',
      'the whole protection away.',
      '',
      ...KEYS_EXIT_HELP,
      '',
      'Example',
      '  parley keys enrol reveal ours.secret --their-commit 5e3a… --out to-send.txt',
    ].join('\n'),
  },
})

const check = buildCommand<CheckFlags, [string, string], CliContext>({
  loader: async () => {
    const { runCheck } = await import('./run-enrol.ts')
    return function (this: CliContext, flags: CheckFlags, ours: string, theirs: string) {
      return runCheck([ours, theirs], flags, this)
    }
  },
  parameters: {
    positional: {
      kind: 'tuple',
      parameters: [
        { brief: 'Our reveal', parse: String, placeholder: 'OURS' },
        { brief: 'Their reveal', parse: String, placeholder: 'THEIRS' },
      ],
    },
    flags: {
      theirCommit: text('HEX', 'The commit they sent before'),
      elsewhere: anyNumber('FILE', 'Enrolment at another table, none of whose keys may stand here; repeatable'),
      used: anyNumber('HEX', 'Commit of an earlier ceremony, which may not come back; repeatable'),
      json,
    },
  },
  docs: {
    brief: 'Check their enrolment and show the code to compare by voice',
    fullDescription: [
      'Checks that what they revealed opens their commit, is fresh, is signed by every key in it, and holds no bad key,',
      'no key of ours and none of another table; then shows both fingerprints and the code of 20 digits that both sides',
      'read to each other over channels nobody in between can speak on.',
      '',
      ...KEYS_EXIT_HELP,
      '',
      'Example',
      '  parley keys enrol check ours.secret from-them.txt --their-commit 5e3a…',
    ].join('\n'),
  },
})

const role = <const T extends string>(...values: readonly T[]) =>
  ({ kind: 'enum', values, brief: 'What the key is for' }) as const
const act = {
  log: text('ORIGIN', 'The log the act is for: <table>.parley/<party>/<number>'),
  key: anyNumber('FILE', 'Secret key to sign with now; others by parley keys sign; repeatable'),
  at: maybe('TIME', 'When it is said to be made, with its zone; default now'),
  out,
  passphraseFile,
  json,
} as const

const delegate = buildCommand<DelegateFlags, [], CliContext>({
  loader: async () => {
    const { runDelegate } = await import('./run-acts.ts')
    return function (this: CliContext, flags: DelegateFlags) {
      return runDelegate(flags, this)
    }
  },
  parameters: {
    flags: {
      vkey: text('VKEY', "The officer's public key, as text or file"),
      person: text('LABEL', 'Who holds it: where two must sign, two keys of one person count once'),
      kind: several('KIND', 'Kind of act it may say, such as message, or a family such as ack.*; repeatable'),
      notAfter: text('TIME', 'When it ends, with its zone'),
      maxPerDay: { kind: 'parsed', parse: wholeNumber('--max-per-day', 1), placeholder: 'N', brief: 'Acts a UTC day' },
      notBeforeIndex: {
        kind: 'parsed',
        parse: wholeNumber('--not-before-index', 0),
        default: '0',
        placeholder: 'INDEX',
        brief: 'Index of the log from which it counts; never before the entry after the act',
      },
      ...act,
    },
  },
  docs: {
    brief: "Write the act that lets an officer's key speak",
    fullDescription: [
      'Writes a key.delegate act as a file to read, sign and append to the log. It needs two custodians of the root, or an',
      'officer whose own scope covers key.delegate and everything delegated; what such an officer delegates goes no',
      'further.',
      '',
      ...KEYS_EXIT_HELP,
      '',
      'Example',
      '  parley keys delegate --log ridge-7.parley/north/1 --vkey duty-7.vkey --person ada --kind message --kind "ack.*" \\',
      '    --not-after 2027-06-30T00:00:00Z --max-per-day 200 --key root-1.key --key root-2.key --out delegate.act',
    ].join('\n'),
  },
})

const rotate = buildCommand<RotateFlags, [], CliContext>({
  loader: async () => {
    const { runRotate } = await import('./run-acts.ts')
    return function (this: CliContext, flags: RotateFlags) {
      return runRotate(flags, this)
    }
  },
  parameters: {
    flags: {
      role: role('officer', 'log', 'mirror', 'witness', 'seal', 'tls'),
      old: text('KEY', 'The key in force: vkey or recipient as text or file, or the digest of a TLS key'),
      new: text('KEY', 'The key that takes its place'),
      ...act,
    },
  },
  docs: {
    brief: 'Write the act by which one key gives way to another',
    fullDescription: [
      'Writes a key.rotate act. An officer: signed by the old and the new key, or by two custodians of the root. A log,',
      'mirror or witness key: by the old key, the new key and two custodians. A recipient or TLS key, which sign nothing:',
      'by two custodians. It takes effect from the next entry on.',
      '',
      ...KEYS_EXIT_HELP,
      '',
      'Example',
      '  parley keys rotate --log ridge-7.parley/north/1 --role officer --old duty-7.vkey --new duty-7b.vkey \\',
      '    --key duty-7.key --key duty-7b.key --out rotate.act',
    ].join('\n'),
  },
})

const revoke = buildCommand<RevokeFlags, [], CliContext>({
  loader: async () => {
    const { runRevoke } = await import('./run-acts.ts')
    return function (this: CliContext, flags: RevokeFlags) {
      return runRevoke(flags, this)
    }
  },
  parameters: {
    flags: {
      role: role('officer', 'root', 'log', 'mirror', 'witness', 'seal', 'tls'),
      target: text('KEY', 'The key to revoke: vkey or recipient as text or file, or the digest of a TLS key'),
      suspectSince: {
        kind: 'parsed',
        parse: wholeNumber('--suspect-since', 0),
        optional: true,
        placeholder: 'INDEX',
        brief: 'Index of the log from which its acts are contested; default none',
      },
      ...act,
    },
  },
  docs: {
    brief: 'Write the act after which a key counts no more',
    fullDescription: [
      'Writes a key.revoke act, signed by two custodians of the root. It looks forward only: acts after it have no effect,',
      'acts before it stand, contested from --suspect-since on. Nothing in the log is undone.',
      '',
      ...KEYS_EXIT_HELP,
      '',
      'Example',
      '  parley keys revoke --log ridge-7.parley/north/1 --role officer --target duty-7.vkey --suspect-since 4120 \\',
      '    --key root-1.key --key root-2.key --out revoke.act',
    ].join('\n'),
  },
})

const desk = buildCommand<DeskFlags, [], CliContext>({
  loader: async () => {
    const { runDesk } = await import('./run-acts.ts')
    return function (this: CliContext, flags: DeskFlags) {
      return runDesk(flags, this)
    }
  },
  parameters: {
    flags: { desk: text('DESK', 'Which desk'), recipient: text('RECIPIENT', 'age1…, as text or file'), ...act },
  },
  docs: {
    brief: 'Write the act that says where a desk receives seals',
    fullDescription: [
      'Writes a key.seal act, signed by two custodians of the root.',
      '',
      ...KEYS_EXIT_HELP,
      '',
      'Example',
      '  parley keys desk --log ridge-7.parley/north/1 --desk night --recipient night.recipient --key root-1.key --key root-2.key --out desk.act',
    ].join('\n'),
  },
})

const enrol = buildRouteMap({
  routes: { make, sign, commit, reveal, check },
  docs: {
    brief: 'Enrol a party at a table: make, sign, commit, reveal, check',
    fullDescription: [
      'The ceremony by which two sides come to know each other’s keys though somebody may sit between them:',
      '',
      '  1  make     write our enrolment; sign it with every key in it',
      '  2  commit   send the commit; wait for theirs',
      '  3  reveal   send our enrolment; wait for theirs',
      '  4  check    vet theirs, and compare the code by voice over two channels',
    ].join('\n'),
  },
})

/** `parley keys`: everything about keys that people do by hand, away from the node. */
export const keys = buildRouteMap({
  routes: { create, show, vet, sign, enrol, delegate, rotate, revoke, desk },
  docs: {
    brief: 'Create, vet, enrol, delegate, rotate and revoke keys',
    fullDescription: [
      'What people do with keys by hand, away from any node: nothing here is sent anywhere. Every act and every enrolment',
      'is written as a file that can be read before it is signed.',
    ].join('\n'),
  },
})
