import { type Act, type ParsedAct, parseAct } from '../act.ts'
import { decodeBase64, encodeBase64 } from '../base64.ts'
import { equalBytes } from '../bytes.ts'
import { isRecordError, shown } from '../errors.ts'
import { parseLogName } from '../origin.ts'
import type { SealedInner } from '../seal/inner.ts'
import { type ActContext, NOTHING_ELSE_KNOWN } from './act-context.ts'
import { bodyFault } from './body-rules.ts'
import { ROOT_THRESHOLD } from './enrolment.ts'
import { judgeKeyAct } from './judge-key-act.ts'
import { countsAt, type KeyBook, type KeyRecord, recordOf } from './key-book.ts'
import type { KeyEffect } from './key-effect.ts'
import { coversKind, isKeyKind, type KindRule, ruleOf } from './kinds.ts'
import { verifyText } from './possession.ts'
import { type Reason, reason } from './reasons.ts'
import { useKey, usesBefore } from './uses.ts'

/** What becomes of an act (record.md 6.2, 6.3). */
export interface Judgement {
  /** `valid` has no reason, `flagged` only flags, `invalid` breaks a rule. */
  readonly verdict: 'valid' | 'flagged' | 'invalid'
  /** Whether the act counts. An invalid act never does; a flagged one may. */
  readonly effect: boolean
  readonly reasons: readonly Reason[]
  /** Null when the entry is no act at all: then it is shown raw. */
  readonly act: Act | null
  /** The time its effects take: the claimed one, or the time of receipt where the claim is disputed. Null without an act. */
  readonly effectAtS: number | null
}

/** A judgement with what the act does to the book, which only its own log decides. */
export interface FullJudgement extends Judgement {
  readonly keyEffect: KeyEffect | null
  /** Whether no rule is broken that this log alone decides. */
  readonly soundInLog: boolean
  readonly signers: Signers
}

/** Who signed, as far as an entry at this index can know. */
export interface Signers {
  /** Keys whose line verified, in the order of the lines. */
  readonly all: readonly KeyRecord[]
  readonly reasons: readonly Reason[]
}

/**
 * What becomes of the entry at `index` of the book's log, by the rules of record.md 1.10, 2.4, 2.6, 6.2 and 6.3. The book
 * must have every entry before `index`, and may have more: later revocations then mark earlier acts. Pure: the same book,
 * entry, index and facts in `context` give the same verdict, whatever order they came in. Never throws for what stands in
 * the entry.
 */
export function judgeAct(
  book: KeyBook,
  entry: Uint8Array,
  index: number,
  context: ActContext = NOTHING_ELSE_KNOWN,
): Judgement {
  const { verdict, effect, reasons, act, effectAtS } = judgeFully(book, entry, { index, context })
  return { verdict, effect, reasons, act, effectAtS }
}

export function judgeFully(
  book: KeyBook,
  entry: Uint8Array,
  { index, context }: { readonly index: number; readonly context: ActContext },
): FullJudgement {
  const parsed = tryParse(entry)
  if (!('act' in parsed)) {
    const effect = { keyEffect: null, soundInLog: false, signers: { all: [], reasons: [] } }
    return { verdict: 'invalid', effect: false, reasons: [parsed], act: null, effectAtS: null, ...effect }
  }
  const { act } = parsed
  const keyKind = isKeyKind(act.kind)
  const disputed = isDisputed(act, book.skewS, context)
  const effectAtS = disputed && context.receiptAtS !== null ? context.receiptAtS : act.at

  const signers = findSigners(book, parsed, index)
  const own: Reason[] = [...checkEnvelope(book, act, index), ...signers.reasons]
  let keyEffect: KeyEffect | null = null
  const rule = ruleOf(book.rules, act.kind)
  if (rule === null) {
    own.push(reason('act.kind', 'kind', { value: shown(act.kind), rule: 'must be a kind that the charter knows' }))
  } else if (keyKind) {
    const judged = judgeKeyAct(book, parsed, { index, signers: signers.all })
    own.push(...judged.reasons, ...contestedSigners(signers.all, index))
    keyEffect = judged.effect
  } else {
    own.push(...judgeSigners(book, { act, index, rule, signers: signers.all, atS: effectAtS }))
    const fault = bodyFault(act)
    if (fault !== null) {
      const { field, value, rule: broken } = fault.details
      own.push(reason('act.body', field, { value, rule: broken }))
    }
  }
  const soundInLog = own.every(({ outcome, effect }) => outcome === 'FLAG' && effect)
  const outside = [
    ...checkTimes(act, { disputed, context }),
    ...checkSeenOutside(act, context),
    ...checkRefOutside(book, act, context),
  ]
  // Keys must be the same on every replica, so what other logs hold can mark a key act and never undo it.
  const reasons = [
    ...own,
    ...(keyKind ? outside.map((found): Reason => ({ ...found, outcome: 'FLAG', effect: true })) : outside),
  ]
  const verdict =
    reasons.length === 0 ? 'valid' : reasons.some(({ outcome }) => outcome === 'INV') ? 'invalid' : 'flagged'
  return {
    verdict,
    effect: reasons.every(({ effect }) => effect),
    reasons,
    act,
    effectAtS,
    keyEffect: soundInLog ? keyEffect : null,
    soundInLog,
    signers,
  }
}

/**
 * What becomes of the act inside a seal once it is opened: the signatures on the outer act must be enough for the inner
 * kind, within what the signers may say. The outer act has been judged by itself; its verdict stands beside this one.
 */
export function judgeOpenedSeal(
  book: KeyBook,
  entry: Uint8Array,
  {
    index,
    inner,
    context = NOTHING_ELSE_KNOWN,
  }: { readonly index: number; readonly inner: SealedInner; readonly context?: ActContext },
): Judgement {
  const outer = judgeFully(book, entry, { index, context })
  if (outer.act === null || outer.effectAtS === null) return outer
  const act: Act = { ...outer.act, kind: inner.kind, body: inner.body }
  const rule = ruleOf(book.rules, inner.kind)
  const reasons: Reason[] = [...outer.reasons]
  if (rule === null || isKeyKind(inner.kind) || rule.signers === 'root') {
    reasons.push(
      reason('act.kind', 'inner.kind', {
        value: shown(inner.kind),
        rule: 'must be a kind that the charter knows and that may be sealed',
      }),
    )
  } else {
    const signers = outer.signers.all
    const more = judgeSigners(book, { act, index, rule, signers, atS: outer.effectAtS })
    reasons.push(...more.filter(({ code }) => !outer.reasons.some((known) => known.code === code)))
    const fault = bodyFault(act)
    if (fault !== null) reasons.push(reason('act.body', `inner.${fault.details.field}`, fault.details))
  }
  const verdict =
    reasons.length === 0 ? 'valid' : reasons.some(({ outcome }) => outcome === 'INV') ? 'invalid' : 'flagged'
  return { verdict, effect: reasons.every(({ effect }) => effect), reasons, act, effectAtS: outer.effectAtS }
}

function tryParse(entry: Uint8Array): ParsedAct | Reason {
  try {
    return parseAct(entry)
  } catch (error) {
    if (!isRecordError(error)) throw error
    const { field, value, rule } = error.details
    return reason('act.malformed', field, { value, rule: `${rule} (${error.code})` })
  }
}

function isDisputed(act: Act, skewS: number, { receiptAtS, lowerBoundS }: ActContext): boolean {
  return (
    (receiptAtS !== null && Math.abs(act.at - receiptAtS) > skewS) ||
    (lowerBoundS !== null && act.at + skewS < lowerBoundS)
  )
}

/** What the act says of itself, against its place in this log. */
function checkEnvelope(book: KeyBook, act: Act, index: number): Reason[] {
  const found: Reason[] = []
  if (act.table !== book.table) {
    found.push(reason('act.table', 'table', { value: shown(act.table), rule: `must be ${book.table}` }))
  }
  if (act.o !== book.origin) {
    found.push(reason('act.origin', 'o', { value: shown(act.o), rule: `must be ${book.origin}, the log it stands in` }))
  }
  const first = book.ids.get(act.id)
  if (first !== undefined && first < index) {
    found.push(reason('act.id', 'id', { value: act.id, rule: `must be new in this log; it stands at ${first}` }))
  }
  for (const party of act.to) {
    if (!book.parties.has(party)) {
      found.push(reason('act.to', 'to', { value: shown(party), rule: 'must name parties of the table' }))
    }
  }
  for (const { o, n, r } of act.seen) {
    if (!isLogOfTable(book, o)) {
      found.push(
        reason('seen.unknown-log', 'seen.o', {
          value: shown(o),
          rule: 'must be the log of another party of the table',
        }),
      )
    }
    const before = book.seen.get(o)?.findLast((step) => step.index < index)
    if (before === undefined) continue
    if (n < before.n) {
      found.push(
        reason('seen.decreasing', 'seen.n', { value: n, rule: `must not fall below ${before.n}, cited before` }),
      )
    } else if (n === before.n && r !== before.r) {
      found.push(reason('seen.root', 'seen.r', { value: r, rule: `must be ${before.r}, cited before for this size` }))
    }
  }
  const { ref } = act
  if (ref !== undefined) {
    const inReach = ref.o === book.origin ? ref.i < index : ref.i < citedSize(book, act, { origin: ref.o, index })
    if (!inReach) {
      const rule =
        ref.o === book.origin ? 'must be an earlier entry of this log' : 'must lie below a head this log has cited'
      found.push(reason('ref.missing', 'ref.i', { value: ref.i, rule }))
    }
  }
  return found
}

function isLogOfTable(book: KeyBook, origin: string): boolean {
  const { table, party } = parseLogName(origin)
  return table === book.table && party !== book.party && book.parties.has(party)
}

/** The largest size of another log that this act or one before it cites. */
function citedSize(
  book: KeyBook,
  act: Act,
  { origin, index }: { readonly origin: string; readonly index: number },
): number {
  const now = act.seen.find(({ o }) => o === origin)?.n ?? 0
  const before = book.seen.get(origin)?.findLast((step) => step.index < index)?.n ?? 0
  return Math.max(now, before)
}

/** Every line of a key the book knows at this index must verify; lines of other keys are ignored. */
function findSigners(book: KeyBook, { text, signatures }: ParsedAct, index: number): Signers {
  const all: KeyRecord[] = []
  const reasons: Reason[] = []
  for (const line of signatures) {
    const record = recordOf(book, line, index)
    if (record === null) continue
    if (verifyText(record.key, text, line)) all.push(record)
    else
      reasons.push(
        reason('signature.bad', 'signature line', {
          value: shown(line.name),
          rule: 'must verify: it is of a known key',
        }),
      )
  }
  return { all, reasons }
}

/** Whether those who signed may, and are enough different persons, for an act that is not a key act. */
function judgeSigners(
  book: KeyBook,
  {
    act,
    index,
    rule,
    signers,
    atS,
  }: {
    readonly act: Act
    readonly index: number
    readonly rule: KindRule
    readonly signers: readonly KeyRecord[]
    readonly atS: number
  },
): Reason[] {
  const found: Reason[] = []
  const persons = new Set<string>()
  const revokedPersons = new Set<string>()
  for (const record of signers) {
    const { key, role, person } = record
    const name = shown(key.name)
    const mayRoot = rule.signers === 'root'
    if (person === null || (role === 'root') !== mayRoot) {
      const who = mayRoot ? 'only custodians of the root sign this kind' : 'only officers sign this kind'
      found.push(reason('signer.role', 'signature line', { value: name, rule: who }))
      continue
    }
    if (record.from > index) {
      found.push(
        reason('key.early', 'signature line', { value: name, rule: `must not sign before index ${record.from}` }),
      )
      continue
    }
    if (!countsAt(record, index)) {
      if (record.revokedAt !== null && index > record.revokedAt) {
        revokedPersons.add(person)
        found.push(
          reason('key.revoked', 'signature line', {
            value: name,
            rule: `counts no longer: revoked at index ${record.revokedAt}`,
          }),
        )
      } else {
        found.push(
          reason('key.rotated', 'signature line', {
            value: name,
            rule: `must not sign from index ${record.until} on: replaced`,
          }),
        )
      }
      continue
    }
    persons.add(person)
    found.push(...contestedSigners([record], index), ...judgeGrant(book, { record, act, index, atS }))
  }
  const needed = rule.signers === 'root' ? ROOT_THRESHOLD : rule.signers
  if (persons.size >= needed) return found
  if (new Set([...persons, ...revokedPersons]).size >= needed) {
    // It would have been enough but for the revocation: recorded and shown, without effect.
    found.push(
      reason('key.revoked-signer', 'signature lines', {
        value: persons.size,
        rule: `must be ${needed} whose keys are not revoked`,
      }),
    )
  } else {
    const whom =
      rule.signers === 'root'
        ? 'custodians of the root'
        : needed === 1
          ? 'officer'
          : 'officers who are different persons'
    found.push(
      reason('signature.missing', 'signature lines', { value: persons.size, rule: `must be of ${needed} ${whom}` }),
    )
  }
  return found
}

/** Marks of signers in force whose keys were revoked later and are suspected from here or before. */
function contestedSigners(signers: readonly KeyRecord[], index: number): Reason[] {
  return signers.flatMap((record) => {
    const { key, suspectSince } = record
    if (suspectSince === null || index < suspectSince || !countsAt(record, index)) return []
    const rule = `contested: its key is suspected from index ${suspectSince} on`
    return [reason('key.contested', 'signature line', { value: shown(key.name), rule })]
  })
}

function judgeGrant(
  book: KeyBook,
  {
    record,
    act,
    index,
    atS,
  }: { readonly record: KeyRecord; readonly act: Act; readonly index: number; readonly atS: number },
): Reason[] {
  const { grant, key } = record
  if (grant === null) return []
  const name = shown(key.name)
  const found: Reason[] = []
  if (!coversKind(grant.kinds, act.kind)) {
    found.push(reason('grant.kind', 'kind', { value: shown(act.kind), rule: `must be one that ${name} may say` }))
  }
  if (atS > grant.notAfterS) {
    found.push(
      reason('grant.expired', 'at', {
        value: atS,
        rule: `must not be later than ${grant.notAfterS}, when ${name} expires`,
      }),
    )
  }
  const used = usesBefore(book, useKey(grant.id, act.at), index)
  if (used >= grant.maxPerDay) {
    found.push(
      reason('grant.quota', 'signature line', {
        value: used + 1,
        rule: `must be at most ${grant.maxPerDay} acts a day by ${name}`,
      }),
    )
  }
  const { by } = grant
  if (by?.suspectSince !== null && by?.suspectSince !== undefined && record.enteredAt >= by.suspectSince) {
    const since = `contested: delegated by ${shown(by.key.name)}, suspected from index ${by.suspectSince} on`
    found.push(reason('grant.contested', 'signature line', { value: name, rule: since }))
  }
  return found
}

function checkTimes(
  act: Act,
  { disputed, context }: { readonly disputed: boolean; readonly context: ActContext },
): Reason[] {
  const found: Reason[] = []
  if (disputed) {
    const against =
      context.receiptAtS === null ? `cited heads of ${context.lowerBoundS}` : `its receipt at ${context.receiptAtS}`
    found.push(reason('time.disputed', 'at', { value: act.at, rule: `must agree with ${against}` }))
  }
  if (act.exp !== undefined && context.receiptAtS !== null && context.receiptAtS > act.exp) {
    found.push(
      reason('act.expired', 'exp', {
        value: act.exp,
        rule: `must not have passed on arrival, at ${context.receiptAtS}`,
      }),
    )
  }
  return found
}

function checkSeenOutside(act: Act, context: ActContext): Reason[] {
  const found: Reason[] = []
  for (const { o, n, r } of act.seen) {
    const actual = context.rootAt(o, n)
    if (actual !== null && actual !== r) {
      found.push(reason('seen.root', 'seen.r', { value: r, rule: `must be ${actual}, the root of ${o} at ${n}` }))
      continue
    }
    const cosigned = context.cosigned(o, n, r)
    if (cosigned === false) {
      found.push(
        reason('seen.uncosigned', 'seen.n', { value: n, rule: "must be a head that the author's mirror has cosigned" }),
      )
    } else if (cosigned === null || actual === null) {
      found.push(reason('seen.unverified', 'seen.n', { value: n, rule: 'could not be held against the log cited' }))
    }
  }
  return found
}

function checkRefOutside(book: KeyBook, { ref }: Act, context: ActContext): Reason[] {
  if (ref === undefined) return []
  const cited = context.entryAt(ref.o, ref.i)
  if (cited === null) {
    return [reason('ref.unverified', 'ref.i', { value: ref.i, rule: 'could not be held against the entry cited' })]
  }
  if (!equalBytes(cited.leaf, decodeBase64(ref.h, 'ref.h'))) {
    return [
      reason('ref.leaf', 'ref.h', {
        value: ref.h,
        rule: `must be ${encodeBase64(cited.leaf)}, the leaf hash of that entry`,
      }),
    ]
  }
  const { sealedTo } = cited
  if (sealedTo !== null && sealedTo.length > 0 && ref.o !== book.origin && !sealedTo.includes(book.party)) {
    return [
      reason('ref.not-addressed', 'ref.i', {
        value: ref.i,
        rule: 'must not be a seal that is not addressed to the author',
      }),
    ]
  }
  return []
}
