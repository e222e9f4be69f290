import { join } from 'node:path'
import { createLineClient } from '@parley/client'
import { type LineScenario, playLine, type Seat, seatTable, tellAddresses } from '@parley/testkit'
import type { Clock } from '@parley/units'
import { type MemberProcess, startMember } from './member-process.ts'
import { simulatedSideIn } from './officers-file.ts'

export interface LineDemoOptions {
  readonly scenario: LineScenario
  /** This node: the first side of the scenario. */
  readonly url: string
  readonly dataDir: string
  readonly clock: Clock
  readonly log: (line: string) => void
}

/** Three simulated sides, each with its own node, keys and store; this process is the first of them. */
export interface LineDemo {
  /** Stops the play and the other nodes. */
  stop(): Promise<void>
}

/** Side that this node is in the scenario. */
export const ownParty = ({ parties }: LineScenario): string => {
  const [own] = parties
  if (own === undefined) throw new Error('a scenario of a line has sides')
  return own.party
}

/** Starts the nodes of the other sides, seats all at a table, and plays the scenario unless it was played before. */
export function startLineDemo(options: LineDemoOptions): LineDemo {
  const { scenario, url, dataDir, clock, log } = options
  const { table } = scenario
  const end = new AbortController()
  const members: MemberProcess[] = []
  const nowS = (): number => Math.floor(clock.nowMs() / 1000)
  const ownPort = Number(new URL(url).port)

  const run = async (): Promise<void> => {
    const seats = await Promise.all(
      scenario.parties.map(async ({ party, role, title }, at): Promise<Seat> => {
        const home = at === 0 ? dataDir : join(dataDir, 'parties', party)
        let address = url
        if (at > 0) {
          const member = await startMember({ party, dataDir: home, port: ownPort + at, log })
          members.push(member)
          address = member.url
        }
        // After the start: a node takes a folder as its own only while nothing else lies in it.
        const side = await simulatedSideIn(home, { table, party })
        log(`SIMULATED: ${title['en'] ?? party} is at ${address}`)
        return { side, client: createLineClient({ baseUrl: address }), role, title }
      }),
    )
    if (end.signal.aborted) return
    await seatTable({ table, seats, nowS, log: (line) => log(`SIMULATED: ${line}`) })
    await tellAddresses(table, seats)
    const before = await seats[0]?.client.messages(table)
    if (before !== undefined && before.total > 0) {
      log(`SIMULATED: the line ${table} is open; what was said on it before is there`)
      return
    }
    const { met, unmet, stopped } = await playLine({ scenario, players: seats, signal: end.signal, nowS, log })
    if (!stopped) log(`SIMULATED: the line has been played: ${met} beats as told, ${unmet} not`)
  }
  const running = run().catch((error: unknown) => {
    if (!end.signal.aborted)
      log(`SIMULATED: the line cannot be played: ${error instanceof Error ? error.message : String(error)}`)
  })
  return {
    async stop() {
      end.abort()
      await running
      await Promise.all(members.map((member) => member.stop()))
    },
  }
}
