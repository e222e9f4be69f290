import { type Language, numberLocale } from './i18n.ts'

/** Figures with their units, in the language of the reader and always in Latin digits. */

const FEET_PER_METRE = 1 / 0.3048
const METRES_PER_NM = 1852

const cache = new Map<string, Intl.NumberFormat>()

function numberFormat(of: Language, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const id = `${of}${JSON.stringify(options)}`
  let format = cache.get(id)
  if (format === undefined) {
    format = new Intl.NumberFormat(numberLocale(of), options)
    cache.set(id, format)
  }
  return format
}

export function countText(of: Language, count: number): string {
  return numberFormat(of, { maximumFractionDigits: 0 }).format(count)
}

/** `1,371.6 m (4,500 ft)`: metres to the centimetre, feet to a tenth below 1,000 and whole above. */
export function heightText(of: Language, metres: number): string {
  const feet = metres * FEET_PER_METRE
  const m = numberFormat(of, { style: 'unit', unit: 'meter', maximumFractionDigits: 2 }).format(metres)
  const ft = numberFormat(of, {
    style: 'unit',
    unit: 'foot',
    maximumFractionDigits: Math.abs(feet) < 1000 ? 1 : 0,
  }).format(feet)
  return `${m} (${ft})`
}

/** `8.43 km (4.55 NM)`, below a kilometre in metres. */
export function distanceText(of: Language, metres: number): string {
  const nautical = `${numberFormat(of, { maximumFractionDigits: 2 }).format(metres / METRES_PER_NM)} NM`
  const size =
    metres < 1000
      ? numberFormat(of, { style: 'unit', unit: 'meter', maximumFractionDigits: metres < 10 ? 2 : 0 }).format(metres)
      : numberFormat(of, { style: 'unit', unit: 'kilometer', maximumFractionDigits: 2 }).format(metres / 1000)
  return `${size} (${nautical})`
}

const PIECES: readonly (readonly ['day' | 'hour' | 'minute', number])[] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
]

/** `1 h 5 min`, `30 min 0.001 s`: exact to the millisecond, since the smallest shift often is a millisecond past a round figure. */
export function durationText(of: Language, seconds: number): string {
  let restMs = Math.round(Math.abs(seconds) * 1000)
  const out: string[] = []
  for (const [unit, size] of PIECES) {
    const whole = Math.floor(restMs / size)
    restMs -= whole * size
    if (whole > 0) out.push(numberFormat(of, { style: 'unit', unit, unitDisplay: 'short' }).format(whole))
  }
  if (restMs > 0 || out.length === 0) {
    out.push(
      numberFormat(of, { style: 'unit', unit: 'second', unitDisplay: 'short', maximumFractionDigits: 3 }).format(
        restMs / 1000,
      ),
    )
  }
  return out.join(' ')
}

/** An age for the eye: the largest unit alone, and never below a second. */
export function ageText(of: Language, milliseconds: number): string {
  const seconds = Math.max(0, milliseconds / 1000)
  const [unit, value] =
    seconds < 60
      ? (['second', seconds] as const)
      : seconds < 3600
        ? (['minute', seconds / 60] as const)
        : seconds < 172_800
          ? (['hour', seconds / 3600] as const)
          : (['day', seconds / 86_400] as const)
  return numberFormat(of, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 0 }).format(
    Math.floor(value),
  )
}

/** The items of a list joined as the language does. */
export function listText(of: Language, items: readonly string[]): string {
  return new Intl.ListFormat(numberLocale(of), { type: 'conjunction' }).format(items)
}

/** A call sign or name of a supplier that no line end tears apart at its hyphens: in right-to-left text the rest would jump. */
export function unbroken(name: string): string {
  return name.replaceAll('-', '-\u2060')
}

/** `…a1b2c3`: enough of an identifier to tell two apart by eye. */
export function shortId(id: string): string {
  return id.slice(-6)
}
