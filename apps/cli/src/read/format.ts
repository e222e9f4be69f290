/** Formats told apart by content. */
export const FORMATS = ['f3548', 'geojson', 'geojson-seq', 'ed269', 'ed318', 'flights'] as const
export type Format = (typeof FORMATS)[number]
