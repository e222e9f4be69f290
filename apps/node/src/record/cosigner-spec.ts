import { formatVkey, isRecordError, parseVkey, type VerifierKey } from '@parley/record'
import { StartRefused } from '../errors.ts'

/** Someone who is asked to cosign the heads of this node's log. */
export interface CosignerSpec {
  /** A witness vouches that the head continues what it saw; a mirror also that it holds the entries. */
  readonly kind: 'witness' | 'mirror'
  readonly name: string
  /** Its keys, Ed25519 first if it has one. */
  readonly keys: readonly VerifierKey[]
  readonly vkey: string
  /** Submission prefix, without a slash at the end; a mirror is read below it too. */
  readonly url: string
}

/**
 * Reads `VKEY[,VKEY]=URL`. A URL whose last part is `mirror` is that of a mirror, any other that of a witness; `mirror:` or `witness:`
 * before the URL says it where the path does not.
 *
 * @throws {StartRefused} when it is not of that form, or a key is none that a cosigner may have
 */
export function parseCosigner(text: string): CosignerSpec {
  const refuse = (rule: string): StartRefused => new StartRefused(`--cosigner ${text.slice(0, 200)}: ${rule}`)
  const match = /^(.+?)=(?:(witness|mirror):)?(https?:\/\/.+)$/.exec(text)
  if (match === null) throw refuse('write VKEY=URL, the URL with http or https')
  const [, vkeys, said, address] = match as unknown as [string, string, CosignerSpec['kind'] | undefined, string]
  if (!URL.canParse(address)) throw refuse(`${address} is no URL`)
  const { origin, pathname, search, hash } = new URL(address)
  if (search !== '' || hash !== '') throw refuse('the URL is a prefix: it has no query and no fragment')
  const url = `${origin}${pathname}`.replace(/\/+$/, '')
  const keys = vkeys.split(',').map((vkey) => readKey(vkey, refuse))
  const { name } = keys[0] as VerifierKey
  for (const key of keys) {
    if (key.type === 0x01) throw refuse('this is the key of a log; a cosigner has one of type 4 or 6')
    if (key.name !== name) throw refuse(`${key.name} and ${name} are two cosigners: give each its own --cosigner`)
  }
  return {
    kind: said ?? (url.endsWith('/mirror') ? 'mirror' : 'witness'),
    name,
    keys,
    vkey: formatVkey(keys[0] as VerifierKey),
    url,
  }
}

/** @throws {StartRefused} also when two cosigners share a name or a key, so that one would count for two */
export function parseCosigners(texts: readonly string[]): readonly CosignerSpec[] {
  const specs = texts.map(parseCosigner)
  const seen = new Map<string, string>()
  for (const { name, keys } of specs) {
    for (const mark of [name, ...keys.map((key) => Buffer.from(key.publicKey).toString('hex'))]) {
      const other = seen.get(mark)
      if (other !== undefined)
        throw new StartRefused(
          `--cosigner ${name}: it shares its name or key with ${other}, and one would count for two`,
        )
      seen.set(mark, name)
    }
  }
  return specs
}

/** Reads the keys of logs given by `flag`. @throws {StartRefused} */
export function parseLogKeys(flag: string, texts: readonly string[]): readonly VerifierKey[] {
  const keys = texts.map((text) => readKey(text, (rule) => new StartRefused(`${flag} ${text.slice(0, 200)}: ${rule}`)))
  const names = new Set<string>()
  for (const key of keys) {
    if (key.type !== 0x01)
      throw new StartRefused(`${flag} ${key.name}: this is the key of a cosigner; a log has one of type 1`)
    if (names.has(key.name)) throw new StartRefused(`${flag} ${key.name}: a log has one key, and here are two`)
    names.add(key.name)
  }
  return keys
}

function readKey(text: string, refuse: (rule: string) => StartRefused): VerifierKey {
  try {
    return parseVkey(text)
  } catch (cause) {
    if (isRecordError(cause)) throw refuse(`the key is none that can be used: ${cause.message}`)
    throw cause
  }
}
