import type { createColors } from 'picocolors'
import type { Verdict } from '../engine/encounter.ts'
import type { Report, ReportedEncounter, ReportedFinding, ReportedItem } from './report.ts'
import { duration } from './time.ts'

type Colors = ReturnType<typeof createColors>

export interface TextOptions {
  readonly colors: Colors
  /** Most encounters written out. */
  readonly limit: number
}

const EXAMPLES_SHOWN = 3

/** The report for a reader: one line an encounter with its particulars under it, then what was read and what was left out. */
export function textReport(report: Report, options: TextOptions): string {
  const lines: string[] = [...heading(report, options), '']
  lines.push(...encounterTable(report, options))
  lines.push(...fileTable(report, options))
  if (report.findings.length > 0)
    lines.push(
      '',
      options.colors.bold('Left out, or to be known'),
      ...report.findings.flatMap((finding) => findingLines(finding, options)),
    )
  lines.push('', verdictLine(report, options))
  return `${lines.join('\n')}\n`
}

function heading(report: Report, { colors }: TextOptions): string[] {
  const { separation, buffer } = report
  const rule =
    separation.horizontalM === 0
      ? 'areas, heights and times that overlap'
      : `closer than ${metres(separation.horizontalM)} and ${metres(separation.verticalM)}${
          separation.timeApartS === 0 ? ' at the same time' : ` within ${separation.timeApartS} s`
        }`
  const lines = [`${colors.bold(`Separation ${separation.id}`)}: ${rule}`]
  if (separation.toleratedS !== null) {
    lines.push(`  for at most ${duration(separation.toleratedS * 1000)}: caution; longer: breach`)
  }
  if (buffer.lateral_m + buffer.vertical_m + buffer.time_s > 0) {
    lines.push(
      `  flights, lines and points are widened by ${metres(buffer.lateral_m)} to each side, ${metres(buffer.vertical_m)} up and down, ${buffer.time_s} s before and after`,
    )
  }
  return lines
}

const PAINT: Readonly<Record<Verdict, (colors: Colors) => (text: string) => string>> = {
  conflict: (colors) => colors.red,
  breach: (colors) => colors.red,
  caution: (colors) => colors.yellow,
  undecided: (colors) => colors.magenta,
}

function encounterTable(report: Report, options: TextOptions): string[] {
  const { colors, limit } = options
  const shown = report.encounters.slice(0, limit)
  if (shown.length === 0) return []
  const rows = shown.map((encounter, index) => [
    String(index + 1),
    encounter.verdict.toUpperCase(),
    `${nameOf(encounter.a)}  x  ${nameOf(encounter.b)}`,
    encounter.windows[0]?.start ?? 'no limit',
    encounter.longest_s === null ? 'without end' : duration(encounter.longest_s * 1000),
    encounter.axis,
  ])
  const table = align([['#', 'VERDICT', 'WHO MEETS WHOM', 'FROM (UTC)', 'LASTS', 'AXIS'], ...rows])
  const lines = [colors.dim(table[0])]
  for (const [index, encounter] of shown.entries()) {
    lines.push(PAINT[encounter.verdict](colors)(table[index + 1] as string), ...particulars(encounter, report, colors))
  }
  const more = report.encounters.length - shown.length
  if (more > 0) lines.push(colors.dim(`   … and ${more} more: --limit ${report.encounters.length}, or --json for all`))
  lines.push('')
  return lines
}

const NAME_WIDTH = 44
const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** A name for the table; the whole of it stands under "what". */
function nameOf({ title, owner }: ReportedItem): string {
  const short = UUID.test(title) ? `${title.slice(0, 8)}…${title.slice(-4)}` : title
  const name = `${short}${owner === '' || title.includes(owner) ? '' : ` (${owner})`}`
  return name.length <= NAME_WIDTH ? name : `${name.slice(0, NAME_WIDTH - 1)}…`
}

function particulars(encounter: ReportedEncounter, report: Report, colors: Colors): string[] {
  const { where, a, b } = encounter
  const entries: [string, string][] = [
    ['what', `${describe(a)}; ${describe(b)}`],
    ['when', whenOf(encounter, report)],
    ['where', [where.decimal, where.dms, where.mgrs ?? 'no MGRS here'].join('  |  ')],
    ['how much', amounts(encounter)],
  ]
  if (encounter.reasons.length > 0) entries.push(['why undecided', encounter.reasons.join('; ')])
  if (encounter.verdict !== 'undecided') entries.push(['clears', clearingOf(encounter)])
  return entries.map(([label, text]) => `   ${colors.dim(label.padEnd(13))} ${text}`)
}

function describe(item: ReportedItem): string {
  const facts = Object.entries(item.facts).map(([key, value]) => `${key} ${value}`)
  if (item.priority !== 0) facts.push(`priority ${item.priority}`)
  return [
    `${item.kind} ${item.id}${item.owner === '' ? '' : ` of ${item.owner}`} in ${item.file}${item.position === '' ? '' : ` at ${item.position}`}`,
    ...facts,
  ].join(', ')
}

function whenOf({ windows, nearest_at }: ReportedEncounter, { zone }: Report): string {
  const shown = windows.slice(0, EXAMPLES_SHOWN).map((window) => {
    const utc = `${window.start ?? 'no limit'} to ${window.end ?? 'no limit'}`
    if (zone === null || (window.start_local === null && window.end_local === null)) return utc
    return `${utc} (${zone}: ${window.start_local ?? 'no limit'} to ${window.end_local ?? 'no limit'})`
  })
  if (windows.length > EXAMPLES_SHOWN) shown.push(`and ${windows.length - EXAMPLES_SHOWN} more`)
  return `${shown.join('; ')}${nearest_at === null ? '' : `; nearest at ${nearest_at}`}`
}

function amounts(encounter: ReportedEncounter): string {
  const { distance_m, required_distance_m, height_m, required_height_m, time_s, required_time_s } = encounter
  const area =
    distance_m === 0 ? 'area shared' : `area ${metres(distance_m)} apart, ${metres(required_distance_m)} needed`
  const height =
    height_m === null
      ? encounter.verdict === 'undecided'
        ? 'height not comparable'
        : 'height shared without limit'
      : `height ${sharedOrApart(height_m, required_height_m, metres)}`
  // Of parts that move, the time they share is the length of the contact, which stands under "when".
  if (encounter.nearest_at !== null) return `${area}, ${height}`
  const time =
    time_s === null
      ? 'time shared without limit'
      : `time ${sharedOrApart(time_s, required_time_s, (value) => duration(value * 1000))}`
  return `${area}, ${height}, ${time}`
}

function sharedOrApart(value: number, required: number, format: (value: number) => string): string {
  if (value > 0 || (value === 0 && required === 0)) return `${format(value)} shared`
  return `${format(-value)} apart, ${format(required)} needed`
}

function clearingOf({ clearing, a, b }: ReportedEncounter): string {
  if (clearing === null) return 'not looked for: too many parts'
  const shifts: string[] = []
  if (clearing.later_s !== undefined) shifts.push(`${duration(clearing.later_s * 1000)} later`)
  if (clearing.earlier_s !== undefined) shifts.push(`${duration(clearing.earlier_s * 1000)} earlier`)
  if (clearing.up_m !== undefined) shifts.push(`${metres(clearing.up_m)} up`)
  if (clearing.down_m !== undefined) shifts.push(`${metres(clearing.down_m)} down`)
  const moved = clearing.moves === 'a' ? a : b
  if (shifts.length === 0) return `no shift of ${moved.id} within 24 h and 10,000 m`
  return `${moved.id} ${shifts.join(', or ')} (ground and third parties not looked at)`
}

function fileTable(report: Report, { colors }: TextOptions): string[] {
  const rows = report.files.map(({ file, format, items, pieces }) => [
    file,
    format ?? 'not read',
    String(items),
    String(pieces),
  ])
  const table = align([['FILE', 'FORMAT', 'ITEMS', 'PARTS'], ...rows])
  return [colors.dim(table[0]), ...table.slice(1)]
}

function findingLines(
  { count, code, file, field, rule, examples, leaves_out }: ReportedFinding,
  { colors }: TextOptions,
): string[] {
  const shown = examples
    .slice(0, EXAMPLES_SHOWN)
    .map(({ position, value }) => [position, value].filter((part) => part !== '').join(': '))
  if (count > shown.length && shown.length > 0) shown.push('…')
  const paint = leaves_out ? colors.yellow : colors.dim
  const subject = [file, field].filter((part) => part !== '').join(' ')
  const where = shown.filter((part) => part !== '').join('; ')
  return [`${paint(`${String(count).padStart(6)}  ${code}`)}  ${subject}: ${rule}${where === '' ? '' : ` (${where})`}`]
}

function verdictLine({ summary }: Report, { colors }: TextOptions): string {
  const parts: string[] = []
  const named = (count: number, one: string, many: string): void => {
    if (count > 0) parts.push(`${count} ${count === 1 ? one : many}`)
  }
  named(summary.conflicts, 'conflict', 'conflicts')
  named(summary.breaches, 'breach', 'breaches')
  named(summary.cautions, 'caution', 'cautions')
  if (parts.length === 0) parts.push(summary.items < 2 ? 'nothing to compare' : 'no conflict found')
  named(summary.undecided, 'undecided', 'undecided')
  named(summary.left_out, 'part left out', 'parts left out')
  const ignored: string[] = []
  if (summary.same_identity_not_compared > 0) {
    ignored.push(`${summary.same_identity_not_compared} between versions of one entity or flights of one aircraft`)
  }
  if (summary.restrictions_not_compared > 0)
    ignored.push(`${summary.restrictions_not_compared} between two restrictions`)
  const bad = summary.conflicts + summary.breaches + summary.cautions > 0
  const paint = bad ? colors.red : summary.undecided + summary.left_out > 0 ? colors.yellow : colors.green
  const tail = ignored.length === 0 ? '' : colors.dim(`  (meetings not counted: ${ignored.join(', ')})`)
  const rest = summary.complete ? '' : ', and more: the search stopped at its limit'
  return `${paint(`${summary.items} ${summary.items === 1 ? 'item' : 'items'}: ${parts.join(', ')}${rest}`)}${tail}`
}

function metres(value: number): string {
  const rounded = Math.abs(value) >= 100 ? Math.round(value) : Math.round(value * 100) / 100
  return `${rounded.toLocaleString('en-US')} m`
}

/** Columns as wide as their widest entry, two spaces apart; the last one ragged. */
function align(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.min(96, Math.max(...rows.map((row) => (row[column] ?? '').length))),
  )
  return rows.map((row) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}
