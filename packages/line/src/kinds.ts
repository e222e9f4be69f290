import { DEFAULT_KIND_RULES, type KindRule } from '@parley/record'
import type { ActKind } from './act-kind.ts'
import { FLIGHT_KINDS } from './flights/kinds.ts'
import { LINE_KINDS } from './line-kinds.ts'
import { MESSAGE_KINDS } from './messages/kinds.ts'

const KINDS: ReadonlyMap<string, ActKind> = new Map(
  [...LINE_KINDS, ...MESSAGE_KINDS, ...FLIGHT_KINDS].map((kind): [string, ActKind] => [kind.kind, kind]),
)

/** The kind as the line knows it, null for kinds of other mechanisms (`key.*`, `incident.*`, `zone.*` …). */
export const kindOf = (kind: string): ActKind | null => KINDS.get(kind) ?? null

/** Who signs which kind on a line: record.md 2.4 with the kinds of this package; the charter's own table starts from it. */
export const LINE_KIND_RULES: readonly KindRule[] = [
  ...DEFAULT_KIND_RULES,
  { kind: 'charter', signers: 'root' },
  { kind: 'message.close', signers: 1 },
  { kind: 'escalation', signers: 1 },
  { kind: 'area.*', signers: 1 },
  { kind: 'border.agree', signers: 2 },
]
