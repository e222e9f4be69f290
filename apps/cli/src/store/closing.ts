import { crc32 } from 'node:zlib'
import type { FileRange } from './block-file.ts'
import { placeOf, type Row } from './b-tree.ts'
import { alteredByte } from './crc.ts'

/** What a journal's clean closing set down of the file, where nothing else binds it. */
export interface ClosingFacts {
  readonly sqliteVersion: number
  readonly schemaVersion: number
  readonly metaSum: number
  readonly cosignatureSum: number
}

export type Closing =
  /** Made before closings were recorded, or rows were once deleted from it: unused space may hold anything. */
  | { readonly kind: 'none' }
  /** In use, or its process was killed. */
  | { readonly kind: 'open' }
  | { readonly kind: 'closed'; readonly facts: ClosingFacts; readonly row: Row }
  | { readonly kind: 'altered'; readonly row: Row }

const NAME = 'closing'
const FORM = /^(\d{1,10}) (\d{1,10}) ([0-9a-f]{8}) ([0-9a-f]{8}) ([0-9a-f]{8})$/

/** What the store's table of facts says of its closing. */
export function closingIn(meta: readonly Row[]): Closing {
  const row = meta.find(({ values }) => values[0] === NAME)
  if (row === undefined) return { kind: 'none' }
  const text = String(row.values[1])
  if (text === 'open') return { kind: 'open' }
  const [, sqlite, schema, metaSum, cosignatureSum, own] = FORM.exec(text) ?? []
  if (own === undefined || crc32(text.slice(0, -9)) !== Number.parseInt(own, 16)) return { kind: 'altered', row }
  const facts = {
    sqliteVersion: Number(sqlite),
    schemaVersion: Number(schema),
    metaSum: Number.parseInt(metaSum as string, 16),
    cosignatureSum: Number.parseInt(cosignatureSum as string, 16),
  }
  return { kind: 'closed', facts, row }
}

/** Where the facts of a store are not those it was closed with: to the byte where one explains it; null where they are. */
export function alteredFact(meta: readonly Row[], { metaSum }: ClosingFacts): FileRange | null {
  const rows = meta.filter(({ values }) => values[0] !== NAME)
  const parts = rows.map(({ values }) => Buffer.from(`${String(values[0])}\0${String(values[1])}\n`))
  const actual = crc32(Buffer.concat(parts))
  if (actual === metaSum) return null
  let at = alteredByte(Buffer.concat(parts), metaSum, actual)?.at ?? -1
  for (const [i, row] of rows.entries()) {
    const length = (parts[i] as Buffer).length
    const name = Buffer.byteLength(String(row.values[0]))
    if (at >= 0 && at < name) return placeOf(row, (row.starts[0] as number) + at)
    if (at > name && at < length - 1) return placeOf(row, (row.starts[1] as number) + at - name - 1)
    at -= length
  }
  return spanOf(rows)
}

/** As `alteredFact` for the cosignatures, whose keys need not be known for it. */
export function alteredCosignature(rows: readonly Row[], { cosignatureSum }: ClosingFacts): FileRange | null {
  const parts = rows.map(cosignatureBytes)
  const sums = parts.map((part) => crc32(part))
  const total = sums.reduce((sum, each) => (sum + each) >>> 0, 0)
  if (total === cosignatureSum) return null
  const off = total - cosignatureSum
  const places = rows.flatMap((row, i) => {
    const sum = sums[i] as number
    const altered = alteredByte(parts[i] as Buffer, (sum - off) >>> 0, sum)
    return altered === null ? [] : [placeOfCosignature(row, altered.at)]
  })
  return places.length === 1 ? (places[0] as FileRange) : spanOf(rows)
}

const NUMBERS = 16

function cosignatureBytes({ values: [size, name, keyId, first, latest] }: Row): Buffer {
  const head = Buffer.alloc(NUMBERS)
  head.writeBigUInt64BE(BigInt.asUintN(64, BigInt(Number(size) || 0)), 0)
  head.writeBigUInt64BE(BigInt.asUintN(64, BigInt(Number(keyId) || 0)), 8)
  const blob = (value: unknown): Uint8Array => (value instanceof Uint8Array ? value : new Uint8Array())
  return Buffer.concat([head, Buffer.from(`${String(name)}\0`), blob(first), blob(latest)])
}

function placeOfCosignature(row: Row, at: number): FileRange {
  const [size = 0, name = 0, keyId = 0, first = 0] = row.starts
  const named = at - NUMBERS
  const length = Buffer.byteLength(String(row.values[1])) + 1
  // A number may be written in fewer bytes than it was summed up in: then its first byte stands for it.
  if (at < 8) return placeOf(row, Math.max(size, name - 8 + at))
  if (at < NUMBERS) return placeOf(row, Math.max(keyId, first - NUMBERS + at))
  return placeOf(row, named < length ? name + Math.min(named, length - 2) : first + named - length)
}

/** From the first to the last of these rows, as far as they lie in one file. */
function spanOf(rows: readonly Row[]): FileRange {
  const cells = rows.map(({ cell }) => cell)
  const [one] = cells
  if (one === undefined) return { file: '', from: 0, to: 0 }
  const same = cells.filter(({ file }) => file === one.file)
  return {
    file: one.file,
    from: Math.min(...same.map(({ from }) => from)),
    to: Math.max(...same.map(({ to }) => to)),
  }
}
