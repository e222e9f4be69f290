import { patternPath } from '../map-patterns.ts'
import { type Look, lookOf, ZONE_COLOUR } from '../palette.ts'
import { looks } from '../session.ts'

/** SVG patterns of all managers on the page, to be put once into a drawing and used by `fillOf`. */
export function PatternDefs({ prefix }: { prefix: string }) {
  return (
    <defs>
      {[...looks.value].map(([manager, look]) => (
        <LookPattern key={manager} id={patternId(prefix, look)} look={look} />
      ))}
      <pattern id={`${prefix}-zone`} width="10" height="10" patternUnits="userSpaceOnUse">
        <rect width="10" height="10" fill={ZONE_COLOUR} fill-opacity="0.12" />
        <path d="M0,0 L10,10 M10,0 L0,10" stroke={ZONE_COLOUR} stroke-width="0.8" fill="none" stroke-opacity="0.8" />
      </pattern>
    </defs>
  )
}

function LookPattern({ id, look }: { id: string; look: Look }) {
  return (
    <pattern id={id} width="8" height="8" patternUnits="userSpaceOnUse">
      <rect width="8" height="8" fill={look.colour} fill-opacity="0.2" />
      <path
        d={patternPath(look.pattern)}
        stroke={look.colour}
        stroke-width={look.pattern === 'dots' ? 3.2 : 1.6}
        stroke-linecap="round"
        fill="none"
      />
    </pattern>
  )
}

function patternId(prefix: string, look: Look): string {
  return `${prefix}-${look.pattern}-${look.colour.slice(1)}`
}

/** The fill and line of an item in a drawing that holds `PatternDefs` of the same prefix. */
export function fillOf(prefix: string, kind: string, manager: string): { fill: string; stroke: string } {
  if (kind === 'constraint') return { fill: `url(#${prefix}-zone)`, stroke: ZONE_COLOUR }
  const look = lookOf(looks.value, manager)
  return { fill: `url(#${patternId(prefix, look)})`, stroke: look.colour }
}

/** A small sample of how an item is drawn on the map. */
export function Swatch({ kind, manager }: { kind: string; manager: string }) {
  const isZone = kind === 'constraint'
  const { fill, stroke } = fillOf('page', kind, manager)
  return (
    <svg class="swatch" viewBox="0 0 22 16" width="22" height="16" aria-hidden="true">
      <rect
        x="1"
        y="1"
        width="20"
        height="14"
        rx="2"
        fill={fill}
        stroke={stroke}
        stroke-width="1.6"
        stroke-dasharray={isZone ? '4 2' : undefined}
      />
    </svg>
  )
}

/** The page's own patterns, kept out of sight. */
export function PagePatterns() {
  return (
    <svg class="hidden-defs" width="0" height="0" aria-hidden="true">
      <PatternDefs prefix="page" />
    </svg>
  )
}
