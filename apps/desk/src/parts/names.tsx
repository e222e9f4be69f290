import { heightText } from '../format.ts'
import { language, t } from '../i18n.ts'
import { utcSpan, zoneSpan } from '../instant-text.ts'
import { zones } from '../view-state.ts'

/** `3,000 ft to 4,500 ft (W84)` in both units, open bounds in words. */
export function Heights({ lowerM, upperM }: { lowerM: number; upperM: number }) {
  const of = language.value
  const lower = Number.isFinite(lowerM) ? heightText(of, lowerM) : t('item.from-ground')
  const upper = Number.isFinite(upperM) ? heightText(of, upperM) : t('item.no-ceiling')
  return <span>{t('item.heights', { lower, upper })}</span>
}

/** A span in UTC, and on the clocks of the scenario's zones when asked. */
export function Span({ startMs, endMs, local = false }: { startMs: number; endMs: number; local?: boolean }) {
  return (
    <span class="span">
      <bdi dir="ltr">{utcSpan(startMs, endMs)}</bdi>
      {local &&
        zones.value.slice(1).map((zone) => (
          <span key={zone.timeZone} class="local-span">
            <bdi dir="ltr">{zoneSpan(startMs, endMs, zone)}</bdi>
          </span>
        ))}
    </span>
  )
}
