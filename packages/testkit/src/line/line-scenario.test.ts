import { expect, test } from 'vitest'
import { listScenarios } from '../load-scenario.ts'
import { loadLineScenario } from './line-scenario.ts'

test('every scenario of a line is sound, marked SIMULATED, and none of a pool', async () => {
  const names = await listScenarios(undefined, 'line')
  expect(names).toContain('syria')
  expect(await listScenarios()).not.toContain('syria')
  for (const name of names) {
    const scenario = await loadLineScenario(name)
    expect(scenario?.name).toBe(name)
    expect(scenario?.title['en']).toMatch(/SIMULATED/)
    expect(scenario?.beats.length).toBeGreaterThan(3)
  }
})

test('a scenario of a pool, or none at all, is no scenario of a line', async () => {
  expect(await loadLineScenario('fire')).toBeNull()
  expect(await loadLineScenario('flood')).toBeNull()
  await expect(loadLineScenario('../package')).rejects.toMatchObject({ code: 'scenario-unknown' })
})
