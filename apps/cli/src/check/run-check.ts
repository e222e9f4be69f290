import { stat } from 'node:fs/promises'
import pc from 'picocolors'
import type { CheckFlags } from '../app.ts'
import type { CliContext } from '../context.ts'
import { checkPicture } from '../engine/check-picture.ts'
import { EXIT } from '../exit-codes.ts'
import { Findings } from '../read/finding.ts'
import { buildPicture, type SourceFile } from '../read/picture.ts'
import { readFile } from '../read/read-file.ts'
import { geojsonReport } from '../report/geojson.ts'
import { progressBar } from '../report/progress.ts'
import { buildReport, type Report } from '../report/report.ts'
import { textReport } from '../report/text.ts'
import { type TimeFormat, timeFormat } from '../report/time.ts'
import { loadProfile, marginOf, minimaOf, parseBuffer, UsageError } from './profile.ts'

const MPS_PER_KNOT = 1852 / 3600

/** `parley check FILE…`: reads, compares, reports; leaves its exit code in the context. */
export async function runCheck(files: readonly string[], flags: CheckFlags, context: CliContext): Promise<void> {
  try {
    context.process.exitCode = await check(files, flags, context)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    context.process.stderr.write(`parley check: ${error.message}\n`)
    context.process.exitCode = EXIT.usage
  }
}

async function check(files: readonly string[], flags: CheckFlags, { process, version }: CliContext): Promise<number> {
  if (flags.json && flags.geojson) throw new UsageError('--json and --geojson: one output at a time')
  const time = zoneOf(flags.zone)
  const profile = await loadProfile(flags.separation)
  const margin = marginOf(flags.buffer === undefined ? profile.flightBuffer : parseBuffer(flags.buffer))
  const colors = pc.createColors(process.stdout.isTTY === true && (process.env?.['NO_COLOR'] ?? '') === '')
  const progress = progressBar(process.stderr, () => performance.now())
  const findings = new Findings()
  const flights = {
    margin,
    heights: flags.altitude,
    maxSpeedMps: flags.maxSpeed * MPS_PER_KNOT,
    maxGapMs: flags.maxGap * 1000,
  }
  const sources: SourceFile[] = []
  for (const [index, file] of (await withoutRepeats(files, findings)).entries()) {
    progress.show(`reading ${file}`, index / files.length)
    sources.push(await readFile(file, { format: flags.format ?? null, flights }, findings))
  }
  const picture = buildPicture(sources, findings)
  const result = checkPicture(picture, {
    minima: minimaOf(profile),
    allPairs: flags.allPairs,
    progress: (share) => progress.show('comparing', share),
  })
  const report = buildReport(picture, result, { version, profile, margin, time, findings })
  progress.clear()
  if (flags.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
  else if (flags.geojson) for (const part of geojsonReport(report, picture, result)) process.stdout.write(part)
  else process.stdout.write(textReport(report, { colors, limit: Math.floor(flags.limit) }))
  if (flags.geojson) warnLeftOut(report, process.stderr)
  return exitCode(report)
}

function zoneOf(zone: string | undefined): TimeFormat {
  try {
    return timeFormat(zone ?? null)
  } catch {
    throw new UsageError(`--zone ${zone ?? ''}: no such time zone; give one as Europe/Lisbon`)
  }
}

/** One file named twice would meet itself everywhere. */
async function withoutRepeats(files: readonly string[], findings: Findings): Promise<string[]> {
  const seen = new Set<string>()
  const kept: string[] = []
  for (const file of files) {
    const key = await stat(file, { bigint: true }).then(
      ({ dev, ino }) => `${dev}:${ino}`,
      () => file,
    )
    if (seen.has(key))
      findings.add(file, 'named-twice', { position: '', field: '', value: '', rule: 'named twice: read once' })
    else kept.push(file)
    seen.add(key)
  }
  return kept
}

/** GeoJSON has no place a reader looks at for what was left out: a line on stderr says it. */
function warnLeftOut({ summary }: Report, stderr: CliContext['process']['stderr']): void {
  if (summary.left_out > 0)
    stderr.write(`parley check: ${summary.left_out} parts of the input were left out; see --json\n`)
}

function exitCode({ summary }: Report): number {
  if (summary.conflicts + summary.breaches + summary.cautions > 0) return EXIT.conflict
  return summary.left_out + summary.undecided > 0 ? EXIT.incomplete : EXIT.clear
}
