import { edgeMeetsRun, segmentDistanceSquared, segmentsTouch, TOUCH_M } from './segments.ts'

/** Edges in a leaf box, and boxes in a parent box. */
const FAN = 8

/**
 * Boxes over consecutive edges of one flat ring, eight to a box and eight boxes to the next: built in one pass, reused without allocating.
 * Worth it above about twenty vertices, or when one ring meets many others. The ring's array is referenced, not copied.
 */
export class RingIndex {
  /** x, y, x, y, … of the ring. */
  xy: Float64Array = new Float64Array(0)
  count = 0
  /** First box of each level, leaf level first; one past the last box at the end. */
  readonly levelStart: number[] = []
  levels = 0
  /** minX, minY, maxX, maxY of each box. */
  boxes: Float64Array = new Float64Array(4 * 32)

  /** Indexes the first `count` vertices of `xy`, dropping what was there. */
  build(xy: Float64Array, count: number): void {
    this.xy = xy
    this.count = count
    const leaves = Math.ceil(count / FAN)
    const need = 4 * (leaves + Math.ceil(leaves / (FAN - 1)) + 16)
    if (this.boxes.length < need) this.boxes = new Float64Array(2 * need)
    const boxes = this.boxes
    let box = 0
    for (let leaf = 0; leaf < leaves; leaf++) {
      const first = leaf * FAN
      const last = Math.min(first + FAN, count)
      const wrapped = last === count ? 0 : last
      let minX = xy[2 * wrapped] as number
      let minY = xy[2 * wrapped + 1] as number
      let maxX = minX
      let maxY = minY
      for (let k = 2 * first, end = 2 * last; k < end; k += 2) {
        const x = xy[k] as number
        const y = xy[k + 1] as number
        if (x < minX) minX = x
        if (x > maxX) maxX = x
        if (y < minY) minY = y
        if (y > maxY) maxY = y
      }
      boxes[box] = minX
      boxes[box + 1] = minY
      boxes[box + 2] = maxX
      boxes[box + 3] = maxY
      box += 4
    }
    this.levelStart[0] = 0
    let level = 0
    let start = 0
    let size = leaves
    while (size > 1) {
      const next = start + size
      const parents = Math.ceil(size / FAN)
      for (let parent = 0; parent < parents; parent++) {
        let minX = Infinity
        let minY = Infinity
        let maxX = -Infinity
        let maxY = -Infinity
        const stop = start + Math.min(size, (parent + 1) * FAN)
        for (let child = 4 * (start + parent * FAN); child < 4 * stop; child += 4) {
          minX = Math.min(minX, boxes[child] as number)
          minY = Math.min(minY, boxes[child + 1] as number)
          maxX = Math.max(maxX, boxes[child + 2] as number)
          maxY = Math.max(maxY, boxes[child + 3] as number)
        }
        boxes[box] = minX
        boxes[box + 1] = minY
        boxes[box + 2] = maxX
        boxes[box + 3] = maxY
        box += 4
      }
      level++
      this.levelStart[level] = next
      start = next
      size = parents
    }
    this.levels = level + 1
    this.levelStart[level + 1] = start + size
  }

  /** Whether (x, y) is inside by crossing parity: right away from the boundary, undefined on it. */
  insideByParity(x: number, y: number): boolean {
    const { boxes, levelStart, xy, count } = this
    const top = this.levels - 1
    let inside = false
    let depth = 0
    parityStack[depth++] = top
    parityStack[depth++] = 0
    while (depth > 0) {
      const node = parityStack[--depth] as number
      const level = parityStack[--depth] as number
      const box = 4 * ((levelStart[level] as number) + node)
      if ((boxes[box + 1] as number) > y || (boxes[box + 3] as number) < y || (boxes[box + 2] as number) < x) continue
      if (level > 0) {
        const below = (levelStart[level] as number) - (levelStart[level - 1] as number)
        const stop = Math.min((node + 1) * FAN, below)
        for (let child = node * FAN; child < stop; child++) {
          parityStack[depth++] = level - 1
          parityStack[depth++] = child
        }
        continue
      }
      const last = Math.min((node + 1) * FAN, count)
      for (let k = node * FAN; k < last; k++) {
        const n = k + 1 === count ? 0 : k + 1
        const y0 = xy[2 * k + 1] as number
        const y1 = xy[2 * n + 1] as number
        if (y0 > y === y1 > y) continue
        const x0 = xy[2 * k] as number
        if (x < x0 + ((y - y0) * ((xy[2 * n] as number) - x0)) / (y1 - y0)) inside = !inside
      }
    }
    return inside
  }

  /** Squared distance from (x, y) to the nearest edge, or `within` squared when none is nearer than that. */
  distanceSquared(x: number, y: number, withinSquared: number): number {
    const { boxes, levelStart, xy, count } = this
    let best = withinSquared
    let depth = 0
    parityStack[depth++] = this.levels - 1
    parityStack[depth++] = 0
    while (depth > 0) {
      const node = parityStack[--depth] as number
      const level = parityStack[--depth] as number
      const box = 4 * ((levelStart[level] as number) + node)
      const dx = Math.max((boxes[box] as number) - x, 0, x - (boxes[box + 2] as number))
      const dy = Math.max((boxes[box + 1] as number) - y, 0, y - (boxes[box + 3] as number))
      if (dx * dx + dy * dy >= best) continue
      if (level > 0) {
        const below = (levelStart[level] as number) - (levelStart[level - 1] as number)
        const stop = Math.min((node + 1) * FAN, below)
        for (let child = node * FAN; child < stop; child++) {
          parityStack[depth++] = level - 1
          parityStack[depth++] = child
        }
        continue
      }
      const last = Math.min((node + 1) * FAN, count)
      for (let k = node * FAN; k < last; k++) {
        const n = k + 1 === count ? 0 : k + 1
        const d = segmentDistanceSquared(
          x,
          y,
          xy[2 * k] as number,
          xy[2 * k + 1] as number,
          xy[2 * n] as number,
          xy[2 * n + 1] as number,
        )
        if (d < best) best = d
      }
    }
    return best
  }

  /**
   * The first pair of edges found that touch though they are not neighbours, or that fold back onto their neighbour;
   * edges are named by their first vertex. Null for a simple ring.
   */
  selfContact(): readonly [number, number] | null {
    const { boxes, levelStart, xy, count } = this
    const leaves = levelStart[1] as number
    for (let a = 0; a < leaves; a++) {
      const minX = (boxes[4 * a] as number) - TOUCH_M
      const minY = (boxes[4 * a + 1] as number) - TOUCH_M
      const maxX = (boxes[4 * a + 2] as number) + TOUCH_M
      const maxY = (boxes[4 * a + 3] as number) + TOUCH_M
      for (let b = a; b < leaves; b++) {
        if (
          (boxes[4 * b] as number) > maxX ||
          (boxes[4 * b + 2] as number) < minX ||
          (boxes[4 * b + 1] as number) > maxY ||
          (boxes[4 * b + 3] as number) < minY
        )
          continue
        const neighbours = b - a <= 1 || b - a >= leaves - 1
        if (!neighbours && !leavesMeet(this, a, this, b)) continue
        const found = leafContact(xy, count, a, b)
        if (found >= 0) return [Math.floor(found / count), found % count]
      }
    }
    return null
  }
}

/** Levels never exceed 12 and each keeps at most eight siblings open. */
const parityStack = new Int32Array(2 * FAN * 16)
const pairStack = new Int32Array(4 * 2 * FAN * 32)

/** Whether two indexed rings share a point, faces included; each may be a single point or line as well. */
export function ringIndexesMeet(a: RingIndex, b: RingIndex): boolean {
  return (
    edgesMeet(a, b) ||
    a.insideByParity(b.xy[0] as number, b.xy[1] as number) ||
    b.insideByParity(a.xy[0] as number, a.xy[1] as number)
  )
}

/** Whether an indexed ring and a short plain one share a point, faces included. */
export function ringIndexMeetsRing(a: RingIndex, b: Float64Array, bn: number): boolean {
  other.build(b, bn)
  return ringIndexesMeet(a, other)
}

const other = new RingIndex()

function edgesMeet(a: RingIndex, b: RingIndex): boolean {
  let depth = 0
  pairStack[depth++] = a.levels - 1
  pairStack[depth++] = 0
  pairStack[depth++] = b.levels - 1
  pairStack[depth++] = 0
  while (depth > 0) {
    const nodeB = pairStack[--depth] as number
    const levelB = pairStack[--depth] as number
    const nodeA = pairStack[--depth] as number
    const levelA = pairStack[--depth] as number
    const boxA = 4 * ((a.levelStart[levelA] as number) + nodeA)
    const boxB = 4 * ((b.levelStart[levelB] as number) + nodeB)
    if (
      (a.boxes[boxA] as number) > (b.boxes[boxB + 2] as number) + TOUCH_M ||
      (a.boxes[boxA + 2] as number) < (b.boxes[boxB] as number) - TOUCH_M ||
      (a.boxes[boxA + 1] as number) > (b.boxes[boxB + 3] as number) + TOUCH_M ||
      (a.boxes[boxA + 3] as number) < (b.boxes[boxB + 1] as number) - TOUCH_M
    )
      continue
    if (levelA === 0 && levelB === 0) {
      if (leavesMeet(a, nodeA, b, nodeB)) return true
    } else if (levelA >= levelB) {
      const below = (a.levelStart[levelA] as number) - (a.levelStart[levelA - 1] as number)
      const stop = Math.min((nodeA + 1) * FAN, below)
      for (let child = nodeA * FAN; child < stop; child++) {
        pairStack[depth++] = levelA - 1
        pairStack[depth++] = child
        pairStack[depth++] = levelB
        pairStack[depth++] = nodeB
      }
    } else {
      const below = (b.levelStart[levelB] as number) - (b.levelStart[levelB - 1] as number)
      const stop = Math.min((nodeB + 1) * FAN, below)
      for (let child = nodeB * FAN; child < stop; child++) {
        pairStack[depth++] = levelA
        pairStack[depth++] = nodeA
        pairStack[depth++] = levelB - 1
        pairStack[depth++] = child
      }
    }
  }
  return false
}

function leavesMeet(a: RingIndex, nodeA: number, b: RingIndex, nodeB: number): boolean {
  const box = 4 * nodeB
  const minX = (b.boxes[box] as number) - TOUCH_M
  const minY = (b.boxes[box + 1] as number) - TOUCH_M
  const maxX = (b.boxes[box + 2] as number) + TOUCH_M
  const maxY = (b.boxes[box + 3] as number) + TOUCH_M
  const first = nodeB * FAN
  const last = Math.min(first + FAN, b.count)
  const lastA = Math.min((nodeA + 1) * FAN, a.count)
  for (let k = nodeA * FAN; k < lastA; k++) {
    const n = k + 1 === a.count ? 0 : k + 1
    const x0 = a.xy[2 * k] as number
    const y0 = a.xy[2 * k + 1] as number
    const x1 = a.xy[2 * n] as number
    const y1 = a.xy[2 * n + 1] as number
    if ((x0 < minX && x1 < minX) || (x0 > maxX && x1 > maxX) || (y0 < minY && y1 < minY) || (y0 > maxY && y1 > maxY))
      continue
    if (edgeMeetsRun(a.xy, k, n, b.xy, b.count, first, last)) return true
  }
  return false
}

/** The first pair of edges of leaves a and b that touch as `selfContact` means it, as `i * count + j`; -1 when none do. */
function leafContact(xy: Float64Array, count: number, a: number, b: number): number {
  const lastA = Math.min((a + 1) * FAN, count)
  const lastB = Math.min((b + 1) * FAN, count)
  for (let i = a * FAN; i < lastA; i++) {
    const iNext = i + 1 === count ? 0 : i + 1
    const ax = xy[2 * i] as number
    const ay = xy[2 * i + 1] as number
    const bx = xy[2 * iNext] as number
    const by = xy[2 * iNext + 1] as number
    const minX = Math.min(ax, bx) - TOUCH_M
    const maxX = Math.max(ax, bx) + TOUCH_M
    const minY = Math.min(ay, by) - TOUCH_M
    const maxY = Math.max(ay, by) + TOUCH_M
    for (let j = a === b ? i + 1 : b * FAN; j < lastB; j++) {
      const jNext = j + 1 === count ? 0 : j + 1
      const cx = xy[2 * j] as number
      const dx = xy[2 * jNext] as number
      if ((cx < minX && dx < minX) || (cx > maxX && dx > maxX)) continue
      const cy = xy[2 * j + 1] as number
      const dy = xy[2 * jNext + 1] as number
      if ((cy < minY && dy < minY) || (cy > maxY && dy > maxY)) continue
      if (iNext === j || jNext === i) {
        if (count > 2 && foldsBack(xy, iNext === j ? i : j, iNext === j ? j : i, count)) return i * count + j
      } else if (segmentsTouch(ax, ay, bx, by, cx, cy, dx, dy)) return i * count + j
    }
  }
  return -1
}

/** Whether the edge that starts at vertex `second` runs back along the edge that starts at `first` and ends there. */
function foldsBack(xy: Float64Array, first: number, second: number, count: number): boolean {
  const third = second + 1 === count ? 0 : second + 1
  const ax = xy[2 * first] as number
  const ay = xy[2 * first + 1] as number
  const bx = xy[2 * second] as number
  const by = xy[2 * second + 1] as number
  const cx = xy[2 * third] as number
  const cy = xy[2 * third + 1] as number
  if ((ax - bx) * (cx - bx) + (ay - by) * (cy - by) <= 0) return false
  const limit = TOUCH_M * TOUCH_M
  return (
    segmentDistanceSquared(ax, ay, bx, by, cx, cy) <= limit || segmentDistanceSquared(cx, cy, ax, ay, bx, by) <= limit
  )
}
