import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import {
  type ActInput,
  ackIntent,
  activateIntent,
  answerMessage,
  composeMessage,
  type ItemDraft,
  type LineClient,
  messageBodyOf,
  openMessage,
  openWatch,
  proposeIntent,
  readBackMessage,
  suspendLine,
  takeMessage,
} from '@parley/client'
import type { Volume4D } from '@parley/geo4d'
import { formatItem, volumeBody } from '@parley/line'
import type { ActRef } from '@parley/record'
import { degrees, epochMs, metresHae } from '@parley/units'
import type { LineBeat, LineScenario, LineScenarioItem } from './line-scenario.ts'
import { sayingOf } from './saying.ts'
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
  let met = 0
  let unmet = 0
  for (const [at, beat] of scenario.beats.entries()) {
    if (pace > 0) await pause(beat.wait_ms * pace, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return { met, unmet, stopped: true }
    const player = players.find(({ side }) => side.party === beat.actor)
    if (player === undefined) throw new Error(`${beat.actor} has no player`)
    const cast: Cast = { scenario, player, beat, startS, nowS, made, signal }
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
  readonly signal: AbortSignal
}

async function perform(cast: Cast): Promise<string> {
  const { beat, player } = cast
  const { party } = player.side
  switch (beat.does) {
    case 'watch':
      await say(cast, openWatch(`${party}.duty`))
      return 'watch open'
    case 'message':
      return sendMessage(cast)
    case 'open':
      return about(cast, openMessage)
    case 'take':
      return about(cast, (number) => takeMessage(number, `${party}.duty`))
    case 'readback':
      return readBack(cast)
    case 'answer':
      return about(cast, (number) => answerMessage(number, { answer: beat.answer ?? 'concur' }))
    case 'border': {
      const { vertices, ...rest } = cast.scenario.border
      const body = { ...rest, vertices: vertices.map(([lat, lng]) => [e7(lat), e7(lng)]) }
      await say(cast, { kind: 'border.agree', body }, { officers: 2 })
      return 'logged'
    }
    case 'propose': {
      const { verdict, key } = await check(cast)
      if (verdict !== 'clear') throw new Error('the plan is not clear')
      const id = randomBytes(16).toString('hex')
      await say(cast, proposeIntent({ id, volumes: [volumeBody(volumeOf(cast))], priority: 1, profile: PROFILE, key }))
      return 'clear, proposed'
    }
    case 'ack': {
      const { ref } = await arrived(cast)
      await say(cast, ackIntent(ref, { consent: false }))
      return 'acknowledged'
    }
    case 'activate': {
      const plan = cast.made.get(beat.about ?? '')
      if (plan === undefined) throw new Error('there is no such plan')
      await until(cast, async () => {
        const { intents } = await player.client.flights(cast.scenario.table)
        return intents.some((one) => sameRef(one.ref as ActRef, plan.ref) && one.state === 'accepted')
      })
      await say(cast, activateIntent(plan.ref))
      return 'accepted by all, active'
    }
    case 'check': {
      const { verdict, clearing } = await check(cast)
      const laterS = (clearing as { laterS?: number } | null)?.laterS
      const { expects } = beat
      const blocked = verdict === 'blocked'
      const asTold =
        expects === undefined ||
        (blocked === expects.blocked && (expects.later_s === undefined || laterS === expects.later_s))
      const came = blocked ? `blocked, clear ${String(laterS)} s later` : 'clear'
      if (!asTold) throw new Error(came)
      return came
    }
    case 'suspend': {
      const suspension = { scope: 'all', reason: 'political-decision', sinceS: cast.nowS(), safetyOnly: true } as const
      await say(cast, suspendLine(suspension), { officers: 2 })
      return 'declared; the link is measured apart'
    }
  }
}

const PROFILE = 'rule-of-threes'

const check = (cast: Cast): ReturnType<LineClient['check']> =>
  cast.player.client.check(cast.scenario.table, { volumes: [volumeBody(volumeOf(cast))], profile: PROFILE })

const e7 = (value: number): number => Math.round(value * 1e7)
const sameRef = (a: ActRef, b: ActRef): boolean => a.o === b.o && a.i === b.i && a.h === b.h

/** Signs and posts; what it made is known by the beat's label. */
async function say(
  { scenario, player, beat, made }: Cast,
  input: ActInput,
  { officers = 1, number = null }: { readonly officers?: number; readonly number?: string | null } = {},
): Promise<void> {
  const draft = await player.client.draft(scenario.table)
  const signers = player.side.officers.slice(0, officers).map(({ signer }) => signer)
  const { origin, index, leaf } = await player.client.post(scenario.table, sayingOf(draft, input, signers))
  if (beat.label !== undefined) made.set(beat.label, { ref: { o: origin, i: index, h: leaf }, number })
}

async function sendMessage(cast: Cast): Promise<string> {
  const { beat, player, scenario, nowS } = cast
  const { message } = beat
  if (message === undefined) throw new Error('the beat has no message')
  const { id, items } = message.template
  const atS = nowS()
  const composed = composeMessage(await player.client.draft(scenario.table), {
    precedence: message.precedence,
    from: `${player.side.party}.duty`,
    to: message.to,
    zone: scenario.zone,
    remarks: 'SIMULATED',
    template: {
      id,
      items: Object.fromEntries(
        Object.entries(items).map(([slot, item]) => [slot, itemDraft(item, { atS, zone: scenario.zone })]),
      ),
    },
  })
  await say(cast, composed.input, { number: composed.number })
  return `${composed.number} signed`
}

const itemDraft = (
  item: LineScenarioItem,
  { atS, zone }: { readonly atS: number; readonly zone: string },
): ItemDraft => (item.type === 'time' ? { type: 'time', atS: atS + item.in_min * 60, zone } : item)

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

async function about(cast: Cast, input: (number: string) => ActInput): Promise<string> {
  const { number } = await arrived(cast)
  if (number === null) throw new Error('it is no message')
  await say(cast, input(number))
  return number
}

/** Reads back what the actor's own node shows of the message. */
async function readBack(cast: Cast): Promise<string> {
  const { number } = await arrived(cast)
  const { messages } = await cast.player.client.messages(cast.scenario.table)
  const message = messages.find((one) => one.number === number)
  if (message === undefined) throw new Error(`${String(number)} is not shown`)
  const heard = messageBodyOf(message).content.map((item) => ({
    letter: item.letter,
    text: item.type === 'position' ? item.echo.text : formatItem(item),
  }))
  const { input, match } = readBackMessage(message, heard)
  await say(cast, input)
  return match ? message.number : `${message.number}, which came back otherwise`
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
