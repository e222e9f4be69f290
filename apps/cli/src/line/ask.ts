import { createInterface } from 'node:readline/promises'
import { CannotFollow } from '../keys/usage.ts'
import { Declined } from './usage.ts'

/** Asks on the terminal and goes on only after a `yes` in full. @throws {Declined} @throws {CannotFollow} without a terminal */
export async function confirm(question: string): Promise<void> {
  const { stdin, stderr } = process
  if (!stdin.isTTY) throw new CannotFollow('--yes', '', 'must be given where there is no terminal to ask on')
  const prompt = createInterface({ input: stdin, output: stderr })
  try {
    const answer = await prompt.question(`${question} Type yes: `)
    if (answer.trim().toLowerCase() !== 'yes') throw new Declined('not confirmed, nothing was sent')
  } finally {
    prompt.close()
  }
}

/** All of standard input, for what is pasted. @throws {CannotFollow} when it is no UTF-8 or too long */
export async function readPasted(field: string): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    length += chunk.byteLength
    if (length > 1 << 20) throw new CannotFollow(field, '-', 'must be at most 1 MiB')
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch (cause) {
    throw new CannotFollow(field, '-', 'must be UTF-8 text', { cause })
  }
}
