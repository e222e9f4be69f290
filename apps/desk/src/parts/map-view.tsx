import type { Outline } from '@parley/geo4d'
import { degrees, metres } from '@parley/units'
import { computed, effect, signal, useSignal } from '@preact/signals'
import { AttributionControl, type GeoJSONSource, Map as MapLibreMap, setWorkerUrl } from 'maplibre-gl'
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url'
import { useEffect, useRef } from 'preact/hooks'
import { feature } from 'topojson-client'
import countriesUrl from 'world-atlas/countries-50m.json?url'
import { addPoint, draft, draftOutline, drawing, mapCentre, rounded } from '../form-state.ts'
import { countText, distanceText } from '../format.ts'
import { language, t } from '../i18n.ts'
import { lineMap } from '../line/line-map-session.ts'
import { type LookTarget, lookAt } from '../look-at.ts'
import {
  areaLabels,
  areasOf,
  collection,
  type DrawnArea,
  draftFeatures,
  drawnItems,
  MOST_DRAWN,
  point,
} from '../map-features.ts'
import { patternImage, patternName } from '../map-patterns.ts'
import { mapStyle, type SourceName } from '../map-style.ts'
import { DANGER_COLOUR, ZONE_COLOUR } from '../palette.ts'
import { report, settle } from '../problems.ts'
import type { RingView } from '../scenario.ts'
import { items, looks, scenario, status } from '../session.ts'
import { boundsOf, graticuleFor, niceBelow, polygonFeature, ringOf } from '../shapes.ts'
import { localised, nameOf, select, selectedDecision, selection, shownMs, view } from '../view-state.ts'
import { volumesFromWire } from '../wire.ts'
import { Legend } from './legend.tsx'

setWorkerUrl(workerUrl)

const PADDING = 44

/** Height of the scale and the source over the map, in pixels: one line, or two when there is little room. */
function footHeight(mapWidth: number): number {
  return mapWidth < 600 ? 48 : 30
}

type CountriesTopology = Parameters<typeof feature>[0]

async function loadCountries(map: MapLibreMap): Promise<void> {
  try {
    const response = await fetch(countriesUrl)
    if (!response.ok) throw new Error(`HTTP ${response.status}`)
    const topology = (await response.json()) as CountriesTopology
    setData(map, 'countries', feature(topology, 'countries'))
    settle('problem.basemap')
  } catch (error) {
    report({
      what: 'problem.basemap',
      remedy: { key: 'remedy.reload' },
      said: error instanceof Error ? error.message : String(error),
    })
  }
}

function setData(map: MapLibreMap, name: SourceName, data: GeoJSON.GeoJSON): void {
  void map.getSource<GeoJSONSource>(name)?.setData(data)
}

function drawGraticule(map: MapLibreMap): void {
  const bounds = map.getBounds()
  const view = {
    west: bounds.getWest(),
    south: bounds.getSouth(),
    east: bounds.getEast(),
    north: bounds.getNorth(),
  }
  const { clientWidth, clientHeight } = map.getContainer()
  const { lines, labels } = graticuleFor(view, footHeight(clientWidth) / Math.max(clientHeight, 1))
  setData(
    map,
    'graticule',
    collection(
      lines.map((coordinates) => ({ type: 'Feature', geometry: { type: 'LineString', coordinates }, properties: {} })),
    ),
  )
  setData(
    map,
    'graticule-labels',
    collection(labels.map(({ at, text, axis }) => point(at[0] ?? 0, at[1] ?? 0, { text, axis }))),
  )
}

function addPatterns(map: MapLibreMap): void {
  const wanted = new Map([...looks.value.values()].map((look) => [patternName(look), look]))
  for (const [name, look] of wanted) {
    if (!map.hasImage(name)) map.addImage(name, patternImage(look.pattern, look.colour), { pixelRatio: 1.5 })
  }
  if (!map.hasImage('zone')) map.addImage('zone', patternImage('zone', ZONE_COLOUR), { pixelRatio: 1 })
  if (!map.hasImage('danger')) map.addImage('danger', patternImage('danger', DANGER_COLOUR), { pixelRatio: 1.5 })
}

/** Sets on each drawn area whether it is active and chosen; only what changed is told to the map. */
class AreaStates {
  readonly #map: MapLibreMap
  #drawn: readonly DrawnArea[] = []
  #told = new Map<string, string>()

  constructor(map: MapLibreMap) {
    this.#map = map
  }

  replace(drawn: readonly DrawnArea[]): void {
    this.#map.removeFeatureState({ source: 'areas' })
    this.#told.clear()
    this.#drawn = drawn
  }

  show(atMs: number, chosen: string | null): void {
    for (const { fid, itemId, times } of this.#drawn) {
      const active = times.some(([startMs, endMs]) => startMs <= atMs && atMs <= endMs)
      const selected = itemId === chosen
      const state = `${active}/${selected}`
      if (this.#told.get(fid) === state) continue
      this.#told.set(fid, state)
      this.#map.setFeatureState({ source: 'areas', id: fid }, { active, selected })
    }
  }
}

/** A click chooses the topmost area; another click at the same place goes on to what lies below it. */
function chooseAt(map: MapLibreMap, at: { x: number; y: number }): void {
  const found = map.queryRenderedFeatures([at.x, at.y], { layers: ['areas-fill'] })
  const ids = [...new Set(found.map(({ properties }) => String(properties['id'])))]
  if (ids.length === 0) return
  const chosen = selection.value.kind === 'item' ? ids.indexOf(selection.value.id) : -1
  const next = ids[(chosen + 1) % ids.length]
  if (next !== undefined) select({ kind: 'item', id: next })
}

function chosenId(): string | null {
  if (selection.value.kind === 'item') return selection.value.id
  return selectedDecision.value?.id ?? null
}

function circleOf({ latDeg, lngDeg, radiusM }: RingView): Outline {
  return {
    kind: 'circle',
    centre: { latDeg: degrees(latDeg), lngDeg: degrees(lngDeg) },
    radiusM: metres(radiusM),
  }
}

function outlinesIn(target: LookTarget): Outline[] {
  switch (target.kind) {
    case 'all':
      return [...items.value.flatMap((item) => item.volumes.map(({ outline }) => outline)), ...lineMap.value.outlines]
    case 'line':
      return [...lineMap.value.outlines]
    case 'outlines':
      return [...target.outlines]
    case 'scene':
      return (scenario.value?.rings ?? []).map(circleOf)
    case 'ids': {
      const known = items.value.filter((item) => target.ids.includes(item.id)).flatMap((item) => item.volumes)
      return [...known, ...volumesFromWire(selectedDecision.value?.extents ?? [])].map(({ outline }) => outline)
    }
    case 'draft':
      return draftOutline.value === null ? [] : [draftOutline.value]
  }
}

function fitTo(map: MapLibreMap, target: LookTarget, animate = true): void {
  const bounds = boundsOf(outlinesIn(target).flatMap(ringOf))
  if (bounds === null) return
  const [west, south, east, north] = bounds
  const padding = {
    top: PADDING,
    left: PADDING,
    right: PADDING,
    bottom: PADDING + footHeight(map.getContainer().clientWidth),
  }
  map.fitBounds([west, south, east, north], { padding, maxZoom: 13, animate, duration: 500 })
}

/** A time that changes only when a volume begins or ends, so that labels are not laid out again on every frame of playing. */
let labelled = { atMs: 0, active: '' }
const labelledMs = computed(() => {
  const atMs = shownMs.value
  const active = items.value
    .flatMap((item) => item.volumes.map(({ startMs, endMs }) => (startMs <= atMs && atMs <= endMs ? '1' : '0')))
    .join('')
  if (labelled.active !== active) labelled = { atMs, active }
  return labelled
})

/** Ties the map to what the page knows; returns how to undo it. */
function bind(map: MapLibreMap, scale: { value: number }): () => void {
  const states = new AreaStates(map)
  const hasSize = (): boolean => map.getContainer().clientWidth > 0
  const sized = signal(hasSize())
  let fitted = false
  const undo = [
    effect(() => {
      addPatterns(map)
      const { features, drawn } = areasOf(drawnItems(items.value, shownMs.peek()), looks.value)
      setData(map, 'areas', features)
      states.replace(drawn)
      states.show(shownMs.peek(), chosenId())
    }),
    effect(() => states.show(shownMs.value, chosenId())),
    effect(() => {
      // With a scenario the first look waits for its document, whose rings are the scene.
      if (fitted || !sized.value || (status.value?.scenario != null && scenario.value === null)) return
      const scene = outlinesIn({ kind: 'scene' }).length > 0
      if (!scene && items.value.length === 0 && lineMap.value.outlines.length === 0) return
      fitted = true
      fitTo(map, { kind: scene ? 'scene' : 'all' }, false)
    }),
    effect(() => {
      const atMs = labelledMs.value.atMs
      const options = { looks: looks.value, nameOf: nameOf }
      setData(map, 'area-labels', areaLabels(drawnItems(items.value, atMs), atMs, chosenId(), options))
    }),
    effect(() => {
      const rings = scenario.value?.rings ?? []
      const outlines = rings.map((ring) => ({ name: ring.name, ring: ringOf(circleOf(ring)) }))
      setData(
        map,
        'rings',
        collection(
          outlines.map(({ ring }) => ({
            type: 'Feature',
            geometry: { type: 'LineString', coordinates: ring },
            properties: {},
          })),
        ),
      )
      setData(
        map,
        'ring-labels',
        collection(
          outlines.map(({ name, ring }) => {
            const south = ring.reduce(
              (lowest, each) => ((each[1] ?? 0) < (lowest[1] ?? 0) ? each : lowest),
              ring[0] ?? [0, 0],
            )
            return point(south[0] ?? 0, south[1] ?? 0, { text: localised(name) })
          }),
        ),
      )
      const places = scenario.value?.places ?? []
      setData(
        map,
        'places',
        collection(
          places.map(({ name, kind, latDeg, lngDeg }) => point(lngDeg, latDeg, { text: localised(name), kind })),
        ),
      )
    }),
    effect(() => {
      const { areas, borders, points, labels } = lineMap.value
      setData(map, 'line-areas', areas)
      setData(map, 'line-borders', borders)
      setData(map, 'line-points', points)
      setData(map, 'line-labels', labels)
    }),
    effect(() => {
      const decision = selectedDecision.value
      const shown = decision !== null && decision.outcome === 'refused' ? volumesFromWire(decision.extents ?? []) : []
      setData(map, 'refused', collection(shown.map(({ outline }) => polygonFeature(outline, {}))))
    }),
    effect(() => {
      const { area, corners } = draftFeatures(draft.value.points, draftOutline.value)
      setData(map, 'draft', area)
      setData(map, 'draft-points', corners)
    }),
    effect(() => {
      const wanted = lookAt.value
      // Hidden behind another view the map has no size to fit anything into; it looks as soon as it is shown.
      if (wanted === null || !sized.value) return
      fitTo(map, wanted)
      lookAt.value = null
    }),
    effect(() => {
      map.getCanvas().style.cursor = drawing.value ? 'crosshair' : ''
    }),
  ]
  const moved = () => {
    sized.value = hasSize()
    if (!sized.value) return
    drawGraticule(map)
    const { lat, lng } = map.getCenter()
    mapCentre.value = rounded({ latDeg: degrees(lat), lngDeg: degrees(lng) })
    scale.value = (40_075_016.7 * Math.cos((lat * Math.PI) / 180)) / (512 * 2 ** map.getZoom())
  }
  map.on('moveend', moved)
  map.on('resize', moved)
  map.on('click', (event) => {
    if (!drawing.value) return chooseAt(map, event.point)
    addPoint(rounded({ latDeg: degrees(event.lngLat.lat), lngDeg: degrees(event.lngLat.lng) }))
    if (draft.value.shape === 'circle') stopDrawing()
  })
  moved()
  return () => undo.forEach((each) => each())
}

/** Ends drawing and, where the map is a view of its own, goes back to the form. */
function stopDrawing(): void {
  drawing.value = false
  view.value = 'check'
}

function ScaleBar({ metresPerPixel }: { metresPerPixel: number }) {
  if (metresPerPixel <= 0) return null
  const lengthM = niceBelow(metresPerPixel * 130)
  return (
    <div class="scale" dir="ltr">
      <span class="scale-bar" style={{ width: `${lengthM / metresPerPixel}px` }} />
      <bdi dir="auto">{distanceText(language.value, lengthM)}</bdi>
    </div>
  )
}

/** The map: plans and zones at the slider's time, rings and places of the scenario, the refused plan, the draft. */
export function MapView() {
  const holder = useRef<HTMLDivElement>(null)
  const shown = useRef<MapLibreMap | null>(null)
  const failure = useSignal<string | null>(null)
  const scale = useSignal(0)

  useEffect(() => {
    if (holder.current === null) return undefined
    let map: MapLibreMap
    try {
      map = new MapLibreMap({
        container: holder.current,
        style: mapStyle(),
        center: [0, 25],
        zoom: 1,
        minZoom: 1,
        maxZoom: 17,
        attributionControl: false,
        dragRotate: false,
        pitchWithRotate: false,
        touchPitch: false,
        renderWorldCopies: true,
        fadeDuration: 0,
      })
    } catch (error) {
      failure.value = 'webgl'
      console.error(error)
      return undefined
    }
    map.touchZoomRotate.disableRotation()
    map.keyboard.disableRotation()
    map.addControl(new AttributionControl({ compact: false, customAttribution: 'Natural Earth' }))
    let unbind = () => {}
    map.on('load', () => {
      unbind = bind(map, scale)
      void loadCountries(map)
    })
    map.on('error', ({ error }) => {
      console.error(error)
      failure.value = error.message
    })
    shown.current = map
    return () => {
      unbind()
      map.remove()
    }
  }, [])

  useEffect(() => {
    shown.current?.getCanvas().setAttribute('aria-label', t('map.label'))
  }, [language.value])

  return (
    <section class="map" aria-label={t('view.map')}>
      <div class="map-canvas" ref={holder} dir="ltr" />
      {drawing.value && <div class="crosshair" aria-hidden="true" />}
      {failure.value !== null && (
        <p class="map-failure" role="alert">
          {failure.value === 'webgl' ? t('map.no-webgl') : t('map.failed', { detail: failure.value })}
        </p>
      )}
      <div class="map-tools">
        <button
          type="button"
          title={t('map.zoom-in')}
          aria-label={t('map.zoom-in')}
          onClick={() => shown.current?.zoomIn()}
        >
          +
        </button>
        <button
          type="button"
          title={t('map.zoom-out')}
          aria-label={t('map.zoom-out')}
          onClick={() => shown.current?.zoomOut()}
        >
          −
        </button>
        <button
          type="button"
          class="wide"
          onClick={() => {
            lookAt.value = { kind: 'all' }
          }}
        >
          {t('map.fit')}
        </button>
        <span class="north" title={t('map.north-up')}>
          <span aria-hidden="true">N ↑</span>
          <span class="visually-hidden">{t('map.north-up')}</span>
        </span>
      </div>
      <Legend />
      {drawing.value && (
        <div class="map-hint">
          <p role="status">{t(draft.value.shape === 'polygon' ? 'map.drawing-polygon' : 'map.drawing-circle')}</p>
          <div class="buttons">
            <button type="button" onClick={() => addPoint(mapCentre.value)}>
              {t('form.add-centre')}
            </button>
            <button type="button" onClick={stopDrawing}>
              {t('form.draw-stop')}
            </button>
          </div>
        </div>
      )}
      <div class="map-foot">
        <ScaleBar metresPerPixel={scale.value} />
        <small>{t('map.source')}</small>
        {items.value.length > MOST_DRAWN && (
          <strong>
            {t('map.capped', {
              shown: countText(language.value, MOST_DRAWN),
              total: countText(language.value, items.value.length),
            })}
          </strong>
        )}
      </div>
    </section>
  )
}
