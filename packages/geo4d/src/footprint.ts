import { RADIANS } from './ellipsoid.ts'
import { CROSSED, INSIDE, OUTSIDE, type OutlineRaster } from './outline-raster.ts'

/** Cells of the three classes are S2 cells of level 11, 8 and 5 (4, 35 and 280 km); of the last there is one, the whole Earth. */
export const EVERYWHERE = 3
/** Box coordinates count 1/512 of a level-11 cell along a face (9 m): 20 bits. */
const FACE_STEPS = 1 << 20
/** A cell's own steps, 128 each way. */
export const CELL_BITS = 7
/** A class holds an outline whose box spans at most this many of its cells each way. */
const MAX_SPAN = 3

/** Least sine of latitude-sphere arc a metre can take: 1 / (a (1 - e²)), the tightest curvature of the ellipsoid. */
const ARC_PER_METRE = 1 / 6335439.3
/** Arc in radians added to every box: far above the noise of the trigonometry, 13 mm on the ground. */
const PAD = 2e-9
/**
 * How far a geodesic can leave the great circle through its ends on the sphere of geodetic latitudes, per square of its arc:
 * 0.66 m at 100 km, that is 4.2e-4; times three for the stretch of the gnomonic plane, times two for safety.
 */
const BULGE = 3e-3
/** An outline wider than this (in the gnomonic plane, about 15°) is everywhere. */
const MAX_EXTENT = 0.25
/** Rings up to this size have the cells they miss sifted out of their box. */
const SIFT_VERTICES = 32
/** Below this difference in radians short series replace sine and cosine. */
const SERIES_LIMIT = 0.0195

/**
 * Where an outline lies on the faces of the S2 cube: one box on each face it may touch, outwards of the true outline
 * (geodesic edges, true circle). Mutable on purpose: hot loops keep one and refill it.
 */
export class Footprint {
  /** Boxes in use; 0 means everywhere. */
  faces = 0
  readonly face = new Int32Array(6)
  readonly iLow = new Int32Array(6)
  readonly iHigh = new Int32Array(6)
  readonly jLow = new Int32Array(6)
  readonly jHigh = new Int32Array(6)
  /** Smallest class of cells whose span fits, {@link EVERYWHERE} when none does. */
  cellClass = 0

  /** Vertices on the face of the first box, kept for sifting; 0 when there is nothing to sift by. */
  #ringCount = 0
  #pad = 0
  readonly #u = new Float64Array(SIFT_VERTICES)
  readonly #v = new Float64Array(SIFT_VERTICES)
  #xyz = new Float64Array(3 * 64)

  /** Refills from the ring of `count` vertices in `degrees` (latitude, longitude, …). */
  coverRing(degrees: Float64Array, count: number): void {
    if (count * 3 > this.#xyz.length) this.#xyz = new Float64Array(count * 6)
    const xyz = this.#xyz
    spherePoints(degrees, count, xyz)
    const face = faceOf(xyz[0]!, xyz[1]!, xyz[2]!)
    if (!this.#coverOnOneFace(face, count)) this.#coverFaces(count, 0)
    this.#classify()
  }

  /** Refills from the circle about the first point of `degrees`. */
  coverCircle(degrees: Float64Array, radiusM: number): void {
    const xyz = this.#xyz
    spherePoints(degrees, 1, xyz)
    this.#ringCount = 0
    const arc = radiusM * ARC_PER_METRE + PAD
    const face = faceOf(xyz[0]!, xyz[1]!, xyz[2]!)
    const w = axisOf(xyz, 0, face)
    const u = uOf(xyz, 0, face) / w
    const v = vOf(xyz, 0, face) / w
    const steep = Math.sqrt(1 + u * u + v * v) * (1 + 4 * arc) * arc
    const du = steep * Math.sqrt(1 + u * u)
    const dv = steep * Math.sqrt(1 + v * v)
    if (arc < 0.05 && u - du >= -1 && u + du <= 1 && v - dv >= -1 && v + dv <= 1) {
      this.faces = 1
      this.#setBox(0, face, u - du, u + du, v - dv, v + dv)
    } else if (arc < 0.05) this.#coverFaces(1, arc)
    else this.faces = 0
    this.#classify()
  }

  /** Widens this footprint so that it contains the other; sifting is lost. */
  include(other: Footprint): void {
    this.#ringCount = 0
    if (this.faces === 0 || other.faces === 0) {
      this.faces = 0
      this.#classify()
      return
    }
    for (let from = 0; from < other.faces; from++) {
      const face = other.face[from]!
      let at = 0
      while (at < this.faces && this.face[at] !== face) at++
      if (at === this.faces) {
        this.faces++
        this.face[at] = face
        this.iLow[at] = other.iLow[from]!
        this.iHigh[at] = other.iHigh[from]!
        this.jLow[at] = other.jLow[from]!
        this.jHigh[at] = other.jHigh[from]!
      } else {
        this.iLow[at] = Math.min(this.iLow[at]!, other.iLow[from]!)
        this.iHigh[at] = Math.max(this.iHigh[at]!, other.iHigh[from]!)
        this.jLow[at] = Math.min(this.jLow[at]!, other.jLow[from]!)
        this.jHigh[at] = Math.max(this.jHigh[at]!, other.jHigh[from]!)
      }
    }
    this.#classify()
  }

  copyFrom(other: Footprint): void {
    this.#ringCount = 0
    this.faces = other.faces
    this.cellClass = other.cellClass
    for (let at = 0; at < other.faces; at++) {
      this.face[at] = other.face[at]!
      this.iLow[at] = other.iLow[at]!
      this.iHigh[at] = other.iHigh[at]!
      this.jLow[at] = other.jLow[at]!
      this.jHigh[at] = other.jHigh[at]!
    }
  }

  /**
   * Fills `raster` with where the squares of the ring's box lie; false when there is no ring to ask
   * (a circle, many vertices, more than one face).
   */
  rasterise(raster: OutlineRaster): boolean {
    if (this.#ringCount === 0) return false
    const box = { iLow: this.iLow[0]!, iHigh: this.iHigh[0]!, jLow: this.jLow[0]!, jHigh: this.jHigh[0]! }
    raster.draw(box, (i, j, size) => {
      const pad = this.#pad
      return ringAndRectangle(this.#u, this.#v, this.#ringCount, {
        uLow: planeOf((i * size) / FACE_STEPS) - pad,
        uHigh: planeOf(((i + 1) * size) / FACE_STEPS) + pad,
        vLow: planeOf((j * size) / FACE_STEPS) - pad,
        vHigh: planeOf(((j + 1) * size) / FACE_STEPS) + pad,
      })
    })
    return true
  }

  /** Cells of a class in all boxes together. */
  cellCount(cellClass: number): number {
    if (cellClass === EVERYWHERE) return 1
    const shift = CELL_BITS + fineShift(cellClass)
    let cells = 0
    for (let at = 0; at < this.faces; at++) {
      cells +=
        ((this.iHigh[at]! >> shift) - (this.iLow[at]! >> shift) + 1) *
        ((this.jHigh[at]! >> shift) - (this.jLow[at]! >> shift) + 1)
    }
    return cells
  }

  /**
   * Whether the ring may touch cell (i, j) of a class in box `at`: false only when it certainly does not.
   * Says yes without looking where the box is one cell wide, and where the outline is a circle or has many vertices.
   */
  touchesCell(at: number, cellClass: number, i: number, j: number): boolean {
    if (this.#ringCount === 0) return true
    const shift = CELL_BITS + fineShift(cellClass)
    if (this.iLow[at]! >> shift === this.iHigh[at]! >> shift || this.jLow[at]! >> shift === this.jHigh[at]! >> shift) {
      return true
    }
    const size = (1 << shift) / FACE_STEPS
    const pad = this.#pad
    const place = ringAndRectangle(this.#u, this.#v, this.#ringCount, {
      uLow: planeOf(i * size) - pad,
      uHigh: planeOf((i + 1) * size) + pad,
      vLow: planeOf(j * size) - pad,
      vHigh: planeOf((j + 1) * size) + pad,
    })
    return place !== OUTSIDE
  }

  #coverOnOneFace(face: number, count: number): boolean {
    const xyz = this.#xyz
    let uLow = Infinity
    let uHigh = -Infinity
    let vLow = Infinity
    let vHigh = -Infinity
    const keep = count <= SIFT_VERTICES
    for (let at = 0; at < count; at++) {
      const w = axisOf(xyz, 3 * at, face)
      if (!(w > 0.3)) return false
      const u = uOf(xyz, 3 * at, face) / w
      const v = vOf(xyz, 3 * at, face) / w
      if (u < uLow) uLow = u
      if (u > uHigh) uHigh = u
      if (v < vLow) vLow = v
      if (v > vHigh) vHigh = v
      if (keep) {
        this.#u[at] = u
        this.#v[at] = v
      }
    }
    const extent = uHigh - uLow + (vHigh - vLow)
    if (!(extent < MAX_EXTENT)) return false
    const pad = 3 * PAD + BULGE * extent * extent
    if (uLow - pad < -1 || uHigh + pad > 1 || vLow - pad < -1 || vHigh + pad > 1) return false
    this.#pad = pad
    this.#ringCount = keep ? count : 0
    this.faces = 1
    this.#setBox(0, face, uLow - pad, uHigh + pad, vLow - pad, vHigh + pad)
    return true
  }

  /** The general case: every face whose plane shows all points and whose square meets their box. */
  #coverFaces(count: number, arc: number): void {
    this.#ringCount = 0
    this.faces = 0
    const xyz = this.#xyz
    for (let face = 0; face < 6; face++) {
      let uLow = Infinity
      let uHigh = -Infinity
      let vLow = Infinity
      let vHigh = -Infinity
      let least = 1
      for (let at = 0; at < count; at++) {
        const w = axisOf(xyz, 3 * at, face)
        if (w < least) least = w
        const u = uOf(xyz, 3 * at, face) / w
        const v = vOf(xyz, 3 * at, face) / w
        if (u < uLow) uLow = u
        if (u > uHigh) uHigh = u
        if (v < vLow) vLow = v
        if (v > vHigh) vHigh = v
      }
      // A face's own points have 0.577 or more along its axis: this one is out of reach of an outline of the size admitted below.
      if (least < 0.3) continue
      const extent = uHigh - uLow + (vHigh - vLow)
      const steep = (1 + uHigh * uHigh + uLow * uLow + vHigh * vHigh + vLow * vLow) * (1 + 8 * arc) * arc
      const pad = 3 * PAD + BULGE * extent * extent + steep
      if (uLow - pad > 1 || uHigh + pad < -1 || vLow - pad > 1 || vHigh + pad < -1) continue
      // Seen from a neighbouring face a width looks up to three times as large.
      if (extent > 3 * MAX_EXTENT) {
        this.faces = 0
        return
      }
      this.#setBox(this.faces++, face, uLow - pad, uHigh + pad, vLow - pad, vHigh + pad)
    }
  }

  #setBox(at: number, face: number, uLow: number, uHigh: number, vLow: number, vHigh: number): void {
    this.face[at] = face
    this.iLow[at] = stepOf(uLow)
    this.iHigh[at] = stepOf(uHigh)
    this.jLow[at] = stepOf(vLow)
    this.jHigh[at] = stepOf(vHigh)
  }

  #classify(): void {
    let cellClass = this.faces === 0 ? EVERYWHERE : 0
    for (let at = 0; at < this.faces; at++) {
      for (; cellClass < EVERYWHERE; cellClass++) {
        const shift = CELL_BITS + fineShift(cellClass)
        if (
          (this.iHigh[at]! >> shift) - (this.iLow[at]! >> shift) < MAX_SPAN &&
          (this.jHigh[at]! >> shift) - (this.jLow[at]! >> shift) < MAX_SPAN
        ) {
          break
        }
      }
    }
    this.cellClass = cellClass
  }
}

interface PlaneRectangle {
  readonly uLow: number
  readonly uHigh: number
  readonly vLow: number
  readonly vHigh: number
}

/** Whether a rectangle of the gnomonic plane is outside a ring, crossed by an edge of it, or inside. */
function ringAndRectangle(us: Float64Array, vs: Float64Array, count: number, rectangle: PlaneRectangle): number {
  const { uLow, uHigh, vLow, vHigh } = rectangle
  const uMid = (uLow + uHigh) / 2
  const vMid = (vLow + vHigh) / 2
  const uHalf = (uHigh - uLow) / 2
  const vHalf = (vHigh - vLow) / 2
  let inside = false
  let u0 = us[count - 1]!
  let v0 = vs[count - 1]!
  for (let at = 0; at < count; at++) {
    const u1 = us[at]!
    const v1 = vs[at]!
    if (
      !(
        (u0 < uLow && u1 < uLow) ||
        (u0 > uHigh && u1 > uHigh) ||
        (v0 < vLow && v1 < vLow) ||
        (v0 > vHigh && v1 > vHigh)
      )
    ) {
      const du = u1 - u0
      const dv = v1 - v0
      const across = du * (vMid - v0) - dv * (uMid - u0)
      if (Math.abs(across) <= Math.abs(du) * vHalf + Math.abs(dv) * uHalf) return CROSSED
    }
    if (v0 > vMid !== v1 > vMid && uMid < u0 + ((vMid - v0) * (u1 - u0)) / (v1 - v0)) inside = !inside
    u0 = u1
    v0 = v1
  }
  return inside ? INSIDE : OUTSIDE
}

/** How many bits of a box coordinate are finer than the steps of a cell of this class. */
export function fineShift(cellClass: number): number {
  return 2 + 3 * cellClass
}

/** S2's quadratic step from the gnomonic plane (-1..1) along a face, in steps of {@link FACE_STEPS}. */
function stepOf(u: number): number {
  const s = u >= 0 ? 0.5 * Math.sqrt(1 + 3 * u) : 1 - 0.5 * Math.sqrt(1 - 3 * u)
  const step = Math.floor(s * FACE_STEPS)
  return step < 0 ? 0 : step >= FACE_STEPS ? FACE_STEPS - 1 : step
}

/** The way back: place along a face (0..1) to the gnomonic plane. */
function planeOf(s: number): number {
  return s >= 0.5 ? (4 * s * s - 1) / 3 : (1 - 4 * (1 - s) * (1 - s)) / 3
}

function faceOf(x: number, y: number, z: number): number {
  const ax = Math.abs(x)
  const ay = Math.abs(y)
  const az = Math.abs(z)
  if (ax >= ay && ax >= az) return x >= 0 ? 0 : 3
  if (ay >= az) return y >= 0 ? 1 : 4
  return z >= 0 ? 2 : 5
}

function axisOf(xyz: Float64Array, at: number, face: number): number {
  return face < 3 ? xyz[at + face]! : -xyz[at + face - 3]!
}

function uOf(xyz: Float64Array, at: number, face: number): number {
  switch (face) {
    case 0:
      return xyz[at + 1]!
    case 1:
    case 2:
      return -xyz[at]!
    case 3:
    case 4:
      return -xyz[at + 2]!
    default:
      return xyz[at + 1]!
  }
}

function vOf(xyz: Float64Array, at: number, face: number): number {
  switch (face) {
    case 0:
    case 1:
      return xyz[at + 2]!
    case 2:
      return -xyz[at + 1]!
    case 3:
      return -xyz[at + 1]!
    default:
      return xyz[at]!
  }
}

/** Points of the unit sphere at geodetic latitude and longitude, as S2 takes them. */
function spherePoints(degrees: Float64Array, count: number, xyz: Float64Array): void {
  const lat0 = degrees[0]!
  const lng0 = degrees[1]!
  const sinLat = Math.sin(lat0 * RADIANS)
  const cosLat = Math.cos(lat0 * RADIANS)
  const sinLng = Math.sin(lng0 * RADIANS)
  const cosLng = Math.cos(lng0 * RADIANS)
  xyz[0] = cosLat * cosLng
  xyz[1] = cosLat * sinLng
  xyz[2] = sinLat
  for (let at = 1; at < count; at++) {
    const phi = (degrees[2 * at]! - lat0) * RADIANS
    const lambda = (degrees[2 * at + 1]! - lng0) * RADIANS
    let sinPhi: number
    let cosPhi: number
    let sinLambda: number
    let cosLambda: number
    if (phi < SERIES_LIMIT && phi > -SERIES_LIMIT && lambda < SERIES_LIMIT && lambda > -SERIES_LIMIT) {
      const p2 = phi * phi
      const l2 = lambda * lambda
      const ps = phi * (1 - p2 * (1 / 6 - p2 * (1 / 120)))
      const pc = 1 - p2 * (0.5 - p2 * (1 / 24))
      const ls = lambda * (1 - l2 * (1 / 6 - l2 * (1 / 120)))
      const lc = 1 - l2 * (0.5 - l2 * (1 / 24))
      sinPhi = sinLat * pc + cosLat * ps
      cosPhi = cosLat * pc - sinLat * ps
      sinLambda = sinLng * lc + cosLng * ls
      cosLambda = cosLng * lc - sinLng * ls
    } else {
      sinPhi = Math.sin(degrees[2 * at]! * RADIANS)
      cosPhi = Math.cos(degrees[2 * at]! * RADIANS)
      sinLambda = Math.sin(degrees[2 * at + 1]! * RADIANS)
      cosLambda = Math.cos(degrees[2 * at + 1]! * RADIANS)
    }
    xyz[3 * at] = cosPhi * cosLambda
    xyz[3 * at + 1] = cosPhi * sinLambda
    xyz[3 * at + 2] = sinPhi
  }
}
