// Differential fuzzing of the codec: the same damaged inputs to our readers and to Go's.
//   node tools/fuzz/run.mjs [--inputs 1000000] [--seed 1] [--only "SUBJECT"[#CASE]] [--json FILE] [--corpus FILE]
// --corpus writes two inputs of every class, byte-exact and with what the foreign reader said: corpus.test.ts holds us to them.
// Fails when we accept what a foreign reader refuses, when both accept and understand different things, when either breaks, or when we
// refuse for a reason that is not on the subject's list of known leniencies.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { RecordError } from '@parley/record'
import { openPipe, questionOf } from '../judges/pipe.mjs'
import { goJudge } from '../judges/toolchain.mjs'
import { randomOf } from './random.mjs'
import { SUBJECTS } from './subjects.mjs'

const BATCH = 1000
const EXAMPLES = 3
const KEPT_BYTES = 6000
const LONG_BYTES = 1500
const SHOWN_CHARACTERS = 160

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    json: { type: 'string' },
    corpus: { type: 'string' },
  },
})

function ourAnswer(subject, args) {
  try {
    return { kind: 'yes', meaning: subject.ours(args) }
  } catch (error) {
    if (error instanceof RecordError) return { kind: 'no', code: error.code, rule: error.details.rule }
    return { kind: 'broken', error }
  }
}

/** Which of the outcomes a pair of answers is. */
function compare(subject, word, { args, ours, theirs }) {
  if (ours.kind === 'broken') return { outcome: 'we broke', class: String(ours.error) }
  if (theirs.startsWith('crash') || theirs.startsWith('error')) return { outcome: 'they broke', class: theirs }
  const yes = theirs.startsWith('ok ')
  if (ours.kind === 'no') {
    if (!yes) return { outcome: 'neither' }
    const known = ours.code in subject.known
    return {
      outcome: known ? 'only they' : 'only they, unexplained',
      class: `${ours.code}: ${ours.rule.replaceAll(/[0-9a-f]{8}/g, '…')}`,
    }
  }
  if (!yes) {
    const because = subject.moreBecause?.(args) ?? null
    return because === null
      ? { outcome: 'only we', class: theirs.slice(3, 80) }
      : { outcome: 'only we, by the format', class: because }
  }
  return theirs.slice(3) === ours.meaning ? { outcome: 'both' } : { outcome: 'both, differently', class: word }
}

const FATAL = ['we broke', 'only we', 'both, differently', 'only they, unexplained']

const shown = (bytes) => {
  const text = Buffer.from(bytes)
    .toString('latin1')
    .replaceAll(/[^\x20-\x7e]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}… (${bytes.length} bytes)` : text
}

const kept = new Map()
/** Keeps an input for the corpus while its class has few. */
function keep(subject, k, args, verdict, theirs, ours) {
  const key = [subject.name, k, verdict.outcome, verdict.class].join('|')
  const inputs = kept.get(key) ?? kept.set(key, []).get(key)
  const bytes = args.reduce((sum, arg) => sum + arg.length, 0)
  if (bytes > KEPT_BYTES || inputs.length >= (bytes > LONG_BYTES ? 1 : 2)) return
  const expected = ours.kind === 'yes' ? { accepted: ours.meaning } : { refused: ours.code }
  inputs.push({
    subject: subject.name,
    args: args.map((arg) => Buffer.from(arg).toString('hex')),
    ...expected,
    [subject.asks[k][1]]: theirs,
  })
}

const pipes = {}
for (const name of ['xmod', 'community']) {
  const judge = goJudge(name)
  if (judge.missing !== undefined) {
    console.error(`${name}: ${judge.missing}`)
    process.exit(2)
  }
  pipes[name] = openPipe(judge.path, { GOMAXPROCS: '1' })
}

const [onlyName, onlyCase] = values.only?.split('#') ?? []
const chosen = SUBJECTS.filter(({ name }) => onlyName === undefined || name === onlyName)
const weights = chosen.reduce((sum, { weight }) => sum + weight, 0)
const results = []
let inputs = 0
let againstOracle = 0
const started = performance.now()

for (const subject of chosen) {
  const count = onlyCase === undefined ? Math.ceil((Number(values.inputs) * subject.weight) / weights) : 1
  const first = onlyCase === undefined ? 0 : Number(onlyCase)
  const tallies = subject.asks.map(([, word]) => ({ subject: subject.name, word, counts: {}, classes: {} }))
  for (let start = first; start < first + count; start += BATCH) {
    const size = Math.min(BATCH, first + count - start)
    const cases = Array.from({ length: size }, (_, i) => subject.make(randomOf(values.seed, subject.name, start + i)))
    const asked = subject.asks.map(([judge, word]) => pipes[judge].ask(cases.map((args) => questionOf(word, args))))
    const ours = cases.map((args) => ourAnswer(subject, args))
    if (subject.oracle !== undefined) {
      for (const [i, args] of cases.entries()) {
        if (subject.oracle(args) === (ours[i].kind === 'yes')) continue
        againstOracle += 1
        console.log(
          `  AGAINST OUR OWN ORACLE: ${subject.name}#${start + i}: ${shown(args.at(-1))} | ${ours[i].code ?? ours[i].kind}`,
        )
      }
    }
    for (const [k, answers] of (await Promise.all(asked)).entries()) {
      const { counts, classes } = tallies[k]
      for (const [i, theirs] of answers.entries()) {
        const verdict = compare(subject, subject.asks[k][1], { args: cases[i], ours: ours[i], theirs })
        counts[verdict.outcome] = (counts[verdict.outcome] ?? 0) + 1
        keep(subject, k, cases[i], verdict, theirs, ours[i])
        if (verdict.class === undefined) continue
        const entry = (classes[`${verdict.outcome}: ${verdict.class}`] ??= { count: 0, examples: [] })
        entry.count += 1
        if (entry.examples.length < EXAMPLES) {
          entry.examples.push({
            case: `${subject.name}#${start + i}`,
            input: shown(cases[i].at(subject.shows ?? -1)),
            theirs: theirs.slice(0, 120),
          })
        }
      }
    }
    inputs += size
  }
  for (const tally of tallies) {
    results.push({ ...tally, known: subject.known })
    const { counts, classes } = tally
    console.log(
      `${tally.subject} / ${tally.word}: both ${counts.both ?? 0}, neither ${counts.neither ?? 0}, only they ${counts['only they'] ?? 0}` +
        FATAL.concat('only we, by the format', 'they broke')
          .map((outcome) => (counts[outcome] ? `, ${outcome.toUpperCase()} ${counts[outcome]}` : ''))
          .join(''),
    )
    for (const [name, { count: times, examples }] of Object.entries(classes)) {
      console.log(`  ${name} (${times}), e.g. ${examples[0].case}: ${examples[0].input} | ${examples[0].theirs}`)
    }
  }
}

for (const pipe of Object.values(pipes)) await pipe.close()
const seconds = (performance.now() - started) / 1000
const failures = results
  .flatMap(({ counts }) => FATAL.map((outcome) => counts[outcome] ?? 0))
  .reduce((a, b) => a + b, againstOracle)
console.log(
  `${inputs} inputs, seed ${values.seed}, ${seconds.toFixed(0)} s: ${failures === 0 ? 'never accepts more' : `${failures} FAILURES`}`,
)
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ inputs, seed: values.seed, seconds, failures, results }, null, 1)}\n`)
if (values.corpus !== undefined && failures === 0) {
  const lines = [...kept.values()].flat().map((input) => JSON.stringify(input))
  writeFileSync(values.corpus, `${lines.join('\n')}\n`)
}
process.exitCode = failures === 0 ? 0 : 1
