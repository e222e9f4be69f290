import { computed } from '@preact/signals'
import { countText } from '../format.ts'
import { language, t } from '../i18n.ts'
import { zoneClock } from '../instant-text.ts'
import { hullOf } from '../items.ts'
import { items, serverNowMs } from '../session.ts'
import { clampToRange, densityOf, fractionOf, MEETINGS_LIMIT, type TimeRange } from '../timeline.ts'
import {
  followsClock,
  meetings,
  playing,
  range,
  refusals,
  showNow,
  shownMs,
  showTime,
  speed,
  speeds,
  togglePlaying,
  zones,
} from '../view-state.ts'
import { volumesFromWire } from '../wire.ts'
import { clockText, dateText } from '../zoned-time.ts'

const BINS = 144
const HEIGHT = 34
const WIDTH = 720
const HOUR_MS = 3_600_000

/** Hours to write under the strip: about eight of them. */
function hourMarks({ startMs, endMs }: TimeRange): number[] {
  const hours = (endMs - startMs) / HOUR_MS
  const step = [1, 2, 3, 6, 12, 24, 48].find((each) => hours / each <= 9) ?? 48
  const marks: number[] = []
  for (let at = Math.ceil(startMs / (step * HOUR_MS)) * step * HOUR_MS; at <= endMs; at += step * HOUR_MS)
    marks.push(at)
  return marks
}

const densityInRange = computed(() => densityOf(items.value, range.value, BINS))

function Strip() {
  const within = range.value
  const density = densityInRange.value
  const peak = Math.max(1, ...density)
  const found = meetings.value
  const x = (ms: number): number => Math.min(Math.max(fractionOf(ms, within), 0), 1) * WIDTH
  const refused = refusals.value.flatMap((decision) => {
    const hull = hullOf(volumesFromWire(decision.extents ?? []))
    return hull === null || !Number.isFinite(hull.startMs) ? [] : [{ seq: decision.seq, hull }]
  })
  const summary = t('time.strip', {
    peak: countText(language.value, Math.max(0, ...density)),
    conflicts: found === null ? '—' : countText(language.value, found.length),
    refusals: countText(language.value, refused.length),
  })
  const bin = WIDTH / BINS
  return (
    <div class="strip">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={summary}>
        <title>{summary}</title>
        {density.map((count, index) => {
          const height = (count / peak) * (HEIGHT - 12)
          return count === 0 ? null : (
            <rect
              key={index}
              class="density"
              x={index * bin}
              y={HEIGHT - 6 - height}
              width={bin + 0.2}
              height={height}
            />
          )
        })}
        {found?.map((meeting, index) => (
          <rect
            key={index}
            class="conflict"
            x={x(meeting.startMs)}
            y={HEIGHT - 5}
            width={Math.max(x(meeting.endMs) - x(meeting.startMs), 2)}
            height={5}
          />
        ))}
        {refused.map(({ seq, hull }) => (
          <path key={seq} class="refusal" d={`M${x(hull.startMs)},0 l5,8 l-10,0 z`} />
        ))}
        <line class="now" x1={x(serverNowMs.value)} x2={x(serverNowMs.value)} y1="0" y2={HEIGHT} />
        <line class="shown" x1={x(shownMs.value)} x2={x(shownMs.value)} y1="0" y2={HEIGHT} />
      </svg>
      <div class="hours" aria-hidden="true">
        {hourMarks(within).map((at) => {
          // Shifted by as much of its own width, so that the first and the last stay inside.
          const percent = fractionOf(at, within) * 100
          return (
            <span key={at} style={{ left: `${percent}%`, transform: `translateX(${-percent}%)` }}>
              {clockText(at, 'UTC')}
            </span>
          )
        })}
      </div>
    </div>
  )
}

/** Chooses the time the map shows: by dragging, by arrow keys (a minute; page keys an hour), by playing. */
export function TimeSlider() {
  const within = range.value
  const at = shownMs.value
  const utc = `${dateText(at, 'UTC')} ${clockText(Math.floor(at / 1000) * 1000, 'UTC', 'always')}Z`
  const step = (event: KeyboardEvent): void => {
    const hours = { PageUp: 1, PageDown: -1 }[event.key]
    if (hours === undefined) return
    event.preventDefault()
    showTime(clampToRange(at + hours * HOUR_MS, within))
  }
  return (
    <section class="time" aria-label={t('time.label')}>
      <div class="time-row">
        <button type="button" class="play" aria-pressed={playing.value} onClick={togglePlaying}>
          <span aria-hidden="true">{playing.value ? '❚❚' : '▶'}</span> {t(playing.value ? 'time.pause' : 'time.play')}
        </button>
        <label class="speed">
          <span class="visually-hidden">{t('time.speed')}</span>
          <select
            value={String(speed.value)}
            onChange={(event) => {
              speed.value = Number(event.currentTarget.value)
            }}
          >
            {speeds.map((factor) => (
              <option key={factor} value={String(factor)}>
                {t('time.speed-value', { factor: countText(language.value, factor) })}
              </option>
            ))}
          </select>
        </label>
        <button type="button" onClick={showNow}>
          {t('time.now')}
        </button>
        <output class="shown-time" dir="ltr">
          <b>{utc}</b>
          {zones.value.slice(1).map((zone) => (
            <span key={zone.timeZone}> · {zoneClock(Math.floor(at / 60_000) * 60_000, zone)}</span>
          ))}
        </output>
        {followsClock.value && <span class="chip">{t('time.follow')}</span>}
      </div>
      <div class="time-track" dir="ltr">
        <Strip />
        <input
          type="range"
          aria-label={t('time.label')}
          aria-valuetext={t('time.value', { utc: utc.slice(0, -1) })}
          min={within.startMs}
          max={within.endMs}
          step={60_000}
          value={at}
          onInput={(event) => showTime(Number(event.currentTarget.value))}
          onKeyDown={step}
        />
      </div>
      <p class="strip-legend">
        <span class="key density" /> {t('time.legend-density')} <span class="key conflict" />{' '}
        {t('time.legend-conflict')} <span class="key refusal">▲</span> {t('time.legend-refusal')}
        {meetings.value === null && (
          <em> {t('time.strip-partial', { limit: countText(language.value, MEETINGS_LIMIT) })}</em>
        )}
      </p>
    </section>
  )
}
