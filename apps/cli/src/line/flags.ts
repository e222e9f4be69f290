/** The pieces of which flags and positionals of `parley line` are made. */
export const text = (placeholder: string, brief: string) =>
  ({ kind: 'parsed', parse: String, placeholder, brief }) as const
export const maybe = (placeholder: string, brief: string) =>
  ({ kind: 'parsed', parse: String, optional: true, placeholder, brief }) as const
export const several = (placeholder: string, brief: string) =>
  ({ kind: 'parsed', parse: String, variadic: true, placeholder, brief }) as const
export const anyNumber = (placeholder: string, brief: string) =>
  ({ kind: 'parsed', parse: String, optional: true, variadic: true, placeholder, brief }) as const
export const flag = (brief: string) => ({ kind: 'boolean', default: false, withNegated: false, brief }) as const
export const choice = <T extends string>(values: readonly T[], brief: string) =>
  ({ kind: 'enum', values, brief }) as const
export const choiceOr = <T extends string>(values: readonly T[], byDefault: T, brief: string) =>
  ({ kind: 'enum', values, default: byDefault, brief }) as const

export function wholeNumber(name: string, least: number, most = Number.MAX_SAFE_INTEGER): (given: string) => number {
  return (given) => {
    const value = /^(?:0|[1-9]\d{0,15})$/.test(given) ? Number(given) : Number.NaN
    if (value >= least && value <= most) return value
    const above = most === Number.MAX_SAFE_INTEGER ? '' : ` and at most ${most}`
    throw new Error(`${name} ${given}: a whole number of at least ${least}${above} is required`)
  }
}

export const count = (name: string, brief: string, { least = 0, most }: { least?: number; most?: number } = {}) =>
  ({ kind: 'parsed', parse: wholeNumber(name, least, most), placeholder: 'N', brief }) as const
export const maybeCount = (name: string, brief: string, { least = 0 }: { least?: number } = {}) =>
  ({ kind: 'parsed', parse: wholeNumber(name, least), optional: true, placeholder: 'N', brief }) as const

export const tuple = <T extends readonly (readonly [string, string])[]>(...parts: T) =>
  ({
    kind: 'tuple',
    parameters: parts.map(([placeholder, brief]) => ({ placeholder, brief, parse: String })),
  }) as unknown as {
    readonly kind: 'tuple'
    readonly parameters: {
      readonly [I in keyof T]: { placeholder: string; brief: string; parse: (text: string) => string }
    }
  }

/** Where the node is; on every command that speaks to one. */
export const NODE = {
  node: {
    kind: 'parsed',
    parse: String,
    default: 'http://localhost:8080',
    placeholder: 'URL',
    brief: 'The node to speak to',
  },
  tokenFile: maybe('FILE', "The node's keys/desk.token; not needed on its own machine"),
  json: flag('Write what was done or found as JSON'),
} as const

export const TABLE = { ...NODE, table: maybe('TABLE', 'Which line; the only one of the node when left out') } as const

/** As for what an officer signs. */
export const SIGN = {
  ...TABLE,
  key: several('FILE', "Secret key of the officer who signs; given twice, two officers'"),
  passphraseFile: maybe('FILE', 'Passphrase of the key files given, on the first line of this file'),
} as const

export const OUT = {
  out: maybe('FILE', 'Write the signed act here instead of sending it, for the next officer to sign'),
} as const
