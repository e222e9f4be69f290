import {
  listScenarios,
  loadScenario,
  type Play,
  playScenario,
  rebase,
  ScenarioError,
  scenarioDocument,
} from '@parley/testkit'
import type { Clock } from '@parley/units'
import { StartRefused } from './errors.ts'
import type { Simulation } from './simulation.ts'

/** A scenario being played by simulated suppliers in this process, through the node's own HTTP API. */
export interface ScenarioRun {
  /** Stops the play and its suppliers. */
  stop(): Promise<void>
}

export interface PreparedScenario {
  readonly simulation: Simulation
  start(nodeUrl: string, log: (line: string) => void): ScenarioRun
}

/** Reads a scenario and moves it to tomorrow. @throws {StartRefused} when there is none of that name, or it is not one */
export async function prepareScenario(name: string, clock: Clock): Promise<PreparedScenario> {
  let told: Awaited<ReturnType<typeof loadScenario>>
  try {
    told = await loadScenario(name)
  } catch (cause) {
    if (!(cause instanceof ScenarioError)) throw cause
    const known = [...(await listScenarios()), ...(await listScenarios(undefined, 'line'))].join(', ')
    throw new StartRefused(`scenario ${name} cannot be played: ${cause.message} (known: ${known}, none)`, {}, { cause })
  }
  const scenario = rebase(told, clock.nowMs())
  const document = scenarioDocument(scenario)
  const { title, notice } = document
  return {
    simulation: {
      simulated: true,
      scenario: { name, title: textOf(title), notice: textOf(notice) },
      document: document as unknown as Readonly<Record<string, unknown>>,
    },
    start(nodeUrl, log) {
      const end = new AbortController()
      const playing: Promise<Play | null> = playScenario({
        baseUrl: nodeUrl,
        issuerUrl: `${nodeUrl}/token`,
        scenario,
        signal: end.signal,
        log: (event) => {
          if (event.kind === 'notice') log(`SIMULATED: ${event.message}`)
          else {
            const { report } = event
            const { clock: at, says } = report.beat
            log(`SIMULATED ${event.index + 1}/${event.count} ${at} ${says} -> ${report.status}: ${report.detail}`)
          }
        },
      }).then(
        (play) => {
          if (!play.stopped)
            log(
              `SIMULATED: the scenario is in the pool: ${play.met} beats as told, ${play.unmet} not, ${play.found} found from before`,
            )
          return play
        },
        (error: unknown) => {
          log(`SIMULATED: the scenario cannot be played: ${error instanceof Error ? error.message : String(error)}`)
          return null
        },
      )
      return {
        async stop() {
          end.abort()
          const play = await playing
          await play?.[Symbol.asyncDispose]()
        },
      }
    },
  }
}

/** A text, or the English one of several languages. */
function textOf(text: unknown): string {
  if (typeof text === 'string') return text
  const english = (text as { en?: unknown } | null)?.en
  return typeof english === 'string' ? english : ''
}
