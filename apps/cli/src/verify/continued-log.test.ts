import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Replayer, stateText } from '@parley/airspace'
import { openSqliteJournal } from '@parley/journal'
import { createSigner, formatContinuation, formatSkey, formatVkey, type HeadName } from '@parley/record'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runParley } from '../app.ts'
import { LOG, ORIGIN, poolEntries, SECRET } from '../testing/logs.ts'
import type { VerifyOutput } from './run-verify.ts'

/** A pool's log of 20 decisions that goes on under the next number with 10 more. */
const CARRIED = 20
const NEXT = { name: 'pool.parley/test/2', type: 0x01, seed: new Uint8Array(32).fill(70) } as const
const root = mkdtempSync(join(tmpdir(), 'parley-continued-'))
const whole = join(root, 'whole')
const decisions = poolEntries(30)

interface Beginning {
  readonly from: HeadName
  readonly state: Uint8Array
}

async function journalOf(
  dir: string,
  secret: typeof SECRET | typeof NEXT,
  entries: readonly Uint8Array[],
): Promise<HeadName> {
  const journal = await openSqliteJournal({
    dir,
    kind: 'pool',
    log: { origin: secret.name, author: { kind: 'signer', skey: formatSkey(secret) } },
  })
  await journal.append(0, entries)
  const { size = 0, root: head = new Uint8Array() } = journal.log?.checkpoint() ?? {}
  await journal.close()
  return { size, root: head }
}

const next = (folder: string, { from, state }: Beginning, lost: readonly HeadName[] = []): Promise<HeadName> =>
  journalOf(join(folder, 'journal-2'), NEXT, [
    formatContinuation(createSigner(NEXT), {
      from: { origin: ORIGIN, ...from },
      state,
      lost,
      id: 'ab'.repeat(16),
      atS: 1,
      signers: [LOG],
    }),
    ...decisions.slice(CARRIED),
  ])

let beginning: Beginning
beforeAll(async () => {
  const from = await journalOf(join(whole, 'journal'), SECRET, decisions.slice(0, CARRIED))
  const replayer = new Replayer()
  for (const entry of decisions.slice(0, CARRIED)) expect(replayer.check(entry)).toBeNull()
  const hash = createHash('sha256')
  for (const line of stateText(replayer.state)) hash.update(line)
  beginning = { from, state: hash.digest() }
  await next(whole, beginning)
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

async function verify(
  folder: string,
): Promise<{ readonly code: number; readonly report: VerifyOutput; readonly text: string }> {
  const run = async (...flags: string[]): Promise<{ code: number; out: string }> => {
    let out = ''
    const code = await runParley(
      ['verify', folder, '--key', formatVkey(createSigner(NEXT).key), '--threads', '0', ...flags],
      { stdout: { write: (text) => (out += text) }, stderr: { write: () => true }, env: {} },
      '1.0.0',
    )
    return { code, out }
  }
  const { code, out } = await run('--json')
  return { code, report: JSON.parse(out) as VerifyOutput, text: (await run()).out }
}

const copy = (name: string): string => {
  cpSync(join(whole, 'journal'), join(root, name, 'journal'), { recursive: true })
  return join(root, name)
}

test('is verified over the handover: the head cited, the entries before, and every decision from the state carried over', async () => {
  const { code, report, text } = await verify(whole)
  expect(report.findings).toEqual([])
  expect([code, report.size, report.contents, report.replay.judged]).toEqual([0, 11, 'pool', 30])
  expect(report.past).toEqual([
    { origin: ORIGIN, target: join(whole, 'journal'), size: CARRIED, lost: [], signedByOld: true },
  ])
  expect(text).toContain(`${ORIGIN} from entry 20 on`)
})

test('says what is lost, and that the log before is not here', async () => {
  const alone = join(root, 'alone')
  await next(alone, beginning, [{ size: 25, root: new Uint8Array(32) }])
  const { code, report, text } = await verify(alone)
  expect([code, report.past[0]?.target, report.past[0]?.lost, report.replay.judged]).toEqual([0, null, [25], 0])
  expect(text).toContain('which is not here: what it came to was not checked')
  expect(text).toContain('entries up to 25 are said to be lost')
})

test('finds another log before than the one that is cited, and another state than what it came to', async () => {
  const other = join(root, 'other')
  await journalOf(join(other, 'journal'), SECRET, decisions.slice(1, CARRIED + 1))
  await next(other, beginning)
  const found = await verify(other)
  expect([found.code, found.report.verdict]).toEqual([1, 'altered'])
  expect(found.report.findings[0]?.rule).toContain('not as it was signed, or not the one that is continued')

  const stated = copy('stated')
  await next(stated, { ...beginning, state: new Uint8Array(32).fill(1) })
  expect((await verify(stated)).report.findings[0]?.rule).toContain('is not the one that it was begun with')
})

test('finds a byte altered in the log before', async () => {
  const altered = copy('altered')
  await next(altered, beginning)
  const file = join(altered, 'journal', 'journal.db')
  const bytes = readFileSync(file)
  const at = bytes.indexOf(Buffer.from(decisions[7] as Uint8Array).subarray(0, 40))
  expect(at).toBeGreaterThan(0)
  bytes.writeUInt8(bytes.readUInt8(at + 30) ^ 1, at + 30)
  writeFileSync(file, bytes)
  const { code, report } = await verify(altered)
  expect([code, report.verdict]).toEqual([1, 'altered'])
})
