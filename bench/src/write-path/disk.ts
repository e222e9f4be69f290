import { closeSync, existsSync, fdatasyncSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { quantile } from '../statistics.ts'

const APPENDS = 2000
const APPEND_BYTES = 4096
const TMPFS_MAGIC = 0x01021994

/** Median milliseconds of an append of 4 kB and its fdatasync in a folder. */
export function fdatasyncMs(dir: string): number {
  const file = join(dir, 'fdatasync-probe')
  const handle = openSync(file, 'w')
  try {
    const bytes = Buffer.alloc(APPEND_BYTES, 1)
    const sample = new Float64Array(APPENDS)
    for (let index = 0; index < APPENDS; index++) {
      const began = performance.now()
      writeSync(handle, bytes)
      fdatasyncSync(handle)
      sample[index] = performance.now() - began
    }
    return quantile(sample, 0.5)
  } finally {
    closeSync(handle)
    rmSync(file)
  }
}

/** Whether a folder is held in memory, where making durable costs nothing and means nothing. */
export const isInMemory = (dir: string): boolean => statfsSync(dir).type === TMPFS_MAGIC

/** A folder held in memory, or null where there is none. */
export function memoryFolder(): string | null {
  const usual = '/dev/shm'
  return existsSync(usual) && isInMemory(usual) ? usual : null
}
