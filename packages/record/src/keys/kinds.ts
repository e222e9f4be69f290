/** Who must sign an act: that many different persons among the officers, or two of the party's three root custodians. */
export type Signers = 1 | 2 | 'root'

/** What a table says of a kind of act. */
export interface KindRule {
  /** A kind, or a family: `ack.*` is every kind that begins with `ack.`. A kind's own rule goes before its family's. */
  readonly kind: string
  readonly signers: Signers
}

/**
 * The four-eyes table (record.md 2.4) and the kinds known to every table; a charter may add kinds. A kind in no row has no
 * effect: what it means, and how many must stand for it, nobody agreed.
 */
export const DEFAULT_KIND_RULES: readonly KindRule[] = [
  { kind: 'message', signers: 1 },
  { kind: 'message.voluntary', signers: 1 },
  { kind: 'test', signers: 1 },
  { kind: 'sealed', signers: 1 },
  { kind: 'ack.*', signers: 1 },
  { kind: 'intent.*', signers: 1 },
  { kind: 'incident.report', signers: 1 },
  { kind: 'incident.close', signers: 2 },
  { kind: 'zone.declare', signers: 1 },
  { kind: 'zone.withdraw', signers: 2 },
  { kind: 'agreement.*', signers: 2 },
  { kind: 'watch.open', signers: 1 },
  { kind: 'watch.close', signers: 1 },
  { kind: 'observe.note', signers: 1 },
  { kind: 'guarantee.*', signers: 1 },
  { kind: 'act.fault', signers: 1 },
  { kind: 'seal.fault', signers: 1 },
  { kind: 'time.fault', signers: 1 },
  { kind: 'mirror.fault', signers: 1 },
  { kind: 'state.digest', signers: 1 },
  { kind: 'line.open', signers: 1 },
  { kind: 'line.suspend', signers: 2 },
  { kind: 'line.resume', signers: 2 },
  { kind: 'line.close', signers: 'root' },
  { kind: 'table.*', signers: 'root' },
  { kind: 'log.continue', signers: 'root' },
  { kind: 'key.delegate', signers: 'root' },
  { kind: 'key.rotate', signers: 'root' },
  { kind: 'key.revoke', signers: 'root' },
  { kind: 'key.seal', signers: 'root' },
]

/** Acts that change who may speak: they are judged by their own log alone, so that every replica holds the same keys. */
export const isKeyKind = (kind: string): boolean => kind.startsWith('key.') || kind === 'log.continue'

/** The rule of a kind, null when no row names it. */
export function ruleOf(rules: readonly KindRule[], kind: string): KindRule | null {
  const family = `${kind.slice(0, kind.lastIndexOf('.') + 1)}*`
  return (
    rules.find((rule) => rule.kind === kind) ?? rules.find((rule) => rule.kind === family && family !== '*') ?? null
  )
}

const PATTERN = /^[a-z]+(?:\.[a-z]+)*(?:\.\*)?$/

/** Whether `text` may stand in a delegation: a kind or a family. There is no pattern for everything. */
export const isKindPattern = (text: string): boolean => text.length <= 40 && PATTERN.test(text)

/** Whether a kind, or every kind of a family, is covered by one of the patterns. */
export function coversKind(patterns: readonly string[], kind: string): boolean {
  return patterns.some(
    (pattern) =>
      pattern === kind ||
      (pattern.endsWith('.*') && kind.startsWith(pattern.slice(0, -1)) && kind !== pattern.slice(0, -2)),
  )
}

/** Kinds that only the root may stand for: no officer can be delegated them. `key.delegate` is the one exception. */
export function isDelegable(rules: readonly KindRule[], pattern: string): boolean {
  if (pattern === 'key.delegate') return true
  const overlaps = (rule: KindRule): boolean => coversKind([pattern], rule.kind) || coversKind([rule.kind], pattern)
  return !rules.some((rule) => rule.signers === 'root' && overlaps(rule))
}
