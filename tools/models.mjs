// Checks the models under models/: `node tools/models.mjs [--only P9,line]`. Every run of models/catalogue.json says what it must
// find; any other outcome, a search cut short or a model that does not compile fails the command. Needs Spin and a C compiler (Debian
// packages spin and gcc).
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const MODELS = fileURLToPath(new URL('../models/', import.meta.url))
const DEPTH = 500_000
const MEMORY_MB = 2000

/** Every run: model, property, variant, bounds, defines and the verdict that it must come to. */
export const catalogue = () => JSON.parse(readFileSync(join(MODELS, 'catalogue.json'), 'utf8'))

/** What is missing here to check models, as names of Debian packages. */
export function missingTools() {
  const tools = [
    ['spin', ['-V'], 'spin'],
    ['cc', ['--version'], 'gcc'],
  ]
  return tools.filter(([command, args]) => spawnSync(command, args).status !== 0).map(([, , debian]) => debian)
}

/** Searches all states of one run: { verdict: holds | violated | reached | broken, states, seconds, detail }. */
export async function check({ model, bounds, defines, ltl = false, expect }) {
  const folder = mkdtempSync(join(tmpdir(), 'parley-model-'))
  try {
    const flags = [...bounds, ...defines].map((one) => `-D${one}`)
    const made = await run(folder, 'spin', ['-a', ...flags, join(MODELS, `${model}.pml`)])
    if (made.status !== 0) return broken(made.output)
    const compiled = await run(folder, 'cc', [
      '-O1',
      '-w',
      `-DMEMLIM=${MEMORY_MB}`,
      ...(ltl ? [] : ['-DSAFETY']),
      '-o',
      'pan',
      'pan.c',
    ])
    if (compiled.status !== 0) return broken(compiled.output)
    const beganMs = performance.now()
    const { status, output } = await run(folder, './pan', [`-m${DEPTH}`, '-w22', ...(ltl ? ['-a'] : [])])
    const seconds = (performance.now() - beganMs) / 1000
    const errors = /errors: (\d+)/.exec(output)?.[1]
    const states = Number(/(\d+) states, stored/.exec(output)?.[1] ?? Number.NaN)
    const complaint = /^pan:1: (.*)$/m.exec(output)?.[1] ?? ''
    // A search that was cut short found nothing and proved nothing.
    if (
      status !== 0 ||
      errors === undefined ||
      Number.isNaN(states) ||
      /depth too small|out of memory|aborted/.test(output)
    )
      return { ...broken(output), states, seconds }
    if (errors === '0') return { verdict: 'holds', states, seconds, detail: '' }
    // Only the property asked for may end a search: a blocked or overfull model is a mistake in the model.
    const meant = ltl ? complaint.startsWith('acceptance cycle') : complaint.startsWith('assertion violated')
    if (!meant || complaint.includes('inFlight<')) return { ...broken(complaint), states, seconds }
    return { verdict: expect === 'reached' ? 'reached' : 'violated', states, seconds, detail: '' }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const broken = (output) => ({ verdict: 'broken', states: Number.NaN, seconds: 0, detail: output.slice(-500) })

function run(cwd, command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
    child.once('error', reject)
    child.once('close', (status) => resolve({ status, output }))
  })
}

async function main() {
  const missing = missingTools()
  if (missing.length > 0) {
    process.stderr.write(`Install the Debian packages ${missing.join(' and ')} to check the models.\n`)
    return 2
  }
  const at = process.argv.indexOf('--only')
  const only = at < 0 ? [] : (process.argv[at + 1] ?? '').split(',')
  const wanted = catalogue().filter(
    ({ model, property }) =>
      only.length === 0 || only.includes(model) || property.split(' ').some((one) => only.includes(one)),
  )
  if (wanted.length === 0) {
    process.stderr.write(
      '--only takes models (line, intents, handover, views, order, state) and properties (P1, P9, …)\n',
    )
    return 2
  }
  const results = []
  for (const one of wanted) {
    const found = await check(one)
    results.push({ ...one, ...found, surprise: found.verdict !== one.expect })
    const { surprise } = results.at(-1)
    process.stdout.write(
      `${one.model.padEnd(9)} ${one.property.padEnd(9)} ${one.variant.padEnd(62)} ${one.expect.padEnd(8)} ${found.verdict.padEnd(8)} ${String(found.states).padStart(8)} ${found.seconds.toFixed(1).padStart(6)} s${surprise ? '  SURPRISE' : ''}\n`,
    )
    if (surprise && found.detail !== '') process.stdout.write(`${found.detail}\n`)
  }
  const surprises = results.filter(({ surprise }) => surprise).length
  const states = results.reduce((sum, one) => sum + (one.states || 0), 0)
  process.stdout.write(`${results.length} runs, ${states} states, ${surprises} surprises\n`)
  return surprises > 0 ? 1 : 0
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main()
