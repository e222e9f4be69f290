import { encodeUtf8 } from '@parley/record'
import type { CliContext } from '../context.ts'
import { refuseExisting, writeNewFiles } from '../keys/files.ts'
import { CannotFollow } from '../keys/usage.ts'
import { openTable, type TableFlags } from './node.ts'
import { when } from './show.ts'
import { tell } from './usage.ts'

export interface ProtestFlags extends TableFlags {
  readonly out?: string
}

/** `parley line protest [PARTY] [--out FILE]`: what is due, or the protest as a file of evidence. */
export function runProtest(given: string | undefined, flags: ProtestFlags, { process }: CliContext): Promise<void> {
  return tell({ process, json: flags.json, command: 'line protest' }, async () => {
    const { out } = flags
    if (out !== undefined) refuseExisting('--out', out)
    const { client, table } = await openTable(flags)
    if (given === undefined || out === undefined) {
      const { party, protests = [] } = await client.state(table)
      const due = protests.filter(
        ({ accused, origin }) => origin.includes(`/${party}/`) && (given ?? accused) === accused,
      )
      if (out === undefined) {
        const lines = due.map(
          ({ accused, size, availableS }) =>
            `${accused} has not receipted our log up to ${size}, there since ${when(availableS)}: parley line protest ${accused} --out FILE`,
        )
        return { facts: { due }, lines: lines.length === 0 ? ['no protest is due'] : lines }
      }
      const [only] = due
      if (only === undefined || due.length > 1) {
        const who = due.map(({ accused }) => accused).join(', ')
        throw new CannotFollow('PARTY', '', who === '' ? 'must be named: no protest is due' : `must be one of ${who}`)
      }
      given = only.accused
    }
    const { evidence, ...facts } = await client.protest(table, given)
    writeNewFiles([{ field: '--out', path: out, content: encodeUtf8(evidence) }])
    const keys = [`--key '${facts.logKey}'`, ...facts.witnesses.map((vkey) => `--cosigner '${vkey}'`)].join(' ')
    return {
      facts: { ...facts, written: out },
      lines: [
        `written ${out}: ${facts.accused} has given no receipt for ${facts.origin} up to ${facts.size}, there since ${when(facts.availableS)}`,
        `anyone verifies it by parley verify ${out} ${keys}`,
      ],
    }
  })
}
