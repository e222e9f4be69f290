import { cpSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { createSigner, decodeBundle, formatVkey, openCheckpoint, parseSignatureLines } from '@parley/record'
import { systemClock } from '@parley/units'
import { expect, test } from 'vitest'
import { EvidenceStore } from '../src/record/evidence-store.ts'
import { Mirror } from '../src/record/mirror.ts'
import { makeFolder } from './harness.ts'
import { entriesNamed, handLog, type HandLog } from './record-harness.ts'

const SIGNER = createSigner({ name: 'mirror.parley/test', type: 0x04, seed: new Uint8Array(32).fill(7) })

const openMirror = (dataDir: string, log: HandLog): Promise<Mirror> =>
  Mirror.open({
    dataDir,
    logs: [log.signer.key],
    signers: { signer: SIGNER, pq: null },
    vkeys: [formatVkey(SIGNER.key)],
    quotaBytes: 1 << 30,
    clock: systemClock,
    evidence: new EvidenceStore(dataDir),
    tell: () => undefined,
  })

const upload = (mirror: Mirror, body: Uint8Array) =>
  mirror.addEntries(Readable.from([body]) as unknown as IncomingMessage, { gzip: false })

const sizeShown = async (mirror: Mirror, log: HandLog): Promise<number | null> => {
  const note = (await mirror.copy(log.hash)?.checkpoint()) ?? null
  return note === null ? null : openCheckpoint(note, log.signer.key, [SIGNER.key]).checkpoint.size
}

test('#59 killed at once after any answer: no receipt is lost, and what is lost was vouched for by nothing', async () => {
  await using folder = await makeFolder()
  const at = (name: string): string => join(folder.path, name)
  // What a process that is killed leaves is what lies in its files at that moment: copied before anything else can be written.
  const killed = (name: string): string => {
    cpSync(at('running'), at(name), { recursive: true })
    return at(name)
  }
  const log = handLog()
  log.grow(entriesNamed('act', 300))
  const head = await log.addCheckpoint(0)
  const entries = await log.addEntries({ start: 0 })
  await using running = await openMirror(at('running'), log)

  expect((await running.addCheckpoint(head)).status).toBe(200)
  {
    await using again = await openMirror(killed('after the head'), log)
    // The head is forgotten or not; either way its log brings it again, and nothing stands against that.
    expect(await sizeShown(again, log)).toBeNull()
    expect([200, 409]).toContain((await again.addCheckpoint(head)).status)
    expect((await upload(again, entries)).status).toBe(200)
  }

  const receipt = await upload(running, entries)
  expect([receipt.status, parseSignatureLines(String(receipt.body)).length]).toEqual([200, 1])
  {
    await using again = await openMirror(killed('after the receipt'), log)
    expect(await sizeShown(again, log)).toBe(300)
    const bundle = await again.copy(log.hash)?.bundle(1, 44)
    expect(decodeBundle(bundle as Uint8Array, 44)).toEqual(log.entries.slice(256).map((entry) => new Uint8Array(entry)))
    // What was vouched for is held against every other head, though the write of the pending one was lost.
    const fork = log.branch()
    fork.entries.pop()
    fork.grow(entriesNamed('another', 1))
    expect((await again.addCheckpoint(await fork.addCheckpoint(300))).status).toBe(422)
    expect((await again.addCheckpoint(await log.addCheckpoint(300))).status).toBe(200)
  }

  log.grow(entriesNamed('more', 5))
  expect((await running.addCheckpoint(await log.addCheckpoint(300))).status).toBe(200)
  const next = await log.addEntries({ start: 300 })
  {
    await using again = await openMirror(killed('after the second head'), log)
    expect(await sizeShown(again, log)).toBe(300)
    // As a log does that believes its head to be known: told where to go on, it brings the head again.
    expect((await upload(again, next)).status).toBe(409)
    expect((await again.addCheckpoint(await log.addCheckpoint(300))).status).toBe(200)
    expect((await upload(again, next)).status).toBe(200)
  }
  expect((await upload(running, next)).status).toBe(200)
})

test('entries that overtake their head by a little wait for it', async () => {
  await using folder = await makeFolder()
  const log = handLog()
  log.grow(entriesNamed('act', 3))
  const entries = await log.addEntries({ start: 0 })
  const head = await log.addCheckpoint(0)
  await using mirror = await openMirror(folder.path, log)
  const early = upload(mirror, entries)
  const taken = mirror.addCheckpoint(head)
  expect([(await taken).status, (await early).status]).toEqual([200, 200])
})
