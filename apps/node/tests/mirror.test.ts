import { execFileSync } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import {
  bundlePath,
  decodeBundle,
  encodeHex,
  leafOf,
  openCheckpoint,
  parseVkey,
  sha256,
  tilePath,
} from '@parley/record'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectError, makeFolder, type TestNode } from './harness.ts'
import {
  cosignaturesOf,
  entriesNamed,
  eventsOf,
  type HandLog,
  handLog,
  mirrorInfo,
  post,
  startRecordNode,
  vkeyIn,
} from './record-harness.ts'

const HEAD = '/mirror/add-checkpoint'
const ENTRIES = '/mirror/add-entries'
const NAMES = [
  'whole',
  'parts',
  'ticket',
  'order',
  'many',
  'overlap',
  'proof',
  'bomb',
  'slow',
  'cut',
  'branch',
  'heartbeat',
  'blob',
  'gzip',
  'rude',
] as const

let node: TestNode
let vkey: string
const logs = Object.fromEntries(NAMES.map((name) => [name, handLog(`${name}.parley/test/1`)])) as Record<
  (typeof NAMES)[number],
  HandLog
>

beforeAll(async () => {
  node = await startRecordNode({ mirrorFor: Object.values(logs).map((log) => log.vkey) })
  vkey = await vkeyIn(node.dataDir, 'mirror')
})
afterAll(() => node[Symbol.asyncDispose]())

const read = (log: HandLog, path: string) => node.ask('GET', `/mirror/${log.hash}/${path}`, { token: null })

/** Next entry of the mirror: what it answers when asked to go on from far beyond. */
async function nextOf(log: HandLog, on = node): Promise<number> {
  const reply = await post(on, ENTRIES, await log.addEntries({ start: log.entries.length, packages: 0 }))
  return reply.status === 200 ? log.entries.length : mirrorInfo(reply).nextEntry
}

async function begin(log: HandLog, count: number): Promise<void> {
  log.grow(entriesNamed(log.origin, count))
  expect((await post(node, HEAD, await log.addCheckpoint(0))).status).toBe(200)
}

test('takes a head without a cosignature, its entries with one, and serves the copy as the log would', async () => {
  const log = logs.whole
  expectError(await read(log, 'checkpoint'), 404, 'NOT_FOUND')
  expectError(await post(node, ENTRIES, await handLog().addEntries({ start: 0 })), 404, 'LOG_UNKNOWN')
  expectError(await post(node, ENTRIES, await log.addEntries({ start: 0 })), 422, 'ENTRIES_UNPROVEN')
  await begin(log, 300)
  const pending = await post(node, HEAD, await log.addCheckpoint(300))
  expect([pending.status, pending.text]).toEqual([200, ''])
  // Nothing is vouched for before it is here.
  expectError(await read(log, 'checkpoint'), 404, 'NOT_FOUND')
  const reply = await post(node, ENTRIES, await log.addEntries({ start: 0 }))
  expect([reply.status, cosignaturesOf(reply, vkey, log, 300)]).toEqual([200, [expect.any(Number)]])
  expect(reply.headers['accept-encoding']).toBe('gzip')
  const shown = await read(log, 'checkpoint')
  expect([shown.status, shown.headers['content-type'], shown.headers['cache-control']]).toEqual([
    200,
    'text/plain; charset=utf-8',
    'no-store',
  ])
  const opened = openCheckpoint(Buffer.from(shown.text), log.signer.key, [parseVkey(vkey)])
  expect([opened.checkpoint.size, opened.cosignatures.length]).toEqual([300, 1])
  for (const path of [
    tilePath(0, 0),
    tilePath(0, 1, 44),
    tilePath(1, 0, 1),
    bundlePath(0),
    bundlePath(1, 44),
    bundlePath(0, 9),
  ]) {
    const file = await fetch(`${node.url}/mirror/${log.hash}/${path}`)
    expect([path, file.status, file.headers.get('content-type'), file.headers.get('cache-control')]).toEqual([
      path,
      200,
      'application/octet-stream',
      'public, max-age=31536000, immutable',
    ])
    if (path === bundlePath(1, 44))
      expect(decodeBundle(new Uint8Array(await file.arrayBuffer()), 44)[43]).toEqual(
        new Uint8Array(log.entries[299] as Uint8Array),
      )
  }
  for (const path of [tilePath(0, 1, 45), tilePath(2, 0, 1), bundlePath(1, 45), bundlePath(2, 1)])
    expectError(await read(log, path), 404, 'NOT_FOUND')
})

test('#46 a path that no file of a copy has is 404, and so is a copy that is not here', async () => {
  const { hash } = logs.whole
  for (const path of [
    '',
    hash,
    `${hash}/`,
    `${hash.toUpperCase()}/checkpoint`,
    `${hash}0/checkpoint`,
    `${'0'.repeat(64)}/checkpoint`,
    `${hash}/../${hash}/checkpoint`,
    `${hash}/tile/0/x1/000`,
    `${hash}/tile/0/000.p/0`,
    `${hash}/tile/0/000.p/256`,
    `${hash}/tile/64/000`,
    `${hash}/blob/..%2f..%2fheads`,
    `${hash}/%2e%2e/heads`,
    'heads/heads-1/journal.db',
    '%zz',
  ])
    expectError(await node.ask('GET', `/mirror/${path}`, { token: null }), 404)
})

test('#53 the first packages alone are 202 with where to go on, and the rest may follow', async () => {
  const log = logs.parts
  await begin(log, 700)
  const first = await post(node, ENTRIES, await log.addEntries({ start: 0, packages: 2 }))
  expect([first.status, first.headers['content-type']]).toEqual([202, 'text/x.tlog.mirror-info'])
  expect(mirrorInfo(first)).toMatchObject({ size: 700, nextEntry: 512 })
  expectError(await read(log, 'checkpoint'), 404, 'NOT_FOUND')
  // Not aligned, and begun over: what is there already is taken as it is.
  const { ticket } = mirrorInfo(first)
  const second = await post(node, ENTRIES, await log.addEntries({ start: 300, packages: 1, ticket }))
  expect([second.status, mirrorInfo(second).nextEntry]).toEqual([202, 512])
  const rest = await post(node, ENTRIES, await log.addEntries({ start: 512, ticket }))
  expect([rest.status, cosignaturesOf(rest, vkey, log, 700).length]).toEqual([200, 1])
})

test('#53 a ticket brings back a head that the mirror forgot; one that was tampered with brings nothing', async () => {
  const log = logs.ticket
  await begin(log, 100)
  const begun = await post(node, ENTRIES, await log.addEntries({ start: 200, end: 200 }))
  expect([begun.status, mirrorInfo(begun).size]).toEqual([409, 100])
  const { ticket } = mirrorInfo(begun)
  // More heads than are remembered.
  for (let size = 100; size < 130; size += 1) {
    log.grow(entriesNamed('later', 1))
    expect((await post(node, HEAD, await log.addCheckpoint(size))).status).toBe(200)
  }
  const forgotten = await post(node, ENTRIES, await log.addEntries({ start: 0, end: 100 }))
  expect([forgotten.status, mirrorInfo(forgotten).size]).toEqual([409, 130])
  for (const at of [0, 31, 32, ticket.length - 1]) {
    const bent = Uint8Array.from(ticket, (byte, i) => (i === at ? byte ^ 1 : byte))
    expect((await post(node, ENTRIES, await log.addEntries({ start: 0, end: 100, ticket: bent }))).status).toBe(409)
  }
  expect((await post(node, ENTRIES, await log.addEntries({ start: 0, end: 100, ticket }))).status).toBe(200)
  expect(mirrorInfo(await post(node, ENTRIES, await log.addEntries({ start: 0, end: 90, ticket })))).toMatchObject({
    size: 130,
  })
})

test('#53 packages in another order are 422, and nothing of them is kept', async () => {
  const log = logs.order
  await begin(log, 768)
  const whole = await log.addEntries({ start: 0 })
  const one = await log.addEntries({ start: 0, packages: 1 })
  const two = await log.addEntries({ start: 0, packages: 2 })
  const head = await log.addEntries({ start: 0, packages: 0 })
  const swapped = Buffer.concat([head, two.subarray(one.length), one.subarray(head.length), whole.subarray(two.length)])
  expectError(await post(node, ENTRIES, swapped), 422, 'HEAD_INCONSISTENT')
  expect(await nextOf(log)).toBe(0)
})

test('#53 a wrong proof in package 2 of 3 is 422, and package 1 stays', async () => {
  const log = logs.proof
  await begin(log, 768)
  const one = await log.addEntries({ start: 0, packages: 1 })
  const bent = await log.addEntries({ start: 0 })
  const two = await log.addEntries({ start: 0, packages: 2 })
  bent[two.length - 1] = (bent[two.length - 1] ?? 0) ^ 1
  expect(one.length).toBeLessThan(two.length)
  expectError(await post(node, ENTRIES, bent), 422, 'HEAD_INCONSISTENT')
  expect(await nextOf(log)).toBe(256)
  expect((await post(node, ENTRIES, await log.addEntries({ start: 256 }))).status).toBe(200)
})

test('#53 of 33 packages the first 32 are taken', async () => {
  const log = logs.many
  await begin(log, 33 * 256)
  const header = await log.addEntries({ start: 8192, packages: 0 })
  const last = (await log.addEntries({ start: 8192 })).subarray(header.length)
  const reply = await post(node, ENTRIES, Buffer.concat([await log.addEntries({ start: 0 }), last]))
  expect([reply.status, mirrorInfo(reply).nextEntry]).toEqual([202, 8192])
  expect((await post(node, ENTRIES, await log.addEntries({ start: 8192 }))).status).toBe(200)
})

test('#53 an overlap of more than a request, a gap, and an end that no head has are 409 with where it stands', async () => {
  const log = logs.overlap
  await begin(log, 8_600)
  for (let start = 0; start < 8_600; start += 8_192)
    expect([200, 202]).toContain((await post(node, ENTRIES, await log.addEntries({ start }))).status)
  const over = await post(node, ENTRIES, await log.addEntries({ start: 0, packages: 1 }))
  expect([over.status, mirrorInfo(over)]).toMatchObject([409, { size: 8_600, nextEntry: 8_600 }])
  log.grow(entriesNamed('more', 10))
  const unknown = await post(node, ENTRIES, await log.addEntries({ start: 8_600 }))
  expect([unknown.status, mirrorInfo(unknown).size]).toEqual([409, 8_600])
  expect((await post(node, HEAD, await log.addCheckpoint(8_600))).status).toBe(200)
  const gap = await post(node, ENTRIES, await log.addEntries({ start: 8_605 }))
  expect([gap.status, mirrorInfo(gap).nextEntry]).toEqual([409, 8_600])
  expect((await post(node, ENTRIES, await log.addEntries({ start: 8_600 }))).status).toBe(200)
  // A head below the one vouched for is not vouched for again.
  const behind = await post(node, ENTRIES, await log.addEntries({ start: 8_600, end: 8_600 }))
  expect(behind.status).toBe(409)
})

test('a body compressed by gzip is taken; one of another coding or type is not', async () => {
  const log = logs.gzip
  await begin(log, 300)
  const body = await log.addEntries({ start: 0 })
  const headers = { 'content-type': 'application/octet-stream' }
  for (const [wrong, status] of [
    [{ ...headers, 'content-encoding': 'br' }, 415],
    [{ 'content-type': 'application/json' }, 415],
    [{ ...headers, 'content-encoding': 'gzip' }, 400],
  ] as const)
    expectError(await post(node, ENTRIES, body, wrong), status)
  const reply = await post(node, ENTRIES, gzipSync(body), { ...headers, 'content-encoding': 'gzip' })
  expect(reply.status).toBe(200)
})

test('#53 a bomb of gzip, a thousand to one, is cut off early', async () => {
  const log = logs.bomb
  await begin(log, 300)
  const head = await log.addEntries({ start: 0, packages: 0 })
  const bomb = gzipSync(Buffer.concat([head, Buffer.alloc(60 * 1024 * 1024)]))
  expect(bomb.length).toBeLessThan(70_000)
  const before = process.memoryUsage().rss
  const replies = await Promise.all(
    Array.from({ length: 4 }, () =>
      post(node, ENTRIES, bomb, { 'content-type': 'application/octet-stream', 'content-encoding': 'gzip' }),
    ),
  )
  for (const reply of replies) expect([413, 422, 429]).toContain(reply.status)
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024)
  expect(await nextOf(log)).toBe(0)
})

/** Opens a connection with an upload whose body breaks off after `sent` bytes. */
async function uploadCut(log: HandLog, body: Buffer, sent: number): Promise<string> {
  const answered = await new Promise<string>((resolve) => {
    const socket = connect(node.port, '127.0.0.1')
    let text = ''
    socket.on('data', (chunk) => (text += chunk.toString('latin1')))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(text))
    socket.write(
      `POST ${ENTRIES} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/octet-stream\r\ncontent-length: ${body.length}\r\n\r\n`,
    )
    socket.write(body.subarray(0, sent))
    if (log === logs.cut) setTimeout(() => socket.destroy(), 500)
  })
  return answered
}

test('#53 cut in the middle of a package: what came whole before stays, the rest is gone', async () => {
  const log = logs.cut
  await begin(log, 768)
  const body = await log.addEntries({ start: 0 })
  const two = await log.addEntries({ start: 0, packages: 2 })
  await uploadCut(log, body, two.length + 100)
  await expect.poll(() => nextOf(log)).toBe(512)
  // A body that ends in the middle, without the connection being cut.
  const short = await post(node, ENTRIES, body.subarray(0, two.length + 100))
  expect([short.status, mirrorInfo(short).nextEntry]).toEqual([202, 512])
  expectError(
    await post(node, ENTRIES, (await log.addEntries({ start: 512 })).subarray(0, -1)),
    400,
    'RECORD_MALFORMED',
  )
  expect((await post(node, ENTRIES, await log.addEntries({ start: 512 }))).status).toBe(200)
})

test('#53 a body that trickles is cut after a while, others are served meanwhile', async () => {
  const log = logs.slow
  await begin(log, 768)
  const body = await log.addEntries({ start: 0 })
  const one = await log.addEntries({ start: 0, packages: 1 })
  const slow = uploadCut(log, body, one.length + 10)
  const silent = node.speak(`POST ${HEAD} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 900\r\n\r\nold 0\n`)
  await expect.poll(() => nextOf(log)).toBe(256)
  expect((await post(node, ENTRIES, await log.addEntries({ start: 256 }))).status).toBe(200)
  expect(await slow).toMatch(/^$|^HTTP\/1\.1 (408|400)/)
  expect(await silent).toMatch(/^HTTP\/1\.1 408/)
})

test('#54 two uploads of two branches: only the one whose head came first is ever kept', async () => {
  const log = logs.branch
  log.grow(entriesNamed('common', 100))
  const other = log.branch()
  log.grow(entriesNamed('one', 500))
  other.grow(entriesNamed('other', 500))
  const heads = await Promise.all([
    post(node, HEAD, await log.addCheckpoint(0)),
    post(node, HEAD, await other.addCheckpoint(0)),
  ])
  expect(heads.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409])
  const [kept, lost] = heads[0]?.status === 200 ? [log, other] : [other, log]
  const replies = await Promise.all(
    [kept, lost, kept, lost].map(async (one) => post(node, ENTRIES, await one.addEntries({ start: 0 }))),
  )
  expect(replies.map(({ status }) => status)).toEqual([200, 422, 200, 422])
  const bundle = await fetch(`${node.url}/mirror/${log.hash}/${bundlePath(2, 88)}`)
  expect(decodeBundle(new Uint8Array(await bundle.arrayBuffer()), 88)[0]).toEqual(
    new Uint8Array(kept.entries[512] as Uint8Array),
  )
  expectError(await post(node, HEAD, await lost.addCheckpoint(600)), 422, 'HEAD_INCONSISTENT')
})

test('#59 asked again after an answer that got lost, it gives a cosignature of the same head; nothing is uploaded twice', async () => {
  const log = logs.heartbeat
  await begin(log, 10)
  await post(node, ENTRIES, await log.addEntries({ start: 0 }))
  const again = await post(node, ENTRIES, await log.addEntries({ start: 0 }))
  const empty = await post(node, ENTRIES, await log.addEntries({ start: 10 }))
  for (const reply of [again, empty])
    expect([reply.status, cosignaturesOf(reply, vkey, log, 10).length]).toEqual([200, 1])
})

test('a long entry that the log only names is asked for, and nothing is vouched for before it is there', async () => {
  const log = logs.blob
  const content = Buffer.alloc(100_000, 'long ')
  const name = encodeHex(sha256(content))
  log.grow([...entriesNamed('short', 2), leafOf(content), ...entriesNamed('short', 2)])
  expect((await post(node, HEAD, await log.addCheckpoint(0))).status).toBe(200)
  const put = (bytes: Buffer, path = `/mirror/${log.hash}/blob/${name}`) =>
    node.ask('PUT', path, {
      raw: bytes,
      token: null,
      headers: { 'content-type': 'application/octet-stream', 'content-length': String(bytes.length) },
    })
  expectError(await put(content), 404, 'NOT_FOUND')
  const reply = await post(node, ENTRIES, await log.addEntries({ start: 0 }))
  expect([reply.status, mirrorInfo(reply)]).toMatchObject([202, { size: 5, nextEntry: 5 }])
  expectError(await put(Buffer.from('another')), 400, 'RECORD_MALFORMED')
  expectError(await put(Buffer.alloc(100_000, 'wrong')), 422, 'ENTRIES_UNPROVEN')
  expectError(await put(content, `/mirror/${log.hash}/blob/..%2f..%2fkeys`), 404)
  expect((await put(content)).status).toBe(200)
  expect((await post(node, ENTRIES, await log.addEntries({ start: 5 }))).status).toBe(200)
  const served = await fetch(`${node.url}/mirror/${log.hash}/blob/${name}`)
  expect(Buffer.from(await served.arrayBuffer()).equals(content)).toBe(true)
})

describe('what is not an upload', () => {
  const log = logs.rude
  beforeAll(() => begin(log, 10))
  const header = (origin: string, start: bigint, end: bigint) => {
    const bytes = Buffer.alloc(2 + origin.length + 18)
    bytes.writeUInt16BE(origin.length)
    bytes.write(origin, 2, 'latin1')
    bytes.writeBigUInt64BE(start, 2 + origin.length)
    bytes.writeBigUInt64BE(end, 10 + origin.length)
    return bytes
  }
  const cases: Record<string, readonly [() => Buffer, number]> = {
    nothing: [() => Buffer.alloc(0), 400],
    'half a header': [() => header(log.origin, 0n, 10n).subarray(0, 9), 400],
    noise: [() => Buffer.alloc(5_000, 0xff), 400],
    'a start beyond the end': [() => header(log.origin, 10n, 5n), 400],
    'an end of 2^64-1': [() => header(log.origin, 0n, 2n ** 64n - 1n), 400],
    'an end of 2^53-1': [() => header(log.origin, 0n, 2n ** 53n - 1n), 409],
    'no package': [() => header(log.origin, 0n, 10n), 400],
    'a package that claims 64 hashes': [
      () => Buffer.concat([header(log.origin, 0n, 10n), Buffer.alloc(20), Buffer.from([64]), Buffer.alloc(64 * 32)]),
      400,
    ],
    'entries of nothing': [() => Buffer.concat([header(log.origin, 0n, 10n), Buffer.alloc(21)]), 422],
    'an origin that is none': [() => header('../../etc/passwd', 0n, 10n), 404],
    'an origin that is not UTF-8': [() => header('\xff\xfe', 0n, 10n), 400],
  }
  test.each(Object.keys(cases))('%s', async (name) => {
    const [body, status] = cases[name] as (typeof cases)[string]
    const reply = await post(node, ENTRIES, body())
    if (status === 409) expect([reply.status, mirrorInfo(reply).nextEntry]).toEqual([409, 0])
    else expectError(reply, status)
    expect(await nextOf(log)).toBe(0)
  })
})

test('a mirror comes back with what it had and goes on from there; its quota ends in 429', async () => {
  await using folder = await makeFolder()
  const dataDir = join(folder.path, 'data')
  const log = handLog()
  log.grow(entriesNamed('m', 600))
  {
    await using one = await startRecordNode({ mirrorFor: [log.vkey] }, { dataDir })
    expect((await post(one, HEAD, await log.addCheckpoint(0))).status).toBe(200)
    expect((await post(one, ENTRIES, await log.addEntries({ start: 0, packages: 1 }))).status).toBe(202)
  }
  {
    await using two = await startRecordNode({ mirrorFor: [log.vkey] }, { dataDir })
    expect(await nextOf(log, two)).toBe(256)
    expect((await post(two, ENTRIES, await log.addEntries({ start: 256 }))).status).toBe(200)
    expect((await post(two, HEAD, await log.addCheckpoint(0))).text).toBe('600\n')
  }
  await using three = await startRecordNode({ mirrorFor: [log.vkey], mirrorQuotaBytes: 1 }, { dataDir })
  log.grow(entriesNamed('n', 5))
  expect((await post(three, HEAD, await log.addCheckpoint(600))).status).toBe(200)
  const refused = await post(three, ENTRIES, await log.addEntries({ start: 600 }))
  expectError(refused, 429, 'QUOTA_EXCEEDED')
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  // What is there is vouched for all the same.
  const fresh = await post(three, ENTRIES, await log.addEntries({ start: 600, end: 600 }))
  expect(fresh.status).toBe(200)
})

test('#63 a full disk is 503 without a cosignature, and it goes on once there is room', async ({ skip }) => {
  await using folder = await makeFolder()
  const dataDir = join(folder.path, 'data')
  const small = join(dataDir, 'mirror')
  const log = handLog()
  log.grow(Array.from({ length: 4_000 }, (_, i) => Buffer.alloc(2_000, `${i} `)))
  {
    await using one = await startRecordNode({}, { dataDir })
    expect(one.url).toMatch(/^http/)
  }
  await mkdir(small)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', small], { stdio: 'ignore' })
  } catch {
    console.info('no small disk can be mounted here: the mirror on a full disk is not tested')
    return skip()
  }
  try {
    await using full = await startRecordNode({ mirrorFor: [log.vkey] }, { dataDir })
    expect((await post(full, HEAD, await log.addCheckpoint(0))).status).toBe(200)
    const refused = await post(full, ENTRIES, await log.addEntries({ start: 0 }))
    expectError(refused, 503, 'STORE_UNAVAILABLE')
    expect(refused.headers['retry-after']).toMatch(/^\d+$/)
    expect(eventsOf(full, 'record.store.fault').length).toBeGreaterThan(0)
    expectError(await full.ask('GET', `/mirror/${log.hash}/checkpoint`, { token: null }), 404)
    execFileSync('mount', ['-o', 'remount,size=64m', small], { stdio: 'ignore' })
    let next = 0
    await expect
      .poll(
        async () => {
          const reply = await post(full, ENTRIES, await log.addEntries({ start: next }))
          if (reply.status === 202 || reply.status === 409) next = mirrorInfo(reply).nextEntry
          return reply.status
        },
        { timeout: 20_000 },
      )
      .toBe(200)
  } finally {
    execFileSync('umount', [small], { stdio: 'ignore' })
  }
})
