import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { pinOfPeer } from '@parley/client/tls'
import { describe, expect, test } from 'vitest'
import { openTlsKey } from '../src/line/tls-key.ts'
import { makeFolder } from './harness.ts'
import { actsOf, join, linkTo, must, openLine, sizesOf, startSide, until } from './line-harness.ts'

const origin = (party: string): string => `ridge-7.parley/${party}/1`

/** A relay that joins callers to waiting connections and reads nothing. */
async function startTestRelay(dataDir: string) {
  const own = await openTlsKey(dataDir)
  const waiting = new Map<string, Duplex[]>()
  const seen: Buffer[] = []
  const server = createTlsServer(
    { key: own.key, cert: own.cert, minVersion: 'TLSv1.3', requestCert: true, rejectUnauthorized: false },
    (socket: TLSSocket) => {
      socket.on('error', () => undefined)
      const pin = pinOfPeer(socket) ?? ''
      let head = ''
      const read = (chunk: Buffer): void => {
        head += chunk.toString('latin1')
        if (!head.includes('\r\n\r\n')) return
        socket.off('data', read)
        socket.pause()
        const path = head.split(' ')[1] ?? ''
        const switched = 'HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: parley-relay/1\r\n\r\n'
        if (path === '/relay/v1/listen') {
          socket.write(switched)
          waiting.set(pin, [...(waiting.get(pin) ?? []), socket])
          socket.once('close', () =>
            waiting.set(
              pin,
              (waiting.get(pin) ?? []).filter((one) => one !== socket),
            ),
          )
          return
        }
        const callee = waiting.get(path.slice('/relay/v1/call/'.length))?.shift()
        if (callee === undefined) {
          socket.end('HTTP/1.1 404 Not Found\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
          return
        }
        socket.write(switched)
        socket.on('data', (bytes: Buffer) => seen.push(bytes))
        socket.pipe(callee)
        callee.pipe(socket)
        socket.once('close', () => callee.destroy())
        callee.once('close', () => socket.destroy())
      }
      socket.on('data', read)
    },
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `https://127.0.0.1:${port}/${own.pin}`,
    seen,
    async [Symbol.asyncDispose]() {
      for (const sockets of waiting.values()) for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close').catch(() => undefined)
    },
  }
}

describe('three parties', () => {
  test('two sides and an observer that cosigns heads and fetches entries see one line', async () => {
    await using north = await startSide('north')
    await using south = await startSide('south')
    await using orion = await startSide('orion')
    const sides = [north, south, orion]
    await join(sides, { roles: { orion: 'observer' } })
    await openLine([north, south])
    const { number } = await north.message('south', { precedence: 'PRIORITY' })
    for (const side of sides)
      await until(
        () => side.messages(),
        ({ messages }) => messages.some((one) => one.number === number),
        40_000,
      )
    await south.say('ack.take', { number, role: 'south.duty' })
    for (const side of sides)
      await until(
        () => side.messages(),
        ({ messages }) => messages[0]?.ladder.some(({ step }) => step === 'taken') === true,
        40_000,
      )
    const state = await until(
      () => orion.state(),
      ({ parties }) => parties.every(({ party, declared }) => party === 'orion' || declared.kind === 'open'),
    )
    expect(state.parties.map(({ role }) => role)).toEqual(['party', 'observer', 'party'])
    expect(await sizesOf(orion)).toEqual(await sizesOf(north))

    // What needs a quorum says so, and names whose cosignature is not in hand: of south's log north holds none of orion's.
    const vertices = [
      [345_000_000, 409_000_000],
      [346_000_000, 410_000_000],
    ]
    const border = {
      id: 'river',
      version: 1,
      title: 'River',
      vertices,
      tolerance_m: 100,
      left: 'north',
      right: 'south',
    }
    const by = [south.people.ada, south.people.ben]
    const { index } = await south.say('border.agree', border, { by })
    const told = async (side: typeof north) => (await actsOf(side, origin('south'))).find((act) => act.index === index)
    const atHome = await until(
      () => told(south),
      (act) => act?.binding === 'binding',
    )
    expect(atHome?.waitsFor).toBeUndefined()
    const abroad = await until(
      () => told(north),
      (act) => act?.waitsFor?.join() === 'orion/witness',
    )
    expect(abroad?.binding).toBe('pending')
  })
})

describe('how peers are reached', () => {
  test('#82 a peer that shows another key than the enrolled one is told nothing and believed nothing', async () => {
    await using north = await startSide('north')
    await using south = await startSide('south')
    await using evil = await startSide('evil')
    await join([north, south], { addresses: { north: { south: evil.node.node.line.address } } })
    await north.say('line.open', {})
    const held = await until(
      () => north.state(),
      (state) => linkTo(state, 'south')?.state === 'waiting' || linkTo(state, 'south')?.state === 'unreachable',
    )
    expect(linkTo(held, 'south')?.receivedByThem).toBe(0)
    expect(north.node.log.some((line) => line.includes('is not the one enrolled'))).toBe(true)
    const { address } = south.node.node.line
    must(await north.at('POST', '/address', { party: 'south', address }))
    await until(
      () => actsOf(south, origin('north')),
      (acts) => acts.length === 2,
      60_000,
    )
  })

  test('#82 through a relay that both dial out to, nothing is read on the way', async () => {
    await using folder = await makeFolder()
    await using relay = await startTestRelay(folder.path)
    await using north = await startSide('north', { port: null, relays: [relay.url] })
    await using south = await startSide('south', { port: null, relays: [relay.url] })
    await join([north, south])
    await openLine([north, south])
    const secret = randomBytes(12).toString('hex')
    await north.message('south', { content: [{ letter: 'A', type: 'text', lang: 'en', text: secret }] })
    await until(
      () => south.messages(),
      ({ messages }) => messages.length === 1,
      40_000,
    )
    expect(relay.seen.length).toBeGreaterThan(0)
    expect(Buffer.concat(relay.seen).includes(secret)).toBe(false)
    const state = await until(
      () => north.state(),
      ({ parties }) => parties.find(({ party }) => party === 'south')?.measured?.to.kind === 'degraded',
    )
    expect(state.parties.find(({ party }) => party === 'south')?.measured?.to.reasons).toEqual(['relay'])
  })

  test('by files alone: the same bytes carried over, the receipt carried back', async () => {
    await using north = await startSide('north', { port: null })
    await using south = await startSide('south', { port: null })
    await join([north, south])
    await openLine([north, south])
    await north.message('south')
    await north.message('south')
    const get = async (side: typeof north, path: string) =>
      fetch(`http://127.0.0.1:${side.node.port}/line/v1/tables/ridge-7${path}`)
    const bytes = async (answer: Response) => new Uint8Array(await answer.arrayBuffer())
    const binary = { 'content-type': 'application/octet-stream' }
    const head = await bytes(await get(north, '/carrier/south/checkpoint'))
    const entries = await get(north, '/carrier/south/entries?from=0')
    expect(entries.headers.get('parley-next')).toBe('4')
    expect((await south.at('POST', '/carrier/north', head)).status).toBe(200)
    expect((await south.at('POST', '/carrier/north', await bytes(entries), binary)).status).toBe(200)
    expect((await south.messages()).messages).toHaveLength(2)
    const receipt = await bytes(await get(south, '/carrier/north/receipt'))
    expect(must(await north.at('POST', '/carrier/south/receipt', receipt))).toEqual({ size: 4, by: ['south/mirror'] })
    expect((await north.messages()).messages.map(({ state }) => state)).toEqual(['arrived', 'arrived'])
    // The same stick once more changes nothing; what was not asked for is refused.
    expect((await south.at('POST', '/carrier/north', head)).status).toBe(409)
    expect((await south.at('POST', '/carrier/north', randomBytes(900), binary)).status).toBeGreaterThanOrEqual(400)
    expect((await south.messages()).messages).toHaveLength(2)
  })
})
