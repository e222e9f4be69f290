import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type IncomingMessage, request as ask, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** Real nodes as processes of their own, whose line the page is given through a stand-in that serves the page as it was just built. */

const NODE_ROOM = join(import.meta.dirname, '..', '..', 'node')

/** Compiles what a node runs from. */
export function compileNode(): void {
  const compiler = join(import.meta.dirname, '../../../node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [compiler, '-b', NODE_ROOM], { stdio: 'pipe' })
}

export interface RealNode {
  /** Hands a request of the page to the node, and what it answers to the page. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  /** Texts of the bodies that came, to look for what must never come. */
  readonly raw: string[]
  readonly close: () => Promise<void>
}

export async function startRealNode(party: string): Promise<RealNode> {
  const data = mkdtempSync(join(tmpdir(), 'parley-desk-node-'))
  const flags = ['--port', '0', '--data', data, '--issuer', '--party', party, '--line-port', '0']
  const child = spawn(process.execPath, [join(NODE_ROOM, 'bin/parley-node.js'), ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await urlOf(child)
  const raw: string[] = []
  return {
    raw,
    async handle(request, response) {
      const pieces: Buffer[] = []
      for await (const piece of request) pieces.push(piece as Buffer)
      const body = Buffer.concat(pieces)
      raw.push(body.toString('utf8'))
      // To the node this stand-in is another origin, whose pages it would refuse; the page itself is the node's own.
      const { host: _host, origin: _origin, ...headers } = request.headers
      const passed = ask(new URL(request.url ?? '/', url), { method: request.method ?? 'GET', headers })
      passed.end(body)
      response.on('close', () => passed.destroy())
      const [answer] = (await once(passed, 'response')) as [IncomingMessage]
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.on('error', () => response.destroy())
      answer.pipe(response)
    },
    async close() {
      const gone = once(child, 'close')
      child.kill('SIGTERM')
      await gone
      rmSync(data, { recursive: true, force: true })
    },
  }
}

async function urlOf(child: ChildProcess): Promise<string> {
  const { stdout } = child
  if (stdout === null) throw new Error('the node says nothing')
  for await (const said of createInterface({ input: stdout })) {
    const url = /http:\/\/\S+:\d+/.exec(said)?.[0]
    if (url === undefined) continue
    stdout.resume()
    return url
  }
  throw new Error('the node did not start')
}
