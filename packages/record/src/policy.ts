import { equalBytes } from './bytes.ts'
import { parseCheckpoint } from './checkpoint.ts'
import { isRecordError, RecordError, shown } from './errors.ts'
import { parseNote } from './note.ts'
import { type Cosignature, type OpenedCheckpoint, openCheckpoint } from './signed-checkpoint.ts'
import { formatVkey, parseVkey, type VerifierKey } from './vkey.ts'

/** A log whose checkpoints are accepted; its key is named as its origin. */
export interface PolicyLog {
  readonly key: VerifierKey
  readonly url: string | null
}

/** A cosigner, under the name the policy gives it. */
export interface PolicyWitness {
  readonly name: string
  readonly key: VerifierKey
  readonly url: string | null
}

/** Holds when `threshold` of its members do: witnesses, or groups defined before it. */
export interface PolicyGroup {
  readonly name: string
  readonly threshold: number
  readonly members: readonly string[]
}

/**
 * Which checkpoints are valid: signed by any of `logs`, cosigned as the witness or group `quorum` asks, null for no
 * cosignature at all (c2sp.org/tlog-policy). Names are octets, one character below U+0100 each, as the file has them.
 */
export interface Policy {
  readonly logs: readonly PolicyLog[]
  readonly witnesses: readonly PolicyWitness[]
  readonly groups: readonly PolicyGroup[]
  readonly quorum: string | null
}

/** Most bytes of a policy file, and most logs, witnesses and groups in it. */
export const MAX_POLICY_BYTES = 1_048_576
const MAX_ITEMS = 256

const NONE = 'none'

/**
 * Reads a policy file: octets, of which only tab, newline, and all from 0x20 on but 0x7F may occur. Every line ends in a
 * newline; a name is defined before it is used, once, and is a member of one group at most; no public key appears twice
 * among the logs or among the witnesses.
 *
 * @throws RecordError MALFORMED_POLICY, and what `parseVkey` throws for a key
 */
export function parsePolicy(file: Uint8Array): Policy {
  if (file.length > MAX_POLICY_BYTES) {
    throw malformed(0, String(file.length), `must be at most ${MAX_POLICY_BYTES} bytes`)
  }
  const logs: PolicyLog[] = []
  const witnesses: PolicyWitness[] = []
  const groups: PolicyGroup[] = []
  const defined = new Set<string>([NONE])
  const members = new Set<string>()
  let quorum: string | null | undefined
  const text = octets(file)
  if (text !== '' && !text.endsWith('\n')) throw malformed(0, '', 'must end in a newline')
  for (const [at, line] of text.split('\n').entries()) {
    const refuse = (rule: string): RecordError => malformed(at + 1, line, rule)
    // oxlint-disable-next-line no-control-regex -- octets the format does not allow
    if (/[\0-\x08\x0b-\x1f\x7f]/.test(line)) throw refuse('must not have control characters but tab and newline')
    const [keyword, ...words] = line.split(/[ \t]+/).filter((word) => word !== '')
    if (keyword === undefined || keyword.startsWith('#')) continue
    const define = (name: string | undefined): string => {
      if (name === undefined || defined.has(name)) throw refuse('must define a name, and each but once')
      defined.add(name)
      return name
    }
    const known = (name: string | undefined): string => {
      if (name === undefined || name === NONE || !defined.has(name)) throw refuse('must refer to a name defined before')
      return name
    }
    switch (keyword) {
      case 'log': {
        const [vkey = '', url = null] = words
        if (words.length < 1 || words.length > 2) throw refuse('must be `log <vkey> [<url>]`')
        const key = parseVkey(vkey)
        if (key.type !== 0x01) throw refuse('must have the key of a log, of type 0x01')
        if (logs.some((other) => sameKey(other.key, key))) throw refuse('must not name a key twice')
        logs.push({ key, url })
        break
      }
      case 'witness': {
        const [name, vkey = '', url = null] = words
        if (words.length < 2 || words.length > 3) throw refuse('must be `witness <name> <vkey> [<url>]`')
        const key = parseVkey(vkey)
        if (key.type === 0x01) throw refuse('must have the key of a cosigner, of type 0x04 or 0x06')
        if (witnesses.some((other) => sameKey(other.key, key))) throw refuse('must not name a key twice')
        witnesses.push({ name: define(name), key, url })
        break
      }
      case 'group': {
        const [name, count, ...listed] = words
        for (const member of listed.map(known)) {
          if (members.has(member)) throw refuse('must not list a name that is a member already')
          members.add(member)
        }
        const threshold = thresholdOf(count, listed.length)
        if (threshold === null) throw refuse('must be `group <name> all|any|<k> <name>…`, k from 1 to the members')
        groups.push({ name: define(name), threshold, members: listed })
        break
      }
      case 'quorum': {
        if (quorum !== undefined || words.length !== 1) throw refuse('must be one line, `quorum <name>|none`')
        quorum = words[0] === NONE ? null : known(words[0])
        break
      }
      default:
        throw refuse('must begin with log, witness, group or quorum')
    }
    if (Math.max(logs.length, witnesses.length, groups.length) > MAX_ITEMS) {
      throw refuse(`must not be more than ${MAX_ITEMS} of one kind`)
    }
  }
  if (quorum === undefined) throw malformed(0, '', 'must have a quorum line')
  return { logs, witnesses, groups, quorum }
}

/** The policy as a file `parsePolicy` reads back; comments and spacing of the file it came from are lost. */
export function formatPolicy({ logs, witnesses, groups, quorum }: Policy): Uint8Array {
  const lines: string[] = []
  for (const { key, url } of logs) lines.push(['log', formatVkey(key), ...(url === null ? [] : [url])].join(' '))
  for (const { name, key, url } of witnesses) {
    lines.push(['witness', name, formatVkey(key), ...(url === null ? [] : [url])].join(' '))
  }
  for (const { name, threshold, members } of groups) {
    const all = members.length > 1 && threshold === members.length
    const count = all ? 'all' : threshold === 1 ? 'any' : String(threshold)
    lines.push(['group', name, count, ...members].join(' '))
  }
  lines.push(`quorum ${quorum ?? NONE}`)
  return Uint8Array.from(`${lines.join('\n')}\n`, (char) => char.charCodeAt(0))
}

/** What a quorum withstands, in cosigners. */
export interface PolicyStrength {
  /** Most cosigners that may sign two branches of a log without two valid, inconsistent heads; −1 for no safety at all. */
  readonly lying: number
  /** Most cosigners that may be silent, whichever they are, while a valid head is still possible. */
  readonly down: number
}

/**
 * Computes what the quorum withstands. Any two sets of cosigners that meet it share at least `lying` + 1 of them; for q of
 * n flat witnesses that is 2q − n. Exact for nested groups, since no witness counts twice.
 */
export function policyStrength(policy: Policy): PolicyStrength {
  const byName = new Map(policy.groups.map((group) => [group.name, group]))
  const measure = (name: string): { overlap: number; blocking: number } => {
    const group = byName.get(name)
    if (group === undefined) return { overlap: 1, blocking: 1 }
    const parts = group.members.map(measure)
    const { length } = parts
    const least = (values: number[], count: number): number =>
      values
        .toSorted((a, b) => a - b)
        .slice(0, Math.max(0, count))
        .reduce((sum, value) => sum + value, 0)
    return {
      // Two quorums meet in at least 2k − n members, the weakest ones at worst.
      overlap: least(
        parts.map((part) => part.overlap),
        2 * group.threshold - length,
      ),
      // Silencing n − k + 1 members silences the group, the cheapest ones at best.
      blocking: least(
        parts.map((part) => part.blocking),
        length - group.threshold + 1,
      ),
    }
  }
  if (policy.quorum === null) return { lying: -1, down: policy.witnesses.length }
  const { overlap, blocking } = measure(policy.quorum)
  return { lying: overlap - 1, down: blocking - 1 }
}

/**
 * Refuses a policy under which `lying` dishonest cosigners and a dishonest log could get two inconsistent heads accepted:
 * for a flat quorum, q ≤ (n + f)/2. So 2 of 3 passes only with `lying` 0 declared. Call it before a policy is used for
 * anything that binds.
 *
 * @throws RecordError UNSAFE_QUORUM
 */
export function lintPolicy(policy: Policy, { lying }: { readonly lying: number }): void {
  const strength = policyStrength(policy)
  if (strength.lying >= lying) return
  const withstands = strength.lying < 0 ? 'none' : String(strength.lying)
  throw new RecordError('UNSAFE_QUORUM', {
    field: 'quorum',
    value: policy.quorum ?? NONE,
    rule: `must withstand ${lying} lying cosigners, and withstands ${withstands}: any two quorums must share more`,
  })
}

/**
 * Holds the verified cosignatures of one checkpoint against the quorum; gives the names of the witnesses that count.
 * Cosigners the policy does not name count for nothing.
 *
 * @throws RecordError QUORUM_NOT_MET
 */
export function checkPolicy(policy: Policy, cosignatures: readonly Pick<Cosignature, 'key'>[]): string[] {
  const signed = new Set<string>()
  for (const { name, key } of policy.witnesses) {
    if (cosignatures.some((cosignature) => cosignature.key.name === key.name && sameKey(cosignature.key, key))) {
      signed.add(name)
    }
  }
  const names = [...signed]
  // Groups are defined after their members, so one pass in their order settles them all.
  for (const { name, threshold, members } of policy.groups) {
    if (members.filter((member) => signed.has(member)).length >= threshold) signed.add(name)
  }
  if (policy.quorum !== null && !signed.has(policy.quorum)) {
    throw new RecordError('QUORUM_NOT_MET', {
      field: 'cosignatures',
      value: names.join(' '),
      rule: `must meet the quorum ${shown(policy.quorum)}`,
    })
  }
  return names
}

/**
 * Opens a checkpoint under a policy: the log it names is one of the policy's and has signed it, every line of a cosigner
 * the policy names holds, and they meet the quorum.
 *
 * @throws RecordError UNKNOWN_LOG, QUORUM_NOT_MET, and what `openCheckpoint` throws
 */
export function openByPolicy(policy: Policy, note: Uint8Array): OpenedCheckpoint {
  const { origin } = parseCheckpoint(parseNote(note).text)
  const logs = policy.logs.filter(({ key }) => key.name === origin)
  const cosigners = policy.witnesses.map(({ key }) => key)
  let refused = new RecordError('UNKNOWN_LOG', {
    field: 'origin',
    value: shown(origin),
    rule: 'must be a log of the policy',
  }) as RecordError
  // A log that changed its key stands in the policy once for each.
  for (const { key } of logs) {
    let opened: OpenedCheckpoint
    try {
      opened = openCheckpoint(note, key, cosigners)
    } catch (error) {
      if (!isRecordError(error, 'NO_VERIFIED_SIGNATURE')) throw error
      refused = error
      continue
    }
    checkPolicy(policy, opened.cosignatures)
    return opened
  }
  throw refused
}

const thresholdOf = (count: string | undefined, members: number): number | null => {
  if (members === 0) return null
  if (count === 'all') return members
  if (count === 'any') return 1
  const threshold = /^[1-9]\d{0,2}$/.test(count ?? '') ? Number(count) : 0
  return threshold >= 1 && threshold <= members ? threshold : null
}

const sameKey = (a: VerifierKey, b: VerifierKey): boolean => equalBytes(a.publicKey, b.publicKey)

function octets(file: Uint8Array): string {
  let text = ''
  for (let at = 0; at < file.length; at += 4096) text += String.fromCharCode(...file.subarray(at, at + 4096))
  return text
}

const malformed = (line: number, value: string, rule: string): RecordError =>
  new RecordError('MALFORMED_POLICY', { field: line === 0 ? 'policy' : `line ${line}`, value: shown(value), rule })
