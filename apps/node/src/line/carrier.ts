import { Readable } from 'node:stream'
import { ApiError } from '@parley/contracts'
import {
  cacheTiles,
  decodeBundle,
  formatAddCheckpoint,
  formatAddEntries,
  type PackageContent,
  packageIntervals,
  proveConsistency,
  proveSubtree,
  TILE_WIDTH,
  tileReader,
} from '@parley/record'
import type { ProtocolAnswer } from '../record/answer.ts'
import type { Mirror } from '../record/mirror.ts'
import { originHash } from '../record/origin-hash.ts'
import type { OpenLine } from './open-line.ts'

/** Bytes of one body, so that it fits what a mirror reads at once. */
const MAX_UPLOAD_BYTES = 4 * 1024 * 1024

/** Our newest head as an add-checkpoint body, for a side that holds `from` entries. @throws {ApiError} */
export async function exportCheckpoint(line: OpenLine, from: number): Promise<Uint8Array> {
  const log = line.ownLog
  const head = log.checkpoint()
  if (head === null || from > head.size) throw notSoMany(from)
  const proof =
    from === 0 || from === head.size ? [] : await proveConsistency(cacheTiles(tileReader(log)), { from, to: head.size })
  return formatAddCheckpoint({ oldSize: from, proof, note: head.note })
}

/** Entries of our log from `from` on as an add-entries body, as many as one takes; `next` is where the following one begins. @throws {ApiError} */
export async function exportEntries(
  line: OpenLine,
  from: number,
): Promise<{ readonly body: Uint8Array; readonly next: number; readonly size: number }> {
  const log = line.ownLog
  const size = log.checkpoint()?.size ?? 0
  if (from > size) throw notSoMany(from)
  const tiles = cacheTiles(tileReader(log))
  let next = from
  async function* packages(): AsyncGenerator<PackageContent, void, undefined> {
    let bytes = 0
    for (const { subtreeStart, start, end } of packageIntervals(from, size)) {
      const bundle = await log.bundle(subtreeStart / TILE_WIDTH, end - subtreeStart)
      if (bundle === null) throw new Error(`the log has no entries ${subtreeStart} to ${end}`)
      yield {
        entries: decodeBundle(bundle, end - subtreeStart).slice(start - subtreeStart),
        proof: await proveSubtree(tiles, { start: subtreeStart, end, size }),
      }
      next = end
      bytes += bundle.byteLength
      if (bytes >= MAX_UPLOAD_BYTES) return
    }
  }
  const chunks: Uint8Array[] = []
  const header = { origin: log.origin, start: from, end: size, ticket: new Uint8Array(0) }
  for await (const chunk of formatAddEntries(header, packages())) chunks.push(chunk)
  return { body: Buffer.concat(chunks), next, size }
}

/** Takes a body that came by file, as if it had been pushed: what it says is held to the same proofs. */
export async function importBody(
  line: OpenLine,
  body: Uint8Array,
  kind: 'checkpoint' | 'entries',
): Promise<ProtocolAnswer> {
  if (kind === 'checkpoint') return line.mirror.addCheckpoint(body)
  const answer = await line.mirror.addEntries(Readable.from([body]) as unknown as Parameters<Mirror['addEntries']>[0], {
    gzip: false,
  })
  await line.fed()
  return answer
}

/** The head of a peer's log that our mirror has cosigned, to be carried back. @throws {ApiError} */
export async function exportReceipt(line: OpenLine, party: string): Promise<Uint8Array> {
  const note = await line.mirror.copy(originHash(line.peer(party).origin))?.checkpoint()
  if (note === null || note === undefined)
    throw new ApiError('NOT_FOUND', { message: `nothing of ${party} was cosigned here` })
  return note
}

const notSoMany = (from: number): ApiError =>
  new ApiError('INVALID_PARAMETER', { message: `from: must be at most the size of our log, and is ${from}` })
