import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { createSigner, formatVkey, isRecordError, parseSkey } from '@parley/record'
import { alteredByte } from './crc.ts'
import type { StoreFinding } from './journal-store.ts'

/** What stands in a data folder beside its journal. */
export interface BesideFindings {
  readonly findings: readonly StoreFinding[]
  /** Files that nothing in the folder vouches for. */
  readonly unread: readonly { readonly file: string; readonly bytes: number }[]
  /** Folders of other journals below, each to be verified by itself. */
  readonly journals: readonly string[]
}

const CHUNK = 4 << 20
const FIXED = 16
const MOST_TABLE = 16 << 20
/** In a longer run the byte is not searched for. */
const SEARCHED = 256 << 20

/**
 * Looks at all other files of a data folder: snapshots by their own checksums, secret keys by the public ones beside
 * them. `journalDir` is where the journal itself lies, within the folder or the folder itself.
 */
export function lookBeside(folder: string, journalDir: string): BesideFindings {
  const findings: StoreFinding[] = []
  const unread: { file: string; bytes: number }[] = []
  const journals: string[] = []
  const own = ['journal.db', 'journal.db-wal', '../keys/log.vkey']
  const readElsewhere = new Set(own.map((name) => join(journalDir, name)))
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    if (readElsewhere.has(file)) continue
    if (/^journal\.db(-wal)?$/.test(entry.name)) {
      if (entry.name === 'journal.db') journals.push(entry.parentPath)
    } else if (/^snapshot-\d+\.bin$/.test(entry.name)) findings.push(...snapshotFindings(file))
    else if (!keyFileHolds(file, findings)) {
      const bytes = sizeOf(file)
      if (bytes > 0) unread.push({ file, bytes })
    }
  }
  return { findings, unread, journals: journals.sort() }
}

/** Whether the file is one of a pair of keys that was held against the other; a pair that does not fit is found. */
function keyFileHolds(file: string, findings: StoreFinding[]): boolean {
  const [, base, half] = /^(.*)\.(key|vkey)$/.exec(file) ?? []
  if (base === undefined) return false
  let texts: [string, string]
  try {
    texts = [readFileSync(`${base}.key`, 'utf8'), readFileSync(`${base}.vkey`, 'utf8')]
  } catch {
    return false
  }
  if (half === 'vkey') return true
  const [secret, published] = texts
  try {
    const vkey = formatVkey(createSigner(parseSkey(secret.replace(/\n$/, ''))).key)
    if (published === `${vkey}\n` || published === vkey) return true
    const whole = { file: `${base}.vkey`, from: 0, to: Buffer.byteLength(published) }
    findings.push({ place: whole, entries: null, what: 'this is not the public half of the key beside it' })
  } catch (error) {
    if (!isRecordError(error)) throw error
    const whole = { file, from: 0, to: Buffer.byteLength(secret) }
    findings.push({ place: whole, entries: null, what: `this is no secret key: ${error.code}` })
  }
  return true
}

interface SnapshotSection {
  readonly name: string
  readonly offset: number
  readonly byteLength: number
  readonly crc32: string
}

/** A snapshot's table and sections by their CRC-32, and the space between them, which is blank. */
function snapshotFindings(file: string): StoreFinding[] {
  const found: StoreFinding[] = []
  const find = (from: number, to: number, what: string): void =>
    void found.push({ place: { file, from, to }, entries: null, what })
  const fd = openSync(file, 'r')
  try {
    const { size } = fstatSync(fd)
    const fixed = readAt(fd, 0, Math.min(FIXED, size))
    const tableLength = size < FIXED ? 0 : fixed.readUInt32LE(12)
    const headEnd = FIXED + tableLength + 4
    if (tableLength > MOST_TABLE || headEnd > size) {
      find(0, Math.min(FIXED, size), 'the head of the snapshot does not fit the file')
      return found
    }
    const head = readAt(fd, 0, headEnd - 4)
    const stated = readAt(fd, headEnd - 4, headEnd).readUInt32LE(0)
    const sections = sectionsIn(head)
    if (crc32(head) !== stated || sections === null) {
      const at = alteredByte(head, stated, crc32(head))?.at
      const [from, to] = at === undefined ? [0, headEnd] : [at, at + 1]
      find(from, to, 'the head of the snapshot does not match its checksum')
      return found
    }
    let end = headEnd
    for (const section of sections) {
      if (section.byteLength === 0) continue
      findBlank(fd, [end, Math.min(section.offset, size)], find)
      end = section.offset + section.byteLength
      if (end > size) find(size, end, `the snapshot ends within its section ${section.name}`)
      else findInSection(fd, section, find)
    }
    findBlank(fd, [end, size], find)
    return found
  } finally {
    closeSync(fd)
  }
}

type Find = (from: number, to: number, what: string) => void

function sectionsIn(head: Buffer): SnapshotSection[] | null {
  try {
    const { sections } = JSON.parse(head.toString('utf8', FIXED)) as {
      sections: { name: string; offset: string; byteLength: number; crc32: string }[]
    }
    return sections.map((section) => ({ ...section, offset: Number(section.offset) }))
  } catch {
    return null
  }
}

function findInSection(fd: number, { name, offset, byteLength, crc32: text }: SnapshotSection, find: Find): void {
  const end = offset + byteLength
  let sum = 0
  for (let at = offset; at < end; at += CHUNK) sum = crc32(readAt(fd, at, Math.min(end, at + CHUNK)), sum)
  const stated = Number.parseInt(text, 16)
  if (sum === stated) return
  const at = byteLength > SEARCHED ? undefined : alteredByte(readAt(fd, offset, end), stated, sum)?.at
  const what = `section ${name} of the snapshot does not match its checksum`
  if (at === undefined) find(offset, end, what)
  else find(offset + at, offset + at + 1, what)
}

function findBlank(fd: number, [from, to]: readonly [number, number], find: Find): void {
  for (let at = from; at < to; at += CHUNK) {
    const bytes = readAt(fd, at, Math.min(to, at + CHUNK))
    const first = bytes.findIndex((byte) => byte !== 0)
    if (first < 0) continue
    const last = bytes.findLastIndex((byte) => byte !== 0)
    find(at + first, at + last + 1, 'nothing is kept here, and snapshots leave such space blank')
  }
}

function readAt(fd: number, from: number, to: number): Buffer {
  const bytes = Buffer.alloc(to - from)
  for (let done = 0; done < bytes.length; ) {
    const count = readSync(fd, bytes, done, bytes.length - done, from + done)
    if (count === 0) break
    done += count
  }
  return bytes
}

function sizeOf(file: string): number {
  const fd = openSync(file, 'r')
  try {
    return fstatSync(fd).size
  } finally {
    closeSync(fd)
  }
}
