import { writeFileSync } from 'node:fs'
import {
  decodeBundle,
  formatTlogProof,
  isRecordError,
  leafHash,
  type LogSource,
  openCheckpoint,
  parseBlobLeaf,
  proveInclusion,
  TILE_WIDTH,
  tileReader,
  verifyInclusion,
} from '@parley/record'
import type { CliContext } from '../context.ts'
import { access, logKeyOf, type VerifyFlags } from './run-verify.ts'
import { DamagedFolder, openLog } from './target.ts'
import { CannotVerify, reason, VERIFY_EXIT } from './usage.ts'

type AccessFlags = Pick<VerifyFlags, 'key' | 'token' | 'tokenUrl' | 'sub' | 'json'>

/** Flags of `parley prove` as parsed. */
export interface ProveFlags extends AccessFlags {
  readonly index: number
  readonly out?: string
}

/** Flags of `parley export` as parsed. */
export type ExportFlags = AccessFlags

/** `parley prove PATH|URL --index N`: one entry to a proof file and the entry beside it. */
export async function runProve(place: string, flags: ProveFlags, { process }: CliContext): Promise<void> {
  try {
    const target = openLog(place, access(flags))
    const { key } = await logKeyOf(target, flags.key)
    const note = await target.source.checkpoint()
    if (note === null) throw new CannotVerify(`${place} has no checkpoint`)
    const { checkpoint } = openCheckpoint(note, key)
    const { index } = flags
    const { size, root } = checkpoint
    if (index >= size) throw new CannotVerify(`--index ${index}: the log has ${size} entries, counted from 0`)
    const entry = await leafAt(target.source, index, size)
    const proof = await proveInclusion(tileReader(target.source), { index, size })
    verifyInclusion({ leaf: leafHash(entry), index, size, root, proof })
    const file = flags.out ?? `entry-${index}.tlog-proof`
    write(file, formatTlogProof({ index, proof, checkpoint: note, extra: null }))
    const content = await contentOf(target.source, entry)
    write(`${file}.entry`, content)
    target.close()
    const facts = { origin: checkpoint.origin, index, size, proof: file, entry: `${file}.entry`, hashes: proof.length }
    process.stdout.write(
      flags.json
        ? `${JSON.stringify(facts, null, 2)}\n`
        : `proof        ${file}\nentry        ${file}.entry (${content.length} bytes)\nof           ${checkpoint.origin}, entry ${index} of ${size}\ncheck with   parley verify ${file} --entry ${file}.entry --key VKEY\n`,
    )
    process.exitCode = VERIFY_EXIT.verified
  } catch (error) {
    process.exitCode = tell(error, 'prove', process)
  }
}

/** Says why a command came to nothing; returns the exit code for it. Faults of this program are thrown on. */
export function tell(error: unknown, command: string, process: CliContext['process']): number {
  if (error instanceof CannotVerify) {
    process.stderr.write(`parley ${command}: ${error.message}\n`)
    return VERIFY_EXIT.unread
  }
  if (error instanceof DamagedFolder) {
    const { file, from } = error.place
    process.stderr.write(`parley ${command}: ${file} is damaged at byte ${from}: ${error.message}\n`)
    return VERIFY_EXIT.altered
  }
  if (!isRecordError(error)) throw error
  process.stderr.write(
    `parley ${command}: the log is not as it was signed: ${error.message}. parley verify names the place.\n`,
  )
  return VERIFY_EXIT.altered
}

async function leafAt(source: LogSource, index: number, size: number): Promise<Uint8Array> {
  const bundle = Math.floor(index / TILE_WIDTH)
  const width = Math.min(TILE_WIDTH, size - bundle * TILE_WIDTH)
  const bytes = (await source.bundle(bundle, width)) ?? (await source.bundle(bundle, TILE_WIDTH))
  if (bytes === null) throw new CannotVerify(`the bundle of entry ${index} is not there`)
  const count = Math.min(TILE_WIDTH, (index % TILE_WIDTH) + 1)
  const entry = readEntries(bytes, [width, TILE_WIDTH])?.[count - 1]
  if (entry === undefined)
    throw new CannotVerify(`the bundle of entry ${index} cannot be read; parley verify names the place`)
  return entry
}

function readEntries(bytes: Uint8Array, widths: readonly number[]): Uint8Array[] | null {
  for (const width of widths) {
    try {
      return decodeBundle(bytes, width)
    } catch (error) {
      if (!isRecordError(error)) throw error
    }
  }
  return null
}

/** The entry as its author wrote it: the leaf itself, or the content that it names. */
async function contentOf(source: LogSource, leaf: Uint8Array): Promise<Uint8Array> {
  let named: ReturnType<typeof parseBlobLeaf>
  try {
    named = parseBlobLeaf(leaf)
  } catch {
    return leaf
  }
  if (named === null) return leaf
  const blob = await source.blob(named.sha256)
  if (blob === null) throw new CannotVerify(`the content of the entry (blob/${named.sha256}) is not there`)
  return blob
}

function write(file: string, bytes: Uint8Array): void {
  try {
    writeFileSync(file, bytes)
  } catch (error) {
    throw new CannotVerify(`${file} cannot be written: ${reason(error)}`, { cause: error })
  }
}
