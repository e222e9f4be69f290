import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Journal, openSqliteJournal } from '@parley/journal'
import { CompactRange, equalBytes, leafHash, openCheckpoint } from '@parley/record'
import { WrongAnswer } from '../load/check.ts'
import { acts, LOG_KEY, LOG_SKEY, ORIGIN } from './acts.ts'

const BATCH = 1000
const BATCHES_AHEAD = 8

/** The journal of a folder; with `log`, as a log that signs a head with every commit. */
export const openJournal = (dir: string, { log }: { readonly log: boolean }): Promise<Journal> =>
  openSqliteJournal({
    dir,
    kind: 'bench',
    ...(log ? { log: { origin: ORIGIN, author: { kind: 'signer', skey: LOG_SKEY } } } : {}),
  })

/** Writes acts in batches, unmeasured, and holds the signed head against a tree of the same acts. */
export async function fillJournal(dir: string, count: number): Promise<void> {
  const journal = await openJournal(dir, { log: true })
  try {
    const tree = new CompactRange()
    const pending: Promise<number>[] = []
    for (let from = 0; from < count; from += BATCH) {
      const batch = acts(from, Math.min(BATCH, count - from))
      for (const entry of batch) tree.append(leafHash(entry))
      pending.push(journal.append(from, batch))
      if (pending.length > BATCHES_AHEAD) await pending.shift()
    }
    await Promise.all(pending)
    checkHead(journal, tree)
  } finally {
    await journal.close()
  }
}

/** @throws {WrongAnswer} unless the journal's signed head is that of the tree */
export function checkHead(journal: Journal, tree: CompactRange): void {
  const signed = journal.log?.checkpoint() ?? null
  if (signed === null) throw new WrongAnswer('the journal shows no signed head')
  const { checkpoint } = openCheckpoint(signed.note, LOG_KEY)
  if (checkpoint.size !== tree.size || !equalBytes(checkpoint.root, tree.root()))
    throw new WrongAnswer(`the signed head of ${checkpoint.size} entries is not that of the ${tree.size} written`)
}

/** Bytes of all files of a folder. */
export function bytesOf(dir: string): number {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
}
