import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  bundlePath,
  CompactRange,
  decodeBundle,
  equalBytes,
  formatVkey,
  leafHash,
  openCheckpoint,
  parseBlobLeaf,
  TILE_WIDTH,
  tilePath,
} from '@parley/record'
import type { CliContext } from '../context.ts'
import { meter } from './meter.ts'
import { type ExportFlags, tell } from './run-prove.ts'
import { access, logKeyOf } from './run-verify.ts'
import { openLog } from './target.ts'
import { CannotVerify, reason, VERIFY_EXIT } from './usage.ts'

/** `parley export PATH|URL DIR`: the log as static files. The checkpoint is written last: without it the folder is no log. */
export async function runExport(
  place: string,
  folder: string,
  { flags, context }: { flags: ExportFlags; context: CliContext },
): Promise<void> {
  const { process } = context
  try {
    const target = openLog(place, access(flags))
    const { key } = await logKeyOf(target, flags.key)
    const note = await target.source.checkpoint()
    if (note === null) throw new CannotVerify(`${place} has no checkpoint`)
    const { size, root, origin } = openCheckpoint(note, key).checkpoint
    emptyFolder(folder)
    const bar = meter(process.stderr, { what: 'exporting', now: () => performance.now() })
    const put = (path: string, bytes: Uint8Array): void => {
      const file = join(folder, path)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, bytes)
    }
    const tiles = new TileWriter(put)
    for (let index = 0; index * TILE_WIDTH < size; index++) {
      const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH)
      const bundle = await target.source.bundle(index, width)
      if (bundle === null)
        throw new CannotVerify(`the bundle of the entries from ${index * TILE_WIDTH} on is not there`)
      for (const leaf of decodeBundle(bundle, width)) {
        tiles.append(leaf)
        const named = parseBlobLeaf(leaf)
        if (named === null) continue
        const blob = await target.source.blob(named.sha256)
        if (blob === null) throw new CannotVerify(`blob/${named.sha256} is not there`)
        put(`blob/${named.sha256}`, blob)
      }
      put(bundlePath(index, width), bundle)
      bar.show(index * TILE_WIDTH + width, size)
    }
    tiles.end()
    bar.end(size)
    target.close()
    if (!equalBytes(tiles.root(), root)) {
      process.stderr.write(
        `parley export: the entries do not have the root of the checkpoint. parley verify names the place; ${folder} is no log.\n`,
      )
      process.exitCode = VERIFY_EXIT.altered
      return
    }
    put('vkey', new TextEncoder().encode(`${formatVkey(key)}\n`))
    put('checkpoint', note)
    process.stdout.write(
      flags.json
        ? `${JSON.stringify({ origin, size, folder }, null, 2)}\n`
        : `exported     ${origin}, ${size} entries, to ${folder}\n`,
    )
    process.exitCode = VERIFY_EXIT.verified
  } catch (error) {
    process.exitCode = tell(error, 'export', process)
  }
}

/** Writes each tile once it is full, and those of the right edge at the end. */
class TileWriter {
  readonly #put: (path: string, bytes: Uint8Array) => void
  readonly #range = new CompactRange()
  readonly #open: Uint8Array[][] = []

  constructor(put: (path: string, bytes: Uint8Array) => void) {
    this.#put = put
  }

  append(leaf: Uint8Array): void {
    this.#range.append(leafHash(leaf), (height, index, hash) => {
      if (height % 8 !== 0) return
      const level = height / 8
      const hashes = (this.#open[level] ??= [])
      hashes.push(hash)
      if (hashes.length < TILE_WIDTH) return
      this.#put(tilePath(level, Math.floor(index / TILE_WIDTH)), joined(hashes))
      this.#open[level] = []
    })
  }

  end(): void {
    for (const [level, hashes] of this.#open.entries()) {
      if (hashes.length === 0) continue
      const index = Math.floor(this.#range.size / TILE_WIDTH ** (level + 1))
      this.#put(tilePath(level, index, hashes.length), joined(hashes))
    }
  }

  root(): Uint8Array {
    return this.#range.root()
  }
}

function joined(hashes: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(32 * hashes.length)
  hashes.forEach((hash, i) => out.set(hash, 32 * i))
  return out
}

function emptyFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true })
    if (readdirSync(folder).length > 0)
      throw new CannotVerify(`${folder} is not empty: choose an empty or a new folder`)
  } catch (error) {
    if (error instanceof CannotVerify) throw error
    throw new CannotVerify(`${folder} cannot be used: ${reason(error)}`, { cause: error })
  }
}
