import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { BenchmarkContext, Measurement } from '../benchmark.ts'
import { drive } from '../load/drive.ts'
import { Requests } from '../load/requests.ts'

const PROGRAM = fileURLToPath(new URL('../load/bare-server.js', import.meta.url))
/** Of a delivery plan's body, and of a token. */
const BODY_BYTES = 3400
const TOKEN_BYTES = 600
const MOST_PER_S = 60_000
const SECONDS = 4
const WARMUP_S = 1

/**
 * The limit of the write path on this machine today: the same requests to a server that does nothing but HTTP, from the same
 * generator. A rate of plans says little without it: machines, and hours of a shared one, differ by more than programs do.
 */
export async function httpLimit(context: BenchmarkContext): Promise<Measurement[]> {
  const server = spawn(process.execPath, ['--max-semi-space-size=32', PROGRAM], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [line] = (await once(server.stdout, 'data')) as [Buffer]
    const url = new URL(`http://127.0.0.1:${Number(line.toString())}`)
    const requests = new Requests()
    const head = `PUT /x HTTP/1.1\r\nhost: ${url.host}\r\nauthorization: Bearer ${'t'.repeat(TOKEN_BYTES)}\r\ncontent-type: application/json\r\n`
    const body = 'x'.repeat(BODY_BYTES)
    for (let i = 0; i < MOST_PER_S * (SECONDS + WARMUP_S); i += 1) requests.add(head, body)
    context.progress('W0 HTTP alone, 32 connections')
    const result = await drive({ url, requests, connections: 32, warmupS: WARMUP_S, seconds: SECONDS })
    return [
      {
        id: 'W0',
        what: 'HTTP alone, 32 connections: the limit',
        unit: '/s',
        value: result.perSecond,
        right: result.statuses.size === 1 && result.statuses.has(201),
        note: `p99 ${result.latencyMs.p99.toFixed(1)} ms`,
      },
    ]
  } finally {
    server.kill()
  }
}
