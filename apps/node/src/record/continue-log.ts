import { createHash, randomBytes } from 'node:crypto'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AirspaceState, apply, decodeEntry, loadState, SnapshotError, stateText } from '@parley/airspace'
import { type Journal, type JournalLog, openSqliteJournal, recoverTail, syncFolder } from '@parley/journal'
import {
  equalBytes,
  formatContinuation,
  formatVkey,
  type HeadName,
  LOG_NUMBERS_AHEAD,
  openCheckpoint,
  parseLogName,
} from '@parley/record'
import { StartRefused } from '../errors.ts'
import { chainJournals } from './chained-journal.ts'
import type { CosignerSpec } from './cosigner-spec.ts'
import { familyIn } from './handover-book.ts'
import type { HttpClient } from './http-client.ts'
import { type HeldKey, openKey } from './key-files.ts'
import {
  copyFolder,
  dirOf,
  findSuccessor,
  folderOfNumber,
  keyFileOf,
  openHeld,
  openNumberedKey,
  type PastLog,
  type PlaceEnvironment,
  publicKeyIn,
} from './log-place.ts'
import { logOf } from './own-log.ts'
import type { TellEvent } from './events.ts'
import { askCosigners, mirrorCopy, recover, type StartRuleOptions, type Testimony } from './start-rule.ts'

export interface ContinueEnvironment extends PlaceEnvironment {
  readonly cosigners: readonly CosignerSpec[]
  readonly http: HttpClient
  /** Whether entries that witnesses have seen the head of, and nobody holds any more, are given up. */
  readonly acceptLoss: boolean
  readonly tell: TellEvent
  readonly log: (line: string) => void
}

/**
 * Begins the log after the one numbered `over`, which is not written again (record.md 2.6, `log.continue`). Everyone who cosigns it is
 * asked what he has seen; what a mirror holds and this folder does not is fetched; then the next log stands in a folder of its own, with the
 * continuation as its only entry, on the disk before anything of it leaves (rule C1 of models/handover.pml). The state goes on from the head
 * that it cites. `atLeast`: the number to take, where a peer has shown that a lower one will not do (C5).
 *
 * @throws {StartRefused} with what stands in the way: nothing was begun then
 */
export async function beginNextLog(
  over: number,
  environment: ContinueEnvironment,
  { atLeast = over + 1 }: { readonly atLeast?: number } = {},
): Promise<void> {
  const { dataDir, clock, tell, log: say } = environment
  const firstKey = await publicKeyIn(dataDir, 'log')
  const family = firstKey === null ? null : familyIn(firstKey.name)
  if (firstKey === null)
    throw new StartRefused(
      `there is no log in ${dataDir} to continue: its public key (keys/log.vkey) is not there. Name the folder by --data`,
    )
  if (family === null)
    throw new StartRefused(
      `the log ${firstKey.name} has no number to go on from (its name is not <table>.parley/<party>/<number>): begin another one in a folder of its own by --data`,
    )
  const first = parseLogName(firstKey.name).number
  await using before = await openPredecessor(environment, { number: over, first })
  const testimonies = await before.ask()
  const taken = testimonies.map(({ continuedBy }) => (continuedBy ?? over) + 1)
  const number = Math.max(atLeast, ...taken)
  if (number > over + LOG_NUMBERS_AHEAD)
    throw new StartRefused(
      `numbers ${over + 1} to ${over + LOG_NUMBERS_AHEAD} after log ${over} were all begun before, and peers take no higher one: find the folder in which the newest of them stands`,
    )
  const { from, lost } = before
  const keys: HeldKey[] = []
  for (let next = over + 1; next <= over + LOG_NUMBERS_AHEAD; next += 1)
    keys.push(await openNumberedKey(dataDir, { family, number: next }))
  const key = keys[number - over - 1] as HeldKey
  const entry = formatContinuation(key.signer, {
    from: { origin: before.key.name, ...from },
    lost,
    state: await stateDigest(environment, before, from.size),
    id: randomBytes(16).toString('hex'),
    atS: Math.floor(clock.nowMs() / 1000),
    signers: before.held === null ? [] : [before.held.signer],
  })
  await placeWhole(dataDir, { number, key, entry })
  tell({ event: 'record.continue.begun', number, from: before.key.name, size: from.size, lost: lost.length })
  say(
    `log ${number} continues log ${over} from entry ${from.size} on${lost.length === 0 ? '' : `; entries up to ${lost.at(-1)?.size} are lost`}. Note this number outside this folder. Keys of the next logs, for who cosigns this one (--witness-for, --mirror-for) and for members:\n${keys.map(({ vkey }) => `  ${vkey}`).join('\n')}`,
  )
}

/** Puts the next log there: its folder gets its name once entry 0 and the head over it are on the disk (C1). */
async function placeWhole(
  dataDir: string,
  { number, key, entry }: { number: number; key: HeldKey; entry: Uint8Array },
): Promise<void> {
  const draft = join(dataDir, `${folderOfNumber(number)}.begun`)
  await rm(draft, { recursive: true, force: true })
  const origin = key.signer.key.name
  const journal = await openSqliteJournal({
    dir: draft,
    kind: 'pool',
    log: { origin, author: { kind: 'signer', skey: key.skey } },
  })
  try {
    await journal.append(0, [entry])
  } finally {
    await journal.close()
  }
  await rename(draft, join(dataDir, folderOfNumber(number)))
  syncFolder(dataDir)
}

// ---- the log before

/** The log that is given up, opened, and what those who cosign it have seen of it. */
interface OpenedPredecessor extends AsyncDisposable {
  readonly key: JournalLog['key']
  /** Its private key; null where that is lost. */
  readonly held: HeldKey | null
  readonly past: readonly PastLog[]
  readonly journal: Journal
  /** The head up to which it counts. */
  readonly from: HeadName
  /** Heads beyond that, whose entries nobody has. */
  readonly lost: readonly HeadName[]
  ask(): Promise<readonly Testimony[]>
}

async function openPredecessor(
  environment: ContinueEnvironment,
  { number, first }: { number: number; first: number },
): Promise<OpenedPredecessor> {
  const { dataDir, clock, cosigners, http, tell, acceptLoss, log: say } = environment
  const base = keyFileOf(number, first)
  const key = await publicKeyIn(dataDir, base)
  if (key === null) throw new StartRefused(`there is no log ${number} in ${dataDir}`)
  // A key that is lost cannot sign the continuation too: the new one alone does, and every peer's operator has to agree to that.
  const held = await openKey(dataDir, { role: 'log', name: () => key.name, file: base }).catch((error: unknown) => {
    if (!(error instanceof StartRefused)) throw error
    say(`the private key of log ${number} cannot be used (${error.message}): it does not sign the continuation`)
    return null
  })
  const chain = number === first ? null : await findSuccessor(environment, number)
  const past = chain?.past ?? []
  let journal = await openHeld({ dir: await dirOf(dataDir, { number, first }), clock }, held, key.name)
  const close = async (): Promise<void> => {
    await journal.close()
    for (const one of past) await one.journal.close()
  }
  try {
    const asking = (): StartRuleOptions => ({
      journal,
      signer: held?.signer ?? null,
      cosigners,
      http,
      requireCosigner: false,
      tell,
      log: say,
    })
    const testimonies = await askCosigners(asking())
    const shown = headsIn(testimonies, key)
    if (logOf(journal).author === 'signer') {
      const standing = await logOf(journal).reconcile(testimonies.flatMap(({ heads }) => heads))
      if (standing.kind === 'behind') await recover(testimonies, asking())
    }
    let missing = await missingHeads(journal, shown)
    if (missing.kind === 'forked' || (missing.heads.length > 0 && logOf(journal).author !== 'signer')) {
      const copied = await copyFromMirror(environment, { number, key, testimonies })
      if (copied !== null) {
        await journal.close()
        journal = copied
        missing = await missingHeads(journal, shown)
      }
    }
    if (missing.kind === 'forked')
      throw new StartRefused(
        `two histories of log ${number} were cosigned, or the one that was cosigned is held by no mirror that answers: no continuation can cover both. Bring up the mirror that holds it, or start without the cosigners of the other (their heads are evidence: see ${join(dataDir, 'evidence')})`,
      )
    const head = logOf(journal).checkpoint()
    if (head === null)
      throw new StartRefused(`log ${number} of ${dataDir} holds no signed head: it has nothing to continue`)
    const claims = testimonies.filter(({ heads }) =>
      heads.some(({ size, note }) => note === undefined && size > Math.max(head.size, ...shown.map((one) => one.size))),
    )
    if (claims.length > 0)
      throw new StartRefused(
        `${claims.map(({ spec }) => spec.name).join(', ')} claims more entries of log ${number} than there are here and shows no head for it: bring up what it can show, or start without that --cosigner`,
      )
    const lost = missing.heads
    if (lost.length > 0 && !acceptLoss)
      throw new StartRefused(
        `log ${number} has ${head.size} entries here, heads of up to ${lost.at(-1)?.size} were cosigned, and no mirror that answers has the rest. Bring up the mirror that has it, or put back the newest copy of the folder. If nobody has it, add --accept-loss: the entries from ${head.size} on are then given up, and the next log says so. Nothing was begun`,
      )
    return {
      key,
      held,
      past,
      get journal() {
        return journal
      },
      from: { size: head.size, root: head.root },
      lost,
      ask: () => Promise.resolve(testimonies),
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** The heads under the log's own signature that its cosigners show, each once, by size. */
function headsIn(
  testimonies: readonly Testimony[],
  key: JournalLog['key'],
): readonly (HeadName & { note: Uint8Array })[] {
  return testimonies
    .flatMap(({ heads }) => heads)
    .flatMap(({ note }) => (note === undefined ? [] : [{ ...openCheckpoint(note, key).checkpoint, note }]))
    .sort((a, b) => a.size - b.size)
}

/** Which of these heads lie beyond the log, by size, each size once; `forked` when one below its end is not in it. */
async function missingHeads(
  journal: Journal,
  shown: readonly HeadName[],
): Promise<{ readonly kind: 'known' | 'forked'; readonly heads: readonly HeadName[] }> {
  const log = logOf(journal)
  const size = log.checkpoint()?.size ?? 0
  const heads: HeadName[] = []
  for (const head of shown) {
    if (head.size > size) {
      const last = heads.at(-1)
      if (last?.size === head.size && !equalBytes(last.root, head.root)) return { kind: 'forked', heads: [] }
      if (last?.size !== head.size) heads.push({ size: head.size, root: head.root })
    } else if (!equalBytes(await log.rootAt(head.size), head.root)) return { kind: 'forked', heads: [] }
  }
  return { kind: 'known', heads }
}

/** The whole log as the mirror with the largest head has it, in a folder beside ours; null when there is none. */
async function copyFromMirror(
  { dataDir, clock, http, tell, log: say }: ContinueEnvironment,
  { number, key, testimonies }: { number: number; key: JournalLog['key']; testimonies: readonly Testimony[] },
): Promise<Journal | null> {
  const offers = testimonies
    .filter(({ spec }) => spec.kind === 'mirror')
    .flatMap((one) => headsIn([one], key).map(({ size, note }) => ({ spec: one.spec, size, note })))
    .sort((a, b) => b.size - a.size)
  for (const { spec, size, note } of offers) {
    const draft = join(dataDir, `${copyFolder(number)}.begun`)
    await rm(draft, { recursive: true, force: true })
    say(`log ${number} is taken as ${spec.name} has it: fetching ${size} entries`)
    const open = (dir: string): Promise<Journal> =>
      openSqliteJournal({
        dir,
        kind: 'pool',
        clock,
        log: { origin: key.name, author: { kind: 'mirror', logKey: formatVkey(key) } },
      })
    const journal = await open(draft)
    try {
      await recoverTail(journal, mirrorCopy({ spec, http, origin: key.name, note }))
    } catch (error) {
      tell({ event: 'record.recover.failed', mirror: spec.name, reason: (error as Error).message })
      continue
    } finally {
      await journal.close()
    }
    const place = join(dataDir, copyFolder(number))
    await rm(place, { recursive: true, force: true })
    await rename(draft, place)
    syncFolder(dataDir)
    return openSqliteJournal({ dir: place, kind: 'pool', clock })
  }
  return null
}

/** What this program takes the state at the head to be that the next log goes on from. */
async function stateDigest(
  { log: say }: ContinueEnvironment,
  { past, journal }: OpenedPredecessor,
  size: number,
): Promise<Uint8Array> {
  // The whole chain as the next log will read it, without that one.
  const whole = past.length === 0 ? journal : chainJournals(past, journal)
  const end = past.length === 0 ? size : whole.head() - (journal.head() - size)
  const snapshot = await whole.loadSnapshot()
  let state = new AirspaceState({ exact: false })
  let from = 0
  if (snapshot !== null && snapshot.seq <= end) {
    try {
      state = loadState(snapshot.sections)
      from = snapshot.seq
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error
    }
  }
  let seq = from
  for await (const { bytes } of whole.read(from, end)) {
    seq += 1
    apply(state, decodeEntry(bytes), seq)
    if (seq % 100_000 === 0) say(`reading the state to be carried over: ${seq} of ${end} entries`)
  }
  return digestOfState(state)
}

/** SHA-256 over the text of a state. */
export function digestOfState(state: AirspaceState): Uint8Array {
  const hash = createHash('sha256')
  for (const line of stateText(state)) hash.update(line)
  return new Uint8Array(hash.digest())
}
