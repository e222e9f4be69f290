import type { Charter } from './charter/charter.ts'
import { declarationsOf } from './declared.ts'
import { bodyOf, foldParty, type LineAct, type LineProjection, type PartyFold } from './line-projection.ts'
import { ACK_ANSWER } from './messages/acks.ts'
import { MESSAGE } from './messages/message.ts'

/** Whose turn it is to send the test message of an hour: even hours one side, odd hours the other (record.md 3.10). */
export interface TestTurn {
  readonly party: string
  /** The turn, unix seconds: from its beginning up to, not including, its end. */
  readonly fromS: number
  readonly untilS: number
  /** By when the test must be sent. */
  readonly dueS: number
}

/** The turn that holds `nowS`. Turns are counted from 1970-01-01T00:00Z, so that even UTC hours are the first party's. */
export function testTurn({ tests }: Pick<Charter, 'tests'>, nowS: number): TestTurn {
  const { everyS, answerS, order } = tests
  const turn = Math.floor(nowS / everyS)
  const fromS = turn * everyS
  return { party: order[turn % order.length] as string, fromS, untilS: fromS + everyS, dueS: fromS + answerS }
}

/** One turn and what became of it. */
export interface TestCall extends TestTurn {
  /**
   * `due`: to be sent, in time still. `missed`: not sent when it was due. `sent`: waits for its answer, in time still.
   * `unanswered`: the answer is overdue. `answered`: done, though perhaps late.
   */
  readonly state: 'due' | 'missed' | 'sent' | 'unanswered' | 'answered'
  /** Number of the test message, null while none was sent. */
  readonly number: string | null
  readonly sentS: number | null
  readonly answerDueS: number | null
  readonly answeredS: number | null
  /** Party that answered, or owes the answer; null while none was sent. */
  readonly answerBy: string | null
  /** Sent after it was due, or answered after it was due. */
  readonly late: boolean
}

interface Tests {
  /** Effective TEST messages in the order of the log. */
  readonly sent: { readonly act: LineAct; readonly number: string; readonly to: string }[]
  /** The first answer to each number. */
  readonly answers: Map<string, LineAct>
}

const TESTS: PartyFold<Tests> = {
  start: () => ({ sent: [], answers: new Map() }),
  step: (state, act) => {
    if (!act.effective) return
    const message = bodyOf(act, MESSAGE)
    if (message?.subject === 'TEST') state.sent.push({ act, number: message.number, to: message.to.party })
    const answer = bodyOf(act, ACK_ANSWER)
    if (answer !== null && !state.answers.has(answer.number)) state.answers.set(answer.number, act)
  },
}

/**
 * The turns between two times up to `nowS`, oldest first, with the tests both logs hold: what is due, what is overdue. Turns
 * before all acting members had opened the line are left out. A test is dated by the time its act takes effect.
 */
export function testCalls(
  line: LineProjection,
  { fromS, nowS }: { readonly fromS: number; readonly nowS: number },
): readonly TestCall[] {
  const { charter } = line
  const opened = charter.tests.order.map((party) => declarationsOf(line, party).opened?.atS ?? Number.POSITIVE_INFINITY)
  const begunS = Math.max(fromS, ...opened)
  const calls: TestCall[] = []
  if (begunS > nowS) return calls
  // The turn in which the line opened has begun before there was a line: the next one is the first.
  let turnS = Math.ceil(begunS / charter.tests.everyS) * charter.tests.everyS
  for (; turnS <= nowS; turnS += charter.tests.everyS) calls.push(callOf(line, testTurn(charter, turnS), nowS))
  return calls
}

function callOf(line: LineProjection, turn: TestTurn, nowS: number): TestCall {
  const { answerS } = line.charter.tests
  const { sent } = foldParty(line, TESTS, turn.party)
  const test = sent.find(({ act }) => act.atS >= turn.fromS && act.atS < turn.untilS)
  if (test === undefined) {
    const nothing = { number: null, sentS: null, answerDueS: null, answeredS: null, answerBy: null }
    return { ...turn, ...nothing, state: nowS > turn.dueS ? 'missed' : 'due', late: false }
  }
  const { act, number, to } = test
  const answer = foldParty(line, TESTS, to).answers.get(number)
  // It runs from the moment the other side's machine had it, so that an outage is not counted as a person's silence.
  const answerDueS = (act.receiptS ?? act.atS) + answerS
  const late = act.atS > turn.dueS || (answer !== undefined && answer.atS > answerDueS)
  const state = answer !== undefined ? 'answered' : nowS > answerDueS ? 'unanswered' : 'sent'
  return { ...turn, state, number, sentS: act.atS, answerDueS, answeredS: answer?.atS ?? null, answerBy: to, late }
}
