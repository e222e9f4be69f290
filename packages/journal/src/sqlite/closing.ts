import { crc32 } from 'node:zlib'
import type Database from 'libsql'

type Db = InstanceType<typeof Database>

/**
 * A row of `meta` that makes every byte of a closed store one that can be checked. It is there from the creation of the
 * store and says `open` from the first transaction after an opening on; a clean closing blanks all space that no row
 * uses, and sets down what of the file nothing else binds:
 *
 *   <SQLite's version number> <schema version> <CRC-32 of meta> <sum of the cosignatures' CRC-32> <CRC-32 of all before>
 *
 * the last three as eight hexadecimal digits. `meta` is taken as `name NUL value LF` of each other row by name; a
 * cosignature as size and key id (u64be), name, NUL, first and latest, and their CRC-32 are added modulo 2^32. Where
 * rows were ever deleted the row is gone for good: their pages may keep traces when they are used again.
 */
export const CLOSING = 'closing'
const OPEN = 'open'

const LEAF_TABLE = 13
const INTERIOR_TABLE = 5
const INTERIOR_INDEX = 2

/** Whether the store says that it was closed and not written to since. */
export function isClosed(meta: ReadonlyMap<string, string>): boolean {
  const said = meta.get(CLOSING)
  return said !== undefined && said !== OPEN
}

/** SQL for a store being made. */
export const CREATE_CLOSING = `INSERT INTO meta VALUES ('${CLOSING}', '${OPEN}');`

/** To be run in the first transaction after an opening. */
export function markOpen(db: Db): void {
  db.exec(`UPDATE meta SET value = '${OPEN}' WHERE name = '${CLOSING}'`)
}

/** To be run in a transaction that deletes rows which took pages of their own. */
export function markTraces(db: Db): void {
  db.exec(`DELETE FROM meta WHERE name = '${CLOSING}'`)
}

/** To be run in the last transaction before a store is closed; nothing where it is closed already or never can be. */
export function markClosed(db: Db): void {
  const [said] =
    (db.prepare('SELECT value FROM meta WHERE name = ?').raw().get([CLOSING]) as [string] | undefined) ?? []
  if (said !== OPEN) return
  // Writes the first page, and so the version number that is set down below.
  const [userVersion] = db.prepare('PRAGMA user_version').raw().get([]) as [number]
  db.exec(`PRAGMA user_version = ${userVersion}`)
  db.prepare('UPDATE meta SET value = ? WHERE name = ?').run([factsOf(db), CLOSING])
  blankUnused(db)
}

function factsOf(db: Db): string {
  const [version] = db.prepare('SELECT sqlite_version()').raw().get([]) as [string]
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  const [schema] = db.prepare('PRAGMA schema_version').raw().get([]) as [number]
  const facts = `${major * 1_000_000 + minor * 1000 + patch} ${schema} ${hex(metaSum(db))} ${hex(cosignatureSum(db))}`
  return `${facts} ${hex(crc32(facts))}`
}

function metaSum(db: Db): number {
  const rows = db.prepare('SELECT name, value FROM meta WHERE name != ? ORDER BY name').raw().all([CLOSING])
  return (rows as [string, string][]).reduce((sum, [name, value]) => crc32(`${name}\0${value}\n`, sum), 0)
}

function cosignatureSum(db: Db): number {
  const [table] = db.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'cosignature'").raw().get([]) as [number]
  if (table === 0) return 0
  const rows = db.prepare('SELECT size, key_id, name, first, latest FROM cosignature').raw().iterate([])
  let sum = 0
  for (const [size, keyId, name, first, latest] of rows as Iterable<[number, number, string, Buffer, Buffer]>) {
    const head = Buffer.alloc(16)
    head.writeBigUInt64BE(BigInt(size), 0)
    head.writeBigUInt64BE(BigInt(keyId), 8)
    sum = (sum + crc32(Buffer.concat([head, Buffer.from(`${name}\0`), first, latest]))) >>> 0
  }
  return sum
}

/**
 * Blanks what no row uses on the pages that SQLite leaves remains on, inner pages and those of tables without row ids,
 * and behind the list of free pages. Pages of rows that are only ever appended have none; they are not looked at.
 */
function blankUnused(db: Db): void {
  const read = db.prepare('SELECT data FROM sqlite_dbpage WHERE pgno = ?').raw()
  const write = db.prepare('UPDATE sqlite_dbpage SET data = ? WHERE pgno = ?')
  const pageAt = (number: number): Buffer => (read.get([number]) as [Buffer])[0]
  const blank = (number: number, page: Buffer, [from, to]: readonly [number, number]): void => {
    if (from > to || to > page.length) throw new Error(`page ${number} is none that can be blanked`)
    if (page.subarray(from, to).every((byte) => byte === 0)) return
    write.run([page.fill(0, from, to), number])
  }
  const visit = (number: number): number => {
    const page = pageAt(number)
    const head = number === 1 ? 100 : 0
    const type = page[head] as number
    const inner = type === INTERIOR_TABLE || type === INTERIOR_INDEX
    const pointers = head + (inner ? 12 : 8)
    const count = page.readUInt16BE(head + 3)
    const below = inner
      ? [
          ...Array.from({ length: count }, (_, i) => page.readUInt32BE(page.readUInt16BE(pointers + 2 * i))),
          page.readUInt32BE(head + 8),
        ]
      : []
    blank(number, page, [pointers + 2 * count, page.readUInt16BE(head + 5) || 65_536])
    for (const child of below) {
      // All that lies below a page is of one kind.
      if (visit(child) === LEAF_TABLE) break
    }
    return type
  }
  const roots = db.prepare("SELECT rootpage FROM sqlite_schema WHERE type = 'table'").raw().all([]) as [number][]
  for (const [root] of [[1] as const, ...roots]) visit(root)
  for (let trunk = pageAt(1).readUInt32BE(32); trunk !== 0; ) {
    const page = pageAt(trunk)
    blank(trunk, page, [8 + 4 * page.readUInt32BE(4), page.length])
    trunk = page.readUInt32BE(0)
  }
}

const hex = (value: number): string => value.toString(16).padStart(8, '0')
