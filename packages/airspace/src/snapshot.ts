import { CellIndex, type Section, VolumeIndex } from '@parley/geo4d'
import { FaultError } from '@parley/units'
import { RecordTable } from './record-table.ts'
import { AirspaceState, type Retired, type StatedAvailability } from './state.ts'
import { StringTable } from './string-table.ts'

/** A snapshot that this version did not write. The journal holds the truth: replay it instead. */
export class SnapshotError extends FaultError {
  readonly code = 'SNAPSHOT'
}

const VERSION = 1
const TABLES = ['intents', 'constraints', 'subscriptions', 'serviceAreas', 'serviceAreaSubscriptions'] as const
const CELLS = [
  'intentCells',
  'constraintCells',
  'subscriptionCells',
  'serviceAreaCells',
  'serviceAreaSubscriptionCells',
] as const
const VOLUMES = ['intentVolumes', 'constraintVolumes'] as const

interface Scalars {
  readonly version: number
  readonly seq: number
  readonly strings: string
  readonly availability: readonly (readonly [string, StatedAvailability])[]
  readonly retired: readonly (readonly [string, Retired])[]
  readonly pastSuffixes: readonly (readonly [number, readonly string[]])[]
}

/** A copy of the whole state as named byte ranges. */
export function dumpState(state: AirspaceState): Section[] {
  const scalars: Scalars = {
    version: VERSION,
    seq: state.seq,
    strings: state.strings.dump(),
    availability: [...state.availability],
    retired: [...state.retired],
    pastSuffixes: [...state.pastSuffixes],
  }
  return [
    { name: 'airspace', bytes: new TextEncoder().encode(JSON.stringify(scalars)) },
    ...TABLES.flatMap((table) =>
      Object.entries(state[table].dump()).map(([part, bytes]) => ({
        name: `${table}.${part}`,
        bytes: bytes as Uint8Array,
      })),
    ),
    ...CELLS.flatMap((index) => state[index].dump().map(({ name, bytes }) => ({ name: `${index}.${name}`, bytes }))),
    ...VOLUMES.flatMap((index) => state[index].dump().map(({ name, bytes }) => ({ name: `${index}.${name}`, bytes }))),
  ]
}

/** The state that `dumpState` wrote. @throws {SnapshotError} when a part is missing or of another version */
export function loadState(sections: ReadonlyMap<string, Uint8Array>): AirspaceState {
  const part = (name: string): Uint8Array => {
    const bytes = sections.get(name)
    if (bytes === undefined) throw new SnapshotError(`snapshot lacks ${name}`, { name })
    return bytes
  }
  const within = (prefix: string): Map<string, Uint8Array> =>
    new Map(
      [...sections]
        .filter(([name]) => name.startsWith(`${prefix}.`))
        .map(([name, bytes]) => [name.slice(prefix.length + 1), bytes]),
    )
  try {
    const scalars = JSON.parse(new TextDecoder().decode(part('airspace'))) as Scalars
    if (scalars.version !== VERSION) throw new SnapshotError(`snapshot version ${scalars.version} is not ${VERSION}`)
    const state = new AirspaceState({ exact: false })
    state.seq = scalars.seq
    state.strings = StringTable.load(scalars.strings)
    state.availability = new Map(scalars.availability)
    state.retired = new Map(scalars.retired)
    state.pastSuffixes = new Map(scalars.pastSuffixes.map(([slot, suffixes]) => [slot, [...suffixes]]))
    for (const table of TABLES)
      state[table] = RecordTable.load({
        header: part(`${table}.header`),
        records: part(`${table}.records`),
        free: part(`${table}.free`),
        hash: part(`${table}.hash`),
      })
    for (const index of CELLS) state[index] = CellIndex.load(within(index))
    for (const index of VOLUMES) state[index] = VolumeIndex.load(within(index))
    return state
  } catch (cause) {
    if (cause instanceof SnapshotError) throw cause
    throw new SnapshotError('snapshot cannot be read', {}, { cause })
  }
}
