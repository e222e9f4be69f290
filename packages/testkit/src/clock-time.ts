const CLOCK = /^(\d{2}):(\d{2})(?::(\d{2}))?Z$/

/**
 * Milliseconds after UTC midnight of a clock time `HH:MMZ` or `HH:MM:SSZ` up to `24:00Z`; null when the text is none.
 * A time without its zone is none.
 */
export function clockMs(text: string): number | null {
  const parts = CLOCK.exec(text)
  if (parts === null) return null
  const [hours, minutes, seconds] = [Number(parts[1]), Number(parts[2]), Number(parts[3] ?? 0)]
  const ms = ((hours * 60 + minutes) * 60 + seconds) * 1000
  return minutes < 60 && seconds < 60 && ms <= 86_400_000 ? ms : null
}
