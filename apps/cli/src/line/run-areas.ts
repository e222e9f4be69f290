import { agreeBorder, declareArea, liftArea, type LineClient } from '@parley/client'
import { encodeUtf8, type JsonObject, parseAct } from '@parley/record'
import type { CliContext } from '../context.ts'
import { refuseExisting } from '../keys/files.ts'
import { CannotFollow } from '../keys/usage.ts'
import { confirm } from './ask.ts'
import type { Area, Border } from './ground-lines.ts'
import { openTable, sign, signersOf } from './node.ts'
import { readJsonOrFile } from './read-item.ts'
import { postOrWrite, type SharedFlags } from './run-declare.ts'
import { volumesOf } from './run-flights.ts'
import { tell } from './usage.ts'

export interface DeclareAreaFlags extends SharedFlags {
  readonly id: string
  readonly title: string
  readonly callBefore: number
}

export interface AgreeBorderFlags extends SharedFlags {
  readonly yes: boolean
}

/** `parley line area declare VOLUMES`: others are to call before they enter. */
export function runDeclareArea(given: string, flags: DeclareAreaFlags, { process }: CliContext): Promise<void> {
  return tell({ process, json: flags.json, command: 'line area declare' }, async () => {
    if (flags.out !== undefined) refuseExisting('--out', flags.out)
    const { id, title, callBefore: callBeforeS } = flags
    const volumes = volumesOf(given)
    const { client, table } = await openTable(flags)
    const note = sign(
      await client.draft(table),
      declareArea({ id, title, volumes, callBeforeS }),
      await signersOf(flags),
    )
    const told = await postOrWrite({ client, table, out: flags.out }, note, `area ${id} is declared`)
    return { facts: { id, ...(told.facts as object) }, lines: told.lines }
  })
}

/** `parley line area lift ID`. */
export function runLiftArea(id: string, flags: SharedFlags, { process }: CliContext): Promise<void> {
  return tell({ process, json: flags.json, command: 'line area lift' }, async () => {
    if (flags.out !== undefined) refuseExisting('--out', flags.out)
    const { client, table } = await openTable(flags)
    const draft = await client.draft(table)
    const { areas } = await client.flights(table)
    const standing = (areas as unknown as readonly Area[]).filter(({ liftedS }) => liftedS === null)
    const found = standing.findLast(({ party, body }) => body.id === id && party === draft.party)
    if (found === undefined) {
      const ours = standing.filter(({ party }) => party === draft.party).map(({ body }) => body.id)
      const rule =
        ours.length === 0 ? 'must be an area of ours; none stands' : `must be an area of ours: ${ours.join(', ')}`
      throw new CannotFollow('ID', id, rule)
    }
    const note = sign(draft, liftArea(found.ref), await signersOf(flags))
    const told = await postOrWrite({ client, table, out: flags.out }, note, `area ${id} is lifted`)
    return { facts: { id, ref: found.ref, ...(told.facts as object) }, lines: told.lines }
  })
}

/**
 * `parley line border agree BORDER`: the body of a line, or the id of one that another side has logged; then the very same is logged
 * here, for a line is in force once both of its sides have logged one body.
 */
export function runAgreeBorder(given: string, flags: AgreeBorderFlags, { process }: CliContext): Promise<void> {
  return tell({ process, json: flags.json, command: 'line border agree' }, async () => {
    if (flags.out !== undefined) refuseExisting('--out', flags.out)
    const id = /^[a-z0-9][a-z0-9-]{0,62}$/.test(given) ? given : null
    const own = id === null ? bodyOf(given) : null
    const { client, table } = await openTable(flags)
    const draft = await client.draft(table)
    const { body, by } =
      own === null ? await theirs(client, table, { id: given, own: draft.party }) : { body: own, by: null }
    if (by !== null && !flags.yes) {
      process.stderr.write(`${JSON.stringify(body, null, 2)}\n`)
      await confirm(`Agree to this line as ${by} has logged it?`)
    }
    const note = sign(draft, agreeBorder(body), await signersOf(flags))
    const what = `agreed to line ${JSON.stringify(body['id'])} version ${JSON.stringify(body['version'])}`
    const told = await postOrWrite({ client, table, out: flags.out }, note, what)
    return { facts: { body, ...(told.facts as object) }, lines: told.lines }
  })
}

function bodyOf(given: string): JsonObject {
  const body = readJsonOrFile('BORDER', given)
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as JsonObject
  throw new CannotFollow(
    'BORDER',
    given.slice(0, 60),
    'must be the line as one JSON object, or the id of one that the other side has logged',
  )
}

/** The newest line of that id that another side has logged, as it stands in its act. */
async function theirs(
  client: LineClient,
  table: string,
  { id, own }: { readonly id: string; readonly own: string },
): Promise<{ readonly body: JsonObject; readonly by: string }> {
  const { borders } = await client.flights(table)
  const said = (borders as unknown as readonly Border[])
    .filter(({ body, superseded }) => body.id === id && !superseded)
    .toSorted((a, b) => a.body.version - b.body.version)
  const mine = said.filter(({ agreed }) => agreed.some(({ party }) => party === own))
  const open = said.filter((border) => !mine.includes(border)).at(-1)
  const act = open?.agreed[0]
  if (act === undefined) {
    const rule =
      mine.length > 0
        ? 'is agreed by our side already'
        : 'must be a line that another side has logged; see parley line flights'
    throw new CannotFollow('BORDER', id, rule)
  }
  const { acts } = await client.acts(table, { origin: act.ref.o, from: act.ref.i, limit: 1 })
  const note = acts[0]?.note
  if (note === null || note === undefined)
    throw new CannotFollow('BORDER', id, 'is not in hand here: ask the node again')
  return { body: parseAct(encodeUtf8(note)).act.body, by: act.party }
}
