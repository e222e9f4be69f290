import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { StartRefused } from '../src/errors.ts'
import { startNode } from '../src/start.ts'
import { DEFAULTS, type Folder, makeFolder, strangerKey } from './harness.ts'

const PROGRAM = fileURLToPath(new URL('../bin/parley-node.js', import.meta.url))
const BUILT = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const ENDED_MS = 50_000

let folder: Folder
const children = new Set<ChildProcess>()
beforeEach(async () => {
  if (!existsSync(BUILT)) throw new Error('apps/node is not built: run `npx tsc -b apps/node` first.')
  folder = await makeFolder()
})
afterEach(async () => {
  for (const child of children) {
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'close')
      child.kill('SIGKILL')
      await gone
    }
  }
  children.clear()
  await folder[Symbol.asyncDispose]()
})

interface Program {
  readonly child: ChildProcess
  readonly said: { out: string; err: string }
  readonly ended: Promise<number | null>
}

function run(flags: readonly string[], node: readonly string[] = []): Program {
  const child = spawn(process.execPath, [...node, PROGRAM, ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: folder.path,
  })
  children.add(child)
  const said = { out: '', err: '' }
  child.stdout?.on('data', (chunk: Buffer) => (said.out += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (said.err += chunk.toString()))
  const late = setTimeout(() => child.kill('SIGKILL'), ENDED_MS)
  const ended = once(child, 'close').then(([code]) => {
    clearTimeout(late)
    return code as number | null
  })
  return { child, said, ended }
}

/** Runs until it says where it is. */
async function up(flags: readonly string[]): Promise<Program & { readonly url: string }> {
  const program = run(flags)
  await expect
    .poll(() => /http:\/\/\S+:\d+/.exec(program.said.out)?.[0] ?? program.child.exitCode, { timeout: ENDED_MS })
    .toMatch(/^http/)
  return { ...program, url: /http:\/\/\S+:\d+/.exec(program.said.out)?.[0] as string }
}

/** What stands in the way is one line, for whoever started it, and the code says that it failed. */
async function refusal(flags: readonly string[], node: readonly string[] = []): Promise<string> {
  const { said, ended } = run(flags, node)
  expect([await ended, said.err]).toEqual([1, expect.stringMatching(/^parley-node: [^\n]+\n$/)])
  expect(said.out).toBe('')
  return said.err
}

const at = (name: string): string => `${folder.path}/${name}`
const flags = (name: string, ...more: string[]): string[] => ['--port', '0', '--issuer', '--data', at(name), ...more]

describe('a node that cannot start says why in one line and ends with 1', () => {
  test('a taken port', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const line = await refusal(['--port', String(port), '--issuer', '--data', at('data')])
    expect(line).toContain(`port ${port} on 127.0.0.1 is taken`)
    expect(line).toContain('--port')
    server.close()
    // Its folder is free again for the next try.
    const node = await up(flags('data'))
    node.child.kill('SIGTERM')
    expect(await node.ended).toBe(0)
  })

  test('an address of another machine', async () => {
    await writeFile(at('key.pem'), strangerKey().export({ type: 'pkcs8', format: 'pem' }))
    expect(
      await refusal(['--port', '0', '--data', at('data'), '--host', '203.0.113.7', '--key', at('key.pem')]),
    ).toContain('203.0.113.7 is not an address of this machine')
  })

  test('a folder that is a file', async () => {
    await writeFile(at('data'), 'mine')
    expect(await refusal(flags('data'))).toMatch(/data folder .* cannot be written/)
    expect(await readFile(at('data'), 'utf8')).toBe('mine')
  })

  test('a folder that may not be written', async () => {
    await mkdir(at('locked'))
    await chmod(at('locked'), 0o500)
    if (process.getuid?.() === 0) {
      // Root may write anywhere but where nothing can be written.
      expect(await refusal(['--port', '0', '--issuer', '--data', '/dev/null/parley'])).toMatch(/cannot be written/)
      return
    }
    expect(await refusal(flags('locked/data'))).toMatch(/cannot be written/)
  })

  test("a folder of somebody else's", async () => {
    await mkdir(at('data/journal'), { recursive: true })
    await writeFile(at('data/journal/journal.db'), 'not a database at all, but something dear to its owner'.repeat(100))
    expect(await refusal(flags('data'))).toContain("holds what is not Parley's (journal)")
    expect(existsSync(at('data/parley.json'))).toBe(false)
    // The mark is there, and yet the journal is not ours.
    await writeFile(at('data/parley.json'), JSON.stringify({ format: 1, simulated: true, id: 'x' }))
    expect(await refusal(flags('data'))).toContain(at('data/journal'))
    expect(await readFile(at('data/journal/journal.db'), 'utf8')).toContain('dear to its owner')
  })

  test("a mark that is not Parley's, and one of a newer Parley", async () => {
    await mkdir(at('data'))
    await writeFile(at('data/parley.json'), 'not json')
    expect(await refusal(flags('data'))).toContain("is not a mark of Parley's")
    await writeFile(at('data/parley.json'), JSON.stringify({ format: 2, simulated: true, id: 'x' }))
    expect(await refusal(flags('data'))).toContain('newer Parley (format 2)')
    for (const mark of ['null', '[]', '5', '{"format":1}']) {
      await writeFile(at('data/parley.json'), mark)
      expect(await refusal(flags('data'))).toMatch(/parley-node: /)
    }
  })

  test('a folder that another node holds', async () => {
    const first = await up(flags('data'))
    const line = await refusal(flags('data'))
    expect(line).toContain(at('data'))
    expect((await fetch(`${first.url}/healthy`)).status).toBe(200)
    first.child.kill('SIGINT')
    expect(await first.ended).toBe(0)
  })

  test('simulated and live data never mix', async () => {
    await writeFile(at('key.pem'), strangerKey().export({ type: 'pkcs8', format: 'pem' }))
    const live = ['--port', '0', '--key', at('key.pem'), '--data']
    const simulated = await up(flags('simulated'))
    simulated.child.kill('SIGTERM')
    await simulated.ended
    expect(await refusal([...live, at('simulated')])).toContain('holds simulated data')
    const real = await up([...live, at('live')])
    real.child.kill('SIGTERM')
    await real.ended
    expect(await refusal(flags('live'))).toContain('holds live data')
  })

  test('the issuer where others could reach it', async () => {
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.com'])
      expect(await refusal(flags('data', '--host', host))).toContain('never runs on')
    expect(existsSync(at('data'))).toBe(false)
  })

  test('no key to trust, one that cannot be read, one that is none, a set at no address', async () => {
    const base = ['--port', '0', '--data', at('data')]
    expect(await refusal(base)).toContain('no key to check tokens with')
    expect(await refusal([...base, '--key', at('nowhere.pem')])).toContain('nowhere.pem cannot be read')
    await writeFile(at('bad.pem'), 'no key')
    expect(await refusal([...base, '--key', at('bad.pem')])).toContain('bad.pem')
    expect(await refusal([...base, '--jwks', 'not a url'])).toContain('not a url')
  })

  test('a scenario that does not exist, with those that do', async () => {
    expect(await refusal(flags('data', '--scenario', 'nothing-like-it'))).toMatch(
      /nothing-like-it cannot be played.*known: .*fire.*none/,
    )
  })
})

describe('words that are no flags of the node', () => {
  test.each([
    ['an unknown flag', ['--nothing']],
    ['a port that is none', ['--port', '70000']],
    ['a port in words', ['--port', 'http']],
    ['a rate that is none', ['--rate-limit', '-5']],
    ['a stray word', ['word']],
  ])('%s ends with 2', async (_name, words) => {
    const { said, ended } = run(words)
    expect(await ended).toBe(2)
    expect(said.err).toMatch(/\S/)
  })

  test('--help and --version tell and end with 0', async () => {
    for (const word of ['--help', '--version']) {
      const { said, ended } = run([word])
      expect(await ended).toBe(0)
      expect(said.out).toMatch(/\S/)
    }
  })
})

describe('a node that is told to stop', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    'by %s ends cleanly with 0, readers of events or not, and comes back whole',
    async (signal) => {
      const node = await up(flags('data'))
      const { access_token: token } = (await (
        await fetch(`${node.url}/token?intended_audience=localhost&scope=utm.strategic_coordination`)
      ).json()) as { access_token: string }
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      const events = await fetch(`${node.url}/parley/v1/events`, { headers })
      expect(events.status).toBe(200)
      const reading = events.text().catch(() => 'cut')
      const report = {
        exchange: {
          url: 'https://x.example',
          method: 'GET',
          recorder_role: 'Client',
          request_time: { value: '2026-01-01T00:00:00Z', format: 'RFC3339' },
        },
      }
      const made = await fetch(`${node.url}/dss/v1/reports`, { method: 'POST', headers, body: JSON.stringify(report) })
      expect(made.status).toBe(201)
      node.child.kill(signal)
      expect([await node.ended, node.said.err]).toEqual([0, expect.not.stringContaining('Error')])
      await reading
      const again = await up(flags('data'))
      expect(await (await fetch(`${again.url}/parley/v1/status`)).json()).toMatchObject({ head: 1 })
      again.child.kill(signal)
      expect(await again.ended).toBe(0)
    },
  )
})

test('a start that is refused leaves nothing running and the folder free', async () => {
  const options = { ...DEFAULTS, dataDir: at('data') }
  const log = (): void => undefined
  await using first = await startNode(options, { log })
  const port = Number(new URL(first.url).port)
  await expect(startNode({ ...options, dataDir: at('other'), port }, { log })).rejects.toThrow(StartRefused)
  await using second = await startNode({ ...options, dataDir: at('other') }, { log })
  expect((await fetch(`${second.url}/healthy`)).status).toBe(200)
})
