import type { Degrees, EpochMs, Metres, MetresHae } from '@parley/units'
import type { Outline, Volume4D } from './volume.ts'

/**
 * One volume in memory. Compact form, 32 bytes of header and 8 a vertex, so that a volume of four vertices is 64 bytes:
 *
 * | word | content |
 * |---|---|
 * | 0, 1 | start, ms since 1970 (f64) |
 * | 2 | duration, ms (u32) |
 * | 3, 4 | lower and upper altitude, 0.1 mm; the extreme values mean unbounded |
 * | 5 | slot |
 * | 6 | origin on a grid of 0.01°: (latitude + 90°) in the high half, (longitude + 180°) in the low half |
 * | 7 | form (2 bits), last volume of its slot (1 bit), number of vertices |
 * | 8… | latitude and longitude of each vertex relative to the origin, 1e-9°; a circle: centre, then radius in 0.1 mm |
 *
 * Times are whole milliseconds and heights and radii whole tenths of a millimetre: other values are rounded outwards, so that
 * nothing that meets is missed. What does not fit (unbounded times, outlines wider than 2°, poles) takes the wide form: words 5
 * and 7 as above, then end, lower and upper altitude and degrees as f64 from word 8 on.
 */
export const HEADER_UNITS = 4
const WIDE_HEADER_UNITS = 7

export const FORM_POLYGON = 0
export const FORM_CIRCLE = 1
export const FORM_WIDE = 2
export const FORM_MASK = 3
export const LAST_OF_SLOT = 4
export const COUNT_SHIFT = 3

const UNBOUNDED_BELOW = -0x80000000
const UNBOUNDED_ABOVE = 0x7fffffff
const PER_DEGREE = 1e9
const GRID = 1e7
const TURN = 360e9
const TENTHS_MM = 1e4
const MAX_DURATION_MS = 0xffffffff
const MAX_VERTICES = 0x1fffffff

/** Number of 8-byte units of the line that starts at word `word`. */
export function lineUnits(words: Int32Array, word: number): number {
  const shape = words[word + 7]!
  const count = shape >>> COUNT_SHIFT
  switch (shape & FORM_MASK) {
    case FORM_POLYGON:
      return HEADER_UNITS + count
    case FORM_CIRCLE:
      return HEADER_UNITS + 2
    case FORM_WIDE:
      return WIDE_HEADER_UNITS + 2 * count
    default:
      return WIDE_HEADER_UNITS + 3
  }
}

export function lineStartMs(doubles: Float64Array, unit: number): number {
  return doubles[unit]!
}

export function lineEndMs(words: Int32Array, doubles: Float64Array, unit: number): number {
  return (words[2 * unit + 7]! & FORM_WIDE) === 0 ? doubles[unit]! + (words[2 * unit + 2]! >>> 0) : doubles[unit + 4]!
}

export function lineLowerM(words: Int32Array, doubles: Float64Array, unit: number): number {
  if ((words[2 * unit + 7]! & FORM_WIDE) !== 0) return doubles[unit + 5]!
  const tenths = words[2 * unit + 3]!
  return tenths === UNBOUNDED_BELOW ? -Infinity : tenths / TENTHS_MM
}

export function lineUpperM(words: Int32Array, doubles: Float64Array, unit: number): number {
  if ((words[2 * unit + 7]! & FORM_WIDE) !== 0) return doubles[unit + 6]!
  const tenths = words[2 * unit + 4]!
  return tenths === UNBOUNDED_ABOVE ? Infinity : tenths / TENTHS_MM
}

/** Radius in metres of a line that holds a circle. */
export function lineRadiusM(words: Int32Array, doubles: Float64Array, unit: number): number {
  if ((words[2 * unit + 7]! & FORM_WIDE) !== 0) return doubles[unit + WIDE_HEADER_UNITS + 2]!
  return words[2 * unit + 10]! / TENTHS_MM
}

/**
 * Writes the outline's vertices (or the circle's centre) to `degrees` as latitude, longitude, … and returns how many there are.
 * Longitudes of one outline run on past ±180 rather than jump. `degrees` must be long enough: see {@link lineVertices}.
 */
export function readDegrees(words: Int32Array, doubles: Float64Array, unit: number, degrees: Float64Array): number {
  const word = 2 * unit
  const shape = words[word + 7]!
  const form = shape & FORM_MASK
  const count = form === FORM_POLYGON || form === FORM_WIDE ? shape >>> COUNT_SHIFT : 1
  if ((form & FORM_WIDE) !== 0) {
    const first = unit + WIDE_HEADER_UNITS
    for (let at = 0; at < 2 * count; at++) degrees[at] = doubles[first + at]!
    return count
  }
  const origin = words[word + 6]!
  const originLat = ((origin >>> 16) - 9000) * GRID
  const originLng = ((origin & 0xffff) - 18000) * GRID
  const first = word + 8
  for (let at = 0; at < 2 * count; at += 2) {
    degrees[at] = (originLat + words[first + at]!) / PER_DEGREE
    degrees[at + 1] = (originLng + words[first + at + 1]!) / PER_DEGREE
  }
  return count
}

/** Number of points {@link readDegrees} writes. */
export function lineVertices(words: Int32Array, unit: number): number {
  const shape = words[2 * unit + 7]!
  return (shape & FORM_CIRCLE) === 0 ? shape >>> COUNT_SHIFT : 1
}

export function lineIsCircle(words: Int32Array, unit: number): boolean {
  return (words[2 * unit + 7]! & FORM_CIRCLE) !== 0
}

/** The volume as it was given, coordinates to 1e-9°. */
export function lineVolume(words: Int32Array, doubles: Float64Array, unit: number): Volume4D {
  return {
    outline: lineOutline(words, doubles, unit),
    altitudeLowerM: lineLowerM(words, doubles, unit) as MetresHae,
    altitudeUpperM: lineUpperM(words, doubles, unit) as MetresHae,
    startMs: lineStartMs(doubles, unit) as EpochMs,
    endMs: lineEndMs(words, doubles, unit) as EpochMs,
  }
}

export function lineOutline(words: Int32Array, doubles: Float64Array, unit: number): Outline {
  const degrees = new Float64Array(2 * lineVertices(words, unit))
  const count = readDegrees(words, doubles, unit, degrees)
  const point = (at: number) => ({
    latDeg: degrees[2 * at]! as Degrees,
    lngDeg: insideTurn(degrees[2 * at + 1]!) as Degrees,
  })
  if (lineIsCircle(words, unit)) {
    return { kind: 'circle', centre: point(0), radiusM: lineRadiusM(words, doubles, unit) as Metres }
  }
  return { kind: 'polygon', vertices: Array.from({ length: count }, (_, at) => point(at)) }
}

function insideTurn(lngDeg: number): number {
  if (lngDeg > 180) return Math.round((lngDeg - 360) * PER_DEGREE) / PER_DEGREE
  return lngDeg < -180 ? Math.round((lngDeg + 360) * PER_DEGREE) / PER_DEGREE : lngDeg
}

/** Volumes of one slot, or of one query, written one after the other. Reused: it only ever grows. */
export class LineBuffer {
  words = new Int32Array(256)
  doubles = new Float64Array(this.words.buffer)
  /** Units written. */
  units = 0
  /** First unit of each volume; `count` of them are valid. */
  starts = new Int32Array(16)
  count = 0
  #lat = new Float64Array(64)
  #lng = new Float64Array(64)

  /** Replaces the content. Throws RangeError on a coordinate, radius, time or altitude that is not a number. */
  write(slot: number, volumes: readonly Volume4D[]): void {
    this.units = 0
    this.count = 0
    if (volumes.length > this.starts.length) this.starts = new Int32Array(volumes.length * 2)
    for (let index = 0; index < volumes.length; index++) {
      this.starts[this.count++] = this.units
      const last = index === volumes.length - 1 ? LAST_OF_SLOT : 0
      this.#writeVolume(volumes[index]!, slot, last)
    }
  }

  #reserve(units: number): void {
    const needed = (this.units + units) * 2
    if (needed <= this.words.length) return
    const grown = new Int32Array(2 ** Math.ceil(Math.log2(needed)))
    grown.set(this.words)
    this.words = grown
    this.doubles = new Float64Array(grown.buffer)
  }

  #writeVolume(volume: Volume4D, slot: number, last: number): void {
    const outline = volume.outline
    const circle = outline.kind === 'circle'
    const count = circle ? 1 : outline.vertices.length
    if (count === 0 || count > MAX_VERTICES)
      throw new RangeError(`an outline has 1 to ${MAX_VERTICES} vertices, not ${count}`)
    if (!(volume.startMs <= volume.endMs)) throw new RangeError('a volume ends no earlier than it starts')
    if (!(volume.altitudeLowerM <= volume.altitudeUpperM))
      throw new RangeError('a volume has its upper face above its lower')
    if (count > this.#lat.length) {
      this.#lat = new Float64Array(count * 2)
      this.#lng = new Float64Array(count * 2)
    }
    const near = this.#snap(outline, count)
    const radius = circle ? outline.radiusM : 0
    if (circle && !(radius >= 0 && radius < 1e9)) throw new RangeError(`a radius is a number of metres, not ${radius}`)
    const startMs = Math.floor(volume.startMs)
    const endMs = Math.ceil(volume.endMs)
    const lower = tenthsBelow(volume.altitudeLowerM)
    const upper = tenthsAbove(volume.altitudeUpperM)
    const reach = tenthsAbove(radius)
    const duration = endMs - startMs
    const compact =
      near &&
      duration <= MAX_DURATION_MS &&
      isTenths(lower, UNBOUNDED_BELOW, -Infinity) &&
      isTenths(upper, UNBOUNDED_ABOVE, Infinity) &&
      reach <= UNBOUNDED_ABOVE
    const form = (circle ? FORM_CIRCLE : FORM_POLYGON) | (compact ? 0 : FORM_WIDE)
    const shape = form | last | (count << COUNT_SHIFT)
    const points = circle ? 3 : 2 * count
    this.#reserve(compact ? HEADER_UNITS + Math.ceil(points / 2) : WIDE_HEADER_UNITS + points)
    const { words, doubles, units } = this
    const word = 2 * units
    doubles[units] = startMs
    words[word + 5] = slot
    words[word + 7] = shape
    if (!compact) {
      words[word + 2] = 0
      words[word + 3] = 0
      words[word + 4] = 0
      words[word + 6] = 0
      doubles[units + 4] = endMs
      doubles[units + 5] = volume.altitudeLowerM
      doubles[units + 6] = volume.altitudeUpperM
      const first = units + WIDE_HEADER_UNITS
      for (let at = 0; at < count; at++) {
        doubles[first + 2 * at] = this.#lat[at]! / PER_DEGREE
        doubles[first + 2 * at + 1] = this.#lng[at]! / PER_DEGREE
      }
      if (circle) doubles[first + 2] = radius
      this.units = first + points
      return
    }
    const originLat = Math.round(this.#lat[0]! / GRID)
    const originLng = Math.round(this.#lng[0]! / GRID)
    words[word + 2] = duration
    words[word + 3] = lower === -Infinity ? UNBOUNDED_BELOW : lower
    words[word + 4] = upper === Infinity ? UNBOUNDED_ABOVE : upper
    words[word + 6] = ((originLat + 9000) << 16) | (originLng + 18000)
    const first = word + 8
    for (let at = 0; at < count; at++) {
      words[first + 2 * at] = this.#lat[at]! - originLat * GRID
      words[first + 2 * at + 1] = this.#lng[at]! - originLng * GRID
    }
    if (circle) {
      words[first + 2] = reach
      words[first + 3] = 0
    }
    this.units = units + HEADER_UNITS + (circle ? 2 : count)
  }

  /**
   * Rounds the outline to 1e-9° and runs its longitudes on past ±180.
   * Whether all of it lies within 2° of its first vertex, poles apart, so that the compact form can hold it.
   */
  #snap(outline: Outline, count: number): boolean {
    const lat = this.#lat
    const lng = this.#lng
    let near = true
    let before = 0
    for (let at = 0; at < count; at++) {
      const point = outline.kind === 'circle' ? outline.centre : outline.vertices[at]!
      const latValue = Math.round(point.latDeg * PER_DEGREE)
      let lngValue = Math.round(point.lngDeg * PER_DEGREE)
      if (!(Math.abs(latValue) <= 90e9 && Math.abs(lngValue) <= TURN)) {
        throw new RangeError(`a point lies within ±90 and ±360 degrees, not at ${point.latDeg}, ${point.lngDeg}`)
      }
      if (at === 0)
        before = lngValue = lngValue > TURN / 2 ? lngValue - TURN : lngValue < -TURN / 2 ? lngValue + TURN : lngValue
      else {
        if (lngValue - before > TURN / 2) lngValue -= TURN
        else if (before - lngValue > TURN / 2) lngValue += TURN
        near &&= Math.abs(latValue - lat[0]!) <= 2e9 && Math.abs(lngValue - before) <= 2e9
      }
      lat[at] = latValue
      lng[at] = lngValue
    }
    return near
  }
}

/** Metres as a whole number of tenths of a millimetre: exact where the value is one, else the next below. */
function tenthsBelow(metres: number): number {
  const tenths = Math.round(metres * TENTHS_MM)
  return tenths / TENTHS_MM <= metres ? tenths : tenths - 1
}

/** As {@link tenthsBelow}, else the next above. */
function tenthsAbove(metres: number): number {
  const tenths = Math.round(metres * TENTHS_MM)
  return tenths / TENTHS_MM >= metres ? tenths : tenths + 1
}

/** Whether 32 bits hold the number apart from the value that means unbounded. */
function isTenths(tenths: number, reserved: number, unbounded: number): boolean {
  return tenths === unbounded || (tenths > UNBOUNDED_BELOW && tenths < UNBOUNDED_ABOVE && tenths !== reserved)
}
