import {
  type CosignerForkFinding,
  encodeBase64,
  encodeHex,
  type Evidence,
  EVIDENCE_HEADER,
  type ForkFinding,
  formatKeyId,
  formatVkey,
  isAct,
  isRecordError,
  leafHash,
  leafOf,
  openAct,
  openCheckpoint,
  parseAct,
  parseEvidence,
  parseNote,
  parseTlogProof,
  type Policy,
  sha256,
  type TwoHeads,
  type VerifierKey,
  verifyCosignerFork,
  verifyLogFork,
  verifyProtest,
  verifyStateDispute,
  verifyTlogProof,
} from '@parley/record'
import type { CliContext } from '../context.ts'
import { cosignersOf, policyOf, strengthText } from './policy.ts'
import type { VerifyFlags } from './run-verify.ts'
import type { FileTarget } from './target.ts'
import { CannotVerify, fileBytes, keyOf, VERIFY_EXIT } from './usage.ts'

const PROOF_HEADER = 'c2sp.org/tlog-proof@'

/** What a file was found to show: facts for `--json`, lines for people. */
interface Shown {
  readonly kind: string
  readonly facts: Readonly<Record<string, unknown>>
  readonly lines: readonly (readonly [string, string])[]
}

/** Verifies a single file by what it says it is; returns the exit code. @throws {CannotVerify} */
export function verifyFile({ name, bytes }: FileTarget, flags: VerifyFlags, { process }: CliContext): number {
  const kind = kindOf(bytes)
  let shown: Shown
  try {
    shown = SHOW[kind]({ name, bytes }, flags)
  } catch (error) {
    if (!isRecordError(error)) throw error
    const { code, message } = error
    process.stdout.write(
      flags.json
        ? `${JSON.stringify({ target: name, kind, verdict: 'altered', code, rule: message }, null, 2)}\n`
        : `NOT AS SIGNED\n${row(kind, name)}${row('because', message)}`,
    )
    return VERIFY_EXIT.altered
  }
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({ target: name, kind: shown.kind, verdict: 'verified', ...shown.facts }, null, 2)}\n`
      : `VERIFIED\n${row(shown.kind, name)}${shown.lines.map(([what, text]) => row(what, text)).join('')}`,
  )
  return VERIFY_EXIT.verified
}

type FileKind = 'act' | 'proof' | 'evidence' | 'account' | 'checkpoint'

function kindOf(bytes: Uint8Array): FileKind {
  const start = String.fromCharCode(...bytes.subarray(0, 64))
  if (isAct(bytes)) return 'act'
  if (start.startsWith(PROOF_HEADER)) return 'proof'
  // No origin of a log begins so.
  if (start.startsWith('{')) return 'account'
  return start.startsWith(EVIDENCE_HEADER) ? 'evidence' : 'checkpoint'
}

type Show = (file: Pick<FileTarget, 'name' | 'bytes'>, flags: VerifyFlags) => Shown

const SHOW: Readonly<Record<FileKind, Show>> = {
  act: showAct,
  proof: showProof,
  evidence: showEvidence,
  account: showAccount,
  checkpoint: showCheckpoint,
}

function showAct({ name, bytes }: Pick<FileTarget, 'name' | 'bytes'>, flags: VerifyFlags): Shown {
  const officers = keysOf('--officer', flags.officer)
  if (officers.length === 0) {
    const signers = parseAct(bytes).signatures.map((line) => line.name)
    throw new CannotVerify(`${name} is an act signed by ${signers.join(', ')}: give the keys by --officer`)
  }
  const { act, verified, unknown } = openAct(bytes, officers)
  const signedBy = verified.map((key) => key.name)
  const others = unknown.length === 0 ? '' : `, and by ${unknown.length} whose keys were not given`
  return {
    kind: 'act',
    facts: { act, signedBy, unknown: unknown.length },
    lines: [
      ['what', `${act.kind} in the log ${act.o}`],
      ['signed', `by ${signedBy.join(', ')}${others}`],
      ['note', 'That it stands in the log, and where, only a proof says (parley prove).'],
    ],
  }
}

function showProof({ name, bytes }: Pick<FileTarget, 'name' | 'bytes'>, flags: VerifyFlags): Shown {
  if (flags.entry === undefined) throw new CannotVerify(`${name} is a proof: name the entry it is about by --entry`)
  return proven(bytes, fileBytes('--entry', flags.entry), { name, flags, kind: 'proof' })
}

function proven(
  proofFile: Uint8Array,
  entry: Uint8Array,
  { name, flags, kind }: { name: string; flags: VerifyFlags; kind: string },
): Shown {
  const policy = policyFor(name, flags)
  const proof = parseTlogProof(proofFile)
  const leaf = leafHash(leafOf(entry))
  const { checkpoint, cosignatures } = verifyTlogProof(proof, { leaf, policy })
  const by = cosignatures.map(({ key, timestampS }) => ({ name: key.name, timestampS }))
  return {
    kind,
    facts: { origin: checkpoint.origin, index: proof.index, size: checkpoint.size, cosignatures: by },
    lines: [
      ['what', `the entry (${entry.length} bytes) is number ${proof.index} of ${checkpoint.origin}`],
      ['under', `its head of ${checkpoint.size} entries`],
      ...by.map(({ name: who, timestampS }): [string, string] => ['cosigned', `by ${who} at ${time(timestampS)}`]),
      [
        'policy',
        policy.quorum === null ? 'none: that there is no second history, only cosigners can say' : strengthText(policy),
      ],
    ],
  }
}

function showEvidence({ name, bytes }: Pick<FileTarget, 'name' | 'bytes'>, flags: VerifyFlags): Shown {
  return evidenceShown(parseEvidence(bytes), { name, flags })
}

/**
 * What a node wrote down beside the bytes it keeps as evidence. Two heads of one size prove a fork from here too, as those
 * kept before nodes wrote evidence files; anything else is what somebody said.
 */
function showAccount({ name, bytes }: Pick<FileTarget, 'name' | 'bytes'>, flags: VerifyFlags): Shown {
  let account: Record<string, unknown>
  try {
    account = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>
  } catch (error) {
    throw new CannotVerify(`${name} begins as JSON and is none`, { cause: error })
  }
  const { kind, message, notes } = account
  if (account['format'] !== 1 || !Array.isArray(notes)) throw new CannotVerify(`${name} is JSON that nobody signed`)
  const [first, second] = notes.map((note) => new TextEncoder().encode(String(note)))
  const oneSize = new Set(notes.map((note) => String(note).split('\n')[1])).size === 1
  if (kind === 'log-fork' && first !== undefined && second !== undefined && oneSize)
    return evidenceShown({ kind, first, second, leaves: null }, { name, flags })
  throw new CannotVerify(
    `${name} tells what a node saw (${String(message)}) and proves nothing by itself. What can be proven lies beside it under the same name with .evidence`,
  )
}

function evidenceShown(evidence: Evidence, { name, flags }: { name: string; flags: VerifyFlags }): Shown {
  switch (evidence.kind) {
    case 'receipt':
      return proven(evidence.proof, evidence.entry, { name, flags, kind: 'receipt' })
    case 'log-fork':
      return forkShown('log fork', evidence, verifyLogFork(evidence, logKey(whoSigned(name, evidence.first), flags)))
    case 'cosigner-fork': {
      const [cosigner] = cosignersOf(flags.cosigner, null)
      if (cosigner === undefined)
        throw new CannotVerify(`${whoSigned(name, evidence.first)} and accuses a cosigner: give its key by --cosigner`)
      return forkShown('cosigner fork', evidence, verifyCosignerFork(evidence, cosigner))
    }
    case 'non-delivery': {
      const observers = cosignersOf(flags.cosigner, null)
      const keys = { logKey: logKey(name, flags), observers, quorum: Math.max(1, observers.length) }
      const { checkpoint, availableAtS, deadlineS } = verifyProtest(evidence, keys)
      return {
        kind: 'non-delivery protest',
        facts: {
          origin: checkpoint.origin,
          size: checkpoint.size,
          accused: formatVkey(evidence.accused),
          availableAtS,
          deadlineS,
        },
        lines: [
          ['what', `${checkpoint.origin}, ${checkpoint.size} entries, was there to take from ${time(availableAtS)} on`],
          [
            'accused',
            `${evidence.accused.name}: no receipt in this file; one from before ${time(deadlineS)} answers it`,
          ],
        ],
      }
    }
    case 'state-dispute': {
      const officers = keysOf('--officer', flags.officer)
      const { table, parties, digests } = verifyStateDispute(evidence, { first: officers, second: officers })
      return {
        kind: 'state dispute',
        facts: { table, parties, digests },
        lines: [['what', `${parties.join(' and ')} signed different states of the table ${table} after the same acts`]],
      }
    }
  }
}

/** Names the lines on a head, so that one knows whose key to give. */
function whoSigned(name: string, note: Uint8Array): string {
  const lines = parseNote(note).signatures.map((line) => `${line.name}+${formatKeyId(line.keyId)}`)
  return `${name} holds heads signed by ${lines.join(', ')}`
}

/** Who said two things, by which key, of which trees, and what shows that no one log can have both. */
function forkShown(kind: string, { leaves, prefix }: TwoHeads, found: ForkFinding | CosignerForkFinding): Shown {
  const { origin, key, heads, index } = found
  const timesS = 'timesS' in found ? found.timesS : null
  const sizes = heads.map(({ size }) => size)
  const who = timesS === null ? 'the log itself' : key.name
  const where = index === null ? '' : `; they differ at entry ${index}`
  const smaller = Math.min(...sizes)
  const why =
    leaves !== null
      ? `entry ${index ?? ''} has another hash under each of them, proven to both roots`
      : prefix === undefined
        ? 'they are of one size and have two roots'
        : `the log of the larger had, at ${smaller} entries, the root ${encodeBase64(prefix.root)}, proven to its root`
  return {
    kind,
    facts: {
      origin,
      sizes,
      index,
      who,
      key: { vkey: formatVkey(key), fingerprint: encodeHex(sha256(key.publicKey)) },
      heads: heads.map(({ size, root }, i) => ({
        size,
        root: encodeBase64(root),
        ...(timesS === null ? {} : { cosignedAtS: timesS[i] }),
      })),
    },
    lines: [
      ['what', `${who} signed two histories of ${origin}, of ${sizes.join(' and ')} entries${where}`],
      ['key', formatVkey(key)],
      ...heads.map(({ size, root }, i): [string, string] => [
        i === 0 ? 'one' : 'other',
        `${size} entries, root ${encodeBase64(root)}${timesS === null ? '' : `, cosigned at ${time(timesS[i] as number)}`}`,
      ]),
      ['because', why],
    ],
  }
}

function showCheckpoint({ name, bytes }: Pick<FileTarget, 'name' | 'bytes'>, flags: VerifyFlags): Shown {
  const { checkpoint, cosignatures } = openCheckpoint(bytes, logKey(name, flags), cosignersOf(flags.cosigner, null))
  return {
    kind: 'checkpoint',
    facts: { origin: checkpoint.origin, size: checkpoint.size },
    lines: [
      ['what', `${checkpoint.origin}, ${checkpoint.size} entries`],
      ...cosignatures.map(({ key, timestampS }): [string, string] => [
        'cosigned',
        `by ${key.name} at ${time(timestampS)}`,
      ]),
    ],
  }
}

/** The policy given, else one of the log's key alone with the cosigners given, each of whom must have signed. */
function policyFor(name: string, flags: VerifyFlags): Policy {
  const key = flags.key === undefined ? null : keyOf('--key', flags.key)
  if (flags.policy !== undefined) return policyOf(flags.policy, key)
  if (key === null) throw new CannotVerify(`${name}: give the log's key by --key, or a --policy`)
  const cosigners = cosignersOf(flags.cosigner, null)
  const witnesses = cosigners.map((cosigner, i) => ({ name: `cosigner-${i + 1}`, key: cosigner, url: null }))
  const members = witnesses.map((witness) => witness.name)
  return {
    logs: [{ key, url: null }],
    witnesses,
    groups: members.length === 0 ? [] : [{ name: 'all-given', threshold: members.length, members }],
    quorum: members.length === 0 ? null : 'all-given',
  }
}

function logKey(name: string, { key }: VerifyFlags): VerifierKey {
  if (key === undefined) throw new CannotVerify(`${name}: give the log's key by --key`)
  return keyOf('--key', key)
}

function keysOf(flag: string, given: readonly string[] | undefined): VerifierKey[] {
  return (given ?? []).map((each) => keyOf(flag, each))
}

function time(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000', '')
}

function row(what: string, text: string): string {
  return `${what.padEnd(12)} ${text}\n`
}
