import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { RefusedError } from '@parley/units'
import type { Minima } from '../engine/minima.ts'
import type { Margin } from '../model/item.ts'
import { arrayAt, isRecord, numberAt, oneOf, recordAt, refuse, textAt } from '../read/field.ts'
import { InputError } from '../read/finding.ts'
import { loadText } from '../read/load.ts'
import { parseJson } from '../read/parse-json.ts'

/** A rule of separation as data: one file of `profiles/`, or the user's own. */
export interface Profile {
  readonly id: string
  readonly title: string
  /** Where the rule comes from. */
  readonly source: string
  readonly horizontalM: number
  readonly verticalM: number
  readonly timeApartS: number
  readonly toleratedS: number | null
  readonly touching: 'apart' | 'meets'
  /** Given to flights, lines and points unless `--buffer` says otherwise. */
  readonly flightBuffer: Buffer4D
}

export interface Buffer4D {
  readonly lateralM: number
  readonly verticalM: number
  readonly timeS: number
}

/** A command line that cannot be followed. */
export class UsageError extends RefusedError {
  readonly code = 'CLI_USAGE'
}

const FOLDER = new URL('../../profiles/', import.meta.url)

/** Names of the profiles that come with the command. */
export async function profileNames(): Promise<string[]> {
  const files = await readdir(FOLDER)
  return files
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort()
}

/**
 * A profile by name, or from a file when the name looks like a path.
 *
 * @throws {UsageError} no such profile or file, or a file that breaks a rule of the profile format.
 */
export async function loadProfile(name: string): Promise<Profile> {
  const isPath = /[/\\]|\.json$/.test(name)
  const names = await profileNames()
  if (!isPath && !names.includes(name))
    throw new UsageError(`--separation ${name}: no such profile; there are ${names.join(', ')}, or give a file`)
  const file = isPath ? name : fileURLToPath(new URL(`${name}.json`, FOLDER))
  try {
    const text = isPath ? await loadText(file) : await readFile(file, 'utf8')
    return parseProfile(parseJson(text))
  } catch (error) {
    if (error instanceof InputError) throw new UsageError(`--separation ${name}: ${error.message}`)
    throw error
  }
}

const KNOWN = [
  'id',
  'title',
  'source',
  'horizontalM',
  'verticalM',
  'timeApartS',
  'toleratedS',
  'touching',
  'flightBuffer',
]

/** Reads a profile; every field but `source`, `touching` and `flightBuffer` is required, unknown ones are refused. */
export function parseProfile(value: unknown): Profile {
  const profile = recordAt(value, '')
  for (const key of Object.keys(profile)) {
    if (!KNOWN.includes(key))
      refuse('not-allowed', `/${key}`, { value: profile[key], rule: `a profile has only ${KNOWN.join(', ')}` })
  }
  const horizontalM = numberAt(profile['horizontalM'], '/horizontalM', { min: 0, max: 200_000 })
  const verticalM = numberAt(profile['verticalM'], '/verticalM', { min: 0, max: 50_000 })
  if (horizontalM > 0 !== verticalM > 0) {
    refuse('not-allowed', '/verticalM', {
      value: verticalM,
      rule: 'horizontalM and verticalM are both 0 or both above 0',
    })
  }
  const tolerated = profile['toleratedS']
  return {
    id: textAt(profile['id'], '/id'),
    title: textAt(profile['title'], '/title'),
    source: profile['source'] === undefined ? '' : textAt(profile['source'], '/source'),
    horizontalM,
    verticalM,
    timeApartS: numberAt(profile['timeApartS'], '/timeApartS', { min: 0, max: 86_400 }),
    toleratedS: tolerated === null ? null : numberAt(tolerated, '/toleratedS', { min: 0, max: 86_400 }),
    touching: profile['touching'] === undefined ? 'apart' : oneOf(profile['touching'], '/touching', ['apart', 'meets']),
    flightBuffer: isRecord(profile['flightBuffer'])
      ? {
          lateralM: numberAt(profile['flightBuffer']['lateralM'], '/flightBuffer/lateralM', LATERAL),
          verticalM: numberAt(profile['flightBuffer']['verticalM'], '/flightBuffer/verticalM', VERTICAL),
          timeS: numberAt(profile['flightBuffer']['timeS'], '/flightBuffer/timeS', TIME),
        }
      : { lateralM: 0, verticalM: 0, timeS: 0 },
  }
}

const LATERAL = { min: 0, max: 200_000 }
const VERTICAL = { min: 0, max: 50_000 }
const TIME = { min: 0, max: 86_400 }

/** `LATERAL_M,VERTICAL_M,TIME_S`. */
export function parseBuffer(text: string): Buffer4D {
  const parts = text.split(',').map((part) => (/^\d+(\.\d+)?$/.test(part.trim()) ? Number(part) : Number.NaN))
  try {
    const [lateralM, verticalM, timeS] = arrayAt(parts, '', { min: 3, max: 3 })
    return {
      lateralM: numberAt(lateralM, 'LATERAL_M', LATERAL),
      verticalM: numberAt(verticalM, 'VERTICAL_M', VERTICAL),
      timeS: numberAt(timeS, 'TIME_S', TIME),
    }
  } catch {
    throw new UsageError(
      `${text}: three numbers of at least 0 are required, LATERAL_M,VERTICAL_M,TIME_S, as 500,100,60`,
    )
  }
}

export function minimaOf(profile: Profile): Minima {
  return {
    horizontalM: profile.horizontalM,
    verticalM: profile.verticalM,
    timeApartMs: profile.timeApartS * 1000,
    toleratedMs: profile.toleratedS === null ? null : profile.toleratedS * 1000,
    touching: profile.touching,
  }
}

export function marginOf(buffer: Buffer4D): Margin {
  return { lateralM: buffer.lateralM, verticalM: buffer.verticalM, timeMs: buffer.timeS * 1000 }
}
