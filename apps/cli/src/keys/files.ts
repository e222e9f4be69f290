import { closeSync, fsyncSync, lstatSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { CannotFollow } from './usage.ts'

const SECRET_MODE = 0o600
const PUBLIC_MODE = 0o644
/** Nothing this command reads is longer. */
const MAX_BYTES = 1024 * 1024

/** @throws {CannotFollow} */
export function readBytes(field: string, path: string): Uint8Array {
  try {
    const bytes = readFileSync(path)
    if (bytes.length > MAX_BYTES) throw new CannotFollow(field, path, `must be at most ${MAX_BYTES} bytes`)
    return new Uint8Array(bytes)
  } catch (error) {
    if (error instanceof CannotFollow) throw error
    throw new CannotFollow(field, path, `cannot be read: ${systemReason(error)}`, { cause: error })
  }
}

/** @throws {CannotFollow} */
export function readText(field: string, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readBytes(field, path))
  } catch (error) {
    if (error instanceof CannotFollow) throw error
    throw new CannotFollow(field, path, 'must be UTF-8 text', { cause: error })
  }
}

export function systemReason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return 'no such file or folder'
  if (code === 'EEXIST') return 'it is there already, and nothing is ever overwritten'
  if (code === 'EISDIR') return 'it is a folder'
  if (code === 'EACCES' || code === 'EPERM') return 'this user may not'
  if (code === 'ENOSPC') return 'the disk is full'
  return message
}

/** One file to write: only its owner may read a secret one. */
export interface NewFile {
  readonly field: string
  readonly path: string
  readonly content: string | Uint8Array
  readonly secret?: boolean
}

/**
 * Writes files that must not be there yet, whole and on the disk, or none of them: what was written before a failure is
 * taken away again. @throws {CannotFollow}
 */
export function writeNewFiles(files: readonly NewFile[]): void {
  for (const { field, path } of files) refuseExisting(field, path)
  const made: string[] = []
  for (const { field, path, content, secret = false } of files) {
    try {
      const file = openSync(path, 'wx', secret ? SECRET_MODE : PUBLIC_MODE)
      made.push(path)
      try {
        const bytes = typeof content === 'string' ? Buffer.from(content) : content
        for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
    } catch (error) {
      for (const written of made) rmSync(written, { force: true })
      throw new CannotFollow(field, path, `cannot be written: ${systemReason(error)}`, { cause: error })
    }
  }
}

/** Before any work that would be lost: whether the path is free. @throws {CannotFollow} */
export function refuseExisting(field: string, path: string): void {
  try {
    lstatSync(path)
  } catch {
    return
  }
  throw new CannotFollow(field, path, 'must be a new file: nothing is ever overwritten')
}
