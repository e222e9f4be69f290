import { parseLogPath } from '@parley/record'

/** A log, or a copy of one, as it is read over HTTP; null: there is no such thing in it. */
export interface ReadableLog {
  /** The signed checkpoint to serve, with the cosignatures that are there for it. */
  checkpoint(): Promise<Uint8Array | null>
  tile(level: number, index: number, width: number): Promise<Uint8Array | null>
  bundle(index: number, width: number): Promise<Uint8Array | null>
  blob(sha256Hex: string): Promise<Uint8Array | null>
}

/** A file of a log: tiles, bundles and blobs never change once they exist; the checkpoint always does. */
export interface LogResource {
  readonly bytes: Uint8Array
  readonly contentType: string
  readonly immutable: boolean
}

const TEXT = 'text/plain; charset=utf-8'
const BYTES = 'application/octet-stream'

/**
 * What stands at a path under a log's prefix, or null. The path is as it came, undecoded: what is not written exactly as tlog-tiles
 * writes it names nothing, and nothing is looked up for it.
 */
export async function readResource(log: ReadableLog, path: string): Promise<LogResource | null> {
  const wanted = parseLogPath(path)
  switch (wanted?.kind) {
    case 'checkpoint':
      return resource(await log.checkpoint(), TEXT, false)
    case 'tile':
      return resource(await log.tile(wanted.level, wanted.index, wanted.width), BYTES, true)
    case 'bundle':
      return resource(await log.bundle(wanted.index, wanted.width), BYTES, true)
    case 'blob':
      return resource(await log.blob(wanted.sha256), BYTES, true)
    case undefined:
      return null
  }
}

const resource = (bytes: Uint8Array | null, contentType: string, immutable: boolean): LogResource | null =>
  bytes === null ? null : { bytes, contentType, immutable }
