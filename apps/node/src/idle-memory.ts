import { getHeapSpaceStatistics, getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const LOOK_EVERY_MS = 5_000
/** Below this share of a core the process counts as quiet. */
const QUIET_SHARE = 0.1
/** A collection of a larger heap would keep others waiting for longer than a few tens of milliseconds. */
const LARGEST_HEAP_BYTES = 96 << 20
/** What has grown by less is left as it is. */
const WORTH_SHARE = 1.25
/** V8 shrinks the young generation at a collection that finds little going on, so one after a busy stretch may not do it. */
const YOUNG_BYTES = 8 << 20
const MAX_TRIES = 4

/** The heap of the main thread, and V8's own collection of it. */
export interface Heap {
  bytes(): { readonly total: number; readonly young: number }
  collect(): void
}

/**
 * Gives memory back while the node is quiet: what its start or a busy stretch left behind would stay until the next such stretch, for
 * V8 collects only when there is much to collect. Gives the way to stop it.
 */
export function giveBackWhenIdle(heap: Heap = ownHeap()): () => void {
  let usedUs = cpuUs()
  let atMs = performance.now()
  let leftBytes = 0
  let tries = 0
  const timer = setInterval(() => {
    const nowUs = cpuUs()
    const nowMs = performance.now()
    const share = (nowUs - usedUs) / ((nowMs - atMs) * 1000)
    usedUs = nowUs
    atMs = nowMs
    if (share > QUIET_SHARE) {
      leftBytes = 0
      tries = 0
      return
    }
    const { total, young } = heap.bytes()
    const worth = total > leftBytes * WORTH_SHARE || (young > YOUNG_BYTES && tries < MAX_TRIES)
    if (total > LARGEST_HEAP_BYTES || !worth) return
    heap.collect()
    tries += 1
    leftBytes = heap.bytes().total
  }, LOOK_EVERY_MS)
  timer.unref()
  return () => clearInterval(timer)
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

function ownHeap(): Heap {
  // A program can call the collection only where a flag lets it.
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  setFlagsFromString('--no-expose-gc')
  return {
    collect,
    bytes: () => ({
      total: getHeapStatistics().total_heap_size,
      young: getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.physical_space_size ?? 0,
    }),
  }
}
