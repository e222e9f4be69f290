import { type ActInput, ackIntent, activateIntent, endIntent, proposeIntent, withdrawIntent } from '@parley/client'
import type { LineCheckResponse, LineFlights } from '@parley/contracts'
import type { ActRef, JsonObject } from '@parley/record'
import type { CliContext } from '../context.ts'
import { refuseExisting } from '../keys/files.ts'
import { CannotFollow } from '../keys/usage.ts'
import { confirm } from './ask.ts'
import { groundLines } from './ground-lines.ts'
import { newId, openTable, sign, signersOf, type TableFlags } from './node.ts'
import { readJsonOrFile } from './read-item.ts'
import { postOrWrite, type SharedFlags } from './run-declare.ts'
import { table as columns, lasting, safe, when } from './show.ts'
import { LINE_EXIT, tell } from './usage.ts'

export interface CheckDraftFlags extends TableFlags {
  readonly profile?: string
  readonly priority: number
}

export interface ProposeFlags extends SharedFlags {
  readonly profile: string
  readonly priority: number
  readonly id?: string
  readonly yes: boolean
}

export interface AckFlags extends SharedFlags {
  readonly consent: boolean
}

/** A plan as the node tells it. */
interface Intent {
  readonly ref: ActRef
  readonly party: string
  readonly state: string
  readonly atS: number
  readonly missing: readonly string[]
  readonly body: {
    readonly id: string
    readonly priority: number
    readonly profile: string
    readonly volumes: readonly {
      readonly altitudeLowerM: number
      readonly altitudeUpperM: number
      readonly startMs: number
      readonly endMs: number
    }[]
  }
}

/** Volumes as acts write them, given as JSON or in a file: one, or a list. @throws {CannotFollow} */
export function volumesOf(given: string): JsonObject[] {
  const value = readJsonOrFile('VOLUMES', given)
  const list = Array.isArray(value) ? (value as unknown[]) : [value]
  if (list.length === 0 || !list.every((one) => typeof one === 'object' && one !== null && !Array.isArray(one)))
    throw new CannotFollow('VOLUMES', given.slice(0, 60), 'must be a volume or a list of volumes')
  return list as JsonObject[]
}

const spanOf = ({ volumes }: Intent['body']): string => {
  const from = Math.min(...volumes.map(({ startMs }) => startMs))
  const to = Math.max(...volumes.map(({ endMs }) => endMs))
  const low = Math.min(...volumes.map(({ altitudeLowerM }) => altitudeLowerM))
  const high = Math.max(...volumes.map(({ altitudeUpperM }) => altitudeUpperM))
  return `${when(from / 1000)} to ${when(to / 1000)}, ${Math.round(low)} to ${Math.round(high)} m W84`
}

const intentLine = (intent: Intent): string[] => [
  intent.body.id.slice(0, 8),
  intent.party,
  intent.state,
  spanOf(intent.body),
  intent.missing.length === 0 ? '' : `waits for ${intent.missing.join(', ')}`,
]

function checkLines(found: LineCheckResponse): string[] {
  if (found.verdict === 'clear') return ['clear: it comes too near to no plan of another side', ...aroundLines(found)]
  const rows = (found.conflicts as unknown as readonly Intent[]).map((intent) => ['  ', ...intentLine(intent)])
  return ['BLOCKED: it comes too near to', ...columns(rows), ...clearingLines(found.clearing), ...aroundLines(found)]
}

/** What each of the shifts that would clear a plan is called, and how it is told. */
const SHIFTS: Readonly<Record<string, (by: number) => string>> = {
  laterS: (by) => `${lasting(by)} later`,
  earlierS: (by) => `${lasting(by)} earlier`,
  upM: (by) => `${Math.ceil(by)} m higher`,
  downM: (by) => `${Math.ceil(by)} m lower`,
}

function clearingLines(clearing: LineCheckResponse['clearing']): string[] {
  const shifts = Object.entries(clearing ?? {}).flatMap(([name, value]) => {
    const text = SHIFTS[name]
    return text === undefined || typeof value !== 'number' ? [] : [text(value)]
  })
  return shifts.length === 0 ? [] : [`clear when ${shifts.join(', or ')}`]
}

/** Areas that ask for a call before, and lines that are met: what the node adds beside the verdict. */
function aroundLines(found: LineCheckResponse): string[] {
  const { areas = [], borders = [] } = found as unknown as {
    readonly areas?: readonly {
      readonly party: string
      readonly body: { readonly title: string; readonly callBeforeS: number }
    }[]
    readonly borders?: readonly unknown[]
  }
  return [
    ...areas.map(
      ({ party, body }) => `call ${party} at least ${lasting(body.callBeforeS)} before: it enters ${safe(body.title)}`,
    ),
    ...borders.map((finding) => `line: ${safe(JSON.stringify(finding))}`),
  ]
}

/** `parley line check VOLUMES`: holds a plan against what flies; nothing is written. Exit 1 when it is blocked. */
export function runCheckDraft(given: string, flags: CheckDraftFlags, { process }: CliContext): Promise<void> {
  return tell({ process, json: flags.json, command: 'line check' }, async () => {
    const volumes = volumesOf(given)
    const { client, table } = await openTable(flags)
    const profile = flags.profile === undefined ? {} : { profile: flags.profile }
    const found = await client.check(table, { volumes, priority: flags.priority, ...profile })
    return {
      facts: found,
      lines: checkLines(found),
      code: found.verdict === 'clear' ? LINE_EXIT.done : LINE_EXIT.refused,
    }
  })
}

/** `parley line propose VOLUMES`: proposes a plan, citing every plan it comes too near to. */
export function runPropose(given: string, flags: ProposeFlags, { process }: CliContext): Promise<void> {
  return tell({ process, json: flags.json, command: 'line propose' }, async () => {
    if (flags.out !== undefined) refuseExisting('--out', flags.out)
    const volumes = volumesOf(given)
    if (flags.id !== undefined && !/^[0-9a-f]{32}$/.test(flags.id))
      throw new CannotFollow('--id', flags.id, 'must be 32 lower-case hex digits')
    const { client, table } = await openTable(flags)
    const { profile, priority } = flags
    const found = await client.check(table, { volumes, priority, profile })
    if (found.verdict === 'blocked' && !flags.yes) {
      process.stderr.write(`${checkLines(found).join('\n')}\n`)
      await confirm('Propose it all the same, citing these plans and asking for consent?')
    }
    const id = flags.id ?? newId()
    const input = proposeIntent({ id, volumes, priority, profile, key: found.key })
    const note = sign(await client.draft(table), input, await signersOf(flags))
    const told = await postOrWrite({ client, table, out: flags.out }, note, `proposed as ${id}`)
    return {
      facts: { id, verdict: found.verdict, key: found.key, ...(told.facts as object) },
      lines: [...told.lines, ...aroundLines(found)],
    }
  })
}

/** Finds a plan by the first digits of its id, or by `party:index` of the entry that proposed it. @throws {CannotFollow} */
export function findIntent({ intents }: Pick<LineFlights, 'intents'>, given: string): Intent {
  const all = intents as unknown as readonly Intent[]
  const [, party, index] = /^([a-z0-9-]+):(\d+)$/.exec(given) ?? []
  const byId = /^[0-9a-f]{4,32}$/.test(given) ? all.filter(({ body }) => body.id.startsWith(given)) : []
  const found = party === undefined ? byId : all.filter((one) => one.party === party && one.ref.i === Number(index))
  const ids = new Set(found.map(({ body }) => body.id))
  // The same plan proposed anew keeps its id: the newest one that is not over is meant.
  const open = found.filter(({ state }) => !['withdrawn', 'ended', 'invalid'].includes(state))
  const newest = (open.length > 0 ? open : found).at(-1)
  if (newest === undefined)
    throw new CannotFollow(
      'PLAN',
      given,
      'must be the id of a plan (four digits or more) or party:index; see parley line flights',
    )
  if (ids.size > 1) throw new CannotFollow('PLAN', given, `is the beginning of ${ids.size} plans: give more digits`)
  return newest
}

/** What is done with a plan, by the command's name. */
const DOINGS = {
  ack: { own: false, done: 'acknowledged' },
  withdraw: { own: true, done: 'withdrawn' },
  activate: { own: true, done: 'active' },
  end: { own: true, done: 'ended' },
} as const
export type IntentDoing = keyof typeof DOINGS

function inputOf(doing: IntentDoing, ref: ActRef, consent: boolean): ActInput {
  switch (doing) {
    case 'ack':
      return ackIntent(ref, { consent })
    case 'withdraw':
      return withdrawIntent(ref)
    case 'activate':
      return activateIntent(ref)
    case 'end':
      return endIntent(ref)
  }
}

/** `parley line ack|withdraw|activate|end PLAN`. */
export function runIntent(
  doing: IntentDoing,
  [given, flags]: readonly [string, AckFlags],
  { process }: CliContext,
): Promise<void> {
  return tell({ process, json: flags.json, command: `line ${doing}` }, async () => {
    if (flags.out !== undefined) refuseExisting('--out', flags.out)
    const { client, table } = await openTable(flags)
    const draft = await client.draft(table)
    const intent = findIntent(await client.flights(table), given)
    const { own, done } = DOINGS[doing]
    if ((intent.party === draft.party) !== own)
      throw new CannotFollow(
        'PLAN',
        given,
        own ? `must be a plan of ours; it is of ${intent.party}` : 'must be a plan of another side',
      )
    if (doing === 'activate' && intent.state !== 'accepted') {
      const waits = intent.missing.length === 0 ? '' : `: ${intent.missing.join(', ')} must acknowledge first`
      throw new CannotFollow('PLAN', given, `must be accepted, and is ${intent.state}${waits}`)
    }
    const note = sign(draft, inputOf(doing, intent.ref, flags.consent), await signersOf(flags))
    const told = await postOrWrite({ client, table, out: flags.out }, note, `${intent.body.id} is ${done}`)
    return { facts: { id: intent.body.id, ref: intent.ref, ...(told.facts as object) }, lines: told.lines }
  })
}

/** `parley line flights`: the plans of all sides, and areas that ask for a call. */
export function runFlights(flags: TableFlags, { process }: CliContext): Promise<void> {
  return tell({ process, json: flags.json, command: 'line flights' }, async () => {
    const { client, table } = await openTable(flags)
    const flights = await client.flights(table)
    return { facts: flights, lines: flightLines(flights) }
  })
}

export function flightLines(flights: Pick<LineFlights, 'intents' | 'areas' | 'borders'>): string[] {
  const rows = (flights.intents as unknown as readonly Intent[]).map(intentLine)
  return [...(rows.length === 0 ? ['no plans'] : columns(rows)), ...groundLines(flights)]
}
