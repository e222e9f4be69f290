import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundlePath, decodeBundle } from '@parley/record'
import { expect, test } from 'vitest'
import { originHash } from '../src/record/origin-hash.ts'
import { makeFolder, reportBody } from './harness.ts'
import { evidenceIn, eventsOf, startRecordNode, vkeyIn } from './record-harness.ts'

const PROGRAM = fileURLToPath(new URL('../bin/parley-node.js', import.meta.url))
const BUILT = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const ROUNDS = 4

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** A node in a process of its own, once it says where it is. */
async function startProcess(flags: readonly string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [PROGRAM, '--issuer', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await expect
    .poll(() => (child.exitCode === null ? said : `ended: ${said}`), { timeout: 30_000 })
    .toContain('Parley is at')
  return child
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'close')
  child.kill('SIGKILL')
  await gone
}

test('#59 witness and mirror killed again and again while the log grows: every receipt holds, and in the end all is there', async () => {
  if (!existsSync(BUILT)) throw new Error('apps/node is not built: run `npx tsc -b apps/node` first.')
  await using folder = await makeFolder()
  const dataDir = join(folder.path, 'author')
  const otherDir = join(folder.path, 'other')
  let vkey: string
  {
    await using author = await startRecordNode({}, { dataDir })
    vkey = await vkeyIn(author.dataDir, 'log')
  }
  const port = await freePort()
  const flags = ['--port', String(port), '--data', otherDir, '--witness-for', vkey, '--mirror-for', vkey]
  let other = await startProcess(flags)
  const url = `http://127.0.0.1:${port}`
  try {
    const cosigners = [
      `${await vkeyIn(otherDir, 'witness')}=${url}/witness`,
      `${await vkeyIn(otherDir, 'mirror')}=${url}/mirror`,
    ]
    await using author = await startRecordNode({ cosigners }, { dataDir })
    const writing = new AbortController()
    const written = (async () => {
      let count = 0
      while (!writing.signal.aborted) {
        expect((await author.ask('POST', '/dss/v1/reports', { body: reportBody() })).status).toBe(201)
        count += 1
      }
      return count
    })()
    const receipts: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      await new Promise((done) => setTimeout(done, 150 + Math.random() * 600))
      await kill(other)
      // What the log holds a receipt for is on the mirror's disk, whenever that was killed.
      receipts.push(author.node.record.status().cosigners[1]?.size ?? 0)
      other = await startProcess(flags)
      const shown = await fetch(`${url}/mirror/${originHash(author.node.record.log.origin)}/checkpoint`)
      const size = shown.status === 200 ? Number((await shown.text()).split('\n')[1]) : 0
      expect(size).toBeGreaterThanOrEqual(receipts.at(-1) ?? 0)
    }
    writing.abort()
    const count = await written
    await expect
      .poll(() => author.node.record.status().cosigners.map(({ state, size }) => [state, size]), { timeout: 60_000 })
      .toEqual([
        ['current', count],
        ['current', count],
      ])
    expect([await evidenceIn(dataDir), await evidenceIn(otherDir)]).toEqual([[], []])
    expect(eventsOf(author, 'record.cosigner.alarm')).toEqual([])
    const width = count % 256
    if (width > 0) {
      const path = bundlePath(Math.floor(count / 256), width)
      const copy = await fetch(`${url}/mirror/${originHash(author.node.record.log.origin)}/${path}`)
      expect(decodeBundle(new Uint8Array(await copy.arrayBuffer()), width)).toHaveLength(width)
    }
  } finally {
    await kill(other)
  }
}, 180_000)
