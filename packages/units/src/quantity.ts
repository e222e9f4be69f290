import type { Brand } from './brand.ts'

/** A length or difference in metres. */
export type Metres = Brand<number, 'Metres'>
/** A height in metres above the WGS84 ellipsoid (F3548 `W84`). `-Infinity` and `Infinity` mean "no lower / upper bound". */
export type MetresHae = Brand<number, 'MetresHae'>
/** Milliseconds since 1970-01-01T00:00:00Z, possibly fractional. `-Infinity` and `Infinity` mean "no start / end". */
export type EpochMs = Brand<number, 'EpochMs'>
/** A duration in milliseconds. */
export type DurationMs = Brand<number, 'DurationMs'>
/** Decimal degrees on WGS84: latitude -90..90, longitude -180..180. */
export type Degrees = Brand<number, 'Degrees'>
/** An area in square metres. */
export type SquareMetres = Brand<number, 'SquareMetres'>

export const metres = (value: number): Metres => value as Metres
export const metresHae = (value: number): MetresHae => value as MetresHae
export const epochMs = (value: number): EpochMs => value as EpochMs
export const durationMs = (value: number): DurationMs => value as DurationMs
export const degrees = (value: number): Degrees => value as Degrees
export const squareMetres = (value: number): SquareMetres => value as SquareMetres
