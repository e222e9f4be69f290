import { randomBytes, timingSafeEqual } from 'node:crypto'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ApiError, type LineInvitation, type LineJoining, type LineReveal } from '@parley/contracts'
import { charterHash, isLineError, openCharter, type OpenedCharter, parseCharterText } from '@parley/line'
import {
  checkReveal,
  comparisonCode,
  decodeHex,
  DEFAULT_MAX_AGE_S,
  encodeHex,
  encodeUtf8,
  enrolmentCommit,
  enrolmentFingerprint,
  enrolmentSignatures,
  type EnrolmentText,
  formatLogName,
  formatNote,
  formatVkey,
  isRecordError,
  keysOf,
  openEnrolment,
  parseEnrolmentText,
  parseNote,
  type Reveal,
  ROOT_THRESHOLD,
  type SignatureLine,
  signText,
  verifyText,
} from '@parley/record'
import type { Clock } from '@parley/units'
import { StartRefused } from '../errors.ts'
import { writeDurably } from '../record/durable-file.ts'
import { type HeldKey, openKey } from '../record/key-files.ts'
import { Turns } from '../record/turns.ts'

/** How far a table has come: keys made, enrolment signed by all in it, commits and reveals under way, charter in hand, open. */
export type JoiningPhase = LineJoining['phase']

/** Keys that lie in the folder of a table and serve it alone. */
export interface TableKeys {
  readonly log: HeldKey
  readonly mirror: HeldKey
  readonly witness: HeldKey
}

/** What was set down when the table was made; never changed. */
interface TableFile {
  readonly format: 1
  readonly table: string
  readonly party: string
  readonly parties: readonly string[]
  readonly address: string | null
  /** 32 bytes, hex; kept from all others until every one of them has committed. */
  readonly nonce: string
}

/** What another member has sent so far. */
interface PeerFile {
  readonly format: 1
  readonly party: string
  readonly invitation: LineInvitation | null
  readonly reveal: LineReveal | null
  readonly compared: boolean
  readonly address: string | null
}

/** What other tables of this node know that a ceremony must hold itself against. */
export interface OtherTables {
  usedCommits(except: string): ReadonlySet<string>
  keysElsewhere(except: string): ReadonlyMap<string, string>
}

export interface JoiningOptions {
  readonly dir: string
  readonly tlsPin: string
  readonly clock: Clock
  readonly others: OtherTables
}

const TABLE_FILE = 'table.json'
const ENROLMENT_FILE = 'enrolment.note'
const CHARTER_FILE = 'charter.note'

/**
 * The ceremony by which parties that trust nobody between them come to one table (record.md 2.5), as far as a node takes part in it:
 * its keys, the commits and reveals that came, the codes its officer has confirmed, the charter and who signed it. Everything is on the
 * disk before it is answered. The officers' and the roots' keys are never here: what they sign comes in as notes.
 */
export class Joining {
  readonly keys: TableKeys
  readonly #options: JoiningOptions
  readonly #file: TableFile
  readonly #peers: Map<string, PeerFile>
  readonly #turns = new Turns()
  #enrolment: { readonly text: string; lines: readonly SignatureLine[] } | null
  #charter: { readonly text: string; lines: readonly SignatureLine[] } | null
  /** Told by the table once its log has entry 0. */
  opened = false

  private constructor(options: JoiningOptions, parts: Parts) {
    this.#options = options
    this.#file = parts.file
    this.keys = parts.keys
    this.#peers = new Map(parts.peers.map((peer) => [peer.party, peer]))
    this.#enrolment = parts.enrolment
    this.#charter = parts.charter
  }

  /** Makes the folder and keys of a new table; opens them again when it is there already. @throws {ApiError} @throws {StartRefused} */
  static async create(
    options: JoiningOptions,
    wish: {
      readonly table: string
      readonly party: string
      readonly parties: readonly string[]
      readonly address: string | null
    },
  ): Promise<Joining> {
    const { dir } = options
    await mkdir(join(dir, 'peers'), { recursive: true, mode: 0o700 })
    if ((await readIfThere(join(dir, TABLE_FILE))) === null) {
      const file: TableFile = {
        format: 1,
        table: wish.table,
        party: wish.party,
        parties: wish.parties.toSorted(),
        address: wish.address,
        nonce: randomBytes(32).toString('hex'),
      }
      await writeDurably(join(dir, TABLE_FILE), `${JSON.stringify(file)}\n`)
    }
    const joining = await Joining.open(options)
    if (joining.party !== wish.party || joining.parties.join(' ') !== wish.parties.toSorted().join(' '))
      throw new ApiError('LINE_STEP_REFUSED', {
        message: `the table ${wish.table} is there already, as ${joining.party} among ${joining.parties.join(', ')}`,
      })
    return joining
  }

  /** @throws {StartRefused} when what lies there cannot be used */
  static async open(options: JoiningOptions): Promise<Joining> {
    const { dir } = options
    const file = readJson(await readIfThere(join(dir, TABLE_FILE)), join(dir, TABLE_FILE)) as TableFile
    const { table, party } = file
    const keys = {
      log: await openKey(dir, { role: 'log', name: () => formatLogName({ table, party, number: 1 }) }),
      mirror: await openKey(dir, { role: 'mirror', name: () => `${party}/mirror` }),
      witness: await openKey(dir, { role: 'witness', name: () => `${party}/witness` }),
    }
    const peers: PeerFile[] = []
    for (const name of await readdir(join(dir, 'peers')).catch(() => [])) {
      if (!name.endsWith('.json') || name.startsWith('.')) continue
      const path = join(dir, 'peers', name)
      peers.push(readJson(await readIfThere(path), path) as PeerFile)
    }
    return new Joining(options, {
      file,
      keys,
      peers,
      enrolment: await readNote(join(dir, ENROLMENT_FILE)),
      charter: await readNote(join(dir, CHARTER_FILE)),
    })
  }

  get table(): string {
    return this.#file.table
  }

  get party(): string {
    return this.#file.party
  }

  get parties(): readonly string[] {
    return this.#file.parties
  }

  get origin(): string {
    return this.keys.log.signer.key.name
  }

  /** Where a member is reached, as was last said. */
  addressOf(party: string): string | null {
    return this.#peers.get(party)?.address ?? null
  }

  /** Every other member that has revealed, with its enrolment. */
  enrolmentOf(party: string): EnrolmentText | null {
    if (party === this.party) return this.#ownEnrolment()
    const reveal = this.#peers.get(party)?.reveal
    return reveal === null || reveal === undefined ? null : openEnrolment(encodeUtf8(reveal.note))
  }

  /** The charter that all roots have signed, once every code was confirmed; null before. */
  agreed(): { readonly opened: OpenedCharter; readonly enrolments: readonly EnrolmentText[] } | null {
    const enrolments = this.#enrolments()
    if (this.#charter === null || enrolments === null || this.#missingRoots().length > 0) return null
    if (!this.#others().every((party) => this.#peers.get(party)?.compared === true)) return null
    const { text, lines } = this.#charter
    return { opened: openCharter(formatNote({ text, signatures: lines }), enrolments), enrolments }
  }

  /** Commits this table has used and keys it knows, for other tables to keep away from. */
  memory(): { readonly commits: readonly string[]; readonly keys: readonly string[] } {
    const commits = [...this.#peers.values()].flatMap(({ invitation }) =>
      invitation === null ? [] : [invitation.commit],
    )
    const keys = this.#file.parties.flatMap((party) => {
      const known = this.enrolmentOf(party)
      return known === null ? [] : keysOf(known.enrolment).map(({ publicKey }) => encodeHex(publicKey))
    })
    return { commits, keys }
  }

  view(): LineJoining {
    const { log, mirror, witness } = this.keys
    const enrolment = this.#enrolment
    const missing = this.#missingKeys()
    const charter = this.#charter
    return {
      table: this.table,
      party: this.party,
      phase: this.phase(),
      keys: { log: log.vkey, mirrors: [mirror.vkey], witnesses: [witness.vkey], tls: [this.#options.tlsPin] },
      enrolment: enrolment === null || missing.length > 0 ? null : noteText(enrolment),
      enrolmentMissing: [...missing],
      invitation: this.#invitation(),
      peers: this.#others().map((party) => this.#peerView(party)),
      charter:
        charter === null
          ? null
          : { sha256: charterHash(charter.text), note: noteText(charter), missing: [...this.#missingRoots()] },
      next: this.#next(),
    }
  }

  phase(): JoiningPhase {
    if (this.opened) return 'open'
    if (this.#charter !== null) return 'charter'
    if (this.#peers.size > 0) return 'joining'
    return this.#ownEnrolment() === null ? 'keys' : 'enrolled'
  }

  /** Takes our enrolment note, or further signatures under it, and adds those of the keys that lie here. */
  async putEnrolment(note: Uint8Array): Promise<void> {
    await this.#step(async () => {
      const { text, signatures } = parseNote(note)
      const enrolment = parseEnrolmentText(text)
      const { log, mirror, witness } = this.keys
      const mine = [log.vkey, mirror.vkey, witness.vkey]
      const named = [enrolment.log, ...enrolment.mirrors, ...enrolment.witnesses].map(formatVkey)
      if (enrolment.table !== this.table || enrolment.party !== this.party)
        throw refuse(`this is the enrolment of ${enrolment.party} at ${enrolment.table}`)
      for (const vkey of mine)
        if (!named.includes(vkey)) throw refuse(`the enrolment does not name the key ${vkey} of this node`)
      if (!enrolment.tlsPins.includes(this.#options.tlsPin))
        throw refuse(`the enrolment does not name the TLS key ${this.#options.tlsPin} of this node`)
      const before = this.#enrolment
      const committed = this.#invitation() !== null && this.#peers.size > 0
      if (before !== null && before.text !== text && committed)
        throw refuse('another enrolment was committed to already: make another table for a new one')
      const held = before !== null && before.text === text ? before.lines : []
      const timeS = Math.floor(this.#options.clock.nowMs() / 1000)
      const own = [log, mirror, witness].map(({ signer }) => signText(text, signer, timeS))
      const lines = merged([...held, ...signatures], own)
      // Throws for a line of one of its keys that does not verify.
      enrolmentSignatures({ enrolment, text }, lines)
      await this.#keepNote(ENROLMENT_FILE, text, lines)
      this.#enrolment = { text, lines }
    })
  }

  /** Takes what another member promises. */
  async putCommit(invitation: LineInvitation): Promise<void> {
    await this.#step(async () => {
      const peer = this.#peer(invitation)
      if (invitation.parties.toSorted().join(' ') !== this.parties.join(' '))
        throw refuse(
          `its table is of ${invitation.parties.join(', ')}, and ours of ${this.parties.join(', ')}: agree who is at it first`,
        )
      if (peer.invitation !== null) {
        if (peer.invitation.commit === invitation.commit) return
        throw refuse(`${peer.party} has committed already, to another enrolment: nobody may change its mind after that`)
      }
      if (this.#invitation()?.commit === invitation.commit) throw refuse('this is our own commit')
      if (this.#options.others.usedCommits(this.table).has(invitation.commit))
        throw refuse('this commit served at another table')
      await this.#keepPeer({ ...peer, invitation, address: peer.address ?? invitation.address })
    })
  }

  /** Our nonce and enrolment, once nobody can choose his own by it any more. @throws {ApiError} before */
  reveal(): LineReveal {
    const own = this.#enrolment
    if (own === null || this.#ownEnrolment() === null) throw refuse('our enrolment is not signed by every key in it')
    const missing = this.#others().filter((party) => (this.#peers.get(party)?.invitation ?? null) === null)
    if (missing.length > 0)
      throw refuse(`${missing.join(', ')} must commit first: else it could be chosen to fit what we show`)
    return { v: 1, table: this.table, party: this.party, nonce: this.#file.nonce, note: noteText(own) }
  }

  async putReveal(reveal: LineReveal): Promise<void> {
    await this.#step(async () => {
      const peer = this.#peer(reveal)
      if (peer.invitation === null) throw refuse(`${peer.party} must commit before it reveals`)
      if (peer.reveal !== null) {
        if (peer.reveal.note === reveal.note && peer.reveal.nonce === reveal.nonce) return
        throw refuse(`${peer.party} has revealed already`)
      }
      const own = this.#ownEnrolment()
      if (own === null) throw refuse('our own enrolment is not signed yet')
      const { text } = parseNote(encodeUtf8(reveal.note))
      checkReveal(
        own.enrolment,
        {
          commit: decodeHex(peer.invitation.commit, 'commit'),
          reveal: { nonce: decodeHex(reveal.nonce, 'nonce'), text },
        },
        {
          nowS: Math.floor(this.#options.clock.nowMs() / 1000),
          maxAgeS: DEFAULT_MAX_AGE_S,
          usedCommits: this.#options.others.usedCommits(this.table),
          keysElsewhere: this.#options.others.keysElsewhere(this.table),
        },
      )
      const { enrolment } = openEnrolment(encodeUtf8(reveal.note))
      if (enrolment.party !== peer.party) throw refuse(`this is the enrolment of ${enrolment.party}`)
      await this.#keepPeer({ ...peer, reveal })
    })
  }

  /** Our officer has heard the code the other side reads. */
  async compare(party: string, code: string): Promise<void> {
    await this.#step(async () => {
      const peer = this.#peer({ table: this.table, party })
      const ours = this.#code(peer)
      if (ours === null) throw refuse(`${party} has not revealed yet`)
      const digits = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''))
      if (digits(code).byteLength !== digits(ours).byteLength || !timingSafeEqual(digits(code), digits(ours)))
        throw new ApiError('LINE_CODE_MISMATCH', {
          message: `${party} reads another code than we have: somebody may stand between. Nothing of it is trusted; begin again at another table`,
        })
      await this.#keepPeer({ ...peer, compared: true })
    })
  }

  async putAddress(party: string, address: string | null): Promise<void> {
    await this.#step(() => this.#keepPeer({ ...this.#peer({ table: this.table, party }), address }))
  }

  /** Takes a charter note, or further signatures under it. */
  async putCharter(note: Uint8Array): Promise<void> {
    await this.#step(async () => {
      if (this.opened) throw refuse('the line is open under its charter; amendments come as acts')
      const { text, signatures } = parseNote(note)
      const charter = parseCharterText(text)
      if (charter.table !== this.table) throw refuse(`this is the charter of ${charter.table}`)
      const named = charter.parties.map(({ party }) => party).toSorted()
      if (named.join(' ') !== this.parties.join(' '))
        throw refuse(`the charter is of ${named.join(', ')}, and the table of ${this.parties.join(', ')}`)
      for (const { party, enrolment } of charter.parties) {
        const known = this.enrolmentOf(party)
        if (known === null) throw refuse(`the enrolment of ${party} is not here yet`)
        if (enrolmentFingerprint(known.text) !== enrolment)
          throw refuse(`the charter names another enrolment of ${party} than the one compared`)
        if (party !== this.party && this.#peers.get(party)?.compared !== true)
          throw refuse(`the code of ${party} must be compared first`)
      }
      const before = this.#charter
      const held = before !== null && before.text === text ? before.lines : []
      const lines = merged(held, signatures)
      const roots = charter.parties.flatMap(({ party }) => this.enrolmentOf(party)?.enrolment.root ?? [])
      for (const line of lines) {
        const root = roots.find(({ key }) => key.name === line.name && key.keyId === line.keyId)
        if (root === undefined) throw refuse(`${line.name} is no custodian of a root of this table`)
        if (!verifyText(root.key, text, line)) throw refuse(`the line of ${line.name} does not verify`)
      }
      await this.#keepNote(CHARTER_FILE, text, lines)
      this.#charter = { text, lines }
    })
  }

  #step<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.take('step', async () => {
      try {
        return await work()
      } catch (error) {
        if (isRecordError(error) || isLineError(error))
          throw new ApiError('LINE_STEP_REFUSED', {
            message: error.message,
            findings: [
              {
                field: error.details.field,
                value: String(error.details.value),
                rule: error.details.rule,
              },
            ],
            fields: { reason: error.code },
            cause: error,
          })
        throw error
      }
    })
  }

  #peer({ table, party }: { readonly table: string; readonly party: string }): PeerFile {
    if (table !== this.table) throw refuse(`this is for the table ${table}`)
    if (party === this.party) throw refuse(`${party} is this side itself`)
    if (!this.parties.includes(party)) throw refuse(`${party} is not at this table`)
    return (
      this.#peers.get(party) ?? { format: 1, party, invitation: null, reveal: null, compared: false, address: null }
    )
  }

  #others(): readonly string[] {
    return this.parties.filter((party) => party !== this.party)
  }

  #ownEnrolment(): EnrolmentText | null {
    const own = this.#enrolment
    if (own === null || this.#missingKeys().length > 0) return null
    return { enrolment: parseEnrolmentText(own.text), text: own.text }
  }

  #missingKeys(): readonly string[] {
    const own = this.#enrolment
    if (own === null) return []
    const enrolment = parseEnrolmentText(own.text)
    return enrolmentSignatures({ enrolment, text: own.text }, own.lines).missing.map(({ name }) => name)
  }

  #ownReveal(): Reveal | null {
    const own = this.#ownEnrolment()
    return own === null ? null : { nonce: decodeHex(this.#file.nonce, 'nonce'), text: own.text }
  }

  #invitation(): LineInvitation | null {
    const reveal = this.#ownReveal()
    if (reveal === null) return null
    const { table, party, parties, address } = this.#file
    return { v: 1, table, party, parties: [...parties], commit: encodeHex(enrolmentCommit(reveal)), address }
  }

  #code({ reveal }: PeerFile): string | null {
    const ours = this.#ownReveal()
    if (ours === null || reveal === null) return null
    const { text } = parseNote(encodeUtf8(reveal.note))
    return comparisonCode(ours, { nonce: decodeHex(reveal.nonce, 'nonce'), text })
  }

  #peerView(party: string): LineJoining['peers'][number] {
    const peer = this.#peers.get(party)
    const reveal = peer?.reveal ?? null
    return {
      party,
      address: peer?.address ?? null,
      commit: peer?.invitation?.commit ?? null,
      revealed: reveal !== null,
      code: peer === undefined ? null : this.#code(peer),
      fingerprint: reveal === null ? null : enrolmentFingerprint(parseNote(encodeUtf8(reveal.note)).text),
      compared: peer?.compared ?? false,
    }
  }

  #enrolments(): readonly EnrolmentText[] | null {
    const all = this.parties.map((party) => this.enrolmentOf(party))
    return all.every((one) => one !== null) ? all : null
  }

  #missingRoots(): readonly string[] {
    const charter = this.#charter
    if (charter === null) return []
    return this.parties.filter((party) => {
      const root = this.enrolmentOf(party)?.enrolment.root ?? []
      const persons = new Set(
        root
          .filter(({ key }) => charter.lines.some(({ name, keyId }) => name === key.name && keyId === key.keyId))
          .map(({ person }) => person),
      )
      return persons.size < ROOT_THRESHOLD
    })
  }

  #next(): LineJoining['next'] {
    if (this.opened) return 'nothing'
    if (this.#ownEnrolment() === null) return 'enrolment'
    const peers = this.#others().map((party) => this.#peers.get(party))
    if (peers.some((peer) => (peer?.invitation ?? null) === null)) return 'commits'
    if (peers.some((peer) => (peer?.reveal ?? null) === null)) return 'reveals'
    if (peers.some((peer) => peer?.compared !== true)) return 'compare'
    return this.#charter === null || this.#missingRoots().length > 0 ? 'charter' : 'open'
  }

  async #keepPeer(peer: PeerFile): Promise<void> {
    const file = join(this.#options.dir, 'peers', `${peer.party}.json`)
    await writeDurably(file, `${JSON.stringify(peer)}\n`, { replace: true })
    this.#peers.set(peer.party, peer)
  }

  async #keepNote(name: string, text: string, signatures: readonly SignatureLine[]): Promise<void> {
    await writeDurably(join(this.#options.dir, name), formatNote({ text, signatures }), { replace: true })
  }
}

interface Parts {
  readonly file: TableFile
  readonly keys: TableKeys
  readonly peers: readonly PeerFile[]
  readonly enrolment: { readonly text: string; readonly lines: readonly SignatureLine[] } | null
  readonly charter: { readonly text: string; readonly lines: readonly SignatureLine[] } | null
}

const refuse = (message: string): ApiError => new ApiError('LINE_STEP_REFUSED', { message })

const noteText = ({ text, lines }: { readonly text: string; readonly lines: readonly SignatureLine[] }): string =>
  Buffer.from(formatNote({ text, signatures: lines })).toString('utf8')

/** Lines of both, one of each key, those of the second before those of the first. */
function merged(first: readonly SignatureLine[], second: readonly SignatureLine[]): readonly SignatureLine[] {
  const lines = new Map<string, SignatureLine>()
  for (const line of [...first, ...second]) lines.set(`${line.name}+${line.keyId}`, line)
  return [...lines.values()]
}

async function readNote(file: string): Promise<Parts['enrolment']> {
  const bytes = await readIfThere(file)
  if (bytes === null) return null
  try {
    const { text, signatures } = parseNote(encodeUtf8(bytes))
    return { text, lines: signatures }
  } catch (cause) {
    throw new StartRefused(`${file} is not the note it was: put it back from a safe copy`, {}, { cause })
  }
}

function readJson(text: string | null, file: string): { readonly format: number } {
  try {
    const value = JSON.parse(text ?? '') as { readonly format: number }
    if (value.format === 1) return value
  } catch (cause) {
    throw new StartRefused(`${file} cannot be read: put it back from a safe copy`, {}, { cause })
  }
  throw new StartRefused(`${file} was written by a newer Parley: use that one`)
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new StartRefused(`${file} cannot be read: ${(cause as Error).message}`, {}, { cause })
  }
}
