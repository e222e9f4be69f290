/** One event of a `text/event-stream`. */
export interface StreamEvent {
  readonly event: string
  readonly id: string
  readonly data: string
}

/** An event longer than this is not one of ours; reading on would only fill memory. */
const LONGEST = 16 * 1024 * 1024

/**
 * Reads a `text/event-stream` body (WHATWG HTML 9.2.6) piece by piece. Comments are dropped, an unfinished last event
 * is dropped, too, and `id` stays until another one is set. `onBytes` is called for every piece, comments included.
 * Throws RangeError when one event grows beyond 16 Mi characters.
 */
export async function* readEventStream(
  body: AsyncIterable<Uint8Array>,
  onBytes: () => void = () => {},
): AsyncGenerator<StreamEvent> {
  const decoder = new TextDecoder()
  let rest = ''
  let event = ''
  let id = ''
  let data: string[] = []
  let size = 0
  for await (const piece of body) {
    onBytes()
    rest += decoder.decode(piece, { stream: true })
    for (;;) {
      const end = lineEnd(rest)
      if (end === null) break
      const line = rest.slice(0, end.at)
      rest = rest.slice(end.next)
      if (line === '') {
        if (data.length > 0) yield { event: event === '' ? 'message' : event, id, data: data.join('\n') }
        event = ''
        data = []
        size = 0
        continue
      }
      const colon = line.indexOf(':')
      const field = colon < 0 ? line : line.slice(0, colon)
      const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
      if (field === 'event') event = value
      else if (field === 'id' && !value.includes('\0')) id = value
      else if (field === 'data') {
        data.push(value)
        size += value.length
      }
    }
    if (rest.length + size > LONGEST) throw new RangeError('An event of the stream is too long.')
  }
}

/** Where the first line ends; a lone CR at the very end may still become CRLF, so it is not an end yet. */
function lineEnd(text: string): { at: number; next: number } | null {
  const at = text.search(/[\r\n]/)
  if (at < 0) return null
  if (text[at] === '\n') return { at, next: at + 1 }
  if (at + 1 === text.length) return null
  return { at, next: text[at + 1] === '\n' ? at + 2 : at + 1 }
}
