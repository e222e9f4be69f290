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
 * Nothing of the request is held while it waits: at any moment some dozens wait, and what they held would be copied by one collection
 * after another, and then be garbage among what lives long.
 *
 * @throws {ApiError} when the rules refuse it, once the refusal is durable
 */
export function carryOut(
  pool: Pool,
  exchange: Exchange,
  write: { readonly command: Command; readonly answer: AnswerFrom },
): Promise<Answer> {
  const { decision, durable } = pool.execute(write.command)
  switch (decision.kind) {
    case 'accepted':
      return answerOnce(durable, { body: write.answer(decision.entry) })
    case 'repeated':
      return answerAgain(pool, { seq: decision.seq, durable, answer: write.answer })
    case 'refused':
      return refuseOnce(durable, refusalError(decision, managerOf(exchange)))
    case 'nothing':
      throw new ApiError('INTERNAL')
  }
}

const answerOnce = (durable: Promise<unknown>, answer: Answer): Promise<Answer> => durable.then(() => answer)

async function answerAgain(
  pool: Pool,
  { seq, durable, answer }: { readonly seq: number; readonly durable: Promise<unknown>; readonly answer: AnswerFrom },
): Promise<Answer> {
  await durable
  // The answer may tell of other items too, as they are by now: they must be durable as well.
  const body = answer((await pool.entryAt(seq)) as Accepted)
  await pool.settled()
  return { body }
}

async function refuseOnce(durable: Promise<unknown>, error: Error): Promise<never> {
  await durable
  throw error
}
