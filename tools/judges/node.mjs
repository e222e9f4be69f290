// A started node, its log read over HTTP by foreign checkers and cosigned by foreign cosigners through the node's own --cosigner.
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatVkey, openCheckpoint, parseVkey } from '@parley/record'
import { startSunlight } from './mirror.mjs'
import { openPipe, questionOf } from './pipe.mjs'
import { goJudge } from './toolchain.mjs'
import { answering, ended, freePort, startLitewitness } from './witness.mjs'

const NODE = join(import.meta.dirname, '../../apps/node/bin/parley-node.js')
const ENTRIES = 600
const COSIGNED_WITHIN_MS = 30_000
const CHECK_LIMIT_MS = 60_000

async function startNode(data, port, flags) {
  const args = [
    NODE,
    '--port',
    String(port),
    '--data',
    data,
    '--issuer',
    '--scenario',
    'none',
    '--public-log',
    ...flags,
  ]
  let said = ''
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (said = `${said}${part}`.slice(-3000)))
  const url = `http://127.0.0.1:${port}`
  try {
    await answering(`${url}/log/vkey`, child)
  } catch (error) {
    await ended(child)
    throw new Error(`the node ${error.message}: ${said.trim().split('\n').at(-1)}`, { cause: error })
  }
  return { url, child, said: () => said }
}

/** Reports of a supplier, each an entry of the pool's log. */
async function writeEntries(url, count) {
  const query = new URLSearchParams({
    sub: 'judge',
    intended_audience: '127.0.0.1',
    scope: 'utm.strategic_coordination',
  })
  const token = (await (await fetch(`${url}/token?${query}`)).json()).access_token
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const start = Date.now() + 3_600_000
  const time = (ms) => ({ value: new Date(ms).toISOString(), format: 'RFC3339' })
  for (let i = 0; i < count; i += 1) {
    const lat = 46 + (i % 100) / 100
    const lng = 7 + Math.floor(i / 100) / 10
    const body = {
      extents: {
        volume: {
          outline_circle: { center: { lat, lng }, radius: { value: 100, units: 'M' } },
          altitude_lower: { value: 500, reference: 'W84', units: 'M' },
          altitude_upper: { value: 600, reference: 'W84', units: 'M' },
        },
        time_start: time(start),
        time_end: time(start + 3_600_000),
      },
      uss_base_url: 'https://judge.example/uss',
      notify_for_operational_intents: true,
      notify_for_constraints: false,
    }
    const answer = await fetch(`${url}/dss/v1/subscriptions/${randomUUID()}`, {
      method: 'PUT',
      headers,
      body: JSON.stringify(body),
    })
    if (answer.status !== 200 && answer.status !== 201)
      throw new Error(`a subscription was refused: ${answer.status} ${await answer.text()}`)
  }
}

/** Foreign verdicts on a running node's log. */
export async function judgeNode() {
  const missing = []
  const findings = []
  const facts = []
  const data = mkdtempSync(join(tmpdir(), 'parley-node-judged-'))
  const aside = mkdtempSync(join(tmpdir(), 'parley-node-aside-'))
  const stops = []
  try {
    const port = await freePort()
    const first = await startNode(data, port, [])
    const vkey = (await (await fetch(`${first.url}/log/vkey`)).text()).trim()
    await ended(first.child)
    const logKey = parseVkey(vkey)

    const cosigners = []
    const flags = []
    const litewitness = await startLitewitness([vkey])
    if (litewitness.missing === undefined) {
      stops.push(litewitness.stop)
      cosigners.push({ name: 'litewitness', key: litewitness.key })
      flags.push('--cosigner', `${litewitness.vkey}=${litewitness.url}`)
    } else missing.push({ name: 'litewitness', why: litewitness.missing })
    const sunlight = await startSunlight([vkey], '/mirror')
    if (sunlight.missing === undefined) {
      stops.push(sunlight.stop)
      for (const key of sunlight.mirrorKeys) cosigners.push({ name: "sunlight's mirror", key })
      flags.push('--cosigner', `${sunlight.mirrorKeys.map(formatVkey).join(',')}=${sunlight.url}`)
    } else missing.push({ name: 'sunlight', why: sunlight.missing })

    const node = await startNode(data, port, [...flags, '--heartbeat', '1'])
    stops.push(() => ended(node.child))
    await writeEntries(node.url, ENTRIES)

    const read = async () => new Uint8Array(await (await fetch(`${node.url}/log/checkpoint`)).arrayBuffer())
    const keys = cosigners.map(({ key }) => key)
    const deadline = Date.now() + COSIGNED_WITHIN_MS
    let note = await read()
    let opened = openCheckpoint(note, logKey, keys)
    while (opened.cosignatures.length < keys.length && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 200))
      note = await read()
      opened = openCheckpoint(note, logKey, keys)
    }
    facts.push(`${opened.checkpoint.size} entries, ${opened.cosignatures.length} cosignatures on the checkpoint`)
    const community = goJudge('community')
    if (community.missing === undefined) {
      const pipe = openPipe(community.path)
      for (const { name, key } of cosigners) {
        const words = key.type === 0x04 ? ['formats-cosigned', 'torchwood-cosigned'] : ['formats-cosigned']
        const args = [vkey, formatVkey(key), note].map((arg) => Buffer.from(arg))
        const answers = await pipe.ask(words.map((word) => questionOf(word, args)))
        for (const [i, answer] of answers.entries()) {
          if (answer.startsWith('ok')) facts.push(`${words[i]}: the cosignature of ${name} holds`)
          else findings.push(`${words[i]} does not take the cosignature of ${name}: ${answer}`)
        }
      }
      await pipe.close()
    } else missing.push({ name: 'formats, torchwood', why: community.missing })

    writeFileSync(join(aside, 'log.vkey'), vkey)
    /** @type {[string, string, string[], RegExp][]} */
    const checks = [
      ['x/mod', 'xmod', ['log', '-vkey', join(aside, 'log.vkey'), `${node.url}/log`], /"verified":true/],
      [
        'tessera fsck',
        'fsck',
        [`--storage_url=${node.url}/log/`, `--public_key=${join(aside, 'log.vkey')}`, '--ui=false'],
        /Successfully fsck'd/,
      ],
    ]
    for (const [name, program, args, good] of checks) {
      const { path, missing: why } = goJudge(program)
      if (why !== undefined) {
        missing.push({ name, why })
        continue
      }
      const run = await runFor(path, args)
      const last = run.trim().split('\n').at(-1) ?? ''
      if (good.test(run)) facts.push(`${name} over HTTP: ${last.slice(0, 200)}`)
      else findings.push(`${name} over HTTP: ${last}`)
    }
    if (opened.cosignatures.length < keys.length) {
      const status = await (await fetch(`${node.url}/parley/v1/status`)).text()
      findings.push(`not cosigned by all within ${COSIGNED_WITHIN_MS / 1000} s: ${status.slice(0, 1500)}`)
    }
  } catch (error) {
    findings.push(error.message)
  } finally {
    for (const stop of stops.toReversed()) await stop()
    for (const folder of [data, aside]) rmSync(folder, { recursive: true, force: true })
  }
  return { missing, findings, facts }
}

/**
 * The program's words, without holding up this process: the node's log may be served by it.
 *
 * @returns {Promise<string>}
 */
function runFor(path, args) {
  return new Promise((resolve) => {
    const child = spawn(path, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: CHECK_LIMIT_MS,
      killSignal: 'SIGKILL',
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (said += part))
    child.once('exit', (code, signal) => resolve(said || `ended with ${signal ?? code}`))
    child.once('error', (error) => resolve(error.message))
  })
}
