import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { LineClient } from '@parley/client'
import { parseCheckpoint, parseNote } from '@parley/record'
import type { CliContext } from '../context.ts'
import { systemReason, writeNewFiles } from '../keys/files.ts'
import { CannotFollow } from '../keys/usage.ts'
import { openTable, type TableFlags } from './node.ts'
import { LINE_EXIT, tell } from './usage.ts'

export interface ExportFlags extends TableFlags {
  readonly to?: readonly string[]
  readonly from?: number
}

/** Nothing a node writes for a file is longer. */
const MAX_BYTES = 20 << 20
const FILE = /^([a-z0-9-]+)\.([a-z0-9-]+)-to-([a-z0-9-]+)\.(\d{1,16})-(\d{1,16})\.(checkpoint|entries|receipt)$/
/** A head first, then the entries under it; receipts stand alone. */
const ORDER = ['checkpoint', 'entries', 'receipt'] as const
type Kind = (typeof ORDER)[number]

interface Carried {
  readonly name: string
  readonly table: string
  readonly author: string
  readonly to: string
  /** Where it begins: the size the receiver is taken to have. */
  readonly from: number
  readonly size: number
  readonly kind: Kind
}

const nameOf = ({ table, author, to, from, size, kind }: Omit<Carried, 'name'>): string =>
  `${table}.${author}-to-${to}.${from}-${size}.${kind}`

/** Names may hold hyphens, so the parties are told apart by whom the table has. */
function carriedOf(name: string): Carried | null {
  const [, table, author, to, from, size, kind] = FILE.exec(name) ?? []
  const known = ORDER.find((one) => one === kind)
  if (table === undefined || author === undefined || to === undefined || known === undefined) return null
  return { name, table, author, to, from: Number(from), size: Number(size), kind: known }
}

/**
 * `parley line export DIR`: everything the other members have no receipt for, and our receipts for what is theirs, as files for a stick
 * or a radio. The bytes are those that go over the wire.
 */
export function runExport(dir: string, flags: ExportFlags, { process }: CliContext): Promise<void> {
  return tell({ process, json: flags.json, command: 'line export' }, async () => {
    const { client, table } = await openTable(flags)
    const state = await client.state(table)
    const peers = state.parties.filter(({ own, party }) => !own && (flags.to === undefined || flags.to.includes(party)))
    const stranger = flags.to?.find((party) => !peers.some((peer) => peer.party === party))
    if (stranger !== undefined) throw new CannotFollow('--to', stranger, 'must be another member of the table')
    try {
      mkdirSync(dir, { recursive: true })
    } catch (cause) {
      throw new CannotFollow('DIR', dir, `cannot be made: ${systemReason(cause)}`, { cause })
    }
    const written: string[] = []
    const there: string[] = []
    const keep = (one: Omit<Carried, 'name'>, bytes: Uint8Array): void => {
      const name = nameOf(one)
      // The same name is the same bytes: a file from an earlier round, perhaps of an export that was cut short by nobody.
      if (exists(join(dir, name))) there.push(name)
      else {
        writeNewFiles([{ field: 'DIR', path: join(dir, name), content: bytes }])
        written.push(name)
      }
    }
    for (const { party, link } of peers) {
      const from = flags.from ?? link?.receivedByThem ?? 0
      await exportLog(client, { table, author: state.party, to: party, from }, keep)
      if ((link?.heldHere ?? 0) === 0) continue
      const receipt = await client.carrierReceipt(table, party)
      const { size } = parseCheckpoint(parseNote(receipt).text)
      keep({ table, author: state.party, to: party, from: 0, size, kind: 'receipt' }, receipt)
    }
    const lines = [
      ...written.map((name) => `written ${join(dir, name)}`),
      ...there.map((name) => `there already: ${name}`),
    ]
    return {
      facts: { dir, written, there },
      lines: lines.length === 0 ? ['nothing to carry: the others have receipts for all of it'] : lines,
    }
  })
}

type Where = Pick<Carried, 'table' | 'author' | 'to' | 'from'>

async function exportLog(
  client: LineClient,
  { table, author, to, from }: Where,
  keep: (one: Omit<Carried, 'name'>, bytes: Uint8Array) => void,
): Promise<void> {
  const first = await client.carrierEntries(table, { party: to, from })
  const { size } = first
  if (size === from) return
  keep(
    { table, author, to, from, size, kind: 'checkpoint' },
    await client.carrierCheckpoint(table, { party: to, from }),
  )
  let piece = first
  for (let at = from; ; ) {
    keep({ table, author, to, from: at, size: piece.next, kind: 'entries' }, piece.bytes)
    if (piece.next >= size) return
    if (piece.next <= at) throw new CannotFollow('DIR', '', `got no further than entry ${at} of ${size}`)
    at = piece.next
    piece = await client.carrierEntries(table, { party: to, from: at })
    // What was appended meanwhile belongs to another head and goes with the next export.
    if (piece.size !== size) return
  }
}

/** `parley line import DIR`: hands over what others have carried here, held to the same proofs as on the wire. */
export function runImport(dir: string, flags: TableFlags, { process }: CliContext): Promise<void> {
  return tell({ process, json: flags.json, command: 'line import' }, async () => {
    const { client, table } = await openTable(flags)
    const state = await client.state(table)
    const members = new Set(state.parties.map(({ party }) => party))
    const found = namesIn(dir)
      .flatMap((name) => carriedOf(name) ?? [])
      .filter((one) => one.table === table && one.to === state.party && members.has(one.author))
      .sort(
        (a, b) =>
          a.author.localeCompare(b.author) ||
          Number(a.kind === 'receipt') - Number(b.kind === 'receipt') ||
          a.from - b.from ||
          ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) ||
          a.size - b.size,
      )
    if (found.length === 0)
      throw new CannotFollow(
        'DIR',
        dir,
        `must hold files for ${state.party} at ${table}, as parley line export writes them`,
      )
    const results: { name: string; status: number; text: string }[] = []
    for (const one of found) {
      const bytes = readCarried(join(dir, one.name))
      if (one.kind === 'receipt') {
        const { size } = await client.carrierTakeReceipt(table, { party: one.author, bytes })
        results.push({ name: one.name, status: 200, text: `receipt of ${one.author} for our entries up to ${size}` })
      } else {
        const { status, text } = await client.carrierTake(table, { party: one.author, kind: one.kind, bytes })
        results.push({ name: one.name, status, text: answerText(one, { status, text }) })
      }
    }
    const taken = await client.state(table)
    const held = taken.parties.flatMap(({ own, party, link }) =>
      own ? [] : [`${party}: ${link?.heldHere ?? 0} entries held here`],
    )
    return {
      facts: {
        dir,
        results,
        parties: taken.parties.map(({ party, size, link }) => ({ party, size, heldHere: link?.heldHere ?? null })),
      },
      lines: [
        ...results.map(({ name, text }) => `${name}: ${text}`),
        ...held,
        'parley line export writes the receipts to carry back',
      ],
      code: LINE_EXIT.done,
    }
  })
}

function answerText({ kind }: Carried, { status, text }: { readonly status: number; readonly text: string }): string {
  if (status === 200) return kind === 'entries' ? 'taken, cosigned' : 'head known and cosigned'
  if (status === 202) return kind === 'entries' ? 'taken, more is wanted' : 'head known, its entries are wanted'
  const said = text.trim().split('\n', 1)[0] ?? ''
  return `not needed as it stands: what is held here differs from where it begins (${said.slice(0, 80)})`
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch (cause) {
    throw new CannotFollow('DIR', dir, `cannot be read: ${systemReason(cause)}`, { cause })
  }
}

const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined

function readCarried(path: string): Uint8Array {
  try {
    if (statSync(path).size > MAX_BYTES) throw new CannotFollow('DIR', path, `must be at most ${MAX_BYTES} bytes`)
    return new Uint8Array(readFileSync(path))
  } catch (cause) {
    if (cause instanceof CannotFollow) throw cause
    throw new CannotFollow('DIR', path, `cannot be read: ${systemReason(cause)}`, { cause })
  }
}
