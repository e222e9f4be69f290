import { createSigner, isRecordError, parseSkey, parseVkey, type Signer, type VerifierKey } from '@parley/record'
import { JournalRefusal } from '../errors.ts'
import type { LogSettings } from '../log.ts'

/** Settings of a log, read and found possible. `signer` is null for a mirror. */
export interface LogKeys {
  readonly origin: string
  readonly key: VerifierKey
  readonly signer: Signer | null
  readonly hold: boolean
}

/**
 * The keys of a log from its settings.
 *
 * @throws {JournalRefusal} `INVALID_LOG` when a key cannot be read, is not of type 0x01 or not named as the origin
 */
export function readLogKeys({ origin, author }: LogSettings): LogKeys {
  const field = author.kind === 'signer' ? 'log.author.skey' : 'log.author.logKey'
  let signer: Signer | null = null
  let key: VerifierKey
  try {
    if (author.kind === 'signer') signer = createSigner(parseSkey(author.skey))
    key = author.kind === 'signer' ? (signer as Signer).key : parseVkey(author.logKey)
  } catch (error) {
    if (!isRecordError(error)) throw error
    // The value stays out of the message: it may be the secret key.
    throw invalid(field, '', error.message)
  }
  if (key.type !== 0x01) throw invalid(field, String(key.type), 'must be an Ed25519 key of type 0x01')
  if (key.name !== origin) throw invalid(field, key.name, `must be named as the origin, ${origin}`)
  return { origin, key, signer, hold: author.kind === 'signer' && author.hold === true }
}

function invalid(field: string, value: string, rule: string): JournalRefusal<'INVALID_LOG'> {
  return new JournalRefusal('INVALID_LOG', `${field} ${rule}.`, { field, value, rule })
}
