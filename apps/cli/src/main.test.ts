import { execFile, execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import type { Report } from './report/report.ts'
import { sample, shared } from './testing/fixtures.ts'

const ROOM = fileURLToPath(new URL('..', import.meta.url))
const BIN = join(ROOM, 'bin/parley.js')

beforeAll(() => {
  const compiler = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url))
  execFileSync(process.execPath, [compiler, '-b', ROOM], { stdio: 'pipe' })
}, 180_000)

interface Run {
  readonly code: number
  readonly out: string
  readonly err: string
}

async function parley(...args: string[]): Promise<Run> {
  return new Promise((resolve, reject) => {
    const options = { cwd: ROOM, maxBuffer: 1 << 28, env: { ...process.env, NO_COLOR: undefined } }
    execFile(process.execPath, [BIN, ...args], options, (error, out, err) => {
      const code = error === null ? 0 : error.code
      if (typeof code === 'number') resolve({ code, out, err })
      else reject(error ?? new Error('no exit code'))
    })
  })
}

const INTENTS = sample('simulated-intents.json')

test('help and version', async () => {
  expect(await parley('--version')).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), err: '' })
  const help = await parley('check', '--help')
  expect(help.code).toBe(0)
  for (const text of ['Exit codes', 'Examples', '--separation', '3nm-3000ft-3min']) expect(help.out).toContain(text)
  expect((await parley('--help')).out).toContain('check')
})

test.each([
  ['no command', [], /COMMANDS|USAGE/],
  ['an unknown command', ['chekc'], /did you mean `check`/],
  ['an unknown flag', ['check', '--sepration', 'x', 'y'], /--separation/],
  ['no file', ['check'], /at least 1/],
  ['an unknown profile', ['check', '--separation', 'far', INTENTS], /there are 3nm-3000ft-3min/],
  ['a profile file that is not there', ['check', '--separation', './far.json', INTENTS], /no such file/],
  ['a buffer of two', ['check', '--buffer', '1,2', INTENTS], /LATERAL_M,VERTICAL_M,TIME_S/],
  ['an unknown zone', ['check', '--zone', 'Mars/Base', INTENTS], /no such time zone/],
  ['an unknown format', ['check', '--format', 'kml', INTENTS], /geojson/],
  ['a speed of nothing', ['check', '--max-speed', '0', INTENTS], /above 0/],
  ['two outputs', ['check', '--json', '--geojson', INTENTS], /one output/],
])('exit 2: %s', async (_, args, message) => {
  const { code, out, err } = await parley(...args)
  expect(code).toBe(2)
  expect(out + err).toMatch(message)
  expect(err).not.toContain('    at ')
})

test('exit 1: who meets whom, where in three notations, when in UTC and a zone, by how much, and what clears it', async () => {
  const { code, out, err } = await parley('check', INTENTS, '--zone', 'Europe/Madrid')
  expect(code).toBe(1)
  expect(err).toBe('')
  expect(out).not.toContain('\u001b')
  expect(out).toContain('5f1b2a60…000a (SIMULATED PT canadair)  x  5f1b2a60…000b (SIMULATED ES foca 43)')
  expect(out).toContain('2025-08-14T09:00:00Z to 2025-08-14T12:00:00Z (Europe/Madrid: 2025-08-14 11:00:00 +02:00')
  expect(out).toMatch(
    /41\.\d{6}° N, 8\.\d{6}° W {2}\| {2}41°\d\d′\d\d\.\d\d″ N, 008°\d\d′\d\d\.\d\d″ W {2}\| {2}29TNG\d{10}/,
  )
  expect(out).toContain('height 460 m shared, time 3 h 00 min shared')
  expect(out).toContain('3 h 30 min later, or 4 h 00 min earlier, or 460 m up, or 460 m down')
  expect(out).toContain('3 items: 1 conflict')
})

test('exit 0: one item alone meets nothing', async () => {
  expect(await parley('check', sample('simulated-zone-ed318.json'))).toMatchObject({ code: 0, err: '' })
})

test.each([
  ['a file that is not there', ['nowhere.json'], 'unreadable  nowhere.json: no such file'],
  ['a record cut off', [sample('simulated-stream.geojsons')], 'truncated-record'],
  ['what cannot be decided', [sample('simulated-zone-ed269.json'), 'GROUND'], '1 undecided'],
])('exit 3: %s', async (_, files, message) => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-cli-'))
  try {
    const plan = join(folder, 'plan.geojson')
    const properties = {
      time_start: '2025-08-14T10:00:00Z',
      time_end: null,
      altitude_lower: { value: 1000, reference: 'W84', units: 'M' },
      altitude_upper: { value: 1100, reference: 'W84', units: 'M' },
    }
    await writeFile(
      plan,
      JSON.stringify({ type: 'Feature', geometry: { type: 'Point', coordinates: [-8.133, 41.81] }, properties }),
    )
    const { code, out } = await parley('check', ...files.map((file) => (file === 'GROUND' ? plan : file)))
    expect(code).toBe(3)
    expect(out).toContain(message)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a conflict is told by exit 1 even when another file could not be read', async () => {
  const { code, out } = await parley('check', INTENTS, 'nowhere.json')
  expect(code).toBe(1)
  expect(out).toContain('1 part left out')
})

test('all sample files together, as JSON', async () => {
  const files = ['intents.json', 'zone-ed318.json', 'zone-ed269.json', 'plans.geojson', 'flights.json'].map((name) =>
    sample(`simulated-${name}`),
  )
  const { code, out } = await parley('check', ...files, '--json')
  expect(code).toBe(1)
  const report = JSON.parse(out) as Report
  expect(report.files.map(({ format }) => format)).toEqual(['f3548', 'ed318', 'ed269', 'geojson', 'flights'])
  expect(report.summary).toMatchObject({ items: 10, conflicts: 8, left_out: 1 })
  expect(report.encounters[0]).toMatchObject({
    a: { kind: 'operational intent' },
    where: { mgrs: expect.stringMatching(/^29T/) },
  })
})

test('the rule of threes on recorded flights', async () => {
  const { code, out } = await parley('check', sample('simulated-flights.json'), '--separation', '3nm-3000ft-3min')
  expect(code).toBe(1)
  expect(out).toMatch(/BREACH {3}SIM01 \(sim001\) {2}x {2}SIM02 \(sim002\) .* 4 min 00 s/)
  expect(out).toContain('3 items: 1 breach, 1 part left out')
})

test('a separation of your own, and a file named twice', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-cli-'))
  try {
    const file = join(folder, 'mine.json')
    await writeFile(
      file,
      JSON.stringify({ id: 'mine', title: 'mine', horizontalM: 5000, verticalM: 800, timeApartS: 0, toleratedS: null }),
    )
    const { code, out } = await parley(
      'check',
      sample('simulated-flights.json'),
      sample('simulated-flights.json'),
      '--separation',
      file,
    )
    expect(code).toBe(3)
    expect(out).toContain('named twice: read once')
    expect(out).toContain('3 items: no conflict found, 1 part left out')
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('GeoJSON goes to stdout alone, and can be read again', async () => {
  const { code, out, err } = await parley('check', INTENTS, sample('simulated-plans.geojson'), '--geojson')
  expect(code).toBe(1)
  expect(err).toBe('')
  const collection = JSON.parse(out) as { type: string; features: { properties: { role: string } }[] }
  expect(collection.type).toBe('FeatureCollection')
  expect(new Set(collection.features.map(({ properties }) => properties.role))).toEqual(new Set(['meeting', 'part']))
})

test('the index and all pairs write the same report for the recorded fire-fighting flights of one file', {
  timeout: 180_000,
}, async ({ skip }) => {
  const file = shared('data/rega_zh.json.gz')
  if (file === null) return skip()
  const other = shared('data/rega_sg.json.gz') ?? file
  const [quick, slow] = await Promise.all([
    parley('check', file, other, '--json'),
    parley('check', file, other, '--json', '--all-pairs'),
  ])
  expect(quick.code).toBe(slow.code)
  expect(quick.out).toBe(slow.out)
})

test('a reader that leaves early is no fault', async () => {
  const out = execFileSync(
    'sh',
    ['-c', `"${process.execPath}" "${BIN}" check "${INTENTS}" --json | head -1; echo done`],
    { encoding: 'utf8' },
  )
  expect(out).toBe('{\ndone\n')
})
