import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { logFetcher } from './log-fetcher.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => void

async function served(handle: Handler, use: (baseUrl: string) => Promise<void>): Promise<void> {
  const server = createServer(handle)
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/log/`)
  } finally {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  }
}

const quick = { attempts: 3, firstDelayMs: 1, maxDelayMs: 2 }

test('gives the bytes of a file, and null only where the server says there is none', async () => {
  const paths: string[] = []
  await served(
    (request, response) => {
      paths.push(request.url ?? '')
      if (request.url === '/log/tile/0/000') response.end(new Uint8Array([1, 2, 255]))
      else response.writeHead(404).end()
    },
    async (baseUrl) => {
      const fetchFile = logFetcher({ baseUrl })
      expect(await fetchFile('tile/0/000')).toEqual(new Uint8Array([1, 2, 255]))
      expect(await fetchFile('tile/0/001')).toBeNull()
      expect(paths).toEqual(['/log/tile/0/000', '/log/tile/0/001'])
    },
  )
})

test('repeats what may pass, and says why when it does not', async () => {
  let calls = 0
  await served(
    (_, response) => {
      calls++
      if (calls < 3) response.writeHead(503).end()
      else response.end('ok')
    },
    async (baseUrl) => {
      expect(await logFetcher({ baseUrl, retry: quick })('checkpoint')).toEqual(new TextEncoder().encode('ok'))
      calls = -10
      await expect(logFetcher({ baseUrl, retry: quick })('checkpoint')).rejects.toMatchObject({
        code: 'log-refused',
        details: { status: 503 },
      })
    },
  )
  await expect(logFetcher({ baseUrl: 'http://127.0.0.1:1/log', retry: quick })('checkpoint')).rejects.toMatchObject({
    code: 'log-unreachable',
  })
})

test('asks for a fresh token once, and tells a log of members from one that is not there', async () => {
  const asked: boolean[] = []
  await served(
    (request, response) => {
      if (request.headers.authorization === 'Bearer good') response.end('ok')
      else response.writeHead(401).end()
    },
    async (baseUrl) => {
      const token = (_: readonly string[], request?: { readonly fresh?: boolean }): Promise<string> => {
        asked.push(request?.fresh === true)
        return Promise.resolve(request?.fresh === true ? 'good' : 'stale')
      }
      expect(await logFetcher({ baseUrl, token })('checkpoint')).toHaveLength(2)
      expect(asked).toEqual([false, true])
      await expect(logFetcher({ baseUrl })('checkpoint')).rejects.toMatchObject({ code: 'log-not-allowed' })
    },
  )
})
