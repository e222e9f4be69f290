import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../../apps/node/bin/parley-node.js', import.meta.url))
const BUILT = fileURLToPath(new URL('../../../apps/node/dist/main.js', import.meta.url))
const START_MS = 90_000

/** A folder that is gone when disposed of. */
export async function makeDataDir(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'parley-test-'))
  return { path: join(path, 'data'), [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** A port that was free a moment ago, for a node that has to come back at the same address. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return address.port
}

export interface NodeProcess extends AsyncDisposable {
  readonly url: string
  readonly pid: number
  /** SIGKILL: no goodbye, nothing flushed. Resolves when the process is gone. */
  kill(): Promise<void>
}

/** Starts the built node as its own process and resolves once it says where it is. */
export async function startNodeProcess(options: {
  readonly dataDir: string
  readonly port: number
  readonly flags?: readonly string[]
}): Promise<NodeProcess> {
  if (!existsSync(BUILT)) throw new Error('apps/node is not built: run `npm run build` first.')
  const child = spawn(
    process.execPath,
    [
      PROGRAM,
      '--port',
      String(options.port),
      '--data',
      options.dataDir,
      '--issuer',
      '--allow-http-base-urls',
      ...(options.flags ?? []),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const gone = once(child, 'close')
  const url = await addressOf(child, gone)
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal)
    await gone
  }
  return { url, pid: child.pid ?? 0, kill: () => end('SIGKILL'), [Symbol.asyncDispose]: () => end('SIGTERM') }
}

async function addressOf(child: ChildProcess, gone: Promise<unknown>): Promise<string> {
  const said: string[] = []
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk.toString()))
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  const address = new Promise<string>((resolve) => {
    lines.on('line', (line) => {
      said.push(line)
      const url = /http:\/\/\S+:\d+/.exec(line)?.[0]
      if (url !== undefined) resolve(url)
    })
  })
  const late = AbortSignal.timeout(START_MS)
  return Promise.race([
    address,
    gone.then(() => Promise.reject(new Error(`The node ended: ${said.join('\n')}`))),
    once(late, 'abort').then(() => Promise.reject(new Error(`The node did not start: ${said.join('\n')}`))),
  ])
}
