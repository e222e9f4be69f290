import { describe, expect, test } from 'vitest'
import { lineMapOf, positionsOf } from '../src/line/line-map.ts'
import type { Flights, Message } from '../src/line/types.ts'

const volume = {
  outline: { kind: 'circle', centre: { latDeg: 34.5, lngDeg: 40.9 }, radiusM: 5000 },
  altitudeLowerM: 0,
  altitudeUpperM: 1000,
  startMs: 0,
  endMs: 1,
} as const
const ref = { o: 'ridge-7.parley/north/1', i: 1, h: '' }
const intent = (party: string, state: string) =>
  ({ ref, party, state, body: { id: 'a'.repeat(32), volumes: [volume] } }) as unknown as Flights['intents'][number]
const area = (party: string, liftedS: number | null) =>
  ({ ref, party, liftedS, body: { title: 'Hill', volumes: [volume] } }) as unknown as Flights['areas'][number]
const border = (inForce: boolean, superseded: boolean) =>
  ({
    body: {
      title: 'River (upper part)',
      version: 1,
      vertices: [
        { latDeg: 34, lngDeg: 40 },
        { latDeg: 35, lngDeg: 41 },
      ],
    },
    agreed: [],
    inForce,
    superseded,
  }) as unknown as Flights['borders'][number]
const message = (state: string) =>
  ({
    number: 'south/north/2026/0004',
    state,
    body: {
      content: [
        { letter: 'A', type: 'text', text: 'x' },
        { letter: 'B', type: 'position', lat_e7: 344_500_000, lng_e7: 409_200_000 },
        { letter: 'C', type: 'position', lat_e7: '1', lng_e7: 2 },
      ],
    },
  }) as unknown as Message

const parties = ['north', 'south']

describe('the line on the map', () => {
  test('plans that stand, areas that are not lifted, newest lines, positions of open messages', () => {
    const flights: Flights = {
      intents: [intent('north', 'active'), intent('south', 'proposed'), intent('south', 'ended')],
      areas: [area('south', null), area('south', 5)],
      borders: [border(true, false), border(false, true)],
    }
    const map = lineMapOf({ flights, messages: [message('taken'), message('closed')], parties })
    expect(map.areas.features.map(({ properties }) => [properties?.['kind'], properties?.['firm']])).toEqual([
      ['plan', true],
      ['plan', false],
      ['area', true],
    ])
    expect(map.borders.features.map(({ properties }) => properties?.['firm'])).toEqual([true])
    expect(map.labels.features.map(({ properties }) => properties?.['text'])).toContain('River, upper part 1')
    expect(map.points.features.map(({ properties }) => properties?.['text'])).toEqual(['0004 B'])
    expect(map.outlines).toHaveLength(5)
  })

  test('each party has its own colour, whoever looks', () => {
    const flights: Flights = { intents: [intent('south', 'active'), intent('north', 'active')], areas: [], borders: [] }
    const colours = (order: readonly string[]) =>
      lineMapOf({ flights, messages: [], parties: order }).areas.features.map(
        ({ properties }) => properties?.['colour'],
      )
    expect(new Set(colours(parties)).size).toBe(2)
    expect(colours(parties.toReversed())).toEqual(colours(parties))
  })

  test('nothing known draws nothing; a body of another shape names no position', () => {
    expect(lineMapOf({ flights: null, messages: [], parties: [] }).outlines).toEqual([])
    expect(positionsOf({ number: 'x', body: { content: [null, 3, { type: 'position' }] } })).toEqual([])
    expect(positionsOf({ number: 'x', body: {} })).toEqual([])
  })
})
