import { LineRefusedError, LineUnreachableError } from '@parley/client'
import { ParleyError } from '@parley/units'
import type { CliProcess } from '../context.ts'
import { CannotFollow, problemOf } from '../keys/usage.ts'

/** What `parley line` and `parley relay` tell their caller. */
export const LINE_EXIT = {
  /** Done, or what was asked for is shown. */
  done: 0,
  /** Refused by the node, by a rule of the line, or by the person at the keyboard; nothing was sent. */
  refused: 1,
  /** The command line cannot be followed, or what it names cannot be read or written. */
  usage: 2,
  /** The node cannot be reached, or gives no usable answer. */
  unreachable: 3,
  fault: 4,
} as const

export const LINE_EXIT_HELP = [
  'Exit codes',
  '  0  done',
  '  1  refused, by the node, by a rule of the line, or by you: what and why is said, nothing was sent',
  '  2  the command line cannot be followed, or what it names cannot be read or written',
  '  3  the node cannot be reached or gives no usable answer',
  '  4  a fault of this program',
]

/** The person at the keyboard said no. */
export class Declined extends Error {}

/** What a command found or did: the same facts as lines for a reader and as JSON. */
export interface Told {
  readonly facts: unknown
  readonly lines: readonly string[]
  readonly code?: number
}

/** Runs a command, writes what came of it and leaves the exit code; refusals and mistakes are told, faults go on. */
export async function tell(
  { process, json, command }: { readonly process: CliProcess; readonly json: boolean; readonly command: string },
  work: () => Promise<Told>,
): Promise<void> {
  try {
    const { facts, lines, code = LINE_EXIT.done } = await work()
    process.stdout.write(json ? `${JSON.stringify(facts, null, 2)}\n` : `${lines.join('\n')}\n`)
    process.exitCode = code
  } catch (error) {
    tellError(error, { process, json, command })
  }
}

/** Writes what is wrong and leaves the exit code. Throws what is a fault of ours. */
export function tellError(
  error: unknown,
  { process, json, command }: { readonly process: CliProcess; readonly json: boolean; readonly command: string },
): void {
  const told = lineProblemOf(error)
  if (told === null) throw error
  process.exitCode = told.code
  if (json) process.stdout.write(`${JSON.stringify({ error: told.facts }, null, 2)}\n`)
  else process.stderr.write(`parley ${command}: ${told.text}\n`)
}

function lineProblemOf(
  error: unknown,
): { readonly code: number; readonly text: string; readonly facts: unknown } | null {
  if (error instanceof Declined)
    return { code: LINE_EXIT.refused, text: error.message, facts: { code: 'DECLINED', message: error.message } }
  if (error instanceof LineRefusedError) {
    const { code, message, reasons, status, details } = error
    const why = reasons.map(
      ({ field, value, rule, code: reason }) => `\n  ${field} ${shownValue(value)}: ${rule} (${reason})`,
    )
    return {
      code: LINE_EXIT.refused,
      text: `the node refuses: ${message} (${code})${why.join('')}`,
      facts: { ...details, code, message, status, reasons },
    }
  }
  if (error instanceof LineUnreachableError) {
    const { code, message, details } = error
    return { code: LINE_EXIT.unreachable, text: message, facts: { code, message, ...details } }
  }
  // Errors of geo4d and others have no field and rule of the shape that keys tell.
  if (!(error instanceof CannotFollow) && error instanceof ParleyError && error.details['rule'] === undefined)
    return {
      code: LINE_EXIT.refused,
      text: `${error.message} (${error.code})`,
      facts: { code: error.code, ...error.details },
    }
  const problem = problemOf(error)
  if (problem === null || !(error instanceof ParleyError)) return problem
  const may = error.details['didYouMean']
  return Array.isArray(may) && may.length > 0
    ? { ...problem, text: `${problem.text}; meant may be ${may.join(' or ')}` }
    : problem
}

const shownValue = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))
