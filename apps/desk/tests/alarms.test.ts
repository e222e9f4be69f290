import { describe, expect, test } from 'vitest'
import { alarmsOf } from '../src/line/alarms.ts'
import type { Message, TableState } from '../src/line/types.ts'

type Facts = Parameters<typeof alarmsOf>[0]
type Clock = TableState['clocks'][number]

const NOW_S = 10_000

const clock = (number: string, more: Partial<Clock> = {}): Clock => ({
  number,
  precedence: 'FLASH',
  to: 'north.duty',
  dueS: NOW_S + 300,
  stoppedS: null,
  escalation: [],
  ...more,
})

const incoming = (of: Clock, more: Partial<Message> = {}): Message => ({
  number: of.number,
  direction: 'in',
  origin: 'ridge-7.parley/south/1',
  index: 1,
  leaf: '',
  atS: NOW_S - 60,
  learntS: NOW_S - 59,
  effective: true,
  precedence: of.precedence,
  from: 'south.duty',
  to: of.to,
  subject: 'SAFETY',
  body: {},
  ladder: [],
  state: 'arrived',
  done: false,
  clock: of,
  unknownRefs: [],
  gaps: [],
  problems: [],
  ...more,
})

const measured = (kind: 'open' | 'silent' | 'forked', sinceS = NOW_S - 90) => ({ kind, reasons: [], sinceS, ageS: 90 })

const member = (party: string, to: ReturnType<typeof measured>, role: 'party' | 'observer' = 'party') =>
  ({
    party,
    own: false,
    role,
    origin: `ridge-7.parley/${party}/1`,
    measured: { to, from: measured('open') },
  }) as unknown as TableState['parties'][number]

const facts = (more: Partial<Facts> = {}, state: Partial<NonNullable<Facts['state']>> = {}): Facts => ({
  state: { party: 'north', parties: [], clocks: [], forks: [], halted: null, ...state },
  messages: [],
  dueEscalations: [],
  nowS: NOW_S,
  deafSinceS: null,
  ...more,
})

const kinds = (of: Facts): string[] => alarmsOf(of).map(({ kind }) => kind)

describe('alarms', () => {
  test('AC-02 FLASH and PRIORITY that nobody has taken; ROUTINE waits for its clock', () => {
    const flash = clock('s/n/1')
    const priority = clock('s/n/2', { precedence: 'PRIORITY' })
    const routine = clock('s/n/3', { precedence: 'ROUTINE' })
    const messages = [routine, priority, flash].map((each) => incoming(each))
    expect(kinds(facts({ messages }))).toEqual(['flash', 'priority'])
    const taken = messages.map((message) => ({ ...message, clock: { ...clock(message.number), stoppedS: NOW_S } }))
    expect(kinds(facts({ messages: taken }))).toEqual([])
    const ours = messages.map((message) => ({ ...message, direction: 'out' as const }))
    expect(kinds(facts({ messages: ours }))).toEqual([])
  })

  test('AC-02 each step of the escalation is heard anew, and the end of the clock too', () => {
    const flash = clock('s/n/1')
    const keyOf = (more: Partial<Facts>, state = {}): string | undefined => alarmsOf(facts(more, state))[0]?.key
    const messages = [incoming(flash)]
    const seats = { ...flash, escalation: ['seats'] }
    const role = { ...flash, escalation: ['seats', 'role'] }
    const over = { ...flash, dueS: NOW_S - 1 }
    const keys = [
      keyOf({ messages }),
      keyOf({ messages, dueEscalations: [seats] }),
      keyOf({ messages, dueEscalations: [role] }),
      keyOf({ messages: [incoming(over)] }, { clocks: [over] }),
    ]
    expect(new Set(keys).size).toBe(4)
    // A step that was due and is recorded now is no new one.
    expect(keyOf({ messages: [incoming(seats)], dueEscalations: [] })).toBe(keys[1])
  })

  test('an overdue clock is told once, as FLASH where it waits here, and those of the other side as overdue', () => {
    const here = clock('s/n/1', { dueS: NOW_S - 5 })
    const there = clock('n/s/1', { dueS: NOW_S - 50, to: 'south.duty' })
    const found = alarmsOf(facts({ messages: [incoming(here)] }, { clocks: [there, here] }))
    expect(found.map(({ kind, number }) => [kind, number])).toEqual([
      ['flash', 's/n/1'],
      ['overdue', 'n/s/1'],
    ])
  })

  test('a silent direction, each time it falls silent; not that of an observer', () => {
    const state = { parties: [member('south', measured('silent')), member('un', measured('silent'), 'observer')] }
    const [alarm, ...others] = alarmsOf(facts({}, state))
    expect(others).toEqual([])
    expect(alarm).toMatchObject({ kind: 'silent', about: 'south', direction: 'to' })
    const later = { parties: [member('south', measured('silent', NOW_S - 10))] }
    expect(alarmsOf(facts({}, later))[0]?.key).not.toBe(alarm?.key)
  })

  test('a fork is told once, with the log it is of; a halted line and a node that is not heard as well', () => {
    const origin = 'ridge-7.parley/south/1'
    const state = {
      parties: [member('south', measured('forked'))],
      forks: [{ origin, foundS: NOW_S - 3, evidence: 'x' }],
      halted: 'own log forked',
    }
    expect(kinds(facts({ deafSinceS: NOW_S - 40 }, state))).toEqual(['forked', 'halted', 'deaf'])
    expect(kinds(facts({}, { ...state, forks: [], halted: null }))).toEqual(['forked'])
    expect(alarmsOf({ ...facts({ deafSinceS: 1 }), state: null }).map(({ kind }) => kind)).toEqual(['deaf'])
  })
})
