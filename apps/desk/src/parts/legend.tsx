import { t } from '../i18n.ts'
import { DANGER_COLOUR, DRAFT_COLOUR } from '../palette.ts'
import { items } from '../session.ts'
import { Swatch } from './swatch.tsx'

/** What the colours and patterns of the map mean: one line a manager, and the rest. */
export function Legend() {
  const managers = [
    ...new Set(items.value.filter((item) => item.kind === 'operational_intent').map((item) => item.manager)),
  ].sort()
  return (
    <details class="legend">
      <summary>{t('map.legend')}</summary>
      <ul>
        {managers.map((manager) => (
          <li key={manager}>
            <Swatch kind="operational_intent" manager={manager} /> <bdi>{manager}</bdi>
          </li>
        ))}
        <li>
          <Swatch kind="constraint" manager="" /> {t('map.legend-zone')}
        </li>
        <li>
          <span class="line-sample" style={{ borderColor: DANGER_COLOUR }} /> {t('map.legend-refused')}
        </li>
        <li>
          <span class="line-sample" style={{ borderColor: DRAFT_COLOUR }} /> {t('map.legend-draft')}
        </li>
        <li class="note">{t('map.legend-active')}</li>
        <li class="note">{t('map.legend-inactive')}</li>
      </ul>
    </details>
  )
}
