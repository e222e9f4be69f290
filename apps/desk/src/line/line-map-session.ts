import { computed } from '@preact/signals'
import { looksOf } from '../palette.ts'
import { lineMapOf, SHOWN } from './line-map.ts'
import { flights, messages, tableState } from './line-session.ts'

/** What the map shows of the table in front. */

export const lineMap = computed(() =>
  lineMapOf({
    flights: flights.value,
    messages: messages.value?.messages ?? [],
    parties: tableState.value?.parties.map(({ party }) => party) ?? [],
  }),
)
/** Parties with something on the map, for its legend. */
export const drawnParties = computed(() => {
  const now = flights.value
  const drawn = [
    ...(now?.intents ?? []).filter(({ state }) => SHOWN.has(state)),
    ...(now?.areas ?? []).filter(({ liftedS }) => liftedS === null),
  ].map(({ party }) => party)
  const looks = looksOf(tableState.value?.parties.map(({ party }) => party) ?? [])
  return [...new Set(drawn)].toSorted().map((party) => ({ party, colour: looks.get(party)?.colour ?? '' }))
})
