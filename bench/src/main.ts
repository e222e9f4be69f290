import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Measurement, ratioOf, verdictOf } from './benchmark.ts'
import type { Target } from './load/target.ts'
import { groups } from './registry.ts'
import { table } from './report.ts'

const HELP = `Usage: npm run bench -w bench -- [--only S1,S4] [--n 1000000] [--runs 5] [--out FILE]
                                [--peer URL --peer-token URL] [--list]

Runs the benchmarks, prints goal, measured value and ratio to what stands beside, and writes them as JSON.

  --only IDS   only these, by number, separated by commas
  --n PLANS    plans stored (default 1000000, for which the goals are)
  --runs RUNS  repetitions, of which the median counts (default 5)
  --out FILE   where the JSON goes (default bench/out/bench-<time>.json)
  --peer URL   another service of F3548-21, empty, to give the same writes (W1, W3); default: not run
  --peer-token URL  who issues tokens for it (default: /token of the same address)
  --list       what there is

Exit code: 0 when every answer was right (goals may be missed), 1 when one was wrong, 2 for a wrong option.
`

async function main(): Promise<number> {
  const options = readOptions()
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n\n${HELP}`)
    return 2
  }
  if (options.help) {
    process.stdout.write(HELP)
    return 0
  }
  const all = groups.flatMap(({ name, benchmarks }) => benchmarks.map((benchmark) => ({ group: name, benchmark })))
  if (options.list) {
    for (const { group, benchmark } of all) process.stdout.write(`${benchmark.id}\t${group}\t${benchmark.title}\n`)
    return 0
  }
  const unknown = options.only.filter((id) => !all.some(({ benchmark }) => benchmark.id === id))
  if (unknown.length > 0) {
    process.stderr.write(`unknown benchmark ${unknown.join(', ')}; --list shows them\n`)
    return 2
  }
  const chosen = all.filter(({ benchmark }) => options.only.length === 0 || options.only.includes(benchmark.id))
  const workDir = mkdtempSync(join(tmpdir(), 'parley-bench-'))
  const measurements: Measurement[] = []
  try {
    for (const { benchmark } of chosen) {
      process.stderr.write(`${benchmark.id} ${benchmark.title}\n`)
      const found = await benchmark.run({
        plans: options.plans,
        runs: options.runs,
        workDir,
        peer: options.peer,
        progress: (text) => process.stderr.write(`   ${text}\n`),
      })
      measurements.push(...found)
    }
  } finally {
    rmSync(workDir, { recursive: true, force: true })
  }
  process.stdout.write(`${table(measurements)}\n`)
  const wrong = measurements.filter((measurement) => verdictOf(measurement) === 'wrong')
  const report = {
    at: new Date().toISOString(),
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memoryBytes: totalmem(),
      node: process.version,
    },
    plans: options.plans,
    runs: options.runs,
    measurements: measurements.map((measurement) => ({
      ...measurement,
      ratio: ratioOf(measurement),
      verdict: verdictOf(measurement),
    })),
  }
  mkdirSync(join(options.out, '..'), { recursive: true })
  writeFileSync(options.out, `${JSON.stringify(report, null, 2)}\n`)
  process.stderr.write(`written to ${options.out}\n`)
  for (const { id, what } of wrong) process.stderr.write(`WRONG ANSWER: ${id} ${what}\n`)
  return wrong.length > 0 ? 1 : 0
}

interface Options {
  readonly only: readonly string[]
  readonly plans: number
  readonly runs: number
  readonly out: string
  readonly peer: Target | null
  readonly list: boolean
  readonly help: boolean
}

function readOptions(): Options | string {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string' },
        n: { type: 'string' },
        runs: { type: 'string' },
        out: { type: 'string' },
        peer: { type: 'string' },
        'peer-token': { type: 'string' },
        list: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    const plans = Number(values.n ?? 1_000_000)
    const runs = Number(values.runs ?? 5)
    if (!Number.isInteger(plans) || plans < 1000) return `--n takes a whole number of plans from 1000, not ${values.n}`
    if (!Number.isInteger(runs) || runs < 1) return `--runs takes a whole number from 1, not ${values.runs}`
    const stamp = new Date().toISOString().replaceAll(':', '-').slice(0, 19)
    return {
      only: values.only === undefined ? [] : values.only.split(',').map((id) => id.trim().toUpperCase()),
      plans,
      runs,
      out: values.out ?? join(import.meta.dirname, '..', 'out', `bench-${stamp}.json`),
      peer:
        values.peer === undefined
          ? null
          : { url: new URL(values.peer), tokenUrl: new URL(values['peer-token'] ?? new URL('/token', values.peer)) },
      list: values.list ?? false,
      help: values.help ?? false,
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

process.exitCode = await main()
