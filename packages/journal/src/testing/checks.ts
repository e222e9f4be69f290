import { CompactRange, equalBytes, leafHash, openCheckpoint } from '@parley/record'
import type { Journal } from '../journal.ts'
import { readTelling } from './entries.ts'
import { testLog } from './keys.ts'

/**
 * Every head a writer saw, and the one the store opened with, is signed and the root of the entries up to its size.
 * `tree` is that of the entries before and is brought up to the head; gives the number of heads the writer saw.
 */
export async function checkHeads(journal: Journal, tree: CompactRange, lines: readonly string[]): Promise<number> {
  const { key } = testLog().signer
  const open = (note: Uint8Array) => openCheckpoint(note, key).checkpoint
  const seen = lines
    .filter((line) => line.startsWith('head '))
    .map((line) => open(Buffer.from(line.split(' ')[2] ?? '', 'base64')))
  const newest = journal.log?.checkpoint()
  if (newest === undefined || newest === null) throw new Error('the log has no signed head')
  const published = open(newest.note)
  if (published.size !== journal.head()) throw new Error(`the head is of ${published.size}, not ${journal.head()}`)
  const roots = new Map<number, Uint8Array>()
  const wanted = new Set([...seen.map(({ size }) => size), published.size])
  if (wanted.has(tree.size)) roots.set(tree.size, tree.root())
  for await (const { bytes } of journal.read(tree.size, journal.head())) {
    tree.append(leafHash(bytes))
    if (wanted.has(tree.size)) roots.set(tree.size, tree.root())
  }
  for (const { size, root } of [...seen, published]) {
    const found = roots.get(size)
    if (found === undefined) throw new Error(`a head of size ${size} was seen, and is not of what is there`)
    if (!equalBytes(found, root)) throw new Error(`the head of size ${size} is of another history`)
  }
  return seen.length
}

/** Every entry from `from` to the head: in order, as written, and in whole appends. */
export async function checkEntries(journal: Journal, from: number): Promise<void> {
  const head = journal.head()
  let expected = from
  let appendEnd: number | null = null
  for await (const { seq, bytes } of journal.read(from, head)) {
    if (seq !== expected) throw new Error(`entry ${seq} came where ${expected} should`)
    const { firstSeq, count } = readTelling(seq, bytes)
    if (appendEnd !== null && seq === appendEnd && firstSeq !== seq) throw new Error(`entry ${seq} starts no append`)
    if (firstSeq + count > head) throw new Error(`the append at ${firstSeq} is cut: ${count} entries, head ${head}`)
    appendEnd = firstSeq + count
    expected++
  }
  if (expected !== head) throw new Error(`reading ended at ${expected}, not at head ${head}`)
}

/** The largest head that was acknowledged to a writer, by its lines; 0 when none was. */
export function lastAcknowledged(lines: readonly string[]): number {
  return Math.max(0, ...lines.filter((line) => line.startsWith('ack ')).map((line) => Number(line.slice(4))))
}
