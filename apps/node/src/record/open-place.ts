import { join } from 'node:path'
import { isJournalError } from '@parley/journal'
import { LOG_NUMBERS_AHEAD, parseLogName } from '@parley/record'
import type { Clock } from '@parley/units'
import { StartRefused } from '../errors.ts'
import { beginNextLog, type ContinueEnvironment } from './continue-log.ts'
import { eventLines } from './events.ts'
import { takeOver } from './hand-over.ts'
import { familyIn } from './handover-book.ts'
import { HttpClient } from './http-client.ts'
import type { HeldKey } from './key-files.ts'
import { type LogPlace, openNumberedKey, publicKeyIn, successorsIn } from './log-place.ts'
import { openLogKey, type RecordPlan } from './service.ts'

/** The log that this node writes: its first one, or what continues it. */
export interface OwnPlace {
  readonly dir: string
  readonly key: HeldKey
  /** The logs before and their handovers; null: this is the first. */
  readonly handover: LogPlace | null
}

/**
 * Finds the log to write, begins the next one where the operator says so, and has a log that continues another accepted by everyone who
 * cosigns it.
 *
 * @throws {StartRefused}
 */
export async function openPlace(
  dataDir: string,
  { options, cosigners }: RecordPlan,
  { clock, log }: { readonly clock: Clock; readonly log: (line: string) => void },
): Promise<OwnPlace> {
  const http = new HttpClient()
  const environment: ContinueEnvironment = {
    dataDir,
    clock,
    cosigners,
    http,
    acceptLoss: options.acceptLoss,
    tell: eventLines(log, clock),
    log,
  }
  try {
    if (options.continueLog !== null) await continueOnce(options.continueLog, environment)
    const handover = await takeOver(environment)
    const place =
      handover === null
        ? { dir: join(dataDir, 'journal'), key: await openLogKey(dataDir, options), handover }
        : { dir: handover.dir, key: handover.key, handover }
    if (options.nextLogKeys) await tellNextKeys(place.key.signer.key.name, environment)
    return place
  } catch (error) {
    if (isJournalError(error)) throw new StartRefused(error.message, { code: error.code }, { cause: error })
    throw error
  } finally {
    http.close()
  }
}

/** Said twice, as by a service manager that starts the node again, it is done once. */
async function continueOnce(number: number, environment: ContinueEnvironment): Promise<void> {
  const { dataDir, log } = environment
  const firstKey = await publicKeyIn(dataDir, 'log')
  const newest = (await successorsIn(dataDir)).at(-1)
  const current =
    newest ?? (firstKey === null || familyIn(firstKey.name) === null ? number : parseLogName(firstKey.name).number)
  if (number > current)
    throw new StartRefused(
      `--continue-log ${number}: the log of ${dataDir} is number ${current}, and only that one can be continued`,
    )
  if (number < current)
    log(`log ${number} was continued before, and ${current} is written: --continue-log changes nothing`)
  else await beginNextLog(number, environment)
}

async function tellNextKeys(origin: string, { dataDir, log }: ContinueEnvironment): Promise<void> {
  const family = familyIn(origin)
  if (family === null) throw new StartRefused(`--next-log-keys: the log ${origin} has no number to go on from`)
  const { number } = parseLogName(origin)
  const vkeys: string[] = []
  for (let next = number + 1; next <= number + LOG_NUMBERS_AHEAD; next += 1)
    vkeys.push((await openNumberedKey(dataDir, { family, number: next })).vkey)
  log(
    `keys of the next logs, for who cosigns this one (--witness-for, --mirror-for) to know before they are needed:\n${vkeys.map((vkey) => `  ${vkey}`).join('\n')}`,
  )
}
