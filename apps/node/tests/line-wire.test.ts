import { request } from 'node:https'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { originHash } from '../src/record/origin-hash.ts'
import { openTlsKey, type TlsKey } from '../src/line/tls-key.ts'
import { makeFolder } from './harness.ts'
import { join, messageBody, openLine, type Side, startSide } from './line-harness.ts'

interface Asked {
  readonly method?: string
  readonly body?: Uint8Array
  readonly headers?: Record<string, string>
}

/** One request at the line port, with a TLS key or without; the status, or why there was none. */
async function knock(side: Side, path: string, key: TlsKey | null, { method = 'GET', body, headers = {} }: Asked = {}) {
  const { port } = new URL(side.node.node.line.address as string)
  const sent = request({
    host: '127.0.0.1',
    port,
    path,
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-length': String(body.byteLength) }) },
    rejectUnauthorized: false,
    agent: false,
    ...(key === null ? {} : { key: key.key, cert: key.cert }),
  })
  try {
    sent.end(body)
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    let text = ''
    for await (const chunk of response) text += String(chunk)
    return { status: response.statusCode ?? 0, text }
  } catch (error) {
    return { status: 0, text: (error as NodeJS.ErrnoException).code ?? String(error) }
  }
}

describe('the line port', () => {
  test('#81 hangs up on a request that is begun and never finished', async () => {
    await using folder = await makeFolder()
    await using north = await startSide('north')
    const key = await openTlsKey(folder.path)
    const { port } = new URL(north.node.node.line.address as string)
    const slow = connect({ host: '127.0.0.1', port: Number(port), rejectUnauthorized: false, ...key })
    let said = ''
    slow.on('data', (chunk: Buffer) => (said += chunk.toString()))
    slow.write('GET /line/ridge-7/mirror/checkpoint HTTP/1.1\r\nHost: x')
    await once(slow, 'close')
    expect(said.split('\r\n')[0]).toMatch(/^(HTTP\/1\.1 408 .*)?$/)
  }, 60_000)

  test('#82 answers members of a table, by their enrolled keys, and nobody else', async () => {
    await using folder = await makeFolder()
    await using north = await startSide('north')
    await using south = await startSide('south')
    await join([north, south])
    await openLine([north, south])
    const stranger = await openTlsKey(folder.path)
    const member = south.node.node.line.tls
    const own = `/line/ridge-7/mirror/${originHash('ridge-7.parley/north/1')}/checkpoint`
    expect((await knock(north, own, null)).status).toBe(0)
    expect((await knock(north, own, stranger)).status).toBe(403)
    expect((await knock(north, own, member)).status).toBe(200)
    // Only the standard's paths, of tables that it is a member of.
    for (const path of [
      '/',
      '/line/v1',
      '/line/v1/tables',
      '/parley/v1/status',
      '/line/other/mirror/x',
      '/line/ridge-7/',
    ])
      expect([path, (await knock(north, path, member)).status]).toEqual([path, 403])
    for (const path of ['/line/ridge-7/mirror/../x', `/line/ridge-7/mirror/${'0'.repeat(64)}/checkpoint`])
      expect([path, (await knock(north, path, member)).status]).toEqual([path, 404])
    const post = (path: string, body: Buffer, headers: Record<string, string> = {}) =>
      knock(north, `/line/ridge-7/${path}`, member, { method: 'POST', body, headers })
    const binary = { 'content-type': 'application/octet-stream' }
    expect((await post('witness/add-checkpoint', Buffer.from('old 0\n\nhello\n'))).status).toBe(400)
    expect((await post('witness/add-checkpoint', Buffer.alloc(1 << 20, 'a'))).status).toBe(413)
    expect((await post('mirror/add-entries', Buffer.from('noise'), binary)).status).toBe(400)
    expect((await post('mirror/add-entries', Buffer.from('noise'))).status).toBe(415)
    expect((await post('acts', Buffer.from('noise'))).status).toBe(403)
    expect((await north.state()).halted).toBeNull()
  })

  test('#81 more acts than the charter lets a member send are 429, and FLASH still passes', async () => {
    await using north = await startSide('north')
    await using south = await startSide('south')
    await join([north, south], { change: { quota: { actsPerS: 20, bytesPerDay: 536_870_912, flashPercent: 20 } } })
    await openLine([north, south])
    const { nextNumbers, at } = await north.draft()
    const number = nextNumbers['south'] as string
    const flood = await Promise.all(Array.from({ length: 60 }, () => north.sign('message.close', { number })))
    const answers = await Promise.all(flood.map((entry) => north.post(entry)))
    const statuses = new Set(answers.map(({ status }) => status))
    expect(statuses).toEqual(new Set([201, 429]))
    expect(answers.find(({ status }) => status === 429)?.json).toMatchObject({ code: 'ACT_QUOTA' })
    const body = messageBody({
      number,
      from: 'north.duty',
      to: 'south.duty',
      dtg: at,
      precedence: 'FLASH',
      subject: 'SAFETY',
    })
    expect((await north.post(await north.sign('message', body))).status).toBe(201)
  })
})
