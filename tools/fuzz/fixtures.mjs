// Good objects to damage. All keys come from fixed seeds; nothing here is secret or used anywhere else.
import { createHash } from 'node:crypto'
import { createSigner, encodeBase64, formatVkey } from '@parley/record'

const seedOf = (name) => new Uint8Array(createHash('sha256').update(`parley fuzz ${name}`).digest())
const signerOf = (name, type) => createSigner({ name, type, seed: seedOf(name) })

export const LOG = signerOf('fuzz.parley/a/1', 0x01)
export const OFFICERS = ['a/duty-1', 'a/duty-2', 'b/duty-1'].map((name) => signerOf(name, 0x01))
export const COSIGNERS = ['witness.example/w1', 'mirror.example/m1'].map((name) => signerOf(name, 0x04))
export const QUANTUM_SAFE = signerOf('witness.example/q1', 0x06)
export const SIGNERS = [LOG, ...OFFICERS]

export const utf8 = (text) => new TextEncoder().encode(text)
const fatal = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
/** The text of bytes that must be UTF-8; throws TypeError else. */
export const textOf = (bytes) => fatal.decode(bytes)

export const sha256 = (...parts) => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}
export const nodeOf = (left, right) => sha256(Uint8Array.of(1), left, right)

export const vkeyOf = (signer) => formatVkey(signer.key)
export const hexId = (keyId) => keyId.toString(16).padStart(8, '0')

/** Key id and blob as a signature line carries them; also for a name the codec would not sign under. */
export function lineOf(name, keyId, signature) {
  const blob = Buffer.alloc(4 + signature.length)
  blob.writeUInt32BE(keyId, 0)
  blob.set(signature, 4)
  return `\u2014 ${name} ${encodeBase64(blob)}\n`
}

export const signatureOver = (signer, text) => lineOf(signer.key.name, signer.key.keyId, signer.sign(text))

export function uint64(value) {
  const out = Buffer.alloc(8)
  out.writeBigUInt64BE(BigInt(value))
  return out
}

/** The line of an Ed25519 cosigner, at a time as a BigInt so that the impossible ones can be written too. */
export function cosignatureOver(signer, text, time) {
  const message = Buffer.concat([utf8(`cosignature/v1\ntime ${time}\n`), text])
  return lineOf(signer.key.name, signer.key.keyId, Buffer.concat([uint64(time), signer.sign(message)]))
}

/** Joins a text, as bytes, and lines, as text. */
export const noteOf = (text, lines) => new Uint8Array(Buffer.concat([text, utf8(`\n${lines.join('')}`)]))

const FREE = [
  'Rheintal',
  'Übergabe an Lage 2',
  'Вылет',
  'مهمة',
  '消防',
  '🚁',
  'Pöschl',
  'e\u0301',
  'A',
  'line two',
  '{}',
  '0',
]

/** Text of a few lines, ending in a newline. */
export function freeText(random) {
  const lines = Array.from({ length: 1 + random.below(4) }, () => (random.chance(0.1) ? '' : random.pick(FREE)))
  return `${lines.join('\n')}\n`
}

export const checkpointText = (origin, size, root) => `${origin}\n${size}\n${encodeBase64(root)}\n`

export function anyCheckpoint(random) {
  const size = random.pick([0, 1, 255, 256, 257, 70_000, 2 ** 31, 2 ** 32 + 5, random.below(1_000_000)])
  const root = size === 0 ? sha256() : random.bytes(32)
  return { origin: LOG.key.name, size, root, text: checkpointText(LOG.key.name, size, root) }
}
