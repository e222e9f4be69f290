import { LINE_EVENT_KINDS, type LineEvent } from '@parley/client'
import type { CliContext } from '../context.ts'
import { openTable, type TableFlags } from './node.ts'
import { safe, when } from './show.ts'
import { LINE_EXIT, tellError } from './usage.ts'

export type TailKind = (typeof LINE_EVENT_KINDS)[number]

export interface TailFlags extends TableFlags {
  readonly kind?: readonly TailKind[]
  readonly count?: number
}

/** `parley line tail`: what happens on a line as it happens, one line each, until it is stopped. */
export async function runTail(flags: TailFlags, { process: own }: CliContext): Promise<void> {
  const stop = new AbortController()
  const interrupt = (): void => stop.abort()
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', interrupt)
  try {
    const { client, table } = await openTable(flags)
    own.exitCode = LINE_EXIT.done
    let told = 0
    const kinds = flags.kind ?? LINE_EVENT_KINDS
    const events = client.events(table, {
      signal: stop.signal,
      kinds,
      onState: (state) => {
        if (state.kind === 'waiting')
          own.stderr.write(
            `parley line tail: the node is gone, asking again in ${Math.ceil(state.retryInMs / 1000)} s\n`,
          )
      },
    })
    for await (const event of events) {
      own.stdout.write(flags.json ? `${JSON.stringify(event)}\n` : `${eventLine(event)}\n`)
      told += 1
      if (told === flags.count) break
    }
  } catch (error) {
    tellError(error, { process: own, json: flags.json, command: 'line tail' })
  } finally {
    stop.abort()
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
}

/** An event for a reader. */
export function eventLine(event: LineEvent): string {
  switch (event.kind) {
    case 'state': {
      const { nowS, table, worst, parties } = event.data
      const sides = parties.map(({ party, declared, measured }) => {
        const found = measured === null ? '' : `, measured to ${measured.to.kind} from ${measured.from.kind}`
        return `${party} declares ${declared.kind}${found}`
      })
      return `${when(nowS)}  state    ${table} worst ${worst ?? 'unknown'}; ${sides.join('; ')}`
    }
    case 'message': {
      const { atS, number, precedence, subject, from, to, state, ladder } = event.data
      const last = ladder.at(-1)?.atS ?? atS
      return `${when(last)}  message  ${number} ${precedence} ${subject} ${safe(from)} to ${safe(to)}: ${state}`
    }
    case 'flight': {
      const { intents } = event.data as { readonly intents?: readonly { readonly state: string }[] }
      const counts = new Map<string, number>()
      for (const { state } of intents ?? []) counts.set(state, (counts.get(state) ?? 0) + 1)
      const text = [...counts].map(([state, count]) => `${count} ${state}`).join(', ')
      return `${when(Date.now() / 1000)}  flight   ${text === '' ? 'no plans' : text}`
    }
    case 'act': {
      const { learntS, party, kind, index, verdict, effective, reasons } = event.data
      const why = reasons.map(({ field, rule }) => `${field} ${rule}`).join('; ')
      const judged = effective ? '' : `, ${verdict}, without effect${why === '' ? '' : `: ${safe(why)}`}`
      return `${when(learntS)}  act      ${party} ${index} ${safe(kind ?? 'unreadable')}${judged}`
    }
  }
}
