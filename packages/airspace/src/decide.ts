import type { Command } from './commands.ts'
import { decideMakeReport, decideSetAvailability } from './decide-availability.ts'
import { decideDeleteConstraint, decidePutConstraint } from './decide-constraint.ts'
import { decideExpire } from './decide-expiry.ts'
import { decideDeleteOperationalIntent, decidePutOperationalIntent } from './decide-operational-intent.ts'
import {
  decideDeleteServiceArea,
  decideDeleteServiceAreaSubscription,
  decidePutServiceArea,
  decidePutServiceAreaSubscription,
} from './decide-service-area.ts'
import { decideDeleteSubscription, decidePutSubscription } from './decide-subscription.ts'
import type { Decision } from './decision.ts'
import type { Rules } from './rules.ts'
import type { AirspaceState } from './state.ts'

/** What the rules say to `command` in `state`. Changes nothing: give an accepted entry to `apply` once it is appended. */
export function decide(state: AirspaceState, command: Command, rules: Rules): Decision {
  switch (command.kind) {
    case 'putOperationalIntent':
      return decidePutOperationalIntent(state, command, rules)
    case 'deleteOperationalIntent':
      return decideDeleteOperationalIntent(state, command, rules)
    case 'putConstraint':
      return decidePutConstraint(state, command, rules)
    case 'deleteConstraint':
      return decideDeleteConstraint(state, command, rules)
    case 'putSubscription':
      return decidePutSubscription(state, command, rules)
    case 'deleteSubscription':
      return decideDeleteSubscription(state, command, rules)
    case 'setAvailability':
      return decideSetAvailability(state, command, rules)
    case 'makeReport':
      return decideMakeReport(command, rules)
    case 'putServiceArea':
      return decidePutServiceArea(state, command, rules)
    case 'deleteServiceArea':
      return decideDeleteServiceArea(state, command, rules)
    case 'putServiceAreaSubscription':
      return decidePutServiceAreaSubscription(state, command, rules)
    case 'deleteServiceAreaSubscription':
      return decideDeleteServiceAreaSubscription(state, command, rules)
    case 'expire':
      return decideExpire(state, command, rules)
  }
}
