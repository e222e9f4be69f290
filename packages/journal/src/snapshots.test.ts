import { copyFile, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Journal, JournalNotice } from './journal.ts'
import { openSqliteJournal } from './sqlite/sqlite-journal.ts'
import { tellingEntry, tellingSection } from './testing/entries.ts'

let dir: string
let journal: Journal
let notices: JournalNotice[]

const open = async (folder: string): Promise<Journal> =>
  openSqliteJournal({ dir: folder, onNotice: (notice) => notices.push(notice) })
const append = async (to: Journal, count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await to.append(to.head(), [tellingEntry(to.head(), to.head(), 1)])
}
const save = (seq: number): Promise<void> =>
  journal.saveSnapshot(seq, [
    { name: 'empty', bytes: new Uint8Array() },
    { name: 'long', bytes: tellingSection(seq, 9000) },
    { name: 'short', bytes: tellingSection(seq + 1, 10) },
  ])
const file = (seq: number): string => join(dir, `snapshot-${seq}.bin`)
const snapshotFiles = async (): Promise<string[]> =>
  (await readdir(dir)).filter((name) => name.startsWith('snapshot')).sort()

async function expectLoaded(seq: number | null): Promise<void> {
  const snapshot = await journal.loadSnapshot()
  expect(snapshot?.seq ?? null).toBe(seq)
  if (snapshot === null) return
  expect([...snapshot.sections.keys()]).toEqual(['empty', 'long', 'short'])
  expect(Buffer.compare(snapshot.sections.get('long') as Uint8Array, tellingSection(snapshot.seq, 9000))).toBe(0)
  expect(Buffer.compare(snapshot.sections.get('short') as Uint8Array, tellingSection(snapshot.seq + 1, 10))).toBe(0)
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-journal-'))
  notices = []
  journal = await open(dir)
  await append(journal, 10)
})
afterEach(async () => {
  await journal.close()
  await rm(dir, { recursive: true, force: true })
})

describe('snapshots in a folder', () => {
  it('keeps the newest two and nothing half-written', async () => {
    for (const seq of [1, 2, 5, 9, 10]) await save(seq)
    expect(await snapshotFiles()).toEqual(['snapshot-10.bin', 'snapshot-9.bin'])
    await Promise.all([save(6), save(7), save(10)])
    expect(await snapshotFiles()).toEqual(['snapshot-10.bin', 'snapshot-9.bin'])
    await expectLoaded(10)
  })

  it('removes what a killed save left, at the next opening', async () => {
    await save(4)
    await journal.close()
    await writeFile(`${file(9)}.tmp`, 'half of it')
    journal = await open(dir)
    expect(await snapshotFiles()).toEqual(['snapshot-4.bin'])
    await expectLoaded(4)
  })

  it('falls back to the older, then to none, whichever byte is flipped', async () => {
    await save(4)
    await save(8)
    const newest = await readFile(file(8))
    const tableEnd = 16 + newest.readUInt32LE(12) + 4
    const used = (at: number): boolean => at < tableEnd || (at >= 4096 && at < 4096 + 9000) || at >= newest.length - 10
    const positions = [...Array(tableEnd).keys()].filter((at) => at % 5 === 0 || at < 24)
    for (let at = 4096; at < newest.length; at += 211) positions.push(at)
    positions.push(4096, 4096 + 8999, newest.length - 1)
    for (const at of positions) {
      const bytes = Buffer.from(newest)
      bytes[at] = (bytes[at] as number) ^ 0x04
      await writeFile(file(8), bytes)
      notices = []
      await expectLoaded(used(at) ? 4 : 8)
      expect(notices.map(({ path }) => path)).toEqual(used(at) ? [file(8)] : [])
    }
    await truncate(file(4), 5000)
    await truncate(file(8), 5000)
    notices = []
    await expectLoaded(null)
    expect(notices.map((notice) => [notice.kind, notice.kind === 'snapshot-skipped' && notice.reason])).toEqual([
      ['snapshot-skipped', 'truncated'],
      ['snapshot-skipped', 'truncated'],
    ])
  })

  it('is not fooled by a file cut at any length', async () => {
    await save(8)
    const whole = await readFile(file(8))
    for (let length = 0; length < whole.length; length += length < 700 ? 13 : 997) {
      await writeFile(file(8), whole.subarray(0, length))
      await expectLoaded(null)
    }
    await writeFile(file(8), whole)
    await expectLoaded(8)
  })

  it.each([
    ['not-a-snapshot', (bytes: Buffer) => bytes.fill('x', 0, 8)],
    ['newer-version', (bytes: Buffer) => bytes.writeUInt32LE(2, 8)],
  ] as const)('names the reason: %s', async (reason, change) => {
    await save(8)
    const bytes = await readFile(file(8))
    change(bytes)
    await writeFile(file(8), bytes)
    await expectLoaded(null)
    expect(notices).toEqual([{ kind: 'snapshot-skipped', path: file(8), seq: 8, reason }])
  })

  it('ignores a snapshot renamed to another seq', async () => {
    await save(4)
    await rename(file(4), file(6))
    await expectLoaded(null)
    expect(notices).toMatchObject([{ reason: 'not-a-snapshot' }])
  })

  it('ignores the snapshot of another journal', async () => {
    await save(8)
    const otherDir = join(dir, 'other')
    const other = await open(otherDir)
    await append(other, 10)
    await copyFile(file(8), join(otherDir, 'snapshot-8.bin'))
    expect(await other.loadSnapshot()).toBeNull()
    expect(notices).toMatchObject([{ reason: 'other-journal' }])
    await other.close()
  })

  it('sets aside at opening what lies beyond the head, and says so: the log lost entries', async () => {
    await journal.close()
    await copyFile(join(dir, 'journal.db'), join(dir, 'backup'))
    journal = await open(dir)
    await append(journal, 10)
    await save(15)
    await save(10)
    await journal.close()
    await copyFile(join(dir, 'backup'), join(dir, 'journal.db'))
    journal = await open(dir)
    expect(journal.head()).toBe(10)
    expect(notices).toEqual([{ kind: 'snapshot-skipped', path: file(15), seq: 15, reason: 'beyond-head' }])
    await append(journal, 10)
    await expectLoaded(10)
  })

  it('ignores the snapshot of a history that was replaced by another of the same length', async () => {
    await journal.close()
    await copyFile(join(dir, 'journal.db'), join(dir, 'backup'))
    journal = await open(dir)
    await append(journal, 5)
    await save(15)
    await journal.close()
    await copyFile(join(dir, 'backup'), join(dir, 'journal.db'))
    await rename(file(15), join(dir, 'kept'))
    journal = await open(dir)
    for (let i = 10; i < 20; i++) await journal.append(i, [Buffer.from('another history')])
    await rename(join(dir, 'kept'), file(15))
    await expectLoaded(null)
    expect(notices).toMatchObject([{ reason: 'other-history' }])
  })
})
