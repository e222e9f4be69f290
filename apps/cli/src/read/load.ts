import { open } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { InputError } from './finding.ts'

const gunzipAsync = promisify(gunzip)

/** Longest file read and longest text unpacked from gzip. Node cannot hold a text of 512 MiB, and the parsed values need room beside it. */
export const MAX_BYTES = 256 * 1024 * 1024

function whole(code: 'unreadable' | 'too-large', value: string, rule: string): InputError {
  return new InputError(code, { position: '', field: '', value, rule })
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'may not be read',
  EPERM: 'may not be read',
  EISDIR: 'is a folder, not a file',
}

/**
 * Reads a file, unpacks it when it is gzip (known by its first bytes, not its name) and decodes it as UTF-8.
 * Never holds more than `MAX_BYTES` of unpacked text, however small the archive.
 *
 * @throws {InputError} `unreadable`: no such file, no permission, broken gzip, not UTF-8; `too-large`: more than `MAX_BYTES`.
 */
export async function loadText(file: string): Promise<string> {
  let bytes: Buffer
  try {
    bytes = await readBounded(file)
  } catch (error) {
    if (error instanceof InputError) throw error
    const code = (error as NodeJS.ErrnoException).code ?? 'error'
    throw whole('unreadable', '', REASONS[code] ?? `cannot be read (${code})`)
  }
  if (bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b) bytes = await unpack(bytes)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw whole('unreadable', '', 'is not UTF-8 text')
  }
}

async function readBounded(file: string): Promise<Buffer> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    if (size > MAX_BYTES) throw tooLarge(`${size} bytes`)
    // A pipe or a device states no size: read to its end, but never past the limit.
    const chunks: Buffer[] = []
    let total = 0
    for await (const chunk of handle.createReadStream({ autoClose: false, highWaterMark: 1 << 20 })) {
      total += (chunk as Buffer).length
      if (total > MAX_BYTES) throw tooLarge(`more than ${MAX_BYTES} bytes`)
      chunks.push(chunk as Buffer)
    }
    return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, total)
  } finally {
    await handle.close()
  }
}

async function unpack(bytes: Buffer): Promise<Buffer> {
  try {
    return await gunzipAsync(bytes, { maxOutputLength: MAX_BYTES })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(`unpacks to more than ${MAX_BYTES} bytes`)
    throw whole('unreadable', '', `is not a whole gzip file (${code ?? 'broken'})`)
  }
}

function tooLarge(value: string): InputError {
  return whole('too-large', value, `at most ${MAX_BYTES / 1024 / 1024} MiB of text are read`)
}
