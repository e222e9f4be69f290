export { outlineAreaM2 } from './area.ts'
export {
  type CellBox,
  CellIndex,
  CellIndexError,
  type CellIndexErrorCode,
  type CellQueryOptions,
} from './cell-index.ts'
export { type Clearing, type ClearingLimits, clearingAmong, exactClearing, type Obstacles } from './clearing.ts'
export { coverOutline } from './cover.ts'
export { type CrossCheck, crossCheckPositions } from './cross-check.ts'
export { requireWgs84 } from './datum.ts'
export { ringDistance, ringMeetsDisc } from './disc.ts'
export { outlineDistance } from './distance.ts'
export { ECHO_PRECISION_M, echoPosition, type PositionEcho } from './echo.ts'
export { GeoError, type GeoErrorCode, type GeoErrorDetails } from './errors.ts'
export { type Frame, frameAt, moveFrame, projectNormal, projectRing, toEcef, unproject } from './frame.ts'
export { directGeodesic, type Geodesic, geodesicDistance, inverseGeodesic } from './geodesic.ts'
export { anyVolumesIntersect, outlineContains, outlinesIntersect, volumesIntersect } from './intersect.ts'
export { distanceToRing, insideByParity, pointInRing, ringMeetsPlaneDisc, ringsIntersect } from './planar.ts'
export {
  type PositionFormat,
  type PositionInput,
  type PositionReading,
  readPosition,
  type Suspicion,
} from './position.ts'
export { RingIndex, ringIndexesMeet, ringIndexMeetsRing } from './ring-index.ts'
export {
  CELL_LEVEL,
  type Cell13,
  cellFace,
  cellFromLatLng,
  cellFromToken,
  cellI,
  cellJ,
  cellToken,
  packCell,
} from './s2.ts'
export { type Section, SectionError, type SectionErrorCode } from './section.ts'
export { type ShiftSearch, smallestShift } from './shift.ts'
export { fromStraightEdges, straightEdgeGapM } from './straight-edges.ts'
export {
  MAX_EXTENT_M,
  MAX_PERIMETER_M,
  MAX_VERTICES,
  type OutlineCheck,
  type OutlineLimits,
  validateOutline,
  validateVolume,
} from './validate.ts'
export type { CircleOutline, LatLng, Outline, PolygonOutline, Volume4D } from './volume.ts'
export { VolumeIndex, VolumeIndexError, type VolumeIndexErrorCode, type VolumeQueryOptions } from './volume-index.ts'
