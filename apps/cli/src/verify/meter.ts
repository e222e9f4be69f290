import type { ProgressSink } from '../report/progress.ts'

/** Shows how far a long check is, how fast, and how long it will take. */
export interface Meter {
  show(done: number, total: number): void
  /** Takes the bar away; where there was none, says in one line how it went. */
  end(done: number): void
}

const WIDTH = 24
const REPAINT_MS = 120
const PATIENCE_MS = 300

/** A bar on a terminal; one line at the end anywhere else. */
export function meter(sink: ProgressSink, { what, now }: { what: string; now: () => number }): Meter {
  const startedMs = now()
  let paintedMs = -Infinity
  const rate = (done: number): number => done / Math.max(0.001, (now() - startedMs) / 1000)
  return {
    show(done, total) {
      const nowMs = now()
      if (sink.isTTY !== true || nowMs - startedMs < PATIENCE_MS || nowMs - paintedMs < REPAINT_MS) return
      paintedMs = nowMs
      const share = total === 0 ? 1 : done / total
      const filled = Math.round(share * WIDTH)
      const bar = `${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}`
      const perS = rate(done)
      const left = spanText((total - done) / Math.max(1, perS))
      sink.write(`\r\u001b[2K${what} [${bar}] ${Math.floor(share * 100)}%  ${count(perS)}/s  ${left} left`)
    },
    end(done) {
      if (sink.isTTY === true) {
        if (paintedMs !== -Infinity) sink.write('\r\u001b[2K')
        return
      }
      const seconds = (now() - startedMs) / 1000
      sink.write(`${what}: ${count(done)} entries in ${seconds.toFixed(1)} s (${count(rate(done))}/s)\n`)
    },
  }
}

/** `1,234,567`. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

function spanText(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`
}
