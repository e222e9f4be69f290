import type { Look, Pattern } from './palette.ts'

/** Fill patterns as images for the map, and as SVG for legends and drawings, so that both look alike. */

const TILE = 16

function inPattern(pattern: Pattern | 'zone' | 'danger', x: number, y: number): boolean {
  switch (pattern) {
    case 'diagonal':
      return (x + y) % 8 < 2
    case 'antidiagonal':
      return (((x - y) % 8) + 8) % 8 < 2
    case 'dots':
      return ((x % 8) - 3.5) ** 2 + ((y % 8) - 3.5) ** 2 < 4
    case 'horizontal':
      return y % 8 < 2
    case 'vertical':
      return x % 8 < 2
    case 'grid':
      return x % 8 < 1 || y % 8 < 1
    case 'zone':
      return (x + y) % 16 < 1 || (((x - y) % 16) + 16) % 16 < 1
    case 'danger':
      return (x + y) % 4 < 2
  }
}

export interface PatternImage {
  readonly width: number
  readonly height: number
  readonly data: Uint8ClampedArray
}

/** A tile of one pattern in one colour, the ground between its marks lightly tinted. */
export function patternImage(pattern: Pattern | 'zone' | 'danger', colour: string): PatternImage {
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)) as [
    number,
    number,
    number,
  ]
  const data = new Uint8ClampedArray(TILE * TILE * 4)
  for (let y = 0; y < TILE; y++) {
    for (let x = 0; x < TILE; x++) {
      data.set([red, green, blue, inPattern(pattern, x, y) ? 165 : 30], (y * TILE + x) * 4)
    }
  }
  return { width: TILE, height: TILE, data }
}

export function patternName(look: Look): string {
  return `${look.pattern}-${look.colour.slice(1)}`
}

/** SVG marks of a pattern on an 8 × 8 tile. */
export function patternPath(pattern: Pattern): string {
  switch (pattern) {
    case 'diagonal':
      return 'M-2,2 L2,-2 M0,8 L8,0 M6,10 L10,6'
    case 'antidiagonal':
      return 'M-2,6 L2,10 M0,0 L8,8 M6,-2 L10,2'
    case 'dots':
      return 'M4,4 h0.01'
    case 'horizontal':
      return 'M0,4 H8'
    case 'vertical':
      return 'M4,0 V8'
    case 'grid':
      return 'M0,0.5 H8 M0.5,0 V8'
  }
}
