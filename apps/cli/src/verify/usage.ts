import { readFileSync } from 'node:fs'
import { isRecordError, parseVkey, type VerifierKey } from '@parley/record'

/** The command cannot do what it was asked: the words are wrong, or something cannot be read. Exit code 2. */
export class CannotVerify extends Error {}

/** What `parley verify`, `prove` and `export` tell their caller. */
export const VERIFY_EXIT = {
  /** Everything that was read is as it was signed. */
  verified: 0,
  /** Something is not as it was signed. */
  altered: 1,
  /** The command line cannot be followed, or what it names cannot be read: nothing is said about the log. */
  unread: 2,
} as const

/** A key given as text or as a file that holds it. @throws {CannotVerify} */
export function keyOf(flag: string, given: string): VerifierKey {
  const text = given.includes('+') ? given : fileText(flag, given)
  try {
    return parseVkey(text.trim())
  } catch (error) {
    if (!isRecordError(error)) throw error
    throw new CannotVerify(`${flag} ${given}: ${error.message}`, { cause: error })
  }
}

/** @throws {CannotVerify} */
export function fileBytes(flag: string, path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new CannotVerify(`${flag} ${path}: ${reason(error)}`, { cause: error })
  }
}

/** @throws {CannotVerify} */
export function fileText(flag: string, path: string): string {
  return new TextDecoder().decode(fileBytes(flag, path))
}

export function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return 'no such file'
  if (code === 'EISDIR') return 'it is a folder'
  if (code === 'EACCES') return 'this user may not read it'
  return message
}
