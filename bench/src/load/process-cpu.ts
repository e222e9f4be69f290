import { readdirSync, readFileSync } from 'node:fs'

/** Processor time of one of a process's threads. */
export interface ThreadCpu {
  readonly name: string
  readonly us: number
}

const NS_PER_US = 1000

/**
 * Processor time a process's threads have used so far, by thread id; null where the system does not tell (only Linux does). Unlike a
 * rate it hardly depends on what else the machine does.
 */
export function threadCpu(pid: number): ReadonlyMap<string, ThreadCpu> | null {
  try {
    return new Map(
      readdirSync(`/proc/${pid}/task`).map((thread) => {
        const [runNs = '0'] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')
        const name = readFileSync(`/proc/${pid}/task/${thread}/comm`, 'latin1').trim()
        return [thread, { name, us: Number(runNs) / NS_PER_US }]
      }),
    )
  } catch {
    return null
  }
}

export interface CpuShare {
  /** All threads. */
  readonly totalUs: number
  /** The thread that runs the event loop. */
  readonly mainUs: number
}

/** Measures a process between two calls; the functions give null where `threadCpu` does. */
export function cpuMeter(pid: number): { readonly start: () => void; readonly read: () => CpuShare | null } {
  let before = threadCpu(pid)
  return {
    start: () => {
      before = threadCpu(pid)
    },
    read: () => {
      const after = threadCpu(pid)
      if (before === null || after === null) return null
      let totalUs = 0
      for (const [thread, { us }] of after) totalUs += us - (before.get(thread)?.us ?? 0)
      const main = String(pid)
      return { totalUs, mainUs: (after.get(main)?.us ?? 0) - (before.get(main)?.us ?? 0) }
    },
  }
}
