import { readFile } from 'node:fs/promises'
import type { ItemDraft, TemplateDraft } from '@parley/client'
import type { AnswerCode } from '@parley/line'
import { SCENARIO_FOLDER, SCENARIO_FORMATS } from '../load-scenario.ts'
import { ScenarioError } from '../scenario-error.ts'

/** A text in several languages, English among them. */
export type Texts = Readonly<Record<string, string>>

export interface LineScenarioVolume {
  /** Corners [latitude, longitude] in degrees. */
  readonly polygon: readonly (readonly [number, number])[]
  /** Metres above the ellipsoid. */
  readonly lower_m: number
  readonly upper_m: number
  /** Minutes after the play begins. */
  readonly from_min: number
  readonly to_min: number
}

/** An item of an agreed sentence, as `composeMessage` of @parley/client takes it, but times in minutes from the beat. */
export type LineScenarioItem = Exclude<ItemDraft, { type: 'time' }> | { readonly type: 'time'; readonly in_min: number }

export interface LineScenarioMessage {
  readonly to: string
  readonly precedence: 'FLASH' | 'PRIORITY' | 'ROUTINE'
  readonly template: {
    readonly id: TemplateDraft['id']
    readonly items: Readonly<Record<string, LineScenarioItem>>
  }
}

export const LINE_DEEDS = [
  'watch',
  'message',
  'open',
  'take',
  'readback',
  'answer',
  'border',
  'propose',
  'ack',
  'activate',
  'check',
  'suspend',
] as const

export interface LineBeat {
  readonly wait_ms: number
  readonly actor: string
  readonly does: (typeof LINE_DEEDS)[number]
  readonly says: string
  /** Name by which later beats mean what this one makes. */
  readonly label?: string
  readonly about?: string
  readonly message?: LineScenarioMessage
  readonly answer?: AnswerCode
  readonly volume?: string
  readonly shift_s?: number
  readonly expects?: { readonly blocked: boolean; readonly later_s?: number }
}

/** A story that sides of a line play through the APIs of their own nodes. Everything in it is invented and says SIMULATED. */
export interface LineScenario {
  readonly format: 'parley-line-scenario/1'
  readonly name: string
  readonly title: Texts
  readonly notice: Texts
  readonly table: string
  readonly zone: string
  readonly parties: readonly {
    readonly party: string
    readonly role: 'party' | 'guarantor' | 'observer'
    readonly title: Texts
  }[]
  readonly volumes: Readonly<Record<string, LineScenarioVolume>>
  readonly border: {
    readonly id: string
    readonly version: number
    readonly title: string
    readonly left: string
    readonly right: string
    readonly tolerance_m: number
    readonly vertices: readonly (readonly [number, number])[]
  }
  readonly beats: readonly LineBeat[]
}

/** Whether the scenario of that name is one of a line. @throws {ScenarioError} when there is none of that name */
export async function loadLineScenario(name: string): Promise<LineScenario | null> {
  if (!/^[a-z][a-z0-9-]*$/.test(name))
    throw new ScenarioError('scenario-unknown', `There is no scenario ${name}.`, { name })
  const text = await readFile(new URL(`${name}.json`, SCENARIO_FOLDER), 'utf8').catch(() => null)
  if (text === null) return null
  const value = JSON.parse(text) as { format?: unknown }
  return value.format === SCENARIO_FORMATS.line ? checked(value as LineScenario) : null
}

function checked(scenario: LineScenario): LineScenario {
  const parties = new Set(scenario.parties.map(({ party }) => party))
  const labels = new Set<string>()
  for (const [at, beat] of scenario.beats.entries()) {
    const wrong = (what: string): ScenarioError =>
      new ScenarioError('scenario-malformed', `Beat ${at + 1} of ${scenario.name}: ${what}`)
    if (!LINE_DEEDS.includes(beat.does)) throw wrong(`nobody can ${beat.does}`)
    if (!parties.has(beat.actor)) throw wrong(`${beat.actor} is not at the table`)
    if (beat.about !== undefined && !labels.has(beat.about)) throw wrong(`${beat.about} was not made before`)
    if (beat.volume !== undefined && scenario.volumes[beat.volume] === undefined)
      throw wrong(`there is no volume ${beat.volume}`)
    if (beat.label !== undefined) labels.add(beat.label)
  }
  return scenario
}
