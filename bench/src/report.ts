import { type Measurement, ratioOf, verdictOf } from './benchmark.ts'

const HEADINGS = ['id', 'what', 'goal', 'measured', 'beside', 'ratio', 'verdict'] as const

/** The table of ratios, one line a measurement. */
export function table(measurements: readonly Measurement[]): string {
  const rows = measurements.map((measurement) => {
    const { goal, peer, unit } = measurement
    const ratio = ratioOf(measurement)
    return [
      measurement.id,
      measurement.what + (measurement.note === undefined ? '' : ` (${measurement.note})`),
      goal === undefined ? '' : `${goal.kind === 'at-most' ? '<=' : '>='} ${figure(goal.value)} ${unit}`,
      measurement.value === null ? '-' : `${figure(measurement.value)} ${unit}`,
      peer === undefined ? '' : `${peer.name} ${figure(peer.value)}`,
      ratio === null ? '' : `${figure(ratio)}x`,
      verdictOf(measurement),
    ]
  })
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd()
  return [line(HEADINGS), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

/** Three significant digits, with thousands apart. */
function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-GB')
  return String(Number(value.toPrecision(3)))
}
