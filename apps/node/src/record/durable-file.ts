import { randomBytes } from 'node:crypto'
import { link, mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { syncFolder } from '@parley/journal'

export interface DurableOptions {
  /** Permissions of the file; default 0600. */
  readonly mode?: number
  /** Whether a file of that name is replaced; by default that is an error. */
  readonly replace?: boolean
}

/**
 * Puts a file there that is whole, on the disk and under its name before this resolves, or not there at all, however the process ends.
 *
 * @throws EEXIST when one is there and `replace` is not set
 */
export async function writeDurably(
  file: string,
  bytes: Uint8Array | string,
  options: DurableOptions = {},
): Promise<void> {
  const dir = dirname(file)
  const draft = join(dir, `.${basename(file)}-${randomBytes(6).toString('hex')}`)
  try {
    const handle = await open(draft, 'wx', options.mode ?? 0o600)
    try {
      await handle.writeFile(bytes)
      await handle.sync()
    } finally {
      await handle.close()
    }
    if (options.replace === true) await rename(draft, file)
    else await link(draft, file)
  } finally {
    await rm(draft, { force: true })
  }
  syncFolder(dir)
}

/** Makes a folder, with those above it that are missing, and has their names on the disk before this resolves. */
export async function makeFolderDurably(dir: string, mode = 0o777): Promise<void> {
  const folder = resolve(dir)
  const first = await mkdir(folder, { recursive: true, mode })
  if (first === undefined) return
  for (let at = folder; ; at = dirname(at)) {
    syncFolder(dirname(at))
    if (at === resolve(first) || at === dirname(at)) return
  }
}
