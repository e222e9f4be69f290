import type { LineMessage } from '@parley/contracts'
import { isLineError, kindOf } from '@parley/line'
import { createSigner, openAct, parseAct } from '@parley/record'
import { expect, test } from 'vitest'
import {
  ackIntent,
  actOf,
  answerMessage,
  closeWatch,
  countersign,
  handoverOf,
  newActId,
  openLine,
  openMessage,
  readBackMessage,
  resumeLine,
  signDraft,
  suspendLine,
  takeMessage,
} from './line-acts.ts'
import { composeMessage, type MessageDraft } from './line-message.ts'

const signer = (name: string, fill: number) => createSigner({ name, type: 0x01, seed: new Uint8Array(32).fill(fill) })
const ADA = signer('a/ada', 1)
const BEN = signer('a/ben', 2)
const ID = '00112233445566778899aabbccddeeff'
const ROOT = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='
const DRAFT = {
  table: 'ridge-7',
  party: 'a',
  o: 'ridge-7.parley/a/1',
  at: 1_798_000_000,
  seen: [{ o: 'ridge-7.parley/b/1', n: 12, r: ROOT }],
  head: 4,
  nextNumbers: { b: 'a/b/2026/0003' },
}
const MESSAGE: MessageDraft = {
  precedence: 'PRIORITY',
  from: 'a.duty',
  to: 'b.duty',
  zone: 'Asia/Damascus',
  template: {
    id: 'query.whose',
    items: {
      where: { type: 'position', text: "34°27.024' N, 040°55.116' E", datum: 'WGS84' },
      when: { type: 'time', atS: 1_798_000_100, zone: 'Asia/Damascus' },
    },
  },
}

test('an act carries the heads and the time of its draft and opens under its officer', () => {
  const note = signDraft(DRAFT, takeMessage('b/a/2026/0007', 'a.duty'), { id: ID, signers: [ADA] })
  const { act, verified } = openAct(note, [ADA.key])
  expect(act).toMatchObject({ o: DRAFT.o, at: DRAFT.at, seen: DRAFT.seen, kind: 'ack.take', id: ID })
  expect(verified).toEqual([ADA.key])
})

test('two officers sign one act one after the other, and neither twice', () => {
  const ref = { o: 'ridge-7.parley/b/1', i: 3, h: ROOT }
  const first = signDraft(DRAFT, ackIntent(ref, { consent: true }), { id: ID, signers: [ADA] })
  const both = countersign(first, BEN)
  expect(openAct(both, [ADA.key, BEN.key]).verified.map(({ name }) => name)).toEqual(['a/ada', 'a/ben'])
  expect(() => countersign(both, ADA)).toThrow(expect.objectContaining({ code: 'DUPLICATE_SIGNATURE' }))
  const mirror = createSigner({ name: 'a/mirror', type: 0x04, seed: new Uint8Array(32).fill(3) })
  expect(() => countersign(first, mirror)).toThrow(expect.objectContaining({ code: 'WRONG_KEY_TYPE' }))
})

test('every builder makes a body that its kind reads', () => {
  const suspended = suspendLine({ scope: 'all', reason: 'incident', sinceS: 5, untilS: 9, safetyOnly: true })
  const inputs = [
    openLine(),
    suspended,
    resumeLine({ o: DRAFT.o, i: 4, h: ROOT }),
    openMessage('b/a/2026/0001'),
    answerMessage('b/a/2026/0001', { answer: 'unable', reason: 'no contact with the unit' }),
    closeWatch('a.duty', handoverOf(DRAFT, { messages: [] }, 'quiet')),
  ]
  for (const input of inputs) {
    const act = actOf(DRAFT, input, ID)
    expect(() => kindOf(input.kind)?.parse(act.body, act)).not.toThrow()
  }
})

test('a body that breaks a rule of its kind is refused before anyone signs, by field and rule', () => {
  const sign = () => signDraft(DRAFT, answerMessage('b/a/2026/0001', { answer: 'unable' }), { id: ID, signers: [ADA] })
  expect(sign).toThrow(expect.objectContaining({ details: expect.objectContaining({ field: 'body.reason' }) }))
  expect(() => actOf(DRAFT, openLine(), 'short')).toThrow(expect.objectContaining({ code: 'INVALID_ACT_FIELD' }))
})

test('an id is 32 hex digits and never the same', () => {
  expect(newActId()).toMatch(/^[0-9a-f]{32}$/)
  expect(newActId()).not.toBe(newActId())
})

test('AC-04 a position is echoed in a second notation that shares no figure with the one typed', () => {
  const { positions, body } = composeMessage(DRAFT, MESSAGE)
  expect(positions).toHaveLength(1)
  expect(positions[0]).toMatchObject({ letter: 'A', notation: 'degrees_minutes', echo: { notation: 'mgrs' } })
  expect(body.content[0]).toMatchObject({ echo: { notation: 'mgrs', text: positions[0]?.all.mgrs } })
})

test('AC-04 a position typed as MGRS is echoed in degrees', () => {
  const items = [{ type: 'position', text: '37SFU7624913766', datum: 'WGS84' }] as const
  const { template: _, ...rest } = MESSAGE
  const { positions } = composeMessage(DRAFT, { ...rest, subject: 'QUERY', items })
  expect(positions[0]?.echo).toEqual({
    notation: 'degrees_minutes_seconds',
    text: positions[0]?.all.degreesMinutesSeconds,
  })
})

test('a message takes the number of its direction, the subject of its sentence, and its end', () => {
  const { input, number, body } = composeMessage(DRAFT, MESSAGE)
  expect(number).toBe('a/b/2026/0003')
  expect(body).toMatchObject({ subject: 'QUERY', template: { id: 'query.whose', values: { where: 'A', when: 'B' } } })
  const entry = signDraft(DRAFT, input, { id: ID, signers: [ADA] })
  expect(parseAct(entry).act.body).toMatchObject({ end: { number } })
})

test('a message to nobody at the table, without datum, without subject or with a place left open is refused', () => {
  const { template: _, ...bare } = MESSAGE
  const refused = (draft: MessageDraft): unknown => {
    try {
      return composeMessage(DRAFT, draft)
    } catch (error) {
      return error
    }
  }
  expect(refused({ ...MESSAGE, to: 'c.duty' })).toMatchObject({ details: { field: 'body.to' } })
  expect(refused(bare)).toMatchObject({ details: { field: 'body.subject' } })
  const where = { type: 'position', text: "34°27.024' N, 040°55.116' E" } as const
  expect(refused({ ...bare, subject: 'QUERY', items: [where] })).toMatchObject({ code: 'datum_missing' })
  const open = refused({ ...MESSAGE, template: { id: 'query.whose', items: {} } })
  expect(isLineError(open) && open.details.field).toBe('body.template.values.where')
})

test('AC-04 a read-back says what was heard and whether each item is what was sent', () => {
  const { number, input, body } = composeMessage(DRAFT, MESSAGE)
  const message = { number, origin: DRAFT.o, body: input.body }
  const [where] = body.content
  const when = '2026-12-23 02:15Z'
  const heard = [
    { letter: 'A', text: (where as { echo: { text: string } }).echo.text },
    { letter: 'B', text: when },
  ]
  const wrong = readBackMessage(message, heard)
  expect(wrong.findings.map(({ kind }) => kind)).toEqual(['match', 'mismatch'])
  expect(wrong.match).toBe(false)
  expect(wrong.input.body).toMatchObject({ match: false, items: heard })
})

test('AC-10 a handover names what is not done, our running clocks and the heads in hand', () => {
  const row = (number: string, direction: 'in' | 'out', more: Partial<LineMessage>): LineMessage =>
    ({
      number,
      direction,
      precedence: 'ROUTINE',
      subject: 'REPLY',
      state: 'arrived',
      ladder: [],
      done: false,
      clock: { number, precedence: 'ROUTINE', to: 'a.duty', dueS: 100, stoppedS: null, escalation: [] },
      ...more,
    }) as unknown as LineMessage
  const messages = [
    row('b/a/2026/0001', 'in', {}),
    row('b/a/2026/0002', 'in', { done: true }),
    row('a/b/2026/0001', 'out', {}),
  ]
  expect(handoverOf(DRAFT, { messages })).toEqual({
    open: ['b/a/2026/0001', 'a/b/2026/0001'],
    clocks: [{ number: 'b/a/2026/0001', dueS: 100 }],
    heads: [
      { origin: DRAFT.o, size: 4 },
      { origin: 'ridge-7.parley/b/1', size: 12 },
    ],
    notes: null,
  })
})
