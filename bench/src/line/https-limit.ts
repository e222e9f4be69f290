import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, fdatasyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { Agent, createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

const BODY_BYTES = 700

/**
 * Milliseconds of what no receipt can do without: our entry flushed, a request over a TLS connection that stands, the entry flushed
 * there, the answer, and that flushed here. No signature, no tree, one process. Null where there is no openssl to make a certificate.
 */
export async function receiptLimitMs(dir: string, runs: number): Promise<Float64Array | null> {
  const [key, cert] = ['limit.key', 'limit.crt'].map((name) => join(dir, name)) as [string, string]
  const wish = '-x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost'
  const made = spawnSync('openssl', ['req', ...wish.split(' '), '-keyout', key, '-out', cert])
  if (made.status !== 0) return null
  const files = ['here', 'there'].map((name) => openSync(join(dir, `limit-${name}`), 'w')) as [number, number]
  const body = Buffer.alloc(BODY_BYTES, 1)
  const flush = (file: number): void => {
    writeSync(file, body)
    fdatasyncSync(file)
  }
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (message, response) => {
    message.resume().once('end', () => {
      flush(files[1])
      response.end(body)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false })
  const { port } = server.address() as AddressInfo
  const ask = async (): Promise<void> => {
    const message = request({ agent, host: '127.0.0.1', port, method: 'POST' })
    message.end(body)
    const [response] = (await once(message, 'response')) as [NodeJS.ReadableStream]
    response.resume()
    await once(response, 'end')
  }
  try {
    const sample = new Float64Array(runs)
    for (let at = -10; at < runs; at++) {
      const beganMs = performance.now()
      flush(files[0])
      await ask()
      flush(files[0])
      if (at >= 0) sample[at] = performance.now() - beganMs
    }
    return sample
  } finally {
    agent.destroy()
    server.closeAllConnections()
    server.close()
    for (const file of files) closeSync(file)
    for (const name of [key, cert, join(dir, 'limit-here'), join(dir, 'limit-there')]) rmSync(name, { force: true })
  }
}
