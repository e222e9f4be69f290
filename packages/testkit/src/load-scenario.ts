import { readdir, readFile } from 'node:fs/promises'
import { readScenario } from './read-scenario.ts'
import type { Scenario } from './scenario.ts'
import { ScenarioError } from './scenario-error.ts'

/** The folder `scenarios/` of the repository; this file lies equally deep as source and as built. */
export const SCENARIO_FOLDER = new URL('../../../scenarios/', import.meta.url)

/** The formats a file of the folder may have: a story of a pool, or one of a line. */
export const SCENARIO_FORMATS = { pool: 'parley-scenario/1', line: 'parley-line-scenario/1' } as const

/** Names of the scenarios in the folder, sorted: those of a pool unless told otherwise. A file of no format counts as one of a pool. */
export async function listScenarios(
  folder: URL = SCENARIO_FOLDER,
  of: keyof typeof SCENARIO_FORMATS = 'pool',
): Promise<string[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort()
  const texts = await Promise.all(files.map((file) => readFile(new URL(file, folder), 'utf8')))
  const isLine = (text: string): boolean => text.includes(`"${SCENARIO_FORMATS.line}"`)
  return files
    .filter((_, at) => isLine(texts[at] ?? '') === (of === 'line'))
    .map((file) => file.slice(0, -'.json'.length))
}

/**
 * Loads and checks `scenarios/<name>.json`.
 * Throws ScenarioError: `scenario-unknown` when there is no such file, `scenario-malformed` when it is not a scenario.
 *
 * @example
 * const scenario = rebase(await loadScenario('fire'), Date.now())
 */
export async function loadScenario(name: string, folder: URL = SCENARIO_FOLDER): Promise<Scenario> {
  const known = await listScenarios(folder)
  if (!known.includes(name)) {
    throw new ScenarioError('scenario-unknown', `There is no scenario ${name}; there are: ${known.join(', ')}.`, {
      name,
      known,
    })
  }
  let document: unknown
  try {
    document = JSON.parse(await readFile(new URL(`${name}.json`, folder), 'utf8'))
  } catch (error) {
    throw new ScenarioError('scenario-malformed', `The scenario ${name} is not JSON: ${String(error)}`, { name })
  }
  const scenario = readScenario(document)
  if (scenario.name !== name) {
    throw new ScenarioError('scenario-malformed', `The scenario in ${name}.json calls itself ${scenario.name}.`, {
      field: '/name',
      value: scenario.name,
      rule: 'must be the name of its file',
    })
  }
  return scenario
}
