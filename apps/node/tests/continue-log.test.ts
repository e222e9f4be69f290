import { cp, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { openSqliteJournal } from '@parley/journal'
import { type Continuation, isSignedBy, parseVkey, readContinuation } from '@parley/record'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Folder, makeFolder, newId, reportBody, subscriptionBody, type TestNode } from './harness.ts'
import { originHash } from '../src/record/origin-hash.ts'
import { eventsOf, type Relay, startRecordNode, startRelay, vkeyIn } from './record-harness.ts'

let folder: Folder
let dataDir: string
let old: string
let peerDir: string
beforeEach(async () => {
  folder = await makeFolder()
  dataDir = join(folder.path, 'author')
  old = join(folder.path, 'old')
  peerDir = join(folder.path, 'peer')
})
afterEach(() => folder[Symbol.asyncDispose]())

const WAIT = { timeout: 60_000 }
/** Each of these starts a node some ten times. */
const LONG = { timeout: 240_000 }

async function write(node: TestNode, count: number): Promise<void> {
  for (let at = 0; at < count; at += 1)
    expect((await node.ask('POST', '/dss/v1/reports', { body: reportBody() })).status).toBe(201)
}

/** A folder with a log of so many reports: its key, and those of the next logs, as an operator gives them to who cosigns. */
async function founded(entries: number): Promise<{ readonly vkey: string; readonly keys: readonly string[] }> {
  await using author = await startRecordNode({ nextLogKeys: true }, { dataDir })
  await write(author, entries)
  const keys = await Promise.all(
    [2, 3, 4].map(async (number) => (await readFile(join(dataDir, 'keys', `log-${number}.vkey`), 'utf8')).trim()),
  )
  expect(author.log.join('\n')).toContain(keys[0])
  return { vkey: await vkeyIn(dataDir, 'log'), keys }
}

/** A witness and a mirror for these logs, in one node that keeps its folder, behind a relay each. */
interface Peers extends AsyncDisposable {
  readonly node: TestNode
  readonly witness: Relay
  readonly mirror: Relay
  /** Both, as flags. */
  readonly cosigners: string[]
}

async function startPeers(vkeys: readonly string[]): Promise<Peers> {
  const node = await startRecordNode({ witnessFor: vkeys, mirrorFor: vkeys }, { dataDir: peerDir })
  const [witness, mirror] = await Promise.all([startRelay(node.url), startRelay(node.url)])
  const cosigners = [
    `${await vkeyIn(peerDir, 'witness')}=${witness.url}/witness`,
    `${await vkeyIn(peerDir, 'mirror')}=${mirror.url}/mirror`,
  ]
  const dispose = async (): Promise<void> => {
    await witness[Symbol.asyncDispose]()
    await mirror[Symbol.asyncDispose]()
    await node.node.close()
  }
  return { node, witness, mirror, cosigners, [Symbol.asyncDispose]: dispose }
}

const sizesOf = (node: TestNode): (number | null)[] => node.node.record.status().cosigners.map(({ size }) => size)

/** The author with its cosigners, until they have cosigned all. */
async function grow(cosigners: readonly string[], count: number): Promise<void> {
  await using author = await startRecordNode({ cosigners }, { dataDir })
  await write(author, count)
  const { size } = author.node.record.status()
  await expect.poll(() => sizesOf(author), WAIT).toEqual(cosigners.map(() => size))
}

const start = (cosigners: readonly string[], more: Parameters<typeof startRecordNode>[0] = {}, dir = dataDir) =>
  startRecordNode({ cosigners, ...more }, { dataDir: dir })

/** How a log begins that continues another, and how many entries it has. */
async function begun(dir: string, number: number): Promise<{ continuation: Continuation; entries: number }> {
  const journal = await openSqliteJournal({ dir: join(dir, `journal-${number}`), kind: 'pool' })
  try {
    for await (const { bytes } of journal.read(0, 1))
      return { continuation: readContinuation(bytes), entries: journal.head() }
  } finally {
    await journal.close()
  }
  throw new Error('nothing is there')
}

const numberOf = (node: TestNode): number => Number(node.node.record.log.origin.split('/').at(-1))

describe('a log whose key is changed, on purpose', () => {
  test(
    'C1 C4: is begun on the disk first, and nothing is written under the new number before every cosigner has accepted',
    LONG,
    async () => {
      const { vkey, keys } = await founded(3)
      const id = newId()
      {
        await using peers = await startPeers([vkey])
        {
          await using author = await start(peers.cosigners)
          const put = await author.ask('PUT', `/dss/v1/subscriptions/${id}`, { body: subscriptionBody() })
          expect(put.status).toBe(200)
          await expect.poll(() => sizesOf(author), WAIT).toEqual([4, 4])
        }
        // Whoever cosigns does not know the next key yet: the log is begun, nothing of it counts, and the old one is not written either.
        await expect(start(peers.cosigners, { continueLog: 1 })).rejects.toThrow(
          /does not know the key of log 2.*compare this key.*Nothing is written before every cosigner has accepted/s,
        )
        expect(await begun(dataDir, 2)).toMatchObject({ entries: 1, continuation: { from: { size: 4 }, lost: [] } })
      }
      {
        await using peers = await startPeers([vkey, ...keys])
        // One accepts, one does not answer: still nothing is written.
        peers.mirror.rule = () => 'hang-up'
        await expect(start(peers.cosigners, { continueLog: 1 })).rejects.toThrow(/mirror.* has not accepted it/)
        expect((await begun(dataDir, 2)).entries).toBe(1)
        peers.mirror.rule = () => 'pass'
        {
          await using author = await start(peers.cosigners, { continueLog: 1 })
          expect([numberOf(author), author.node.record.status().size]).toEqual([2, 1])
          // The state goes on, and so do versions: what was there is there, and can be changed.
          const kept = await author.ask('GET', `/dss/v1/subscriptions/${id}`)
          expect(kept.status).toBe(200)
          await write(author, 2)
          expect(author.node.pool.journal.head()).toBe(6)
          await expect.poll(() => sizesOf(author), WAIT).toEqual([3, 3])
          // The log before is read on, by its number.
          const before = await author.ask('GET', '/log/1/checkpoint', { token: null })
          expect(before.text.split('\n').slice(0, 2)).toEqual([parseVkey(vkey).name, '4'])
          expect((await author.ask('GET', '/log/1/tile/entries/000.p/4')).status).toBe(200)
          expect((await author.ask('GET', '/log/9/checkpoint', { token: null })).status).toBe(404)
          expect(eventsOf(author, 'record.sealed')).toHaveLength(1)
        }
        // Said again, as by a service manager that starts the node anew: it is the same log.
        {
          await using again = await start(peers.cosigners, { continueLog: 1 })
          expect([numberOf(again), again.node.pool.journal.head()]).toEqual([2, 6])
          expect((await again.ask('GET', `/dss/v1/subscriptions/${id}`)).status).toBe(200)
          expect(eventsOf(again, 'record.sealed')).toEqual([])
        }
        await expect(start(peers.cosigners, { continueLog: 7 })).rejects.toThrow('is number 2, and only that one')
      }
      const { continuation } = await begun(dataDir, 2)
      expect([isSignedBy(continuation, parseVkey(vkey)), continuation.state?.length]).toEqual([true, 32])
      // The log before takes nothing any more, whoever opens it with its key.
      const skey = (await readFile(join(dataDir, 'keys', 'log.key'), 'utf8')).trim()
      const sealed = await openSqliteJournal({
        dir: join(dataDir, 'journal'),
        kind: 'pool',
        log: { origin: parseVkey(vkey).name, author: { kind: 'signer', skey } },
      })
      await expect(sealed.append(4, [new Uint8Array(1)])).rejects.toThrow(/closed and is continued by .*\/2/)
      await sealed.close()
    },
  )

  test(
    'C1: goes on twice, without anybody who cosigns, and after a crash that left a beginning half made',
    LONG,
    async () => {
      await founded(2)
      // C1: what a crash left of a beginning has no name yet, and nothing of it had left: the first log is written on.
      const begunBefore = join(dataDir, 'journal-2.begun')
      await cp(join(dataDir, 'journal'), begunBefore, { recursive: true })
      {
        await using author = await start([])
        expect([numberOf(author), author.node.pool.journal.head()]).toEqual([1, 2])
      }
      for (const number of [1, 2]) {
        await using author = await start([], { continueLog: number })
        await write(author, 2)
        expect(numberOf(author)).toBe(number + 1)
      }
      await using author = await start([])
      expect([numberOf(author), author.node.pool.journal.head()]).toEqual([3, 6])
      const [first] = (await author.ask('GET', '/log/2/checkpoint', { token: null })).text.split('\n')
      expect(first).toMatch(/\/2$/)
    },
  )
})

describe('an old copy of the folder', () => {
  test('C2: of before the handover is refused by who has seen that, and begins no number twice', LONG, async () => {
    const { vkey, keys } = await founded(3)
    await using peers = await startPeers([vkey, ...keys])
    await grow(peers.cosigners, 1)
    await cp(dataDir, old, { recursive: true })
    {
      await using author = await start(peers.cosigners, { continueLog: 1 })
      await write(author, 2)
      await expect.poll(() => sizesOf(author), WAIT).toEqual([3, 3])
    }
    await expect(start(peers.cosigners, {}, old)).rejects.toThrow(/was given up and goes on under number 2/)
    {
      // Started while nobody could be asked, it halts as soon as one shows it the continuation under its own key.
      peers.witness.rule = peers.mirror.rule = () => 'hang-up'
      await using late = await start(peers.cosigners, {}, old)
      await write(late, 1)
      peers.witness.rule = peers.mirror.rule = () => 'pass'
      await expect
        .poll(async () => (await late.ask('GET', '/healthy', { token: null })).status, { timeout: 60_000 })
        .toBe(503)
      expect(late.log.join('\n')).toMatch(/HALTED: .* shows that this log was given up and goes on as .*\/2/)
    }
    // A second log 2 cannot be begun where the first one is known, and 3 and 4 do not cover what stands in it.
    await expect(start(peers.cosigners, { continueLog: 1 }, old)).rejects.toThrow(/peers take no higher one/)
    const held = await peers.node.ask('GET', `/mirror/${originHash(parseVkey(keys[0] as string).name)}/checkpoint`)
    expect(held.text.split('\n')[1]).toBe('3')
  })

  test('C3 C5: what a peer holds more comes out when it refuses; the number after covers it', LONG, async () => {
    const { vkey, keys } = await founded(2)
    await cp(dataDir, old, { recursive: true })
    await using peers = await startPeers([vkey, ...keys])
    await grow(peers.cosigners, 3)
    // Nobody can be asked at first: so the old copy cites what it has.
    for (const relay of [peers.witness, peers.mirror])
      relay.rule = ({ path }) => {
        if (!path.endsWith('/continue-log')) return 'hang-up'
        relay.rule = () => 'pass'
        return 'pass'
      }
    {
      await using author = await start(peers.cosigners, { continueLog: 1 }, old)
      expect([numberOf(author), author.node.pool.journal.head()]).toEqual([3, 5])
      await write(author, 1)
      await expect.poll(() => sizesOf(author), WAIT).toEqual([2, 2])
    }
    expect((await begun(old, 2)).continuation.from.size).toBe(2)
    expect((await begun(old, 3)).continuation.from.size).toBe(5)
  })

  test(
    '#64 goes on under its number only when all who cosign were asked and the mirror has all that they have seen',
    LONG,
    async () => {
      const { vkey, keys } = await founded(2)
      await using peers = await startPeers([vkey, ...keys])
      await cp(dataDir, old, { recursive: true })
      await grow(peers.cosigners, 3)
      // The mirror has all five and gives them; the witness, which could have seen more, says nothing.
      peers.witness.rule = () => 'hang-up'
      await expect(start(peers.cosigners, {}, old)).rejects.toThrow(
        /has 2 entries.*its end is lost here; witness\S* says nothing and may have seen more still/,
      )
      expect((await begunOf(old)).size).toBe(2)
      peers.witness.rule = () => 'pass'
      const copy = join(folder.path, 'copy')
      await cp(old, copy, { recursive: true })
      {
        await using author = await start(peers.cosigners, {}, copy)
        expect([numberOf(author), author.node.pool.journal.head()]).toEqual([1, 5])
      }
      // A head that the mirror has not: of two more entries, that only the witness has seen.
      peers.mirror.rule = () => 'hang-up'
      {
        await using author = await start(peers.cosigners)
        await write(author, 2)
        await expect.poll(() => sizesOf(author)[0], WAIT).toBe(7)
      }
      peers.mirror.rule = () => 'pass'
      await expect(start(peers.cosigners, {}, old)).rejects.toThrow(
        /has 5 entries, and .* has seen 7: its end is lost here/,
      )
      await expect(start(peers.cosigners, { continueLog: 1 }, old)).rejects.toThrow(
        /has 5 entries here, heads of up to 7 were cosigned.*add --accept-loss/,
      )
      await using author = await start(peers.cosigners, { continueLog: 1, acceptLoss: true }, old)
      expect([numberOf(author), author.node.pool.journal.head()]).toEqual([2, 5])
      expect((await author.ask('GET', '/healthy', { token: null })).status).toBe(200)
      await author.node.close()
      const { continuation } = await begun(old, 2)
      expect(continuation.lost.map(({ size }) => size)).toEqual([7])
    },
  )

  test(
    'that was written on beside the first is another history: the next log goes on from what the mirror has',
    LONG,
    async () => {
      const { vkey, keys } = await founded(2)
      await using peers = await startPeers([vkey, ...keys])
      await cp(dataDir, old, { recursive: true })
      await grow(peers.cosigners, 3)
      {
        await using other = await start([], {}, old)
        await write(other, 4)
      }
      await expect(start(peers.cosigners, {}, old)).rejects.toThrow(/two histories exist.*--continue-log 1/)
      await using author = await start(peers.cosigners, { continueLog: 1 }, old)
      expect([numberOf(author), author.node.pool.journal.head()]).toEqual([2, 5])
      await write(author, 1)
      await expect.poll(() => sizesOf(author), WAIT).toEqual([2, 2])
    },
  )
})

test(
  'witness and mirror sign with new keys from a planned restart on, over the heads they have kept',
  LONG,
  async () => {
    const { vkey } = await founded(2)
    const peers = await startPeers([vkey])
    await grow(peers.cosigners, 1)
    await peers[Symbol.asyncDispose]()
    const names = peers.cosigners.map((spec) => spec.slice(0, spec.indexOf('+')))
    let keys: string[] = []
    for (const _ of [1, 2]) {
      await using node = await startRecordNode(
        { witnessFor: [vkey], mirrorFor: [vkey], retireKeys: names },
        { dataDir: peerDir },
      )
      const now = [await vkeyIn(peerDir, 'witness'), await vkeyIn(peerDir, 'mirror')]
      expect(now.some((key) => names.some((name) => key.startsWith(name)))).toBe(false)
      // Said again, it changes nothing.
      expect(keys.length === 0 || keys.join() === now.join()).toBe(true)
      keys = now
      await using author = await start([`${now[0]}=${node.url}/witness`, `${now[1]}=${node.url}/mirror`])
      await write(author, 1)
      const { size } = author.node.record.status()
      await expect.poll(() => sizesOf(author), WAIT).toEqual([size, size])
    }
    const kept = (await readdir(join(peerDir, 'keys'))).filter((name) => name.includes('retired'))
    expect(kept.filter((name) => name.endsWith('.vkey'))).toHaveLength(2)
  },
)

test('a log whose key is lost goes on, under the new key alone', LONG, async () => {
  const { vkey, keys } = await founded(3)
  await using peers = await startPeers([vkey, ...keys])
  await grow(peers.cosigners, 1)
  await rm(join(dataDir, 'keys', 'log.key'))
  await expect(start(peers.cosigners)).rejects.toThrow(/log\.key is gone.*--continue-log/)
  {
    await using author = await start(peers.cosigners, { continueLog: 1 })
    expect([numberOf(author), author.node.pool.journal.head()]).toEqual([2, 4])
    await write(author, 1)
    await expect.poll(() => sizesOf(author), WAIT).toEqual([2, 2])
  }
  expect(isSignedBy((await begun(dataDir, 2)).continuation, parseVkey(vkey))).toBe(false)
})

/** The first log of a folder as it stands on the disk. */
async function begunOf(dir: string): Promise<{ size: number }> {
  const journal = await openSqliteJournal({ dir: join(dir, 'journal'), kind: 'pool' })
  const size = journal.head()
  await journal.close()
  return { size }
}
