export type { CircleOutline, LatLng, Outline, PolygonOutline, Volume4D } from './volume.ts'
export { type Frame, frameAt, moveFrame, projectNormal, projectRing, toEcef, unproject } from './frame.ts'
export { distanceToRing, insideByParity, pointInRing, ringMeetsPlaneDisc, ringsIntersect } from './planar.ts'
export { RingIndex, ringIndexesMeet, ringIndexMeetsRing } from './ring-index.ts'
