import { decodeUtf8, encodeUtf8 } from '../bytes.ts'
import { RecordError } from '../errors.ts'
import { loadAge } from './age.ts'

/** How every file that `protectSecret` writes begins: the armour of age. */
export const PROTECTED_HEADER = '-----BEGIN AGE ENCRYPTED FILE-----'

/** scrypt with N = 2^18, age's own default: about a second. */
const WORK_FACTOR = 18

/**
 * A secret text as an armored age file under a passphrase, which `age -d` opens too. Draws its randomness itself, like
 * `ageEncrypt`. This is for key files at rest; a seal is never made with a passphrase.
 */
export async function protectSecret(
  secret: string,
  passphrase: string,
  { workFactor = WORK_FACTOR } = {},
): Promise<string> {
  if (passphrase === '') {
    throw new RecordError('INVALID_LENGTH', { field: 'passphrase', value: 0, rule: 'must not be empty' })
  }
  const { armor, Encrypter } = await loadAge()
  const encrypter = new Encrypter()
  encrypter.setPassphrase(passphrase)
  encrypter.setScryptWorkFactor(workFactor)
  return armor.encode(await encrypter.encrypt(encodeUtf8(secret)))
}

/** Opens what `protectSecret` or `age -p -a` wrote; work factors up to 2^20. Rejects with SEAL_FORM for a wrong passphrase or another file. */
export async function revealSecret(text: string, passphrase: string): Promise<string> {
  const { armor, Decrypter } = await loadAge()
  const decrypter = new Decrypter()
  decrypter.addPassphrase(passphrase)
  try {
    return decodeUtf8(await decrypter.decrypt(armor.decode(text)))
  } catch (error) {
    throw new RecordError(
      'SEAL_FORM',
      { field: 'passphrase', value: null, rule: 'must be the one the file was protected with' },
      { cause: error },
    )
  }
}
