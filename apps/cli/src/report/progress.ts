/** Where progress is painted: a terminal's stderr. */
export interface ProgressSink {
  readonly isTTY?: boolean
  write(text: string): unknown
}

export interface Progress {
  /** Says what is being done and how much of it, 0…1. */
  show(label: string, share: number): void
  /** Takes the bar away. */
  clear(): void
}

const WIDTH = 28
/** Work shorter than this shows no bar at all. */
const PATIENCE_MS = 400
const REPAINT_MS = 80

/** A bar on a terminal, nothing anywhere else. */
export function progressBar(sink: ProgressSink, now: () => number): Progress {
  if (sink.isTTY !== true) return { show: () => {}, clear: () => {} }
  const startedMs = now()
  let paintedMs = -Infinity
  return {
    show(label, share) {
      const nowMs = now()
      if (nowMs - startedMs < PATIENCE_MS || nowMs - paintedMs < REPAINT_MS) return
      paintedMs = nowMs
      const filled = Math.round(Math.min(1, Math.max(0, share)) * WIDTH)
      sink.write(`\r\u001b[2K${label} [${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}] ${Math.floor(share * 100)}%`)
    },
    clear() {
      if (paintedMs !== -Infinity) sink.write('\r\u001b[2K')
    },
  }
}
