/**
 * Colour and pattern by manager. Order follows the manager's name, so every desk shows the same, and no party gets
 * red: that is kept for things in the way. Patterns carry the same meaning as colours, for those who see no colours.
 */

export type Pattern = 'diagonal' | 'dots' | 'antidiagonal' | 'horizontal' | 'vertical' | 'grid'

export interface Look {
  readonly colour: string
  readonly pattern: Pattern
}

const LOOKS: readonly Look[] = [
  { colour: '#6cc4ff', pattern: 'diagonal' },
  { colour: '#ffcf5c', pattern: 'dots' },
  { colour: '#c3a0ff', pattern: 'antidiagonal' },
  { colour: '#6fe3b4', pattern: 'horizontal' },
  { colour: '#ff9fd0', pattern: 'vertical' },
  { colour: '#c7d66d', pattern: 'grid' },
]

/** How constraints are drawn, whoever set them. */
export const ZONE_COLOUR = '#ffa657'
export const DANGER_COLOUR = '#ff7b72'
export const DRAFT_COLOUR = '#ffffff'
/** Positions that messages of the line name. */
export const POSITION_COLOUR = '#7df0ff'

/** The look of each manager; beyond six they repeat, and the label tells them apart. */
export function looksOf(managers: Iterable<string>): Map<string, Look> {
  const looks = new Map<string, Look>()
  const sorted = [...new Set(managers)].sort((a, b) => (a < b ? -1 : 1))
  sorted.forEach((manager, index) => {
    looks.set(manager, LOOKS[index % LOOKS.length] as Look)
  })
  return looks
}

const fallback = LOOKS[0] as Look

export function lookOf(looks: ReadonlyMap<string, Look>, manager: string): Look {
  return looks.get(manager) ?? fallback
}
