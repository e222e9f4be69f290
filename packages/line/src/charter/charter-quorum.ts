import {
  coversKind,
  type Enrolment,
  isRecordError,
  lintPolicy,
  type Policy,
  type PolicyGroup,
  type PolicyWitness,
  type VerifierKey,
} from '@parley/record'
import { LineError } from '../errors.ts'
import type { Charter, QuorumPolicy } from './charter.ts'

/** The groups of a quorum over cosigners named by their party: `all(counterparts, k of the observers)`. */
function groupsOf(charter: Charter, quorum: QuorumPolicy, author: string): Pick<Policy, 'groups' | 'quorum'> {
  const groups: PolicyGroup[] = []
  const parts: string[] = []
  if (quorum.counterparts) {
    const members = charter.parties
      .filter(({ party, role }) => role === 'party' && party !== author)
      .map(({ party }) => `${party}/mirror`)
    groups.push({ name: 'counterparts', threshold: members.length, members })
    parts.push('counterparts')
  }
  if (quorum.observers !== null) {
    const members = quorum.observers.of.map((party) => `${party}/witness`)
    groups.push({ name: 'observers', threshold: quorum.observers.atLeast, members })
    parts.push('observers')
  }
  groups.push({ name: quorum.name, threshold: parts.length, members: parts })
  return { groups, quorum: quorum.name }
}

/**
 * Refuses a quorum under which the cosigners it assumes to lie could get two histories accepted, q ≤ (n + f)/2: 2 of 3 is
 * loaded only where none is assumed to lie (record.md 3.8, catalogue 78). Throws CHARTER_FIELD.
 */
export function lintQuorum(charter: Charter, quorum: QuorumPolicy): void {
  for (const { party, role } of charter.parties) {
    if (role !== 'party') continue
    try {
      lintPolicy({ logs: [], witnesses: [], ...groupsOf(charter, quorum, party) }, { lying: quorum.lying })
    } catch (error) {
      if (!isRecordError(error, 'UNSAFE_QUORUM')) throw error
      const field = `quorums.${quorum.name}.lying`
      throw new LineError('CHARTER_FIELD', { field, value: quorum.lying, rule: error.details.rule }, { cause: error })
    }
  }
}

/** The quorum that acts of a kind need before they bind, null where the counterpart's receipt is enough. */
export const quorumOf = (charter: Charter, kind: string): QuorumPolicy | null =>
  charter.quorums.find(({ kinds }) => coversKind(kinds, kind)) ?? null

/** The quorum as a policy over one party's log, with the keys of the enrolments: a file any tool for tlog-policy reads. */
export function policyFor(
  charter: Charter,
  quorum: QuorumPolicy,
  { author, enrolments }: { readonly author: string; readonly enrolments: readonly Enrolment[] },
): Policy {
  const { groups, quorum: name } = groupsOf(charter, quorum, author)
  const witnesses: PolicyWitness[] = []
  for (const { party, mirrors, witnesses: seen } of enrolments) {
    if (party === author) continue
    const add = (name: string, keys: readonly VerifierKey[]): void => {
      const key = keys.find(({ type }) => type === 0x04)
      if (key !== undefined && groups.some(({ members }) => members.includes(name)))
        witnesses.push({ name, key, url: null })
    }
    add(`${party}/mirror`, mirrors)
    add(`${party}/witness`, seen)
  }
  const logs = enrolments.filter(({ party }) => party === author).map(({ log }) => ({ key: log, url: null }))
  return { logs, witnesses, groups, quorum: name }
}

/** A cosigner of the table: a party's mirror or witness. */
export interface TableCosigner {
  readonly party: string
  readonly role: 'mirror' | 'witness'
}

/**
 * Whether the cosigners that count meet the quorum. One that was proven to have signed two branches counts no longer
 * (catalogue 79), so receipts are weighed anew by leaving it out of `cosigned`.
 */
export function quorumMet(
  charter: Charter,
  quorum: QuorumPolicy,
  { author, cosigned }: { readonly author: string; readonly cosigned: readonly TableCosigner[] },
): boolean {
  const { groups, quorum: name } = groupsOf(charter, quorum, author)
  const signed = new Set(cosigned.map(({ party, role }) => `${party}/${role}`))
  for (const { name: group, threshold, members } of groups)
    if (members.filter((member) => signed.has(member)).length >= threshold) signed.add(group)
  return name !== null && signed.has(name)
}

/** The cosigners a quorum is made of, for a log of `author`. */
export function cosignersOf(
  charter: Charter,
  quorum: QuorumPolicy,
  { author }: { readonly author: string },
): readonly TableCosigner[] {
  const counterparts = quorum.counterparts
    ? charter.parties.filter(({ party, role }) => role === 'party' && party !== author)
    : []
  return [
    ...counterparts.map(({ party }): TableCosigner => ({ party, role: 'mirror' })),
    ...(quorum.observers?.of ?? []).map((party): TableCosigner => ({ party, role: 'witness' })),
  ]
}
