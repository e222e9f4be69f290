export type { CircleOutline, LatLng, Outline, PolygonOutline, Volume4D } from './volume.ts'
