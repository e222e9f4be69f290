import { execFileSync, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Duplex } from 'node:stream'
import { TLSSocket, connect as tlsConnect } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { pinOf, pinOfPeer, selfSignedCertificate } from '@parley/client/tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openIdentity, type RelayIdentity } from './identity.ts'
import { type Relay, type RelayEvent, type RelayLimits, startRelay } from './relay.ts'

const ROOM = fileURLToPath(new URL('../..', import.meta.url))
const BIN = join(ROOM, 'bin/parley.js')

let dir: string
beforeAll(() => {
  const compiler = fileURLToPath(new URL('../../../../node_modules/typescript/bin/tsc', import.meta.url))
  execFileSync(process.execPath, [compiler, '-b', ROOM], { stdio: 'pipe' })
  dir = mkdtempSync(join(tmpdir(), 'parley-relay-'))
}, 180_000)
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** A party's TLS key, as a node has one. */
function makeParty(): RelayIdentity {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  return { key, cert: selfSignedCertificate(privateKey), pin: pinOf(publicKey) }
}

const relayOf = (
  over: { limits?: Partial<RelayLimits>; allow?: readonly string[]; tell?: (event: RelayEvent) => void } = {},
): Promise<Relay> =>
  startRelay({ host: '127.0.0.1', port: 0, identity: openIdentity(join(dir, 'relay')), allow: [], ...over })

interface Dialled {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly socket: Duplex | null
}

/** Dials the relay as a node does. */
function dial(relay: Relay, path: string, own: RelayIdentity | null, upgrade = 'parley-relay/1'): Promise<Dialled> {
  return new Promise((resolve, reject) => {
    const message = request({
      host: '127.0.0.1',
      port: relay.port,
      path,
      agent: false,
      rejectUnauthorized: false,
      ...(own === null ? {} : { key: own.key, cert: own.cert }),
      headers: { connection: 'Upgrade', upgrade },
    })
    message.on('upgrade', (response, socket, head) => {
      socket.on('error', () => undefined)
      if (head.byteLength > 0) socket.unshift(head)
      resolve({ status: response.statusCode ?? 0, retryAfter: undefined, socket })
    })
    message.on('response', (response) => {
      response.resume()
      resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], socket: null })
    })
    message.on('error', reject)
    message.end()
  })
}

const pipeOf = ({ socket }: Dialled): Duplex => {
  if (socket === null) throw new Error('the relay did not switch over')
  return socket
}

async function heard(socket: Duplex, bytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    length += chunk.byteLength
    if (length >= bytes) break
  }
  return Buffer.concat(chunks).toString()
}

const NORTH = makeParty()
const SOUTH = makeParty()

test('a call is joined to the connection that waits under the pin called, byte by byte, both ways', async () => {
  await using relay = await relayOf()
  const waits = pipeOf(await dial(relay, '/relay/v1/listen', SOUTH))
  const calls = pipeOf(await dial(relay, `/relay/v1/call/${SOUTH.pin}`, NORTH))
  calls.write('hello from the north')
  expect(await heard(waits, 20)).toBe('hello from the north')
  waits.write('and from the south')
  expect(await heard(calls, 18)).toBe('and from the south')
  calls.end()
  await once(waits.resume(), 'end')
})

test('the line’s own TLS runs through it from end to end: the relay sees only what is sealed', async () => {
  const seen: Buffer[] = []
  await using relay = await relayOf()
  const waits = pipeOf(await dial(relay, '/relay/v1/listen', SOUTH))
  const calls = pipeOf(await dial(relay, `/relay/v1/call/${SOUTH.pin}`, NORTH))
  calls.on('data', (chunk: Buffer) => seen.push(chunk))
  const server = new TLSSocket(waits, {
    isServer: true,
    key: SOUTH.key,
    cert: SOUTH.cert,
    requestCert: true,
    rejectUnauthorized: false,
  })
  const client = tlsConnect({ socket: calls, key: NORTH.key, cert: NORTH.cert, rejectUnauthorized: false })
  await once(client, 'secureConnect')
  server.write('the contents of the line')
  expect(await heard(client, 24)).toBe('the contents of the line')
  expect([pinOfPeer(server), pinOfPeer(client)]).toEqual([NORTH.pin, SOUTH.pin])
  expect(Buffer.concat(seen).includes('the contents')).toBe(false)
  client.destroy()
})

test('a call that comes first is held until the other side dials in', async () => {
  await using relay = await relayOf()
  const calling = dial(relay, `/relay/v1/call/${SOUTH.pin}`, NORTH)
  await new Promise((resolve) => setTimeout(resolve, 100))
  const waits = pipeOf(await dial(relay, '/relay/v1/listen', SOUTH))
  const calls = pipeOf(await calling)
  calls.write('x')
  expect(await heard(waits, 1)).toBe('x')
})

test('a call to a side that never dials in is told to come again', async () => {
  await using relay = await relayOf({ limits: { holdMs: 50 } })
  expect(await dial(relay, `/relay/v1/call/${SOUTH.pin}`, NORTH)).toMatchObject({ status: 404, retryAfter: '5' })
})

test('nobody can wait under the key of another, nor without one', async () => {
  await using relay = await relayOf({ limits: { holdMs: 50 } })
  await dial(relay, '/relay/v1/listen', NORTH)
  expect(await dial(relay, `/relay/v1/call/${SOUTH.pin}`, NORTH)).toMatchObject({ status: 404 })
  expect(await dial(relay, '/relay/v1/listen', null)).toMatchObject({ status: 403 })
})

test('keys that are not allowed neither wait, nor call, nor are called', async () => {
  const told: RelayEvent[] = []
  await using relay = await relayOf({ allow: [NORTH.pin], tell: (event) => told.push(event) })
  expect(await dial(relay, '/relay/v1/listen', SOUTH)).toMatchObject({ status: 403 })
  expect(await dial(relay, `/relay/v1/call/${NORTH.pin}`, SOUTH)).toMatchObject({ status: 403 })
  expect(await dial(relay, `/relay/v1/call/${SOUTH.pin}`, NORTH)).toMatchObject({ status: 403 })
  expect(await dial(relay, '/relay/v1/listen', NORTH)).toMatchObject({ status: 101 })
  expect(told.map(({ event }) => event)).toEqual(['refused', 'refused', 'refused', 'listen'])
})

test('connections that wait and calls at once are bounded by key', async () => {
  await using relay = await relayOf({ limits: { waitingPerPin: 2, callsPerPin: 2, holdMs: 2_000 } })
  const listen = (): Promise<Dialled> => dial(relay, '/relay/v1/listen', SOUTH)
  expect([await listen(), await listen(), await listen()].map(({ status }) => status)).toEqual([101, 101, 429])
  const call = (): Promise<Dialled> => dial(relay, `/relay/v1/call/${SOUTH.pin}`, NORTH)
  expect([await call(), await call(), await call()].map(({ status }) => status)).toEqual([101, 101, 429])
})

test('a side that speaks before it is called is let go, and one that leaves waits no more', async () => {
  await using relay = await relayOf({ limits: { holdMs: 50 } })
  const early = pipeOf(await dial(relay, '/relay/v1/listen', SOUTH))
  early.write('too early')
  await once(early.resume(), 'close')
  const leaves = pipeOf(await dial(relay, '/relay/v1/listen', SOUTH))
  leaves.destroy()
  await expect.poll(() => relay.waiting()).toBe(0)
  expect(await dial(relay, `/relay/v1/call/${SOUTH.pin}`, NORTH)).toMatchObject({ status: 404 })
})

test('a pipe on which nothing goes is cut, and its end is told with what went through it', async () => {
  const told: RelayEvent[] = []
  await using relay = await relayOf({ limits: { idleMs: 200 }, tell: (event) => told.push(event) })
  const waits = pipeOf(await dial(relay, '/relay/v1/listen', SOUTH))
  const calls = pipeOf(await dial(relay, `/relay/v1/call/${SOUTH.pin}`, NORTH))
  calls.write('12345')
  await once(waits.resume(), 'close')
  await expect.poll(() => told.at(-1)).toMatchObject({ event: 'end', from: NORTH.pin, to: SOUTH.pin, bytes: 5 })
})

test.each([
  ['another protocol', '/relay/v1/listen', 'websocket', 426],
  ['a path it does not have', '/relay/v1/other', 'parley-relay/1', 404],
  ['a pin that is none', '/relay/v1/call/abc', 'parley-relay/1', 404],
])('%s is refused', async (_what, path, upgrade, status) => {
  await using relay = await relayOf()
  expect(await dial(relay, path, NORTH, upgrade)).toMatchObject({ status })
})

describe('parley relay', () => {
  const run = (...args: readonly string[]) =>
    spawn(process.execPath, [BIN, 'relay', ...args], { cwd: dir, stdio: 'pipe' })

  test('runs, says where and under which key, keeps that key, and ends with 0 when it is stopped', async () => {
    const pins: string[] = []
    for (let round = 0; round < 2; round += 1) {
      const child = run('--port', '0', '--host', '127.0.0.1', '--data', 'kept', '--json')
      const [first] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
      const started = JSON.parse(first) as { event: string; port: number; pin: string; address: string }
      expect(started).toMatchObject({ event: 'started', address: `https://127.0.0.1:${started.port}/${started.pin}` })
      pins.push(started.pin)
      const gone = once(child, 'close')
      child.kill('SIGTERM')
      expect(await gone).toEqual([0, null])
    }
    expect(pins[0]).toBe(pins[1])
    expect(statSync(join(dir, 'kept', 'relay.key')).mode & 0o777).toBe(0o600)
  }, 30_000)

  test.each([
    ['a port that is none', ['--port', '70000'], '--port 70000'],
    ['a pin that is none', ['--port', '0', '--allow', 'south'], '--allow south'],
    ['a host that is not here', ['--port', '0', '--host', '192.0.2.1'], '--host 192.0.2.1'],
    ['a folder whose key is none', ['--port', '0', '--data', 'spoilt'], 'must hold the private key'],
  ])(
    '%s is told, exit 2',
    async (_what, args, said) => {
      mkdirSync(join(dir, 'spoilt'), { recursive: true })
      writeFileSync(join(dir, 'spoilt', 'relay.key'), 'not a key\n')
      const child = run(...args)
      const err: Buffer[] = []
      child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
      const [code] = (await once(child, 'close')) as [number]
      expect(Buffer.concat(err).toString()).toContain(said)
      expect(code).toBe(2)
      expect(readFileSync(join(dir, 'spoilt', 'relay.key'), 'utf8')).toBe('not a key\n')
    },
    30_000,
  )

  test('a port that is taken is told, exit 2', async () => {
    await using relay = await relayOf()
    const child = run('--port', String(relay.port), '--host', '127.0.0.1')
    const err: Buffer[] = []
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    const [code] = (await once(child, 'close')) as [number]
    expect({ code, said: Buffer.concat(err).toString() }).toMatchObject({
      code: 2,
      said: expect.stringContaining('free port'),
    })
  }, 30_000)
})
