import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteJournal } from '@parley/journal'
import { cosignCheckpoint, formatSkey, formatVkey, parseNote } from '@parley/record'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runParley } from '../app.ts'
import { entry, KEY, ORIGIN, poolEntries, SECRET, WITNESS } from '../testing/logs.ts'
import type { VerifyOutput } from './run-verify.ts'

/** A real node's folder: 10,000 entries in commits of different sizes, one of them too long for a leaf. */
const SIZE = 10_000
const LONG = 333
const data = mkdtempSync(join(tmpdir(), 'parley-data-'))
const file = join(data, 'journal/journal.db')
let sound: Buffer

async function fill(dir: string, contents: readonly Uint8Array[], batch: (at: number) => number): Promise<void> {
  const skey = formatSkey(SECRET)
  const journal = await openSqliteJournal({
    dir,
    kind: 'pool',
    log: { origin: ORIGIN, author: { kind: 'signer', skey } },
  })
  for (let at = 0; at < contents.length; ) {
    const some = contents.slice(at, at + batch(at))
    await journal.append(at, some)
    at += some.length
  }
  await journal.close()
}

beforeAll(async () => {
  const contents = Array.from({ length: SIZE }, (_, i) => (i === LONG ? new Uint8Array(70_000).fill(3) : entry(i)))
  await fill(join(data, 'journal'), contents, (at) => 1 + ((at * 7) % 90))
  sound = readFileSync(file)
})
afterAll(() => rmSync(data, { recursive: true, force: true }))

interface Run {
  readonly code: number
  readonly report: VerifyOutput
  readonly err: string
}

async function verify(folder = data, ...more: string[]): Promise<Run> {
  let out = ''
  let err = ''
  const code = await runParley(
    ['verify', folder, '--key', KEY, '--json', '--threads', '0', ...more],
    { stdout: { write: (text) => (out += text) }, stderr: { write: (text) => (err += text) }, env: {} },
    '1.0.0',
  )
  return { code, err, report: out === '' ? ({} as VerifyOutput) : (JSON.parse(out) as VerifyOutput) }
}

test('a sound folder verifies: entries, every signed head, every page', async () => {
  const { code, report } = await verify()
  expect(report.findings).toEqual([])
  expect(code).toBe(0)
  expect(report).toMatchObject({ size: SIZE, entries: SIZE, origin: ORIGIN, contents: 'other', notes: [] })
  expect(report.store).toMatchObject({ pendingEntries: 0, tornBytes: 0, unusedCovered: true, unusual: [] })
  expect(report.store?.heads).toBeGreaterThan(200)
})

test('its files are only read: not one byte and no name changes', async () => {
  const before = spawnSync('ls', ['-la', '--time-style=full-iso', join(data, 'journal')], { encoding: 'utf8' }).stdout
  await verify()
  expect(spawnSync('ls', ['-la', '--time-style=full-iso', join(data, 'journal')], { encoding: 'utf8' }).stdout).toBe(
    before,
  )
  expect(readFileSync(file).equals(sound)).toBe(true)
})

describe('one flipped byte', () => {
  const altered = async (at: number, mask: number): Promise<Run> => {
    const bytes = Buffer.from(sound)
    bytes[at] = (bytes[at] as number) ^ mask
    writeFileSync(file, bytes)
    try {
      return await verify()
    } finally {
      writeFileSync(file, sound)
    }
  }

  test('at random places is named with its position', { timeout: 300_000 }, async () => {
    let random = 4_711
    const next = (below: number): number => {
      random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0
      return Math.floor((random / 2 ** 32) * below)
    }
    for (let round = 0; round < 50; round++) {
      const at = next(sound.length)
      const { code, report } = await altered(at, 1 << next(8))
      const place = `byte ${at} (page ${Math.floor(at / 4096) + 1})`
      expect(code, place).toBe(1)
      const found = report.findings.find(({ bytes }) => bytes !== null && bytes.from <= at && at < bytes.to)
      expect(found?.path, place).toBe('journal/journal.db')
    }
  })

  test('in an entry is named to the byte, with the entry and what it was', async () => {
    const at = sound.indexOf(Buffer.from('entry 4321 ')) + 3
    const { code, report } = await altered(at, 0x20)
    expect(code).toBe(1)
    expect(report).toMatchObject({
      findingsTotal: 1,
      findings: [
        {
          kind: 'store',
          path: 'journal/journal.db',
          entries: { from: 4321, to: 4322 },
          bytes: { from: at, to: at + 1 },
          rule: 'this byte is 0x52 and was 0x72',
        },
      ],
    })
  })
})

test('entries altered together with every checksum of the store are still named', async () => {
  // Five bytes are changed such that their batch keeps its CRC-32, as one would who can write to the disk.
  const bytes = Buffer.from(sound)
  const at = bytes.indexOf(Buffer.from('entry 5000 ')) + 6
  let difference = 0x01
  bytes[at] = (bytes[at] as number) ^ difference
  for (let bit = 0; bit < 8; bit++)
    difference = (difference & 1) === 1 ? (difference >>> 1) ^ 0xedb88320 : difference >>> 1
  for (let i = 0; i < 4; i++) bytes[at + 1 + i] = (bytes[at + 1 + i] as number) ^ ((difference >>> (8 * i)) & 0xff)
  writeFileSync(file, bytes)
  const { code, report } = await verify()
  writeFileSync(file, sound)
  expect(code).toBe(1)
  expect(report.findings[0]).toMatchObject({
    kind: 'entry-altered',
    path: 'journal/journal.db',
    entries: { from: 5000, to: 5001 },
  })
  const { from, to } = report.findings[0]?.bytes ?? { from: 0, to: 0 }
  expect(from <= at && at < to).toBe(true)
})

test('every byte of a small folder is bound to something: rows, frame, facts, space that holds nothing', {
  timeout: 300_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-small-'))
  const author = { kind: 'signer', skey: formatSkey(SECRET) } as const
  const journal = await openSqliteJournal({
    dir: join(folder, 'journal'),
    kind: 'pool',
    log: { origin: ORIGIN, author },
  })
  for (let at = 0; at < 300; at += 60) {
    await journal.append(
      at,
      Array.from({ length: 60 }, (_, i) => entry(at + i)),
    )
    const { size, note } = journal.log?.checkpoint() ?? { size: 0, note: new Uint8Array() }
    await journal.log?.saveCosignatures(size, [cosignCheckpoint(parseNote(note).text, WITNESS, 1_800_000_000)])
  }
  await journal.close()
  const path = join(folder, 'journal/journal.db')
  const whole = readFileSync(path)
  expect(await verify(folder)).toMatchObject({ code: 0, report: { store: { unusedCovered: true } } })
  // All of SQLite's header; facts and cosignatures, for which no key is given; and a byte of each thousand.
  const places = Array.from({ length: 100 }, (_, at) => at)
  for (const text of ['created', 'journal_id', 'closing', 'log_start', WITNESS.key.name]) {
    const at = whole.indexOf(Buffer.from(text))
    for (const offset of [-5, -1, 0, 3, 12, 19, 25, 60]) places.push(at + offset)
  }
  for (let at = 1013; at < whole.length; at += 1013) places.push(at)
  const unnamed: string[] = []
  for (const at of places) {
    const bytes = Buffer.from(whole)
    bytes[at] = (bytes[at] as number) ^ 0x01
    writeFileSync(path, bytes)
    const { code, report } = await verify(folder)
    const holds =
      code === 1 && report.findings.some(({ bytes: range }) => range !== null && range.from <= at && at < range.to)
    if (!holds) unnamed.push(`${at} ${code}`)
  }
  expect(unnamed).toEqual([])
  rmSync(folder, { recursive: true })
})

test('snapshots and secret keys beside the journal are held against what vouches for them, and the rest is listed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-beside-'))
  const author = { kind: 'signer', skey: formatSkey(SECRET) } as const
  const dir = join(folder, 'journal')
  const journal = await openSqliteJournal({ dir, kind: 'pool', log: { origin: ORIGIN, author } })
  await journal.append(0, [entry(0), entry(1)])
  const section = new Uint8Array(5000).fill(9)
  await journal.saveSnapshot(2, [
    { name: 'a', bytes: section },
    { name: 'b', bytes: section.slice(0, 40) },
  ])
  await journal.close()
  mkdirSync(join(folder, 'keys'))
  writeFileSync(join(folder, 'keys/log.key'), `${author.skey}\n`)
  writeFileSync(join(folder, 'keys/log.vkey'), `${KEY}\n`)
  writeFileSync(join(folder, 'notes.txt'), 'of a person')
  await fill(join(folder, 'line/own'), [entry(0)], () => 1)
  expect(await verify(folder)).toMatchObject({
    code: 0,
    report: { store: { unread: [{ file: 'notes.txt', bytes: 11 }], journals: ['line/own'] } },
  })
  const flips: [file: string, at: number, exact: boolean][] = [
    ...[0, 9, 40, 120, 4095, 4096, 7000, 9096, 12_288, 12_300].map((at): [string, number, boolean] => [
      'journal/snapshot-2.bin',
      at,
      at > 16,
    ]),
    ['keys/log.key', 60, false],
    ['keys/log.key', 3, false],
  ]
  for (const [name, at, exact] of flips) {
    const file = join(folder, name)
    const whole = readFileSync(file)
    const bytes = Buffer.from(whole)
    bytes[at] = (bytes[at] as number) ^ 1
    writeFileSync(file, bytes)
    const { code, report } = await verify(folder)
    writeFileSync(file, whole)
    expect(code, `${name} ${at}`).toBe(1)
    const range = report.findings[0]?.bytes ?? { from: 0, to: 0 }
    const found = range.from <= at && at < range.to && (!exact || range.to === range.from + 1)
    expect([report.findings[0]?.path, found], `${name} ${at}`).toEqual([name, true])
  }
  rmSync(folder, { recursive: true })
})

test('a folder that another process holds is refused with what to do, and one whose holder died is not', async () => {
  const note = join(data, 'journal/lock-holder.json')
  writeFileSync(note, JSON.stringify({ pid: process.pid, host: hostname() }))
  expect(await verify()).toMatchObject({ code: 2, err: expect.stringContaining(`in use by process ${process.pid}`) })
  const dead = spawnSync(process.execPath, ['-e', '']).pid
  writeFileSync(note, JSON.stringify({ pid: dead, host: hostname() }))
  expect((await verify()).code).toBe(0)
  rmSync(note)
})

test('#57 a folder whose process was killed is read through its write-ahead log', { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-killed-'))
  const script = `
    const { openSqliteJournal } = await import(${JSON.stringify(new URL('../../../../packages/journal/dist/index.js', import.meta.url).href)})
    const journal = await openSqliteJournal({ dir: ${JSON.stringify(join(folder, 'journal'))}, kind: 'pool', checkpointBytes: 1 << 26,
      log: { origin: ${JSON.stringify(ORIGIN)}, author: { kind: 'signer', skey: ${JSON.stringify(formatSkey(SECRET))} } } })
    for (let at = 0; at < 700; at += 7)
      await journal.append(at, Array.from({ length: 7 }, (_, i) => Buffer.from('killed entry ' + (at + i))))
    process.kill(process.pid, 'SIGKILL')`
  expect(spawnSync(process.execPath, ['--input-type=module', '-e', script]).signal).toBe('SIGKILL')
  const wal = join(folder, 'journal/journal.db-wal')
  const whole = readFileSync(wal)
  expect(whole.length).toBeGreaterThan(4096)
  expect(await verify(folder)).toMatchObject({ code: 0, report: { size: 700, entries: 700 } })
  const bytes = Buffer.from(whole)
  const at = bytes.indexOf(Buffer.from('killed entry 100'))
  bytes[at] = 0x4b
  writeFileSync(wal, bytes)
  const { code, report } = await verify(folder)
  expect(code).toBe(1)
  const [found] = report.findings
  expect(found).toMatchObject({ kind: 'store', path: 'journal/journal.db-wal' })
  expect(found?.rule).toContain('does not match its checksum')
  expect((found?.bytes?.from ?? 0) <= at && at < (found?.bytes?.to ?? 0)).toBe(true)
  rmSync(folder, { recursive: true })
})

test('cosignatures under older heads are verified with the keys given, and the key file must state the key', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-cosigned-'))
  const dir = join(folder, 'journal')
  const author = { kind: 'signer', skey: formatSkey(SECRET) } as const
  const journal = await openSqliteJournal({ dir, kind: 'pool', log: { origin: ORIGIN, author } })
  await journal.append(0, [entry(0), entry(1)])
  const note = journal.log?.checkpoint()?.note ?? new Uint8Array()
  await journal.log?.saveCosignatures(2, [cosignCheckpoint(parseNote(note).text, WITNESS, 1_800_000_000)])
  await journal.append(2, [entry(2)])
  await journal.close()
  const witness = ['--cosigner', formatVkey(WITNESS.key)]
  const { code, report } = await verify(folder, ...witness)
  expect(report).toMatchObject({ findings: [], store: { cosignedSize: 2, cosignatures: 2 } })
  expect(code).toBe(0)
  mkdirSync(join(folder, 'keys'))
  writeFileSync(join(folder, 'keys/log.vkey'), `${KEY}\n`)
  expect((await verify(folder, ...witness)).code).toBe(0)
  writeFileSync(join(folder, 'keys/log.vkey'), `${formatVkey(WITNESS.key)}\n`)
  expect(await verify(folder)).toMatchObject({
    code: 1,
    report: { findings: [{ kind: 'store', path: 'keys/log.vkey' }] },
  })
  rmSync(join(folder, 'keys'), { recursive: true })
  const path = join(dir, 'journal.db')
  const bytes = readFileSync(path)
  const at = bytes.lastIndexOf(Buffer.from(WITNESS.key.name)) + WITNESS.key.name.length + 40
  bytes[at] = (bytes[at] as number) ^ 1
  writeFileSync(path, bytes)
  const altered = await verify(folder, ...witness)
  expect(altered.code).toBe(1)
  const range = altered.report.findings[0]?.bytes ?? { from: 0, to: 0 }
  expect(range.from <= at && at < range.to).toBe(true)
  rmSync(folder, { recursive: true })
})

test("a pool's folder: its decisions are decided again, and a journal that is no log is refused", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-pool-'))
  await fill(join(folder, 'journal'), poolEntries(300), () => 10)
  expect(await verify(folder)).toMatchObject({ code: 0, report: { contents: 'pool', replay: { judged: 300 } } })
  const plain = join(folder, 'plain')
  const journal = await openSqliteJournal({ dir: plain, kind: 'pool' })
  await journal.append(0, [entry(0)])
  await journal.close()
  expect(await verify(plain)).toMatchObject({ code: 2, err: expect.stringContaining('never made a log') })
  rmSync(folder, { recursive: true })
})

test('an exported folder is a log of static files that verifies without the store', async () => {
  const out = join(mkdtempSync(join(tmpdir(), 'parley-export-')), 'log')
  const io = { stdout: { write: () => true }, stderr: { write: () => true }, env: {} }
  expect(await runParley(['export', data, out, '--key', KEY], io, '1.0.0')).toBe(0)
  expect(await verify(out)).toMatchObject({ code: 0, report: { size: SIZE, entries: SIZE, store: null } })
  expect(
    await runParley(['prove', data, '--index', String(LONG), '--key', KEY, '--out', join(out, 'p')], io, '1.0.0'),
  ).toBe(0)
  expect(readFileSync(join(out, 'p.entry'))).toHaveLength(70_000)
  const args = ['verify', join(out, 'p'), '--entry', join(out, 'p.entry'), '--key', KEY]
  expect(await runParley(args, io, '1.0.0')).toBe(0)
  rmSync(join(out, '..'), { recursive: true })
})
