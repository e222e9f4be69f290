import { type Act, parseAct } from '../act.ts'
import { RecordError, shown } from '../errors.ts'
import { LOG_NUMBERS_AHEAD } from '../handover.ts'
import { parseLogName } from '../origin.ts'
import { type ActContext, NOTHING_ELSE_KNOWN } from './act-context.ts'
import { ROOT_THRESHOLD } from './enrolment.ts'
import { type Judgement, judgeFully } from './judge-act.ts'
import { rootSigners } from './judge-key-act.ts'
import { readKeyAct } from './key-acts.ts'
import { countsAt, emptyBook, type KeyBook, newRecord, recordOf, recordOfPublicKey } from './key-book.ts'
import type { KeyEffect } from './key-effect.ts'
import { verifyText } from './possession.ts'
import { useKey } from './uses.ts'

/** The next entry of a log, judged and not yet taken. */
export interface NextEntry {
  readonly judgement: Judgement
  /** Labels of the persons whose officer keys signed it and count at its index, each once, sorted. */
  readonly officers: readonly string[]
  /** Takes it into the book, once, before anything else is taken. */
  take(): void
}

/**
 * Judges the next entry of the log and takes it into the book. What it changes in the book is decided by this log alone;
 * `context` only adds to the judgement that is returned. Entries come in order, every one of them: a missing one would
 * hide a revocation.
 */
export function applyEntry(book: KeyBook, entry: Uint8Array, context: ActContext = NOTHING_ELSE_KNOWN): Judgement {
  const next = judgeNext(book, entry, context)
  next.take()
  return next.judgement
}

/** Judges the next entry as `applyEntry` does and leaves it to the caller to take it: signatures are verified once. */
export function judgeNext(book: KeyBook, entry: Uint8Array, context: ActContext = NOTHING_ELSE_KNOWN): NextEntry {
  const index = book.size
  const { verdict, effect, reasons, act, effectAtS, keyEffect, soundInLog, signers } = judgeFully(book, entry, {
    index,
    context,
  })
  const counting = signers.all.filter((record) => countsAt(record, index))
  const officers = counting.flatMap(({ role, person }) => (role === 'officer' && person !== null ? [person] : []))
  return {
    judgement: { verdict, effect, reasons, act, effectAtS },
    officers: [...new Set(officers)].sort(),
    take() {
      if (book.size !== index) throw new Error(`entry ${index} was judged, and the log has ${book.size} by now`)
      if (act !== null && act.o === book.origin && act.table === book.table) {
        book.ids.add(act.id, index)
        if (soundInLog) rememberSeen(book, act, index)
        for (const { grant } of counting) {
          if (grant === null) continue
          const key = useKey(grant.id, act.at)
          const uses = book.uses.get(key)
          if (uses === undefined) book.uses.set(key, [index])
          else uses.push(index)
        }
      }
      if (keyEffect !== null) takeEffect(book, keyEffect, index)
      book.size = index + 1
    },
  }
}

function rememberSeen(book: KeyBook, act: Act, index: number): void {
  for (const { o, n, r } of act.seen) {
    const steps = book.seen.get(o)
    if (steps === undefined) book.seen.set(o, [{ index, n, r }])
    else if (n > (steps.at(-1)?.n ?? -1)) steps.push({ index, n, r })
  }
}

function takeEffect(book: KeyBook, effect: KeyEffect, index: number): void {
  const next = index + 1
  switch (effect.kind) {
    case 'add-officer': {
      const { key, grant } = effect
      const from = Math.max(next, grant.notBeforeIndex)
      book.keys.push(newRecord({ key, role: 'officer', person: grant.person, grant, enteredAt: index, from }))
      return
    }
    case 'replace': {
      const { old, next: key } = effect
      old.until = next
      const grant = old.grant === null ? null : { ...old.grant, key }
      const from = Math.max(next, old.from)
      book.keys.push(newRecord({ key, role: old.role, person: old.person, grant, enteredAt: index, from }))
      return
    }
    case 'revoke': {
      const { record, suspectSince } = effect
      record.revokedAt = index
      record.suspectSince = suspectSince
      record.until ??= next
      return
    }
    case 'set-desk':
      for (const desk of book.desks) if (desk.desk === effect.desk && desk.until === null) desk.until = next
      if (effect.recipient !== null)
        book.desks.push({ desk: effect.desk, recipient: effect.recipient, from: next, until: null })
      return
    case 'set-pin':
      for (const pin of book.pins) if (pin.pin === effect.old && pin.until === null) pin.until = next
      if (effect.next !== null) book.pins.push({ pin: effect.next, from: next, until: null })
  }
}

/**
 * The book of a log that goes on under its next number (record.md 2.6): `entry` is entry 0 of the new log, a `log.continue`
 * signed by the root, and `previous` the book of the old log up to the head it cites. Keys in force there stay in force,
 * the log key gives way to the new one, ids and quotas start anew: an act names its log, so none of the old can be
 * replayed. That the cited root is the old log's, and was cosigned by both, is for the caller to check against the head it
 * holds. Throws KEY_ACT_FIELD, KEY_ACT_UNSIGNED and what `parseAct` throws.
 */
export function continueKeyBook(previous: KeyBook, entry: Uint8Array): KeyBook {
  const parsed = parseAct(entry)
  const { act } = parsed
  const refuse = (field: string, value: string | number, rule: string): RecordError =>
    new RecordError('KEY_ACT_FIELD', { field, value, rule })
  const keyAct = readKeyAct(act)
  if (keyAct?.kind !== 'continue') throw refuse('kind', shown(act.kind), 'must be log.continue')
  const { log, from } = keyAct
  const before = parseLogName(previous.origin)
  const now = parseLogName(act.o)
  if (act.table !== previous.table || now.table !== before.table || now.party !== before.party) {
    throw refuse('o', shown(act.o), `must be a log of ${before.party} at ${before.table}`)
  }
  if (now.number <= before.number || now.number > before.number + LOG_NUMBERS_AHEAD) {
    throw refuse('o', shown(act.o), `must be numbered ${before.number + 1} to ${before.number + LOG_NUMBERS_AHEAD}`)
  }
  if (from.o !== previous.origin) throw refuse('from.o', shown(from.o), `must be ${previous.origin}`)
  if (from.n !== previous.size) throw refuse('from.n', from.n, `must be ${previous.size}, the size of the book given`)
  if (log.type !== 0x01 || log.name !== act.o)
    throw refuse('log', shown(log.name), `must be a key of type 0x01 named ${act.o}`)
  const end = previous.size
  if (recordOfPublicKey(previous, log.publicKey, end) !== null) {
    throw refuse('log', shown(log.name), 'must not be a key the old log has known')
  }
  const signers = parsed.signatures.flatMap((line) => {
    const record = recordOf(previous, line, end)
    return record !== null && verifyText(record.key, parsed.text, line) ? [record] : []
  })
  const custodians = rootSigners(signers, end)
  if (custodians < ROOT_THRESHOLD) {
    throw new RecordError('KEY_ACT_UNSIGNED', {
      field: 'signature lines',
      value: custodians,
      rule: `must be of ${ROOT_THRESHOLD} custodians of the root`,
    })
  }
  const { table, party, parties, rules, skewS } = previous
  const book = emptyBook({ table, party, log }, { parties: [...parties], rules, skewS })
  book.keys.push(newRecord({ key: log, role: 'log', person: null, grant: null, enteredAt: -1, from: 0 }))
  for (const record of previous.keys) {
    if (record.role === 'log' || (record.until !== null && record.until <= end)) continue
    // Who delegated stays behind: its indices are those of the old log.
    const grant = record.grant === null ? null : { ...record.grant, by: null }
    book.keys.push(newRecord({ ...record, grant, enteredAt: -1, from: Math.max(0, record.from - end) }))
  }
  for (const { desk, recipient, from: since, until } of previous.desks) {
    if (since <= end && (until === null || until > end)) book.desks.push({ desk, recipient, from: 0, until: null })
  }
  for (const { pin, from: since, until } of previous.pins) {
    if (since <= end && (until === null || until > end)) book.pins.push({ pin, from: 0, until: null })
  }
  book.ids.add(act.id, 0)
  book.size = 1
  return book
}
