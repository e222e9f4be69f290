import type { LatLng, Outline } from '@parley/geo4d'
import { degrees, metres } from '@parley/units'
import { batch, computed, signal } from '@preact/signals'
import { type Draft, emptyDraft, MOST_POINTS, readDraft, readNumber } from './draft.ts'
import type { OfferedShift } from './explain.ts'
import { shortId } from './format.ts'
import type { Sentence } from './i18n.ts'
import { lookAt } from './look-at.ts'
import { report, settle } from './problems.ts'
import { itemById, me, picture, pool, readPicture, remedyOf, scenario, serverNowMs } from './session.ts'
import { draftWithVolume, shiftVolume } from './shift.ts'
import { shownMs } from './view-state.ts'
import type { Blocking, Clearing, Verdict } from './wire.ts'
import { volumeToWire } from './wire.ts'
import { clockText, dateText } from './zoned-time.ts'

/** The form of a newcomer: the draft, the verdict on it, filing and withdrawing. */

export const draft = signal<Draft>(emptyDraft)
export const drawing = signal(false)
/** Set by the map: where its centre is. */
export const mapCentre = signal<LatLng>({ latDeg: degrees(41.86), lngDeg: degrees(-8.1) })
/** Problems are shown once somebody has asked, not while they type. */
export const showProblems = signal(false)

export interface GivenVerdict {
  readonly blocking: readonly Blocking[]
  readonly clearing: Clearing
  readonly blocked: boolean
  /** The draft and the picture it was given for. */
  readonly draft: Draft
  readonly head: number | null
  readonly atMs: number
  /** Set when the plan was filed: what to say of it. */
  readonly filed: Sentence | null
}

export const verdict = signal<GivenVerdict | null>(null)
export const asking = signal(false)
export const filing = signal(false)
export const withdrawing = signal<string | null>(null)
/** The last thing done, said once for everybody who listens. */
export const lastDone = signal<Sentence | null>(null)
/** Plans of one's own in the way that were acknowledged. */
export const acknowledged = signal<ReadonlySet<string>>(new Set())

const nowByMinute = computed(() => Math.floor(serverNowMs.value / 60_000) * 60_000)
export const reading = computed(() => readDraft(draft.value, nowByMinute.value))

export function change(part: Partial<Draft>): void {
  draft.value = { ...draft.value, ...part }
}

export function addPoint(point: LatLng): void {
  const { shape, points } = draft.value
  if (shape === 'circle') change({ points: [point] })
  else if (points.length < MOST_POINTS) change({ points: [...points, point] })
}

export function removePoint(index: number): void {
  change({ points: draft.value.points.filter((_, at) => at !== index) })
}

export function emptyForm(): void {
  batch(() => {
    draft.value = emptyDraft
    verdict.value = null
    showProblems.value = false
    drawing.value = false
    acknowledged.value = new Set()
    lastDone.value = null
  })
}

/** The outline of the draft for the map, as far as it can be drawn already, before all of it is valid. */
export const draftOutline = computed<Outline | null>(() => {
  const { shape, points, radius, radiusUnit } = draft.value
  if (shape === 'polygon') return points.length < 3 ? null : { kind: 'polygon', vertices: points }
  const centre = points[0]
  const value = readNumber(radius)
  if (centre === undefined || value === null || value <= 0 || radiusUnit === '') return null
  const unit = { m: 1, ft: 0.3048, nm: 1852 }[radiusUnit]
  return { kind: 'circle', centre, radiusM: metres(value * unit) }
})

/**
 * A drone survey of an hour, 500 m around the scenario's first place or else the map's centre: an example to be
 * changed, put there only on request.
 */
export function fillExample(): void {
  const place = scenario.value?.places[0]
  const centre =
    place === undefined ? mapCentre.value : { latDeg: degrees(place.latDeg), lngDeg: degrees(place.lngDeg) }
  const startMs = Math.max(Math.ceil(shownMs.value / 60_000) * 60_000, nowByMinute.value + 300_000)
  batch(() => {
    draft.value = {
      ...emptyDraft,
      shape: 'circle',
      points: [rounded(centre)],
      radius: '500',
      radiusUnit: 'm',
      lower: '800',
      upper: '1000',
      heightUnit: 'm',
      heightReference: 'W84',
      zone: 'UTC',
      ...timesFrom(startMs, 'UTC'),
    }
    verdict.value = null
    acknowledged.value = new Set()
    lookAt.value = { kind: 'draft' }
  })
}

/** Positions taken from the map carry six decimals, a tenth of a metre. */
export function rounded({ latDeg, lngDeg }: LatLng): LatLng {
  const turned = ((((lngDeg + 180) % 360) + 360) % 360) - 180
  return { latDeg: degrees(Number(latDeg.toFixed(6))), lngDeg: degrees(Number(turned.toFixed(6))) }
}

function timesFrom(startMs: number, zone: string): Pick<Draft, 'startDate' | 'startTime' | 'endDate' | 'endTime'> {
  const endMs = startMs + 3_600_000
  return {
    startDate: dateText(startMs, zone),
    startTime: clockText(startMs, zone),
    endDate: dateText(endMs, zone),
    endTime: clockText(endMs, zone),
  }
}

/** Takes the start from the slider, an hour long, in the zone chosen. */
export function timesFromSlider(): void {
  const { zone } = draft.value
  if (zone !== '') change(timesFrom(Math.round(shownMs.value / 60_000) * 60_000, zone))
}

/** The OVNs that may be presented: of one's own plans, each acknowledged by name. */
function acknowledgedKey(): string[] {
  return [...acknowledged.value].flatMap((id) => {
    const ovn = itemById.value.get(id)?.ovn
    return ovn == null ? [] : [ovn]
  })
}

const nothingInTheWay = { blocking: [], clearing: {} }

function keepVerdict(part: Pick<GivenVerdict, 'blocking' | 'clearing' | 'blocked' | 'filed'>, asked: Draft): void {
  verdict.value = { ...part, draft: asked, head: picture.value?.head ?? null, atMs: serverNowMs.value }
}

/** Asks the pool about the draft; shows what is wrong with it when it cannot be asked. */
export async function ask(): Promise<void> {
  showProblems.value = true
  lastDone.value = null
  const read = reading.value
  if (read.kind === 'problems' || asking.value) return
  asking.value = true
  const asked = draft.value
  try {
    const answer = await pool.check({ extents: [volumeToWire(read.volume)], key: acknowledgedKey() })
    if (answer.kind !== 'accepted') {
      report({ what: 'problem.check', ...remedyOf(answer) })
      return
    }
    settle('problem.check')
    const value: Verdict = answer.value
    keepVerdict(
      {
        blocking: value.blocking,
        clearing: value.clearing ?? {},
        blocked: value.verdict === 'blocked',
        filed: null,
      },
      asked,
    )
  } finally {
    asking.value = false
  }
}

/** Moves the draft by a shift and asks again. */
export async function applyShift(offered: OfferedShift): Promise<void> {
  const read = reading.value
  if (read.kind === 'problems') return
  draft.value = draftWithVolume(draft.value, shiftVolume(read.volume, offered))
  await ask()
}

export const ussBaseUrl = computed(() => `https://${me.value.replaceAll(/[^A-Za-z0-9.-]/g, '-')}.example/simulated`)

function newId(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID()
  // Browsers keep randomUUID from pages served over plain http by another machine.
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** With this the pool also weighs zones: F3548 asks for the key of constraints only of those who are told of them. */
const FILE_SCOPES = ['utm.strategic_coordination', 'utm.constraint_processing'] as const

/** Files the draft as an accepted plan. A refusal becomes the verdict, with its reasons. */
export async function file(): Promise<void> {
  showProblems.value = true
  lastDone.value = null
  const read = reading.value
  if (read.kind === 'problems' || filing.value) return
  filing.value = true
  const asked = draft.value
  const id = newId()
  try {
    const body = {
      extents: [volumeToWire(read.volume)],
      key: acknowledgedKey(),
      state: 'Accepted' as const,
      uss_base_url: ussBaseUrl.value,
      new_subscription: { uss_base_url: ussBaseUrl.value, notify_for_constraints: true },
    }
    const answer = await pool.operationalIntents.put(id, body, { scopes: [...FILE_SCOPES] })
    if (answer.kind === 'accepted') {
      settle('problem.file')
      const { version } = answer.value.operational_intent_reference
      const filed = { key: 'file.done', args: { name: `…${shortId(id)}`, version: String(version) } } as const
      keepVerdict({ ...nothingInTheWay, blocked: false, filed }, asked)
      acknowledged.value = new Set()
      await readPicture()
      return
    }
    const refusal = answer.kind === 'conflict' ? answer.error : null
    if (refusal?.blocking !== undefined) {
      settle('problem.file')
      keepVerdict({ blocking: refusal.blocking, clearing: refusal.clearing ?? {}, blocked: true, filed: null }, asked)
      lastDone.value = { key: 'file.refused' }
      return
    }
    report({ what: 'problem.file', ...remedyOf(answer) })
  } finally {
    filing.value = false
  }
}

/** Withdraws a plan of one's own. */
export async function withdraw(id: string, ovn: string): Promise<void> {
  if (withdrawing.value !== null) return
  withdrawing.value = id
  try {
    const answer = await pool.operationalIntents.delete(id, ovn)
    if (answer.kind === 'accepted') {
      settle('problem.withdraw')
      lastDone.value = { key: 'mine.withdrawn', args: { name: `…${shortId(id)}` } }
      if (verdict.value?.filed != null) verdict.value = null
    } else {
      report({ what: 'problem.withdraw', ...remedyOf(answer) })
    }
    await readPicture()
  } finally {
    withdrawing.value = null
  }
}
