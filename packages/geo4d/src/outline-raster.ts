/** A box on one face of the cube, in box steps, both ends included. */
export interface StepBox {
  readonly iLow: number
  readonly iHigh: number
  readonly jLow: number
  readonly jHigh: number
}

/** Squares along the longer side of the box, at most. */
const SIDE = 48
/** Smallest square: a level-13 cell, 1.1 km. */
const LEAST_SHIFT = 7

/** Where a square or a box lies: no point of it in the outline, across its edge (or unknown), or wholly inside. */
export const OUTSIDE = 0
export const CROSSED = 1
export const INSIDE = 2

/**
 * Which squares of a large outline's box lie wholly inside the outline, and which wholly outside, as running sums, so that one look
 * tells it of a smaller box: what is inside meets and what is outside does not, without any geometry.
 */
export class OutlineRaster {
  /** Running sums of squares above and left of a corner: inside ones, and outside ones times 65,536. */
  readonly #sums = new Int32Array((SIDE + 1) * (SIDE + 1))
  #shift = LEAST_SHIFT
  #iFirst = 0
  #jFirst = 0
  #iCount = 0
  #jCount = 0

  /** Asks `placeOf` once for each square (i, j) of `size` steps. */
  draw(box: StepBox, placeOf: (i: number, j: number, size: number) => number): void {
    let shift = LEAST_SHIFT
    while (Math.max((box.iHigh >> shift) - (box.iLow >> shift), (box.jHigh >> shift) - (box.jLow >> shift)) >= SIDE)
      shift++
    this.#shift = shift
    this.#iFirst = box.iLow >> shift
    this.#jFirst = box.jLow >> shift
    this.#iCount = (box.iHigh >> shift) - this.#iFirst + 1
    this.#jCount = (box.jHigh >> shift) - this.#jFirst + 1
    const sums = this.#sums
    sums.fill(0, 0, SIDE + 1)
    for (let i = 0; i < this.#iCount; i++) {
      const row = (i + 1) * (SIDE + 1)
      sums[row] = 0
      let inside = 0
      for (let j = 0; j < this.#jCount; j++) {
        const place = placeOf(this.#iFirst + i, this.#jFirst + j, 1 << shift)
        if (place === INSIDE) inside++
        else if (place === OUTSIDE) inside += 65536
        sums[row + j + 1] = sums[row - SIDE + j]! + inside
      }
    }
  }

  /** Where a box of the same face, in steps, lies. Parts of it beyond the outline's own box are outside. */
  placeOf(iLow: number, iHigh: number, jLow: number, jHigh: number): number {
    const shift = this.#shift
    const i0 = (iLow >> shift) - this.#iFirst
    const i1 = (iHigh >> shift) - this.#iFirst + 1
    const j0 = (jLow >> shift) - this.#jFirst
    const j1 = (jHigh >> shift) - this.#jFirst + 1
    const beyond = i0 < 0 || j0 < 0 || i1 > this.#iCount || j1 > this.#jCount
    const left = Math.max(j0, 0)
    const right = Math.min(j1, this.#jCount)
    const top = Math.max(i0, 0)
    const bottom = Math.min(i1, this.#iCount)
    if (left >= right || top >= bottom) return OUTSIDE
    const sums = this.#sums
    const above = top * (SIDE + 1)
    const below = bottom * (SIDE + 1)
    const sum = sums[below + right]! - sums[above + right]! - sums[below + left]! + sums[above + left]!
    const squares = (bottom - top) * (right - left)
    if (sum === squares << 16) return OUTSIDE
    return sum === squares && !beyond ? INSIDE : CROSSED
  }
}
