import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { encodeBundle, signAct } from '@parley/record'
import { expect, test } from 'vitest'
import type { TestNode } from './harness.ts'
import { actsOf, join, linkTo, must, openLine, type Side, sizesOf, startSide, until } from './line-harness.ts'

const PROGRAM = fileURLToPath(new URL('../bin/parley-node.js', import.meta.url))
const BUILT = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const ROUNDS = 4
const origin = (party: string): string => `ridge-7.parley/${party}/1`

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** The side's node in a process of its own, on the same folder and line port. */
async function asProcess(
  side: Side,
  { port, linePort }: { readonly port: number; readonly linePort: number },
): Promise<ChildProcess> {
  const flags = [
    '--issuer',
    '--port',
    `${port}`,
    '--data',
    side.dataDir,
    '--party',
    side.party,
    '--line-port',
    `${linePort}`,
  ]
  const child = spawn(process.execPath, [PROGRAM, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await expect
    .poll(() => (child.exitCode === null ? said : `ended: ${said}`), { timeout: 60_000 })
    .toContain('Parley is at')
  side.node = { port } as TestNode
  return child
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'close')
  child.kill('SIGKILL')
  await gone
}

test('#73 either side killed again and again while it writes: what was acknowledged is on both sides, once', async () => {
  if (!existsSync(BUILT)) throw new Error('apps/node is not built: run `npx tsc -b apps/node` first.')
  await using north = await startSide('north')
  await using south = await startSide('south')
  await join([north, south])
  await openLine([north, south])
  const linePort = Number(new URL(north.node.node.line.address as string).port)
  await north.stop()
  const port = await freePort()
  let child = await asProcess(north, { port, linePort })
  const acknowledged = new Set<string>()
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const writing = (async () => {
        for (;;) {
          const entry = await north.sign('ack.open', { number: 'south/north/2026/0001' })
          const answer = await north.post(entry).catch(() => null)
          if (answer === null) return
          if (answer.status === 201) acknowledged.add(answer.json.leaf)
        }
      })().catch(() => undefined)
      await sleep(200 + Math.random() * 600)
      await kill(child)
      await writing
      if (round % 2 === 1) await south.restart()
      child = await asProcess(north, { port, linePort })
      await until(
        () => north.draft(),
        (draft) => draft?.o === origin('north'),
        30_000,
      )
    }
    const here = await actsOf(north, origin('north'))
    const there = await until(
      () => actsOf(south, origin('north')),
      (acts) => acts.length === here.length,
      60_000,
    )
    expect(there.map(({ leaf }) => leaf)).toEqual(here.map(({ leaf }) => leaf))
    const leaves = here.map(({ leaf }) => leaf)
    expect(new Set(leaves).size).toBe(leaves.length)
    expect(acknowledged.size).toBeGreaterThan(0)
    for (const leaf of acknowledged) expect(leaves).toContain(leaf)
    expect((await north.state()).halted).toBeNull()
  } finally {
    await kill(child)
    north.stop = () => Promise.resolve()
  }
})

test('#71 both sides write on while they are apart, and come to hold the same once they meet again', async () => {
  await using north = await startSide('north')
  await using south = await startSide('south')
  await join([north, south])
  await openLine([north, south])
  await until(
    () => north.state(),
    (state) => linkTo(state, 'south')?.backlog === 0,
  )
  // Each believes the other to be where nobody answers.
  const nowhere = `https://127.0.0.1:${await freePort()}`
  const addresses = { north: north.node.node.line.address, south: south.node.node.line.address }
  must(await north.at('POST', '/address', { party: 'south', address: nowhere }))
  must(await south.at('POST', '/address', { party: 'north', address: nowhere }))
  const count = 600
  for (const side of [north, south]) {
    const { o, at } = await side.draft()
    for (let done = 0; done < count; done += 200) {
      const entries = Array.from({ length: 200 }, () =>
        signAct(
          {
            v: 1,
            table: side.table,
            o,
            id: randomBytes(16).toString('hex'),
            kind: 'ack.open',
            at,
            seen: [],
            to: [],
            body: { number: 'south/north/2026/0001' },
          },
          [side.people.ada],
        ),
      )
      must(await side.at('POST', '/acts', encodeBundle(entries), { 'content-type': 'application/octet-stream' }))
    }
  }
  must(await north.at('POST', '/address', { party: 'south', address: addresses.south }))
  must(await south.at('POST', '/address', { party: 'north', address: addresses.north }))
  const sizes = await until(
    () => Promise.all([sizesOf(north), sizesOf(south)]),
    (both) => both.every((one) => Object.values(one).every((size) => size === count + 2)),
    60_000,
  )
  expect(sizes[0]).toEqual(sizes[1])
  for (const party of ['north', 'south'])
    expect((await actsOf(north, origin(party))).map(({ leaf }) => leaf)).toEqual(
      (await actsOf(south, origin(party))).map(({ leaf }) => leaf),
    )
  await until(
    () => Promise.all([north.state(), south.state()]),
    ([a, b]) => linkTo(a as never, 'south')?.backlog === 0 && linkTo(b as never, 'north')?.backlog === 0,
    40_000,
  )
})
