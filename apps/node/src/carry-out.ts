import type { AcceptedOutcome, Command, Entry } from '@parley/airspace'
import { ApiError } from '@parley/contracts'
import { type Answer, type Exchange, managerOf } from './exchange.ts'
import type { Pool } from './pool.ts'
import { refusalError } from './refusals.ts'

/** An entry that changed something. */
export type Accepted = Entry & { readonly outcome: AcceptedOutcome }

/** What a write is answered with, made from the entry it wrote. */
export type AnswerFrom = (entry: Accepted) => unknown

/**
 * Executes a command, waits until it is durable, and answers from the entry: the fresh one, or the one this very request wrote before.
 *
 * @throws {ApiError} when the rules refuse it, once the refusal is durable
 */
export async function carryOut(
  pool: Pool,
  exchange: Exchange,
  write: { readonly command: Command; readonly answer: AnswerFrom },
): Promise<Answer> {
  const { decision, durable } = pool.execute(write.command)
  switch (decision.kind) {
    case 'accepted': {
      const body = write.answer(decision.entry)
      await durable
      return { body }
    }
    case 'repeated': {
      await durable
      // The answer may tell of other items too, as they are by now: they must be durable as well.
      const body = write.answer((await pool.entryAt(decision.seq)) as Accepted)
      await pool.settled()
      return { body }
    }
    case 'refused': {
      const error = refusalError(decision, managerOf(exchange))
      await durable
      throw error
    }
    case 'nothing':
      throw new ApiError('INTERNAL')
  }
}
