import type { Act } from '@parley/record'
import { closedBy, declarationsOf, declaredState, type Suspension } from './declared.ts'
import { isLineError, LineError } from './errors.ts'
import { kindOf } from './kinds.ts'
import type { SuspensionScope } from './line-kinds.ts'
import { happenedBefore } from './order.ts'
import type { LineAct, LineProjection } from './line-projection.ts'

const inScope = (scope: SuspensionScope, kindScope: string): boolean =>
  scope === 'all' ? kindScope === 'messages' || kindScope === 'flights' : scope === kindScope

/** The members an act concerns: its author and those it is addressed to, all when it is to the table. */
function concerned(
  line: LineProjection,
  { author, to }: { readonly author: string; readonly to: readonly string[] },
): readonly string[] {
  return to.length === 0 ? line.charter.parties.map(({ party }) => party) : [...new Set([author, ...to])]
}

/**
 * Why a party must not say this now, null when it may. A suspension is a statement and not a cut (record.md 3.7): test,
 * safety and state-of-channel messages, FLASH, key acts, incidents, resumptions and all that no kind of this line is pass
 * always; one that is not for safety alone stops nothing. A closed or forked line takes only acts of the record. Gives a
 * refusal (ACT_BODY, LINE_NOT_OPEN, LINE_SUSPENDED, LINE_CLOSED, LINE_FORKED) for the author's own node to answer with:
 * what a counterpart wrote all the same is judged by `saidUnder`.
 */
export function mayNotSay(
  line: LineProjection,
  {
    author,
    kind,
    body,
    act,
    nowS,
  }: {
    readonly author: string
    readonly kind: string
    readonly body: Act['body']
    readonly act: Act
    readonly nowS: number
  },
): LineError | null {
  const known = kindOf(kind)
  if (known === null || known.scope === 'record') return null
  let parsed: unknown
  try {
    parsed = known.parse(body, act)
  } catch (error) {
    if (isLineError(error)) return error
    throw error
  }
  const refuse = (
    code: 'LINE_NOT_OPEN' | 'LINE_SUSPENDED' | 'LINE_CLOSED' | 'LINE_FORKED',
    value: string,
    rule: string,
  ): LineError => new LineError(code, { field: 'kind', value, rule })
  const closed = closedBy(line)
  if (closed !== null) return refuse('LINE_CLOSED', kind, `must wait for a new line: ${closed.party} closed this one`)
  const members = concerned(line, { author, to: act.to })
  for (const party of members) {
    const state = declaredState(line, party, nowS)
    if (state.kind === 'forked') return refuse('LINE_FORKED', kind, `must wait for a new log: that of ${party} forked`)
  }
  if (known.scope === 'line' || known.passes(parsed)) return null
  if (declaredState(line, author, nowS).kind === 'unopened')
    return refuse('LINE_NOT_OPEN', kind, `must wait for line.open by ${author}`)
  for (const party of members) {
    const { suspensions } = declaredState(line, party, nowS)
    const held = suspensions.find(({ safetyOnly, scope }) => safetyOnly && inScope(scope, known.scope))
    if (held !== undefined)
      return refuse(
        'LINE_SUSPENDED',
        kind,
        `must be for safety: ${party} takes nothing else since its act ${held.act.index}`,
      )
  }
  return null
}

/**
 * The suspensions that stood, as its author can have known, when an act that does not pass them was written: the screen
 * marks it "sent while suspended by …". Decided by citations and not by clocks, so both sides mark the same acts.
 */
export function saidUnder(line: LineProjection, act: LineAct): readonly Suspension[] {
  const { kind, act: inner } = act
  if (kind === null || inner === null || act.fault !== null || kind.scope === 'record' || kind.scope === 'line')
    return []
  if (kind.passes(act.body)) return []
  return concerned(line, { author: act.party, to: inner.to }).flatMap((party) =>
    declarationsOf(line, party).suspensions.filter(
      ({ scope, act: suspended, resumed }) =>
        inScope(scope, kind.scope) &&
        happenedBefore(line, suspended, act) &&
        (resumed === null || !happenedBefore(line, resumed, act)),
    ),
  )
}
