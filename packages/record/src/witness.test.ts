import { describe, expect, test } from 'vitest'
import { formatAddCheckpoint } from './add-checkpoint.ts'
import { concatBytes, decodeUtf8, encodeUtf8 } from './bytes.ts'
import { formatCheckpoint } from './checkpoint.ts'
import { cosignCheckpoint } from './cosignature.ts'
import type { CosignerAnswer } from './cosigner-answer.ts'
import { signNote } from './note.ts'
import { formatSignatureLine } from './signature-line.ts'
import { verdict } from './testing/fixtures.ts'
import { consistencyOf, headOf, LOG, OBSERVERS, ORIGIN, OTHER_LOG, textOf, WITNESS } from './testing/log.ts'
import {
  type CosignedHead,
  type CosignerRefusal,
  compareHeads,
  decideAddCheckpoint,
  openAddCheckpoint,
} from './witness.ts'
import { type CosignerVerdict, readAddCheckpointAnswer } from './witness-client.ts'

const NOW_S = 1_795_000_000
const logKey = (origin: string) => (origin === ORIGIN ? LOG.key : null)

const request = (oldSize: number, size: number, branch = 'a'): Uint8Array =>
  formatAddCheckpoint({ oldSize, proof: consistencyOf(oldSize, size, branch), note: headOf(size, branch).note })

const cosigned = (size: number, branch = 'a'): CosignedHead => ({ ...headOf(size, branch), cosignedAtS: NOW_S - 60 })

/** The whole way of a request through a witness that cosigned `head` last. */
const answerTo = (head: CosignedHead | null, body: Uint8Array | string, nowS = NOW_S) => {
  const opened = openAddCheckpoint(typeof body === 'string' ? encodeUtf8(body) : body, logKey)
  return opened.kind === 'refuse' ? opened : decideAddCheckpoint(head, opened.request, { nowS })
}

const refused = (head: CosignedHead | null, body: Uint8Array | string, nowS = NOW_S): CosignerRefusal => {
  const answer = answerTo(head, body, nowS)
  if (answer.kind !== 'refuse') throw new Error('it was granted')
  return answer
}

const status = (head: CosignedHead | null, body: Uint8Array | string): number => refused(head, body).status

/** A request whose checkpoint text is signed as it stands. */
const signed = (text: string, old = 0): Uint8Array => concatBytes(encodeUtf8(`old ${old}\n\n`), signNote(text, [LOG]))

test('a request is written as the standard has it', () => {
  expect(decodeUtf8(request(3, 7)).split('\n')).toEqual([
    'old 3',
    'f0ZOiY2ZOM7kcf8DMP8xui+6I1zCvznkpq5qNNUgKc8=',
    '4vwNGrnYERP4gRCo559gxcIbge/BAB0Qb/o33lKWnm0=',
    'thJo8Y8Mdrqs1HjJYQJHTvaygXH19l6zN6fZF0WTpfI=',
    'cdk0yPSrUutCeWDXmPHnI2SPNcRLMYWh4IvdtasVf9s=',
    '',
    'line.parley/north/1',
    '7',
    'w0Jz2LUO6hkpxmKtB+TWxEancy00yllMNXiDFNAE3OU=',
    '',
    '— line.parley/north/1 l6Tx0ZsmfY9beg3mFq78r4SyeHBimvQVMpzCuchDcqP9FyRzVH1bVUlfdEvnNKFAsQsV4V0+4Tv5wT0zRdajgPe0jQM=',
    '',
  ])
})

describe('a witness', () => {
  test('cosigns the first head it sees, a larger one it grows into, and the same one afresh', () => {
    const first = answerTo(null, request(0, 7))
    expect(first).toEqual({
      kind: 'cosign',
      origin: ORIGIN,
      head: { ...headOf(7), cosignedAtS: NOW_S },
      text: textOf(7),
      grown: true,
    })
    expect(answerTo(cosigned(7), request(7, 12))).toMatchObject({ kind: 'cosign', head: { size: 12 }, grown: true })
    expect(answerTo(cosigned(7), request(7, 7))).toMatchObject({ kind: 'cosign', head: { size: 7 }, grown: false })
    expect(answerTo(null, request(0, 0))).toMatchObject({ kind: 'cosign', head: { size: 0 }, grown: false })
    expect(answerTo(cosigned(0), request(0, 3))).toMatchObject({ kind: 'cosign', head: { size: 3 }, grown: true })
  })

  test('#16 does not know a foreign origin: 404; refuses the right one under a foreign key: 403', () => {
    const foreign = formatAddCheckpoint({ oldSize: 0, proof: [], note: headOf(7, 'a', OTHER_LOG).note })
    expect(status(null, foreign)).toBe(404)
    const text = textOf(7)
    const wrongKey = concatBytes(encodeUtf8('old 0\n\n'), signNote(text, [OTHER_LOG]))
    expect(status(null, wrongKey)).toBe(403)
  })

  test('a signature line that fails, and #17 a cosignature in place of the signature, are 403', () => {
    const note = headOf(7).note.slice()
    const text = decodeUtf8(note).replace('\n7\n', '\n8\n')
    expect(status(null, `old 0\n\n${text}`)).toBe(403)
    const line = formatSignatureLine(cosignCheckpoint(textOf(7), WITNESS, NOW_S))
    expect(status(null, `old 0\n\n${textOf(7)}\n${line}`)).toBe(403)
  })

  test('refuses an old size above the new one: 400', () => {
    expect(status(cosigned(7), signed(textOf(7), 8))).toBe(400)
  })

  test('says what it cosigned last when the old size is another: 409 with the size', () => {
    expect(refused(cosigned(7), request(0, 12))).toMatchObject({
      status: 409,
      contentType: 'text/x.tlog.size',
      body: '7\n',
      conflict: null,
    })
    expect(refused(null, request(7, 12))).toMatchObject({ status: 409, body: '0\n' })
  })

  test('#14 size 0 with the root of something: 422', () => {
    const root = headOf(7).root
    const text = formatCheckpoint({ origin: ORIGIN, size: 7, root }).replace('\n7\n', '\n0\n')
    expect(status(null, signed(text))).toBe(422)
  })

  test('#15 a signed extension line: 400', () => {
    expect(status(null, signed(`${textOf(7)}extension\n`))).toBe(400)
  })

  test('a checkpoint signed with a zero before its size, and `old 0400`: 400', () => {
    expect(status(null, signed(textOf(7).replace('\n7\n', '\n07\n')))).toBe(400)
    expect(status(cosigned(7), `old 07\n\n${decodeUtf8(headOf(7).note)}`)).toBe(400)
    expect(status(cosigned(7), `old 0400\n\n${decodeUtf8(headOf(7).note)}`)).toBe(400)
  })

  test('old 0 with a proof: 422 without a head, 409 with one', () => {
    const body = `old 0\n${'A'.repeat(43)}=\n\n${decodeUtf8(headOf(7).note)}`
    expect(status(null, body)).toBe(422)
    expect(status(cosigned(7), body)).toBe(409)
  })

  test('#47 64 proof lines, and one of 31 bytes: 400', () => {
    const hash = `${'A'.repeat(43)}=\n`
    const note = decodeUtf8(headOf(12).note)
    expect(status(cosigned(7), `old 7\n${hash.repeat(64)}\n${note}`)).toBe(400)
    expect(status(cosigned(7), `old 7\n${hash.repeat(63)}\n${note}`)).toBe(422)
    expect(status(cosigned(7), `old 7\n${'A'.repeat(40)}AA==\n\n${note}`)).toBe(400)
  })

  test('bodies that are no request: 400; too large: 413', () => {
    const note = decodeUtf8(headOf(7).note)
    for (const body of ['', 'old 0\n', 'old 0\n\n', `old 0\n${note}`, `new 0\n\n${note}`, `old  0\n\n${note}`]) {
      expect(status(null, body)).toBe(400)
    }
    expect(status(null, `old 0\r\n\r\n${note}`)).toBe(400)
    expect(status(null, `old +0\n\n${note}`)).toBe(400)
    expect(status(null, `old 9007199254740992\n\n${note}`)).toBe(400)
    expect(status(null, `old 0\n\n${'x'.repeat(65_536)}`)).toBe(413)
  })

  test('#48 the same size with another root is 422 and a fork to keep, whatever old size it came with', () => {
    const conflict = { kind: 'fork', origin: ORIGIN, known: headOf(7).note, shown: headOf(7, 'b').note }
    const same = formatAddCheckpoint({ oldSize: 7, proof: [], note: headOf(7, 'b').note })
    expect(refused(cosigned(7), same)).toMatchObject({ status: 422, code: 'ROOT_MISMATCH', conflict })
    expect(refused(cosigned(7), request(0, 7, 'b'))).toMatchObject({ status: 409, body: '7\n', conflict })
    expect(compareHeads(headOf(7), headOf(7, 'b'))).toBe('fork')
  })

  test('#49 a larger head that does not grow from ours is 422 and a suspicion to follow', () => {
    expect(refused(cosigned(7), request(7, 12, 'b'))).toMatchObject({
      status: 422,
      code: 'PROOF_REFUSED',
      conflict: { kind: 'inconsistent', known: headOf(7).note, shown: headOf(12, 'b').note },
    })
    const short = formatAddCheckpoint({ oldSize: 7, proof: consistencyOf(7, 12).slice(1), note: headOf(12).note })
    expect(status(cosigned(7), short)).toBe(422)
  })

  test('#51 an old head replayed is 409, and ignored where heads are compared', () => {
    expect(refused(cosigned(12), request(0, 7))).toMatchObject({ status: 409, body: '12\n' })
    expect(refused(cosigned(12), request(3, 7))).toMatchObject({ status: 409, body: '12\n' })
    expect(compareHeads(headOf(12), headOf(7))).toBe('older')
    expect(compareHeads(headOf(7), headOf(12))).toBe('newer')
    expect(compareHeads(headOf(7), headOf(7))).toBe('same')
  })

  test('#50 a log that forks after a shared beginning is found out by the first who has seen both branches', () => {
    // A knows branch a at 12, an observer was shown branch b; both begin with the same five entries.
    const [a, b] = [cosigned(12, 'a'), cosigned(12, 'b')]
    expect(compareHeads(a, b)).toBe('fork')
    expect(answerTo(cosigned(5, 'a'), request(5, 12, 'b')).kind).toBe('cosign')
    for (const size of [13, 20]) {
      expect(refused(a, request(12, size, 'b'))).toMatchObject({ status: 422, conflict: { kind: 'inconsistent' } })
    }
    expect(refused(a, request(12, 12, 'b'))).toMatchObject({ status: 422, conflict: { kind: 'fork' } })
  })

  test('#8 lines of unknown keys on the note are neither looked at nor kept', () => {
    const foreign = formatSignatureLine(cosignCheckpoint(textOf(7), WITNESS, NOW_S))
    const broken = foreign.replace('south.parley/witness', 'nobody')
    const body = concatBytes(encodeUtf8('old 0\n\n'), headOf(7).note, encodeUtf8(foreign + broken))
    expect(answerTo(null, body)).toMatchObject({ kind: 'cosign', head: { note: headOf(7).note } })
  })

  test('#55 of two requests from one old size the second gets 409: the size never decreases', () => {
    const [a, b] = [request(3, 7), request(3, 12)]
    let head: CosignedHead | null = cosigned(3)
    const second = answerTo(head, b)
    if (second.kind === 'cosign') head = second.head
    expect(head?.size).toBe(12)
    expect(refused(head, a)).toMatchObject({ status: 409, body: '12\n' })
  })

  test('#69 never signs with an earlier time than before: 503', () => {
    expect(refused(cosigned(7), request(7, 12), NOW_S - 61)).toMatchObject({ status: 503, code: 'CLOCK_REGRESSED' })
    expect(answerTo(cosigned(7), request(7, 12), NOW_S - 60).kind).toBe('cosign')
  })
})

describe('a log that asks', () => {
  const cosigners = [WITNESS.key]
  const read = (answer: Partial<CosignerAnswer>, size = 12): CosignerVerdict =>
    readAddCheckpointAnswer(
      { status: 200, contentType: 'text/plain', body: '', ...answer },
      { text: textOf(size), size, cosigners },
    )
  const line = (size: number, timestampS = NOW_S, signer = WITNESS): string =>
    formatSignatureLine(cosignCheckpoint(textOf(size), signer, timestampS))
  const conflict = (body: string, contentType = 'text/x.tlog.size') => read({ status: 409, contentType, body })

  test('takes cosignatures that hold, and leaves those of unknown keys', () => {
    const body = line(12, NOW_S, OBSERVERS[0]) + line(12)
    expect(read({ body })).toMatchObject({
      kind: 'cosigned',
      cosignatures: [{ key: WITNESS.key, timestampS: NOW_S }],
    })
  })

  test('#52 a 200 with a cosignature for another head, with none, or with something else is an alarm', () => {
    for (const body of [line(7), line(12, NOW_S, OBSERVERS[0]), '', 'ok\n', `${line(12)}\n`, line(12) + line(12)]) {
      expect(read({ body }).kind).toBe('alarm')
    }
  })

  test('#52 a 409 with a size beyond ours is not followed', () => {
    expect(conflict('13\n')).toEqual({ kind: 'ahead', size: 13 })
    expect(conflict('9007199254740991\n').kind).toBe('ahead')
    expect(conflict('9223372036854775807\n').kind).toBe('suspect')
    expect(conflict('12\n')).toEqual({ kind: 'resync', size: 12 })
    expect(conflict('0\n')).toEqual({ kind: 'resync', size: 0 })
  })

  test('#52 a 409 without a size is a possible fork', () => {
    expect(conflict('', 'text/plain').kind).toBe('suspect')
    expect(conflict('7\n', 'text/plain').kind).toBe('suspect')
    for (const body of ['', '7', '07\n', '-1\n', '7\n7\n']) expect(conflict(body).kind).toBe('suspect')
    expect(conflict('7\n', 'text/x.tlog.size; charset=utf-8')).toEqual({ kind: 'resync', size: 7 })
  })

  test.each([
    [400, 'bug'],
    [403, 'alarm'],
    [404, 'alarm'],
    [413, 'bug'],
    [422, 'suspect'],
    [429, 'retry'],
    [500, 'retry'],
    [503, 'retry'],
    [302, 'alarm'],
  ])('status %i is %s', (status, kind) => {
    expect(read({ status }).kind).toBe(kind)
  })

  test('does not send what no witness takes', () => {
    const { note } = headOf(7)
    const hash = headOf(3).root
    const send = (oldSize: number, proof: Uint8Array[], bytes = note) =>
      verdict(() => formatAddCheckpoint({ oldSize, proof, note: bytes }))
    expect(send(0, [hash])).toBe('WRONG_PROOF_LENGTH')
    expect(
      send(
        3,
        Array.from({ length: 64 }, () => hash),
      ),
    ).toBe('WRONG_PROOF_LENGTH')
    expect(send(3, [hash.subarray(1)])).toBe('INVALID_HASH')
    expect(send(-1, [])).toBe('OUT_OF_RANGE')
    expect(send(0, [], new Uint8Array(10_240))).toBe('REQUEST_TOO_LARGE')
  })
})
