import { randomBytes } from 'node:crypto'
import { type ActInput, countersign, createLineClient, type LineClient, signDraft } from '@parley/client'
import type { LineDraft, LineTableState } from '@parley/contracts'
import type { Signer } from '@parley/record'
import { readText } from '../keys/files.ts'
import type { PassphraseFlags } from '../keys/passphrase.ts'
import { openSigners } from '../keys/run-sign.ts'
import { CannotFollow } from '../keys/usage.ts'

/** Flags by which every command of `parley line` finds its node. */
export interface NodeFlags {
  readonly node: string
  readonly tokenFile?: string
  readonly json: boolean
}

/** As for a table of it. */
export interface TableFlags extends NodeFlags {
  readonly table?: string
}

/** As for an act that is signed here. */
export interface SignFlags extends TableFlags, PassphraseFlags {
  readonly key: readonly string[]
}

/** The node's client. @throws {CannotFollow} */
export function openNode({ node, tokenFile }: NodeFlags): LineClient {
  const text = /^[a-z]+:\/\//i.test(node) ? node : `http://${node}`
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '')
    throw new CannotFollow('--node', node, 'must be the address of a node, such as http://localhost:8080')
  return createLineClient({
    baseUrl: text,
    ...(tokenFile === undefined ? {} : { token: readToken(tokenFile) }),
  })
}

function readToken(file: string): string {
  const token = readText('--token-file', file).trim()
  if (/^[0-9a-f]{64}$/.test(token)) return token
  throw new CannotFollow('--token-file', file, 'must hold the token of the node, as its keys/desk.token does')
}

/** The client and the table meant: the one named, or the only one there is. @throws {CannotFollow} */
export async function openTable(
  flags: TableFlags & Partial<Pick<SignFlags, 'key'>>,
): Promise<{ readonly client: LineClient; readonly table: string }> {
  // A key that cannot be read shows before anybody is asked anything.
  for (const path of flags.key ?? []) readText('--key', path)
  const client = openNode(flags)
  if (flags.table !== undefined) return { client, table: flags.table }
  const { tables } = await client.list()
  const [only] = tables
  if (only === undefined) throw new CannotFollow('--table', '', 'must be named: the node has no table yet')
  if (tables.length > 1) {
    const rule = `must say which table: the node has ${tables.map(({ table }) => table).join(', ')}`
    throw new CannotFollow('--table', '', rule)
  }
  return { client, table: only.table }
}

/** Signers of the key files given. @throws {CannotFollow} */
export const signersOf = (flags: SignFlags): Promise<Signer[]> => openSigners(flags.key, flags)

export const newId = (): string => randomBytes(16).toString('hex')

/** An act from the node's newest draft, signed. */
export function sign(draft: LineDraft, input: ActInput, signers: readonly Signer[]): Uint8Array {
  return signDraft(draft, input, { id: newId(), signers })
}

/** The act with every signer more. */
export const countersigned = (note: Uint8Array, signers: readonly Signer[]): Uint8Array =>
  signers.reduce((signed, signer) => countersign(signed, signer), note)

/** Our own row of a table's state. */
export function ownRow(state: LineTableState): LineTableState['parties'][number] {
  const own = state.parties.find((row) => row.own)
  if (own === undefined) throw new CannotFollow('--table', state.table, 'must be open: its charter is not signed yet')
  return own
}

/** A role of ours: the one given, or the first of the charter's. @throws {CannotFollow} */
export function roleOf(flag: string, given: string | undefined, state: LineTableState): string {
  if (given !== undefined) return given.includes('.') ? given : `${state.party}.${given}`
  const [first] = ownRow(state).roles
  if (first === undefined) throw new CannotFollow(flag, '', 'must be given: the charter names no role of ours')
  return `${state.party}.${first}`
}
