import {
  checkPolicy,
  formatVkey,
  isRecordError,
  parsePolicy,
  type Policy,
  policyStrength,
  type VerifierKey,
} from '@parley/record'
import { CannotVerify, fileBytes, keyOf } from './usage.ts'

/** The policy in a file, which must be about the log of `key`. @throws {CannotVerify} */
export function policyOf(file: string, key: VerifierKey | null): Policy {
  let policy: Policy
  try {
    policy = parsePolicy(fileBytes('--policy', file))
  } catch (error) {
    if (!isRecordError(error)) throw error
    throw new CannotVerify(`--policy ${file}: ${error.message}`, { cause: error })
  }
  if (key !== null && !policy.logs.some((log) => formatVkey(log.key) === formatVkey(key)))
    throw new CannotVerify(`--policy ${file} does not name the log of the key ${formatVkey(key)}`)
  return policy
}

/** Keys of cosigners given one by one and by the policy, each once. @throws {CannotVerify} */
export function cosignersOf(given: readonly string[] | undefined, policy: Policy | null): VerifierKey[] {
  const keys = [
    ...(policy?.witnesses ?? []).map(({ key }) => key),
    ...(given ?? []).map((each) => keyOf('--cosigner', each)),
  ]
  return [...new Map(keys.map((key) => [formatVkey(key), key])).values()]
}

/** Why the cosignatures do not meet the policy; null when they do. */
export function lackingOf(policy: Policy, verified: readonly VerifierKey[]): string | null {
  try {
    checkPolicy(
      policy,
      verified.map((key) => ({ key })),
    )
    return null
  } catch (error) {
    if (!isRecordError(error)) throw error
    return error.message
  }
}

/** What a policy's quorum withstands. */
export function strengthText(policy: Policy): string {
  const { lying, down } = policyStrength(policy)
  if (lying < 0) return 'asks for no cosignature that would keep two histories apart'
  return `withstands ${lying} lying and ${down} silent of ${policy.witnesses.length} cosigners`
}
