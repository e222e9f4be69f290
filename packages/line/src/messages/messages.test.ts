import type { JsonObject } from '@parley/record'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyAct, bodyOf, createLine } from '../line-projection.ts'
import { CHARTER, NOON_S, SaidTable } from '../testing/said-table.ts'
import { dueEscalations, formatEscalation, runningClocks } from './clocks.ts'
import { MESSAGE, sealMessageBody } from './message.ts'
import { checkSequence, messageOf, messagesDigest, messagesOf, nextNumber } from './messages.ts'
import { parseMessageNumber, formatMessageNumber } from './number.ts'
import { printMessage } from './print.ts'
import { compareReadBack } from './read-back.ts'
import { rosterOf } from './roster.ts'
import { TEMPLATES, type TemplateId } from './template-use.ts'
import { LANGUAGES, renderTemplate } from './templates.ts'

const POSITION = {
  letter: 'A',
  type: 'position',
  lat_e7: 350_170_000,
  lng_e7: 404_500_000,
  datum: 'WGS84',
  typed: '35.0170N 40.4500E',
  notation: 'decimal_degrees',
  echo: { notation: 'degrees_minutes_seconds', text: `35°01'01.2"N 040°27'00.0"E` },
} as const

function body(change: JsonObject = {}): JsonObject {
  return sealMessageBody({
    number: 'a/b/2026/0001',
    precedence: 'FLASH',
    from: 'a.duty',
    to: 'b.duty',
    info: ['n.duty'],
    subject: 'SAFETY',
    dtg: NOON_S,
    zone: 'Asia/Damascus',
    basis: 'NONE',
    refs: [],
    content: [POSITION, { letter: 'B', type: 'time', at: NOON_S, zone: 'Asia/Damascus' }],
    ...change,
  })
}

/** What the line found wrong with a message, or null. */
function faultOf(change: JsonObject | ((whole: JsonObject) => JsonObject)): string | null {
  const table = new SaidTable()
  const whole = typeof change === 'function' ? change(body()) : body(change)
  const { origin, index } = table.say('a', 'message', { body: whole })
  const entry = table.line.logs.get(origin)?.entries[index]
  return entry?.fault === null ? null : `${entry?.fault?.field}: ${entry?.fault?.rule}`
}

describe('a message', () => {
  test('is read as it was written', () => {
    const table = new SaidTable()
    table.say('a', 'message', { body: body({ remarks: 'none' }) })
    const view = messageOf(table.line, 'a/b/2026/0001')
    expect(view?.body).toMatchObject({
      number: 'a/b/2026/0001',
      from: { party: 'a', role: 'duty' },
      to: { party: 'b', role: 'duty' },
      subject: 'SAFETY',
      remarks: 'none',
    })
    expect(view?.body.content[0]).toMatchObject({ latDeg: 35.017, lngDeg: 40.45 })
  })

  test.each<[string, JsonObject | ((whole: JsonObject) => JsonObject), RegExp]>([
    ['a field nobody knows', { urgent: true }, /body\.urgent: must not be there/],
    ['a person for a role', { to: 'Colonel Smith' }, /body\.to: must be a role address/],
    ['the role of another side as sender', { from: 'b.duty' }, /body\.from: must be a role of the party whose log/],
    ['a number of the other direction', { number: 'b/a/2026/0001' }, /body\.number: must be of the direction/],
    ['a number of another year', { number: 'a/b/2025/0001' }, /body\.number: must be of the UTC year/],
    ['another spelling of a number', { number: 'a/b/2026/1' }, /body\.number: must be a message number/],
    ['a subject beyond the list', { subject: 'GREETING' }, /body\.subject: must be one of/],
    ['a time without a zone', (whole) => sealMessageBody(without(whole, 'zone')), /body\.zone: must be/],
    ['a zone that is none', { zone: '+03:00' }, /body\.zone: must be the IANA name/],
    ['milliseconds for seconds', { dtg: NOON_S * 1000 }, /body\.dtg: must be a whole number/],
    ['items out of order', { content: [{ ...POSITION, letter: 'B' }] }, /letter: must be A/],
    ['no datum', { content: [without(POSITION, 'datum')] }, /datum: must be one of WGS84/],
    ['no echo', { content: [without(POSITION, 'echo')] }, /echo: must be an object/],
    [
      'an echo in the notation that was typed',
      { content: [{ ...POSITION, echo: { notation: 'decimal_degrees', text: 'x' } }] },
      /echo\.notation: must be another notation/,
    ],
    ['an end that was cut off', (whole) => without(whole, 'end'), /body\.end: must be an object/],
    [
      'a text changed after the end',
      (whole) => ({ ...whole, basis: 'clause 4' }),
      /body\.end\.sha256: must be the hash/,
    ],
    [
      'an end of another number',
      (whole) => ({ ...whole, end: { ...(whole.end as JsonObject), number: 'a/b/2026/0002' } }),
      /body\.end\.number: must repeat/,
    ],
  ])('with %s has no effect', (_what, change, fault) => {
    expect(faultOf(change)).toMatch(fault)
  })

  test.each<[string, JsonObject, RegExp | null]>([
    ['AMSL feet', { value: 6500, unit: 'ft', reference: 'AMSL' }, null],
    ['flight level', { value: 120, unit: 'fl', reference: 'STD' }, null],
    ['metres', { value_cm: 330_000, unit: 'm', reference: 'W84' }, null],
    ['AGL with its terrain', { value: 500, unit: 'ft', reference: 'AGL', terrain: 'SRTM 1' }, null],
    ['no unit', { value: 6500, reference: 'AMSL' }, /unit/],
    ['no reference', { value: 6500, unit: 'ft' }, /reference/],
    ['flight level from mean sea level', { value: 120, unit: 'fl', reference: 'AMSL' }, /reference: must be STD/],
    ['feet from the standard surface', { value: 12_000, unit: 'ft', reference: 'STD' }, /reference: must be STD/],
    ['AGL without terrain', { value: 500, unit: 'ft', reference: 'AGL' }, /terrain: must name the source/],
    ['metres in the field of feet', { value: 300, unit: 'm', reference: 'W84' }, /value: metres stand in value_cm/],
  ])('AC-05 altitude: %s', (_what, altitude, fault) => {
    const found = faultOf({ content: [{ letter: 'A', type: 'altitude', ...altitude }] })
    if (fault === null) expect(found).toBeNull()
    else expect(found).toMatch(fault)
  })

  test('passes a suspension when it is about safety, a test, the channel itself, or FLASH', () => {
    const passes = (change: JsonObject): boolean => {
      const table = new SaidTable()
      const said = table.say('a', 'message', { body: body(change) })
      const entry = table.line.logs.get(said.origin)!.entries[0]!
      return MESSAGE.passes(bodyOf(entry, MESSAGE)!)
    }
    expect(passes({ precedence: 'ROUTINE', subject: 'SAFETY' })).toBe(true)
    expect(passes({ precedence: 'ROUTINE', subject: 'TEST' })).toBe(true)
    expect(passes({ precedence: 'ROUTINE', subject: 'STATE-OF-CHANNEL' })).toBe(true)
    expect(passes({ precedence: 'FLASH', subject: 'QUERY' })).toBe(true)
    expect(passes({ precedence: 'PRIORITY', subject: 'INTENT' })).toBe(false)
  })
})

function without(object: JsonObject, name: string): JsonObject {
  const { [name]: _, ...rest } = object
  return rest
}

describe('the ladder', () => {
  test('shows every step with its time, and only taking stops the clock', () => {
    const table = new SaidTable()
    const number = 'a/b/2026/0001'
    table.say('a', 'message', { body: body() })
    const standing = (): unknown => messageOf(table.line, number)?.standing
    expect(standing()).toBe('queued')
    table.receive('b', 'a', NOON_S + 1, 'witness')
    expect(standing()).toBe('transmitted')
    table.receive('b', 'a', NOON_S + 2)
    expect(standing()).toBe('arrived')
    table.say('b', 'ack.open', { body: { number }, atS: NOON_S + 20 })
    expect(messageOf(table.line, number)?.clock.stoppedS).toBeNull()
    table.say('b', 'ack.take', { body: { number, role: 'b.lead' }, atS: NOON_S + 40 })
    expect(messageOf(table.line, number)?.clock).toEqual({
      startS: NOON_S,
      dueS: NOON_S + 300,
      stoppedS: NOON_S + 40,
    })
    expect(messageOf(table.line, number)?.done).toBe(false)
    table.say('b', 'ack.readback', {
      body: { number, items: [{ letter: 'A', text: 'x' }], match: false },
      atS: NOON_S + 50,
    })
    table.say('b', 'ack.relay', { body: { number, unit: '3rd wing', count: 1, of: 4 }, atS: NOON_S + 55 })
    table.say('b', 'ack.answer', { body: { number, answer: 'concur' }, atS: NOON_S + 60 })
    expect(messageOf(table.line, number)?.done).toBe(false)
    table.say('b', 'ack.readback', {
      body: { number, items: [{ letter: 'A', text: 'y' }], match: true },
      atS: NOON_S + 70,
    })
    const view = messageOf(table.line, number)
    expect(view?.ladder.map(({ step, atS }) => [step, atS - NOON_S])).toEqual([
      ['signed', 0],
      ['transmitted', 1],
      ['arrived', 2],
      ['opened', 20],
      ['taken', 40],
      ['readback', 50],
      ['relayed', 55],
      ['answered', 60],
      ['readback', 70],
    ])
    expect(view).toMatchObject({ standing: 'answered', done: true })
  })

  test('AC-03 any role of the addressee may take it, nobody else', () => {
    const table = new SaidTable()
    const number = 'a/b/2026/0001'
    table.say('a', 'message', { body: body() })
    table.say('n', 'ack.take', { body: { number, role: 'n.duty' } })
    table.say('b', 'ack.take', { body: { number, role: 'a.duty' } })
    table.say('a', 'ack.take', { body: { number, role: 'a.duty' } })
    expect(messageOf(table.line, number)?.clock.stoppedS).toBeNull()
    table.say('b', 'ack.take', { body: { number, role: 'b.anybody' }, atS: NOON_S + 9 })
    expect(messageOf(table.line, number)?.clock.stoppedS).toBe(NOON_S + 9)
  })

  test('AC-02 a FLASH that nobody takes goes to all seats, to the next role, to another path', () => {
    const table = new SaidTable()
    table.say('a', 'message', { body: body() })
    const due = (afterS: number): string[] => dueEscalations(table.line, NOON_S + afterS).map(formatEscalation)
    expect(due(59)).toEqual([])
    expect(due(60)).toEqual(['a/b/2026/0001: seats b.duty'])
    expect(due(120)).toEqual(['a/b/2026/0001: seats b.duty', 'a/b/2026/0001: role b.lead'])
    table.say('b', 'escalation', { body: { number: 'a/b/2026/0001', step: 'seats', at: NOON_S + 60 } })
    expect(due(300)).toEqual(['a/b/2026/0001: role b.lead', 'a/b/2026/0001: path'])
    expect(runningClocks(table.line, NOON_S + 301)).toMatchObject([{ leftS: -1, overdue: true }])
    table.say('b', 'ack.take', { body: { number: 'a/b/2026/0001', role: 'b.lead' } })
    expect(due(900)).toEqual([])
    expect(runningClocks(table.line, NOON_S)).toEqual([])
  })
})

describe('the sequence', () => {
  test('AC-07 counts without a gap, and both sides see the same gaps', () => {
    const table = new SaidTable()
    expect(nextNumber(table.line, { from: 'a', to: 'b', year: 2026 })).toBe('a/b/2026/0001')
    for (const count of [1, 2, 5]) {
      const number = formatMessageNumber({ from: 'a', to: 'b', year: 2026, count })
      table.say('a', 'message', { body: body({ number, refs: ['b/a/2026/0009'] }) })
    }
    expect(nextNumber(table.line, { from: 'a', to: 'b', year: 2026 })).toBe('a/b/2026/0006')
    expect(nextNumber(table.line, { from: 'a', to: 'b', year: 2027 })).toBe('a/b/2027/0001')
    expect(nextNumber(table.line, { from: 'b', to: 'a', year: 2026 })).toBe('b/a/2026/0001')
    const gaps = [{ from: 'a', to: 'b', missing: ['a/b/2026/0003', 'a/b/2026/0004'], before: 'a/b/2026/0005' }]
    expect(checkSequence(table.line)).toEqual(gaps)
    expect(messageOf(table.line, 'a/b/2026/0005')?.notes).toEqual([
      { kind: 'gap-before', missing: gaps[0]?.missing },
      { kind: 'unknown-refs', refs: ['b/a/2026/0009'] },
    ])
    const other = createLine(CHARTER, [])
    for (const judged of table.said.toReversed()) applyAct(other, judged)
    expect(checkSequence(other)).toEqual(gaps)
    expect(messagesDigest(other)).toEqual(messagesDigest(table.line))
  })

  test('keeps the first of two messages with one number, and shows the other', () => {
    const table = new SaidTable()
    table.say('a', 'message', { body: body() })
    table.say('a', 'message', { body: body({ basis: 'clause 4' }), atS: NOON_S + 1 })
    expect(messagesOf(table.line).map(({ body: { basis }, notes }) => [basis, notes.map(({ kind }) => kind)])).toEqual([
      ['NONE', []],
      ['clause 4', ['number-reused']],
    ])
    expect(messageOf(table.line, 'a/b/2026/0001')?.body.basis).toBe('NONE')
  })

  test('a number has one spelling', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'b', '/', '0', '1', '9', '-', ' ', '+'), maxLength: 16 }),
        (text) => {
          const number = parseMessageNumber(text)
          if (number !== null) expect(formatMessageNumber(number)).toBe(text)
        },
      ),
      { numRuns: 3000 },
    )
  })
})

describe('the watch', () => {
  test('opens, closes with what it hands over, and roles are what is manned', () => {
    const table = new SaidTable()
    table.say('b', 'watch.open', { body: { role: 'b.duty' }, atS: NOON_S - 60 })
    table.say('b', 'watch.open', { body: { role: 'a.duty' } })
    table.say('a', 'message', { body: body() })
    expect(rosterOf(table.line, 'b').open).toMatchObject([{ role: { party: 'b', role: 'duty' }, sinceS: NOON_S - 60 }])
    const clocks = [{ number: 'a/b/2026/0001', due: NOON_S + 300 }]
    const head = [
      { o: 'sky.parley/a/1', n: 1 },
      { o: 'sky.parley/b/1', n: 2 },
    ]
    const handover = { open: ['a/b/2026/0001'], clocks, head }
    table.say('b', 'watch.close', { body: { role: 'b.duty', handover }, atS: NOON_S + 20 })
    expect(rosterOf(table.line, 'b')).toMatchObject({
      open: [],
      closed: [
        {
          fromS: NOON_S - 60,
          toS: NOON_S + 20,
          handover: {
            open: ['a/b/2026/0001'],
            clocks: [{ number: 'a/b/2026/0001', dueS: NOON_S + 300 }],
            heads: [
              { origin: 'sky.parley/a/1', size: 1 },
              { origin: 'sky.parley/b/1', size: 2 },
            ],
          },
        },
      ],
    })
  })
})

describe('agreed sentences', () => {
  const CONTENT = [
    POSITION,
    { letter: 'B', type: 'time', at: NOON_S, zone: 'Asia/Damascus' },
    { letter: 'C', type: 'altitude', value: 6500, unit: 'ft', reference: 'AMSL' },
    { letter: 'D', type: 'number', value: 12, unit: '1' },
  ]
  const LETTER = { volume: 'A', position: 'A', time: 'B', altitude: 'C', number: 'D' } as Record<string, string>

  test.each(Object.keys(TEMPLATES) as TemplateId[])('%s reads in every language, with all its figures', (id) => {
    const { slots, subject } = TEMPLATES[id] as { slots: Record<string, readonly string[]>; subject: string }
    if (id === 'intent.volume') return
    const values = Object.fromEntries(
      Object.entries(slots).map(([slot, types]) => [slot, LETTER[types.find((type) => type !== 'volume')!]!]),
    )
    const table = new SaidTable()
    table.say('a', 'message', { body: body({ subject, content: CONTENT, template: { id, values } }) })
    const message = messageOf(table.line, 'a/b/2026/0001')!.body
    const texts = LANGUAGES.map((language) => renderTemplate(message.template!, message.content, language))
    expect(new Set(texts).size).toBe(LANGUAGES.length)
    for (const text of texts) {
      expect(text).not.toMatch(/[{}]/)
      if (Object.values(values).includes('B')) expect(text).toContain('2026-11-22 12:00Z (15:00 Asia/Damascus)')
      if (Object.values(values).includes('C')) expect(text).toContain('6500 ft AMSL')
      // AC-10: figures stay in ASCII digits in every script.
      expect(text).not.toMatch(/[٠-٩۰-۹]/)
    }
  })

  test('hold each place to an item of a fitting type', () => {
    const template = { id: 'query.whose', values: { where: 'B', when: 'B' } }
    expect(faultOf({ subject: 'QUERY', content: [CONTENT[0]!, CONTENT[1]!], template })).toMatch(
      /body\.template\.values\.where: must name an item of type volume or position/,
    )
    expect(faultOf({ subject: 'QUERY', template: { id: 'query.whose', values: { where: 'A' } } })).toMatch(/when/)
  })

  test.each(LANGUAGES)('the printed form in %s follows the skeleton and repeats the number at the end', (language) => {
    const table = new SaidTable()
    table.say('a', 'message', {
      body: body({
        content: [
          ...CONTENT,
          {
            letter: 'E',
            type: 'text',
            lang: 'ru',
            text: 'Просим ответить.',
            translations: [{ lang: 'en', by: 'engine', at: NOON_S, status: 'machine', text: 'Please answer.' }],
          },
        ],
      }),
    })
    const text = printMessage(messageOf(table.line, 'a/b/2026/0001')!.body, language)
    const lines = text.trimEnd().split('\n')
    expect(lines[0]).toContain('FLASH')
    expect(lines.filter((line) => /^[1-7]\. /.test(line)).map((line) => line[0])).toEqual([
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
      '7',
    ])
    expect(lines.at(-2)).toContain('a/b/2026/0001')
    expect(lines.at(-1)).toMatch(/SHA-256 [0-9a-f]{64}$/)
    expect(text).toContain(`35.0170N 40.4500E = 35°01'01.2"N 040°27'00.0"E (WGS84)`)
    expect(text).toContain('Просим ответить.')
    expect(text).toMatch(/\[en, engine, .+\] Please answer\./)
  })
})

describe('a read-back', () => {
  const sent = (() => {
    const table = new SaidTable()
    table.say('a', 'message', { body: body() })
    return messageOf(table.line, 'a/b/2026/0001')!.body
  })()

  test('matches by place, in whatever notation it comes back', () => {
    const time = '2026-11-22 12:00Z (15:00 Asia/Damascus)'
    const items = [
      { letter: 'A', text: `35°01'01"N 040°27'00"E` },
      { letter: 'B', text: time },
    ]
    expect(compareReadBack(sent, items)).toEqual([
      { letter: 'A', kind: 'match' },
      { letter: 'B', kind: 'match' },
    ])
  })

  test('names what differs and by how much, what is missing, and what was never sent', () => {
    const findings = compareReadBack(sent, [
      { letter: 'A', text: '35.117N 40.45E' },
      { letter: 'Z', text: 'x' },
    ])
    expect(findings).toMatchObject([
      { letter: 'A', kind: 'mismatch' },
      { letter: 'B', kind: 'missing' },
      { letter: 'Z', kind: 'unknown-item' },
    ])
    expect((findings[0] as { distanceM: number }).distanceM).toBeCloseTo(11_093, -2)
    expect(compareReadBack(sent, [{ letter: 'A', text: 'near Mayadin' }])[0]).toMatchObject({
      kind: 'mismatch',
      distanceM: null,
    })
  })
})
