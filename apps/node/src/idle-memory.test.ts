import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { giveBackWhenIdle } from './idle-memory.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** Processor time that each of the following stretches of five seconds takes, in seconds. */
function taking(...stretchesS: number[]): void {
  let totalUs = 0
  const us = [0, ...stretchesS.map((stretchS) => (totalUs += stretchS * 1e6))]
  vi.spyOn(process, 'cpuUsage').mockImplementation(() => ({ user: us.shift() ?? totalUs, system: 0 }))
}

const MIB = 2 ** 20

test('memory is given back once the node is quiet, not while it works, and not again for nothing', () => {
  taking(4, 2, 0.1, 0.1, 0.1)
  const collect = vi.fn()
  const stop = giveBackWhenIdle({ collect, bytes: () => ({ total: 40 * MIB, young: MIB }) })
  vi.advanceTimersByTime(10_000)
  expect(collect).not.toHaveBeenCalled()
  vi.advanceTimersByTime(5_000)
  expect(collect).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(10_000)
  expect(collect).toHaveBeenCalledTimes(1)
  stop()
})

test('a young generation that has not shrunk is looked at some times more; a large heap is left to V8', () => {
  taking(0)
  const collect = vi.fn()
  let total = 60 * MIB
  const stop = giveBackWhenIdle({ collect, bytes: () => ({ total, young: 30 * MIB }) })
  vi.advanceTimersByTime(60_000)
  expect(collect).toHaveBeenCalledTimes(4)
  total = 500 * MIB
  vi.advanceTimersByTime(60_000)
  expect(collect).toHaveBeenCalledTimes(4)
  stop()
})

test('the heap is the own one unless told another', () => {
  taking(0)
  const stop = giveBackWhenIdle()
  expect(() => vi.advanceTimersByTime(5_000)).not.toThrow()
  stop()
})
