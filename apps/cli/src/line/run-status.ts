import type { LineTableState } from '@parley/contracts'
import type { CliContext } from '../context.ts'
import { openNode, type TableFlags } from './node.ts'
import { lasting, safe, table, when } from './show.ts'
import { LINE_EXIT, tellError } from './usage.ts'

type Party = LineTableState['parties'][number]
type Measured = NonNullable<Party['measured']>['to']

/** `parley line status`: what each side declares and what is measured, apart from each other. */
export async function runStatus(flags: TableFlags, { process }: CliContext): Promise<void> {
  try {
    const client = openNode(flags)
    const list = await client.list()
    const names = flags.table === undefined ? list.tables.map((row) => row.table) : [flags.table]
    const states = await Promise.all(names.map((name) => client.state(name)))
    process.exitCode = LINE_EXIT.done
    if (flags.json) {
      // One object per line, whichever way one reads that.
      for (const state of states) process.stdout.write(`${JSON.stringify(statusFacts(state))}\n`)
      return
    }
    const head = [
      `node of ${list.party ?? 'no party yet'}, reached at ${list.address ?? 'no address: by relay or files only'}`,
    ]
    for (const relay of list.relays) head.push(`relay ${relay.url}: ${relay.state}`)
    if (states.length === 0) head.push('no line yet: parley line create makes one')
    process.stdout.write(`${head.join('\n')}\n`)
    for (const state of states) process.stdout.write(`\n${statusLines(state).join('\n')}\n`)
  } catch (error) {
    tellError(error, { process, json: flags.json, command: 'line status' })
  }
}

/** The order from best to worst, `unknown` before what is known to be bad. */
const RANK: readonly Measured['kind'][] = ['open', 'unknown', 'degraded', 'silent', 'forked']

const worse = (a: Measured, b: Measured): Measured => (RANK.indexOf(b.kind) > RANK.indexOf(a.kind) ? b : a)

const isoOrNull = (seconds: number | null): string | null =>
  seconds === null ? null : new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')

const measuredFacts = (measured: Measured) => ({
  state: measured.kind,
  since: isoOrNull(measured.sinceS),
  reasons: measured.reasons,
  ageS: measured.ageS,
})

/** A line as JSON: for each side what it declares and what is measured, since when and why. */
export function statusFacts(state: LineTableState): Readonly<Record<string, unknown>> {
  const directions = state.parties.flatMap(({ measured }) => (measured === null ? [] : [measured.to, measured.from]))
  const [first, ...rest] = directions
  const whole = first === undefined ? null : rest.reduce(worse, first)
  return {
    table: state.table,
    party: state.party,
    phase: state.phase,
    at: isoOrNull(state.nowS),
    worst: state.worst,
    halted: state.halted,
    charter: state.charter,
    sides: state.parties.map((party) => {
      const { declared, measured } = party
      // Our own side is measured by all its directions: the line is as good as the worst of them.
      const found = measured === null ? whole : worse(measured.to, measured.from)
      return {
        party: party.party,
        own: party.own,
        role: party.role,
        declared: {
          state: declared.kind,
          since: isoOrNull(declared.sinceS),
          by: declared.by,
          reason: declared.reason,
          scope: declared.scope,
          until: isoOrNull(declared.untilS),
          safetyOnly: declared.safetyOnly,
          learnt: isoOrNull(declared.learntS),
          act: declared.act,
        },
        measured: {
          ...(found === null ? { state: 'unknown', since: null, reasons: [], ageS: null } : measuredFacts(found)),
          to: measured === null ? null : measuredFacts(measured.to),
          from: measured === null ? null : measuredFacts(measured.from),
        },
        suspensions: party.suspensions ?? [],
        link: party.link,
        origin: party.origin,
        size: party.size,
        watches: party.watches,
      }
    }),
    clocks: state.clocks,
    gaps: state.gaps,
    availability: state.availability,
    forks: state.forks,
    tests: state.tests ?? [],
    protests: state.protests ?? [],
    digests: state.digests ?? [],
  }
}

function declaredText({ declared }: Party): string {
  const { kind, sinceS, reason, scope, untilS, safetyOnly, learntS, act } = declared
  const parts: string[] = [kind]
  if (sinceS !== null) parts.push(`since ${when(sinceS)}`)
  if (reason !== null) parts.push(`reason ${reason}`)
  if (scope !== null) parts.push(`scope ${scope}`)
  if (safetyOnly) parts.push('takes safety traffic only')
  if (untilS !== null) parts.push(`expected until ${when(untilS)}`)
  if (learntS !== null && sinceS !== null && learntS - sinceS > 60) parts.push(`learnt ${when(learntS)}`)
  if (act !== null) parts.push(`act ${act.index} of ${act.origin}`)
  return parts.join(', ')
}

function measuredText({ kind, reasons, sinceS, ageS }: Measured): string {
  const parts: string[] = [kind]
  if (reasons.length > 0) parts.push(`because of ${reasons.join(', ')}`)
  if (sinceS !== null) parts.push(`since ${when(sinceS)}`)
  parts.push(ageS === null ? 'no word yet' : `last word ${lasting(ageS)} ago`)
  return parts.join(', ')
}

function linkText({ link }: Party): string {
  if (link === null) return ''
  const parts = [link.address === null ? 'by files' : `${link.state} at ${link.address}`]
  parts.push(`${link.receivedByThem} of our acts received`)
  if (link.backlog > 0) parts.push(`backlog ${link.backlog} acts, ${link.backlogBytes} bytes`)
  if (link.clockOffsetS !== null) parts.push(`clock ${link.clockOffsetS >= 0 ? '+' : ''}${link.clockOffsetS} s`)
  if (link.alarm !== null) parts.push(`ALARM ${link.alarm.code}: ${link.alarm.message}`)
  return parts.join(', ')
}

function watchText({ watches }: Party): string {
  if (watches.length === 0) return 'no roles'
  return watches
    .map(({ role, open, openSinceS }) =>
      open ? `${role} manned${openSinceS === null ? '' : ` since ${when(openSinceS)}`}` : `${role} not manned`,
    )
    .join('; ')
}

const percent = (share: number | null): string => (share === null ? 'not observed' : `${(share * 100).toFixed(2)} %`)

/** As many suspensions that are over as one looks back on. */
const PAST = 3

/** Suspensions that are over: what stood, and when that was learnt where it was learnt late. */
function pastRows({ suspensions }: Party): string[][] {
  return (suspensions ?? [])
    .filter(({ resumedS }) => resumedS !== null)
    .slice(-PAST)
    .map(({ sinceS, resumedS, reason, scope, learntS }) => {
      const late = learntS - sinceS > 60 ? `, learnt ${when(learntS)}` : ''
      return ['  was suspended', `${when(sinceS)} to ${when(resumedS ?? sinceS)}, ${reason}, scope ${scope}${late}`]
    })
}

/** Tests of the hour, digests that differ and protests that are due. */
function aroundLines({ tests, protests, digests }: LineTableState): string[] {
  const told = (tests ?? []).map(({ party, state, dueS, late }) => {
    const by = state === 'due' || state === 'missed' ? `, by ${when(dueS)}` : ''
    return `${party} ${state}${late ? ' late' : ''}${by}`
  })
  return [
    ...(told.length === 0 ? [] : [`hourly tests: ${told.join('; ')}`]),
    ...(digests ?? [])
      .filter(({ verdict }) => verdict === 'differs')
      .map(({ party, origin, index }) => `THE STATES DIFFER: ${party} has another digest, act ${index} of ${origin}`),
    ...(protests ?? []).map(
      ({ accused, origin, size, availableS }) =>
        `PROTEST DUE: ${accused} has not receipted ${origin} up to ${size}, there since ${when(availableS)}`,
    ),
  ]
}

/** A line for a reader. */
export function statusLines(state: LineTableState): string[] {
  const lines = [
    `${state.table}, seen by ${state.party}: ${state.phase}, worst ${state.worst ?? 'unknown'}, ${when(state.nowS)}`,
  ]
  if (state.halted !== null) lines.push(`HALTED: ${safe(state.halted)}`)
  for (const { origin, foundS, evidence } of state.forks)
    lines.push(`FORKED: ${origin}, found ${when(foundS)}, evidence ${evidence}`)
  for (const party of state.parties) {
    const rows: string[][] = [['  declares', declaredText(party)]]
    if (party.measured !== null) {
      rows.push(['  measured to it', measuredText(party.measured.to)])
      rows.push(['  measured from it', measuredText(party.measured.from)])
      rows.push(['  link', linkText(party)])
    }
    rows.push(['  watches', watchText(party)], ...pastRows(party))
    for (const period of ['day', 'week', 'month'] as const) {
      const found = state.availability.filter((one) => one.party === party.party && one.period === period)
      if (found.every(({ share }) => share === null)) continue
      const shares = found.map(({ direction, share }) => `${direction} it ${percent(share)}`).join(', ')
      const gaps = found.flatMap((one) => one.gaps)
      const longest = Math.max(0, ...gaps.map(({ lengthS }) => lengthS))
      const told = gaps.length === 0 ? 'no gaps' : `${gaps.length} gaps, the longest ${lasting(longest)}`
      rows.push([`  open this ${period}`, `${shares}; ${told}`])
    }
    lines.push(`${party.party}${party.own ? ' (own side)' : ''}, ${party.role}, ${party.size} acts`, ...table(rows))
  }
  const running = state.clocks.filter(({ stoppedS }) => stoppedS === null)
  lines.push(running.length === 0 ? 'no clock runs' : 'clocks')
  for (const { number, precedence, to, dueS, escalation } of running) {
    const left = dueS - state.nowS
    const due = left >= 0 ? `due in ${lasting(left)}` : `OVERDUE by ${lasting(-left)}`
    const steps = escalation.length === 0 ? '' : `, escalated to ${escalation.join(', ')}`
    lines.push(`  ${number}  ${precedence}  to ${to}  ${due}${steps}`)
  }
  lines.push(state.gaps.length === 0 ? 'no message is missing' : `MISSING: ${state.gaps.join(', ')}`)
  lines.push(...aroundLines(state))
  return lines
}
