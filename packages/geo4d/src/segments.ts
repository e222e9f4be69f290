/**
 * Edges nearer than this meet. Coordinates carry noise of about 1e-9 m, so exact touching (a shared face along a meridian, a vertex on
 * another's edge) would otherwise be decided by rounding; 1 µm is far below the 1 cm that the standard resolves.
 */
export const TOUCH_M = 1e-6

/** Squared distance from (x, y) to the segment (x0, y0)–(x1, y1). */
export function segmentDistanceSquared(x: number, y: number, x0: number, y0: number, x1: number, y1: number): number {
  const dx = x1 - x0
  const dy = y1 - y0
  const px = x - x0
  const py = y - y0
  const along = px * dx + py * dy
  const length2 = dx * dx + dy * dy
  if (along <= 0 || length2 === 0) return px * px + py * py
  if (along >= length2) {
    const qx = x - x1
    const qy = y - y1
    return qx * qx + qy * qy
  }
  const across = px * dy - py * dx
  return (across * across) / length2
}

/**
 * Whether the segment between vertices `from` and `to` of `a` comes within `TOUCH_M` of any edge of the ring `b` of `bn` vertices that
 * starts at its vertices `first` … `last - 1`. Takes positions rather than coordinates: fractions passed between functions would be
 * allocated one by one.
 */
export function edgeMeetsRun(
  a: Float64Array,
  from: number,
  to: number,
  b: Float64Array,
  bn: number,
  first: number,
  last: number,
): boolean {
  const x0 = a[2 * from] as number
  const y0 = a[2 * from + 1] as number
  const x1 = a[2 * to] as number
  const y1 = a[2 * to + 1] as number
  const dx = x1 - x0
  const dy = y1 - y0
  const near = TOUCH_M * (Math.abs(dx) + Math.abs(dy))
  let px = b[2 * first] as number
  let py = b[2 * first + 1] as number
  let before = dx * (py - y0) - dy * (px - x0)
  for (let k = first; k < last; k++) {
    const next = k + 1 === bn ? 0 : 2 * k + 2
    const qx = b[next] as number
    const qy = b[next + 1] as number
    const side = dx * (qy - y0) - dy * (qx - x0)
    if (!((before > near && side > near) || (before < -near && side < -near))) {
      const ex = qx - px
      const ey = qy - py
      const nearRun = TOUCH_M * (Math.abs(ex) + Math.abs(ey))
      const start = ex * (y0 - py) - ey * (x0 - px)
      const end = ex * (y1 - py) - ey * (x1 - px)
      if (!((start > nearRun && end > nearRun) || (start < -nearRun && end < -nearRun))) {
        const crosses =
          ((before > near && side < -near) || (before < -near && side > near)) &&
          ((start > nearRun && end < -nearRun) || (start < -nearRun && end > nearRun))
        if (crosses || segmentsTouch(x0, y0, x1, y1, px, py, qx, qy)) return true
      }
    }
    px = qx
    py = qy
    before = side
  }
  return false
}

/** Whether two segments cross or come within `TOUCH_M` of each other; the slow, complete test. */
export function segmentsTouch(
  ax: number,
  ay: number,
  bx: number,
  by: number,
  cx: number,
  cy: number,
  dx: number,
  dy: number,
): boolean {
  if (endsTouch(ax, ay, bx, by, cx, cy, dx, dy)) return true
  const a = (dx - cx) * (ay - cy) - (dy - cy) * (ax - cx)
  const b = (dx - cx) * (by - cy) - (dy - cy) * (bx - cx)
  const c = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
  const d = (bx - ax) * (dy - ay) - (by - ay) * (dx - ax)
  return a > 0 !== b > 0 && c > 0 !== d > 0
}

/** Whether an end of one segment comes within `TOUCH_M` of the other segment. */
export function endsTouch(
  ax: number,
  ay: number,
  bx: number,
  by: number,
  cx: number,
  cy: number,
  dx: number,
  dy: number,
): boolean {
  const limit = TOUCH_M * TOUCH_M
  return (
    segmentDistanceSquared(ax, ay, cx, cy, dx, dy) <= limit ||
    segmentDistanceSquared(bx, by, cx, cy, dx, dy) <= limit ||
    segmentDistanceSquared(cx, cy, ax, ay, bx, by) <= limit ||
    segmentDistanceSquared(dx, dy, ax, ay, bx, by) <= limit
  )
}
