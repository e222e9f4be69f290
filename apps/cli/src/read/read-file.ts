import type { DraftItem } from './draft.ts'
import { looksLikeEd269, readEd269 } from './ed269.ts'
import { looksLikeEd318, readEd318 } from './ed318.ts'
import { looksLikeF3548, readF3548 } from './f3548.ts'
import { quote } from './field.ts'
import { type Findings, InputError } from './finding.ts'
import { type FlightOptions, looksLikeFlights, readFlights } from './flights.ts'
import { FORMATS, type Format } from './format.ts'
import { looksLikeGeoJson, looksLikeSequence, readGeoJson, sequenceRecords } from './geojson.ts'
import { loadText } from './load.ts'
import { parseJson } from './parse-json.ts'
import type { SourceFile } from './picture.ts'

export interface ReadOptions {
  readonly format: Format | null
  readonly flights: FlightOptions
}

/**
 * Reads one file of any known format. Whatever cannot be understood is named in `findings` and left out; nothing is thrown for the
 * content of a file.
 */
export async function readFile(file: string, options: ReadOptions, findings: Findings): Promise<SourceFile> {
  const before = findings.leftOut
  try {
    const text = await loadText(file)
    const { format, items } = readText(text, file, { ...options, findings })
    if (items.length === 0 && findings.leftOut === before) {
      findings.add(file, 'nothing-to-check', {
        position: '',
        field: '',
        value: '',
        rule: `${format}, but nothing in it can be checked`,
      })
    }
    return { file, format, items }
  } catch (error) {
    findings.addError(file, error)
    return { file, format: null, items: [] }
  }
}

interface TextOptions extends ReadOptions {
  readonly findings: Findings
}

function readText(text: string, file: string, options: TextOptions): { format: Format; items: DraftItem[] } {
  const forced = options.format
  if (forced === 'geojson-seq' || (forced === null && looksLikeSequence(text))) {
    return { format: 'geojson-seq', items: readSequence(text, file, options) }
  }
  const start = text.charCodeAt(0) === 0xfeff ? 1 : 0
  const lines = jsonLines(text.slice(start), forced)
  const value = lines ?? parseJson(text.slice(start))
  const format = forced ?? detect(value)
  return { format, items: readValue(value, file, { ...options, format }) }
}

function readValue(value: unknown, file: string, options: TextOptions & { format: Format }): DraftItem[] {
  const { findings, flights } = options
  switch (options.format) {
    case 'f3548':
      return readF3548(value, file, findings)
    case 'ed269':
      return readEd269(value, file, findings)
    case 'ed318':
      return readEd318(value, file, findings)
    case 'flights':
      return readFlights(value, file, { ...flights, findings })
    case 'geojson':
    case 'geojson-seq':
      return Array.isArray(value)
        ? value.flatMap((entry, index) =>
            readGeoJson(entry, file, { findings, lineMargin: flights.margin, position: `line ${index + 1} ` }),
          )
        : readGeoJson(value, file, { findings, lineMargin: flights.margin, position: '' })
  }
}

function detect(value: unknown): Format {
  if (looksLikeEd318(value)) return 'ed318'
  if (looksLikeEd269(value)) return 'ed269'
  if (looksLikeGeoJson(Array.isArray(value) ? value[0] : value)) return 'geojson'
  if (looksLikeFlights(value)) return 'flights'
  if (looksLikeF3548(value)) return 'f3548'
  throw new InputError('unknown-format', {
    position: '',
    field: '',
    value: quote(value),
    rule: `is none of ${FORMATS.join(', ')} by its content; --format forces one`,
  })
}

/** Several JSON texts, one a line: null unless the first line is one by itself and there is another. */
function jsonLines(text: string, forced: Format | null): unknown[] | null {
  if (forced !== null && forced !== 'geojson' && forced !== 'flights') return null
  const end = text.indexOf('\n')
  if (end <= 0 || !/^\s*\{.*\}\s*$/.test(text.slice(0, Math.min(end, 1 << 20)))) return null
  const rest = text.slice(end + 1).trimStart()
  if (!rest.startsWith('{')) return null
  return text
    .split('\n')
    .map((line, index) => ({ line, index }))
    .filter(({ line }) => line.trim() !== '')
    .map(({ line, index }) => parseJson(line, `line ${index + 1}`))
}

function readSequence(text: string, file: string, { findings, flights }: TextOptions): DraftItem[] {
  const items: DraftItem[] = []
  const lead = text.slice(0, Math.max(0, text.indexOf('\u001e'))).trim()
  if (lead !== '' || !text.includes('\u001e')) {
    findings.add(file, 'not-json', {
      position: '',
      field: '',
      value: quote(lead),
      rule: 'a text sequence starts each record with U+001E',
    })
  }
  for (const { record, position, complete } of sequenceRecords(text)) {
    let value: unknown
    try {
      value = parseJson(record, position)
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      if (error.code === 'not-json') {
        const rule = complete
          ? 'a record that is not JSON is left out'
          : 'a record cut off before its end is left out (RFC 8142)'
        findings.add(file, 'truncated-record', { ...error.facts, rule })
      } else {
        findings.addError(file, error)
      }
      continue
    }
    for (const item of readGeoJson(value, file, { findings, lineMargin: flights.margin, position: `${position} ` }))
      items.push(item)
  }
  return items
}
