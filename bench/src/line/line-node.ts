import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../../apps/node/bin/parley-node.js', import.meta.url))
const START_LIMIT_MS = 120_000
const STOP_LIMIT_MS = 60_000
const POLL_MS = 10
const LOG_LINES = 20

/** A node that speaks for one party, in a process of its own, at fixed ports. */
export interface LineNode extends AsyncDisposable {
  readonly url: string
  readonly linePort: number
  readonly pid: number
  /** Ends it as an operator would. */
  stop(): Promise<void>
}

/** Starts a node and resolves when it answers. @throws {Error} with what it last said when it does not */
export async function startLineNode({
  dir,
  party,
  port,
  linePort,
  preload = null,
}: {
  readonly dir: string
  readonly party: string
  readonly port: number
  readonly linePort: number
  /** A library that is loaded into the process before all others. */
  readonly preload?: string | null
}): Promise<LineNode> {
  const flags = ['--port', String(port), '--data', dir, '--party', party, '--line-port', String(linePort)]
  const child = spawn(process.execPath, [PROGRAM, ...flags, '--issuer', '--allow-http-base-urls'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(preload === null ? {} : { env: { ...process.env, LD_PRELOAD: preload } }),
  })
  const said: string[] = []
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said.push(...text.split('\n').filter((line) => line !== ''))
      said.splice(0, said.length - LOG_LINES)
    })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const url = `http://127.0.0.1:${port}`
  const beganMs = performance.now()
  while (!(await answers(`${url}/healthy`))) {
    if (!isRunning(child) || performance.now() - beganMs > START_LIMIT_MS) {
      child.kill('SIGKILL')
      throw new Error(`the node of ${party} did not start: ${said.join(' | ')}`)
    }
    await sleep(POLL_MS)
  }
  const stop = async (): Promise<void> => {
    if (!isRunning(child)) return
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
    await ended
    clearTimeout(late)
  }
  return { url, linePort, pid: child.pid ?? 0, stop, [Symbol.asyncDispose]: stop }
}

const isRunning = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url)
    await response.arrayBuffer()
    return response.ok
  } catch {
    return false
  }
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

/** Resident memory of a process in MB; null where the system does not tell. */
export function residentMb(pid: number): number | null {
  try {
    const kB = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]
    return kB === undefined ? null : Number(kB) / 1024
  } catch {
    return null
  }
}
