import {
  type ActInput,
  closeLine,
  closeWatch,
  type Handover,
  handoverOf,
  type LineClient,
  openWatch,
  resumeLine,
  suspendLine,
} from '@parley/client'
import type { LineMessages } from '@parley/contracts'
import type { CloseReason, SuspensionReason, SuspensionScope } from '@parley/line'
import type { Signer } from '@parley/record'
import type { CliContext } from '../context.ts'
import { readBytes, refuseExisting, writeNewFiles } from '../keys/files.ts'
import { nowSeconds, unixSeconds } from '../keys/times.ts'
import { CannotFollow } from '../keys/usage.ts'
import { confirm } from './ask.ts'
import { countersigned, openTable, ownRow, roleOf, type SignFlags, sign, signersOf } from './node.ts'
import { when } from './show.ts'
import { type Told, tell } from './usage.ts'

/** An act that more than one person signs may go round as a file first. */
export interface SharedFlags extends SignFlags {
  readonly out?: string
}

export interface SuspendFlags extends SharedFlags {
  readonly reason: SuspensionReason
  readonly scope: SuspensionScope
  readonly since?: string
  readonly until?: string
  readonly safetyOnly: boolean
}

export interface CloseLineFlags extends SharedFlags {
  readonly reason: CloseReason
  readonly yes: boolean
}

export interface WatchFlags extends SignFlags {
  readonly notes?: string
}

export interface PostFlags extends SignFlags {
  readonly out?: string
}

/** Posts a signed note, or writes it for others to sign when there is a file to write it to. */
export async function postOrWrite(
  { client, table, out }: { readonly client: LineClient; readonly table: string; readonly out: string | undefined },
  note: Uint8Array,
  what: string,
): Promise<Told> {
  if (out !== undefined) {
    writeNewFiles([{ field: '--out', path: out, content: note }])
    return {
      facts: { written: out },
      lines: [`written ${out}, not sent: the next officer signs and sends it by parley line post ${out} --key FILE`],
    }
  }
  const accepted = await client.post(table, note)
  return { facts: accepted, lines: [`${what}, entry ${accepted.index} of ${accepted.origin}`] }
}

async function declare(
  flags: SharedFlags,
  prepare: (client: LineClient, table: string) => Promise<{ readonly input: ActInput; readonly what: string }>,
): Promise<Told> {
  if (flags.out !== undefined) refuseExisting('--out', flags.out)
  const { client, table } = await openTable(flags)
  const { input, what } = await prepare(client, table)
  const signers: Signer[] = await signersOf(flags)
  const note = sign(await client.draft(table), input, signers)
  return postOrWrite({ client, table, out: flags.out }, note, what)
}

/** `parley line suspend`: a statement of our side. Safety traffic passes all the same. */
export function runSuspend(flags: SuspendFlags, { process }: CliContext): Promise<void> {
  return tell({ process, json: flags.json, command: 'line suspend' }, async () => {
    const sinceS = flags.since === undefined ? nowSeconds() : unixSeconds('--since', flags.since)
    const untilS = flags.until === undefined ? null : unixSeconds('--until', flags.until)
    if (untilS !== null && untilS <= sinceS)
      throw new CannotFollow('--until', flags.until ?? '', 'must be later than --since')
    const { scope, reason, safetyOnly } = flags
    return declare(flags, () =>
      Promise.resolve({
        input: suspendLine({ scope, reason, sinceS, untilS, safetyOnly }),
        what: `suspended since ${when(sinceS)}: ${reason}, scope ${scope}`,
      }),
    )
  })
}

/** `parley line resume`: takes back the suspension of ours that stands. */
export function runResume(flags: SharedFlags, { process }: CliContext): Promise<void> {
  return tell({ process, json: flags.json, command: 'line resume' }, () =>
    declare(flags, async (client, table) => {
      const { declared } = ownRow(await client.state(table))
      if (declared.kind !== 'suspended' || declared.act === null)
        throw new CannotFollow('--table', table, `must be suspended by our side; it declares ${declared.kind}`)
      const { origin, index } = declared.act
      const { acts } = await client.acts(table, { origin, from: index, limit: 1 })
      const [act] = acts
      if (act === undefined || act.index !== index)
        throw new CannotFollow('--table', table, `has no entry ${index} of ${origin}: ask the node again`)
      return {
        input: resumeLine({ o: origin, i: index, h: act.leaf }),
        what: `resumed: the suspension at ${index} is over`,
      }
    }),
  )
}

/** `parley line digest`: says what our node makes of the logs, to be held against what the others make of them. */
export function runDigest(flags: SignFlags, { process }: CliContext): Promise<void> {
  return tell({ process, json: flags.json, command: 'line digest' }, () =>
    declare(flags, async (client, table) => {
      const { stateDigest } = await client.digestDraft(table)
      if (stateDigest === undefined || stateDigest === null)
        throw new CannotFollow('--node', client.baseUrl, 'must tell its state digest: it is of an older version')
      const { digest, heads, projection } = stateDigest
      return {
        input: { kind: 'state.digest', body: { digest, heads, projection } },
        what: `our state is ${digest.slice(0, 16)}…, over ${heads.map(({ o, n }) => `${n} of ${o}`).join(', ')}`,
      }
    }),
  )
}

/** `parley line close --reason R`: ends the line for good, by two custodians of the root. */
export function runCloseLine(flags: CloseLineFlags, { process }: CliContext): Promise<void> {
  return tell({ process, json: flags.json, command: 'line close' }, () =>
    declare(flags, async (_client, table) => {
      if (!flags.yes) await confirm(`Close ${table} for good? Nothing can be said on it afterwards.`)
      return { input: closeLine(flags.reason), what: `${table} is closed: ${flags.reason}` }
    }),
  )
}

/** `parley line post FILE [--key …]`: adds signatures to an act that others have signed, and sends it. */
export function runPost(path: string, flags: PostFlags, { process }: CliContext): Promise<void> {
  return tell({ process, json: flags.json, command: 'line post' }, async () => {
    if (flags.out !== undefined) refuseExisting('--out', flags.out)
    const note = countersigned(readBytes('FILE', path), await signersOf(flags))
    const { client, table } = await openTable(flags)
    return postOrWrite({ client, table, out: flags.out }, note, 'sent')
  })
}

const PAGE = 1000

async function allMessages(client: LineClient, table: string): Promise<Pick<LineMessages, 'messages'>> {
  const messages: LineMessages['messages'] = []
  for (;;) {
    const page = await client.messages(table, { after: messages.length, limit: PAGE })
    messages.push(...page.messages)
    if (page.messages.length === 0 || messages.length >= page.total) return { messages }
  }
}

export function handoverLines({ open, clocks, heads, notes }: Handover): string[] {
  return [
    open.length === 0 ? 'no message is open' : `open messages: ${open.join(', ')}`,
    ...clocks.map(({ number, dueS }) => `clock of ${number} runs, due ${when(dueS)}`),
    ...heads.map(({ origin, size }) => `${origin} up to ${size}`),
    ...(notes === null ? [] : [`notes: ${notes}`]),
  ]
}

/** `parley line watch open [ROLE]`. */
export function runWatchOpen(given: string | undefined, flags: SignFlags, { process }: CliContext): Promise<void> {
  return tell({ process, json: flags.json, command: 'line watch open' }, async () => {
    const { client, table } = await openTable(flags)
    const role = roleOf('ROLE', given, await client.state(table))
    const signers = await signersOf(flags)
    const draft = await client.draft(table)
    const accepted = await client.post(table, sign(draft, openWatch(role), signers))
    const handover = handoverOf(draft, await allMessages(client, table))
    return {
      facts: { role, ...accepted, handover },
      lines: [
        `the watch of ${role} is open, entry ${accepted.index} of ${accepted.origin}`,
        ...handoverLines(handover),
      ],
    }
  })
}

/** `parley line watch close [ROLE]`: the act carries the sheet for the next watch. */
export function runWatchClose(given: string | undefined, flags: WatchFlags, { process }: CliContext): Promise<void> {
  return tell({ process, json: flags.json, command: 'line watch close' }, async () => {
    const { client, table } = await openTable(flags)
    const role = roleOf('ROLE', given, await client.state(table))
    const signers = await signersOf(flags)
    const messages = await allMessages(client, table)
    const draft = await client.draft(table)
    const handover = handoverOf(draft, messages, flags.notes ?? null)
    const accepted = await client.post(table, sign(draft, closeWatch(role, handover), signers))
    return {
      facts: { role, ...accepted, handover },
      lines: [
        `the watch of ${role} is closed, entry ${accepted.index} of ${accepted.origin}`,
        ...handoverLines(handover),
      ],
    }
  })
}
