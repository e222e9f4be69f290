import { Readable } from 'node:stream'
import {
  bundlePath,
  cacheTiles,
  decodeBundle,
  formatAddCheckpoint,
  formatAddEntries,
  formatCheckpoint,
  formatNote,
  type OpenedCheckpoint,
  openCheckpoint,
  type PackageContent,
  packageIntervals,
  proveConsistency,
  proveSubtree,
  readAddEntriesAnswer,
  readPendingAnswer,
  TILE_WIDTH,
  type TileReader,
  tilePath,
  tileReader,
  type VerifierKey,
} from '@parley/record'
import type { ProtocolAnswer } from '../record/answer.ts'
import type { HttpClient } from '../record/http-client.ts'
import type { Mirror } from '../record/mirror.ts'
import { originHash } from '../record/origin-hash.ts'

export interface PullOptions {
  readonly http: HttpClient
  /** Where the log is read, without a slash at the end: `…/mirror`. */
  readonly url: string
  readonly logKey: VerifierKey
  /** Our own mirror: what is pulled goes in by the same door as what is pushed, and is held to the same proofs. */
  readonly mirror: Mirror
}

const MAX_BUNDLE_BYTES = TILE_WIDTH * 65_537
const MAX_TILE_BYTES = TILE_WIDTH * 32
const MAX_UPLOAD_BYTES = 4 * 1024 * 1024
const MAX_ROUNDS = 4

/** The head a peer shows of a log, with whatever cosignatures are there; null: it shows none. Throws when it cannot be reached. */
export async function shownHead(
  { http, url, logKey }: Omit<PullOptions, 'mirror'>,
  cosigners: readonly VerifierKey[],
): Promise<OpenedCheckpoint | null> {
  const { status, bytes } = await http.get(`${url}/${originHash(logKey.name)}/checkpoint`)
  return status === 200 ? openCheckpoint(bytes, logKey, cosigners) : null
}

/**
 * Fetches what our mirror lacks of a log up to a head that was shown, from tiles and entry bundles. Resolves with the entries then held;
 * throws when they cannot be had, or are not those of the head.
 */
export async function pullLog(options: PullOptions, shown: OpenedCheckpoint): Promise<number> {
  const { logKey, mirror, http, url } = options
  const { origin, size, root } = shown.checkpoint
  const prefix = `${url}/${originHash(origin)}/`
  const read = async (path: string, maxBytes: number): Promise<Uint8Array | null> => {
    const { status, bytes } = await http.get(`${prefix}${path}`, { maxBytes })
    return status === 200 ? bytes : null
  }
  const tiles = cacheTiles(
    tileReader({ tile: (level, index, width) => read(tilePath(level, index, width), MAX_TILE_BYTES) }),
    { tiles: 64 },
  )
  const text = formatCheckpoint({ origin, size, root })
  const note = formatNote({
    text,
    signatures: shown.note.signatures.filter(({ name, keyId }) => name === logKey.name && keyId === logKey.keyId),
  })
  await bringHead({ mirror, tiles, note, text, size })
  let start = size
  let ticket: Uint8Array = new Uint8Array(0)
  for (let stalled = 0; stalled < MAX_ROUNDS; ) {
    const body = uploadBody({ origin, start, size, ticket, tiles, read })
    const answer = await mirror.addEntries(Readable.from(body) as Parameters<Mirror['addEntries']>[0], { gzip: false })
    if (answer.status === 200) return size
    const verdict = readAddEntriesAnswer(answerOf(answer), { text, size, cosigners: [] })
    if (verdict.kind !== 'resume') throw new Error(`our mirror does not take it: ${answer.status}`)
    if (verdict.info.size !== size) throw new Error(`our mirror goes on from the head of ${verdict.info.size}`)
    ticket = verdict.info.ticket
    const next = Math.min(verdict.info.nextEntry, size)
    // The first request only asks where to begin.
    stalled = next > start ? 0 : stalled + 1
    start = next
  }
  throw new Error('our mirror takes no more of what was fetched')
}

async function bringHead({
  mirror,
  tiles,
  note,
  text,
  size,
}: {
  readonly mirror: Mirror
  readonly tiles: TileReader
  readonly note: Uint8Array
  readonly text: string
  readonly size: number
}): Promise<void> {
  let oldSize = 0
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const proof = oldSize === 0 || oldSize === size ? [] : await proveConsistency(tiles, { from: oldSize, to: size })
    const answer = await mirror.addCheckpoint(formatAddCheckpoint({ oldSize, proof, note }))
    if (answer.status === 200) return
    const verdict = readPendingAnswer(answerOf(answer), { text, size, cosigners: [] })
    if (verdict.kind !== 'resync') throw new Error(`our mirror refuses the head that is shown: ${answer.status}`)
    oldSize = verdict.size
  }
  throw new Error('our mirror has moved on meanwhile')
}

async function* uploadBody({
  origin,
  start,
  size,
  ticket,
  tiles,
  read,
}: {
  readonly origin: string
  readonly start: number
  readonly size: number
  readonly ticket: Uint8Array
  readonly tiles: TileReader
  readonly read: (path: string, maxBytes: number) => Promise<Uint8Array | null>
}): AsyncGenerator<Uint8Array, void, undefined> {
  async function* packages(): AsyncGenerator<PackageContent, void, undefined> {
    let bytes = 0
    for (const { subtreeStart, start: from, end } of packageIntervals(start, size)) {
      const width = end - subtreeStart
      const bundle =
        (await read(bundlePath(subtreeStart / TILE_WIDTH, width), MAX_BUNDLE_BYTES)) ??
        (await read(bundlePath(subtreeStart / TILE_WIDTH), MAX_BUNDLE_BYTES))
      if (bundle === null) throw new Error(`entries from ${subtreeStart} on are not shown`)
      const entries = decodeLeading(bundle, width).slice(from - subtreeStart)
      yield { entries, proof: await proveSubtree(tiles, { start: subtreeStart, end, size }) }
      bytes += bundle.byteLength
      if (bytes >= MAX_UPLOAD_BYTES) return
    }
  }
  yield* formatAddEntries({ origin, start, end: size, ticket }, packages())
}

/** The first `width` entries of a bundle that may have grown since. */
function decodeLeading(bundle: Uint8Array, width: number): Uint8Array[] {
  let count = 0
  for (let at = 0; at + 2 <= bundle.byteLength && count < TILE_WIDTH; count += 1)
    at += 2 + (((bundle[at] as number) << 8) | (bundle[at + 1] as number))
  return decodeBundle(bundle, Math.max(count, width)).slice(0, width)
}

const answerOf = ({ status, contentType, body }: ProtocolAnswer) => ({
  status,
  contentType,
  body: typeof body === 'string' ? body : Buffer.from(body).toString('utf8'),
})
