import {
  ENROLMENT_HEADER,
  type Enrolment,
  encodeHex,
  encodeUtf8,
  enrolmentFingerprint,
  enrolmentSignatures,
  formatKeyId,
  formatVkey,
  keyFingerprint,
  keysOf,
  openEnrolment,
  parseEnrolmentText,
  parseNote,
  type VerifierKey,
} from '@parley/record'
import type { CliContext } from '../context.ts'
import { readText } from './files.ts'
import { isSecretText, openSecret, type PublicKey, publicKeyOf, TYPE_NAMES } from './key-file.ts'
import type { PassphraseFlags } from './passphrase.ts'
import { columns, grouped, KEYS_EXIT, type Outcome, problemOf, tellOutcome } from './usage.ts'

/** Flags of `parley keys show` as parsed. */
export interface ShowFlags extends PassphraseFlags {
  readonly json: boolean
}

/** Flags of `parley keys vet` as parsed. */
export interface VetFlags {
  readonly json: boolean
}

/** `parley keys show KEY…`: what keys and enrolments are, never their secret. */
export function runShow(given: readonly string[], flags: ShowFlags, { process }: CliContext): Promise<void> {
  return tellOutcome({ process, json: flags.json, command: 'show' }, async () => {
    const shown: Outcome[] = []
    for (const item of given) shown.push(await show(item, flags))
    return {
      facts: { keys: shown.map(({ facts }) => facts) },
      lines: shown.flatMap(({ lines }, i) => (i === 0 ? lines : ['', ...lines])),
    }
  })
}

async function show(given: string, flags: PassphraseFlags): Promise<Outcome> {
  const text = /[+]|^age1/.test(given) ? null : readText('KEY', given)
  if (text?.startsWith(ENROLMENT_HEADER) === true) return showEnrolment(text)
  if (text !== null && isSecretText(text)) {
    const secret = await openSecret('KEY', given, flags)
    const key: PublicKey =
      secret.kind === 'signer'
        ? { kind: 'vkey', key: secret.signer.key }
        : { kind: 'recipient', recipient: secret.recipient }
    return showKey(key, given)
  }
  return showKey(publicKeyOf('KEY', given), null)
}

function showKey(shown: PublicKey, secret: string | null): Outcome {
  const held: [string, string][] = secret === null ? [] : [['secret', secret]]
  const from = secret === null ? {} : { secret }
  if (shown.kind === 'recipient') {
    const { recipient } = shown
    return { facts: { recipient, ...from }, lines: columns([...held, ['recipient', recipient]]) }
  }
  const { key } = shown
  const fingerprint = keyFingerprint(key)
  const type = TYPE_NAMES[key.type]
  const keyId = formatKeyId(key.keyId)
  return {
    facts: { name: key.name, type, keyId, vkey: formatVkey(key), fingerprint, ...from },
    lines: columns([
      ...held,
      ['name', key.name],
      ['type', type],
      ['key id', keyId],
      ['vkey', formatVkey(key)],
      ['fingerprint', grouped(fingerprint)],
    ]),
  }
}

function showEnrolment(text: string): Outcome {
  const signed = text.includes('\n\n')
  const note = signed ? parseNote(encodeUtf8(text)) : { text, signatures: [] }
  const enrolment = parseEnrolmentText(note.text)
  const { missing } = enrolmentSignatures({ enrolment, text: note.text }, note.signatures)
  const fingerprint = enrolmentFingerprint(note.text)
  return {
    facts: { ...enrolmentFacts(enrolment), fingerprint, unsigned: missing.map(({ name }) => name) },
    lines: [
      ...enrolmentLines(enrolment),
      ...columns([
        ['fingerprint', grouped(fingerprint)],
        [
          'signed by',
          missing.length === 0 ? 'every key in it' : `not yet by ${missing.map(({ name }) => name).join(', ')}`,
        ],
      ]),
    ],
  }
}

/** An enrolment as JSON for a program. */
export function enrolmentFacts(enrolment: Enrolment): Readonly<Record<string, unknown>> {
  const { table, party, atS, log, mirrors, witnesses, root, officers, desks, tlsPins } = enrolment
  return {
    table,
    party,
    at: new Date(atS * 1000).toISOString(),
    log: formatVkey(log),
    mirrors: mirrors.map(formatVkey),
    witnesses: witnesses.map(formatVkey),
    root: root.map(({ person, key }) => ({ person, vkey: formatVkey(key) })),
    officers: officers.map(({ key, person, kinds, notAfterS, maxPerDay }) => ({
      person,
      vkey: formatVkey(key),
      kinds,
      notAfter: new Date(notAfterS * 1000).toISOString(),
      maxPerDay,
    })),
    seal: desks,
    tls: tlsPins,
  }
}

/** An enrolment for a reader who compares it line by line. */
export function enrolmentLines(enrolment: Enrolment): string[] {
  const { table, party, atS, log, mirrors, witnesses, root, officers, desks, tlsPins } = enrolment
  const short = (key: VerifierKey): string =>
    `${key.name} ${grouped(encodeHex(key.publicKey).slice(0, 32))}${key.publicKey.length > 32 ? ' …' : ''}`
  return columns([
    ['party', `${party} at ${table}, written ${new Date(atS * 1000).toISOString()}`],
    ['log', short(log)],
    ...mirrors.map((key): [string, string] => ['mirror', short(key)]),
    ...witnesses.map((key): [string, string] => ['witness', short(key)]),
    ...root.map(({ person, key }): [string, string] => ['root', `${person}: ${short(key)}`]),
    ...officers.map(({ person, key, kinds, notAfterS, maxPerDay }): [string, string] => [
      'officer',
      `${person}: ${short(key)}, ${kinds.join(' ')}, ${maxPerDay} a day, until ${new Date(notAfterS * 1000).toISOString()}`,
    ]),
    ...desks.map(({ desk, recipient }): [string, string] => ['seals', `${desk}: ${recipient}`]),
    ...tlsPins.map((pin): [string, string] => ['tls', grouped(pin)]),
  ])
}

/** `parley keys vet KEY…`: whether keys may be enrolled; each that may not is told why. */
export function runVet(given: readonly string[], { json }: VetFlags, { process }: CliContext): Promise<void> {
  return tellOutcome({ process, json, command: 'vet' }, () => {
    const seen = new Map<string, string>()
    const verdicts = given.map((item) => vet(item, seen))
    const refused = verdicts.filter(({ facts }) => facts.verdict === 'refused').length
    return {
      facts: { keys: verdicts.map(({ facts }) => facts), refused },
      lines: [...verdicts.flatMap(({ lines }) => lines), `${given.length - refused} good, ${refused} refused`],
      code: refused === 0 ? KEYS_EXIT.done : KEYS_EXIT.refused,
    }
  })
}

/** Vets one; `seen` holds the public keys before it and where they stood, since none may be enrolled twice. */
function vet(given: string, seen: Map<string, string>): Outcome {
  try {
    const keys = keysIn(given)
    for (const key of keys) {
      const content = key.kind === 'vkey' ? encodeHex(key.key.publicKey) : key.recipient
      const before = seen.get(content)
      if (before !== undefined) {
        const rule = `must not be a key that stands twice; it is that of ${before}`
        return {
          facts: { given, verdict: 'refused', field: 'public key', rule },
          lines: [`refused  ${shortened(given)}`, `         ${rule}`],
        }
      }
      seen.set(content, given)
    }
    const names = keys.map((key) => (key.kind === 'vkey' ? key.key.name : key.recipient))
    return { facts: { given, verdict: 'good', names }, lines: names.map((name) => `good     ${name}`) }
  } catch (error) {
    const problem = problemOf(error)
    if (problem === null || problem.code !== KEYS_EXIT.refused) throw error
    return {
      facts: { given, verdict: 'refused', ...problem.facts },
      lines: [`refused  ${shortened(given)}`, `         ${problem.text}`],
    }
  }
}

const shortened = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text)

function keysIn(given: string): readonly PublicKey[] {
  const text = /[+]|^age1/i.test(given) ? null : readText('KEY', given)
  if (text?.startsWith(ENROLMENT_HEADER) !== true) return [publicKeyOf('KEY', given)]
  const enrolment = text.includes('\n\n') ? openEnrolment(encodeUtf8(text)).enrolment : parseEnrolmentText(text)
  return [
    ...keysOf(enrolment).map((key): PublicKey => ({ kind: 'vkey', key })),
    ...enrolment.desks.map(({ recipient }): PublicKey => ({ kind: 'recipient', recipient })),
  ]
}
