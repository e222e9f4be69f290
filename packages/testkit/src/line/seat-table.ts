import { charterDraft, type LineClient, newActId, openLine, signDraft } from '@parley/client'
import { type Charter, defaultCharter, formatCharter } from '@parley/line'
import {
  encodeUtf8,
  enrolmentFingerprint,
  formatEnrolmentText,
  formatNote,
  parseEnrolmentText,
  parseNote,
  parseVkey,
  recipientOf,
  signText,
} from '@parley/record'
import { sayingOf } from './saying.ts'
import { grantsOf, type SimulatedSide } from './simulated-side.ts'

/** One side of a table to be: its people, its node, and how it is called. */
export interface Seat {
  readonly side: SimulatedSide
  readonly client: LineClient
  readonly role: 'party' | 'guarantor' | 'observer'
  readonly title: Readonly<Record<string, string>>
  /** Where the others reach its node; the node's own address when left out. */
  readonly address?: string
}

export interface SeatOptions {
  readonly table: string
  readonly seats: readonly Seat[]
  readonly nowS: () => number
  /** What the charter says otherwise than by default. */
  readonly charter?: Partial<Omit<Charter, 'table' | 'parties'>>
  readonly log?: (line: string) => void
}

const YEAR_S = 366 * 86_400

/**
 * Seats simulated sides at a table, by the whole ceremony that people go through: enrolments signed by every key in them, commits before
 * reveals, codes compared both ways, a charter signed by all roots, entry 0 and `line.open` in every log. Repeating it after a break goes
 * on where it stopped; a table that is open already is left as it is.
 */
export async function seatTable(options: SeatOptions): Promise<void> {
  const { table, seats, nowS, log = () => undefined } = options
  const parties = seats.map(({ side }) => side.party)
  const joined = await Promise.all(
    seats.map(({ client, side, address }) =>
      client.create({ table, party: side.party, parties, ...(address === undefined ? {} : { address }) }),
    ),
  )
  if (joined.every(({ phase }) => phase === 'open')) return

  for (const [at, seat] of seats.entries()) {
    if (joined[at]?.enrolment === null) await enrol(seat, { table, nowS })
  }
  const invitations = await Promise.all(seats.map(async ({ client }) => (await client.joining(table)).invitation))
  for (const { client, side } of seats)
    for (const invitation of invitations)
      if (invitation !== null && invitation.party !== side.party) await client.putCommit(table, invitation)
  const reveals = await Promise.all(seats.map(({ client }) => client.reveal(table)))
  for (const { client, side } of seats)
    for (const reveal of reveals) if (reveal.party !== side.party) await client.putReveal(table, reveal)

  for (const { client, side } of seats) {
    for (const other of seats) {
      if (other.side.party === side.party) continue
      // What the other side's screen shows is what its officer reads aloud.
      const heard = (await other.client.joining(table)).peers.find(({ party }) => party === side.party)?.code
      if (heard !== null && heard !== undefined) await client.compare(table, { party: other.side.party, code: heard })
    }
  }

  const text = await charterText(options, reveals)
  const lines = seats.flatMap(({ side }) => side.root.slice(0, 2).map(({ signer }) => signText(text, signer, nowS())))
  const note = formatNote({ text, signatures: lines })
  for (const { client } of seats) await client.putCharter(table, note)

  for (const { client, side } of seats) {
    const { draft, input } = charterDraft(await client.joining(table), { atS: nowS() })
    const first = signDraft(draft, input, {
      id: newActId(),
      signers: side.root.slice(0, 2).map(({ signer }) => signer),
    })
    await client.open(table, first)
  }
  for (const { client, side } of seats) {
    const signers = side.officers.slice(0, 1).map(({ signer }) => signer)
    await client.post(table, sayingOf(await client.draft(table), openLine(), signers))
  }
  log(`${table}: ${parties.join(', ')} are seated; every code was compared`)
}

/** Makes and signs the enrolment of one side; the node adds the signatures of the keys that lie with it. */
async function enrol(
  { client, side }: Seat,
  { table, nowS }: { readonly table: string; readonly nowS: () => number },
): Promise<void> {
  const { keys } = await client.joining(table)
  const atS = nowS()
  const text = formatEnrolmentText({
    table,
    party: side.party,
    atS,
    logNumber: 1,
    log: parseVkey(keys.log),
    mirrors: keys.mirrors.map(parseVkey),
    witnesses: keys.witnesses.map(parseVkey),
    root: side.root.map(({ person, signer }) => ({ person, key: signer.key })),
    officers: grantsOf(side, atS + YEAR_S),
    desks: [{ desk: 'duty', recipient: await recipientOf(side.identity) }],
    tlsPins: keys.tls,
  })
  const signers = [...side.root, ...side.officers].map(({ signer }) => signer)
  await client.putEnrolment(table, formatNote({ text, signatures: signers.map((one) => signText(text, one, atS)) }))
}

async function charterText(
  { table, seats, charter = {} }: SeatOptions,
  reveals: readonly { readonly party: string; readonly note: string }[],
): Promise<string> {
  // The first to reach this point has written it; the others take what is there, so that a break leaves one charter.
  for (const { client } of seats) {
    const there = (await client.joining(table)).charter
    if (there !== null) return parseNote(encodeUtf8(there.note)).text
  }
  const texts = reveals.map(({ party, note }) => ({ party, text: parseNote(encodeUtf8(note)).text }))
  const fingerprints = new Map(texts.map(({ party, text }) => [party, enrolmentFingerprint(text)]))
  return formatCharter(
    defaultCharter({
      table,
      atS: Math.max(...texts.map(({ text }) => parseEnrolmentText(text).atS)),
      parties: seats
        .map(({ side, role, title }) => ({
          party: side.party,
          title,
          role,
          roles: role === 'party' ? ['duty', 'lead'] : ['duty'],
          enrolment: fingerprints.get(side.party) ?? '',
        }))
        .toSorted((a, b) => (a.party < b.party ? -1 : 1)),
      change: charter,
    }),
  )
}

/** Tells every node where the others are reached now: after a restart that may be another port. */
export async function tellAddresses(table: string, seats: readonly Pick<Seat, 'side' | 'client'>[]): Promise<void> {
  const addresses = await Promise.all(
    seats.map(async ({ side, client }) => ({ party: side.party, address: (await client.list()).address })),
  )
  for (const { side, client } of seats)
    for (const one of addresses) if (one.party !== side.party) await client.putAddress(table, one)
}
