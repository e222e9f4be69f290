import { decodeBase64, encodeBase64 } from './base64.ts'
import { parseSize } from './checkpoint.ts'
import { RecordError, shown } from './errors.ts'

/** Content types of what witnesses and mirrors answer. */
export const SIZE_TYPE = 'text/x.tlog.size'
export const MIRROR_INFO_TYPE = 'text/x.tlog.mirror-info'
export const PLAIN_TYPE = 'text/plain; charset=utf-8'

/** An answer of a cosigner on HTTP, whatever carries it. */
export interface CosignerAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/** Body of `text/x.tlog.size`: the size of the head cosigned last. */
export const formatTreeSize = (size: number): string => `${size}\n`

/**
 * The size in a body of `text/x.tlog.size`.
 *
 * @throws RecordError MALFORMED_RESPONSE, INVALID_INTEGER, UNSUPPORTED_SIZE
 */
export function parseTreeSize(body: string): number {
  if (!body.endsWith('\n')) throw malformedResponse(body, 'must be one line, ended by a newline')
  return parseSize(body.slice(0, -1))
}

/** What a mirror says of itself, so that an upload can go on (c2sp.org/tlog-mirror, add-entries). */
export interface MirrorInfo {
  /** Size of a checkpoint the mirror takes entries for: the `upload_end` to use. */
  readonly size: number
  /** Index of the first entry it lacks: the `upload_start` to use. */
  readonly nextEntry: number
  /** Opaque, to be handed back. */
  readonly ticket: Uint8Array
}

/** Body of `text/x.tlog.mirror-info`. */
export const formatMirrorInfo = ({ size, nextEntry, ticket }: MirrorInfo): string =>
  `${size}\n${nextEntry}\n${encodeBase64(ticket)}\n`

/**
 * What a body of `text/x.tlog.mirror-info` says.
 *
 * @throws RecordError MALFORMED_RESPONSE, INVALID_INTEGER, UNSUPPORTED_SIZE, INVALID_BASE64
 */
export function parseMirrorInfo(body: string): MirrorInfo {
  const lines = body.split('\n')
  const [size, nextEntry, ticket, rest] = lines
  if (lines.length !== 4 || rest !== '') throw malformedResponse(body, 'must be three lines, each ended by a newline')
  return {
    size: parseSize(size as string),
    nextEntry: parseSize(nextEntry as string, 'next entry'),
    ticket: decodeBase64(ticket as string, 'ticket'),
  }
}

/** The other side answered what it never may. */
const malformedResponse = (value: string, rule: string): RecordError =>
  new RecordError('MALFORMED_RESPONSE', { field: 'answer', value: shown(value), rule })
