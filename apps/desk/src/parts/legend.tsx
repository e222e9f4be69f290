import { t } from '../i18n.ts'
import { drawnParties, lineMap } from '../line/line-map-session.ts'
import { DANGER_COLOUR, DRAFT_COLOUR, POSITION_COLOUR } from '../palette.ts'
import { items } from '../session.ts'
import { partyTitle } from './line/text.ts'
import { Swatch } from './swatch.tsx'

/** Party by colour, and how the line's own things are drawn. */
function LineLegend() {
  return (
    <>
      <li class="legend-head">{t('map.line-title')}</li>
      {drawnParties.value.map(({ party, colour }) => (
        <li key={party}>
          <span class="line-sample solid" style={{ borderColor: colour }} /> <bdi>{partyTitle(party)}</bdi>
        </li>
      ))}
      <li>
        <span class="line-sample solid" style={{ borderColor: 'currentColor' }} /> {t('map.line-plan')}
      </li>
      <li>
        <span class="line-sample dotted" style={{ borderColor: 'currentColor' }} /> {t('map.line-area')}
      </li>
      <li>
        <span class="line-sample thick" style={{ borderColor: '#ffffff' }} /> {t('map.line-border')}
      </li>
      <li>
        <span class="position-sample" style={{ borderColor: POSITION_COLOUR }} /> {t('map.line-position')}
      </li>
    </>
  )
}

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
        {lineMap.value.outlines.length > 0 && <LineLegend />}
        <li class="note">{t('map.legend-active')}</li>
        <li class="note">{t('map.legend-inactive')}</li>
      </ul>
    </details>
  )
}
