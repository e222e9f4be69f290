/** What the process tells its caller. Printed by `parley check --help`. */
export const EXIT = {
  /** All input was read and nothing meets. */
  clear: 0,
  /** Something meets: a conflict, a breach or a caution. */
  conflict: 1,
  /** The command line cannot be followed. */
  usage: 2,
  /** Nothing certain meets, but some input was not read, was left out, or cannot be decided. */
  incomplete: 3,
  /** A fault of this program. */
  fault: 4,
} as const
