import { readText } from './files.ts'
import { CannotFollow } from './usage.ts'

/** Where the passphrase of a protected file comes from: the first line of a file, or the terminal. */
export interface PassphraseFlags {
  readonly passphraseFile?: string
}

/** As for a file that is there, and whether a new one gets any. */
export interface NewPassphraseFlags extends PassphraseFlags {
  readonly passphrase: boolean
}

const MIN_LENGTH = 12

/** A new passphrase, asked for twice on a terminal; null when none is wanted. @throws {CannotFollow} */
export async function newPassphrase(flags: NewPassphraseFlags): Promise<string | null> {
  if (flags.passphraseFile === undefined && !flags.passphrase) return null
  const given = await givenPassphrase(flags, 'Passphrase for the new key: ')
  if (given.length < MIN_LENGTH) {
    throw new CannotFollow(
      'passphrase',
      '',
      `must have at least ${MIN_LENGTH} characters: whoever copies the file may try for years`,
    )
  }
  if (flags.passphraseFile === undefined && (await ask('Once more: ')) !== given) {
    throw new CannotFollow('passphrase', '', 'must be the same both times')
  }
  return given
}

/** The passphrase of a file that has one. @throws {CannotFollow} */
export async function givenPassphrase({ passphraseFile }: PassphraseFlags, prompt: string): Promise<string> {
  if (passphraseFile === undefined) return ask(prompt)
  const [line = ''] = readText('--passphrase-file', passphraseFile).split('\n', 1)
  const passphrase = line.replace(/\r$/, '')
  if (passphrase === '')
    throw new CannotFollow('--passphrase-file', passphraseFile, 'must have the passphrase on its first line')
  return passphrase
}

const ENTER = /[\r\n]/
const INTERRUPT = '\u0003'
const END = '\u0004'
const BACKSPACE = /[\b\u007f]/

/** Reads a line from the terminal without showing it. @throws {CannotFollow} without a terminal, or when interrupted */
function ask(prompt: string): Promise<string> {
  const { stdin, stderr } = process
  if (!stdin.isTTY) {
    const rule = 'must come from --passphrase-file where there is no terminal to ask on'
    return Promise.reject(new CannotFollow('passphrase', '', rule))
  }
  return new Promise((resolve, reject) => {
    let typed = ''
    stderr.write(prompt)
    stdin.setRawMode(true)
    stdin.setEncoding('utf8')
    const finish = (): void => {
      stdin.setRawMode(false)
      stdin.pause()
      stdin.off('data', read)
      stderr.write('\n')
    }
    const read = (chunk: string): void => {
      for (const letter of chunk) {
        if (letter === INTERRUPT || letter === END) {
          finish()
          reject(new CannotFollow('passphrase', '', 'was not given'))
          return
        }
        if (ENTER.test(letter)) {
          finish()
          resolve(typed)
          return
        }
        typed = BACKSPACE.test(letter) ? typed.slice(0, -1) : typed + letter
      }
    }
    stdin.on('data', read)
    stdin.resume()
  })
}
