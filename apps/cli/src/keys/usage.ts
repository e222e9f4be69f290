import { ParleyError } from '@parley/units'
import type { CliProcess } from '../context.ts'

/** The command cannot do what it was asked: the words are wrong, or a file cannot be read or may not be written. Exit 2. */
export class CannotFollow extends Error {
  readonly field: string
  readonly value: string
  readonly rule: string

  constructor(field: string, value: string, rule: string, options?: ErrorOptions) {
    super(`${field}${value === '' ? '' : ` ${value}`}: ${rule}`, options)
    this.field = field
    this.value = value
    this.rule = rule
  }
}

/** What `parley keys` tells its caller. */
export const KEYS_EXIT = {
  /** Done, or everything looked at is good. */
  done: 0,
  /** Something looked at is refused, and why is said; nothing was written. */
  refused: 1,
  /** The command line cannot be followed, or what it names cannot be read or written. */
  usage: 2,
  fault: 4,
} as const

export const KEYS_EXIT_HELP = [
  'Exit codes',
  '  0  done, or everything looked at is good',
  '  1  refused: field, value and rule are named; nothing was written',
  '  2  the command line cannot be followed, or what it names cannot be read or written',
  '  4  a fault of this program',
]

/** What a command of `parley keys` found or made: the same facts as lines for a reader and as JSON. */
export interface Outcome {
  readonly facts: Readonly<Record<string, unknown>>
  readonly lines: readonly string[]
  readonly code?: number
}

/** Runs a command, writes what came of it and leaves the exit code; refusals and mistakes are told, faults go on. */
export async function tellOutcome(
  { process, json, command }: { readonly process: CliProcess; readonly json: boolean; readonly command: string },
  work: () => Promise<Outcome> | Outcome,
): Promise<void> {
  try {
    const { facts, lines, code = KEYS_EXIT.done } = await work()
    process.stdout.write(json ? `${JSON.stringify(facts, null, 2)}\n` : `${lines.join('\n')}\n`)
    process.exitCode = code
  } catch (error) {
    const told = problemOf(error)
    if (told === null) throw error
    process.exitCode = told.code
    if (json) process.stdout.write(`${JSON.stringify({ error: told.facts }, null, 2)}\n`)
    else process.stderr.write(`parley keys ${command}: ${told.text}\n`)
  }
}

interface Problem {
  readonly code: number
  readonly text: string
  readonly facts: Readonly<Record<string, unknown>>
}

/** A refusal or a mistake as it is told; null for a fault. */
export function problemOf(error: unknown): Problem | null {
  if (error instanceof CannotFollow) {
    const { field, value, rule, message } = error
    return { code: KEYS_EXIT.usage, text: message, facts: { code: 'USAGE', field, value, rule } }
  }
  if (!(error instanceof ParleyError)) return null
  const { field, value, rule } = error.details
  const at = [field, value].filter((part) => typeof part === 'number' || (typeof part === 'string' && part !== ''))
  const text = `${at.map(String).join(' ')}: ${String(rule)} (${error.code})`
  return { code: KEYS_EXIT.refused, text, facts: { code: error.code, ...error.details } }
}

/** Facts in two columns. */
export function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(0, ...rows.map(([name]) => name.length)) + 2
  return rows.map(([name, value]) => `${name.padEnd(width)}${value}`)
}

/** A hash in groups of eight, for reading aloud. */
export const grouped = (hex: string): string => hex.replace(/(.{8})(?=.)/g, '$1 ')
