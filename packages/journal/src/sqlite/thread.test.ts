import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isJournalError } from '../errors.ts'
import { readTelling, tellingEntry } from '../testing/entries.ts'
import { openSqliteJournal } from './sqlite-journal.ts'
import { JournalThread } from './thread.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'parley-journal-'))
})
afterAll(() => rm(root, { recursive: true }))

describe('journals that share a thread', () => {
  it('keep each its own entries', async () => {
    const thread = new JournalThread({ youngGenerationMb: 4 })
    const journals = await Promise.all(
      [0, 1, 2].map((at) => openSqliteJournal({ dir: join(root, `own-${at}`), thread })),
    )
    await Promise.all(
      journals.flatMap((journal, at) =>
        Array.from({ length: 20 + at }, (_, seq) => journal.append(seq, [tellingEntry(seq, seq, at)])),
      ),
    )
    for (const [at, journal] of journals.entries()) {
      expect(journal.head()).toBe(20 + at)
      for await (const { seq, bytes } of journal.read(0, journal.head())) readTelling(seq, bytes)
    }
    await Promise.all(journals.map((journal) => journal.close()))
  })

  it('are opened again while others of the thread go on', async () => {
    const thread = new JournalThread()
    const stays = await openSqliteJournal({ dir: join(root, 'stays'), thread })
    for (let round = 0; round < 3; round++) {
      const again = await openSqliteJournal({ dir: join(root, 'again'), thread })
      expect(again.head()).toBe(round)
      await again.append(round, [tellingEntry(round, round, 1)])
      for await (const { seq, bytes } of again.read(0, again.head())) readTelling(seq, bytes)
      await again.close()
      await stays.append(round, [tellingEntry(round, round, 1)])
    }
    await stays.close()
    const elsewhere = await openSqliteJournal({ dir: join(root, 'again') })
    expect(elsewhere.head()).toBe(3)
    await elsewhere.close()
  })

  it('are refused alone: a folder that is held, and one of another kind, leave the others as they are', async () => {
    const thread = new JournalThread()
    const held = await openSqliteJournal({ dir: join(root, 'held'), thread })
    const second = await openSqliteJournal({ dir: join(root, 'held'), thread }).catch((error: unknown) => error)
    expect(isJournalError(second, 'LOCKED')).toBe(true)
    await (await openSqliteJournal({ dir: join(root, 'kind'), kind: 'one', thread })).close()
    const other = await openSqliteJournal({ dir: join(root, 'kind'), kind: 'two', thread }).catch(
      (error: unknown) => error,
    )
    expect(isJournalError(other, 'WRONG_KIND')).toBe(true)
    expect(await held.append(0, [tellingEntry(0, 0, 1)])).toBe(1)
    await held.close()
    const right = await openSqliteJournal({ dir: join(root, 'kind'), kind: 'one', thread })
    await right.close()
  })

  it('begin the thread anew after the last of them was closed', async () => {
    const thread = new JournalThread()
    for (let round = 0; round < 3; round++) {
      const [one, two] = await Promise.all(
        ['first', 'second'].map((name) => openSqliteJournal({ dir: join(root, name), thread })),
      )
      await one?.append(round, [tellingEntry(round, round, 1)])
      await Promise.all([one?.close(), two?.close()])
    }
    await using one = await openSqliteJournal({ dir: join(root, 'first'), thread })
    expect(one.head()).toBe(3)
  })
})
