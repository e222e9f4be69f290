import type { RecordTable } from './record-table.ts'
import type { AirspaceState } from './state.ts'

/**
 * The state as text, a line a record: the same for the same history, on every machine and from a snapshot too. For a digest of what one
 * log hands to the next. Volumes are not in it: they stand in the entries, which the root of the log binds.
 */
export function* stateText(state: AirspaceState): Generator<string> {
  yield `seq ${state.seq}\n`
  yield* records('operational_intent', state.intents, (slot) => state.operationalIntent(slot))
  yield* records('constraint', state.constraints, (slot) => state.constraint(slot))
  yield* records('subscription', state.subscriptions, (slot) => state.subscription(slot))
  yield* records('service_area', state.serviceAreas, (slot) => state.serviceArea(slot))
  yield* records('service_area_subscription', state.serviceAreaSubscriptions, (slot) =>
    state.serviceAreaSubscription(slot),
  )
  for (const uss of [...state.availability.keys()].sort())
    yield `availability ${JSON.stringify([uss, state.availabilityOf(uss), state.availability.get(uss)?.version])}\n`
}

function* records(name: string, table: RecordTable, read: (slot: number) => object): Generator<string> {
  for (let slot = 0; slot < table.slotLimit; slot += 1) if (table.isLive(slot)) yield `${name} ${lineOf(read(slot))}\n`
}

/** Members in the order of their names: what order an object was built in says nothing. */
const lineOf = (record: object): string =>
  JSON.stringify(Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))))
