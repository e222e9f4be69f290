/** What a message may be about: a closed list, so that a subject reads the same in every language. Order is that of the desk's menu. */
export const SUBJECTS = [
  'TEST',
  'INTENT',
  'AMEND',
  'CANCEL',
  'NOTIFY-SITE',
  'NOTIFY-MOVE',
  'QUERY',
  'REPLY',
  'PROTEST',
  'SAFETY',
  'STATE-OF-CHANNEL',
  'STATEMENT',
  'CORRECTION',
] as const
export type Subject = (typeof SUBJECTS)[number]

export const PRECEDENCES = ['FLASH', 'PRIORITY', 'ROUTINE'] as const
export type Precedence = (typeof PRECEDENCES)[number]

/** What still passes while a party has suspended the line: suspension is a statement, not a cut (AC-09). */
export const PASSES_SUSPENSION: ReadonlySet<Subject> = new Set(['TEST', 'SAFETY', 'STATE-OF-CHANNEL', 'CORRECTION'])
