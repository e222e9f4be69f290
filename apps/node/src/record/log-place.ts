import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isJournalError, type Journal, openSqliteJournal } from '@parley/journal'
import {
  type Continuation,
  isRecordError,
  parseLogName,
  parseVkey,
  readContinuation,
  type VerifierKey,
} from '@parley/record'
import type { Clock } from '@parley/units'
import { StartRefused } from '../errors.ts'
import type { PastSegment } from './chained-journal.ts'
import { familyIn } from './handover-book.ts'
import { type HeldKey, openKey } from './key-files.ts'

/** Folder of the log that continues another, below the data folder: there as a whole or not at all. */
export const folderOfNumber = (number: number): string => `journal-${number}`
const SUCCESSOR = /^journal-([1-9]\d{0,8})$/

/** The pool's log in a data folder, with those before it. */
export interface LogPlace {
  /** Folder of the journal that is written. */
  readonly dir: string
  readonly key: HeldKey
  /** Continuations since the first log, oldest first; none where the first one is written. */
  readonly continuations: readonly { readonly entry: Uint8Array; readonly continuation: Continuation }[]
  /** The logs before, oldest first, opened for reading; whoever takes the place closes them. */
  readonly past: readonly PastLog[]
}

export interface PastLog extends PastSegment {
  readonly number: number
  readonly key: VerifierKey
}

export interface PlaceEnvironment {
  readonly dataDir: string
  readonly clock: Clock
}

/** Numbers of the logs that continue the first one here, ascending. */
export async function successorsIn(dataDir: string): Promise<readonly number[]> {
  const names = await readdir(dataDir)
  return names
    .flatMap((name) => SUCCESSOR.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)
}

/** The public key of a log of this folder, which stays when the private one is lost; null: none was made. @throws {StartRefused} */
export async function publicKeyIn(dataDir: string, base: string): Promise<VerifierKey | null> {
  const file = join(dataDir, 'keys', `${base}.vkey`)
  try {
    return parseVkey((await readFile(file, 'utf8')).trim())
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new StartRefused(`the file ${file} does not name the log's key: ${(cause as Error).message}`, {}, { cause })
  }
}

/** Name of the key files of a log. */
export const keyFileOf = (number: number, first: number): string => (number === first ? 'log' : `log-${number}`)

/** Key of the log of that number, made when there is none. @throws {StartRefused} */
export const openNumberedKey = (
  dataDir: string,
  { family, number }: { family: string; number: number },
): Promise<HeldKey> => openKey(dataDir, { role: 'log', name: () => `${family}/${number}`, file: `log-${number}` })

/**
 * The newest log of the folder and those it continues; null where the first one is still written. A log that was continued is opened for
 * reading only: nothing here signs for it again. `upTo`: as it was when that number was the newest.
 *
 * @throws {StartRefused} when the chain is broken
 */
export async function findSuccessor(
  environment: PlaceEnvironment,
  upTo: number = Number.MAX_SAFE_INTEGER,
): Promise<LogPlace | null> {
  const { dataDir } = environment
  const numbers = (await successorsIn(dataDir)).filter((number) => number <= upTo)
  if (numbers.length === 0) return null
  const firstKey = await publicKeyIn(dataDir, 'log')
  const family = firstKey === null ? null : familyIn(firstKey.name)
  if (firstKey === null || family === null)
    throw new StartRefused(
      `${dataDir} holds logs that continue another, and not the key of the first: put keys/log.vkey back`,
    )
  const first = parseLogName(firstKey.name).number
  const past: PastLog[] = []
  const continuations: { entry: Uint8Array; continuation: Continuation }[] = []
  try {
    for (const number of numbers) {
      const dir = join(dataDir, folderOfNumber(number))
      const entry = await firstEntry(dir, environment.clock)
      const continuation = readEntry(entry, dir)
      const from = parseLogName(continuation.from.origin).number
      // A number that was given up at once holds nothing but its continuation: the next one cites the log before both.
      while (past.length > 0 && (past.at(-1) as PastLog).number > from) await (past.pop() as PastLog).journal.close()
      while (continuations.length > 0 && (continuations.at(-1)?.continuation.name.number ?? 0) > from)
        continuations.pop()
      continuations.push({ entry, continuation })
      if (past.at(-1)?.number !== from)
        past.push(await openPast(environment, { number: from, first, end: continuation.from.size }))
      else past.push({ ...(past.pop() as PastLog), end: continuation.from.size })
    }
    const newest = continuations.at(-1) as (typeof continuations)[number]
    const { number } = newest.continuation.name
    const key = await openNumberedKey(dataDir, { family, number })
    return { dir: join(dataDir, folderOfNumber(number)), key, continuations, past }
  } catch (error) {
    for (const { journal } of past) await journal.close()
    if (isJournalError(error)) throw new StartRefused(error.message, { code: error.code }, { cause: error })
    throw error
  }
}

async function openPast(
  { dataDir, clock }: PlaceEnvironment,
  { number, first, end }: { number: number; first: number; end: number },
): Promise<PastLog> {
  const key = await publicKeyIn(dataDir, keyFileOf(number, first))
  if (key === null) throw new StartRefused(`the public key of log ${number} is gone from ${dataDir}/keys: put it back`)
  const dir = await dirOf(dataDir, { number, first })
  const journal = await openHeld({ dir, clock }, await heldKey(dataDir, keyFileOf(number, first)), key.name)
  return { number, key, journal, first: number === first ? 0 : 1, end }
}

/** The private key of a log that was continued; null where it is lost. */
async function heldKey(dataDir: string, file: string): Promise<HeldKey | null> {
  try {
    return await openKey(dataDir, { role: 'log', name: (label) => label, file })
  } catch (error) {
    if (error instanceof StartRefused) return null
    throw error
  }
}

/**
 * Opens the journal of a log so that it signs nothing by itself, and can be closed for ever; only for reading where there is no key, or the
 * folder holds what a mirror had.
 */
export async function openHeld(
  place: { readonly dir: string; readonly clock: Clock },
  held: HeldKey | null,
  origin: string,
): Promise<Journal> {
  const reading = { ...place, kind: 'pool' }
  if (held === null) return openSqliteJournal(reading)
  try {
    return await openSqliteJournal({
      ...reading,
      log: { origin, author: { kind: 'signer', skey: held.skey, hold: true } },
    })
  } catch (error) {
    if (!isJournalError(error, 'OTHER_LOG')) throw error
    return openSqliteJournal(reading)
  }
}

/** Folder of a log that was continued: what a mirror had of it, where the copy here was another history. */
export async function dirOf(dataDir: string, { number, first }: { number: number; first: number }): Promise<string> {
  const copy = copyFolder(number)
  if ((await readdir(dataDir)).includes(copy)) return join(dataDir, copy)
  return join(dataDir, number === first ? 'journal' : folderOfNumber(number))
}

export const copyFolder = (number: number): string => `${folderOfNumber(number)}-copy`

async function firstEntry(dir: string, clock: Clock): Promise<Uint8Array> {
  const journal: Journal = await openSqliteJournal({ dir, kind: 'pool', clock })
  try {
    for await (const { bytes } of journal.read(0, Math.min(1, journal.head()))) return bytes.slice()
  } finally {
    await journal.close()
  }
  throw new StartRefused(`${dir} holds no log: it was not made by Parley, or is damaged`)
}

function readEntry(entry: Uint8Array, dir: string): Continuation {
  try {
    return readContinuation(entry)
  } catch (error) {
    if (!isRecordError(error)) throw error
    throw new StartRefused(
      `${dir} does not begin with the continuation of another log: ${error.message}`,
      {},
      { cause: error },
    )
  }
}
