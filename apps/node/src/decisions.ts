import type { Change, Entry } from '@parley/airspace'
import { type Decision, formatRfc3339, operations, statusOf } from '@parley/contracts'
import { sha256HexOf } from './digest.ts'
import { writeVolume } from './edge/volumes.ts'
import { blocking, clearing, constraintReference, operationalIntentReference } from './edge/wire.ts'

/** Operation whose contract gives an entry its status, for refusals. */
const OPERATION_OF: Readonly<Record<string, keyof typeof operations>> = {
  'operational_intent create': 'createOperationalIntentReference',
  'operational_intent update': 'updateOperationalIntentReference',
  'operational_intent delete': 'deleteOperationalIntentReference',
  'constraint create': 'createConstraintReference',
  'constraint update': 'updateConstraintReference',
  'constraint delete': 'deleteConstraintReference',
  'subscription create': 'createSubscription',
  'subscription update': 'updateSubscription',
  'subscription delete': 'deleteSubscription',
  'availability set': 'setUssAvailability',
  'report create': 'makeDssReport',
  'identification_service_area create': 'ridV2CreateIdentificationServiceArea',
  'identification_service_area update': 'ridV2UpdateIdentificationServiceArea',
  'identification_service_area delete': 'ridV2DeleteIdentificationServiceArea',
  'identification_service_area_subscription create': 'ridV2CreateSubscription',
  'identification_service_area_subscription update': 'ridV2UpdateSubscription',
  'identification_service_area_subscription delete': 'ridV2DeleteSubscription',
}

/** An entry of the journal as members may see it: `seq` counts from 1, OVNs only for their manager. */
export function decisionOf(
  entry: Entry,
  about: { readonly seq: number; readonly reader: string; readonly compat: boolean; readonly simulated: boolean },
): Decision {
  const { outcome } = entry
  const operation = operations[OPERATION_OF[`${entry.subject} ${entry.action}`] ?? 'createOperationalIntentReference']
  const main = outcome.kind === 'accepted' ? outcome.changes[0] : undefined
  const sha256 = sha256HexOf(entry.digest)
  const head = {
    seq: about.seq,
    at: formatRfc3339(entry.atMs),
    kind: entry.subject === 'identification_service_area_subscription' ? 'identification_service_area' : entry.subject,
    action: entry.action,
    outcome: outcome.kind,
    manager: entry.manager,
    id: entry.id ?? (main?.kind === 'setAvailability' ? main.uss : ''),
    simulated: about.simulated,
    ...(sha256 === null ? {} : { request_sha256: sha256 }),
  } as const
  if (outcome.kind === 'refused') {
    const { refusal, volumes } = outcome
    return {
      ...head,
      status: statusOf(refusal.code, { operation, compat: about.compat }),
      code: refusal.code,
      message: refusal.message,
      ...(volumes.length === 0 ? {} : { extents: volumes.map(writeVolume) }),
      ...(refusal.conflict === undefined
        ? {}
        : {
            blocking: refusal.conflict.blocking.map(blocking),
            clearing: clearing(refusal.conflict.clearing),
          }),
    }
  }
  const status = entry.action === 'expire' ? 200 : operation.successStatus
  const written = outcome.changes.find(isReference)
  if (written === undefined) return { ...head, status }
  const reference =
    written.kind === 'putOperationalIntent' || written.kind === 'removeOperationalIntent'
      ? operationalIntentReference(written.record, about.reader)
      : constraintReference(written.record, about.reader)
  return {
    ...head,
    status,
    ...(entry.subject === 'expiry' ? {} : { reference }),
    ...('volumes' in written ? { extents: written.volumes.map(writeVolume) } : {}),
  }
}

type ReferenceChange = Extract<
  Change,
  { kind: 'putOperationalIntent' | 'removeOperationalIntent' | 'putConstraint' | 'removeConstraint' }
>

const isReference = (change: Change): change is ReferenceChange =>
  change.kind === 'putOperationalIntent' ||
  change.kind === 'removeOperationalIntent' ||
  change.kind === 'putConstraint' ||
  change.kind === 'removeConstraint'
