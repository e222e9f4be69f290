import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { listScenarios, loadScenario } from './load-scenario.ts'
import { readScenario } from './read-scenario.ts'
import { ScenarioError } from './scenario-error.ts'

const fire = JSON.parse(await readFile(new URL('../../../scenarios/fire.json', import.meta.url), 'utf8'))

/** The document with the value at a JSON pointer replaced, or removed when undefined. */
function changed(pointer: string, value: unknown): unknown {
  const copy = structuredClone(fire)
  const path = pointer.slice(1).split('/')
  const last = path.pop() as string
  const parent = path.reduce((node, key) => node[key], copy)
  if (value === undefined) delete parent[last]
  else parent[last] = value
  return copy
}

function refusalOf(document: unknown): ScenarioError {
  try {
    readScenario(document)
  } catch (error) {
    if (error instanceof ScenarioError) return error
  }
  throw new Error('was read')
}

test('every scenario of the folder is sound', async () => {
  const names = await listScenarios()
  expect(names).toContain('fire')
  for (const name of names) expect((await loadScenario(name)).name).toBe(name)
})

test.each([
  ['/format', 'parley-scenario/2', '/format'],
  ['/simulated', false, '/simulated'],
  ['/title', 'Fire', '/title'],
  ['/date', '2025-02-30', '/date'],
  ['/time_zones/0', 'Europe/Atlantis', '/time_zones/0'],
  ['/zones/0/utc_offset', '+1', '/zones/0/utc_offset'],
  ['/zones', undefined, ''],
  ['/beats/0/expct', {}, '/beats/0/expct'],
  ['/suppliers/0/manager', 'pt-uss', '/suppliers/0/manager'],
  ['/outlines/drop/lat', 91, '/outlines/drop/lat'],
  [
    '/outlines/lindoso-run/vertices',
    [
      [1, 2],
      [3, 4],
    ],
    '/outlines/lindoso-run',
  ],
  ['/outlines/lindoso-run/vertices/0', [41, -8, 3], '/outlines/lindoso-run/vertices/0'],
  ['/intents/0/revisions/whole-time/0/heights/unit', 'fl', '/intents/0/revisions/whole-time/0/heights/unit'],
  ['/intents/0/revisions/whole-time/0/heights/lower', 9000, '/intents/0/revisions/whole-time/0/heights'],
  ['/intents/0/revisions/whole-time/0/from', '08:00', '/intents/0/revisions/whole-time/0/from'],
  ['/intents/0/revisions/whole-time/0/from', '13:00Z', '/intents/0/revisions/whole-time/0/to'],
  ['/intents/0/revisions/whole-time/0/outline', 'nowhere', '/intents/0/revisions/whole-time/0/outline'],
  ['/intents/0/revisions/whole-time', [], '/intents/0/revisions/whole-time'],
  ['/intents/0/subscription', 'es-area', '/intents/0/subscription'],
  ['/intents/0/under', ['zone'], '/intents/0/under'],
  ['/intents/1/label', 'pt-canadair', '/intents'],
  ['/intents/1/label', 'closure', '/constraints'],
  ['/beats/3/actor', 'es', '/beats/3/actor'],
  ['/beats/3/does/kind', 'fly', '/beats/3/does/kind'],
  ['/beats/3/does/revision', 'evening', '/beats/3/does/revision'],
  ['/beats/3/at_ms', 0, '/beats/3/at_ms'],
  ['/beats/3/clock', '05:00Z', '/beats/3/clock'],
  ['/beats/3/expects', undefined, '/beats/3'],
  ['/beats/5/expects/blockers', [], '/beats/5/expects/blockers'],
  ['/beats/5/expects/blockers/0/label', 'nobody', '/beats/5/expects'],
  ['/beats/8/expects/clearing', { sideways_m: 1 }, '/beats/8/expects/clearing/sideways_m'],
])('%s = %j is refused, naming the field', (pointer, value, field) => {
  const { code, details, message } = refusalOf(changed(pointer, value))
  expect(code).toBe('scenario-malformed')
  expect(details).toMatchObject({
    field: field === '' ? '/' : field,
    value: expect.any(String),
    rule: expect.any(String),
  })
  expect(message).toContain(details['rule'])
})

test.each([[null], [[]], ['fire'], [{}]])('%j is no scenario', (document) => {
  expect(refusalOf(document).code).toBe('scenario-malformed')
})

test('an unknown name is refused with the names there are; a path is no name', async () => {
  await expect(loadScenario('flood')).rejects.toMatchObject({ code: 'scenario-unknown', details: { known: ['fire'] } })
  await expect(loadScenario('../package')).rejects.toMatchObject({ code: 'scenario-unknown' })
})
