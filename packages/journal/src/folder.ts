import { closeSync, fsyncSync, openSync } from 'node:fs'

/** Makes new, renamed and removed names in `dir` durable. Windows has no such call and journals them itself. */
export function syncFolder(dir: string): void {
  if (process.platform === 'win32') return
  const fd = openSync(dir, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
