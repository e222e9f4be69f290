import type { PositionFormat } from '@parley/geo4d'
import { useSignal } from '@preact/signals'
import { type LengthUnit, MOST_POINTS } from '../draft.ts'
import { addPoint, change, draft, drawing, mapCentre, removePoint } from '../form-state.ts'
import { countText } from '../format.ts'
import { language, t, tell } from '../i18n.ts'
import { echoesOf, notations, readTyped } from '../position-entry.ts'
import { view } from '../view-state.ts'
import { Choice, FieldProblem, Group, TextField } from './fields.tsx'

function PointList() {
  const { points, shape } = draft.value
  return (
    <>
      <h4>{t(shape === 'polygon' ? 'form.points' : 'form.centre')}</h4>
      {points.length === 0 && <p class="empty">{t('form.no-points')}</p>}
      <ol class="points">
        {points.map((point, index) => {
          const [first, ...others] = echoesOf(point)
          const n = countText(language.value, index + 1)
          return (
            <li key={`${index}/${point.latDeg}/${point.lngDeg}`}>
              <span>
                <span class="visually-hidden">{t('form.point-n', { n })}</span>
                <bdi dir="ltr">{first}</bdi>
                {others.map((echo) => (
                  <small key={echo}>
                    <bdi dir="ltr">{echo}</bdi>
                  </small>
                ))}
              </span>
              <button
                type="button"
                class="quiet"
                aria-label={t('form.remove-point', { n })}
                onClick={() => removePoint(index)}
              >
                ✕
              </button>
            </li>
          )
        })}
      </ol>
    </>
  )
}

/** Typing a position: the notation and the datum must be chosen, and the reading is shown in all notations first. */
function PositionEntry() {
  const text = useSignal('')
  const notation = useSignal<PositionFormat | ''>('')
  const datum = useSignal<'wgs84' | 'other' | ''>('')
  const tried = useSignal(false)

  const typed =
    notation.value === '' || text.value.trim() === '' ? null : readTyped(notation.value, text.value, language.value)
  const problem =
    datum.value === 'other'
      ? t('error.datum')
      : typed?.kind === 'problem'
        ? tell(typed.sentence)
        : tried.value && (notation.value === '' || datum.value === '')
          ? t('error.required')
          : draft.value.points.length >= MOST_POINTS
            ? t('error.too-many-points', { limit: countText(language.value, MOST_POINTS) })
            : null
  const add = (): void => {
    tried.value = true
    if (typed?.kind !== 'point' || datum.value !== 'wgs84') return
    addPoint(typed.point)
    text.value = ''
    tried.value = false
  }
  return (
    <div class="position-entry">
      <h4>{t('form.type-position')}</h4>
      <div class="pair">
        <Choice
          name="notation"
          label={t('form.notation')}
          value={notation.value}
          options={notations.map((each) => [each, t(`form.notation-${each}`)] as const)}
          onChoose={(value) => {
            notation.value = value
          }}
        />
        <Choice
          name="datum"
          label={t('form.datum')}
          value={datum.value}
          options={[
            ['wgs84', t('form.datum-wgs84')],
            ['other', t('form.datum-other')],
          ]}
          onChoose={(value) => {
            datum.value = value
          }}
        />
      </div>
      <div class="with-button">
        <TextField
          name="position"
          label={t('form.position')}
          value={text.value}
          onInput={(value) => {
            text.value = value
          }}
          onEnter={add}
        />
        <button type="button" onClick={add}>
          {t('form.add-point')}
        </button>
      </div>
      {typed?.kind === 'point' && (
        <p class="echo" role="status">
          {t('form.echo')}:{' '}
          {echoesOf(typed.point).map((echo) => (
            <bdi key={echo} dir="ltr">
              {echo}
            </bdi>
          ))}
        </p>
      )}
      {typed?.kind === 'point' &&
        typed.doubts.map((doubt) => (
          <p key={doubt.key} class="warn">
            {tell(doubt)}
          </p>
        ))}
      {problem !== null && (
        <p class="field-problem" role="status">
          {problem}
          {typed?.kind === 'problem' && typed.didYouMean.length > 0 && (
            <span class="said">
              {' '}
              {t('doubt.meant')} <q lang="en">{typed.didYouMean.join('; ')}</q>
            </span>
          )}
        </p>
      )}
    </div>
  )
}

/** The outline: drawn on the map or typed. */
export function AreaFields() {
  const { shape, radius, radiusUnit } = draft.value
  return (
    <Group legend={t('form.area')}>
      <div class="choices" role="radiogroup" aria-label={t('form.shape')}>
        {(['polygon', 'circle'] as const).map((each) => (
          <label key={each}>
            <input
              type="radio"
              name="shape"
              value={each}
              checked={shape === each}
              onChange={() =>
                change({ shape: each, points: each === 'circle' ? draft.value.points.slice(0, 1) : draft.value.points })
              }
            />{' '}
            {t(`form.${each}`)}
          </label>
        ))}
      </div>
      <div class="buttons">
        <button
          type="button"
          aria-pressed={drawing.value}
          onClick={() => {
            drawing.value = !drawing.value
            if (drawing.value) view.value = 'map'
          }}
        >
          {t(drawing.value ? 'form.draw-stop' : 'form.draw')}
        </button>
        <button type="button" onClick={() => addPoint(mapCentre.value)}>
          {t('form.add-centre')}
        </button>
      </div>
      <PointList />
      <FieldProblem field="points" />
      <PositionEntry />
      {shape === 'circle' && (
        <div class="pair">
          <TextField
            name="radius"
            label={t('form.radius')}
            mode="decimal"
            field="radius"
            value={radius}
            onInput={(value) => change({ radius: value })}
          />
          <Choice<LengthUnit>
            name="radius-unit"
            label={t('form.radius-unit')}
            field="radiusUnit"
            value={radiusUnit}
            options={[
              ['m', t('form.unit-m')],
              ['ft', t('form.unit-ft')],
              ['nm', t('form.unit-nm')],
            ]}
            onChoose={(value) => change({ radiusUnit: value })}
          />
        </div>
      )}
    </Group>
  )
}
