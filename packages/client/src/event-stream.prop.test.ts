import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { readEventStream, type StreamEvent } from './event-stream.ts'

async function* inPieces(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    if (cut <= from || cut >= bytes.length) continue
    yield bytes.subarray(from, cut)
    from = cut
  }
  yield bytes.subarray(from)
}

async function read(text: string, cuts: readonly number[] = []): Promise<StreamEvent[]> {
  const events: StreamEvent[] = []
  for await (const event of readEventStream(inPieces(new TextEncoder().encode(text), cuts))) events.push(event)
  return events
}

const word = fc.stringMatching(/^[a-zа-я€ {}":0-9]{0,20}$/u)

test('the same events come out however the bytes are cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          id: fc.nat(),
          data: fc.array(word, { minLength: 1, maxLength: 3 }),
          end: fc.constantFrom('\n', '\r\n', '\r'),
        }),
      ),
      fc.array(fc.nat({ max: 2000 })),
      async (sent, cuts) => {
        const text = sent
          .map(({ id, data, end }) =>
            [`id: ${id}`, 'event: decision', ...data.map((line) => `data: ${line}`), '', ''].join(end),
          )
          .join(':keep-alive\n')
        // A lone CR at the end of a piece may be half of a CRLF, so a last event that ends so is only complete with more.
        const events = await read(`${text}\n`, cuts)
        expect(events).toEqual(
          sent.map(({ id, data }) => ({ id: String(id), event: 'decision', data: data.join('\n') })),
        )
      },
    ),
  )
})

test('an unfinished last event, comments and unknown fields are dropped; the id stays', async () => {
  expect(await read(':hello\n\nid:7\nretry: 5\ndata:{}\n\ndata: later\n\ndata: never ended\n')).toEqual([
    { event: 'message', id: '7', data: '{}' },
    { event: 'message', id: '7', data: 'later' },
  ])
})

test('an endless event is refused instead of kept', async () => {
  async function* endless(): AsyncGenerator<Uint8Array> {
    const piece = new TextEncoder().encode('x'.repeat(1024 * 1024))
    for (;;) yield piece
  }
  await expect(readEventStream(endless()).next()).rejects.toThrow(RangeError)
})
