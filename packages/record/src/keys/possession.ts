import { sha256 } from '#primitives'
import { encodeHex, encodeUtf8 } from '../bytes.ts'
import { formatCheckpoint } from '../checkpoint.ts'
import { cosignCheckpoint, verifyCosignature } from '../cosignature.ts'
import { EMPTY_ROOT } from '../merkle.ts'
import { verifySignatureLine } from '../note.ts'
import type { SignatureLine } from '../signature-line.ts'
import type { Signer } from '../signer.ts'
import type { VerifierKey } from '../vkey.ts'

/**
 * Witness and mirror keys sign heads and nothing else, yet an enrolment and a rotation want a signature of every key in
 * them. Such a key cosigns the head of an empty log named after the text; no log can have that name and be anything else,
 * because it is the text's hash, and a head of size 0 vouches for no entry.
 */
function possessionHead(text: string): string {
  return formatCheckpoint({
    origin: `parley.possession/${encodeHex(sha256(encodeUtf8(text)))}`,
    size: 0,
    root: EMPTY_ROOT,
  })
}

/**
 * The signature line of any of our keys under a text: over the text for a key of type 0x01; for 0x04 and 0x06 a
 * cosignature of the possession head at `timestampS`. Throws INVALID_TIMESTAMP.
 */
export function signText(text: string, signer: Signer, timestampS: number): SignatureLine {
  const { key } = signer
  if (key.type !== 0x01) return cosignCheckpoint(possessionHead(text), signer, timestampS)
  return { name: key.name, keyId: key.keyId, signature: signer.sign(encodeUtf8(text)) }
}

/** Whether the line is the key's under this text, as `signText` makes it. False for a line of another name or key id. */
export function verifyText(key: VerifierKey, text: string, line: SignatureLine): boolean {
  if (key.type === 0x01) return verifySignatureLine(key, text, line)
  return verifyCosignature(key, possessionHead(text), line)
}
