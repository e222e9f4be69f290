import type { Clock, Message } from './types.ts'

/** Clocks that run, the overdue ones first, then those of our side, then the one due next. */
export function clocksInOrder(clocks: readonly Clock[], self: string | null, nowS: number): readonly Clock[] {
  const rank = ({ dueS, to }: Clock): number => (dueS < nowS ? 0 : to.split('.')[0] === self ? 1 : 2)
  return clocks
    .filter(({ stoppedS }) => stoppedS === null)
    .toSorted((a, b) => rank(a) - rank(b) || a.dueS - b.dueS || (a.number < b.number ? -1 : 1))
}

/** Newest first, but what waits for somebody here before all else, the clock due first in front. */
export function inboxOrder(messages: readonly Message[]): readonly Message[] {
  const waits = ({ direction, clock, state }: Message): boolean =>
    direction === 'in' && state !== 'closed' && clock !== null && clock.stoppedS === null
  return messages.toSorted((a, b) => {
    const [x, y] = [waits(a), waits(b)]
    if (x !== y) return x ? -1 : 1
    if (x) return (a.clock?.dueS ?? 0) - (b.clock?.dueS ?? 0)
    return b.atS - a.atS || b.index - a.index
  })
}

/** What is expected of this side about a message, if anything. */
export function expected(message: Message): 'take' | 'read-back' | 'answer' | 'nothing' {
  if (message.direction !== 'in' || message.done) return 'nothing'
  const has = (step: Message['state']): boolean => message.ladder.some((one) => one.step === step)
  if (!has('taken')) return 'take'
  if (message.precedence !== 'ROUTINE' && !has('read-back')) return 'read-back'
  return 'answer'
}
