import { expect, test } from 'vitest'
import { apply } from './apply.ts'
import { decodeEntry } from './entry-codec.ts'
import { dumpState, loadState } from './snapshot.ts'
import { AirspaceState } from './state.ts'
import { stateText } from './state-text.ts'
import { idOf, Sky, square, volume } from './testing/sky.ts'

const textOf = (state: AirspaceState): string => [...stateText(state)].join('')

test('is the same from a replay and from a snapshot, and another after any decision', () => {
  const sky = new Sky()
  const newSubscription = { url: 'https://uss1.example', notifyForConstraints: false }
  for (let n = 0; n < 6; n += 1)
    sky.grant({
      kind: 'putOperationalIntent',
      id: idOf(n),
      extents: [volume({ outline: square(n * 5, 10, 0.002) })],
      newSubscription,
    })
  sky.grant({ kind: 'deleteOperationalIntent', id: idOf(2), ovn: sky.intent(2)!.ovn })
  const text = textOf(sky.state)
  expect(text.split('\n').filter((line) => line.startsWith('operational_intent '))).toHaveLength(5)

  const replayed = new AirspaceState({ exact: true })
  sky.journal.forEach((bytes, at) => apply(replayed, decodeEntry(bytes), at + 1))
  expect(textOf(replayed)).toBe(text)
  const sections = new Map(dumpState(sky.state).map(({ name, bytes }) => [name, bytes]))
  expect(textOf(loadState(sections))).toBe(text)

  sky.grant({ kind: 'deleteOperationalIntent', id: idOf(3), ovn: sky.intent(3)!.ovn })
  expect(textOf(sky.state)).not.toBe(text)
})
