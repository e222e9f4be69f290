import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import {
  CompactRange,
  cosignatureTimestamp,
  createSigner,
  decodeBase64,
  formatAddCheckpoint,
  formatAddEntries,
  formatCheckpoint,
  formatVkey,
  leafHash,
  packageIntervals,
  parseSignatureLines,
  parseVkey,
  proveConsistency,
  proveSubtree,
  type Signer,
  signCheckpoint,
  verifyCosignature,
} from '@parley/record'
import type { Clock } from '@parley/units'
import type { NodeOptions } from '../src/options.ts'
import { originHash } from '../src/record/origin-hash.ts'
import { RECORD_DEFAULTS, type RecordOptions } from '../src/record/options.ts'
import { type Reply, startTestNode, type TestNode } from './harness.ts'

export type RecordWish = Partial<RecordOptions>

/** A node whose record runs as wished, with a heartbeat that tests can wait for. */
export const startRecordNode = (
  record: RecordWish = {},
  options: Partial<NodeOptions> & { readonly clock?: Clock } = {},
): Promise<TestNode> => {
  const { clock, ...rest } = options
  const wished = { ...rest, record: { ...RECORD_DEFAULTS, heartbeatMs: 200, ...record } }
  return startTestNode(wished, clock === undefined ? {} : { clock })
}

/** Public key in the node's folder, as text. */
export const vkeyIn = async (dataDir: string, role: 'log' | 'witness' | 'mirror'): Promise<string> =>
  (await readFile(join(dataDir, 'keys', `${role}.vkey`), 'utf8')).trim()

/** The witness or mirror of a node, as a cosigner flag names it. */
export const cosignerOf = async (node: TestNode, role: 'witness' | 'mirror'): Promise<string> =>
  `${await vkeyIn(node.dataDir, role)}=${node.url}/${role}`

/** A log made by hand, so that everything about it can be wrong. */
export interface HandLog {
  readonly origin: string
  readonly vkey: string
  readonly signer: Signer
  readonly hash: string
  readonly entries: readonly Uint8Array[]
  /** The same log with its own further entries: a branch of it. */
  grow(entries: readonly Uint8Array[]): void
  branch(): HandLog
  root(size: number): Uint8Array
  note(size?: number): Uint8Array
  addCheckpoint(oldSize: number, size?: number): Promise<Buffer>
  /** An add-entries body with at most so many packages. */
  addEntries(range: { start: number; end?: number; packages?: number; ticket?: Uint8Array }): Promise<Buffer>
}

export function handLog(
  origin: string = `hand.parley/${randomBytes(6).toString('hex')}/1`,
  seed: Uint8Array = randomBytes(32),
  begun: readonly Uint8Array[] = [],
): HandLog {
  const signer = createSigner({ name: origin, type: 0x01, seed })
  const entries = [...begun]
  const nodes = new Map<string, Uint8Array>()
  const tiles = {
    tile: (level: number, index: number, width: number): Promise<Uint8Array> => {
      const step = 256 ** level
      const hashes = Array.from({ length: width }, (_, i) => {
        const from = (index * 256 + i) * step
        const known = nodes.get(`${level} ${from}`) ?? rootOf(entries.slice(from, from + step))
        nodes.set(`${level} ${from}`, known)
        return known
      })
      return Promise.resolve(Buffer.concat(hashes))
    },
  }
  const log: HandLog = {
    origin,
    vkey: formatVkey(signer.key),
    signer,
    hash: originHash(origin),
    entries,
    grow: (more) => void entries.push(...more),
    branch: () => handLog(origin, seed, entries),
    root: (size) => rootOf(entries.slice(0, size)),
    note: (size = entries.length) => signCheckpoint({ origin, size, root: log.root(size) }, signer),
    async addCheckpoint(oldSize, size = entries.length) {
      const proof = oldSize === 0 || oldSize >= size ? [] : await proveConsistency(tiles, { from: oldSize, to: size })
      return Buffer.from(formatAddCheckpoint({ oldSize, proof, note: log.note(size) }))
    },
    async addEntries({ start, end = entries.length, packages = 32, ticket = new Uint8Array(0) }) {
      const contents = []
      for (const one of packageIntervals(start, end, packages))
        contents.push({
          entries: entries.slice(one.start, one.end),
          proof: await proveSubtree(tiles, { start: one.subtreeStart, end: one.end, size: end }),
        })
      const chunks: Uint8Array[] = []
      for await (const chunk of formatAddEntries({ origin, start, end, ticket }, contents)) chunks.push(chunk)
      return Buffer.concat(chunks)
    },
  }
  return log
}

function rootOf(entries: readonly Uint8Array[]): Uint8Array {
  const range = new CompactRange()
  for (const entry of entries) range.append(leafHash(entry))
  return range.root()
}

export const entriesNamed = (name: string, count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => Buffer.from(`${name} ${i}`))

/** Sends a body as it is, without a token. */
export const post = (
  node: TestNode,
  path: string,
  body: Buffer,
  headers: Record<string, string> = { 'content-type': 'application/octet-stream' },
): Promise<Reply> =>
  node.ask('POST', path, { raw: body, token: null, headers: { 'content-length': String(body.byteLength), ...headers } })

/** Lines of an answer that the cosigner's key verifies for that head. */
export function cosignaturesOf(reply: Reply, vkey: string, log: HandLog, size: number): number[] {
  const key = parseVkey(vkey)
  const text = formatCheckpoint({ origin: log.origin, size, root: log.root(size) })
  return parseSignatureLines(reply.text)
    .filter((line) => verifyCosignature(key, text, line))
    .map(cosignatureTimestamp)
}

/** Files of evidence in a node's folder, read. */
export async function evidenceIn(dataDir: string): Promise<Record<string, unknown>[]> {
  const dir = join(dataDir, 'evidence')
  const names = await readdir(dir).catch(() => [])
  return Promise.all(
    names
      .filter((name) => name.endsWith('.json'))
      .map(async (name) => JSON.parse(await readFile(join(dir, name), 'utf8')) as Record<string, unknown>),
  )
}

/** Events of a kind that a node has told. */
export const eventsOf = (node: TestNode, event: string): Record<string, unknown>[] =>
  node.log
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((one) => one['event'] === event)

/** Size, next entry and ticket of a mirror's answer. */
export function mirrorInfo(reply: Reply): { size: number; nextEntry: number; ticket: Uint8Array } {
  const [size, nextEntry, ticket] = reply.text.split('\n')
  return { size: Number(size), nextEntry: Number(nextEntry), ticket: decodeBase64(ticket ?? '') }
}

/** What a relay does with one request: lets it through, answers itself, or hangs up, before or after the other side has done its part. */
export type Relayed =
  | 'pass'
  | 'hang-up'
  | 'lose-answer'
  | { readonly status: number; readonly type?: string; readonly body: string | Uint8Array }

export interface Relay extends AsyncDisposable {
  readonly url: string
  /** Where requests go that are let through. */
  target: string
  /** Requests that came, as `METHOD path`. */
  readonly seen: string[]
  rule: (request: { readonly method: string; readonly path: string; readonly body: Buffer }) => Relayed
}

/** Stands between a log and its cosigner: the network, or a cosigner that does not do what it should. */
export async function startRelay(target: string): Promise<Relay> {
  const server = createServer((request, response) => void answer(request, response))
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const { method = '', url: path = '' } = request
    relay.seen.push(`${method} ${path}`)
    const done = relay.rule({ method, path, body })
    if (done === 'hang-up') return void request.socket.destroy()
    if (typeof done === 'object') {
      response.writeHead(done.status, { 'content-type': done.type ?? 'text/plain; charset=utf-8' })
      return void response.end(done.body)
    }
    const headers = Object.fromEntries(
      ['content-type', 'content-encoding'].flatMap((name) => {
        const value = request.headers[name]
        return typeof value === 'string' ? [[name, value]] : []
      }),
    )
    try {
      const through = await fetch(`${relay.target}${path}`, { method, headers, ...(body.length > 0 ? { body } : {}) })
      const bytes = Buffer.from(await through.arrayBuffer())
      if (done === 'lose-answer') return void request.socket.destroy()
      response.writeHead(through.status, { 'content-type': through.headers.get('content-type') ?? '' })
      response.end(bytes)
    } catch {
      request.socket.destroy()
    }
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const relay: Relay = {
    url: `http://127.0.0.1:${port}`,
    target,
    seen: [],
    rule: () => 'pass',
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return relay
}
