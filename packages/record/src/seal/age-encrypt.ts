import { loadAge } from './age.ts'

/** Encrypts to every recipient, as one binary age v1 file. */
export type AgeEncrypt = (plaintext: Uint8Array, recipients: readonly string[]) => Promise<Uint8Array>

/**
 * The sealing step `seal` takes as an argument. It is the one function of this package that draws random bytes (file
 * key, ephemeral keys, nonce, from the platform's generator): age makes them itself, so that no caller can repeat one.
 * Two calls never give the same bytes, hence it is handed in and nothing here calls it by itself.
 */
export const ageEncrypt: AgeEncrypt = async (plaintext, recipients) => {
  const { Encrypter } = await loadAge()
  const encrypter = new Encrypter()
  for (const recipient of recipients) encrypter.addRecipient(recipient)
  return encrypter.encrypt(plaintext)
}
