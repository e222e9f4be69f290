import { useRef } from 'preact/hooks'
import { blockersOf, itemsBeside } from '../blockers.ts'
import { offeredShifts } from '../explain.ts'
import { useTakeOver } from '../focus.ts'
import { ageText, countText, unbroken } from '../format.ts'
import { language, t } from '../i18n.ts'
import { hullOf, type Item } from '../items.ts'
import { lookAt } from '../look-at.ts'
import { decisions, me, pictureAtMs, serverNowMs, tickMs } from '../session.ts'
import { meetings, nameOf, select, selectedDecision, selectedItem, selection, showTime, view } from '../view-state.ts'
import type { Decision } from '../wire.ts'
import { volumesFromWire } from '../wire.ts'
import { clockText, dateText } from '../zoned-time.ts'
import { showDecision, whatOf } from './decision-list.tsx'
import { BlockingList, ClearingList } from './explanation.tsx'
import { Heights, Span } from './names.tsx'
import { ProfileChart } from './profile-chart.tsx'
import { stateText } from './sky-list.tsx'
import { Swatch } from './swatch.tsx'

const MOST_HISTORY = 10

/** Needed on a narrow screen, where the map is another view. */
function ShowOnMap({ ids }: { ids: readonly string[] }) {
  return (
    <button
      type="button"
      onClick={() => {
        view.value = 'map'
        lookAt.value = { kind: 'ids', ids }
      }}
    >
      {t('detail.show')}
    </button>
  )
}

function ItemDetail({ item }: { item: Item }) {
  const history = decisions.value.filter((decision) => decision.id === item.id)
  const others = (meetings.value ?? []).flatMap(({ a, b }) => (a === item.id ? [b] : b === item.id ? [a] : []))
  return (
    <>
      <h3>
        <Swatch kind={item.kind} manager={item.manager} /> <bdi>{nameOf(item.id)}</bdi>{' '}
        <small>{t(item.kind === 'constraint' ? 'item.zone' : 'item.plan')}</small>
      </h3>
      <dl>
        <dt>{t('detail.manager')}</dt>
        <dd>
          <bdi>{item.manager}</bdi> {item.manager === me.value && <small>({t('item.own')})</small>}
        </dd>
        {item.state !== null && (
          <>
            <dt>{t('detail.state')}</dt>
            <dd>{stateText(item.state)}</dd>
          </>
        )}
        <dt>{t('detail.times')}</dt>
        <dd>
          <Span startMs={item.startMs} endMs={item.endMs} local />
        </dd>
        <dt>{t('detail.heights')}</dt>
        <dd>
          <Heights lowerM={item.lowerM} upperM={item.upperM} />
        </dd>
        <dt>{t('detail.volumes')}</dt>
        <dd>{countText(language.value, item.volumes.length)}</dd>
        <dt>{t('detail.version')}</dt>
        <dd>{countText(language.value, item.version)}</dd>
        <dt>{t('detail.identifier')}</dt>
        <dd>
          <code dir="ltr">{item.id}</code>
        </dd>
        <dt>{t('detail.base-url')}</dt>
        <dd>
          <code dir="ltr">{item.ussBaseUrl}</code>
        </dd>
        {pictureAtMs.value !== null && (
          <>
            <dt>{t('detail.age')}</dt>
            <dd>{t('decision.ago', { age: ageText(language.value, tickMs.value - pictureAtMs.value) })}</dd>
          </>
        )}
      </dl>
      <div class="buttons">
        <ShowOnMap ids={[item.id]} />
        {Number.isFinite(item.startMs) && (
          <button type="button" onClick={() => showTime(item.startMs)}>
            {t('detail.jump')}
          </button>
        )}
      </div>
      <ProfileChart
        name={nameOf(item.id)}
        subject={item.volumes}
        others={itemsBeside([...new Set(others)])}
        shifts={[]}
        refused={false}
      />
      {history.length > 0 && (
        <>
          <h4>{t('detail.history')}</h4>
          <ul class="history">
            {history.slice(0, MOST_HISTORY).map((decision) => (
              <li key={decision.seq}>
                <button type="button" class="link" onClick={() => showDecision(decision)}>
                  {t('decision.seq', { seq: String(decision.seq) })} ·{' '}
                  <bdi dir="ltr">{clockText(Date.parse(decision.at), 'UTC', 'always')}Z</bdi> ·{' '}
                  {t(decision.outcome === 'refused' ? 'decision.refused' : 'decision.accepted')}
                </button>
              </li>
            ))}
            {history.length > MOST_HISTORY && (
              <li>
                {t('decision.capped', {
                  shown: countText(language.value, MOST_HISTORY),
                  total: countText(language.value, history.length),
                })}
              </li>
            )}
          </ul>
        </>
      )}
    </>
  )
}

function DecisionDetail({ decision }: { decision: Decision }) {
  const refused = decision.outcome === 'refused'
  const atMs = Date.parse(decision.at)
  const volumes = volumesFromWire(decision.extents ?? [])
  const hull = hullOf(volumes)
  const blocking = decision.blocking ?? []
  return (
    <>
      <p class="row-facts">
        <span class={refused ? 'outcome refused' : 'outcome'}>
          {t(refused ? 'decision.refused' : 'decision.accepted')}
        </span>{' '}
        <bdi dir="ltr">
          {dateText(atMs, 'UTC')} {clockText(atMs, 'UTC', 'always')}Z
        </bdi>{' '}
        · {t('decision.ago', { age: ageText(language.value, serverNowMs.value - atMs) })} ·{' '}
        {t('decision.http', { status: String(decision.status) })}
      </p>
      <h3>{t('decision.headline', { what: whatOf(decision), manager: unbroken(decision.manager) })}</h3>
      {refused && blocking.length > 0 && (
        <>
          <h4>{t('explain.title')}</h4>
          <BlockingList blocking={blocking} />
          <ClearingList clearing={decision.clearing} />
        </>
      )}
      {refused && blocking.length === 0 && <p>{t('explain.refused-other')}</p>}
      {decision.message !== undefined && decision.message !== '' && blocking.length === 0 && (
        <p class="said">
          {t('decision.node-says')}{' '}
          <q lang="en" dir="ltr">
            {decision.message}
          </q>
        </p>
      )}
      {volumes.length > 0 && (
        <div class="buttons">
          <ShowOnMap ids={[decision.id, ...blocking.map((each) => each.id)]} />
        </div>
      )}
      {volumes.length > 0 && hull !== null && (
        <>
          <ProfileChart
            name={nameOf(decision.id)}
            subject={volumes}
            others={blockersOf(blocking, decision.seq)}
            shifts={offeredShifts(decision.clearing)}
            refused={refused}
          />
          <dl>
            <dt>{t('detail.times')}</dt>
            <dd>
              <Span startMs={hull.startMs} endMs={hull.endMs} local />
            </dd>
            <dt>{t('detail.heights')}</dt>
            <dd>
              <Heights lowerM={hull.lowerM} upperM={hull.upperM} />
            </dd>
            <dt>{t('detail.identifier')}</dt>
            <dd>
              <code dir="ltr">{decision.id}</code>
            </dd>
          </dl>
        </>
      )}
      <p class="note">{t('detail.verify', { seq: String(decision.seq) })}</p>
    </>
  )
}

/** What is chosen, explained: facts, reasons, the drawing, where to verify it. */
export function Detail() {
  const decision = selectedDecision.value
  const item = selectedItem.value
  const chosen = selection.value
  const section = useRef<HTMLElement>(null)
  useTakeOver(section, chosen)
  return (
    <section class="detail" aria-label={t('detail.title')} tabIndex={-1} ref={section}>
      {chosen.kind !== 'none' && (
        <button
          type="button"
          class="quiet close"
          aria-label={t('detail.close')}
          onClick={() => select({ kind: 'none' })}
        >
          ✕
        </button>
      )}
      {chosen.kind === 'none' && <p class="empty">{t('detail.nothing')}</p>}
      {decision !== null && <DecisionDetail decision={decision} />}
      {item !== null && <ItemDetail item={item} />}
      {chosen.kind === 'item' && item === null && <p class="empty">{t('detail.gone')}</p>}
    </section>
  )
}
