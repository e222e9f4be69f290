// Other people's judges on what Parley writes, on demand: node tools/judges/run.mjs [--entries 70000] [--only log,objects,witness,mirror,seals,node] [--json FILE]
// Says which judge it could not find or build, and why. Fails when a judge refuses what it must accept, or accepts what it must refuse
// without standing on the list of known leniencies.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { folderJudges } from './folder-judges.mjs'
import { writeLog } from './log.mjs'
import { judgeByMirror } from './mirror.mjs'
import { judgeNode } from './node.mjs'
import { judgeObjects } from './objects.mjs'
import { judgeSeals } from './seals.mjs'
import { linkLog, VARIANTS } from './tampered.mjs'
import { goJudge } from './toolchain.mjs'
import { judgeByWitness } from './witness.mjs'

const PARTS = ['log', 'objects', 'witness', 'mirror', 'seals', 'node']
/** The tampered set changes places of a log of exactly this size. */
const SIZE = 70_000

const { values } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'string' } } })
const chosen = values.only?.split(',') ?? PARTS
const unknown = chosen.filter((part) => !PARTS.includes(part))
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(', ')}; there are ${PARTS.join(', ')}`)
  process.exit(2)
}

const failures = []
const missing = []
const results = {}
const say = (text) => console.log(text)
const fail = (text) => {
  failures.push(text)
  say(`  WRONG: ${text}`)
}
const lack = (name, why) => {
  missing.push(name)
  say(`  NOT JUDGED by ${name}: ${why}`)
}

const root = mkdtempSync(join(tmpdir(), 'parley-judged-'))
const folder = join(root, 'log')
const aside = join(root, 'aside')

async function judgeLogs(head) {
  const judges = folderJudges(aside)
  for (const { name, missing: why } of judges) if (why !== undefined) lack(name, why)
  const present = judges.filter(({ missing: why }) => why === undefined)
  const table = { honest: {}, variants: [] }
  for (const { name, judge } of present) {
    const { verdict, said } = await judge(folder)
    table.honest[name] = said
    say(`  ${name}: ${verdict} ${said.slice(0, 200)}`)
    if (verdict !== 'accepted') fail(`${name} does not accept the log: ${said}`)
  }
  for (const { name, number, apply, lenient = [] } of VARIANTS) {
    const copy = join(root, 'tampered')
    linkLog(folder, copy)
    apply(copy, head)
    const verdicts = {}
    for (const { name: judge, judge: ask } of present) {
      const { verdict, said } = await ask(copy)
      verdicts[judge] = verdict
      if (verdict === 'accepted' && !lenient.includes(judge)) fail(`${judge} accepts ${name} (${number}): ${said}`)
      if (verdict !== 'accepted' && lenient.includes(judge)) say(`  ${judge} is no longer lenient: ${name}`)
    }
    rmSync(copy, { recursive: true })
    table.variants.push({ name, number, verdicts })
    const odd = Object.entries(verdicts).filter(([, verdict]) => verdict !== 'refused')
    say(`  ${number} ${name}: ${odd.length === 0 ? 'refused by all' : odd.map((pair) => pair.join(' ')).join(', ')}`)
  }
  results.log = table
}

async function judgeAllObjects(log) {
  const drivers = {}
  for (const name of ['xmod', 'community']) {
    const { path, missing: why } = goJudge(name)
    if (why !== undefined) return lack(name, why)
    drivers[name] = path
  }
  results.objects = await judgeObjects({ folder, size: SIZE, proven: log.proven, note: log.note, drivers })
  for (const { subject, judges, altered, wrong, note } of results.objects) {
    const summary = note ?? `the good one accepted, ${altered} altered refused`
    say(`  ${subject}: ${judges.join(', ')}: ${summary}${wrong.length === 0 ? '' : ', EXCEPT'}`)
    for (const text of wrong) fail(text)
  }
}

function report(part, name, judged) {
  results[part] = judged
  if (judged.missing !== undefined) return lack(name, judged.missing)
  for (const finding of judged.findings) fail(`${name}: ${finding}`)
  const receipts = judged.receipts === undefined ? '' : `, ${judged.entries} entries, ${judged.receipts} receipts`
  say(`  ${name} (${judged.version}): ${judged.heads} heads of the growing log cosigned${receipts}`)
  for (const { name: probe, expected, status, ours } of judged.answers) {
    const as = [expected].flat().includes(status) ? '' : `, NOT ${[expected].flat().join(' or ')}`
    say(`  ${probe}: ${status}${as} (our client: ${ours})`)
  }
}

const has = (part) => chosen.includes(part)
try {
  mkdirSync(aside)
  let log = null
  if (['log', 'objects', 'witness', 'mirror'].some(has)) {
    say(`A log of ${SIZE} signed acts is written…`)
    log = await writeLog({ folder, aside, size: SIZE })
  }
  if (has('log')) {
    say('Whole logs, honest and tampered with')
    await judgeLogs(log.checkpoint)
  }
  if (has('objects')) {
    say('Single objects, good and altered')
    await judgeAllObjects(log)
  }
  if (has('witness')) {
    say('A stock witness over the wire')
    report('witness', 'litewitness', await judgeByWitness(folder, SIZE))
  }
  if (has('mirror')) {
    say('A stock mirror over the wire')
    report('mirror', 'sunlight', await judgeByMirror(folder, SIZE))
  }
  if (has('seals')) {
    say('Seals')
    results.seals = await judgeSeals()
    for (const { name, missing: why, checks, failures: wrong, hybrid } of results.seals) {
      if (why !== undefined) lack(name, why)
      else
        say(
          `  ${name}: ${checks - wrong.length} of ${checks} checks hold (X25519${hybrid ? ' and hybrid' : '; it has no hybrid keys'})`,
        )
      for (const text of wrong ?? []) fail(`${name}: ${text}`)
    }
  }
  if (has('node')) {
    say('A running node')
    const judged = await judgeNode()
    results.node = judged
    for (const { name, why } of judged.missing) lack(name, why)
    for (const text of judged.findings) fail(text)
    for (const text of judged.facts) say(`  ${text}`)
  }
} finally {
  rmSync(root, { recursive: true, force: true })
}
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ failures, missing, results }, null, 1)}\n`)
say(
  `${failures.length === 0 ? 'All judges that are here agree' : `${failures.length} WRONG`}${missing.length === 0 ? '' : `; not judged by: ${missing.join(', ')}`}`,
)
process.exitCode = failures.length === 0 ? 0 : 1
