import { RADIANS } from './ellipsoid.ts'

/**
 * A level-13 S2 cell packed as `face << 26 | i << 13 | j` (face 0..5; i, j 0..8191): 29 bits, so always a small positive integer.
 * About 1.1 km by 1.1 km.
 */
export type Cell13 = number

/** The one level that F3548-21 discovery works on. */
export const CELL_LEVEL = 13
/** Cells along one side of a face. */
const CELLS_PER_FACE = 1 << CELL_LEVEL

/** Packs face and position. */
export function packCell(face: number, i: number, j: number): Cell13 {
  return (face << 26) | (i << 13) | j
}

export const cellFace = (cell: Cell13): number => cell >> 26
export const cellI = (cell: Cell13): number => (cell >> 13) & 8191
export const cellJ = (cell: Cell13): number => cell & 8191

/** Column or row of a position on the face, -1..1 by gnomonic projection, as S2's quadratic transform places it; clamped. */
export function uvToIndex(uv: number): number {
  const st = uv >= 0 ? 0.5 * Math.sqrt(1 + 3 * uv) : 1 - 0.5 * Math.sqrt(1 - 3 * uv)
  const index = Math.floor(st * CELLS_PER_FACE)
  return index < 0 ? 0 : index > CELLS_PER_FACE - 1 ? CELLS_PER_FACE - 1 : index
}

/** Where the lower side of a column or row lies on the face, -1..1; `index` 8192 is the upper side of the last. */
export function indexToUv(index: number): number {
  const st = index / CELLS_PER_FACE
  return st >= 0.5 ? (4 * st * st - 1) / 3 : (1 - 4 * (1 - st) * (1 - st)) / 3
}

/** The point of the unit sphere at (u, v) of a face; not normalised. */
export function faceToSphere(face: number, u: number, v: number, out: { x: number; y: number; z: number }): void {
  switch (face) {
    case 0:
      out.x = 1
      out.y = u
      out.z = v
      return
    case 1:
      out.x = -u
      out.y = 1
      out.z = v
      return
    case 2:
      out.x = -u
      out.y = -v
      out.z = 1
      return
    case 3:
      out.x = -1
      out.y = -v
      out.z = -u
      return
    case 4:
      out.x = v
      out.y = -1
      out.z = -u
      return
    default:
      out.x = v
      out.y = u
      out.z = -1
  }
}

/**
 * Writes the position of a unit vector on one face's plane: u, v and the depth towards the face in `out[0..2]`, where u and v are only
 * meaningful when the depth is positive.
 */
export function sphereToFace(face: number, x: number, y: number, z: number, out: Float64Array): void {
  switch (face) {
    case 0:
      out[0] = y / x
      out[1] = z / x
      out[2] = x
      return
    case 1:
      out[0] = -x / y
      out[1] = z / y
      out[2] = y
      return
    case 2:
      out[0] = -x / z
      out[1] = -y / z
      out[2] = z
      return
    case 3:
      out[0] = z / x
      out[1] = y / x
      out[2] = -x
      return
    case 4:
      out[0] = z / y
      out[1] = -x / y
      out[2] = -y
      return
    default:
      out[0] = -y / z
      out[1] = -x / z
      out[2] = -z
  }
}

/** The face whose plane a unit vector points through. */
export function faceOf(x: number, y: number, z: number): number {
  const ax = Math.abs(x)
  const ay = Math.abs(y)
  const az = Math.abs(z)
  if (ax > ay) {
    if (ax > az) return x < 0 ? 3 : 0
  } else if (ay > az) return y < 0 ? 4 : 1
  return z < 0 ? 5 : 2
}

const uv = new Float64Array(3)

/** The level-13 cell of a point, the same as every S2 library computes (geodetic latitude read as spherical). */
export function cellFromLatLng(latDeg: number, lngDeg: number): Cell13 {
  const lat = latDeg * RADIANS
  const lng = lngDeg * RADIANS
  const x = Math.cos(lng) * Math.cos(lat)
  const y = Math.sin(lng) * Math.cos(lat)
  const z = Math.sin(lat)
  const face = faceOf(x, y, z)
  sphereToFace(face, x, y, z, uv)
  return packCell(face, uvToIndex(uv[0] as number), uvToIndex(uv[1] as number))
}

/** Hilbert position of the quarter (i bit, j bit) in each of the four orientations of the curve. */
const QUARTER_TO_POSITION = [0, 1, 3, 2, 0, 3, 1, 2, 2, 3, 1, 0, 2, 1, 3, 0]
const POSITION_TO_QUARTER = [0, 1, 3, 2, 0, 2, 3, 1, 3, 2, 0, 1, 3, 1, 0, 2]
/** How the orientation changes in the quarter at each Hilbert position. */
const TURN = [1, 0, 0, 3]

/** The cell's S2 token: always eight hexadecimal digits at this level. */
export function cellToken(cell: Cell13): string {
  const face = cellFace(cell)
  const i = cellI(cell)
  const j = cellJ(cell)
  let orientation = face & 1
  let position = 0
  for (let bit = CELL_LEVEL - 1; bit >= 0; bit--) {
    const quarter = (((i >> bit) & 1) << 1) | ((j >> bit) & 1)
    const step = QUARTER_TO_POSITION[4 * orientation + quarter] as number
    position = (position << 2) | step
    orientation ^= TURN[step] as number
  }
  // Top half of the 64-bit id: three bits of face, 26 of position, the marker bit of the level.
  return (face * 0x20000000 + position * 8 + 4).toString(16).padStart(8, '0')
}

/** The level-13 cell that a token names; null when the text is no token of this level. */
export function cellFromToken(token: string): Cell13 | null {
  if (!/^[0-9a-f]{8}$/i.test(token)) return null
  const id = Number.parseInt(token, 16)
  const face = Math.floor(id / 0x20000000)
  if (face > 5 || (id & 7) !== 4) return null
  const position = (id % 0x20000000) >> 3
  let orientation = face & 1
  let i = 0
  let j = 0
  for (let bit = CELL_LEVEL - 1; bit >= 0; bit--) {
    const step = (position >> (2 * bit)) & 3
    const quarter = POSITION_TO_QUARTER[4 * orientation + step] as number
    i = (i << 1) | (quarter >> 1)
    j = (j << 1) | (quarter & 1)
    orientation ^= TURN[step] as number
  }
  return packCell(face, i, j)
}
