import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { LineClient } from '@parley/client'
import { echoPosition, type Volume4D } from '@parley/geo4d'
import { formatItem, messageOfBody, sealMessageBody, volumeBody } from '@parley/line'
import type { ActRef, JsonObject, Signer } from '@parley/record'
import { degrees, epochMs, metresHae } from '@parley/units'
import { sayingOf } from './line-act.ts'
import type { LineBeat, LineScenario, LineScenarioItem } from './line-scenario.ts'
import type { SimulatedSide } from './simulated-side.ts'

export interface LinePlayer {
  readonly side: SimulatedSide
  readonly client: LineClient
}

export interface LinePlayOptions {
  readonly scenario: LineScenario
  readonly players: readonly LinePlayer[]
  readonly signal: AbortSignal
  readonly nowS: () => number
  /** Told of each beat and what came of it. */
  readonly log: (line: string) => void
  /** Share of the waiting that the story asks for; 0 for tests. */
  readonly pace?: number
}

export interface LinePlay {
  readonly met: number
  readonly unmet: number
  readonly stopped: boolean
}

/** What a beat made: how later beats cite it. */
interface Made {
  readonly ref: ActRef
  readonly number: string | null
  readonly body: JsonObject
}

const ARRIVAL_MS = 20_000

/**
 * Plays the beats of a line scenario through the nodes of its sides. A beat that cites what another side made waits until that has
 * arrived at its own node, as an officer would.
 */
export async function playLine(options: LinePlayOptions): Promise<LinePlay> {
  const { scenario, players, signal, nowS, log, pace = 1 } = options
  const startS = nowS()
  const made = new Map<string, Made>()
  const owners = new Map<string, string>()
  let met = 0
  let unmet = 0
  for (const [at, beat] of scenario.beats.entries()) {
    if (pace > 0) await pause(beat.wait_ms * pace, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return { met, unmet, stopped: true }
    const player = players.find(({ side }) => side.party === beat.actor)
    if (player === undefined) throw new Error(`${beat.actor} has no player`)
    const cast: Cast = { scenario, player, beat, startS, nowS, made, owners, signal }
    try {
      const came = await perform(cast)
      met += 1
      log(`SIMULATED line ${at + 1}/${scenario.beats.length} ${beat.actor}: ${beat.says} -> ${came}`)
    } catch (error) {
      if (signal.aborted) return { met, unmet, stopped: true }
      unmet += 1
      const why = error instanceof Error ? error.message : String(error)
      log(`SIMULATED line ${at + 1}/${scenario.beats.length} ${beat.actor}: ${beat.says} -> NOT AS TOLD: ${why}`)
    }
  }
  return { met, unmet, stopped: false }
}

interface Cast {
  readonly scenario: LineScenario
  readonly player: LinePlayer
  readonly beat: LineBeat
  readonly startS: number
  readonly nowS: () => number
  readonly made: Map<string, Made>
  readonly owners: Map<string, string>
  readonly signal: AbortSignal
}

async function perform(cast: Cast): Promise<string> {
  const { beat, player } = cast
  const { party } = player.side
  switch (beat.does) {
    case 'watch':
      await say(cast, { kind: 'watch.open', body: { role: `${party}.duty` } })
      return 'watch open'
    case 'message':
      return sendMessage(cast)
    case 'open':
      return about(cast, 'ack.open', {})
    case 'take':
      return about(cast, 'ack.take', { role: `${party}.duty` })
    case 'readback': {
      const { body } = await arrived(cast)
      const items = messageOfBody(body, partyOfMade(cast))
        .content.filter(({ type }) => type !== 'text' && type !== 'code')
        .map((item) => ({ letter: item.letter, text: item.type === 'position' ? item.echo.text : formatItem(item) }))
      return about(cast, 'ack.readback', { items, match: true })
    }
    case 'answer':
      return about(cast, 'ack.answer', { answer: beat.answer ?? 'concur' })
    case 'border': {
      const { vertices, ...rest } = cast.scenario.border
      const body = { ...rest, vertices: vertices.map(([lat, lng]) => [e7(lat), e7(lng)]) }
      await say(cast, { kind: 'border.agree', body, officers: 2 })
      return 'logged'
    }
    case 'propose': {
      const body = {
        id: randomBytes(16).toString('hex'),
        volumes: [volumeBody(volumeOf(cast))],
        priority: 1,
        profile: 'rule-of-threes',
        key: [],
      }
      const check = await player.client.check(cast.scenario.table, {
        volumes: [volumeBody(volumeOf(cast))],
        profile: 'rule-of-threes',
      })
      if (check.verdict !== 'clear') throw new Error('the plan is not clear')
      await say(cast, { kind: 'intent.propose', body })
      return 'clear, proposed'
    }
    case 'ack': {
      const { ref } = await arrived(cast)
      await say(cast, { kind: 'intent.ack', body: { consent: false }, ref })
      return 'acknowledged'
    }
    case 'activate': {
      const plan = cast.made.get(beat.about ?? '')
      if (plan === undefined) throw new Error('there is no such plan')
      await until(cast, async () => {
        const { intents } = await player.client.flights(cast.scenario.table)
        return intents.some((one) => sameRef(one.ref as ActRef, plan.ref) && one.state === 'accepted')
      })
      await say(cast, { kind: 'intent.activate', ref: plan.ref })
      return 'accepted by all, active'
    }
    case 'check': {
      const check = await player.client.check(cast.scenario.table, {
        volumes: [volumeBody(volumeOf(cast))],
        profile: 'rule-of-threes',
      })
      const laterS = (check.clearing as { laterS?: number } | null)?.laterS
      const blocked = check.verdict === 'blocked'
      const { expects } = beat
      if (
        expects !== undefined &&
        (blocked !== expects.blocked || (expects.later_s !== undefined && laterS !== expects.later_s))
      )
        throw new Error(`${check.verdict}, clear ${String(laterS)} s later`)
      return blocked ? `blocked, clear ${String(laterS)} s later` : 'clear'
    }
    case 'suspend':
      await say(cast, {
        kind: 'line.suspend',
        body: { scope: 'all', reason: 'political-decision', since: cast.nowS(), safety_only: true },
        officers: 2,
      })
      return 'declared; the link is measured apart'
  }
}

const e7 = (value: number): number => Math.round(value * 1e7)
const sameRef = (a: ActRef, b: ActRef): boolean => a.o === b.o && a.i === b.i && a.h === b.h

/** Signs and posts; what it made is known by the beat's label. */
async function say(
  { scenario, player, beat, made, owners }: Cast,
  saying: {
    readonly kind: string
    readonly body?: JsonObject
    readonly ref?: ActRef
    readonly officers?: number
    readonly number?: string
  },
): Promise<void> {
  const { kind, body = {}, ref, officers = 1, number = null } = saying
  const draft = await player.client.draft(scenario.table)
  const signers: Signer[] = player.side.officers.slice(0, officers).map(({ signer }) => signer)
  const note = sayingOf(draft, { kind, body, ...(ref === undefined ? {} : { ref }) }, signers)
  const { origin, index, leaf } = await player.client.post(scenario.table, note)
  if (beat.label === undefined) return
  made.set(beat.label, { ref: { o: origin, i: index, h: leaf }, number, body })
  owners.set(beat.label, player.side.party)
}

async function sendMessage(cast: Cast): Promise<string> {
  const { beat, player, scenario, nowS } = cast
  const { message } = beat
  if (message === undefined) throw new Error('the beat has no message')
  const draft = await player.client.draft(scenario.table)
  const to = message.to.split('.')[0] ?? ''
  const number = draft.nextNumbers[to]
  if (number === undefined) throw new Error(`no number for ${to}`)
  const body = sealMessageBody({
    number,
    precedence: message.precedence,
    from: `${player.side.party}.duty`,
    to: message.to,
    info: [],
    subject: message.subject,
    dtg: draft.at,
    zone: scenario.zone,
    basis: 'NONE',
    refs: [],
    content: message.content.map((item) => itemBody(item, { zone: scenario.zone, nowS: nowS() })),
    remarks: 'SIMULATED',
    ...(message.template === undefined
      ? {}
      : { template: { id: message.template.id, values: { ...message.template.values } } }),
  })
  await say(cast, { kind: 'message', body, number })
  return `${number} signed`
}

function itemBody(
  item: LineScenarioItem,
  { zone, nowS }: { readonly zone: string; readonly nowS: number },
): JsonObject {
  const { letter, type } = item
  if (type === 'position') {
    const { lat, lng } = item as unknown as { lat: number; lng: number }
    const point = { latDeg: degrees(lat), lngDeg: degrees(lng) }
    const echo = echoPosition(point)
    return {
      letter,
      type,
      lat_e7: e7(lat),
      lng_e7: e7(lng),
      datum: 'WGS84',
      typed: echo.decimalDegrees,
      notation: 'decimal_degrees',
      echo: { notation: 'degrees_minutes_seconds', text: echo.degreesMinutesSeconds },
    }
  }
  if (type === 'time') return { letter, type, at: nowS + Number(item['in_min']) * 60, zone }
  return { ...(item as unknown as JsonObject) }
}

const partyOfMade = ({ beat, owners }: Cast): string => owners.get(beat.about ?? '') ?? ''

/** What the beat is about, once it has come to the actor's own node. */
async function arrived(cast: Cast): Promise<Made> {
  const { beat, made, player, scenario } = cast
  const about = made.get(beat.about ?? '')
  if (about === undefined) throw new Error(`${String(beat.about)} was not made`)
  const { o, i } = about.ref
  await until(cast, async () => {
    const state = await player.client.state(scenario.table)
    return state.parties.some(({ origin, size }) => origin === o && size > i)
  })
  return about
}

async function about(cast: Cast, kind: string, body: JsonObject): Promise<string> {
  const { number } = await arrived(cast)
  if (number === null) throw new Error('it is no message')
  await say(cast, { kind, body: { number, ...body } })
  return number
}

async function until({ signal }: Cast, holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + ARRIVAL_MS
  while (!(await holds())) {
    if (performance.now() > end) throw new Error('it did not come in time')
    await pause(200, undefined, { signal })
  }
}

/** The volume of the beat, at the time of the play. */
function volumeOf({ scenario, beat, startS }: Cast): Volume4D {
  const told = scenario.volumes[beat.volume ?? '']
  if (told === undefined) throw new Error(`there is no volume ${String(beat.volume)}`)
  const minute = Math.ceil(startS / 60) * 60
  const at = (minutes: number) => epochMs((minute + minutes * 60 + (beat.shift_s ?? 0)) * 1000)
  return {
    outline: {
      kind: 'polygon',
      vertices: told.polygon.map(([lat, lng]) => ({ latDeg: degrees(lat), lngDeg: degrees(lng) })),
    },
    altitudeLowerM: metresHae(told.lower_m),
    altitudeUpperM: metresHae(told.upper_m),
    startMs: at(told.from_min),
    endMs: at(told.to_min),
  }
}
