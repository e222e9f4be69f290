/** How a position may be written, by name: what `format` of a position in `--content` may say. */
export const POSITION_FORMATS = [
  'decimal_degrees',
  'degrees_minutes',
  'degrees_minutes_seconds',
  'mgrs',
  'cap',
  'geojson',
] as const
