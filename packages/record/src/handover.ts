import { type Act, type ParsedAct, parseAct, signAct } from './act.ts'
import { formatAddCheckpoint, parseAddCheckpoint } from './add-checkpoint.ts'
import { decodeBase64, encodeBase64 } from './base64.ts'
import { concatBytes, decodeUtf8, encodeHex, encodeUtf8, equalBytes } from './bytes.ts'
import type { Checkpoint } from './checkpoint.ts'
import { formatTreeSize, SIZE_TYPE } from './cosigner-answer.ts'
import { isRecordError, RecordError, shown } from './errors.ts'
import { verifyText } from './keys/possession.ts'
import { readKeyAct } from './keys/key-acts.ts'
import { leafHash } from './merkle.ts'
import { type LogName, parseLogName } from './origin.ts'
import { openCheckpoint } from './signed-checkpoint.ts'
import type { Signer } from './signer.ts'
import { verifyConsistency } from './verify-proof.ts'
import { formatVkey, type VerifierKey } from './vkey.ts'

/** Numbers ahead that a peer accepts without a word: a log lost twice in a row still finds its place. */
export const LOG_NUMBERS_AHEAD = 3

/** A head of a log by its size and root, 32 bytes. */
export type HeadName = Pick<Checkpoint, 'size' | 'root'>

/** What entry 0 of a log that continues another says (record.md 2.6, `log.continue`). */
export interface Continuation {
  /** Name of the log it begins. */
  readonly origin: string
  readonly name: LogName
  /** Key of the log it begins; it has signed the act. */
  readonly log: VerifierKey
  /** The head up to which the log before counts. */
  readonly from: HeadName & { readonly origin: string }
  /** Heads of the log before beyond `from` that were signed, and whose entries nobody has any more. */
  readonly lost: readonly HeadName[]
  /** SHA-256 over what the author took the state at `from` to be; null where the entries alone say it. */
  readonly state: Uint8Array | null
  readonly parsed: ParsedAct
  /** Leaf hash of the entry: two continuations that differ in it are two. */
  readonly leaf: Uint8Array
}

export interface ContinuationParts {
  readonly from: Continuation['from']
  readonly lost?: readonly HeadName[]
  readonly state?: Uint8Array
  /** 32 lower-case hex digits, drawn at random. */
  readonly id: string
  readonly atS: number
  /** Who signs besides the key of the new log: the key of the log before where it is still there, the root of a party. */
  readonly signers?: readonly Signer[]
}

/** Entry 0 of the log of `log`, which continues `from.origin`. Throws as `readContinuation` does for what that would refuse. */
export function formatContinuation(log: Signer, parts: ContinuationParts): Uint8Array {
  const { from, lost = [], state, id, atS, signers = [] } = parts
  const { table } = parseLogName(log.key.name)
  const named = ({ size, root }: HeadName): { n: number; r: string } => ({ n: size, r: encodeBase64(root) })
  const act: Act = {
    v: 1,
    table,
    o: log.key.name,
    id,
    kind: 'log.continue',
    at: atS,
    seen: [],
    to: [],
    body: {
      from: { o: from.origin, ...named(from) },
      log: formatVkey(log.key),
      ...(lost.length === 0 ? {} : { lost: lost.map(named) }),
      ...(state === undefined ? {} : { state: encodeBase64(state) }),
    },
  }
  const entry = signAct(act, [log, ...signers])
  readContinuation(entry)
  return entry
}

/**
 * Reads entry 0 of a log that continues another: a `log.continue` signed by the key it names, whose log is of the same table and party
 * and numbered one to three above the one it cites. Who may decide that a log goes on so, is not asked here.
 *
 * @throws RecordError KEY_ACT_FIELD, INVALID_SIGNATURE, and what `parseAct` throws
 */
export function readContinuation(entry: Uint8Array): Continuation {
  const parsed = parseAct(entry)
  const { act } = parsed
  const refuse = (field: string, value: string | number, rule: string): RecordError =>
    new RecordError('KEY_ACT_FIELD', { field, value, rule })
  const keyAct = readKeyAct(act)
  if (keyAct?.kind !== 'continue') throw refuse('kind', shown(act.kind), 'must be log.continue')
  const { log, from, lost, state } = keyAct
  const name = parseLogName(act.o)
  const before = parseLogName(from.o)
  if (familyOf(act.o) !== familyOf(from.o)) throw refuse('o', shown(act.o), `must be a log of ${familyOf(from.o)}`)
  if (name.number <= before.number || name.number > before.number + LOG_NUMBERS_AHEAD) {
    throw refuse('o', shown(act.o), `must be numbered ${before.number + 1} to ${before.number + LOG_NUMBERS_AHEAD}`)
  }
  if (log.type !== 0x01 || log.name !== act.o)
    throw refuse('log', shown(log.name), `must be a key of type 0x01 named ${act.o}`)
  if (lost.some(({ size }) => size <= from.n)) throw refuse('lost', from.n, 'must be heads beyond the one cited')
  const continuation: Continuation = {
    origin: act.o,
    name,
    log,
    from: { origin: from.o, size: from.n, root: from.root },
    lost,
    state,
    parsed,
    leaf: leafHash(entry),
  }
  if (!isSignedBy(continuation, log)) {
    const rule = 'must be signed by the key of the log it begins'
    throw new RecordError('INVALID_SIGNATURE', { field: 'signature lines', value: shown(log.name), rule })
  }
  return continuation
}

/** Whether this key has signed the continuation. */
export const isSignedBy = ({ parsed: { text, signatures } }: Continuation, key: VerifierKey): boolean =>
  signatures.some((line) => line.name === key.name && line.keyId === key.keyId && verifyText(key, text, line))

/** What the logs of one author at one table share: the name without the number, `<table>.parley/<party>`. Throws INVALID_ORIGIN. */
export function familyOf(origin: string): string {
  parseLogName(origin)
  return origin.slice(0, origin.lastIndexOf('/'))
}

// ---- on the wire

/** Most bytes of a continue-log request: an entry in base64, and an add-checkpoint request. */
export const MAX_CONTINUE_LOG_BYTES = 160 * 1024

/** A request to go on with the next log. */
export interface ContinueLog {
  /** Entry 0 of the next log. */
  readonly entry: Uint8Array
  /** The next log's head over that entry alone: bytes of a signed note. */
  readonly note: Uint8Array
  /** Size of the head of the log before that the peer is thought to have cosigned, 0 for none. */
  readonly oldSize: number
  /** Consistency proof from there to the head cited; empty where that is beyond it. */
  readonly proof: readonly Uint8Array[]
}

/** Body of a continue-log request: a line with the entry, then what an add-checkpoint request holds. */
export const formatContinueLog = ({ entry, ...rest }: ContinueLog): Uint8Array =>
  concatBytes(encodeUtf8(`entry ${encodeBase64(entry)}\n`), formatAddCheckpoint(rest))

/** @throws RecordError REQUEST_TOO_LARGE, MALFORMED_REQUEST, and what `parseAddCheckpoint` throws */
export function parseContinueLog(body: Uint8Array): ContinueLog {
  if (body.length > MAX_CONTINUE_LOG_BYTES) {
    const rule = `must be at most ${MAX_CONTINUE_LOG_BYTES} bytes`
    throw new RecordError('REQUEST_TOO_LARGE', { field: 'request', value: body.length, rule })
  }
  const end = body.indexOf(0x0a)
  const line = decodeUtf8(body.subarray(0, Math.max(end, 0)), 'request')
  if (end < 0 || !line.startsWith('entry ')) {
    const rule = 'must begin with the line of the entry'
    throw new RecordError('MALFORMED_REQUEST', { field: 'request', value: shown(line), rule })
  }
  return { entry: decodeBase64(line.slice('entry '.length), 'entry'), ...parseAddCheckpoint(body.subarray(end + 1)) }
}

/** A continue-log request whose form and signatures hold. */
export interface OpenedContinueLog extends ContinueLog {
  readonly continuation: Continuation
}

/**
 * Opens a continue-log request, as far as that needs no state: the act and its signature, the head over it alone, and that its key is
 * the one that our operator gave for a log of that name, without which nobody has agreed to it. `logKey` gives that key, or null.
 *
 * @throws RecordError UNKNOWN_LOG for a key that was not given, MALFORMED_REQUEST, and what the parts throw
 */
export function openContinueLog(body: Uint8Array, logKey: (origin: string) => VerifierKey | null): OpenedContinueLog {
  const request = parseContinueLog(body)
  const continuation = readContinuation(request.entry)
  const { origin, log, leaf } = continuation
  const key = logKey(origin)
  if (key === null || key.keyId !== log.keyId || !equalBytes(key.publicKey, log.publicKey)) {
    const rule = 'must be a log whose key was given here'
    throw new RecordError('UNKNOWN_LOG', { field: 'log', value: shown(origin), rule })
  }
  const { checkpoint } = openCheckpoint(request.note, log)
  if (checkpoint.size !== 1 || !equalBytes(checkpoint.root, leaf)) {
    const rule = 'must be the head over the continuation alone'
    throw new RecordError('MALFORMED_REQUEST', { field: 'checkpoint', value: checkpoint.size, rule })
  }
  return { ...request, continuation }
}

// ---- what a peer holds and decides

/** What a cosigner keeps of the handovers of one author's logs; on its disk before it answers. */
export interface HandoverStanding {
  /** No lower number is cosigned any more. */
  readonly frozen: number
  /** The number that counts: `frozen` once its continuation was accepted, a lower one while it is refused. */
  readonly at: number
  /** Leaf hash of the continuation that froze, lower-case hex. */
  readonly leaf: string
}

/** A peer's view of an author's logs: what it keeps, and the head it has cosigned of each, by number. */
export interface HandoverView {
  readonly standing: HandoverStanding | null
  readonly heads: ReadonlyMap<number, HeadName>
}

/** Why a log is not cosigned; `number` is the one that is. */
export interface NotThisNumber {
  readonly why: 'continued' | 'not-begun'
  readonly number: number
}

/**
 * Rules C2 and C4 of models/handover.pml at a cosigner: whether it may cosign the log numbered `number`. Once it has seen a continuation,
 * only the number that it accepted; a number that it knows no continuation to, only while it has cosigned no other of that author.
 */
export function refusesNumber({ standing, heads }: HandoverView, number: number): NotThisNumber | null {
  if (standing !== null) {
    if (number < standing.frozen) return { why: 'continued', number: standing.frozen }
    return number === standing.at ? null : { why: 'not-begun', number: standing.at }
  }
  const others = [...heads.keys()].filter((each) => each !== number)
  if (others.length === 0) return null
  const newest = Math.max(...others)
  return number < newest ? { why: 'continued', number: newest } : { why: 'not-begun', number: newest }
}

export type HandoverDecision =
  /** Goes on with the next log; `standing` is to be on the disk before the answer. */
  | { readonly kind: 'accept'; readonly standing: HandoverStanding }
  /** The citation lacks what this peer has cosigned: answer with that head, and cosign no lower number from now on (C2). */
  | { readonly kind: 'short'; readonly standing: HandoverStanding; readonly head: HeadName; readonly log: number }
  /** A higher number is the one that counts here. */
  | { readonly kind: 'over'; readonly number: number }
  /** This number was begun by another continuation. */
  | { readonly kind: 'twice'; readonly number: number }

/**
 * Rules C2 and C3 of models/handover.pml: what a cosigner does with a continuation. It accepts only what covers every head it has
 * cosigned, and freezes lower numbers whether it accepts or not. A witness, whose cosignature claims no contents, also takes it that the
 * author names the very head as lost; a mirror never, for its cosignature is a receipt.
 */
export function decideContinueLog(
  view: HandoverView,
  { continuation, oldSize, proof }: OpenedContinueLog,
  { role }: { readonly role: 'witness' | 'mirror' },
): HandoverDecision {
  const { standing, heads } = view
  const { number } = continuation.name
  const leaf = encodeHex(continuation.leaf)
  if (standing !== null && number < standing.frozen) return { kind: 'over', number: standing.frozen }
  if (standing !== null && number === standing.frozen && standing.leaf !== leaf) return { kind: 'twice', number }
  if (standing?.at === number) return { kind: 'accept', standing }
  const higher = Math.max(0, ...heads.keys())
  if (standing === null && higher > number) return { kind: 'over', number: higher }
  const cited = parseLogName(continuation.from.origin).number
  const frozen: HandoverStanding = { frozen: number, at: standing?.at ?? cited, leaf }
  for (const [each, head] of heads) {
    if (each >= number) continue
    // What was accepted before covers what lies below it; a log in between holds no more than its own continuation, for nothing else may
    // be written before all have accepted.
    const isCovered =
      each === cited
        ? covers(head, { continuation, oldSize, proof, role })
        : each < cited
          ? standing !== null && standing.at >= cited
          : head.size <= 1
    if (!isCovered) return { kind: 'short', standing: frozen, head, log: each }
  }
  return { kind: 'accept', standing: { frozen: number, at: number, leaf } }
}

function covers(
  head: HeadName,
  {
    continuation: { from, lost },
    oldSize,
    proof,
    role,
  }: Pick<OpenedContinueLog, 'continuation' | 'oldSize' | 'proof'> & { readonly role: 'witness' | 'mirror' },
): boolean {
  if (head.size === 0) return true
  if (head.size > from.size)
    return role === 'witness' && lost.some(({ size, root }) => size === head.size && equalBytes(root, head.root))
  if (oldSize !== head.size) return false
  try {
    verifyConsistency({ from: head.size, to: from.size, fromRoot: head.root, toRoot: from.root, proof })
    return true
  } catch (error) {
    if (isRecordError(error)) return false
    throw error
  }
}

/** The answer to a refused continuation: 409 with the size of the head that it lacks; which head that is, the peer's checkpoint shows. */
export const shortAnswer = ({ size }: HeadName): { status: number; contentType: string; body: string } => ({
  status: 409,
  contentType: SIZE_TYPE,
  body: formatTreeSize(size),
})

// ---- what a reader checks

/** The log before, as far as a reader of the next one has it. */
export interface Predecessor {
  readonly key: VerifierKey
  readonly size: number
  /** Root of its first `size` entries. */
  rootAt(size: number): Promise<Uint8Array>
}

/**
 * Whether entry 0 of a log continues the log that a reader has verified: the one it cites, at a head that is in it. Null when it does,
 * else the rule that it breaks. `signedByOld` tells whether the old key vouches for it; where that key was lost it cannot.
 */
export async function checkHandover(
  continuation: Continuation,
  predecessor: Predecessor,
): Promise<{ readonly fault: string | null; readonly signedByOld: boolean }> {
  const { from } = continuation
  const signedByOld = isSignedBy(continuation, predecessor.key)
  const found = (fault: string | null): { fault: string | null; signedByOld: boolean } => ({ fault, signedByOld })
  if (from.origin !== predecessor.key.name) return found(`it continues ${from.origin}, not ${predecessor.key.name}`)
  if (from.size > predecessor.size)
    return found(`it cites ${from.size} entries of ${from.origin}, of which ${predecessor.size} are here`)
  if (!equalBytes(await predecessor.rootAt(from.size), from.root))
    return found(`the head of ${from.size} entries that it cites is not one of ${from.origin}`)
  return found(null)
}
