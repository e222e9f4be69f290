import { cp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  bundlePath,
  cosignCheckpoint,
  createSigner,
  decodeBundle,
  encodeBundle,
  formatCheckpoint,
  formatNote,
  formatSignatureLine,
  formatVkey,
  openCheckpoint,
  type OpenedCheckpoint,
  parseAddCheckpoint,
  parseCheckpoint,
  parseEvidence,
  parseNote,
  parseVkey,
  type Signer,
  signNote,
  verifyCosignerFork,
} from '@parley/record'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { expectError, type Folder, makeFolder, reportBody, shiftedClock, type TestNode } from './harness.ts'
import { originHash } from '../src/record/origin-hash.ts'
import { cosignerOf, evidenceIn, eventsOf, type Relay, startRecordNode, startRelay, vkeyIn } from './record-harness.ts'

let folder: Folder
let dataDir: string
beforeEach(async () => {
  folder = await makeFolder()
  dataDir = join(folder.path, 'author')
})
afterEach(() => folder[Symbol.asyncDispose]())

const WAIT = { timeout: 20_000 }

interface Cosigner {
  readonly name: string
  readonly state: string
  readonly size: number | null
  readonly lag: number
  readonly ageS: number | null
  readonly clockOffsetS: number | null
  readonly faults: number
  readonly audit: string
  readonly alarm: { readonly code: string; readonly message: string } | null
}

async function cosignersOf(node: TestNode): Promise<Cosigner[]> {
  const { json } = await node.ask('GET', '/parley/v1/status', { token: null })
  return (json as { log: { cosigners: Cosigner[] } }).log.cosigners
}

const statesOf = async (node: TestNode): Promise<[string, number | null][]> =>
  (await cosignersOf(node)).map(({ state, size }) => [state, size])

const alarmOf = async (node: TestNode): Promise<string | null> => (await cosignersOf(node))[0]?.alarm?.code ?? null

/** The alarm of a node that answers no more. */
const haltedBy = (node: TestNode): string | undefined => node.node.record.status().cosigners[0]?.alarm?.code

async function write(node: TestNode, count: number): Promise<void> {
  for (let at = 0; at < count; at += 10)
    await Promise.all(
      Array.from({ length: Math.min(10, count - at) }, async () =>
        expect((await node.ask('POST', '/dss/v1/reports', { body: reportBody() })).status).toBe(201),
      ),
    )
}

/** The checkpoint the node serves, held against its key and those of its cosigners. */
async function served(node: TestNode, cosigners: readonly string[] = []): Promise<OpenedCheckpoint> {
  const { text } = await node.ask('GET', '/log/checkpoint', { token: null })
  return openCheckpoint(
    Buffer.from(text),
    parseVkey(await vkeyIn(node.dataDir, 'log')),
    cosigners.map((vkey) => parseVkey(vkey)),
  )
}

/** Makes the author's folder with some entries, and gives its key. */
async function founded(entries: number): Promise<string> {
  await using author = await startRecordNode({}, { dataDir })
  await write(author, entries)
  return vkeyIn(dataDir, 'log')
}

/** A cosigner whose every answer can be chosen; unless told otherwise it believes all it is sent. */
interface Hollow {
  readonly vkey: string
  readonly signer: Signer
  readonly relay: Relay
  /** Signature line over the head in a request, at a time. */
  line(body: Buffer, timeS?: number): string
  readonly spec: string
}

async function hollowWitness(): Promise<Hollow & AsyncDisposable> {
  const relay = await startRelay('http://127.0.0.1:1')
  const signer = createSigner({ name: 'hollow.example/w', type: 0x04, seed: Buffer.alloc(32, 9) })
  const vkey = formatVkey(signer.key)
  const line = (body: Buffer, timeS = Math.floor(Date.now() / 1000)): string =>
    formatSignatureLine(cosignCheckpoint(parseNote(parseAddCheckpoint(body).note).text, signer, timeS))
  relay.rule = ({ method, body }) => (method === 'POST' ? { status: 200, body: line(body) } : { status: 404, body: '' })
  return {
    vkey,
    signer,
    relay,
    line,
    spec: `${vkey}=${relay.url}`,
    [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose](),
  }
}

describe('a log with a witness and a mirror', () => {
  test('has each new head cosigned by both, shows the lines on its checkpoint, and ages them by its own clock', async () => {
    const vkey = await founded(3)
    await using other = await startRecordNode({ witnessFor: [vkey], mirrorFor: [vkey] })
    const cosigners = [await cosignerOf(other, 'witness'), await cosignerOf(other, 'mirror')]
    const clock = shiftedClock()
    await using author = await startRecordNode({ cosigners }, { dataDir, clock })
    await expect
      .poll(() => statesOf(author), WAIT)
      .toEqual([
        ['current', 3],
        ['current', 3],
      ])
    await write(author, 600)
    const body = reportBody()
    const long = { ...body, exchange: { ...body.exchange, response_body: 'x'.repeat(100_000) } }
    expect((await author.ask('POST', '/dss/v1/reports', { body: long })).status).toBe(201)
    await expect
      .poll(() => statesOf(author), WAIT)
      .toEqual([
        ['current', 604],
        ['current', 604],
      ])
    const keys = await Promise.all((['witness', 'mirror'] as const).map((role) => vkeyIn(other.dataDir, role)))
    const { checkpoint, cosignatures } = await served(author, keys)
    expect([checkpoint.size, cosignatures.length]).toEqual([604, 2])
    expect((await cosignersOf(author))[1]).toMatchObject({
      lag: 0,
      faults: 0,
      audit: 'passed',
      alarm: null,
      clockOffsetS: 0,
    })
    // #69 What the clock shows has nothing to do with how old a receipt is.
    const [before] = await cosignersOf(author)
    clock.shiftMs = 3_600_000
    const [after] = await cosignersOf(author)
    expect((after?.ageS ?? 0) - (before?.ageS ?? 0)).toBeLessThan(60)
    // A heartbeat brings a fresh time for the same head.
    clock.shiftMs = 0
    await expect
      .poll(
        async () =>
          (await served(author, keys)).cosignatures.every(
            ({ timestampS }, i) => timestampS > (cosignatures[i]?.timestampS ?? 0),
          ),
        WAIT,
      )
      .toBe(true)
    expect(eventsOf(author, 'record.cosigner').length).toBeGreaterThan(0)
  })

  test('#69 #18 a cosigner whose clock is an hour ahead counts, and is flagged until its clock is right', async () => {
    const vkey = await founded(1)
    const clock = shiftedClock()
    clock.shiftMs = 3_600_000
    await using other = await startRecordNode({ witnessFor: [vkey] }, { clock })
    await using author = await startRecordNode({ cosigners: [await cosignerOf(other, 'witness')] }, { dataDir })
    await expect.poll(() => alarmOf(author), WAIT).toBe('clock')
    const [cosigner] = await cosignersOf(author)
    expect(cosigner?.size).toBe(1)
    expect(Math.abs((cosigner?.clockOffsetS ?? 0) - 3_600)).toBeLessThan(5)
    expect((await served(author, [await vkeyIn(other.dataDir, 'witness')])).cosignatures).toHaveLength(1)
  })

  test('#59 an answer lost between the mirror and the log: asked again it gives the same, and nothing is stored twice', async () => {
    const vkey = await founded(5)
    await using other = await startRecordNode({ mirrorFor: [vkey] })
    await using relay = await startRelay(other.url)
    let lost = 0
    relay.rule = ({ path, method }) => {
      if (method !== 'POST' || !path.endsWith('add-entries') || lost >= 2) return 'pass'
      lost += 1
      return 'lose-answer'
    }
    const cosigner = `${await vkeyIn(other.dataDir, 'mirror')}=${relay.url}/mirror`
    await using author = await startRecordNode({ cosigners: [cosigner] }, { dataDir })
    await expect.poll(() => statesOf(author), WAIT).toEqual([['current', 5]])
    expect(lost).toBe(2)
  })

  test('#60 a receipt that never reached the disk: the head is shown as not cosigned, and asked for again', async () => {
    const vkey = await founded(4)
    const without = join(folder.path, 'without')
    await cp(dataDir, without, { recursive: true })
    await using other = await startRecordNode({ witnessFor: [vkey], mirrorFor: [vkey] })
    const cosigners = [await cosignerOf(other, 'witness'), await cosignerOf(other, 'mirror')]
    {
      await using author = await startRecordNode({ cosigners }, { dataDir })
      await expect
        .poll(() => statesOf(author), WAIT)
        .toEqual([
          ['current', 4],
          ['current', 4],
        ])
    }
    await using again = await startRecordNode({ cosigners }, { dataDir: without })
    expect(eventsOf(again, 'record.start')[0]).toMatchObject({ size: 4, standing: 'signing' })
    await expect
      .poll(() => statesOf(again), WAIT)
      .toEqual([
        ['current', 4],
        ['current', 4],
      ])
  })

  test('a cosigner that was away is caught up with in one go', async () => {
    const vkey = await founded(1)
    await using other = await startRecordNode({ witnessFor: [vkey], mirrorFor: [vkey] })
    await using relay = await startRelay(other.url)
    relay.rule = () => 'hang-up'
    const cosigner = `${await vkeyIn(other.dataDir, 'mirror')}=${relay.url}/mirror`
    await using author = await startRecordNode({ cosigners: [cosigner] }, { dataDir })
    expect(author.log.join('\n')).toContain('WARNING: no cosigner answers')
    await write(author, 700)
    expect(await statesOf(author)).toEqual([['waiting', null]])
    relay.rule = () => 'pass'
    relay.seen.length = 0
    await expect.poll(() => statesOf(author), { timeout: 40_000 }).toEqual([['current', 701]])
    expect(relay.seen.filter((line) => line.endsWith('add-checkpoint')).length).toBeLessThan(4)
  })
})

test('a mirror that was set up anew gets everything again', async () => {
  const vkey = await founded(300)
  const mirrorDir = join(folder.path, 'mirror')
  await using relay = await startRelay('http://127.0.0.1:1')
  let spec: string
  {
    await using before = await startRecordNode({ mirrorFor: [vkey] }, { dataDir: mirrorDir })
    expect(before.node.record.mirror).not.toBeNull()
    spec = `${await vkeyIn(mirrorDir, 'mirror')}=${relay.url}/mirror`
  }
  const fresh = join(folder.path, 'fresh')
  await cp(mirrorDir, fresh, { recursive: true })
  const first = await startRecordNode({ mirrorFor: [vkey] }, { dataDir: mirrorDir })
  relay.target = first.url
  await using author = await startRecordNode({ cosigners: [spec] }, { dataDir })
  await expect.poll(() => statesOf(author), WAIT).toEqual([['current', 300]])
  await first[Symbol.asyncDispose]()
  await using second = await startRecordNode({ mirrorFor: [vkey] }, { dataDir: fresh })
  relay.target = second.url
  await expect
    .poll(
      async () =>
        (await second.ask('GET', `/mirror/${originHash(author.node.record.log.origin)}/checkpoint`, { token: null }))
          .status,
      WAIT,
    )
    .toBe(200)
  await expect.poll(() => statesOf(author), WAIT).toEqual([['current', 300]])
})

describe('#52 a cosigner that lies', () => {
  test('a forged size far beyond ours is not believed: an alarm, and the log goes on', async () => {
    await founded(2)
    await using hollow = await hollowWitness()
    await using author = await startRecordNode({ cosigners: [hollow.spec] }, { dataDir })
    await expect.poll(() => statesOf(author), WAIT).toEqual([['current', 2]])
    hollow.relay.rule = ({ method }) =>
      method === 'POST'
        ? { status: 409, type: 'text/x.tlog.size', body: '9007199254740991\n' }
        : { status: 404, body: '' }
    await expect.poll(() => alarmOf(author), WAIT).toBe('claims-more')
    await write(author, 2)
    expect((await author.status()).head).toBe(4)
    // And once it tells the truth again, that was it.
    hollow.relay.rule = ({ method, body }) =>
      method === 'POST' ? { status: 200, body: hollow.line(body) } : { status: 404, body: '' }
    await expect.poll(() => statesOf(author), { timeout: 40_000 }).toEqual([['current', 4]])
  })

  test('at the start a bare larger size stops the node, with both ways out', async () => {
    await founded(2)
    await using hollow = await hollowWitness()
    hollow.relay.rule = ({ method }) =>
      method === 'POST' ? { status: 409, type: 'text/x.tlog.size', body: '7\n' } : { status: 404, body: '' }
    await expect(startRecordNode({ cosigners: [hollow.spec] }, { dataDir })).rejects.toThrow(
      /has 2 entries, and hollow\.example\/w claims to have seen 7 .*log\.continue.*without that --cosigner/,
    )
    await using author = await startRecordNode({}, { dataDir })
    expect((await author.status()).head).toBe(2)
  })

  test.each([
    ['a conflict without a size', { status: 409, body: '' }],
    ['a head refused', { status: 422, body: 'no' }],
  ])('%s is suspicion of a fork: kept as evidence, no more is pushed, an alarm that stays', async (_name, answer) => {
    await founded(2)
    await using hollow = await hollowWitness()
    await using author = await startRecordNode({ cosigners: [hollow.spec] }, { dataDir })
    await expect.poll(() => statesOf(author), WAIT).toEqual([['current', 2]])
    hollow.relay.rule = ({ method }) => (method === 'POST' ? answer : { status: 404, body: '' })
    await expect.poll(() => alarmOf(author), WAIT).toBe('fork-suspected')
    expect(await evidenceIn(dataDir)).toEqual([
      expect.objectContaining({
        kind: 'cosigner-answer',
        by: 'hollow.example/w',
        answer: expect.objectContaining(answer),
      }),
    ])
    const asked = hollow.relay.seen.length
    await write(author, 3)
    await new Promise((done) => setTimeout(done, 700))
    expect([hollow.relay.seen.length, await alarmOf(author)]).toEqual([asked, 'fork-suspected'])
    expect(eventsOf(author, 'record.cosigner.alarm')).toHaveLength(1)
  })

  test('a cosignature for another head is refused, kept, alarmed about, and never shown', async () => {
    await founded(2)
    await using hollow = await hollowWitness()
    await using author = await startRecordNode({ cosigners: [hollow.spec] }, { dataDir })
    await expect.poll(() => statesOf(author), WAIT).toEqual([['current', 2]])
    const other = createSigner({ name: 'hollow.example/w', type: 0x04, seed: Buffer.alloc(32, 9) })
    hollow.relay.rule = ({ method, body }) => {
      if (method !== 'POST') return { status: 404, body: '' }
      const head = parseCheckpoint(parseNote(parseAddCheckpoint(body).note).text)
      const text = formatCheckpoint({ ...head, size: head.size + 1 })
      return { status: 200, body: formatSignatureLine(cosignCheckpoint(text, other, Math.floor(Date.now() / 1000))) }
    }
    await write(author, 1)
    await expect.poll(() => alarmOf(author), WAIT).toBe('cosignature-invalid')
    expect((await evidenceIn(dataDir)).map(({ kind }) => kind)).toEqual(['cosigner-answer'])
    const { checkpoint, cosignatures } = await served(author, [hollow.vkey])
    expect([checkpoint.size, cosignatures.length]).toEqual([3, 0])
  })

  test('#79 one that vouches for a second history leaves a file by which anyone sees that it did', async () => {
    await founded(2)
    await using hollow = await hollowWitness()
    await using author = await startRecordNode({ cosigners: [hollow.spec] }, { dataDir })
    await expect.poll(() => statesOf(author), WAIT).toEqual([['current', 2]])
    const { name: origin } = parseVkey(await vkeyIn(dataDir, 'log'))
    const text = formatCheckpoint({ origin, size: 2, root: new Uint8Array(32).fill(5) })
    const line = cosignCheckpoint(text, hollow.signer, 1_800_000_000)
    // The log never signed this head: whoever vouches for it is at fault all the more.
    const stranger = createSigner({ name: 'stranger.example/l', type: 0x01, seed: Buffer.alloc(32, 8) })
    const signatures = [...parseNote(signNote(text, [stranger])).signatures, line]
    hollow.relay.rule = ({ method }) =>
      method === 'POST'
        ? { status: 409, type: 'text/x.tlog.size', body: '9007199254740991\n' }
        : { status: 200, body: Buffer.from(formatNote({ text, signatures })).toString() }
    const forks = async (): Promise<unknown[]> =>
      (await evidenceIn(dataDir)).filter(({ kind }) => kind === 'cosigner-fork')
    await expect.poll(forks, WAIT).toEqual([expect.objectContaining({ origin, by: hollow.signer.key.name })])
    const [told] = eventsOf(author, 'record.evidence')
    const evidence = parseEvidence(await readFile(String(told?.['evidence'])))
    if (evidence.kind !== 'cosigner-fork') return expect.unreachable()
    expect(verifyCosignerFork(evidence, hollow.signer.key)).toMatchObject({
      origin,
      heads: [{ size: 2 }, { size: 2 }],
      timesS: [expect.any(Number), 1_800_000_000],
    })
    // Nothing was signed by the log itself: it goes on.
    await write(author, 1)
    expect((await author.status()).head).toBe(3)
  })

  test.each([
    ['no line at all', () => ''],
    ['the line of a stranger', (body: Buffer) => strangerLine(body)],
    ['noise', () => '\u0000\u0001'],
    ['a page', () => '<html>'.repeat(100)],
    ['more than is read', () => 'x'.repeat(200_000)],
  ])('200 with %s is no cosignature', async (_name, answer) => {
    await founded(1)
    await using hollow = await hollowWitness()
    hollow.relay.rule = ({ method, body }) =>
      method === 'POST' ? { status: 200, body: answer(body) } : { status: 404, body: '' }
    await using author = await startRecordNode({ cosigners: [hollow.spec] }, { dataDir })
    await expect.poll(() => eventsOf(author, 'record.cosigner.retry').length, WAIT).toBeGreaterThan(0)
    expect((await cosignersOf(author))[0]).toMatchObject({ size: null, lag: 1 })
    expect((await served(author)).note.signatures).toHaveLength(1)
  })

  test('#18 a time of 0 and one that goes back are refused; the earlier one stays', async () => {
    await founded(2)
    await using hollow = await hollowWitness()
    await using author = await startRecordNode({ cosigners: [hollow.spec] }, { dataDir })
    await expect.poll(() => statesOf(author), WAIT).toEqual([['current', 2]])
    hollow.relay.rule = ({ method, body }) =>
      method === 'POST'
        ? { status: 200, body: hollow.line(body, Math.floor(Date.now() / 1000) - 600) }
        : { status: 404, body: '' }
    await write(author, 1)
    await expect.poll(() => alarmOf(author), WAIT).toBe('time-fault')
    expect(eventsOf(author, 'record.time.fault').length).toBeGreaterThan(0)
    expect((await served(author, [hollow.vkey])).cosignatures).toEqual([])
    hollow.relay.rule = ({ method, body }) => {
      if (method !== 'POST') return { status: 404, body: '' }
      // The time stands in front of the signature.
      const [, name, blob] = hollow.line(body).trim().split(' ') as [string, string, string]
      const bytes = Buffer.from(blob, 'base64')
      bytes.fill(0, 4, 12)
      return { status: 200, body: `\u2014 ${name} ${bytes.toString('base64')}\n` }
    }
    await expect.poll(() => alarmOf(author), { timeout: 40_000 }).toBe('cosignature-invalid')
    expect((await served(author, [hollow.vkey])).cosignatures).toEqual([])
  })
})

const strangerLine = (body: Buffer): string =>
  formatSignatureLine(
    cosignCheckpoint(
      parseNote(parseAddCheckpoint(body).note).text,
      createSigner({ name: 'stranger.example/w', type: 0x04, seed: Buffer.alloc(32, 8) }),
      1,
    ),
  )

test('#56 a mirror that vouches for entries and does not show them is flagged, its receipts stand as unaudited', async () => {
  const vkey = await founded(5)
  await using other = await startRecordNode({ mirrorFor: [vkey] })
  await using relay = await startRelay(other.url)
  relay.rule = ({ path }) => (path.includes('/tile/') ? { status: 404, body: '' } : 'pass')
  const cosigner = `${await vkeyIn(other.dataDir, 'mirror')}=${relay.url}/mirror`
  await using author = await startRecordNode({ cosigners: [cosigner] }, { dataDir })
  await expect.poll(async () => (await cosignersOf(author))[0]?.audit, WAIT).toBe('failed')
  expect(await cosignersOf(author)).toMatchObject([{ size: 5, alarm: { code: 'mirror-fault' }, state: 'alarm' }])
})

describe('#64 a log that lost its end', () => {
  test.each([
    ['one entry', 149],
    ['a hundred', 50],
    ['all of them', 0],
  ])('%s: it comes back from the mirror as it was signed, and nothing is signed before', async (_name, kept) => {
    const vkey = await founded(0)
    await using other = await startRecordNode({ witnessFor: [vkey], mirrorFor: [vkey] })
    const cosigners = [await cosignerOf(other, 'witness'), await cosignerOf(other, 'mirror')]
    const old = join(folder.path, 'old')
    {
      await using author = await startRecordNode({ cosigners }, { dataDir })
      await write(author, kept)
    }
    await cp(dataDir, old, { recursive: true })
    if (kept === 0) await rm(join(old, 'journal'), { recursive: true })
    let signed: string
    {
      await using author = await startRecordNode({ cosigners }, { dataDir })
      await write(author, 149 - kept)
      const body = reportBody()
      const long = { ...body, exchange: { ...body.exchange, response_body: 'x'.repeat(100_000) } }
      expect((await author.ask('POST', '/dss/v1/reports', { body: long })).status).toBe(201)
      await expect
        .poll(() => statesOf(author), WAIT)
        .toEqual([
          ['current', 150],
          ['current', 150],
        ])
      signed = (await author.ask('GET', '/log/checkpoint', { token: null })).text
    }
    await using back = await startRecordNode({ cosigners }, { dataDir: old })
    expect(eventsOf(back, 'record.recovered')).toMatchObject([{ from: kept, to: 150 }])
    expect((await back.status()).head).toBe(150)
    const { text } = await back.ask('GET', '/log/checkpoint', { token: null })
    // Text and the log's own signature, byte for byte; the cosignatures are given afresh.
    expect(text.split('\n').slice(0, 5)).toEqual(signed.split('\n').slice(0, 5))
    await write(back, 1)
    await expect
      .poll(() => statesOf(back), WAIT)
      .toEqual([
        ['current', 151],
        ['current', 151],
      ])
    expect(await evidenceIn(other.dataDir)).toEqual([])
  })
})

test('#43 #44 a mirror that gives entries back altered, cut or swapped: none is taken, and the node starts only from an honest one', async () => {
  const vkey = await founded(0)
  await using other = await startRecordNode({ mirrorFor: [vkey] })
  await using relay = await startRelay(other.url)
  const mirror = await vkeyIn(other.dataDir, 'mirror')
  const old = join(folder.path, 'old')
  await cp(dataDir, old, { recursive: true })
  const path = `/mirror/${originHash(parseVkey(vkey).name)}/${bundlePath(0, 20)}`
  let bundle: Uint8Array
  {
    await using author = await startRecordNode({ cosigners: [`${mirror}=${other.url}/mirror`] }, { dataDir })
    await write(author, 20)
    await expect.poll(() => statesOf(author), WAIT).toEqual([['current', 20]])
    bundle = new Uint8Array(await (await fetch(`${other.url}${path}`)).arrayBuffer())
  }
  const entries = decodeBundle(bundle, 20)
  const bent = (entry: Uint8Array): Uint8Array => Uint8Array.from(entry, (byte, i) => (i === 40 ? byte ^ 1 : byte))
  const wrong: Uint8Array[] = [
    encodeBundle(entries.map((entry, i) => (i === 7 ? bent(entry) : entry))),
    encodeBundle([...entries.slice(0, 3), ...entries.slice(4, 5), ...entries.slice(3, 4), ...entries.slice(5)]),
    encodeBundle(entries.slice(0, 19)),
    bundle.slice(0, -1),
    Buffer.concat([bundle, Buffer.from([0])]),
  ]
  const cosigners = [`${mirror}=${relay.url}/mirror`]
  for (const body of wrong) {
    relay.rule = (request) => (request.path === path ? { status: 200, type: 'application/octet-stream', body } : 'pass')
    await expect(startRecordNode({ cosigners }, { dataDir: old })).rejects.toThrow(
      /has 0 entries, and mirror\.parley\/\w+ has seen 20/,
    )
  }
  relay.rule = () => 'pass'
  await using back = await startRecordNode({ cosigners }, { dataDir: old })
  expect((await back.status()).head).toBe(20)
})

describe('#65 a lost end that nobody can give back', () => {
  test('only a witness answers: the node does not start, says what to do, and signs nothing', async () => {
    const vkey = await founded(5)
    await using other = await startRecordNode({ witnessFor: [vkey] })
    const cosigners = [await cosignerOf(other, 'witness')]
    const old = join(folder.path, 'old')
    await cp(dataDir, old, { recursive: true })
    {
      await using author = await startRecordNode({ cosigners }, { dataDir })
      await write(author, 5)
      await expect.poll(() => statesOf(author), WAIT).toEqual([['current', 10]])
    }
    const refused = startRecordNode({ cosigners }, { dataDir: old })
    await expect(refused).rejects.toThrow(
      /has 5 entries, and witness\.parley\/\w+ has seen 10: its end is lost.*log\.continue.*Nothing was signed/,
    )
    await using whole = await startRecordNode({ cosigners }, { dataDir })
    await expect.poll(() => statesOf(whole), WAIT).toEqual([['current', 10]])
  })

  test('nobody answers: --require-cosigner does not start; else it starts with a warning, and halts once one shows more', async () => {
    const vkey = await founded(5)
    await using other = await startRecordNode({ witnessFor: [vkey] })
    await using relay = await startRelay(other.url)
    const cosigners = [`${await vkeyIn(other.dataDir, 'witness')}=${relay.url}/witness`]
    const old = join(folder.path, 'old')
    await cp(dataDir, old, { recursive: true })
    {
      await using author = await startRecordNode({ cosigners }, { dataDir })
      await write(author, 5)
      await expect.poll(() => statesOf(author), WAIT).toEqual([['current', 10]])
    }
    relay.rule = () => 'hang-up'
    await expect(startRecordNode({ cosigners, requireCosigner: true }, { dataDir: old })).rejects.toThrow(
      /none of the 1 cosigners answers/,
    )
    await using alone = await startRecordNode({ cosigners }, { dataDir: old })
    expect(alone.log.join('\n')).toContain('WARNING: no cosigner answers')
    await write(alone, 1)
    relay.rule = () => 'pass'
    await expect
      .poll(async () => (await alone.ask('GET', '/healthy', { token: null })).status, { timeout: 40_000 })
      .toBe(503)
    expectError(await alone.ask('POST', '/dss/v1/reports', { body: reportBody() }), 503, 'HALTED')
    await expect.poll(() => eventsOf(alone, 'record.halt').length, WAIT).toBe(1)
    expect(haltedBy(alone)).toMatch(/^(behind|forked)$/)
    expect(alone.log.join('\n')).toMatch(/HALTED: .* entries were lost here, or a second node signs with its key/)
    expect((await evidenceIn(old)).map(({ kind }) => String(kind)).join()).toMatch(/log-(fork|ahead)/)
  })
})

describe('#66 two nodes with one key', () => {
  test('on one folder: the second does not start', async () => {
    await using first = await startRecordNode({}, { dataDir })
    await expect(startRecordNode({}, { dataDir })).rejects.toThrow(/in use|held|lock/i)
    expect((await first.ask('GET', '/healthy', { token: null })).status).toBe(200)
  })

  test('on two copies: the one whose head comes second is refused, halts with the two heads as evidence, and does not start again', async () => {
    const vkey = await founded(3)
    const copy = join(folder.path, 'copy')
    await cp(dataDir, copy, { recursive: true })
    await using other = await startRecordNode({ witnessFor: [vkey] })
    const cosigners = [await cosignerOf(other, 'witness')]
    {
      // Without heartbeats: one of them would tell the second node before it has written anything.
      await using one = await startRecordNode({ cosigners, heartbeatMs: 60_000 }, { dataDir })
      await using two = await startRecordNode({ cosigners, heartbeatMs: 60_000 }, { dataDir: copy })
      await expect.poll(() => statesOf(one), WAIT).toEqual([['current', 3]])
      await expect.poll(() => statesOf(two), WAIT).toEqual([['current', 3]])
      await write(one, 1)
      await expect.poll(() => statesOf(one), WAIT).toEqual([['current', 4]])
      await two.ask('POST', '/dss/v1/reports', {
        body: { ...reportBody(), exchange: { ...reportBody().exchange, problem: 'another' } },
      })
      await expect.poll(async () => (await two.ask('GET', '/healthy', { token: null })).status, WAIT).toBe(503)
      await expect.poll(() => haltedBy(two), WAIT).toBe('forked')
      await expect.poll(() => eventsOf(two, 'record.halt').length, WAIT).toBe(1)
      const [fork] = (await evidenceIn(copy)).filter(({ kind }) => kind === 'log-fork')
      const heads = ((fork?.['notes'] ?? []) as string[]).map(
        (note) => openCheckpoint(Buffer.from(note), parseVkey(vkey)).checkpoint,
      )
      expect(heads.map(({ size }) => size)).toEqual([4, 4])
      expect(heads[0]?.root).not.toEqual(heads[1]?.root)
      expect((await evidenceIn(other.dataDir)).map(({ kind }) => kind)).toEqual(['log-fork'])
      expect((await one.ask('GET', '/healthy', { token: null })).status).toBe(200)
    }
    await expect(startRecordNode({ cosigners }, { dataDir: copy })).rejects.toThrow(
      /two histories exist|another node may sign/,
    )
    expect((await readFile(join(copy, 'keys', 'log.vkey'), 'utf8')).trim()).toBe(vkey)
  })
})
