import { clockMs } from './clock-time.ts'
import type {
  Action,
  Beat,
  ConstraintTold,
  Expectation,
  Hit,
  IntentTold,
  OutlineTold,
  Scenario,
  VolumeTold,
} from './scenario.ts'
import { ScenarioError } from './scenario-error.ts'

/** A value of the document and where it stands. */
interface At {
  readonly value: unknown
  readonly field: string
}

const DATE = /^\d{4}-\d{2}-\d{2}$/
const LABEL = /^[a-z0-9]+(?:-[a-z0-9]+)*$/
const OFFSET = /^[+-](?:0\d|1[0-4]):[0-5]\d$/

/**
 * Checks a parsed document and returns it as a Scenario, left-out optional fields filled with their meaning.
 * Throws ScenarioError `scenario-malformed` with the field, the value and the rule for the first thing that is wrong:
 * a missing or unknown field, a wrong type or range, a label that names nothing, a beat out of order.
 */
export function readScenario(document: unknown): Scenario {
  const root = object({ value: document, field: '' }, [
    'format',
    'name',
    'simulated',
    'title',
    'notice',
    'comment',
    'date',
    'start',
    'end',
    'geoid',
    'time_zones',
    'zones',
    'places',
    'rings',
    'outlines',
    'suppliers',
    'users',
    'subscriptions',
    'constraints',
    'intents',
    'beats',
    'notes',
  ])
  const geoid = object(root.geoid, ['model', 'undulation_m', 'source'])
  const scenario: Scenario = {
    format: oneOf(root.format, ['parley-scenario/1']),
    name: matching(root.name, LABEL, 'a lower-case label such as fire'),
    simulated: root.simulated.value === true ? true : wrong(root.simulated, 'must be true: a scenario is never real'),
    title: saysSimulated(root.title),
    notice: saysSimulated(root.notice),
    comment: list(root.comment, text),
    date: calendarDate(root.date),
    start: clock(root.start),
    end: clock(root.end),
    geoid: {
      model: text(geoid.model),
      undulation_m: within(geoid.undulation_m, -120, 120),
      source: text(geoid.source),
    },
    time_zones: list(root.time_zones, timeZone),
    zones: list(root.zones, (at) => {
      const zone = object(at, ['name', 'place', 'utc_offset', 'time_zone'])
      return {
        name: text(zone.name),
        place: text(zone.place),
        utc_offset: matching(zone.utc_offset, OFFSET, 'an offset such as +02:00'),
        time_zone: timeZone(zone.time_zone),
      }
    }),
    places: list(root.places, (at) => {
      const place = object(at, ['name', 'kind', 'lat', 'lng'])
      return { name: text(place.name), kind: text(place.kind), lat: latitude(place.lat), lng: longitude(place.lng) }
    }),
    rings: list(root.rings, (at) => {
      const ring = object(at, ['name', 'lat', 'lng', 'radius_m', 'note'])
      return {
        name: text(ring.name),
        lat: latitude(ring.lat),
        lng: longitude(ring.lng),
        radius_m: within(ring.radius_m, 1, 1_000_000),
        note: text(ring.note),
      }
    }),
    outlines: entries(root.outlines, outline),
    suppliers: list(root.suppliers, (at) => {
      const supplier = object(at, ['label', 'manager', 'title'])
      return {
        label: label(supplier.label),
        manager: matching(supplier.manager, /^sim-[a-z0-9-]+$/, 'a manager name that starts with sim-'),
        title: saysSimulated(supplier.title),
      }
    }),
    users: list(root.users, (at) => {
      const user = object(at, ['label', 'supplier', 'title'])
      return { label: label(user.label), supplier: text(user.supplier), title: saysSimulated(user.title) }
    }),
    subscriptions: list(root.subscriptions, (at) => {
      const subscription = object(at, ['label', 'supplier', 'outline', 'from', 'to'])
      return {
        label: label(subscription.label),
        supplier: text(subscription.supplier),
        outline: text(subscription.outline),
        ...span(subscription.from, subscription.to),
      }
    }),
    constraints: list(root.constraints, constraint),
    intents: list(root.intents, intent),
    beats: list(root.beats, beat),
    notes: list(root.notes, (at) => {
      const note = object(at, ['clock', 'text'])
      return { clock: clock(note.clock), text: text(note.text) }
    }),
  }
  checkLabels(scenario)
  checkOrder(scenario.beats)
  return scenario
}

function outline(at: At): OutlineTold {
  const kind = oneOf(member(at, 'kind'), ['circle', 'polygon'])
  if (kind === 'circle') {
    const circle = object(at, ['kind', 'lat', 'lng', 'radius_m'])
    return {
      kind,
      lat: latitude(circle.lat),
      lng: longitude(circle.lng),
      radius_m: within(circle.radius_m, 1, 1_000_000),
    }
  }
  const vertices = list(object(at, ['kind', 'vertices']).vertices, (vertex) => {
    const pair = list(vertex, (part) => part)
    const [lat, lng] = pair
    if (lat === undefined || lng === undefined || pair.length !== 2)
      return wrong(vertex, 'must be [latitude, longitude]')
    return [latitude(lat), longitude(lng)] as const
  })
  return vertices.length >= 3 ? { kind, vertices } : wrong(at, 'must have at least three vertices')
}

function constraint(at: At): ConstraintTold {
  const told = object(at, ['label', 'name', 'user', 'type', 'revisions'])
  return {
    label: label(told.label),
    name: saysSimulated(told.name),
    user: text(told.user),
    type: text(told.type),
    revisions: entries(told.revisions, volumes),
  }
}

function intent(at: At): IntentTold {
  const told = object(at, ['label', 'name', 'row', 'user', 'priority', 'under', 'subscription', 'revisions'])
  return {
    label: label(told.label),
    name: saysSimulated(told.name),
    row: within(told.row, 1, 1000),
    user: text(told.user),
    priority: within(told.priority, -100, 100),
    under: list(told.under, text),
    subscription: text(told.subscription),
    revisions: entries(told.revisions, volumes),
  }
}

function volumes(at: At): readonly VolumeTold[] {
  const told = list(at, (item) => {
    const volume = object(item, ['outline', 'heights', 'from', 'to'])
    const heights = object(volume.heights, ['lower', 'upper', 'unit', 'reference'])
    const lower = within(heights.lower, -1500, 200_000)
    const upper = within(heights.upper, -1500, 200_000)
    if (lower > upper) wrong(volume.heights, 'lower must not be above upper')
    return {
      outline: text(volume.outline),
      heights: {
        lower,
        upper,
        unit: oneOf(heights.unit, ['ft', 'm']),
        reference: oneOf(heights.reference, ['AMSL']),
      },
      ...span(volume.from, volume.to),
    }
  })
  return told.length > 0 ? told : wrong(at, 'must have at least one volume')
}

function beat(at: At): Beat {
  const told = object(at, ['id', 'at_ms', 'clock', 'actor', 'says', 'does'], ['expects'])
  const does = action(told.does)
  const expects = told.expects === undefined ? null : expectation(told.expects)
  if ((does.kind === 'tell') !== (expects === null)) {
    wrong(at, does.kind === 'tell' ? 'a beat that only tells expects nothing' : 'must say what it expects')
  }
  return {
    id: label(told.id),
    at_ms: within(told.at_ms, 0, 3_600_000),
    clock: clock(told.clock),
    actor: text(told.actor),
    says: text(told.says),
    does,
    expects,
  }
}

function action(at: At): Action {
  const kind = oneOf(member(at, 'kind'), ['tell', 'subscribe', 'constrain', 'plan', 'shift', 'end'])
  switch (kind) {
    case 'tell':
      return {
        kind,
        readings: list(object(at, ['kind', 'readings']).readings, (item) => {
          const reading = object(item, ['by', 'text', 'zone', 'means'])
          return {
            by: text(reading.by),
            text: text(reading.text),
            zone: text(reading.zone),
            means: clock(reading.means),
          }
        }),
      }
    case 'subscribe':
      return { kind, subscription: text(object(at, ['kind', 'subscription']).subscription) }
    case 'constrain': {
      const told = object(at, ['kind', 'constraint', 'revision'])
      return { kind, constraint: text(told.constraint), revision: text(told.revision) }
    }
    case 'plan': {
      const told = object(at, ['kind', 'intent', 'revision'], ['state', 'coordinated'])
      return {
        kind,
        intent: text(told.intent),
        revision: text(told.revision),
        state: told.state === undefined ? 'Accepted' : oneOf(told.state, ['Accepted', 'Activated']),
        coordinated: told.coordinated === undefined ? [] : list(told.coordinated, text),
      }
    }
    case 'shift': {
      const told = object(at, ['kind', 'intent', 'revision', 'from', 'direction', 'round_up'])
      return {
        kind,
        intent: text(told.intent),
        revision: text(told.revision),
        from: text(told.from),
        direction: oneOf(told.direction, ['later_s', 'up_m']),
        round_up: within(told.round_up, 0, 86_400),
      }
    }
    case 'end':
      return { kind, intent: text(object(at, ['kind', 'intent']).intent) }
  }
}

function expectation(at: At): Expectation {
  const outcome = oneOf(member(at, 'outcome'), ['accepted', 'refused'])
  if (outcome === 'accepted') {
    const told = object(at, ['outcome'], ['affected'])
    return { outcome, affected: told.affected === undefined ? [] : list(told.affected, hit) }
  }
  const told = object(at, ['outcome', 'blockers'], ['clearing'])
  const blockers = list(told.blockers, hit)
  if (blockers.length === 0) wrong(told.blockers, 'must name at least one blocker')
  const directions = ['later_s', 'earlier_s', 'up_m', 'down_m']
  return {
    outcome,
    blockers,
    clearing:
      told.clearing === undefined
        ? {}
        : entries(told.clearing, (shift) => {
            const direction = shift.field.slice(shift.field.lastIndexOf('/') + 1)
            return directions.includes(direction)
              ? within(shift, 0, 1e9)
              : wrong(shift, `must be one of ${directions.join(', ')}`)
          }),
  }
}

function hit(at: At): Hit {
  const told = object(at, ['label'], ['time_s', 'height_m'])
  return {
    label: text(told.label),
    time_s: told.time_s === undefined ? null : within(told.time_s, 0, 86_400),
    height_m: told.height_m === undefined ? null : within(told.height_m, 0, 100_000),
  }
}

/** Every label that is used must be one that is told, and told once. */
function checkLabels(scenario: Scenario): void {
  const suppliers = unique('/suppliers', scenario.suppliers)
  const users = unique('/users', scenario.users)
  const subscriptions = unique('/subscriptions', scenario.subscriptions)
  const constraints = unique('/constraints', scenario.constraints)
  const intents = unique('/intents', scenario.intents)
  unique(
    '/beats',
    scenario.beats.map((beat) => ({ ...beat, label: beat.id })),
  )
  for (const taken of constraints.keys()) {
    if (intents.has(taken)) wrong({ value: taken, field: '/constraints' }, 'must not share a label with an intent')
  }
  const outlines = new Map(Object.entries(scenario.outlines))

  const named = <T>(known: ReadonlyMap<string, T>, name: string, field: string): T =>
    known.get(name) ?? wrong({ value: name, field }, `must be one of: ${[...known.keys()].join(', ')}`)
  const eachVolume = (revisions: Readonly<Record<string, readonly VolumeTold[]>>, field: string): void => {
    for (const [revision, told] of Object.entries(revisions)) {
      for (const [index, volume] of told.entries()) {
        named(outlines, volume.outline, `${field}/revisions/${revision}/${index}/outline`)
      }
    }
  }

  for (const [index, user] of scenario.users.entries()) named(suppliers, user.supplier, `/users/${index}/supplier`)
  for (const [index, subscription] of scenario.subscriptions.entries()) {
    named(suppliers, subscription.supplier, `/subscriptions/${index}/supplier`)
    named(outlines, subscription.outline, `/subscriptions/${index}/outline`)
  }
  for (const [index, constraint] of scenario.constraints.entries()) {
    named(users, constraint.user, `/constraints/${index}/user`)
    eachVolume(constraint.revisions, `/constraints/${index}`)
  }
  for (const [index, intent] of scenario.intents.entries()) {
    const field = `/intents/${index}`
    const { supplier } = named(users, intent.user, `${field}/user`)
    for (const under of intent.under) named(constraints, under, `${field}/under`)
    if (intent.subscription !== 'implicit') {
      const subscription = named(subscriptions, intent.subscription, `${field}/subscription`)
      if (subscription.supplier !== supplier) {
        wrong({ value: intent.subscription, field: `${field}/subscription` }, "must be its own supplier's")
      }
    }
    eachVolume(intent.revisions, field)
  }

  for (const [index, { actor, does, expects }] of scenario.beats.entries()) {
    const field = `/beats/${index}`
    named(suppliers, actor, `${field}/actor`)
    const owned = (supplier: string): void => {
      if (supplier !== actor) wrong({ value: actor, field: `${field}/actor` }, `must be ${supplier}, whose this is`)
    }
    const revisionOf = (told: ConstraintTold | IntentTold, revision: string): void => {
      named(new Map(Object.entries(told.revisions)), revision, `${field}/does/revision`)
      owned(named(users, told.user, field).supplier)
    }
    switch (does.kind) {
      case 'tell':
        for (const reading of does.readings) named(suppliers, reading.by, `${field}/does/readings`)
        break
      case 'subscribe':
        owned(named(subscriptions, does.subscription, `${field}/does/subscription`).supplier)
        break
      case 'constrain':
        revisionOf(named(constraints, does.constraint, `${field}/does/constraint`), does.revision)
        break
      case 'plan':
        revisionOf(named(intents, does.intent, `${field}/does/intent`), does.revision)
        for (const other of does.coordinated) named(intents, other, `${field}/does/coordinated`)
        break
      case 'shift': {
        const told = named(intents, does.intent, `${field}/does/intent`)
        revisionOf(told, does.revision)
        revisionOf(told, does.from)
        break
      }
      case 'end':
        owned(named(users, named(intents, does.intent, `${field}/does/intent`).user, field).supplier)
        break
    }
    if (expects === null) continue
    const hits = expects.outcome === 'accepted' ? expects.affected : expects.blockers
    for (const { label } of hits) {
      if (!intents.has(label)) named(constraints, label, `${field}/expects`)
    }
  }
}

function checkOrder(beats: readonly Beat[]): void {
  for (const [index, beat] of beats.entries()) {
    const before = beats[index - 1]
    if (before === undefined) continue
    if (beat.at_ms < before.at_ms) wrong({ value: beat.at_ms, field: `/beats/${index}/at_ms` }, 'must not go back')
    if (isBefore(beat.clock, before.clock))
      wrong({ value: beat.clock, field: `/beats/${index}/clock` }, 'must not go back')
  }
}

function unique<T extends { readonly label: string }>(field: string, items: readonly T[]): ReadonlyMap<string, T> {
  const byLabel = new Map<string, T>()
  for (const item of items) {
    if (byLabel.has(item.label)) wrong({ value: item.label, field }, 'must be told once')
    byLabel.set(item.label, item)
  }
  return byLabel
}

function wrong(at: At, rule: string): never {
  const value = (JSON.stringify(at.value) ?? 'nothing').slice(0, 80)
  const field = at.field === '' ? '/' : at.field
  throw new ScenarioError('scenario-malformed', `The scenario's ${field} is ${value}: ${rule}.`, { field, value, rule })
}

function record(at: At): Record<string, unknown> {
  return typeof at.value === 'object' && at.value !== null && !Array.isArray(at.value)
    ? (at.value as Record<string, unknown>)
    : wrong(at, 'must be an object')
}

function member(at: At, key: string): At {
  const value = record(at)[key]
  return value === undefined ? wrong(at, `must have the field ${key}`) : { value, field: `${at.field}/${key}` }
}

/** An object with exactly these fields, `rare` ones perhaps; a misspelt field is found, not dropped. */
function object<const K extends string, const R extends string = never>(
  at: At,
  keys: readonly K[],
  rare: readonly R[] = [],
): Record<K, At> & Partial<Record<R, At>> {
  const known = new Set<string>([...keys, ...rare])
  for (const key of Object.keys(record(at))) {
    if (!known.has(key))
      wrong({ value: key, field: `${at.field}/${key}` }, `is not a field; known are ${[...known].join(', ')}`)
  }
  const present = [...keys, ...rare.filter((key) => record(at)[key] !== undefined)]
  return Object.fromEntries(present.map((key) => [key, member(at, key)])) as Record<K, At> & Partial<Record<R, At>>
}

function entries<T>(at: At, read: (item: At) => T): Record<string, T> {
  return Object.fromEntries(
    Object.entries(record(at)).map(([key, value]) => [key, read({ value, field: `${at.field}/${key}` })]),
  )
}

function list<T>(at: At, read: (item: At) => T): T[] {
  return Array.isArray(at.value)
    ? at.value.map((value: unknown, index) => read({ value, field: `${at.field}/${index}` }))
    : wrong(at, 'must be a list')
}

function text(at: At): string {
  return typeof at.value === 'string' && at.value !== '' ? at.value : wrong(at, 'must be a text')
}

function matching(at: At, pattern: RegExp, what: string): string {
  return pattern.test(text(at)) ? text(at) : wrong(at, `must be ${what}`)
}

function label(at: At): string {
  return matching(at, LABEL, 'a lower-case label such as pt-heli')
}

function clock(at: At): string {
  return clockMs(text(at)) === null ? wrong(at, 'must be a UTC clock time such as 09:00Z') : text(at)
}

function calendarDate(at: At): string {
  const date = matching(at, DATE, 'a date such as 2025-08-14')
  const parsed = Date.parse(`${date}T00:00:00Z`)
  return new Date(Number.isNaN(parsed) ? 0 : parsed).toISOString().startsWith(date)
    ? date
    : wrong(at, 'must be in the calendar')
}

function timeZone(at: At): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text(at) }).resolvedOptions().timeZone === ''
      ? wrong(at, '')
      : text(at)
  } catch {
    return wrong(at, 'must be an IANA time zone')
  }
}

/** Everything that leaves the player says of itself that it is not real. */
function saysSimulated(at: At): string {
  return text(at).includes('SIMULATED') ? text(at) : wrong(at, 'must say SIMULATED')
}

function span(from: At, to: At): { readonly from: string; readonly to: string } {
  return isBefore(clock(from), clock(to))
    ? { from: clock(from), to: clock(to) }
    : wrong(to, `must be after ${clock(from)}`)
}

function isBefore(one: string, other: string): boolean {
  return (clockMs(one) as number) < (clockMs(other) as number)
}

function within(at: At, least: number, most: number): number {
  return typeof at.value === 'number' && at.value >= least && at.value <= most
    ? at.value
    : wrong(at, `must be a number from ${least} to ${most}`)
}

function latitude(at: At): number {
  return within(at, -90, 90)
}

function longitude(at: At): number {
  return within(at, -180, 180)
}

function oneOf<const T extends string>(at: At, choices: readonly T[]): T {
  return choices.find((choice) => choice === at.value) ?? wrong(at, `must be one of: ${choices.join(', ')}`)
}
