// A stock witness and mirror takes our log over the wire: sunlight, on loopback, both cosigners of ML-DSA-44 and the witness of Ed25519
// besides. Then uploads that must be refused.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import {
  bundlePath,
  decodeBundle,
  formatAddCheckpoint,
  formatAddEntries,
  formatCheckpoint,
  formatVkey,
  packageIntervals,
  parseVkey,
  proveConsistency,
  proveSubtree,
  readAddCheckpointAnswer,
  readAddEntriesAnswer,
  rootFromTiles,
  signCheckpoint,
} from '@parley/record'
import { folderReader, LOG } from './log.mjs'
import { goJudge } from './toolchain.mjs'
import { answering, ended, freePort } from './witness.mjs'

const WITNESS_NAME = 'sunlight.example/w'
const MIRROR_NAME = 'sunlight.example/m'
const NO_TICKET = new Uint8Array(0)

/** Starts sunlight as witness and mirror, below the path `prefix`, of the logs of `vkeys`. Answers {url, witnessKeys, mirrorKeys, data, stop} or {missing: why}. */
export async function startSunlight(vkeys, prefix = '') {
  const sunlight = goJudge('sunlight')
  const community = goJudge('community')
  for (const { missing } of [sunlight, community]) if (missing !== undefined) return { missing }
  const folder = mkdtempSync(join(tmpdir(), 'parley-mirror-'))
  const at = (name) => join(folder, name)
  let child = null
  const stop = async () => {
    if (child !== null) await ended(child)
    // Where it may, this program marks full tiles unchangeable, also for their owner.
    spawnSync('chattr', ['-R', '-f', '-i', folder], { stdio: 'ignore' })
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const made = spawnSync(community.path, ['lock', '-db', at('lock.db')], { encoding: 'utf8' })
    if (made.status !== 0) throw new Error(made.stderr.trim())
    writeFileSync(at('seed'), createHash('sha256').update('parley judges sunlight').digest())
    writeFileSync(at('roots'), '')
    writeFileSync(at('log.vkey'), vkeys[0])
    writeFileSync(at('logs'), `logs/v0\n${vkeys.map((vkey) => `vkey ${vkey}\n`).join('')}`)
    const port = await freePort()
    const config = {
      listen: [`127.0.0.1:${port}`],
      checkpoints: at('lock.db'),
      witness: {
        name: WITNESS_NAME,
        // Plain HTTP is served without certificates to be had; the name only chooses the route.
        submissionprefix: `https://127.0.0.1${prefix}`,
        monitoringprefix: 'https://127.0.0.1/monitoring',
        secret: at('seed'),
        localdirectory: at('data'),
        loglists: [at('logs')],
        mirrorname: MIRROR_NAME,
        mirrorloglists: [at('logs')],
      },
      // Without a certificate log of its own to sequence, this program ends as soon as it has started. Nothing is sent to this one.
      logs: [
        {
          shortname: 'unused',
          inception: new Date().toISOString().slice(0, 10),
          submissionprefix: 'https://unused.example',
          monitoringprefix: 'https://unused.example/monitoring',
          roots: at('roots'),
          secret: at('seed'),
          cache: at('cache.db'),
          localdirectory: at('unused'),
          notafterstart: '2026-01-01T00:00:00Z',
          notafterlimit: '2027-01-01T00:00:00Z',
        },
      ],
    }
    // JSON is YAML.
    writeFileSync(at('config.yaml'), JSON.stringify(config))
    let said = ''
    child = spawn(sunlight.path, ['-c', at('config.yaml')], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TZ: 'UTC' },
    })
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (part) => (said = `${said}${part}`.slice(-2000)))
    const url = `http://127.0.0.1:${port}${prefix}`
    try {
      await answering(url, child)
    } catch (error) {
      throw new Error(`${error.message}: ${said.trim().split('\n').at(-1)}`, { cause: error })
    }
    const keysAt = async (path) => (await (await fetch(`${url}${path}`)).json()).verifier_keys.map(parseVkey)
    const witnessKeys = await keysAt('/witness.v0.json')
    const mirrorKeys = await keysAt('/mirror/mirror.v0.json')
    return { url, witnessKeys, mirrorKeys, data: at('data'), log: () => said, stop }
  } catch (error) {
    await stop()
    return { missing: `could not be started: ${error.message}` }
  }
}

async function post(url, path, body) {
  const headers = path === 'add-entries' ? { 'content-type': 'application/octet-stream' } : {}
  const response = await fetch(`${url}/${path}`, { method: 'POST', headers, body })
  return {
    status: response.status,
    contentType: response.headers.get('content-type') ?? '',
    body: await response.text(),
  }
}

/** The packages of an upload, read from the folder; `alter` may change what they hold. */
async function packagesOf({ folder, reader, size }, start, end, alter = (content) => content) {
  const contents = []
  for (const [number, interval] of packageIntervals(start, end).entries()) {
    const index = Math.floor(interval.subtreeStart / 256)
    const width = Math.min(256, size - index * 256)
    const entries = decodeBundle(new Uint8Array(readFileSync(join(folder, bundlePath(index, width)))), width)
    const from = interval.start - interval.subtreeStart
    const proof = await proveSubtree(reader, { start: interval.subtreeStart, end: interval.end, size: end })
    contents.push(alter({ entries: entries.slice(from, from + interval.end - interval.start), proof }, number))
  }
  return contents
}

async function bodyOf(header, contents) {
  const parts = []
  for await (const part of formatAddEntries(header, contents)) parts.push(part)
  return Buffer.concat(parts)
}

/** Copies the files of a log, those that are stored compressed as a client would receive them. */
function unpack(from, to) {
  mkdirSync(to, { recursive: true })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const source = join(from, entry.name)
    const target = join(to, entry.name)
    if (entry.isDirectory()) {
      unpack(source, target)
      continue
    }
    const bytes = readFileSync(source)
    writeFileSync(target, bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes)
  }
}

const SIZES = [1, 256, 300, 4096, 12_500]

/** Lets the mirror take the log in `folder` as it grows, then uploads what is wrong. */
export async function judgeByMirror(folder, size) {
  const mirror = await startSunlight([formatVkey(LOG.key)])
  if (mirror.missing !== undefined) return { missing: mirror.missing }
  try {
    const reader = folderReader(folder, size)
    const log = { folder, reader, size }
    const findings = []
    let held = 0
    let receipts = 0
    let cosignatures = 0
    const headAt = async (at) => ({ origin: LOG.key.name, size: at, root: await rootFromTiles(reader, at) })
    const addCheckpoint = async (oldSize, head) => {
      const proof = await proveConsistency(reader, { from: oldSize, to: head.size })
      const answer = await post(
        mirror.url,
        'add-checkpoint',
        formatAddCheckpoint({ oldSize, proof, note: signCheckpoint(head, LOG) }),
      )
      const sent = { text: formatCheckpoint(head), size: head.size, cosigners: mirror.witnessKeys }
      return { answer, verdict: readAddCheckpointAnswer(answer, sent) }
    }
    const upload = async ({ start, end, ticket = NO_TICKET, alter }, head) => {
      const contents = await packagesOf(log, start, end, alter)
      const answer = await post(
        mirror.url,
        'add-entries',
        await bodyOf({ origin: LOG.key.name, start, end, ticket }, contents),
      )
      const sent = { text: formatCheckpoint(head), size: head.size, cosigners: mirror.mirrorKeys }
      return { answer, verdict: readAddEntriesAnswer(answer, sent) }
    }
    for (const at of SIZES) {
      const head = await headAt(at)
      const pending = await addCheckpoint(held, head)
      if (pending.verdict.kind !== 'cosigned') {
        findings.push(`head ${at}: ${pending.answer.status} ${pending.answer.body.trim().slice(0, 120)}`)
        break
      }
      cosignatures += pending.verdict.cosignatures.length
      let start = held
      let ticket = NO_TICKET
      for (let rounds = 0; ; rounds += 1) {
        const { answer, verdict } = await upload({ start, end: at, ticket }, head)
        if (verdict.kind === 'cosigned') {
          receipts += verdict.cosignatures.length
          break
        }
        if (verdict.kind !== 'resume' || rounds === 10) {
          findings.push(`entries ${start} to ${at}: ${answer.status} ${answer.body.trim().slice(0, 120)}`)
          break
        }
        start = verdict.info.nextEntry
        ticket = verdict.info.ticket
      }
      held = at
    }

    const head = await headAt(held)
    const next = await headAt(held + 700)
    const fresh = await upload({ start: held, end: held }, head)
    const pending = await addCheckpoint(held, next)
    if (pending.verdict.kind !== 'cosigned') findings.push(`head ${next.size}: ${pending.answer.status}`)
    const end = next.size
    const flipEntry = (number) => (content, i) =>
      i === number ? { ...content, entries: content.entries.with(0, content.entries[0].with(20, 0)) } : content
    const flipProof = (content) => ({
      ...content,
      proof: content.proof.with(0, content.proof[0].with(0, content.proof[0][0] ^ 1)),
    })
    const probes = [
      ['no entries, the same head: a fresh receipt', fresh, [200]],
      ['an entry changed in the first package', await upload({ start: held, end, alter: flipEntry(0) }, next), [422]],
      ['a proof changed in the first package', await upload({ start: held, end, alter: flipProof }, next), [422]],
      ['entries beyond what it was told', await upload({ start: held, end: end + 1 }, next), [409]],
      ['entries after a gap', await upload({ start: held + 300, end }, next), [409]],
      [
        'an entry changed in the second package: the first is kept',
        await upload({ start: held, end, alter: flipEntry(1) }, next),
        [202, 409, 422],
      ],
    ]
    const rest = await upload({ start: held, end }, next)
    probes.push(['the upload as it should be', rest, [200]])
    // What the mirror now serves of our log, before the judge that knows neither of us.
    const served = join(mirror.data, 'mirror', createHash('sha256').update(LOG.key.name).digest('hex'))
    const xmod = goJudge('xmod')
    const plain = join(mirror.data, '..', 'plain')
    unpack(served, plain)
    const judged = spawnSync(xmod.path, ['log', '-vkey', join(mirror.data, '..', 'log.vkey'), plain], {
      encoding: 'utf8',
    })
    if (judged.status !== 0) findings.push(`what the mirror serves: ${judged.stderr.trim()}`)
    return {
      version: 'sunlight v0.9.0',
      heads: SIZES.length + 1,
      entries: end,
      cosignatures,
      receipts,
      findings,
      answers: probes.map(([name, { answer, verdict }, expected]) => ({
        name,
        expected,
        status: answer.status,
        body: answer.body.trim().replaceAll('\n', ' ').slice(0, 60),
        ours: verdict.kind,
      })),
    }
  } finally {
    await mirror.stop()
  }
}
