import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatAddCheckpoint } from './add-checkpoint.ts'
import {
  type AddEntriesHeader,
  AddEntriesReader,
  formatAddEntries,
  type PackageContent,
  packageIntervals,
} from './add-entries.ts'
import { concatBytes, encodeUtf8 } from './bytes.ts'
import { cosignCheckpoint } from './cosignature.ts'
import { CompactRange } from './compact-range.ts'
import { type CosignerAnswer, formatMirrorInfo, parseMirrorInfo } from './cosigner-answer.ts'
import { leafHash } from './merkle.ts'
import {
  checkPackage,
  decideAddEntries,
  decideUploadEnd,
  emptyMirror,
  freshEntries,
  type MirrorState,
  pendingHead,
  withPending,
} from './mirror.ts'
import { readAddEntriesAnswer, readPendingAnswer } from './mirror-client.ts'
import { formatSignatureLine } from './signature-line.ts'
import { hex, verdict, verdictOf } from './testing/fixtures.ts'
import { consistencyOf, entriesOf, headOf, LOG, MIRROR, ORIGIN, subtreeProofOf, textOf } from './testing/log.ts'
import { formatTicket, openTicket } from './ticket.ts'
import { type CosignedHead, decideAddCheckpoint, openAddCheckpoint, type SignedHead } from './witness.ts'

const NOW_S = 1_795_000_000
const TICKET_KEY = new Uint8Array(32).fill(9)
const options = { nowS: NOW_S, ticketKey: TICKET_KEY }
const NO_TICKET = new Uint8Array(0)

const headerOf = (start: number, end: number, ticket: Uint8Array = NO_TICKET): AddEntriesHeader => ({
  origin: ORIGIN,
  start,
  end,
  ticket,
})

const committedAt = (size: number): CosignedHead => ({ ...headOf(size), cosignedAtS: NOW_S - 60 })

/** A mirror that took `heads` as pending, one after the other, holds `nextEntry` entries and cosigned at `committed`. */
const mirrorAt = (heads: readonly SignedHead[], nextEntry = 0, committed: number | null = null): MirrorState => ({
  ...heads.reduce((state, head) => withPending(state, head), emptyMirror(ORIGIN)),
  nextEntry,
  committed: committed === null ? null : committedAt(committed),
})

const packagesOf = (start: number, end: number, branch = 'a'): PackageContent[] => {
  const entries = entriesOf(end, branch)
  return packageIntervals(start, end).map((interval) => ({
    entries: entries.slice(interval.start, interval.end),
    proof: subtreeProofOf(interval.subtreeStart, interval.end, end, branch),
  }))
}

async function bodyOf(header: AddEntriesHeader, packages = packagesOf(header.start, header.end)): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of formatAddEntries(header, packages)) parts.push(part)
  return concatBytes(...parts)
}

/** A mirror that keeps what it is told to: the whole way of an upload through the decisions. */
function upload(state: MirrorState, body: Uint8Array, step = 1 << 20) {
  const held = entriesOf(state.nextEntry)
  const reader = new AddEntriesReader()
  let nextEntry = state.nextEntry
  let saved = 0
  let target: SignedHead | null = null
  for (let at = 0; at < body.length; at += step) {
    for (const part of reader.push(body.subarray(at, at + step))) {
      if (part.kind === 'header') {
        const decision = decideAddEntries(state.origin === part.header.origin ? state : null, part.header, options)
        if (decision.kind === 'refuse') return { held, answer: decision }
        target = decision.target
        continue
      }
      const before = new CompactRange()
      for (const entry of held.slice(part.subtreeStart, part.start)) before.append(leafHash(entry))
      const refused = checkPackage(part, target as SignedHead, before)
      if (refused !== null) return { held, answer: refused }
      held.push(...freshEntries(part, nextEntry))
      nextEntry = Math.max(nextEntry, part.end)
      saved += 1
    }
  }
  if (target === null) return { held, answer: { kind: 'refuse' as const, status: 400 } }
  return {
    held,
    answer: decideUploadEnd({ ...state, nextEntry }, { target, complete: reader.complete, saved }, options),
  }
}

describe('the body of an upload', () => {
  test('is laid out as the standard has it', async () => {
    const body = await bodyOf(headerOf(1, 2, Uint8Array.of(0xaa, 0xbb)), [
      { entries: [encodeUtf8('xyz')], proof: [new Uint8Array(32).fill(0xcc)] },
    ])
    expect(hex(body)).toBe(
      [
        '0013',
        hex(encodeUtf8('line.parley/north/1')),
        '0000000000000001',
        '0000000000000002',
        '0002aabb',
        '000378797a',
        `01${'cc'.repeat(32)}`,
      ].join(''),
    )
  })

  test('falls into packages at multiples of 256', () => {
    expect(packageIntervals(300, 700)).toEqual([
      { subtreeStart: 256, start: 300, end: 512 },
      { subtreeStart: 512, start: 512, end: 700 },
    ])
    expect(packageIntervals(256, 512)).toEqual([{ subtreeStart: 256, start: 256, end: 512 }])
    expect(packageIntervals(7, 7)).toEqual([])
    expect(packageIntervals(255, 100_000)).toHaveLength(32)
  })

  test('is read the same in pieces of any size', async () => {
    const body = await bodyOf(headerOf(250, 600, Uint8Array.of(1, 2, 3)))
    const whole = new AddEntriesReader().push(body)
    expect(whole.map(({ kind }) => kind)).toEqual(['header', 'package', 'package', 'package'])
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), (step) => {
        const reader = new AddEntriesReader()
        const parts = []
        for (let at = 0; at < body.length; at += step) parts.push(...reader.push(body.subarray(at, at + step)))
        expect(parts).toEqual(whole)
        expect(reader.complete).toBe(true)
        expect(reader.satisfied).toBe(true)
      }),
      { numRuns: 20 },
    )
  })

  test('that goes wrong after a package keeps that package', async () => {
    const body = await bodyOf(headerOf(0, 600))
    const [header, first] = new AddEntriesReader().push(body)
    const reader = new AddEntriesReader()
    const whole = await bodyOf(headerOf(0, 600), packagesOf(0, 600).slice(0, 1))
    const wrong = Uint8Array.from([...Array.from({ length: 256 }, () => [0, 0]).flat(), 64])
    expect(reader.push(concatBytes(whole, wrong))).toEqual([header, first])
    expect(reader.satisfied).toBe(true)
    expect(reader.complete).toBe(false)
    expect(verdict(() => reader.push(wrong))).toBe('MALFORMED_REQUEST')
    expect(upload(mirrorAt([headOf(600)]), concatBytes(whole, wrong))).toMatchObject({
      held: entriesOf(256),
      answer: { status: 202, info: { nextEntry: 256 } },
    })
  })

  test('that is no beginning of one is refused', async () => {
    const refuse = (...bytes: number[]) => verdict(() => new AddEntriesReader().push(Uint8Array.of(...bytes)))
    expect(refuse(0xff, 0xff)).toBe('MALFORMED_REQUEST')
    const eight = (value: number) => [0, 0, 0, 0, 0, 0, 0, value]
    expect(refuse(0, 1, 0x61, ...eight(2), ...eight(1), 0, 0)).toBe('MALFORMED_REQUEST')
    expect(refuse(0, 1, 0x61, 0, 0x20, 0, 0, 0, 0, 0, 0, ...eight(1), 0, 0)).toBe('MALFORMED_REQUEST')
    expect(refuse(0, 1, 0xff, ...eight(0), ...eight(1), 0, 0)).toBe('INVALID_UTF8')
    const reader = new AddEntriesReader()
    reader.push(Uint8Array.of(0, 1, 0x61, ...eight(0), ...eight(1), 0, 0))
    expect(verdict(() => reader.push(Uint8Array.of(0, 1, 0x62, 64)))).toBe('MALFORMED_REQUEST')
    expect(refuse(0, 1, 0x61, ...eight(0), ...eight(1), 0, 0, 0, 1, 0x62, 0)).toBe('accepted')
  })

  test('is not written with other entries than its intervals have, or above the limits', async () => {
    const one = { entries: [encodeUtf8('a')], proof: [] }
    expect(await verdictOf(bodyOf(headerOf(0, 2), [one]))).toBe('MALFORMED_REQUEST')
    expect(await verdictOf(bodyOf(headerOf(0, 1), [one, one]))).toBe('MALFORMED_REQUEST')
    expect(await verdictOf(bodyOf(headerOf(2, 1), []))).toBe('MALFORMED_REQUEST')
    expect(await verdictOf(bodyOf({ ...headerOf(0, 1), origin: 'x'.repeat(256) }, []))).toBe('MALFORMED_REQUEST')
    expect(await verdictOf(bodyOf(headerOf(0, 1, new Uint8Array(65_536)), []))).toBe('MALFORMED_REQUEST')
    const hash = new Uint8Array(32)
    const with64 = { ...one, proof: Array.from({ length: 64 }, () => hash) }
    expect(await verdictOf(bodyOf(headerOf(0, 1), [with64]))).toBe('WRONG_PROOF_LENGTH')
    expect(await verdictOf(bodyOf(headerOf(0, 1), [{ ...one, proof: [hash.subarray(1)] }]))).toBe('INVALID_HASH')
    expect(await verdictOf(bodyOf(headerOf(0, 1), [{ entries: [new Uint8Array(65_536)], proof: [] }]))).toBe(
      'ENTRY_TOO_LARGE',
    )
  })
})

describe('a mirror', () => {
  test('takes a head as pending without cosigning, and remembers those before', () => {
    const body = formatAddCheckpoint({ oldSize: 7, proof: consistencyOf(7, 12), note: headOf(12).note })
    const opened = openAddCheckpoint(body, () => LOG.key)
    if (opened.kind === 'refuse') throw new Error('refused')
    const state = mirrorAt([headOf(7)])
    const decision = decideAddCheckpoint(pendingHead(state), opened.request, { nowS: NOW_S })
    if (decision.kind === 'refuse') throw new Error('refused')
    const after = withPending(state, decision.head)
    expect(after.pending).toEqual(headOf(12))
    expect(after.past).toEqual([headOf(7)])
    expect(after.committed).toBeNull()
    expect(withPending(after, headOf(12)).past).toEqual([headOf(7)])
    const many = mirrorAt(Array.from({ length: 30 }, (_, i) => headOf(i + 1)))
    expect(many.past.map(({ size }) => size)).toEqual(Array.from({ length: 16 }, (_, i) => i + 14))
  })

  test('holds all entries of an upload and then commits: 200', async () => {
    const { held, answer } = upload(mirrorAt([headOf(600)]), await bodyOf(headerOf(0, 600)))
    expect(held).toEqual(entriesOf(600))
    expect(answer).toEqual({
      kind: 'commit',
      origin: ORIGIN,
      head: { ...headOf(600), cosignedAtS: NOW_S },
      text: textOf(600),
      grown: true,
    })
  })

  test('goes on from the middle of a package, and skips what it holds', async () => {
    for (const start of [300, 299, 256, 100, 0]) {
      const { held, answer } = upload(mirrorAt([headOf(600)], 300, 300), await bodyOf(headerOf(start, 600)))
      expect(held).toEqual(entriesOf(600))
      expect(answer).toMatchObject({ kind: 'commit', head: { size: 600 }, grown: true })
    }
  })

  test('cosigns afresh when asked with no entries', async () => {
    const { answer } = upload(mirrorAt([headOf(600)], 600, 600), await bodyOf(headerOf(600, 600)))
    expect(answer).toMatchObject({ kind: 'commit', head: { size: 600, cosignedAtS: NOW_S }, grown: false })
  })

  test('takes an upload to a head that was pending before', async () => {
    const state = mirrorAt([headOf(300), headOf(600)])
    expect(upload(state, await bodyOf(headerOf(0, 300))).answer).toMatchObject({ kind: 'commit', head: { size: 300 } })
  })

  test('does not know a foreign origin: 404; has never seen a head: 422', () => {
    expect(decideAddEntries(null, headerOf(0, 7), options)).toMatchObject({ status: 404 })
    expect(decideAddEntries(emptyMirror(ORIGIN), headerOf(0, 7), options)).toMatchObject({ status: 422 })
    expect(decideAddEntries(mirrorAt([headOf(7)]), headerOf(8, 7), options)).toMatchObject({ status: 400 })
  })

  test('says what it has when the upload does not fit: 409 with its state', () => {
    const state = mirrorAt([headOf(300), headOf(600)], 100, 50)
    const conflicts = (header: AddEntriesHeader, at = state) => {
      const answer = decideAddEntries(at, header, options)
      if (answer.kind === 'proceed') throw new Error('granted')
      expect(answer).toMatchObject({ status: 409, contentType: 'text/x.tlog.mirror-info' })
      const { size, nextEntry } = parseMirrorInfo(answer.body)
      return { code: answer.code, size, nextEntry }
    }
    expect(conflicts(headerOf(0, 400))).toEqual({ code: 'UNKNOWN_UPLOAD_END', size: 600, nextEntry: 100 })
    expect(conflicts(headerOf(101, 300))).toEqual({ code: 'UPLOAD_START_AHEAD', size: 300, nextEntry: 100 })
    const ahead = mirrorAt([headOf(300), headOf(600)], 600, 600)
    expect(conflicts(headerOf(0, 300), ahead)).toEqual({ code: 'UPLOAD_END_BEHIND', size: 600, nextEntry: 600 })
    const long = { ...mirrorAt([{ ...headOf(7), size: 9000 }]), nextEntry: 9000 }
    expect(conflicts(headerOf(0, 9000), long)).toMatchObject({ code: 'UPLOAD_OVERLAP' })
    expect(decideAddEntries(long, headerOf(808, 9000), options)).toMatchObject({ kind: 'proceed' })
  })

  test('#53 a ticket tampered with is not believed: 409; its own is, though the head is forgotten', () => {
    const forgotten: MirrorState = { ...mirrorAt([headOf(600)]), past: [] }
    const ticket = formatTicket(headOf(300).note, TICKET_KEY)
    expect(decideAddEntries(forgotten, headerOf(0, 300, ticket), options)).toEqual({
      kind: 'proceed',
      target: headOf(300),
    })
    for (let at = 0; at < ticket.length; at++) {
      const tampered = ticket.slice()
      tampered[at] = (tampered[at] as number) ^ 1
      expect(decideAddEntries(forgotten, headerOf(0, 300, tampered), options)).toMatchObject({ status: 409 })
    }
    const refused = (bytes: Uint8Array, end = 300) =>
      expect(decideAddEntries(forgotten, headerOf(0, end, bytes), options)).toMatchObject({ status: 409 })
    refused(ticket.subarray(0, 32))
    refused(formatTicket(headOf(300).note, new Uint8Array(32).fill(8)))
    refused(ticket, 299)
    refused(formatTicket(headOf(700).note, TICKET_KEY), 700)
    expect(openTicket(headOf(300).note, TICKET_KEY)).toBeNull()
  })

  test('#53 packages out of order: 422, nothing of them kept', async () => {
    const [first, second, third] = packagesOf(0, 600) as [PackageContent, PackageContent, PackageContent]
    const { held, answer } = upload(mirrorAt([headOf(600)]), await bodyOf(headerOf(0, 600), [second, first, third]))
    expect(answer).toMatchObject({ status: 422 })
    expect(held).toEqual([])
  })

  test('#53 a wrong subtree proof in package 2 of 3: 422, the first stays', async () => {
    const [first, second, third] = packagesOf(0, 600) as [PackageContent, PackageContent, PackageContent]
    const wrong = { ...second, proof: second.proof.map((hash) => hash.toReversed()) }
    const { held, answer } = upload(mirrorAt([headOf(600)]), await bodyOf(headerOf(0, 600), [first, wrong, third]))
    expect(answer).toMatchObject({ status: 422 })
    expect(held).toEqual(entriesOf(256))
  })

  test('#53 cut in the middle of a package: 202 at the last whole one, 400 when there is none', async () => {
    const body = await bodyOf(headerOf(0, 600))
    const { held, answer } = upload(mirrorAt([headOf(600)]), body.subarray(0, body.length - 40))
    expect(held).toEqual(entriesOf(512))
    expect(answer).toMatchObject({
      kind: 'continue',
      status: 202,
      contentType: 'text/x.tlog.mirror-info',
      info: { size: 600, nextEntry: 512 },
    })
    expect(upload(mirrorAt([headOf(600)]), body.subarray(0, 1000)).answer).toMatchObject({ status: 400 })
    expect(upload(mirrorAt([headOf(600)]), body.subarray(0, 10)).answer).toMatchObject({ status: 400 })
  })

  test('#53 a body one byte at a time is read the same, and held whole only by the package', async () => {
    const { held, answer } = upload(mirrorAt([headOf(300)]), await bodyOf(headerOf(0, 300)), 1)
    expect(held).toEqual(entriesOf(300))
    expect(answer.kind).toBe('commit')
  })

  test('#53 33 packages: the 33rd is dropped, and so are bytes after the last', () => {
    const one = (value: number) => [0, 1, value, 0]
    const bytes = [0, 1, 0x61, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0]
    const reader = new AddEntriesReader({ maxPackages: 32 })
    expect(reader.push(Uint8Array.from(bytes))).toHaveLength(1)
    // 256 entries of one byte, then no hashes.
    const pack = Uint8Array.from([...Array.from({ length: 256 }, () => [0, 1, 7]).flat(), 0])
    for (let i = 0; i < 32; i++) expect(reader.push(pack)).toHaveLength(1)
    expect(reader.satisfied).toBe(true)
    expect(reader.complete).toBe(false)
    expect(reader.push(pack)).toEqual([])
    expect(reader.packages).toBe(32)
    const short = new AddEntriesReader()
    short.push(Uint8Array.from([0, 1, 0x61, ...new Uint8Array(15), 1, 0, 0, ...one(7), ...one(8), 9, 9]))
    expect(short.packages).toBe(1)
    expect(short.complete).toBe(true)
  })

  test('#53 what swells without end is cut off at the limit, and only what was whole before counts', () => {
    const header = Uint8Array.from([0, 1, 0x61, ...new Uint8Array(14), 0x40, 0, 0, 0])
    const reader = new AddEntriesReader({ maxBytes: 100_000 })
    reader.push(header)
    const zeros = new Uint8Array(65_536)
    for (let i = 0; i < 1000; i++) reader.push(zeros)
    expect(reader.satisfied).toBe(true)
    expect(reader.complete).toBe(false)
    // Entries of no bytes and no hashes: 513 bytes a package, 32 of them.
    expect(reader.packages).toBe(32)
    const large = new AddEntriesReader({ maxBytes: 100_000 })
    large.push(header)
    for (let i = 0; i < 1000; i++) large.push(new Uint8Array(65_536).fill(0xff))
    expect(large.packages).toBe(0)
    expect(large.satisfied).toBe(true)
  })

  test('#54 of two branches uploaded at once only that of the pending head is held', async () => {
    const state = mirrorAt([headOf(600)])
    // The other branch never gets to be pending: it does not grow from the head that is.
    const other = formatAddCheckpoint({
      oldSize: 600,
      proof: consistencyOf(600, 700, 'b'),
      note: headOf(700, 'b').note,
    })
    const opened = openAddCheckpoint(other, () => LOG.key)
    if (opened.kind === 'refuse') throw new Error('refused')
    expect(decideAddCheckpoint(pendingHead(state), opened.request, { nowS: NOW_S })).toMatchObject({ status: 422 })
    const foreign = upload(state, await bodyOf(headerOf(0, 600), packagesOf(0, 600, 'b')))
    expect(foreign.answer).toMatchObject({ status: 422 })
    expect(foreign.held).toEqual([])
    expect(decideAddEntries(state, headerOf(0, 700), options)).toMatchObject({ status: 409 })
    expect(upload(state, await bodyOf(headerOf(0, 600))).held).toEqual(entriesOf(600))
  })

  test('#55 an upload overtaken by a longer one does not bring the mirror back: 409', () => {
    const overtaken = mirrorAt([headOf(300), headOf(600)], 600, 600)
    const end = decideUploadEnd(overtaken, { target: headOf(300), complete: true, saved: 2 }, options)
    expect(end).toMatchObject({ status: 409, contentType: 'text/x.tlog.mirror-info' })
  })

  test('#69 never signs with an earlier time than before: 503', () => {
    const state = mirrorAt([headOf(600)], 600, 600)
    const upload = { target: headOf(600), complete: true, saved: 0 }
    expect(decideUploadEnd(state, upload, { ...options, nowS: NOW_S - 61 })).toMatchObject({ status: 503 })
  })

  test('does not commit what another process has not made durable yet: 202', () => {
    const state = mirrorAt([headOf(600)], 500)
    expect(decideUploadEnd(state, { target: headOf(600), complete: true, saved: 1 }, options)).toMatchObject({
      status: 202,
      info: { nextEntry: 500 },
    })
  })
})

describe('a log that uploads', () => {
  const cosigners = [MIRROR.key]
  const sent = { text: textOf(12), size: 12, cosigners }
  const read = (answer: Partial<CosignerAnswer>) =>
    readAddEntriesAnswer({ status: 200, contentType: 'text/plain', body: '', ...answer }, sent)
  const info = (size: number, nextEntry: number) => ({
    contentType: 'text/x.tlog.mirror-info',
    body: formatMirrorInfo({ size, nextEntry, ticket: Uint8Array.of(1, 2, 3) }),
  })

  test('takes the receipt, and resumes where the mirror says', () => {
    const line = formatSignatureLine(cosignCheckpoint(textOf(12), MIRROR, NOW_S))
    expect(read({ body: line })).toMatchObject({ kind: 'cosigned', cosignatures: [{ timestampS: NOW_S }] })
    const resume = { size: 12, nextEntry: 5, ticket: Uint8Array.of(1, 2, 3) }
    expect(read({ status: 202, ...info(12, 5) })).toEqual({ kind: 'resume', status: 202, info: resume })
    expect(read({ status: 409, ...info(12, 5) })).toEqual({ kind: 'resume', status: 409, info: resume })
  })

  test('#52 does not follow a mirror beyond its own size, nor take the receipt of another head', () => {
    expect(read({ status: 409, ...info(13, 5) })).toEqual({ kind: 'ahead', size: 13 })
    expect(read({ status: 202, ...info(12, 13) })).toEqual({ kind: 'ahead', size: 13 })
    const other = formatSignatureLine(cosignCheckpoint(textOf(7), MIRROR, NOW_S))
    expect(read({ body: other }).kind).toBe('alarm')
    expect(read({ status: 422 }).kind).toBe('suspect')
    expect(read({ status: 404 }).kind).toBe('alarm')
    expect(read({ status: 503 }).kind).toBe('retry')
    for (const body of ['', '12\n5\n', '12\n5\nAQID', '12\n05\nAQID\n', '12\n5\nAQI\n', '12\n5\nAQID\n\n']) {
      expect(read({ status: 409, contentType: 'text/x.tlog.mirror-info', body }).kind).toBe('alarm')
    }
    expect(read({ status: 409, body: '12\n5\n\n' }).kind).toBe('alarm')
    expect(read({ status: 202, contentType: 'text/x.tlog.mirror-info', body: '12\n5\n\n' }).kind).toBe('resume')
  })

  test('takes an empty answer for a head shown as pending', () => {
    const answer = { status: 200, contentType: 'text/plain', body: '' }
    expect(readPendingAnswer(answer, sent)).toEqual({ kind: 'pending' })
    expect(readPendingAnswer({ ...answer, status: 422 }, sent).kind).toBe('suspect')
    expect(readPendingAnswer({ ...answer, body: 'x' }, { ...sent, cosigners: [] })).toEqual({ kind: 'pending' })
  })
})
