import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl'
import { DANGER_COLOUR, DRAFT_COLOUR, POSITION_COLOUR, ZONE_COLOUR } from './palette.ts'

/**
 * The map's style: everything from this origin. There is no `glyphs` address, so text is drawn with the machine's own
 * fonts, Arabic shaping included.
 */

const none = { type: 'FeatureCollection' as const, features: [] }
const FONT = ['Noto Sans Regular']

const isActive: ExpressionSpecification = ['boolean', ['feature-state', 'active'], false]
const isSelected: ExpressionSpecification = ['boolean', ['feature-state', 'selected'], false]

/** The sources that change with the page; `countries` is filled once it is loaded. */
const sourceNames = [
  'countries',
  'graticule',
  'graticule-labels',
  'rings',
  'ring-labels',
  'places',
  'areas',
  'area-labels',
  'refused',
  'line-areas',
  'line-borders',
  'line-points',
  'line-labels',
  'draft',
  'draft-points',
] as const
export type SourceName = (typeof sourceNames)[number]

const text = (colour: string, size: number) => ({
  layout: {
    'text-font': FONT,
    'text-size': size,
    'text-field': ['get', 'text'] as ['get', string],
  },
  paint: { 'text-color': colour, 'text-halo-color': '#0b1118', 'text-halo-width': 1.6 },
})

/** Labels of what has an extent: they move aside rather than leave it. */
const SHAPE_LABEL = {
  layout: {
    ...text('', 12.5).layout,
    'text-max-width': 14,
    'text-variable-anchor': ['center' as const, 'top' as const, 'bottom' as const, 'left' as const, 'right' as const],
    'text-radial-offset': 0.6,
  },
  paint: {
    'text-color': ['get', 'colour'] as ['get', string],
    'text-halo-color': '#0b1118',
    'text-halo-width': 2,
  },
}

const layers: LayerSpecification[] = [
  { id: 'sea', type: 'background', paint: { 'background-color': '#0d1722' } },
  { id: 'land', type: 'fill', source: 'countries', paint: { 'fill-color': '#17222e' } },
  {
    id: 'graticule',
    type: 'line',
    source: 'graticule',
    paint: { 'line-color': '#3b4c5e', 'line-width': 0.6, 'line-opacity': 0.8 },
  },
  { id: 'borders', type: 'line', source: 'countries', paint: { 'line-color': '#8296aa', 'line-width': 1.1 } },
  {
    id: 'rings',
    type: 'line',
    source: 'rings',
    paint: { 'line-color': '#9fb2c6', 'line-width': 1, 'line-dasharray': [2, 4], 'line-opacity': 0.8 },
  },
  {
    id: 'areas-fill',
    type: 'fill',
    source: 'areas',
    paint: {
      'fill-pattern': ['get', 'pattern'],
      'fill-opacity': ['case', isSelected, 1, isActive, 0.8, 0],
    },
  },
  {
    id: 'zones-line',
    type: 'line',
    source: 'areas',
    filter: ['==', ['get', 'kind'], 'constraint'],
    paint: {
      'line-color': ZONE_COLOUR,
      'line-dasharray': [4, 2],
      'line-width': ['case', isSelected, 4, isActive, 2.4, 1],
      'line-opacity': ['case', isSelected, 1, isActive, 1, 0.35],
    },
  },
  {
    id: 'plans-line',
    type: 'line',
    source: 'areas',
    filter: ['==', ['get', 'kind'], 'operational_intent'],
    paint: {
      'line-color': ['case', isSelected, '#ffffff', ['get', 'colour']],
      'line-width': ['case', isSelected, 3.5, isActive, 2.2, 1],
      'line-opacity': ['case', isSelected, 1, isActive, 1, 0.4],
    },
  },
  { id: 'refused-fill', type: 'fill', source: 'refused', paint: { 'fill-pattern': 'danger', 'fill-opacity': 0.7 } },
  {
    id: 'refused-line',
    type: 'line',
    source: 'refused',
    paint: { 'line-color': DANGER_COLOUR, 'line-width': 3, 'line-dasharray': [3, 1.5] },
  },
  {
    id: 'line-plans-fill',
    type: 'fill',
    source: 'line-areas',
    filter: ['==', ['get', 'kind'], 'plan'],
    paint: { 'fill-color': ['get', 'colour'], 'fill-opacity': ['case', ['get', 'firm'], 0.28, 0.12] },
  },
  {
    id: 'line-plans-line',
    type: 'line',
    source: 'line-areas',
    filter: ['==', ['get', 'kind'], 'plan'],
    paint: { 'line-color': ['get', 'colour'], 'line-width': ['case', ['get', 'firm'], 2.6, 1.4] },
  },
  {
    id: 'line-areas-line',
    type: 'line',
    source: 'line-areas',
    filter: ['==', ['get', 'kind'], 'area'],
    paint: { 'line-color': ['get', 'colour'], 'line-width': 3, 'line-dasharray': [0.5, 1.5] },
  },
  {
    id: 'line-borders',
    type: 'line',
    source: 'line-borders',
    layout: { 'line-cap': 'round', 'line-join': 'round' },
    paint: { 'line-color': '#ffffff', 'line-width': ['case', ['get', 'firm'], 4, 1.4] },
  },
  {
    id: 'line-points',
    type: 'circle',
    source: 'line-points',
    paint: {
      'circle-radius': 6,
      'circle-color': '#0b1118',
      'circle-opacity': 0.4,
      'circle-stroke-color': POSITION_COLOUR,
      'circle-stroke-width': 2.5,
    },
  },
  {
    id: 'draft-fill',
    type: 'fill',
    source: 'draft',
    filter: ['==', ['geometry-type'], 'Polygon'],
    paint: { 'fill-color': DRAFT_COLOUR, 'fill-opacity': 0.18 },
  },
  {
    id: 'draft-line',
    type: 'line',
    source: 'draft',
    paint: { 'line-color': DRAFT_COLOUR, 'line-width': 2.4, 'line-dasharray': [1, 1] },
  },
  {
    id: 'draft-points',
    type: 'circle',
    source: 'draft-points',
    paint: {
      'circle-radius': 5,
      'circle-color': '#0b1118',
      'circle-stroke-color': DRAFT_COLOUR,
      'circle-stroke-width': 2,
    },
  },
  {
    id: 'places',
    type: 'circle',
    source: 'places',
    paint: {
      'circle-radius': ['match', ['get', 'kind'], 'fire', 6, 3.5],
      'circle-color': ['match', ['get', 'kind'], 'fire', DANGER_COLOUR, 'water', '#4f9fe0', '#cfd8e3'],
      'circle-stroke-color': '#0b1118',
      'circle-stroke-width': 1.5,
    },
  },
  {
    id: 'graticule-labels',
    type: 'symbol',
    source: 'graticule-labels',
    ...text('#8fa3b8', 11),
    layout: {
      ...text('', 11).layout,
      'text-anchor': ['match', ['get', 'axis'], 'lng', 'bottom', 'left'],
      'text-allow-overlap': true,
    },
  },
  {
    id: 'ring-labels',
    type: 'symbol',
    source: 'ring-labels',
    ...text('#b4c3d2', 11),
    layout: { ...text('', 11).layout, 'text-anchor': 'top', 'text-offset': [0, 0.2] },
  },
  {
    id: 'place-labels',
    type: 'symbol',
    source: 'places',
    ...text('#e6edf3', 12),
    layout: { ...text('', 12).layout, 'text-anchor': 'left', 'text-offset': [0.7, 0], 'text-justify': 'left' },
  },
  {
    id: 'area-labels',
    type: 'symbol',
    source: 'area-labels',
    layout: { ...SHAPE_LABEL.layout, 'symbol-sort-key': ['get', 'rank'] },
    paint: SHAPE_LABEL.paint,
  },
  {
    id: 'line-labels',
    type: 'symbol',
    source: 'line-labels',
    ...SHAPE_LABEL,
  },
  {
    id: 'line-point-labels',
    type: 'symbol',
    source: 'line-points',
    ...text(POSITION_COLOUR, 12),
    layout: { ...text('', 12).layout, 'text-anchor': 'left', 'text-offset': [0.8, 0], 'text-justify': 'left' },
  },
  {
    id: 'draft-labels',
    type: 'symbol',
    source: 'draft-points',
    ...text('#ffffff', 12),
    layout: { ...text('', 12).layout, 'text-offset': [0, -1.1], 'text-allow-overlap': true },
  },
]

export function mapStyle(): StyleSpecification {
  return {
    version: 8,
    sources: Object.fromEntries(
      sourceNames.map((name) => [
        name,
        {
          type: 'geojson' as const,
          data: none,
          ...(name === 'areas' ? { promoteId: 'fid' } : {}),
          ...(name === 'countries' ? { attribution: '', tolerance: 0.2 } : {}),
        },
      ]),
    ),
    layers,
  }
}
