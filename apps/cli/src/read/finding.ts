import { RefusedError } from '@parley/units'

/** Why something in a file was refused or left out. Closed: the guide lists each with its meaning. */
export type FindingCode =
  | 'unreadable'
  | 'not-json'
  | 'too-large'
  | 'unknown-format'
  | 'wrong-type'
  | 'missing-field'
  | 'out-of-range'
  | 'not-allowed'
  | 'no-zone'
  | 'no-unit'
  | 'unknown-datum'
  | 'bad-geometry'
  | 'truncated-record'
  | 'missing-altitude'
  | 'missing-position'
  | 'jump'
  | 'height-not-convertible'
  | 'height-unknown'
  | 'time-unknown'
  | 'track-gap'
  | 'same-time'
  | 'nothing-to-check'
  | 'unrestricted-zone'
  | 'named-twice'

/** Whether a finding means that part of the input was not checked, or only says how it was understood. */
export const LEAVES_OUT: Readonly<Record<FindingCode, boolean>> = {
  unreadable: true,
  'not-json': true,
  'too-large': true,
  'unknown-format': true,
  'wrong-type': true,
  'missing-field': true,
  'out-of-range': true,
  'not-allowed': true,
  'no-zone': true,
  'no-unit': true,
  'unknown-datum': true,
  'bad-geometry': true,
  'truncated-record': true,
  'missing-altitude': true,
  'missing-position': true,
  jump: true,
  'height-not-convertible': false,
  'height-unknown': false,
  'time-unknown': false,
  'track-gap': false,
  'same-time': false,
  'nothing-to-check': true,
  'unrestricted-zone': false,
  'named-twice': false,
}

export interface FindingFacts {
  /** Where in the file: a JSON pointer (RFC 6901), "row 12", "record 3 (byte 210)", or empty for the whole file. */
  readonly position: string
  /** Name of the field, empty when the finding is not about one. */
  readonly field: string
  /** The value as found, shortened. */
  readonly value: string
  /** What it should have been, or what was done about it. */
  readonly rule: string
}

export interface Finding extends FindingFacts {
  readonly code: FindingCode
  readonly file: string
}

/** A part of a file that cannot be understood. Caught by whoever reads that part, which is then left out whole and named. */
export class InputError extends RefusedError {
  readonly code: FindingCode
  readonly facts: FindingFacts

  constructor(code: FindingCode, facts: FindingFacts) {
    super(
      `${facts.position === '' ? '' : `${facts.position}: `}${facts.value === '' ? '' : `${facts.value}: `}${facts.rule}`,
      {
        ...facts,
      },
    )
    this.code = code
    this.facts = facts
  }
}

interface Tally {
  count: number
  readonly examples: Finding[]
}

const EXAMPLES_KEPT = 20

/** Counts findings by file, code and rule, keeps the first examples of each. */
export class Findings {
  readonly #tallies = new Map<string, Tally>()
  #left = 0

  add(file: string, code: FindingCode, facts: FindingFacts): void {
    const key = `${file}\u0000${code}\u0000${facts.field}\u0000${facts.rule}`
    let tally = this.#tallies.get(key)
    if (tally === undefined) this.#tallies.set(key, (tally = { count: 0, examples: [] }))
    tally.count += 1
    if (LEAVES_OUT[code]) this.#left += 1
    if (tally.examples.length < EXAMPLES_KEPT) tally.examples.push({ file, code, ...facts })
  }

  /** Adds an `InputError`; anything else is thrown on. */
  addError(file: string, error: unknown): void {
    if (!(error instanceof InputError)) throw error
    this.add(file, error.code, error.facts)
  }

  /** How many parts of the input were left out. */
  get leftOut(): number {
    return this.#left
  }

  /** One entry per kind of finding and file, in the order first met. */
  list(): readonly { readonly count: number; readonly examples: readonly Finding[] }[] {
    return [...this.#tallies.values()]
  }
}
