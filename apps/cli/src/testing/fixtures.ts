import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type CheckResult, checkPicture } from '../engine/check-picture.ts'
import type { Minima } from '../engine/minima.ts'
import { heightLimit } from '../model/height.ts'
import { type Item, NO_MARGIN, type Piece, type Shape } from '../model/item.ts'
import { Findings } from '../read/finding.ts'
import type { FlightOptions } from '../read/flights.ts'
import type { Format } from '../read/format.ts'
import { buildPicture, type Picture } from '../read/picture.ts'
import { readFile } from '../read/read-file.ts'

export const OVERLAP: Minima = { horizontalM: 0, verticalM: 0, timeApartMs: 0, toleratedMs: null, touching: 'apart' }
export const RULE_OF_THREES: Minima = {
  horizontalM: 5556,
  verticalM: 914.4,
  timeApartMs: 0,
  toleratedMs: 180_000,
  touching: 'apart',
}

const FLIGHTS: FlightOptions = { margin: NO_MARGIN, heights: 'geometric', maxSpeedMps: 360, maxGapMs: 120_000 }

/** A sample of this room. */
export function sample(name: string): string {
  return fileURLToPath(new URL(`../../samples/${name}`, import.meta.url))
}

/** A file that lies beside the repository where the project is built; null, said aloud, where it is not. */
export function shared(path: string): string | null {
  const file = fileURLToPath(new URL(`../../../../../shared/${path}`, import.meta.url))
  if (existsSync(file)) return file
  console.info(`skipped: ../shared/${path} is not here`)
  return null
}

/** Reads texts as if they were files, in the order given. */
export async function readTexts(
  texts: Readonly<Record<string, string | Buffer>>,
  options: { format?: Format; flights?: Partial<FlightOptions> } = {},
): Promise<{ picture: Picture; findings: Findings }> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-cli-'))
  try {
    const findings = new Findings()
    const sources = []
    for (const [name, text] of Object.entries(texts)) {
      const file = join(folder, name)
      await writeFile(file, text)
      const flights = { ...FLIGHTS, ...options.flights }
      const source = await readFile(file, { format: options.format ?? null, flights }, findings)
      sources.push({ ...source, file: name })
    }
    return { picture: buildPicture(sources, findings), findings }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Findings as one line each: code, position, rule. */
export function lines(findings: Findings): string[] {
  return findings
    .list()
    .flatMap(({ examples }) => examples.map(({ code, position, rule }) => `${code} ${position} ${rule}`))
}

export function check(picture: Picture, minima: Minima, allPairs = false): CheckResult {
  return checkPicture(picture, { minima, allPairs, progress: () => {} })
}

/** A picture of items given as pieces; each inner list is one item. */
export function pictureOf(items: readonly (readonly Omit<Piece, 'item' | 'position'>[])[]): Picture {
  const built = items.map((pieces, item) => pieces.map((piece): Piece => ({ ...piece, item, position: '' })))
  const made = built.map(
    (pieces, item): Item => ({
      kind: 'operational intent',
      file: 'test',
      id: `item ${item}`,
      title: `item ${item}`,
      owner: '',
      priority: 0,
      identity: `item ${item}`,
      facts: {},
      pieces,
    }),
  )
  return { items: made, pieces: built.flat(), files: [] }
}

/** A piece between W84 heights and instants in seconds. */
export function piece(
  shape: Shape,
  { heights, seconds }: { heights: readonly [number, number]; seconds: readonly [number, number] },
): Omit<Piece, 'item' | 'position'> {
  return {
    shape,
    band: { lower: heightLimit(heights[0], 'W84'), upper: heightLimit(heights[1], 'W84') },
    interval: { startMs: seconds[0] * 1000, endMs: seconds[1] * 1000 },
    margin: NO_MARGIN,
  }
}

/** An F3548 volume as JSON, with a change applied. */
// oxlint-disable-next-line typescript/no-explicit-any -- a change to a JSON body
export function f3548Volume(change: (volume: any) => void = () => {}): Record<string, unknown> {
  const volume = {
    volume: {
      outline_polygon: {
        vertices: [
          { lat: 46.0, lng: 7.0 },
          { lat: 46.0, lng: 7.01 },
          { lat: 46.01, lng: 7.01 },
          { lat: 46.01, lng: 7.0 },
        ],
      },
      altitude_lower: { value: 500, reference: 'W84', units: 'M' },
      altitude_upper: { value: 600, reference: 'W84', units: 'M' },
    },
    time_start: { value: '2026-03-01T10:00:00Z', format: 'RFC3339' },
    time_end: { value: '2026-03-01T11:00:00Z', format: 'RFC3339' },
  }
  change(volume)
  return volume
}

/** An F3548 intent as JSON. */
export function f3548Intent(id: string, volumes: readonly unknown[]): unknown {
  return {
    operational_intent: {
      reference: { id, manager: 'uss1', state: 'Accepted', version: 1 },
      details: { volumes, off_nominal_volumes: [], priority: 0 },
    },
  }
}
