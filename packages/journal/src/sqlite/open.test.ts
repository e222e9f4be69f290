import { spawn } from 'node:child_process'
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'libsql'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isJournalError, type JournalError } from '../errors.ts'
import { startWriter } from '../testing/child.ts'
import { openSqliteJournal } from './sqlite-journal.ts'

const DIST = fileURLToPath(new URL('../../dist/index.js', import.meta.url))
const NOBODY = 65_534

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-journal-'))
})
afterEach(async () => {
  await rm(dir, { recursive: true, force: true })
})

describe('opening', () => {
  it('makes the folder and those above it, and a file that says what it is', async () => {
    const inner = join(dir, 'a', 'b')
    const journal = await openSqliteJournal({ dir: inner, kind: 'pool' })
    await journal.close()
    expect((await readdir(inner)).sort()).toEqual(['journal.db', 'lock'])
    const header = await readFile(join(inner, 'journal.db'))
    expect(header.toString('latin1', 0, 15)).toBe('SQLite format 3')
    expect(header.toString('latin1', 68, 72)).toBe('PRLJ')
    expect(header.readUInt32BE(60)).toBe(1)
    const db = new Database(join(inner, 'journal.db'))
    const meta = new Map(db.prepare('SELECT name, value FROM meta').raw().all([]) as [string, string][])
    db.close()
    expect(meta.get('application')).toBe('parley-journal')
    expect(meta.get('format_version')).toBe('1')
    expect(meta.get('kind')).toBe('pool')
    expect(meta.get('created')).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/)
    expect(meta.get('journal_id')).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('refuses a journal of another kind', async () => {
    await (await openSqliteJournal({ dir, kind: 'pool' })).close()
    const error = await refusal(openSqliteJournal({ dir, kind: 'mirror' }))
    expect(error.code).toBe('WRONG_KIND')
    expect(error.details).toMatchObject({ found: 'pool', wanted: 'mirror' })
  })

  it.each([
    ['a text file', 'this is not a database, but it is long enough to look at: '.repeat(20)],
    ['a few bytes', 'x'],
    ['a header cut short', 'SQLite format 3\0'],
  ])('refuses %s in place of the database, and leaves it as it was', async (_, content) => {
    const path = join(dir, 'journal.db')
    await writeFile(path, content)
    const error = await refusal(openSqliteJournal({ dir }))
    expect(error.code).toBe('NOT_A_DATABASE')
    expectClear(error, path)
    expect(await readFile(path, 'utf8')).toBe(content)
  })

  it('refuses the database of another program, and leaves it as it was', async () => {
    const path = join(dir, 'journal.db')
    const db = new Database(path)
    db.exec('CREATE TABLE theirs(x); INSERT INTO theirs VALUES (1); PRAGMA application_id = 7; PRAGMA user_version = 1')
    db.close()
    const before = await readFile(path)
    const error = await refusal(openSqliteJournal({ dir }))
    expect(error.code).toBe('FOREIGN_DATABASE')
    expect(error.details).toMatchObject({ applicationId: 7 })
    expectClear(error, path)
    expect((await readFile(path)).equals(before)).toBe(true)
  })

  it('#70 refuses a newer format, and leaves it as it was', async () => {
    const path = join(dir, 'journal.db')
    await (await openSqliteJournal({ dir })).close()
    const bytes = await readFile(path)
    bytes.writeUInt32BE(3, 60)
    await writeFile(path, bytes)
    const error = await refusal(openSqliteJournal({ dir }))
    expect(error.code).toBe('NEWER_FORMAT')
    expect(error.details).toMatchObject({ found: 3, supported: 2 })
    expectClear(error, path)
    expect((await readFile(path)).equals(bytes)).toBe(true)
  })

  it('refuses a file in place of the folder, and a path through one', async () => {
    const file = join(dir, 'file')
    await writeFile(file, '')
    for (const path of [file, join(file, 'inner')]) {
      const error = await refusal(openSqliteJournal({ dir: path }))
      expect(error.code).toBe('NOT_A_FOLDER')
      expectClear(error, path)
    }
  })

  it('refuses a folder where the database should be', async () => {
    await mkdir(join(dir, 'journal.db'))
    const error = await refusal(openSqliteJournal({ dir }))
    expect(['READ_ONLY', 'IO_FAILED']).toContain(error.code)
    expectClear(error, join(dir, 'journal.db'))
  })

  it('says that it is damaged when the database is missing or empty beside its log', async () => {
    for (const empty of [false, true]) {
      const place = join(dir, String(empty))
      await mkdir(place)
      if (empty) await writeFile(join(place, 'journal.db'), '')
      await writeFile(join(place, 'journal.db-wal'), 'what was acknowledged')
      const error = await refusal(openSqliteJournal({ dir: place }))
      expect(error.code).toBe('CORRUPT')
      expect(await readFile(join(place, 'journal.db-wal'), 'utf8')).toBe('what was acknowledged')
    }
  })

  it('takes an empty file for a new journal: a crash may leave one', async () => {
    await writeFile(join(dir, 'journal.db'), '')
    const journal = await openSqliteJournal({ dir })
    expect(await journal.append(0, [new Uint8Array(3)])).toBe(1)
    await journal.close()
  })

  it('opens through a link, and holds the lock of what it leads to', async (test) => {
    const link = join(dir, 'link')
    await mkdir(join(dir, 'real'))
    try {
      await symlink(join(dir, 'real'), link)
    } catch {
      skip(test, 'this system does not let us make a symbolic link')
    }
    const journal = await openSqliteJournal({ dir: link })
    expect((await refusal(openSqliteJournal({ dir: join(dir, 'real') }))).code).toBe('LOCKED')
    await journal.close()
  })

  it('refuses a folder, a database or a lock it may not write', async (test) => {
    const asOther = process.platform !== 'win32' && process.getuid?.() === 0
    if (process.platform === 'win32') skip(test, 'Windows has no such modes')
    await (await openSqliteJournal({ dir })).close()
    if (asOther) {
      await chmod(dir, 0o777)
      for (const name of await readdir(dir)) await chown(join(dir, name), NOBODY, NOBODY)
      await chown(dir, NOBODY, NOBODY)
    }
    const cases = [
      { path: join(dir, 'journal.db'), mode: 0o444, code: 'READ_ONLY', named: join(dir, 'journal.db') },
      { path: join(dir, 'lock'), mode: 0o444, code: 'READ_ONLY', named: join(dir, 'lock') },
      { path: dir, mode: 0o555, code: 'UNWRITABLE', named: dir },
    ]
    for (const { path, mode, code, named } of cases) {
      await chmod(path, mode)
      const said = await openAs(asOther ? NOBODY : undefined, dir)
      await chmod(path, 0o777)
      if (said.startsWith('cannot start')) skip(test, said)
      expect(said).toMatch(new RegExp(`^${code} `))
      expect(said).toContain(named)
    }
    const missing = join(dir, 'closed', 'inner')
    await mkdir(join(dir, 'closed'), { mode: 0o555 })
    if (asOther) await chown(join(dir, 'closed'), NOBODY, NOBODY)
    expect(await openAs(asOther ? NOBODY : undefined, missing)).toMatch(/^UNWRITABLE /)
    expect(await openAs(asOther ? NOBODY : undefined, dir)).toBe('opened')
  })
})

describe('two openings of one folder', () => {
  it('refuses the second process, naming the first, until that is killed', async () => {
    const writer = startWriter([dir, '1'])
    await writer.said('ack ')
    const error = await refusal(openSqliteJournal({ dir }))
    expect(error.code).toBe('LOCKED')
    expect(error.details).toMatchObject({ dir, holder: { pid: writer.child.pid } })
    expectClear(error, dir)
    expect(error.message).toContain(String(writer.child.pid))

    writer.child.kill('SIGKILL')
    await writer.ended()
    const journal = await openSqliteJournal({ dir })
    expect(journal.head()).toBeGreaterThan(0)
    await journal.close()
  })

  it('keeps other processes out also after this one was refused a second opening of its own', async () => {
    const journal = await openSqliteJournal({ dir })
    for (let i = 0; i < 3; i++) expect((await refusal(openSqliteJournal({ dir }))).code).toBe('LOCKED')
    const writer = startWriter([dir, '1'])
    await expect(writer.said('open ')).rejects.toThrow('LOCKED')
    expect(await journal.append(0, [new Uint8Array(3)])).toBe(1)
    await journal.close()
  })

  it('lets one of several that start at once win', async () => {
    const writers = Array.from({ length: 4 }, (_, i) => startWriter([dir, String(i)]))
    const outcomes = await Promise.allSettled(writers.map((writer) => writer.said('open ')))
    for (const writer of writers) writer.child.kill('SIGKILL')
    await Promise.all(writers.map((writer) => writer.ended()))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    await (await openSqliteJournal({ dir })).close()
  })
})

/** Opens and closes in a process of its own, as another user where one is given; says `opened` or the refusal. */
function openAs(uid: number | undefined, dir: string): Promise<string> {
  const script = `
    import { openSqliteJournal } from ${JSON.stringify(DIST)}
    try {
      const journal = await openSqliteJournal({ dir: ${JSON.stringify(dir)} })
      await journal.close()
      console.log('opened')
    } catch (error) {
      console.log(error.code + ' ' + error.message)
    }`
  const identity = uid === undefined ? {} : { uid, gid: uid }
  return new Promise((done) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { ...identity, cwd: tmpdir() })
    let said = ''
    let errors = ''
    child.stdout.on('data', (data: Buffer) => {
      said += data.toString()
    })
    child.stderr.on('data', (data: Buffer) => {
      errors += data.toString()
    })
    child.on('error', (error) => done(`cannot start as another user: ${error.message}`))
    child.on('close', () => done(said.trim() || `cannot start as another user: ${errors.slice(0, 300)}`))
  })
}

async function refusal(opening: Promise<{ close(): Promise<void> }>): Promise<JournalError> {
  try {
    await (await opening).close()
  } catch (error) {
    if (isJournalError(error)) return error
    throw error
  }
  throw new Error('the journal opened')
}

/** One line that names the path. */
function expectClear(error: JournalError, path: string): void {
  expect(error.message).toContain(path)
  expect(error.message).not.toContain('\n')
}

function skip(test: { skip(note: string): never }, why: string): never {
  console.info(`SKIPPED: ${why}`)
  return test.skip(why)
}
