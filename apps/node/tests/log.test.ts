import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  bundlePath,
  createSigner,
  decodeBundle,
  encodeHex,
  formatSkey,
  formatVkey,
  leafHash,
  openCheckpoint,
  parseBlobLeaf,
  parseVkey,
  rootFromTiles,
  sha256,
  tilePath,
  tileReader,
} from '@parley/record'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { expectError, type Folder, makeFolder, reportBody, type TestNode } from './harness.ts'
import { startRecordNode, vkeyIn } from './record-harness.ts'

let node: TestNode
beforeAll(async () => {
  node = await startRecordNode()
  for (let i = 0; i < 300; i += 1) await node.ask('POST', '/dss/v1/reports', { body: reportBody() })
})
afterAll(() => node[Symbol.asyncDispose]())

const bytesAt = async (path: string, on = node): Promise<{ status: number; bytes: Uint8Array; headers: Headers }> => {
  const response = await fetch(`${on.url}/log/${path}`, { headers: { authorization: `Bearer ${on.token()}` } })
  return { status: response.status, bytes: new Uint8Array(await response.arrayBuffer()), headers: response.headers }
}

describe('the log of the pool, as its members read it', () => {
  test('checkpoint and key are for everyone; tiles and entries are for members', async () => {
    for (const path of ['/log/checkpoint', '/log/vkey']) {
      const reply = await node.ask('GET', path, { token: null })
      expect([reply.status, reply.headers['content-type']]).toEqual([200, 'text/plain; charset=utf-8'])
    }
    for (const path of [tilePath(0, 0), bundlePath(0), `blob/${'0'.repeat(64)}`]) {
      expectError(await node.ask('GET', `/log/${path}`, { token: null }), 401, 'AUTH_MISSING')
      const stranger = node.token('uss1', 'interuss.pool_status.read')
      expectError(await node.ask('GET', `/log/${path}`, { token: stranger }), 403, 'SCOPE_MISSING')
    }
    for (const scope of ['utm.strategic_coordination', 'utm.constraint_management', 'utm.constraint_processing'])
      expect((await node.ask('GET', `/log/${tilePath(0, 0)}`, { token: node.token('uss9', scope) })).status).toBe(200)
    await using open = await startRecordNode({ publicLog: true })
    await open.ask('POST', '/dss/v1/reports', { body: reportBody() })
    const reply = await open.ask('GET', `/log/${bundlePath(0, 1)}`, { token: null })
    expect([reply.status, reply.headers['cache-control']]).toEqual([200, 'public, max-age=31536000, immutable'])
  })

  test('what it serves is the tree it signs, with headers that say what may change', async () => {
    const checkpoint = await bytesAt('checkpoint')
    expect(checkpoint.headers.get('cache-control')).toBe('no-store')
    const key = parseVkey((await node.ask('GET', '/log/vkey', { token: null })).text.trim())
    const { size, root, origin } = openCheckpoint(checkpoint.bytes, key).checkpoint
    expect(size).toBe(300)
    const { json } = await node.ask('GET', '/parley/v1/status', { token: null })
    expect(json?.['log']).toMatchObject({
      origin,
      vkey: formatVkey(key),
      size,
      url: '/log',
      public: false,
      cosigners: [],
    })
    expect(origin).toBe(`pool.parley/${encodeHex(sha256(key.publicKey)).slice(0, 12)}/1`)
    const reader = tileReader({
      tile: async (level, index, width) => {
        const { status, bytes, headers } = await bytesAt(tilePath(level, index, width))
        expect([headers.get('content-type'), headers.get('cache-control')]).toEqual([
          'application/octet-stream',
          'private, max-age=31536000, immutable',
        ])
        return status === 200 ? bytes : null
      },
    })
    expect(await rootFromTiles(reader, size)).toEqual(root)
    const leaves = await reader.tile(0, 1, 44)
    const entries = decodeBundle((await bytesAt(bundlePath(1, 44))).bytes, 44)
    for (const [i, entry] of entries.entries()) expect(leafHash(entry)).toEqual(leaves.slice(32 * i, 32 * i + 32))
  })

  test('#43 #45 a tile or bundle is there in every width the tree has had, and in none it has not', async () => {
    const full = (await bytesAt(tilePath(0, 0))).bytes
    expect(full.length).toBe(8192)
    for (const width of [1, 17, 255]) {
      const partial = await bytesAt(tilePath(0, 0, width))
      expect([partial.status, partial.bytes]).toEqual([200, full.slice(0, 32 * width)])
      expect(decodeBundle((await bytesAt(bundlePath(0, width))).bytes, width)).toHaveLength(width)
    }
    for (const path of [
      tilePath(0, 1),
      tilePath(0, 1, 45),
      tilePath(1, 0, 2),
      tilePath(2, 0, 1),
      bundlePath(1),
      bundlePath(1, 45),
      bundlePath(9, 1),
    ])
      expect([path, (await bytesAt(path)).status]).toEqual([path, 404])
  })

  test('an entry too long for a bundle stands in it by name, and is served as a blob', async () => {
    await using one = await startRecordNode({ publicLog: true })
    const body = reportBody()
    const long = { ...body, exchange: { ...body.exchange, response_body: 'x'.repeat(200_000) } }
    expect((await one.ask('POST', '/dss/v1/reports', { body: long })).status).toBe(201)
    const [leaf] = decodeBundle((await bytesAt(bundlePath(0, 1), one)).bytes, 1)
    const blob = parseBlobLeaf(leaf as Uint8Array)
    const { status, bytes, headers } = await bytesAt(`blob/${blob?.sha256}`, one)
    expect([status, bytes.length, encodeHex(sha256(bytes))]).toEqual([200, blob?.length, blob?.sha256])
    expect(headers.get('cache-control')).toContain('immutable')
    expect((await bytesAt(`blob/${'0'.repeat(64)}`, one)).status).toBe(404)
  })
})

describe('#46 a path that no file of a log has is 404, whatever it resembles', () => {
  const paths = [
    '',
    '/',
    'tile',
    'tile/',
    'tile/0/x1/000',
    'tile/0/x001',
    'tile/0/0',
    'tile/0/00',
    'tile/0/0000',
    'tile/0/x000/000',
    'tile/00/000',
    'tile/64/000',
    'tile/-1/000',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/01',
    'tile/0/000.p/1/',
    'tile/0/000.p/+1',
    'tile/0/000.p/1%00',
    'tile/0/x999/x999/x999/x999/x999/x999/999',
    `tile/0/${'x999/'.repeat(300)}999`,
    'tile/0/12345678901234567890',
    'tile/../checkpoint',
    'tile/0/../../checkpoint',
    '../log/checkpoint',
    '..',
    '%2e%2e',
    '%2e%2e/%2e%2e/etc/passwd',
    '..%2f..%2fkeys%2flog.key',
    '....//keys/log.key',
    'tile%2f0%2f000',
    'tile/0/000%',
    'tile/0/%zz',
    'tile\\0\\000',
    'tile/data/000',
    'tile/entries/',
    'tile/entries/0',
    'tile/entries/000.p/999',
    'checkpoint/',
    'Checkpoint',
    'checkpoint%00',
    'vkey/..',
    'keys/log.key',
    `blob/${'0'.repeat(63)}`,
    `blob/${'A'.repeat(64)}`,
    `blob/../keys/log.key`,
  ]
  test.each(paths)('%s', async (path) => {
    expectError(await node.ask('GET', `/log/${path}`), 404)
  })
  test('and so it is with the hosts that are asked by hand', async () => {
    for (const line of [
      'GET /log/../log/keys/log.key HTTP/1.1',
      'GET /log//etc/passwd HTTP/1.1',
      'GET /log/%00 HTTP/1.1',
    ])
      expect(
        await node.speak(
          `${line}\r\nhost: localhost\r\nauthorization: Bearer ${node.token()}\r\nconnection: close\r\n\r\n`,
        ),
      ).toMatch(/^HTTP\/1\.1 404 /)
    for (const method of ['POST', 'PUT', 'DELETE']) expectError(await node.ask(method, '/log/checkpoint'), 404)
  })
})

describe('the key of the log', () => {
  let folder: Folder
  let dataDir: string
  beforeEach(async () => {
    folder = await makeFolder()
    dataDir = join(folder.path, 'data')
  })
  afterEach(() => folder[Symbol.asyncDispose]())

  const key = () => join(dataDir, 'keys', 'log.key')
  const refused = (wish = {}) => expect(startRecordNode(wish, { dataDir })).rejects

  test('is made once, for its owner only, and kept', async () => {
    let origin: string
    {
      await using first = await startRecordNode({ origin: 'north.parley/test/1' }, { dataDir })
      origin = first.node.record.log.origin
      expect(origin).toBe('north.parley/test/1')
    }
    const text = await readFile(key(), 'utf8')
    expect((await stat(key())).mode & 0o777).toBe(0o600)
    expect((await stat(join(dataDir, 'keys'))).mode & 0o777).toBe(0o700)
    for (const wish of [{}, { origin }]) {
      await using again = await startRecordNode(wish, { dataDir })
      expect(again.node.record.log.origin).toBe(origin)
    }
    expect(await readFile(key(), 'utf8')).toBe(text)
    await refused({ origin: 'south.parley/test/1' }).toThrow(
      /named north\.parley\/test\/1, and a log never changes its name/,
    )
    await refused({ origin: 'north.parley/test/2' }).toThrow(/never changes its name/)
  })

  test('that cannot be, that is gone, that is no key, that is another one, is said in one line and left alone', async () => {
    await refused({ origin: 'has space' }).toThrow(/--origin has space cannot name a log/)
    {
      await using first = await startRecordNode({}, { dataDir })
      await first.ask('POST', '/dss/v1/reports', { body: reportBody() })
    }
    const good = await readFile(key(), 'utf8')
    const vkey = await vkeyIn(dataDir, 'log')
    const { name } = parseVkey(vkey)
    const foreign = { name, type: 0x01, seed: Buffer.alloc(32, 1) } as const
    const wrong: [string, RegExp][] = [
      ['', /holds no signing key/],
      ['not a key\n', /holds no signing key/],
      [good.replace('PRIVATE+KEY+', 'PUBLIC+KEY+'), /holds no signing key/],
      [`${good}${good}`, /holds no signing key/],
      [`${formatSkey({ ...foreign, type: 0x04 })}\n`, /of type 4/],
      [`${formatSkey(foreign)}\n`, /is not the key that .*log\.vkey names/],
    ]
    for (const [text, message] of wrong) {
      await writeFile(key(), text)
      await refused().toThrow(message)
      expect(await readFile(key(), 'utf8')).toBe(text)
    }
    await rm(key())
    await refused().toThrow(/is gone, and what was signed with it/)
    // With every trace of the old key gone, the journal still knows whose it is; the new key does not stay in the way.
    await rm(join(dataDir, 'keys'), { recursive: true })
    await refused().toThrow(/log/)
    await mkdir(join(dataDir, 'keys'), { recursive: true })
    await writeFile(key(), good, { mode: 0o600 })
    await using back = await startRecordNode({}, { dataDir })
    expect((await back.status()).head).toBe(1)
    expect(await vkeyIn(dataDir, 'log')).toBe(vkey)
  })

  test('that may not be read', async ({ skip }) => {
    {
      await using first = await startRecordNode({}, { dataDir })
      expect(first.url).toMatch(/^http/)
    }
    if (process.getuid?.() === 0) {
      console.info('root may read everything: a key that may not be read is tested as a folder in its place')
      await rm(key())
      await mkdir(key())
      await refused().toThrow(/log\.key cannot be read/)
      return skip()
    }
    await chmod(key(), 0)
    await refused().toThrow(/log\.key cannot be read/)
  })

  test('a folder from before there was a log becomes one, and what it held is in it', async () => {
    const { openSqliteJournal } = await import('@parley/journal')
    {
      await using first = await startRecordNode({}, { dataDir })
      for (let i = 0; i < 5; i += 1) await first.ask('POST', '/dss/v1/reports', { body: reportBody() })
    }
    const entries: Uint8Array[] = []
    {
      await using journal = await openSqliteJournal({ dir: join(dataDir, 'journal'), kind: 'pool' })
      for await (const { bytes } of journal.read(0, journal.head())) entries.push(bytes.slice())
    }
    await rm(join(dataDir, 'journal'), { recursive: true })
    await rm(join(dataDir, 'keys'), { recursive: true })
    {
      await using old = await openSqliteJournal({ dir: join(dataDir, 'journal'), kind: 'pool' })
      await old.append(0, entries)
    }
    await using now = await startRecordNode({}, { dataDir })
    const vkey = parseVkey(await vkeyIn(dataDir, 'log'))
    expect(openCheckpoint((await bytesAt('checkpoint', now)).bytes, vkey).checkpoint.size).toBe(5)
    expect(decodeBundle((await bytesAt(bundlePath(0, 5), now)).bytes, 5)).toEqual(entries)
    await now.ask('POST', '/dss/v1/reports', { body: reportBody() })
    expect(openCheckpoint((await bytesAt('checkpoint', now)).bytes, vkey).checkpoint.size).toBe(6)
  })

  test('of another role or form is refused as a flag', async () => {
    const log = formatVkey(createSigner({ name: 'a.parley/b/1', type: 0x01, seed: Buffer.alloc(32, 2) }).key)
    const cosigner = formatVkey(createSigner({ name: 'w.example/x', type: 0x04, seed: Buffer.alloc(32, 3) }).key)
    await refused({ witnessFor: ['nothing'] }).toThrow(/--witness-for nothing/)
    await refused({ mirrorFor: [cosigner] }).toThrow(/this is the key of a cosigner/)
    await refused({ mirrorFor: [log, log] }).toThrow(/a log has one key/)
    await refused({ cosigners: [`${log}=http://x/witness`] }).toThrow(/this is the key of a log/)
    await refused({ cosigners: [cosigner] }).toThrow(/write VKEY=URL/)
    await refused({ cosigners: [`${cosigner}=ftp://x`] }).toThrow(/write VKEY=URL/)
    await refused({ cosigners: [`${cosigner}=http://x/?a=b`] }).toThrow(/no query/)
    await refused({ cosigners: [`${cosigner}=http://x`, `${cosigner}=http://y/mirror`] }).toThrow(/count for two/)
    await expect(stat(dataDir)).rejects.toThrow(/ENOENT/)
  })
})
