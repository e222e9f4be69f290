// A stock witness cosigns our log over the wire: litewitness, on loopback, with its key in an ssh-agent of its own. Then the questions of
// tlog-witness one after another, and what our client makes of each answer.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createVerifierKey,
  encodeBase64,
  formatAddCheckpoint,
  formatCheckpoint,
  formatVkey,
  proveConsistency,
  readAddCheckpointAnswer,
  rootFromTiles,
  signCheckpoint,
  signNote,
} from '@parley/record'
import { folderReader, LOG, signerOf } from './log.mjs'
import { findProgram, goJudge } from './toolchain.mjs'

const START_LIMIT_MS = 20_000
const NAME = 'witness.example/live'

export const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })

/** Waits until something answers HTTP at the URL, whatever it says. */
export async function answering(url, child) {
  const deadline = Date.now() + START_LIMIT_MS
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}`)
    try {
      await fetch(url)
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  throw new Error(`nothing answers at ${url}`)
}

export const ended = (child) =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => {
        child.once('exit', resolve)
        child.kill('SIGTERM')
      })

function must(program, args, options = {}) {
  const run = spawnSync(program, args, { encoding: 'utf8', ...options })
  if (run.status !== 0) throw new Error(`${program} ${args[0]}: ${run.error?.message ?? run.stderr.trim()}`)
  return run.stdout
}

/** The 32 bytes at the end of an OpenSSH public key line of type ssh-ed25519. */
const rawPublicKey = (line) => new Uint8Array(Buffer.from(line.split(' ')[1], 'base64').subarray(-32))

/** Starts litewitness for the logs of `vkeys`. Answers {url, key, stop} or {missing: why}. */
export async function startLitewitness(vkeys) {
  for (const program of ['ssh-agent', 'ssh-add', 'ssh-keygen']) {
    if (findProgram(program) === null) return { missing: `no ${program} found (Debian package openssh-client)` }
  }
  const litewitness = goJudge('litewitness')
  const community = goJudge('community')
  for (const { missing } of [litewitness, community]) if (missing !== undefined) return { missing }

  const folder = mkdtempSync(join(tmpdir(), 'parley-witness-'))
  const children = []
  const stop = async () => {
    for (const child of children.toReversed()) await ended(child)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const at = (name) => join(folder, name)
    must('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'judge', '-f', at('key')])
    const agent = spawn('ssh-agent', ['-D', '-a', at('agent')], { stdio: 'ignore' })
    children.push(agent)
    const env = { ...process.env, SSH_AUTH_SOCK: at('agent') }
    for (let tries = 0; spawnSync('ssh-add', ['-q', at('key')], { env }).status !== 0; tries += 1) {
      if (tries === 100) throw new Error('the ssh-agent takes no key')
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    const fingerprint = must('ssh-keygen', ['-l', '-f', at('key.pub')]).split(' ')[1]
    const port = await freePort()
    const args = ['-db', at('db'), '-name', NAME, '-key', fingerprint, '-ssh-agent', at('agent')]
    const witness = spawn(litewitness.path, [...args, '-listen', `127.0.0.1:${port}`], { stdio: 'ignore' })
    children.push(witness)
    const url = `http://127.0.0.1:${port}`
    await answering(url, witness)
    for (const vkey of vkeys) {
      must(community.path, ['admit', '-db', at('db'), '-origin', vkey.slice(0, vkey.indexOf('+')), '-vkey', vkey])
    }
    const key = createVerifierKey(NAME, 0x04, rawPublicKey(readFileSync(at('key.pub'), 'utf8')))
    return { url, key, vkey: formatVkey(key), stop }
  } catch (error) {
    await stop()
    return { missing: `could not be started: ${error.message}` }
  }
}

async function post(url, body) {
  const response = await fetch(`${url}/add-checkpoint`, { method: 'POST', body })
  return {
    status: response.status,
    contentType: response.headers.get('content-type') ?? '',
    body: await response.text(),
  }
}

const SIZES = [1, 2, 255, 256, 257, 4096, 65_536, 65_537, 69_999]

/** Lets the witness cosign the log in `folder` as it grows, then asks what a broken or hostile log would ask. */
export async function judgeByWitness(folder, size) {
  const witness = await startLitewitness([formatVkey(LOG.key)])
  if (witness.missing !== undefined) return { missing: witness.missing }
  try {
    const reader = folderReader(folder, size)
    const headAt = async (at) => ({ origin: LOG.key.name, size: at, root: await rootFromTiles(reader, at) })
    const findings = []
    const latencies = []
    let last = 0
    const send = async (head, { oldSize = last, proof, note = signCheckpoint(head, LOG) } = {}) => {
      const hashes = proof ?? (await proveConsistency(reader, { from: oldSize, to: head.size }))
      return post(witness.url, formatAddCheckpoint({ oldSize, proof: hashes, note }))
    }
    for (const at of SIZES) {
      const head = await headAt(at)
      const started = performance.now()
      const answer = await send(head)
      latencies.push(performance.now() - started)
      const verdict = readAddCheckpointAnswer(answer, {
        text: formatCheckpoint(head),
        size: at,
        cosigners: [witness.key],
      })
      if (verdict.kind !== 'cosigned') findings.push(`size ${at}: ${answer.status} ${answer.body.trim()}`)
      last = at
    }

    const head = await headAt(size)
    const before = await headAt(last)
    const growth = await proveConsistency(reader, { from: last, to: size })
    const otherRoot = (of) => ({ ...of, root: of.root.with(0, of.root[0] ^ 1) })
    const raw = (text) => post(witness.url, text)
    const request = (old, hashes, note) =>
      `old ${old}\n${hashes.map((hash) => `${encodeBase64(hash)}\n`).join('')}\n${note}`
    const text = (bytes) => Buffer.from(bytes).toString('utf8')
    const note = signCheckpoint(head, LOG)
    const stranger = signerOf('stranger.parley/a/1', 0x01)
    const changed = (how) => signNote(how(formatCheckpoint(head)), [LOG])
    const probes = [
      [
        'unknown origin',
        404,
        () =>
          send(
            { ...head, origin: stranger.key.name },
            { oldSize: 0, proof: [], note: signCheckpoint({ ...head, origin: stranger.key.name }, stranger) },
          ),
      ],
      ['no signature of the log', 403, () => send(head, { note: signNote(formatCheckpoint(head), [stranger]) })],
      ['an old size above the new one', 400, () => raw(request(size + 1, [], text(note)))],
      ['an old size it did not cosign', 409, () => send(head, { oldSize: 256 })],
      ['first contact claimed again', 409, () => send(head, { oldSize: 0 })],
      ['same size, other root', 422, () => send(otherRoot(before), { proof: [] })],
      [
        'a growth that its proof does not show',
        422,
        () => send(head, { proof: growth.with(0, growth[0].with(0, growth[0][0] ^ 1)) }),
      ],
      ['another root with the good proof', 422, () => send(otherRoot(head))],
      ['a proof cut short', 422, () => send(head, { proof: growth.slice(1) })],
      [
        '64 hashes',
        400,
        () =>
          raw(
            request(
              last,
              Array.from({ length: 64 }, () => head.root),
              text(note),
            ),
          ),
      ],
      ['no empty line', 400, () => raw(text(note))],
      ['a body above 10 KiB', 400, () => raw(request(last, growth, `${text(note)}${'x'.repeat(11_000)}`))],
      [
        'a checkpoint with a leading zero in its size',
        400,
        () => send(head, { note: changed((of) => of.replace(`\n${size}\n`, `\n0${size}\n`)) }),
      ],
      ['the same head again', 200, () => send(before, { proof: [] })],
      ['old size with a leading zero', 400, () => raw(request(`0${last}`, growth, text(note)))],
      ['a replayed earlier head', 409, () => send(before, { oldSize: 65_537 })],
    ]
    const answers = []
    for (const [name, expected, ask] of probes) {
      const answer = await ask()
      const { kind } = readAddCheckpointAnswer(answer, {
        text: formatCheckpoint(name === 'the same head again' ? before : head),
        size,
        cosigners: [witness.key],
      })
      answers.push({ name, expected, status: answer.status, body: answer.body.trim().slice(0, 80), ours: kind })
    }
    return { version: 'torchwood v0.9.0', heads: SIZES.length, findings, answers, latencies }
  } finally {
    await witness.stop()
  }
}
