import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { issuerTokenSource, LogFetchError, logFetcher, type TokenSource } from '@parley/client'
import { fileSource, type LogSource, parseVkey, type VerifierKey } from '@parley/record'
import { type FileRange, StoreDamage } from '../store/block-file.ts'
import { JournalStore, StoreUnreadable } from '../store/journal-store.ts'
import { CannotVerify, reason } from './usage.ts'

/** A log to be verified, wherever it lies. */
export interface LogTarget {
  readonly kind: 'log'
  /** How its place is told to people. */
  readonly name: string
  readonly source: LogSource
  /** The journal behind it, when it is a node's own folder. */
  readonly store: JournalStore | null
  /** The key that the log says is its own: to be believed only by who has nothing better. */
  statedKey(): Promise<VerifierKey | null>
  close(): void
}

/** A single file: a proof, an act, a checkpoint, a piece of evidence. */
export interface FileTarget {
  readonly kind: 'file'
  readonly name: string
  readonly bytes: Uint8Array
}

/** A journal whose frame is so damaged that no entry can be reached. */
export class DamagedFolder extends Error {
  readonly place: FileRange

  constructor(what: string, place: FileRange) {
    super(what)
    this.place = place
  }
}

export interface Access {
  readonly token?: string
  readonly tokenUrl?: string
  readonly sub: string
}

/** Finds out what stands at `place` and opens it for reading. @throws {CannotVerify} */
export function openTarget(place: string, access: Access): LogTarget | FileTarget {
  if (/^https?:\/\//.test(place)) return urlTarget(place, access)
  let isFolder: boolean
  try {
    isFolder = statSync(place).isDirectory()
  } catch (error) {
    throw new CannotVerify(`${place}: ${reason(error)}`, { cause: error })
  }
  if (!isFolder) return { kind: 'file', name: place, bytes: readFileSync(place) }
  for (const folder of [newestJournal(place), place]) {
    if (existsSync(join(folder, 'journal.db'))) return storeTarget(place, folder)
  }
  if (existsSync(join(place, 'checkpoint')) || existsSync(join(place, 'tile'))) return folderTarget(place)
  throw new CannotVerify(
    `${place}: neither a node's data folder (journal/journal.db) nor the files of a log (checkpoint, tile/) are there`,
  )
}

/** The journal that a node's data folder is written in: that of the newest log, where one was continued. */
function newestJournal(place: string): string {
  const numbers = readdirSync(place).flatMap((name) => /^journal-([1-9]\d{0,8})$/.exec(name)?.[1] ?? [])
  const newest = Math.max(0, ...numbers.map(Number))
  return join(place, newest === 0 ? 'journal' : `journal-${newest}`)
}

/** A log where one must be: a journal's own folder, or an address. @throws {CannotVerify} */
export function logTargetAt(place: string, access: Access): LogTarget {
  return /^https?:\/\//.test(place) ? urlTarget(place, access) : storeTarget(place, place)
}

/** The same for commands that need a log. @throws {CannotVerify} */
export function openLog(place: string, access: Access): LogTarget {
  const target = openTarget(place, access)
  if (target.kind === 'log') return target
  throw new CannotVerify(`${place} is a file: name a log's folder or address`)
}

function storeTarget(name: string, folder: string): LogTarget {
  let store: JournalStore
  try {
    store = new JournalStore(folder)
  } catch (error) {
    if (error instanceof StoreDamage)
      throw new DamagedFolder(error.message, { ...error.place, file: relative(name, error.place.file) })
    if (!(error instanceof StoreUnreadable)) throw error
    throw new CannotVerify(error.message, { cause: error })
  }
  if (!store.isLog) {
    store.close()
    damaged(name, store)
    throw new CannotVerify(
      `${folder} holds a journal that was never made a log: it has no signed checkpoint. Start its node once, which makes it one.`,
    )
  }
  return {
    kind: 'log',
    name,
    source: store,
    store,
    statedKey: () => {
      if (store.logKey === null) damaged(name, store)
      return Promise.resolve(store.logKey)
    },
    close: () => store.close(),
  }
}

/** A store that does not say what it must, because it was altered, is no matter of reading it wrongly. */
function damaged(name: string, { findings: [finding] }: JournalStore): void {
  if (finding !== undefined)
    throw new DamagedFolder(finding.what, { ...finding.place, file: relative(name, finding.place.file) })
}

function folderTarget(folder: string): LogTarget {
  const get = async (path: string): Promise<Uint8Array | null> => {
    try {
      return await readFile(join(folder, path))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT' || code === 'ENOTDIR') return null
      throw new CannotVerify(`${join(folder, path)}: ${reason(error)}`, { cause: error })
    }
  }
  return {
    kind: 'log',
    name: folder,
    source: fileSource(get),
    store: null,
    statedKey: () => statedIn(get),
    close: () => undefined,
  }
}

function urlTarget(place: string, access: Access): LogTarget {
  const fetchFile = logFetcher({ baseUrl: place, ...tokenOf(place, access) })
  const get = async (path: string): Promise<Uint8Array | null> => {
    try {
      return await fetchFile(path)
    } catch (error) {
      if (!(error instanceof LogFetchError)) throw new CannotVerify(messageOf(error), { cause: error })
      const remedy =
        error.code === 'log-not-allowed' ? '. Give a bearer token by --token, or an issuer by --token-url' : ''
      throw new CannotVerify(`${error.message}${remedy}`, { cause: error })
    }
  }
  return {
    kind: 'log',
    name: place,
    source: fileSource(get),
    store: null,
    statedKey: () => statedIn(get),
    close: () => undefined,
  }
}

async function statedIn(get: (path: string) => Promise<Uint8Array | null>): Promise<VerifierKey | null> {
  const bytes = await get('vkey')
  return bytes === null ? null : parseVkey(new TextDecoder().decode(bytes).trim())
}

function tokenOf(place: string, { token, tokenUrl, sub }: Access): { token?: TokenSource } {
  if (token !== undefined) {
    const bearer = existsSync(token) ? readFileSync(token, 'utf8').trim() : token
    return { token: () => Promise.resolve(bearer) }
  }
  if (tokenUrl === undefined) return {}
  return { token: issuerTokenSource({ issuerUrl: tokenUrl, audience: new URL(place).hostname, sub }) }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
