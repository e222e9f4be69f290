import { RADIANS } from './ellipsoid.ts'
import { type Frame, frameAt, projectNormal } from './frame.ts'
import { insideByParity, ringMeetsPlaneDisc } from './planar.ts'
import { RingIndex } from './ring-index.ts'
import { faceOf, faceToSphere, indexToUv, packCell, sphereToFace, uvToIndex } from './s2.ts'
import { frameOf, projectShape, type Shape, shapeOf } from './shape.ts'
import type { LatLng, Outline } from './volume.ts'

/**
 * Every level-13 S2 cell that the outline touches, sorted and unique, in a new array.
 *
 * Never too few: polygon edges are geodesics and circles true WGS84 discs, and both are covered outwards, so two outlines that meet
 * always share a cell. At most slivers too many: an edge within 6 mm (0.2 m for edges of 20 km and more) of a cell takes that cell.
 * Size is the caller's to limit, by `outlineAreaM2`: one cell per 1.3 km².
 */
export function coverOutline(outline: Outline): Int32Array {
  used = 0
  if (outline.kind === 'circle') coverDisc(outline.centre, outline.radiusM)
  else coverPolygon(outline, outline.vertices)
  const found = new Int32Array(used)
  if (used > 32) found.set(cells.subarray(0, used))
  else for (let k = 0; k < used; k++) found[k] = cells[k] as number
  return found
}

/** What two covered outlines that touch may be apart by rounding, in radians: 6 mm. */
const SLACK = 1e-9
/** S2's great circles leave the geodesic by 6.6e-11 L² metres (L in metres); in radians, with half as much again in hand. */
const BOW = 6.4e-4
/** An edge this long, in radians (20 km), is cut before it is covered. */
const LONG_EDGE = 20_000 / 6_378_137

/** Cells found so far; may hold duplicates until sorted. */
let cells = new Int32Array(1024)
let used = 0
/** Unit vectors of the ring's vertices, and their places on the current face. */
let normals = new Float64Array(3 * 64)
let places = new Float64Array(2 * 64)
const uv = new Float64Array(3)

function reserve(more: number): void {
  if (used + more <= cells.length) return
  const grown = new Int32Array(Math.max(2 * cells.length, used + more))
  grown.set(cells.subarray(0, used))
  cells = grown
}

function coverPolygon(outline: Outline, vertices: readonly LatLng[]): void {
  const count = vertices.length
  reserveVertices(count)
  let longest2 = 0
  const first = vertices[0] as LatLng
  const sin0 = Math.sin(first.latDeg * RADIANS)
  const cos0 = Math.cos(first.latDeg * RADIANS)
  const sinLng0 = Math.sin(first.lngDeg * RADIANS)
  const cosLng0 = Math.cos(first.lngDeg * RADIANS)
  for (let k = 0; k < count; k++) {
    const { latDeg, lngDeg } = vertices[k] as LatLng
    const phi = (latDeg - first.latDeg) * RADIANS
    const lambda = (lngDeg - first.lngDeg) * RADIANS
    const p2 = phi * phi
    const l2 = lambda * lambda
    let cosLat: number
    if (p2 < 1e-4 && l2 < 1e-4) {
      const sinPhi = phi * (1 - p2 * (1 / 6 - p2 * (1 / 120)))
      const cosPhi = 1 - p2 * (0.5 - p2 * (1 / 24 - p2 * (1 / 720)))
      const sinLambda = lambda * (1 - l2 * (1 / 6 - l2 * (1 / 120)))
      const cosLambda = 1 - l2 * (0.5 - l2 * (1 / 24 - l2 * (1 / 720)))
      cosLat = cos0 * cosPhi - sin0 * sinPhi
      normals[3 * k] = cosLat * (cosLng0 * cosLambda - sinLng0 * sinLambda)
      normals[3 * k + 1] = cosLat * (sinLng0 * cosLambda + cosLng0 * sinLambda)
      normals[3 * k + 2] = sin0 * cosPhi + cos0 * sinPhi
    } else {
      cosLat = Math.cos(latDeg * RADIANS)
      normals[3 * k] = cosLat * Math.cos(lngDeg * RADIANS)
      normals[3 * k + 1] = cosLat * Math.sin(lngDeg * RADIANS)
      normals[3 * k + 2] = Math.sin(latDeg * RADIANS)
    }
    if (k > 0) longest2 = Math.max(longest2, edgeLength2(k - 1, k))
  }
  longest2 = Math.max(longest2, edgeLength2(count - 1, 0))
  if (longest2 <= LONG_EDGE * LONG_EDGE) {
    coverRing(outline, count, 3 * (SLACK + BOW * longest2))
    return
  }
  const shape = shapeOf(outline)
  loadNormals(shape)
  coverRing(outline, shape.count, 3 * (SLACK + BOW * LONG_EDGE * LONG_EDGE))
}

function reserveVertices(count: number): void {
  if (normals.length >= 3 * count) return
  normals = new Float64Array(6 * count)
  places = new Float64Array(4 * count)
}

function edgeLength2(a: number, b: number): number {
  const x = (normals[3 * a] as number) - (normals[3 * b] as number)
  const y = (normals[3 * a + 1] as number) - (normals[3 * b + 1] as number)
  const z = (normals[3 * a + 2] as number) - (normals[3 * b + 2] as number)
  return x * x + y * y + z * z
}

function loadNormals(shape: Shape): void {
  reserveVertices(shape.count)
  for (let k = 0; k < shape.count; k++) {
    const lat = (shape.degrees[2 * k] as number) * RADIANS
    const lng = (shape.degrees[2 * k + 1] as number) * RADIANS
    normals[3 * k] = Math.cos(lat) * Math.cos(lng)
    normals[3 * k + 1] = Math.cos(lat) * Math.sin(lng)
    normals[3 * k + 2] = Math.sin(lat)
  }
}

/** Covers the ring in `normals`, its edges widened by `wide` in u and v. */
function coverRing(outline: Outline, count: number, wide: number): void {
  const face = faceOf(normals[0] as number, normals[1] as number, normals[2] as number)
  let minU = Infinity
  let maxU = -Infinity
  let minV = Infinity
  let maxV = -Infinity
  for (let k = 0; k < count; k++) {
    sphereToFace(face, normals[3 * k] as number, normals[3 * k + 1] as number, normals[3 * k + 2] as number, uv)
    if ((uv[2] as number) < 0.2) {
      coverRingOnFaces(outline, count, wide)
      return
    }
    const u = uv[0] as number
    const v = uv[1] as number
    places[2 * k] = u
    places[2 * k + 1] = v
    if (u < minU) minU = u
    if (u > maxU) maxU = u
    if (v < minV) minV = v
    if (v > maxV) maxV = v
  }
  if (minU - wide < -1 || maxU + wide > 1 || minV - wide < -1 || maxV + wide > 1) {
    coverRingOnFaces(outline, count, wide)
    return
  }
  const i = uvToIndex(minU - wide)
  const j = uvToIndex(minV - wide)
  if (i === uvToIndex(maxU + wide) && j === uvToIndex(maxV + wide)) {
    cells[used++] = packCell(face, i, j)
    return
  }
  let before = count - 1
  for (let k = 0; k < count; k++) {
    coverEdge(face, before, k, wide)
    before = k
  }
  sortCells()
  fillGaps((_, i, j) => insideByParity(places, count, middle(i), middle(j)))
}

const middle = (index: number): number => 0.5 * (indexToUv(index) + indexToUv(index + 1))

/** Adds the cells of one face along the edge between two of `places`. */
function coverEdge(face: number, from: number, to: number, wide: number): void {
  let u0 = places[2 * from] as number
  let v0 = places[2 * from + 1] as number
  let u1 = places[2 * to] as number
  let v1 = places[2 * to + 1] as number
  if (u0 > u1) {
    const u = u0
    const v = v0
    u0 = u1
    v0 = v1
    u1 = u
    v1 = v
  }
  if (u1 + wide < -1 || u0 - wide > 1) return
  const first = uvToIndex(u0 - wide)
  const last = uvToIndex(u1 + wide)
  if (first === last) {
    addColumn(face, first, v0 < v1 ? v0 - wide : v1 - wide, v0 < v1 ? v1 + wide : v0 + wide)
    return
  }
  const slope = u1 > u0 ? (v1 - v0) / (u1 - u0) : 0
  const steep = u1 - u0 < 1e-12
  for (let i = first; i <= last; i++) {
    const left = indexToUv(i) - wide
    const right = indexToUv(i + 1) + wide
    const a = steep || left <= u0 ? v0 : v0 + slope * (left - u0)
    const b = steep || right >= u1 ? v1 : v0 + slope * (right - u0)
    addColumn(face, i, (a < b ? a : b) - wide, (a < b ? b : a) + wide)
  }
}

function addColumn(face: number, i: number, minV: number, maxV: number): void {
  if (maxV < -1 || minV > 1) return
  const first = uvToIndex(minV)
  const last = uvToIndex(maxV)
  reserve(last - first + 1)
  const column = packCell(face, i, 0)
  for (let j = first; j <= last; j++) cells[used++] = column | j
}

function sortCells(): void {
  if (used > 40) cells.subarray(0, used).sort()
  else {
    for (let k = 1; k < used; k++) {
      const cell = cells[k] as number
      let at = k - 1
      while (at >= 0 && (cells[at] as number) > cell) {
        cells[at + 1] = cells[at] as number
        at--
      }
      cells[at + 1] = cell
    }
  }
  let kept = 0
  for (let k = 0; k < used; k++) {
    const cell = cells[k] as number
    if (k === 0 || cell !== cells[kept - 1]) cells[kept++] = cell
  }
  used = kept
}

/** Adds each run of cells between two covered ones of a column whose first cell is inside, and sorts again when any was. */
function fillGaps(inside: (face: number, i: number, j: number) => boolean): void {
  const boundary = used
  for (let k = 1; k < boundary; k++) {
    const before = cells[k - 1] as number
    const after = cells[k] as number
    if (after - before <= 1 || after >> 13 !== before >> 13) continue
    if (!inside(before >> 26, (before >> 13) & 8191, (before & 8191) + 1)) continue
    reserve(after - before)
    for (let cell = before + 1; cell < after; cell++) cells[used++] = cell
  }
  if (used > boundary) sortCells()
}

const corner = { x: 0, y: 0, z: 0 }
const plane = new Float64Array(2)

/** Covers a ring that reaches over more than one face: edges face by face, then the inside by a test in the outline's own frame. */
function coverRingOnFaces(outline: Outline, count: number, wide: number): void {
  const shape = shapeOf(outline)
  const frame = frameOf(shape)
  const index = new RingIndex()
  index.build(projectShape(shape, frame), shape.count)
  const inside = (face: number, i: number, j: number): boolean => {
    faceToSphere(face, middle(i), middle(j), corner)
    const length = Math.hypot(corner.x, corner.y, corner.z)
    corner.x /= length
    corner.y /= length
    corner.z /= length
    projectNormal(frame, corner, plane)
    return !Number.isNaN(plane[0]) && index.insideByParity(plane[0] as number, plane[1] as number)
  }
  for (let face = 0; face < 6; face++) {
    for (let k = 0; k < count; k++) {
      sphereToFace(face, normals[3 * k] as number, normals[3 * k + 1] as number, normals[3 * k + 2] as number, uv)
      const near = (uv[2] as number) > 0.2
      places[2 * k] = near ? (uv[0] as number) : Number.NaN
      places[2 * k + 1] = near ? (uv[1] as number) : Number.NaN
    }
    let before = count - 1
    for (let k = 0; k < count; k++) {
      // Edges are short here, so one with an end far behind the face does not reach the face.
      if (!Number.isNaN(places[2 * k]) && !Number.isNaN(places[2 * before])) coverEdge(face, before, k, wide)
      before = k
    }
  }
  sortCells()
  fillGaps(inside)
  fillToFaceEdges(inside)
}

/** Adds the cells between a face's edge and its outermost covered ones, where the inside runs on into the next face. */
function fillToFaceEdges(inside: (face: number, i: number, j: number) => boolean): void {
  const covered = used
  for (let k = 0; k < covered; k++) {
    const cell = cells[k] as number
    const face = cell >> 26
    const i = (cell >> 13) & 8191
    const column = cell >> 13
    const opensColumn = k === 0 || (cells[k - 1] as number) >> 13 !== column
    const closesColumn = k === covered - 1 || (cells[k + 1] as number) >> 13 !== column
    if (opensColumn && (cell & 8191) > 0 && inside(face, i, (cell & 8191) - 1)) addCells(packCell(face, i, 0), cell - 1)
    if (closesColumn && (cell & 8191) < 8191 && inside(face, i, (cell & 8191) + 1)) {
      addCells(cell + 1, packCell(face, i, 8191))
    }
    const opensFace = k === 0 || (cells[k - 1] as number) >> 26 !== face
    const closesFace = k === covered - 1 || (cells[k + 1] as number) >> 26 !== face
    // A column without any covered cell is inside or outside as a whole, and so is its neighbour.
    if (opensFace && i > 0 && inside(face, i - 1, 4096)) addCells(packCell(face, 0, 0), packCell(face, i - 1, 8191))
    if (closesFace && i < 8191 && inside(face, i + 1, 4096)) {
      addCells(packCell(face, i + 1, 0), packCell(face, 8191, 8191))
    }
  }
  if (used > covered) sortCells()
}

function addCells(first: number, last: number): void {
  reserve(last - first + 1)
  for (let cell = first; cell <= last; cell++) cells[used++] = cell
}

/** The smallest radius of curvature of WGS84, along the meridian at the equator. */
const LEAST_RADIUS_M = 6_335_439
const quad = new Float64Array(8)

function coverDisc({ latDeg, lngDeg }: LatLng, radiusM: number): void {
  const cosLat = Math.cos(latDeg * RADIANS)
  const x = cosLat * Math.cos(lngDeg * RADIANS)
  const y = cosLat * Math.sin(lngDeg * RADIANS)
  const z = Math.sin(latDeg * RADIANS)
  const angle = radiusM / LEAST_RADIUS_M + SLACK
  const frame = frameAt(latDeg, lngDeg)
  // The plane's image of the true disc is round to 1.8e-17 r³ metres: 1.4 cm at 100 km.
  const reach = 0.01 + 4e-17 * radiusM * radiusM * radiusM
  const disc = { x: 0, y: 0, radiusM: frame.radiusM * Math.tan((radiusM + reach) / frame.radiusM) }
  const home = faceOf(x, y, z)
  for (let turn = 0; turn < 6; turn++) {
    const face = (home + turn) % 6
    sphereToFace(face, x, y, z, uv)
    const depth = uv[2] as number
    if (depth < 0.05) continue
    const u = uv[0] as number
    const v = uv[1] as number
    const aroundU = Math.asin(Math.min(1, Math.sin(angle) / (depth * Math.sqrt(1 + u * u))))
    const aroundV = Math.asin(Math.min(1, Math.sin(angle) / (depth * Math.sqrt(1 + v * v))))
    const minU = reachTan(Math.atan(u) - aroundU)
    const maxU = reachTan(Math.atan(u) + aroundU)
    const minV = reachTan(Math.atan(v) - aroundV)
    const maxV = reachTan(Math.atan(v) + aroundV)
    if (minU > 1 || maxU < -1 || minV > 1 || maxV < -1) continue
    const firstI = uvToIndex(minU)
    const lastI = uvToIndex(maxU)
    const firstJ = uvToIndex(minV)
    const lastJ = uvToIndex(maxV)
    if (firstI === lastI && firstJ === lastJ && minU >= -1 && maxU <= 1 && minV >= -1 && maxV <= 1) {
      reserve(1)
      cells[used++] = packCell(face, firstI, firstJ)
      return
    }
    reserve((lastI - firstI + 1) * (lastJ - firstJ + 1))
    for (let i = firstI; i <= lastI; i++) {
      const left = indexToUv(i)
      const right = indexToUv(i + 1)
      projectCorner(frame, face, left, indexToUv(firstJ), 0)
      projectCorner(frame, face, right, indexToUv(firstJ), 2)
      for (let j = firstJ; j <= lastJ; j++) {
        const top = indexToUv(j + 1)
        projectCorner(frame, face, right, top, 4)
        projectCorner(frame, face, left, top, 6)
        if (quadMeetsDisc(disc)) cells[used++] = packCell(face, i, j)
        quad.copyWithin(0, 6, 8)
        quad.copyWithin(2, 4, 6)
      }
    }
    if (minU >= -1 && maxU <= 1 && minV >= -1 && maxV <= 1) break
  }
  sortCells()
}

/** Whether the cell in `quad` meets the disc about the origin; most cells are told by their corners alone. */
function quadMeetsDisc(disc: { readonly x: number; readonly y: number; readonly radiusM: number }): boolean {
  const { radiusM } = disc
  let nearest2 = Infinity
  for (let k = 0; k < 8; k += 2) {
    const x = quad[k] as number
    const y = quad[k + 1] as number
    const away2 = x * x + y * y
    if (away2 < nearest2) nearest2 = away2
  }
  if (nearest2 <= radiusM * radiusM) return true
  const side = Math.hypot((quad[4] as number) - (quad[0] as number), (quad[5] as number) - (quad[1] as number))
  if (nearest2 > (radiusM + side) * (radiusM + side)) return insideByParity(quad, 4, 0, 0)
  return ringMeetsPlaneDisc(quad, 4, disc)
}

function reachTan(angle: number): number {
  return angle >= 1.5 ? 15 : angle <= -1.5 ? -15 : Math.tan(angle)
}

function projectCorner(frame: Frame, face: number, u: number, v: number, at: number): void {
  faceToSphere(face, u, v, corner)
  const length = Math.sqrt(1 + u * u + v * v)
  corner.x /= length
  corner.y /= length
  corner.z /= length
  projectNormal(frame, corner, plane)
  quad[at] = plane[0] as number
  quad[at + 1] = plane[1] as number
}
