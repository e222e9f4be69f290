import { charterDraft, openLine, signDraft } from '@parley/client'
import type { LineInvitation, LineJoining, LineReveal } from '@parley/contracts'
import {
  type CharterParty,
  defaultCharter,
  formatCharter,
  MEMBER_ROLES,
  type MemberRole,
  parseCharterText,
} from '@parley/line'
import {
  decodeUtf8,
  encodeUtf8,
  enrolmentFingerprint,
  formatNote,
  isPartyId,
  parseNote,
  type SignatureLine,
  type Signer,
  signText,
} from '@parley/record'
import type { CliContext } from '../context.ts'
import { readBytes, readText, refuseExisting, writeNewFiles } from '../keys/files.ts'
import type { PassphraseFlags } from '../keys/passphrase.ts'
import { openSigners } from '../keys/run-sign.ts'
import { nowSeconds } from '../keys/times.ts'
import { CannotFollow, columns, grouped } from '../keys/usage.ts'
import { readPasted } from './ask.ts'
import { type NodeFlags, newId, openNode, openTable, sign, type TableFlags } from './node.ts'
import { readJsonOrFile } from './read-item.ts'
import { type Told, tell } from './usage.ts'

export interface CreateFlags extends NodeFlags {
  readonly party?: string
  readonly with: readonly string[]
  readonly address?: string
  readonly out?: string
}

export interface InviteFlags extends TableFlags {
  readonly enrolment?: readonly string[]
  readonly out?: string
}

export interface AcceptFlags extends TableFlags {
  readonly address?: string
}

export interface RevealFlags extends TableFlags {
  readonly out?: string
}

export interface CompareFlags extends TableFlags {
  readonly party?: string
  readonly code?: string
}

export interface CharterFlags extends TableFlags, PassphraseFlags {
  readonly make?: string
  readonly member?: readonly string[]
  readonly change?: string
  readonly key?: readonly string[]
  readonly out?: string
}

export interface OpenFlags extends TableFlags, PassphraseFlags {
  readonly root?: readonly string[]
  readonly key?: readonly string[]
}

/** What comes next, in the words of the commands. */
const NEXT: Readonly<Record<LineJoining['next'], string>> = {
  enrolment:
    'fill in the draft, make it by parley keys enrol make, sign it by its officers and roots, then parley line invite --enrolment FILE',
  commits: 'send our invitation (parley line invite), and take those of the others: parley line accept FILE',
  reveals: 'send our reveal (parley line reveal), and take those of the others: parley line accept FILE',
  compare: 'read the codes to each other over two channels: parley line compare --party P --code "…"',
  charter:
    'make the charter (parley line charter --make FILE) or take it (parley line charter FILE --key ROOT1 --key ROOT2)',
  open: 'open the line: parley line open --root ROOT1 --root ROOT2 --key OFFICER',
  nothing: 'the line is open',
}

function joiningLines(joining: LineJoining): string[] {
  const rows: [string, string][] = [
    ['table', `${joining.table}, as ${joining.party}: ${joining.phase}`],
    ['our enrolment', enrolmentText(joining)],
  ]
  for (const peer of joining.peers) {
    const steps = [
      peer.commit === null ? 'has not committed' : 'has committed',
      ...(peer.revealed ? ['has revealed'] : []),
      ...(peer.compared ? ['code compared'] : []),
      peer.address === null ? 'no address' : `at ${peer.address}`,
    ]
    rows.push([peer.party, steps.join(', ')])
  }
  if (joining.charter !== null) {
    const { sha256, missing } = joining.charter
    rows.push([
      'charter',
      `${sha256}, ${missing.length === 0 ? 'signed by all roots' : `roots of ${missing.join(', ')} must sign`}`,
    ])
  }
  rows.push(['next', NEXT[joining.next]])
  return columns(rows)
}

function enrolmentText({ enrolment, enrolmentMissing }: LineJoining): string {
  if (enrolment !== null) return `signed, fingerprint ${grouped(fingerprintOf(enrolment))}`
  return enrolmentMissing.length === 0 ? 'not made yet' : `${enrolmentMissing.join(', ')} must sign`
}

const fingerprintOf = (note: string): string => enrolmentFingerprint(parseNote(encodeUtf8(note)).text)

/** `parley line create TABLE --with P…`: the node makes its keys for a table; what an enrolment must name is written as a draft. */
export function runCreate(name: string, flags: CreateFlags, { process }: CliContext): Promise<void> {
  return tell({ process, json: flags.json, command: 'line create' }, async () => {
    const { out, address } = flags
    if (!isPartyId(name)) throw new CannotFollow('TABLE', name, 'must be 1 to 63 of a to z, 0 to 9 and inner hyphens')
    if (out !== undefined) refuseExisting('--out', out)
    const client = openNode(flags)
    const party = flags.party ?? (await client.list()).party
    if (party === null) throw new CannotFollow('--party', '', 'must be given: the node was started without one')
    for (const one of [party, ...flags.with])
      if (!isPartyId(one)) throw new CannotFollow('--with', one, 'must be a party such as south')
    const parties = [...new Set([party, ...flags.with])].sort()
    const joining = await client.create({ table: name, party, parties, ...(address === undefined ? {} : { address }) })
    const { keys } = joining
    const draft = {
      table: name,
      party,
      log: keys.log,
      mirrors: keys.mirrors,
      witnesses: keys.witnesses,
      root: [],
      officers: [],
      tls: keys.tls,
    }
    const text = `${JSON.stringify(draft, null, 2)}\n`
    if (out !== undefined) writeNewFiles([{ field: '--out', path: out, content: text }])
    const where =
      out === undefined ? ['draft of our enrolment:', text.trimEnd()] : [`draft of our enrolment written to ${out}`]
    return {
      facts: { joining, draft },
      lines: [
        ...joiningLines(joining),
        ...where,
        'It still wants root (three custodians), officers and seal; see parley keys enrol make --help.',
      ],
    }
  })
}

/** `parley line join`: how the ceremony stands. */
export function runJoining(flags: TableFlags, { process }: CliContext): Promise<void> {
  return tell({ process, json: flags.json, command: 'line join' }, async () => {
    const { client, table } = await openTable(flags)
    const joining = await client.joining(table)
    return { facts: joining, lines: [...joiningLines(joining), ...codeLines(joining)] }
  })
}

/** `parley line address PARTY ADDRESS`: where a member is reached from now on; `none`: by files only. */
export function runAddress(
  [party, address]: readonly [string, string],
  flags: TableFlags,
  { process }: CliContext,
): Promise<void> {
  return tell({ process, json: flags.json, command: 'line address' }, async () => {
    const { client, table } = await openTable(flags)
    const joining = await client.putAddress(table, { party, address: address === 'none' ? null : address })
    return { facts: joining, lines: joiningLines(joining) }
  })
}

/** `parley line invite`: takes our enrolment where it is given, and gives what goes to the others first. */
export function runInvite(flags: InviteFlags, { process }: CliContext): Promise<void> {
  return tell({ process, json: flags.json, command: 'line invite' }, async () => {
    if (flags.out !== undefined) refuseExisting('--out', flags.out)
    const notes = (flags.enrolment ?? []).map((path) => readBytes('--enrolment', path))
    const { client, table } = await openTable(flags)
    for (const note of notes) await client.putEnrolment(table, note)
    const joining = await client.joining(table)
    const { invitation } = joining
    if (invitation === null)
      throw new CannotFollow(
        '--enrolment',
        '',
        `must be signed by every key in it first: ${joining.enrolmentMissing.join(', ') || 'there is none yet'}`,
      )
    return carried(invitation, flags, 'invitation', 'send it to every other member; it gives nothing away')
  })
}

/** `parley line reveal`: what goes to the others once all have committed. */
export function runReveal(flags: RevealFlags, { process }: CliContext): Promise<void> {
  return tell({ process, json: flags.json, command: 'line reveal' }, async () => {
    if (flags.out !== undefined) refuseExisting('--out', flags.out)
    const { client, table } = await openTable(flags)
    return carried(await client.reveal(table), flags, 'reveal', 'send it to every other member')
  })
}

/** What goes to others by whatever carrier: one line of JSON, to a file or to be pasted. */
function carried(
  value: LineInvitation | LineReveal,
  { out }: { readonly out?: string },
  what: string,
  next: string,
): Told {
  const line = JSON.stringify(value)
  if (out === undefined) return { facts: value, lines: [line] }
  writeNewFiles([{ field: '--out', path: out, content: `${line}\n` }])
  return { facts: { ...value, file: out }, lines: [`${what} written to ${out}: ${next}`] }
}

/** `parley line accept FILE…`: takes invitations and reveals of others, in any order; `-` reads what is pasted. */
export function runAccept(files: readonly string[], flags: AcceptFlags, { process }: CliContext): Promise<void> {
  return tell({ process, json: flags.json, command: 'line accept' }, async () => {
    const texts: string[] = []
    for (const file of files) texts.push(file === '-' ? await readPasted('FILE') : readText('FILE', file))
    const found = texts.flatMap((text, i) => carriedIn(text, files[i] as string))
    const { client, table } = await openTable(flags)
    for (const one of found)
      if (one.table !== table) throw new CannotFollow('FILE', one.party, `is for the table ${one.table}, not ${table}`)
    if (flags.address !== undefined && new Set(found.map(({ party }) => party)).size !== 1)
      throw new CannotFollow('--address', flags.address, 'must go with what one party sent')
    // A promise comes before what it promised, in whatever order the files were named.
    for (const one of found) if ('commit' in one) await client.putCommit(table, one)
    for (const one of found) if ('nonce' in one) await client.putReveal(table, one)
    const [first] = found
    if (flags.address !== undefined && first !== undefined)
      await client.putAddress(table, { party: first.party, address: flags.address })
    const joining = await client.joining(table)
    return { facts: joining, lines: [...joiningLines(joining), ...codeLines(joining)] }
  })
}

/** Invitations and reveals in a text: one JSON object to a line. @throws {CannotFollow} */
function carriedIn(text: string, file: string): (LineInvitation | LineReveal)[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  if (lines.length === 0) throw new CannotFollow('FILE', file, 'must hold an invitation or a reveal, and is empty')
  return lines.map((line) => {
    let value: unknown
    try {
      value = JSON.parse(line)
    } catch (cause) {
      throw new CannotFollow('FILE', file, 'must hold an invitation or a reveal, one JSON object to a line', { cause })
    }
    const { v, table, party, commit, nonce } = (value ?? {}) as Readonly<Record<string, unknown>>
    if (
      v !== 1 ||
      typeof table !== 'string' ||
      typeof party !== 'string' ||
      (commit === undefined) === (nonce === undefined)
    )
      throw new CannotFollow(
        'FILE',
        file,
        'must hold an invitation or a reveal as parley line invite and reveal write them',
      )
    return value as LineInvitation | LineReveal
  })
}

/** The 20 digits in four groups, and what to do with them. */
function codeLines({ peers }: LineJoining): string[] {
  const known = peers.filter(({ code, compared }) => code !== null && !compared)
  if (known.length === 0) return []
  return [
    '',
    ...known.flatMap(({ party, code, fingerprint }) => [
      `${party}  code         ${code ?? ''}`,
      `${''.padEnd(party.length)}  fingerprint  ${grouped(fingerprint ?? '')}`,
    ]),
    '',
    'Read the code aloud to each other, all four groups, over two channels of their own (in person, and by voice between',
    'officers who have met), and compare the fingerprint on paper. If one digit differs, stop: somebody is in between.',
  ]
}

/** `parley line compare`: shows the codes, or takes the one the other side has read out. */
export function runCompare(flags: CompareFlags, { process }: CliContext): Promise<void> {
  return tell({ process, json: flags.json, command: 'line compare' }, async () => {
    const { client, table } = await openTable(flags)
    if (flags.code !== undefined) {
      const { party, code } = flags
      if (party === undefined) throw new CannotFollow('--party', '', 'must say who has read that code')
      if (!/^(?:\s*\d){20}\s*$/.test(code))
        throw new CannotFollow('--code', code, 'must be the 20 digits as they were read')
      const joining = await client.compare(table, { party, code })
      return { facts: joining, lines: [`the code of ${party} is the same on both sides`, ...joiningLines(joining)] }
    }
    const joining = await client.joining(table)
    const peers = joining.peers.filter(({ party }) => flags.party === undefined || party === flags.party)
    if (peers.length === 0) throw new CannotFollow('--party', flags.party ?? '', 'must be another member of the table')
    const [waiting] = peers.filter(({ code }) => code === null)
    if (waiting !== undefined && peers.every(({ code }) => code === null))
      throw new CannotFollow('--party', waiting.party, 'must reveal first: there is no code yet')
    const lines = codeLines({ ...joining, peers })
    return {
      facts: {
        table,
        peers: peers.map(({ party, code, fingerprint, compared }) => ({ party, code, fingerprint, compared })),
      },
      lines: lines.length === 0 ? ['every code is compared'] : lines.slice(1),
    }
  })
}

const MEMBER = /^([a-z0-9-]+):(party|guarantor|observer)(?::([a-z0-9-]+(?:,[a-z0-9-]+)*)?)?(?::(.+))?$/

/** What the charter says of a member: given, or a party with the roles duty and lead. @throws {CannotFollow} */
function membersOf(given: readonly string[], joining: LineJoining): CharterParty[] {
  const said = new Map<string, { role: MemberRole; roles: readonly string[]; title: string }>()
  for (const text of given) {
    const [, party, kind, roles, title] = MEMBER.exec(text) ?? []
    const role = MEMBER_ROLES.find((one) => one === kind)
    if (party === undefined || role === undefined)
      throw new CannotFollow('--member', text, `must be PARTY:${MEMBER_ROLES.join('|')}[:ROLE,ROLE[:TITLE]]`)
    said.set(party, { role, roles: roles === undefined ? ['duty', 'lead'] : roles.split(','), title: title ?? party })
  }
  const fingerprints = new Map(joining.peers.map(({ party, fingerprint }) => [party, fingerprint]))
  fingerprints.set(joining.party, joining.enrolment === null ? null : fingerprintOf(joining.enrolment))
  const stranger = [...said.keys()].find((party) => !fingerprints.has(party))
  if (stranger !== undefined)
    throw new CannotFollow('--member', stranger, `must be one of ${[...fingerprints.keys()].join(', ')}`)
  return [...fingerprints].map(([party, enrolment]) => {
    if (enrolment === null)
      throw new CannotFollow('--make', party, 'must have revealed its enrolment before the charter can name it')
    const { role, roles, title } = said.get(party) ?? { role: 'party' as const, roles: ['duty', 'lead'], title: party }
    return { party, role, roles: [...roles], title: { en: title }, enrolment }
  })
}

/** `parley line charter`: makes the charter, or signs and hands over one that is there. */
export function runCharter(path: string | undefined, flags: CharterFlags, { process }: CliContext): Promise<void> {
  return tell({ process, json: flags.json, command: 'line charter' }, async () => {
    const { make, out } = flags
    if ((make === undefined) === (path === undefined) && !(make === undefined && path === undefined))
      throw new CannotFollow('--make', make ?? '', 'must not go with a charter that is there already')
    if (make !== undefined) return makeCharter(make, flags)
    if (out !== undefined) refuseExisting('--out', out)
    const signers = await openSigners(flags.key ?? [], flags)
    const given = path === undefined ? null : readCharter(path)
    const { client, table } = await openTable(flags)
    const here = (await client.joining(table)).charter
    const note = given ?? (here === null ? null : parseNote(encodeUtf8(here.note)))
    if (note === null) throw new CannotFollow('FILE', '', 'must be given: the node has no charter yet')
    const signed = withLines(note, signers)
    const joining =
      signed.signatures.length === 0 || (given === null && signers.length === 0)
        ? await client.joining(table)
        : await client.putCharter(table, formatNote(signed))
    const { charter } = joining
    if (charter === null)
      throw new CannotFollow('--key', '', 'must be given: a charter that nobody has signed cannot be handed over')
    if (out !== undefined) writeNewFiles([{ field: '--out', path: out, content: charter.note }])
    return {
      facts: joining,
      lines: [
        ...joiningLines(joining),
        ...(out === undefined ? [] : [`charter with all its signatures written to ${out}`]),
      ],
    }
  })
}

async function makeCharter(path: string, flags: CharterFlags): Promise<Told> {
  refuseExisting('--make', path)
  const { client, table } = await openTable(flags)
  const parties = membersOf(flags.member ?? [], await client.joining(table))
  const change = flags.change === undefined ? {} : (readJsonOrFile('--change', flags.change) as object)
  const text = formatCharter(defaultCharter({ table, atS: nowSeconds(), parties, change }))
  const { clocks, heartbeatS } = parseCharterText(text)
  writeNewFiles([{ field: '--make', path, content: text }])
  return {
    facts: { file: path, table, parties, clocks, heartbeatS },
    lines: [
      `charter of ${table} written to ${path}: read it, change what you agree to change, then let two custodians of every root sign it:`,
      `  parley line charter ${path} --key root-1.key --key root-2.key --out charter.note`,
    ],
  }
}

interface Unsigned {
  readonly text: string
  readonly signatures: readonly SignatureLine[]
}

/** The text of a charter, or the note of one that some have signed. @throws {CannotFollow} @throws {LineError} */
function readCharter(path: string): Unsigned {
  const bytes = readBytes('FILE', path)
  const text = decodeUtf8(bytes, 'FILE')
  if (text.includes('\n\n')) return parseNote(bytes)
  parseCharterText(text)
  return { text, signatures: [] }
}

function withLines({ text, signatures }: Unsigned, signers: readonly Signer[]): Unsigned {
  const fresh = signers.filter(
    ({ key }) => !signatures.some((line) => line.name === key.name && line.keyId === key.keyId),
  )
  return { text, signatures: [...signatures, ...fresh.map((signer) => signText(text, signer, nowSeconds()))] }
}

/** `parley line open`: entry 0 by two custodians of the root, then line.open by an officer. */
export function runOpen(flags: OpenFlags, { process }: CliContext): Promise<void> {
  return tell({ process, json: flags.json, command: 'line open' }, async () => {
    const roots = await openSigners(flags.root ?? [], flags)
    const officers = await openSigners(flags.key ?? [], flags)
    const { client, table } = await openTable(flags)
    const before = await client.joining(table)
    if (before.phase !== 'open' && roots.length < 2)
      throw new CannotFollow('--root', '', 'must be given twice: two custodians of the root sign entry 0 of our log')
    let joining = before
    if (before.phase !== 'open') {
      const { draft, input } = charterDraft(before, { atS: nowSeconds() })
      joining = await client.open(table, signDraft(draft, input, { id: newId(), signers: roots }))
    }
    if (officers.length === 0)
      return {
        facts: joining,
        lines: [...joiningLines(joining), 'not open yet: an officer says so by parley line open --key FILE'],
      }
    const accepted = await client.post(table, sign(await client.draft(table), openLine(), officers))
    return {
      facts: { ...accepted, joining },
      lines: [`${table} is open on our side, entry ${accepted.index} of ${accepted.origin}`],
    }
  })
}
