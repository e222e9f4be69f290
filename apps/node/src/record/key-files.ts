import { createHash, randomBytes } from 'node:crypto'
import { readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFolder } from '@parley/journal'
import {
  createSigner,
  formatSkey,
  formatVkey,
  isRecordError,
  type KeyType,
  parseSkey,
  type SecretKey,
  type Signer,
} from '@parley/record'
import { StartRefused } from '../errors.ts'
import { makeFolderDurably, writeDurably } from './durable-file.ts'

/** What a key of this node is for; one key never serves two roles. */
export type KeyRole = 'log' | 'witness' | 'mirror' | 'witness-pq' | 'mirror-pq'

const TYPES: Readonly<Record<KeyRole, KeyType>> = {
  log: 0x01,
  witness: 0x04,
  mirror: 0x04,
  'witness-pq': 0x06,
  'mirror-pq': 0x06,
}

const SEED_BYTES = 32
const LABEL_HEX = 12

/** A key that lies in the data folder. */
export interface HeldKey {
  readonly signer: Signer
  /** The key as text, for the journal's own thread. */
  readonly skey: string
  readonly vkey: string
  readonly file: string
  /** Whether it was made just now. */
  readonly fresh: boolean
}

/** Names a key from the first digits of the hash of its public half, so that two nodes never share a name by accident. */
export type NameKey = (label: string) => string

export interface KeyWish {
  readonly role: KeyRole
  readonly name: NameKey
  /** Name of its files without an ending, where that is not the role. */
  readonly file?: string
}

/**
 * The key of a role in `<dataDir>/keys`, made at the first start: `<role>.key` (0600) and beside it `<role>.vkey`, its public half.
 * A new key is on the disk before this resolves, and no key is ever replaced.
 *
 * @throws {StartRefused} when the file cannot be read, is no key or one of another role, or is gone while its public half is there
 */
export async function openKey(dataDir: string, { role, name, file: base = role }: KeyWish): Promise<HeldKey> {
  const dir = join(dataDir, 'keys')
  const file = join(dir, `${base}.key`)
  const publicFile = join(dir, `${base}.vkey`)
  const published = await readIfThere(publicFile)
  const kept = await readIfThere(file)
  if (kept === null && published !== null)
    throw new StartRefused(
      `the key ${file} is gone, and what was signed with it stands in ${dataDir}: put the key back from its safe copy, or have the log continued under a new number: start once with --continue-log and the number it has`,
    )
  let secret: SecretKey
  if (kept === null) {
    secret = makeKey(role, name)
    await makeFolderDurably(dir, 0o700)
    try {
      await writeDurably(file, `${formatSkey(secret)}\n`)
    } catch (cause) {
      // Another first start was quicker; which of the two goes on, the lock of the journal decides.
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return openKey(dataDir, { role, name, file: base })
      throw new StartRefused(`the key ${file} cannot be written: ${(cause as Error).message}`, {}, { cause })
    }
  } else secret = readKey(kept, role, file)
  const signer = createSigner(secret)
  const vkey = formatVkey(signer.key)
  if (published === null) await writeDurably(publicFile, `${vkey}\n`, { mode: 0o644, replace: true })
  else if (published.trim() !== vkey)
    throw new StartRefused(
      `${file} is not the key that ${publicFile} names, so it is not the one that signed here before: put the right one back`,
    )
  return { signer, skey: formatSkey(secret), vkey, file, fresh: kept === null }
}

/**
 * Puts the key of a witness or mirror aside, so that a new one is made, when its name is among `names`. Both its files stay, under the
 * name of the key: what it signed is verified with it for ever.
 *
 * @throws {StartRefused} when a file cannot be renamed
 */
export async function retireKey(
  dataDir: string,
  role: 'witness' | 'mirror',
  names: readonly string[],
): Promise<string | null> {
  const dir = join(dataDir, 'keys')
  const published = await readIfThere(join(dir, `${role}.vkey`))
  const kept = await readIfThere(join(dir, `${role}.key`))
  if (kept === null && published === null) return null
  // A crash between two renames leaves the private half alone: it says its name too.
  const name = kept === null ? published?.split('+')[0] : readKey(kept, role, join(dir, `${role}.key`)).name
  if (name === undefined || !names.includes(name)) return null
  const aside = `retired-${name.replaceAll('/', '-')}`
  try {
    for (const each of [`${role}-pq`, role])
      for (const ending of ['vkey', 'key'])
        await rename(join(dir, `${each}.${ending}`), join(dir, `${each}.${aside}.${ending}`)).catch(
          (error: unknown) => {
            if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
          },
        )
    syncFolder(dir)
  } catch (cause) {
    throw new StartRefused(`the key of the ${role} cannot be put aside: ${(cause as Error).message}`, {}, { cause })
  }
  return name
}

/** Takes back a key made just now that nothing was signed with yet. */
export async function forgetFreshKey(dataDir: string, key: HeldKey): Promise<void> {
  if (!key.fresh) return
  await rm(key.file, { force: true })
  await rm(join(dataDir, 'keys', 'log.vkey'), { force: true })
}

function makeKey(role: KeyRole, name: NameKey): SecretKey {
  const seed = randomBytes(SEED_BYTES)
  const type = TYPES[role]
  const { publicKey } = createSigner({ name: 'unnamed', type, seed }).key
  const label = createHash('sha256').update(publicKey).digest('hex').slice(0, LABEL_HEX)
  return { name: name(label), type, seed }
}

function readKey(text: string, role: KeyRole, file: string): SecretKey {
  let secret: SecretKey
  try {
    secret = parseSkey(text.endsWith('\n') ? text.slice(0, -1) : text)
  } catch (cause) {
    if (!isRecordError(cause)) throw cause
    throw new StartRefused(
      `the file ${file} holds no signing key (${cause.message}): put the right one back`,
      {},
      { cause },
    )
  }
  if (secret.type !== TYPES[role])
    throw new StartRefused(
      `the key in ${file} is of type ${secret.type}, and the ${role} signs with type ${TYPES[role]}: put the right one back`,
    )
  return secret
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new StartRefused(`the file ${file} cannot be read: ${(cause as Error).message}`, {}, { cause })
  }
}
