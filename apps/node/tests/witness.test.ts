import { readFileSync } from 'node:fs'
import {
  createSigner,
  encodeBase64,
  formatAddCheckpoint,
  parseEvidence,
  parseVkey,
  signNote,
  verifyLogFork,
} from '@parley/record'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectError, makeFolder, shiftedClock, type TestNode } from './harness.ts'
import {
  cosignaturesOf,
  entriesNamed,
  evidenceIn,
  eventsOf,
  type HandLog,
  handLog,
  post,
  startRecordNode,
  vkeyIn,
} from './record-harness.ts'

const PATH = '/witness/add-checkpoint'
const NAMES = ['plain', 'fork', 'inconsistent', 'suspected', 'race', 'replay', 'malformed', 'monitor'] as const

let node: TestNode
let vkey: string
const logs = Object.fromEntries(NAMES.map((name) => [name, handLog(`${name}.parley/test/1`)])) as Record<
  (typeof NAMES)[number],
  HandLog
>

beforeAll(async () => {
  node = await startRecordNode({ witnessFor: Object.values(logs).map((log) => log.vkey) })
  vkey = await vkeyIn(node.dataDir, 'witness')
})
afterAll(() => node[Symbol.asyncDispose]())

const send = (body: Buffer | string) => post(node, PATH, Buffer.from(body))
const nowS = () => Math.floor(Date.now() / 1000)

test('cosigns a first head, one that continues it, and the same again with a fresh time', async () => {
  const log = logs.plain
  log.grow(entriesNamed('a', 5))
  const first = await send(await log.addCheckpoint(0))
  expect(first.status).toBe(200)
  expect(first.headers['content-type']).toMatch(/^text\/plain/)
  const [at] = cosignaturesOf(first, vkey, log, 5)
  expect(Math.abs((at ?? 0) - nowS())).toBeLessThan(5)
  log.grow(entriesNamed('b', 300))
  const second = await send(await log.addCheckpoint(5))
  expect([second.status, cosignaturesOf(second, vkey, log, 305)]).toEqual([200, [expect.any(Number)]])
  const again = await send(await log.addCheckpoint(305))
  expect(cosignaturesOf(again, vkey, log, 305)[0]).toBeGreaterThanOrEqual(
    cosignaturesOf(second, vkey, log, 305)[0] ?? 0,
  )
  // Not from where it stands: it says where that is.
  for (const old of [0, 5, 17]) {
    const reply = await send(await log.addCheckpoint(old))
    expect([reply.status, reply.headers['content-type'], reply.text]).toEqual([409, 'text/x.tlog.size', '305\n'])
  }
})

test('#51 an old checkpoint played again is 409 with the size, and nothing goes back', async () => {
  const log = logs.replay
  log.grow(entriesNamed('r', 20))
  const early = await log.addCheckpoint(0, 7)
  expect((await send(early)).status).toBe(200)
  expect((await send(await log.addCheckpoint(7))).status).toBe(200)
  for (let i = 0; i < 3; i += 1) {
    const reply = await send(early)
    expect([reply.status, reply.text]).toEqual([409, '20\n'])
  }
  expect((await send(await log.addCheckpoint(20))).status).toBe(200)
})

test('#48 the same size under another root is 422, the two signed heads are kept as a fork, and the first branch goes on', async () => {
  const log = logs.fork
  log.grow(entriesNamed('f', 9))
  const other = log.branch()
  other.grow(entriesNamed('other', 1))
  log.grow(entriesNamed('one', 1))
  expect((await send(await log.addCheckpoint(0))).status).toBe(200)
  for (let i = 0; i < 2; i += 1) expectError(await send(await other.addCheckpoint(10)), 422, 'HEAD_INCONSISTENT')
  const kept = (await evidenceIn(node.dataDir)).filter((one) => one['origin'] === log.origin)
  expect(kept).toEqual([expect.objectContaining({ kind: 'log-fork', by: 'witness' })])
  expect(kept[0]?.['notes']).toEqual([log.note(), other.note()].map((note) => Buffer.from(note).toString()))
  expect(eventsOf(node, 'record.fork')).toHaveLength(1)
  expect((await send(await log.addCheckpoint(10))).status).toBe(200)
})

test('#49 a larger head of another history, with its own good proof, is 422 and a fork that anyone verifies', async () => {
  const log = logs.inconsistent
  log.grow(entriesNamed('i', 9))
  const other = log.branch()
  log.grow(entriesNamed('one', 3))
  other.grow(entriesNamed('other', 30))
  expect((await send(await log.addCheckpoint(0))).status).toBe(200)
  for (let i = 0; i < 2; i += 1) expectError(await send(await other.addCheckpoint(12)), 422, 'HEAD_INCONSISTENT')
  const kept = (await evidenceIn(node.dataDir)).filter((one) => one['origin'] === log.origin)
  expect(kept).toEqual([expect.objectContaining({ kind: 'log-fork', by: 'witness' })])
  const told = eventsOf(node, 'record.fork').at(-1)
  const evidence = parseEvidence(readFileSync(String(told?.['evidence'])))
  if (evidence.kind !== 'log-fork') return expect.unreachable()
  expect(verifyLogFork(evidence, parseVkey(log.vkey))).toMatchObject({
    origin: log.origin,
    heads: [{ size: 12 }, { size: 39 }],
  })
  log.grow(entriesNamed('one', 3))
  expect((await send(await log.addCheckpoint(12))).status).toBe(200)
})

test('#49 a larger head with a proof that was made up is 422; it is kept with its proof, as a suspicion', async () => {
  const log = logs.suspected
  log.grow(entriesNamed('i', 12))
  expect((await send(await log.addCheckpoint(0))).status).toBe(200)
  const other = log.branch()
  other.grow(entriesNamed('other', 30))
  const body = formatAddCheckpoint({ oldSize: 12, proof: [new Uint8Array(32)], note: other.note() })
  expectError(await send(Buffer.from(body)), 422, 'HEAD_INCONSISTENT')
  const kept = (await evidenceIn(node.dataDir)).filter((one) => one['origin'] === log.origin)
  expect(kept).toEqual([expect.objectContaining({ kind: 'log-suspicion', proof: expect.any(Array) })])
  expect((await send(await other.addCheckpoint(12))).status).toBe(200)
})

test('#55 requests for N and N+K at once: whatever their order, the size never goes down and the later one is told', async () => {
  const log = logs.race
  log.grow(entriesNamed('x', 10))
  expect((await send(await log.addCheckpoint(0))).status).toBe(200)
  let size = 10
  for (let round = 0; round < 10; round += 1) {
    log.grow(entriesNamed(`x${round}`, 5))
    const near = await log.addCheckpoint(size, size + 2)
    const far = await log.addCheckpoint(size, size + 5)
    const replies = await Promise.all((round % 2 === 0 ? [near, far] : [far, near]).map(send))
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409])
    const lost = replies.find(({ status }) => status === 409)
    const held = Number(lost?.text)
    expect([size + 2, size + 5]).toContain(held)
    expect((await send(await log.addCheckpoint(held, size + 5))).status).toBe(200)
    size += 5
  }
})

describe('what is not a request, from a log it knows or not', () => {
  const log = logs.malformed
  beforeAll(async () => {
    log.grow(entriesNamed('m', 4))
    expect((await send(await log.addCheckpoint(0))).status).toBe(200)
  })
  const otherKey = createSigner({ name: log.origin, type: 0x01, seed: Buffer.alloc(32, 7) })
  const text = () => `${log.origin}\n4\n${encodeBase64(log.root(4))}\n`
  const signed = (body: string) => Buffer.from(signNote(body, [log.signer])).toString()
  const good = () => `old 4\n\n${signed(text())}`
  const cases: Record<string, readonly [body: () => Buffer | string, status: number, code: string]> = {
    nothing: [() => '', 400, 'RECORD_MALFORMED'],
    noise: [() => Buffer.from([0xff, 0xfe, 0, 1]), 400, 'RECORD_MALFORMED'],
    'no old size': [() => good().slice(6), 400, 'RECORD_MALFORMED'],
    'an old size with a zero before it': [() => good().replace('old 4', 'old 04'), 400, 'RECORD_MALFORMED'],
    'an old size with a sign': [() => good().replace('old 4', 'old +4'), 400, 'RECORD_MALFORMED'],
    'an old size beyond what is counted': [
      () => good().replace('old 4', 'old 9007199254740993'),
      400,
      'RECORD_MALFORMED',
    ],
    'an old size above the new': [() => good().replace('old 4', 'old 5'), 400, 'RECORD_MALFORMED'],
    'lines that end in CR LF': [() => good().replaceAll('\n', '\r\n'), 400, 'RECORD_MALFORMED'],
    '64 hashes of proof': [
      () => good().replace('\n\n', `\n${`${encodeBase64(log.root(4))}\n`.repeat(64)}\n`),
      400,
      'RECORD_MALFORMED',
    ],
    'a hash of 31 bytes': [
      () => good().replace('\n\n', `\n${encodeBase64(new Uint8Array(31))}\n\n`),
      400,
      'RECORD_MALFORMED',
    ],
    '#15 an extension line, signed': [() => `old 4\n\n${signed(`${text()}more\n`)}`, 400, 'RECORD_MALFORMED'],
    '#14 a root of 31 bytes': [
      () => `old 4\n\n${signed(`${log.origin}\n4\n${encodeBase64(new Uint8Array(31))}\n`)}`,
      400,
      'RECORD_MALFORMED',
    ],
    '#14 a size of 0 with the root of something': [
      () => `old 0\n\n${signed(`${log.origin}\n0\n${encodeBase64(log.root(4))}\n`)}`,
      422,
      'HEAD_INCONSISTENT',
    ],
    '#13 a size with a zero before it': [
      () => `old 4\n\n${signed(text().replace('\n4\n', '\n04\n'))}`,
      400,
      'RECORD_MALFORMED',
    ],
    'another size than the one held, with a proof of nothing': [
      () => `old 4\n${encodeBase64(log.root(4))}\n\n${signed(text().replace('\n4\n', '\n5\n'))}`,
      422,
      'HEAD_INCONSISTENT',
    ],
    '#16 a log nobody named': [
      () => `old 0\n\n${Buffer.from(handLog('stranger.parley/x/1', Buffer.alloc(32, 3)).note()).toString()}`,
      404,
      'LOG_UNKNOWN',
    ],
    '#16 the right name under the key of another log': [
      () => `old 4\n\n${Buffer.from(signNote(text(), [otherKey])).toString()}`,
      403,
      'LOG_SIGNATURE_INVALID',
    ],
    'a signature over another text': [
      () => good().replace(`\n4\n${encodeBase64(log.root(4))}`, `\n4\n${encodeBase64(log.root(3))}`),
      403,
      'LOG_SIGNATURE_INVALID',
    ],
    'more bytes than such a request has': [() => `old 4\n${'\n'.repeat(70_000)}`, 413, 'BODY_TOO_LARGE'],
  }
  test.each(Object.keys(cases))('%s', async (name) => {
    const [body, status, code] = cases[name] as (typeof cases)[string]
    expectError(await send(body()), status, code)
    // And it stands where it stood.
    expect((await send(good())).status).toBe(200)
  })
})

test('shows the newest head to whoever asks, with the signature of the log and its own', async () => {
  const log = logs.monitor
  const path = `/witness/${log.hash}/checkpoint`
  expectError(await node.ask('GET', path, { token: null }), 404, 'NOT_FOUND')
  log.grow(entriesNamed('s', 3))
  const given = await send(await log.addCheckpoint(0))
  const shown = await node.ask('GET', path, { token: null })
  expect([shown.status, shown.headers['cache-control'], shown.text]).toEqual([
    200,
    'no-store',
    `${Buffer.from(log.note()).toString()}${given.text}`,
  ])
  expect((await node.ask('GET', '/witness/vkey', { token: null })).text).toBe(`${vkey}\n`)
  for (const path of [
    '/witness/',
    '/witness/x/checkpoint',
    `/witness/${log.hash}`,
    `/witness/${log.hash}/checkpoint/..`,
  ])
    expectError(await node.ask('GET', path, { token: null }), 404)
})

test('a witness comes back with what it held, and its key', async () => {
  await using folder = await makeFolder()
  const dataDir = `${folder.path}/data`
  const log = handLog()
  log.grow(entriesNamed('p', 8))
  let key: string
  {
    await using one = await startRecordNode({ witnessFor: [log.vkey] }, { dataDir })
    expect((await post(one, PATH, await log.addCheckpoint(0))).status).toBe(200)
    key = await vkeyIn(dataDir, 'witness')
  }
  await using two = await startRecordNode({ witnessFor: [log.vkey], pq: true }, { dataDir })
  expect(await vkeyIn(dataDir, 'witness')).toBe(key)
  expect((await post(two, PATH, await log.addCheckpoint(0))).text).toBe('8\n')
  const shown = await two.ask('GET', `/witness/${log.hash}/checkpoint`, { token: null })
  expect(shown.text).toContain(key.split('+')[0])
  // An ML-DSA-44 line comes at most once an hour.
  const [first, second] = [
    await post(two, PATH, await log.addCheckpoint(8)),
    await post(two, PATH, await log.addCheckpoint(8)),
  ]
  const pq = (await two.ask('GET', '/witness/vkey', { token: null })).text.split('\n')[1] as string
  expect([first, second].map((reply) => cosignaturesOf(reply, pq, log, 8).length)).toEqual([1, 0])
  expect([first, second].map((reply) => cosignaturesOf(reply, key, log, 8).length)).toEqual([1, 1])
})

test('#18 #69 a clock set back: nothing is signed with an earlier time, and it goes on once the clock is right', async () => {
  const clock = shiftedClock()
  const log = handLog()
  log.grow(entriesNamed('c', 2))
  await using one = await startRecordNode({ witnessFor: [log.vkey], mirrorFor: [log.vkey] }, { clock })
  const key = await vkeyIn(one.dataDir, 'witness')
  const again = async () => post(one, PATH, await log.addCheckpoint(2))
  const [at = 0] = cosignaturesOf(await post(one, PATH, await log.addCheckpoint(0)), key, log, 2)
  clock.shiftMs = -1_500
  expect(cosignaturesOf(await again(), key, log, 2)[0]).toBeGreaterThanOrEqual(at)
  clock.shiftMs = -3_600_000
  const refused = await again()
  expectError(refused, 503, 'CLOCK_BEHIND')
  expect(refused.headers['retry-after']).toMatch(/^\d+$/)
  expect(eventsOf(one, 'record.time.fault')).toHaveLength(1)
  clock.shiftMs = 0
  expect((await again()).status).toBe(200)
  // One hour ahead it signs, for nobody told it so; the other side sees it. Back in time it then waits.
  clock.shiftMs = 3_600_000
  expect(cosignaturesOf(await again(), key, log, 2)[0]).toBeGreaterThan(nowS() + 3_000)
  clock.shiftMs = 0
  expectError(await again(), 503, 'CLOCK_BEHIND')
  // The mirror keeps the same rule.
  await post(one, '/mirror/add-checkpoint', await log.addCheckpoint(0))
  expect((await post(one, '/mirror/add-entries', await log.addEntries({ start: 0 }))).status).toBe(200)
  clock.shiftMs = -3_600_000
  expectError(await post(one, '/mirror/add-entries', await log.addEntries({ start: 2 })), 503, 'CLOCK_BEHIND')
})

test('a node that witnesses nothing has no such paths', async () => {
  await using plain = await startRecordNode()
  expectError(await post(plain, PATH, Buffer.from('x')), 404, 'ROUTE_NOT_FOUND')
  expectError(await post(plain, '/mirror/add-entries', Buffer.from('x')), 404, 'ROUTE_NOT_FOUND')
})
