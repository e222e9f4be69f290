import { signal } from '@preact/signals'
import { explainBlocking } from '../explain.ts'
import { ageText, countText, unbroken } from '../format.ts'
import { language, type MessageKey, t, tell } from '../i18n.ts'
import { hullOf } from '../items.ts'
import { lookAt } from '../look-at.ts'
import { decisions, decisionsFrom, liveFrom, picture, readOlderDecisions, serverNowMs } from '../session.ts'
import { nameOf, refusals, select, selection } from '../view-state.ts'
import type { Decision } from '../wire.ts'
import { volumesFromWire } from '../wire.ts'
import { clockText } from '../zoned-time.ts'
import { clearingLine } from './explanation.tsx'

const MOST_SHOWN = 150
const EXPLAINED_IN_LIST = 2
const onlyRefused = signal(false)
const loading = signal(false)

const ACTIONS = ['create', 'update', 'delete', 'expire']

/** What was asked for, in words. */
export function whatOf(decision: Decision): string {
  const { kind, action } = decision
  const name = unbroken(nameOf(decision.id))
  switch (kind) {
    case 'operational_intent':
    case 'constraint':
      return ACTIONS.includes(action)
        ? t(`what.${kind}.${action}` as MessageKey, { name })
        : t('what.other', { kind: t(kind === 'constraint' ? 'item.zone' : 'item.plan'), name, action })
    case 'subscription':
    case 'availability':
    case 'report':
    case 'identification_service_area':
      return t(`what.${kind}`, { name: kind === 'availability' ? decision.id : name, action })
    case 'expiry':
      return t('what.expiry', { name })
    default:
      return t('what.other', { kind, name, action })
  }
}

/** Brings a decision to the eye: selected, what it is about on the map, its start on the slider. */
export function showDecision(decision: Decision): void {
  const hull = hullOf(volumesFromWire(decision.extents ?? []))
  select({ kind: 'decision', seq: decision.seq }, hull?.startMs)
  lookAt.value = { kind: 'ids', ids: [decision.id, ...(decision.blocking ?? []).map(({ id }) => id)] }
}

function Row({ decision }: { decision: Decision }) {
  const refused = decision.outcome === 'refused'
  const chosen = selection.value.kind === 'decision' && selection.value.seq === decision.seq
  const atMs = Date.parse(decision.at)
  const truly = [...(decision.blocking ?? [])].sort((a, b) => Number(b.overlaps) - Number(a.overlaps))
  const shifts = refused ? clearingLine(decision.clearing) : null
  const headId = `decision-${decision.seq}`
  return (
    <li>
      <button
        type="button"
        class={['row', refused ? 'refused' : '', chosen ? 'chosen' : ''].join(' ')}
        aria-pressed={chosen}
        onClick={() => showDecision(decision)}
      >
        <span class="row-main">
          <span class="row-facts">
            <span class={refused ? 'outcome refused' : 'outcome'}>
              {t(refused ? 'decision.refused' : 'decision.accepted')}
            </span>{' '}
            <bdi dir="ltr">{clockText(atMs, 'UTC', 'always')}Z</bdi> ·{' '}
            {t('decision.ago', { age: ageText(language.value, serverNowMs.value - atMs) })} ·{' '}
            <span title={t('decision.seq-why')}>{t('decision.seq', { seq: String(decision.seq) })}</span>
          </span>
          <span class="row-title" id={headId}>
            {t('decision.headline', { what: whatOf(decision), manager: unbroken(decision.manager) })}
          </span>
          {refused && truly.length === 0 && (
            <span class="row-explain">{decision.message ?? t('explain.refused-other')}</span>
          )}
          {refused &&
            truly.slice(0, EXPLAINED_IN_LIST).map((blocking) => (
              <span key={blocking.id} class="row-explain">
                {explainBlocking(language.value, blocking, nameOf(blocking.id)).slice(0, 2).map(tell).join(' ')}
              </span>
            ))}
          {refused && truly.length > EXPLAINED_IN_LIST && (
            <span class="row-explain">
              {t('decision.more-blocking', { count: countText(language.value, truly.length - EXPLAINED_IN_LIST) })}
            </span>
          )}
          {shifts !== null && <span class="row-shift">{shifts}</span>}
        </span>
      </button>
    </li>
  )
}

async function loadOlder(): Promise<void> {
  loading.value = true
  try {
    await readOlderDecisions()
  } finally {
    loading.value = false
  }
}

/** Says a refusal aloud, once, to those who listen instead of look; only what is decided while the page is open. */
function Announcer() {
  const from = liveFrom.value
  const newest = refusals.value[0]
  return (
    <p class="visually-hidden" role="status">
      {from !== null && newest !== undefined && newest.seq > from && (
        <>
          {t('decision.refused')}: {t('decision.headline', { what: whatOf(newest), manager: unbroken(newest.manager) })}
        </>
      )}
    </p>
  )
}

/** What the pool decided, newest first, each refusal with its reasons. */
export function DecisionList() {
  const of = language.value
  const all = onlyRefused.value ? refusals.value : decisions.value
  return (
    <section class="list decisions" aria-labelledby="decisions-title">
      <header>
        <h2 id="decisions-title">{t('decision.title')}</h2>
        <small>
          {t('decision.count', {
            total: countText(of, decisions.value.length),
            refused: countText(of, refusals.value.length),
          })}
        </small>
        <label class="check">
          <input
            type="checkbox"
            checked={onlyRefused.value}
            onChange={(event) => {
              onlyRefused.value = event.currentTarget.checked
            }}
          />{' '}
          {t('decision.only-refused')}
        </label>
      </header>
      <Announcer />
      <ul class="rows">
        {all.slice(0, MOST_SHOWN).map((decision) => (
          <Row key={decision.seq} decision={decision} />
        ))}
      </ul>
      {picture.value !== null && all.length === 0 && <p class="empty">{t('decision.empty')}</p>}
      {all.length > MOST_SHOWN && (
        <p class="empty">
          {t('decision.capped', { shown: countText(of, MOST_SHOWN), total: countText(of, all.length) })}
        </p>
      )}
      {decisionsFrom.value > 0 && (
        <button type="button" class="older" disabled={loading.value} onClick={() => void loadOlder()}>
          {t(loading.value ? 'decision.loading' : 'decision.older')}
        </button>
      )}
    </section>
  )
}
