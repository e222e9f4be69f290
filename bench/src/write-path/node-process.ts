import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Target } from '../load/target.ts'

const PROGRAM = fileURLToPath(new URL('../../../apps/node/bin/parley-node.js', import.meta.url))
const POLL_MS = 2
const START_LIMIT_MS = 300_000
const STOP_LIMIT_MS = 120_000
const LOG_LINES = 20

export interface NodeOptions {
  readonly dir: string
  readonly exact?: boolean
  /** Another build's parley-node.js; by default that of this one. */
  readonly program?: string
}

/** A node under test in a process of its own. */
export interface NodeProcess extends AsyncDisposable {
  readonly target: Target
  readonly pid: number
  /** From starting the process to its first good answer. */
  readonly startedMs: number
  /** What it last said, and whether it still runs. */
  lastWords(): string
  /** Ends it as an operator would: what it holds is kept for the next start. */
  stop(): Promise<void>
  /** Ends it at once; for data that nobody needs any more. */
  kill(): Promise<void>
}

/** Starts a node as `npm start` does, with an empty scenario. @throws {Error} with what it last said when it does not come up */
export async function startNode(options: NodeOptions): Promise<NodeProcess> {
  const port = await freePort()
  const flags = [
    '--demo',
    '--scenario',
    'none',
    '--port',
    String(port),
    '--data',
    options.dir,
    '--allow-http-base-urls',
  ]
  if (options.exact === true) flags.push('--exact')
  const beganMs = performance.now()
  const child = spawn(process.execPath, ['--max-semi-space-size=32', options.program ?? PROGRAM, ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said: string[] = []
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said.push(...text.split('\n').filter((line) => line !== ''))
      said.splice(0, said.length - LOG_LINES)
    })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const url = new URL(`http://127.0.0.1:${port}`)
  try {
    while (!(await isHealthy(url))) {
      if (child.exitCode !== null || performance.now() - beganMs > START_LIMIT_MS)
        throw new Error(`the node did not start: ${said.join(' | ')}`)
      await sleep(POLL_MS)
    }
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
  const startedMs = performance.now() - beganMs
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (!isRunning(child)) return
    child.kill(signal)
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
    await ended
    clearTimeout(late)
  }
  return {
    target: { url, tokenUrl: new URL('/token', url) },
    pid: child.pid!,
    startedMs,
    lastWords: () =>
      `${isRunning(child) ? 'running' : `ended by ${child.signalCode ?? child.exitCode}`}: ${said.join(' | ')}`,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    [Symbol.asyncDispose]: () => end('SIGKILL'),
  }
}

const isRunning = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null

async function isHealthy(url: URL): Promise<boolean> {
  try {
    const response = await fetch(new URL('/healthy', url))
    await response.arrayBuffer()
    return response.ok
  } catch {
    return false
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
