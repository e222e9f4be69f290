import { signal } from '@preact/signals'
import { countText } from '../format.ts'
import { language, type MessageKey, t } from '../i18n.ts'
import { type Item, isActive } from '../items.ts'
import { lookAt } from '../look-at.ts'
import { items, me, picture } from '../session.ts'
import { nameOf, select, selection, shownMs } from '../view-state.ts'
import { Heights, Span } from './names.tsx'
import { Swatch } from './swatch.tsx'

const MOST_SHOWN = 200
const filter = signal('')

const STATES = ['Accepted', 'Activated', 'Nonconforming', 'Contingent']

export function stateText(state: string): string {
  return STATES.includes(state) ? t(`state.${state}` as MessageKey) : t('state.other', { state })
}

/** Brings an item to the eye: selected, on the map, its time on the slider unless it is active already. */
export function showItem(item: Item): void {
  select({ kind: 'item', id: item.id }, isActive(item, shownMs.value) ? undefined : item.startMs)
  lookAt.value = { kind: 'ids', ids: [item.id] }
}

function Row({ item }: { item: Item }) {
  const active = isActive(item, shownMs.value)
  const chosen = selection.value.kind === 'item' && selection.value.id === item.id
  const name = nameOf(item.id)
  const classes = ['row', active ? 'active' : '', chosen ? 'chosen' : ''].join(' ')
  return (
    <li>
      <button
        type="button"
        class={classes}
        aria-pressed={chosen}
        aria-label={t('item.select', { name })}
        aria-describedby={`about-${item.id}`}
        onClick={() => showItem(item)}
      >
        <Swatch kind={item.kind} manager={item.manager} />
        <span class="row-main" id={`about-${item.id}`}>
          <span class="row-title">
            <bdi>{name}</bdi>{' '}
            <small>
              {t(item.kind === 'constraint' ? 'item.zone' : 'item.plan')}
              {item.state !== null && ` · ${stateText(item.state)}`}
              {item.manager === me.value && ` · ${t('item.own')}`}
            </small>
          </span>
          <span class="row-facts">
            <Span startMs={item.startMs} endMs={item.endMs} /> · <bdi>{item.manager}</bdi>
          </span>
          <span class="row-facts">
            <Heights lowerM={item.lowerM} upperM={item.upperM} />
          </span>
          {active && <span class="visually-hidden">{t('item.active')}</span>}
        </span>
      </button>
    </li>
  )
}

function matches(item: Item, wanted: string): boolean {
  return wanted === '' || [nameOf(item.id), item.manager, item.id].some((text) => text.toLowerCase().includes(wanted))
}

/** The plans and zones the pool holds. */
export function SkyList() {
  const all = items.value
  const found = all.filter((item) => matches(item, filter.value.trim().toLowerCase()))
  const zoneCount = all.filter((item) => item.kind === 'constraint').length
  const of = language.value
  return (
    <section class="list sky" aria-labelledby="sky-title" id="lists">
      <header>
        <h2 id="sky-title">{t('sky.title')}</h2>
        <small>
          {t('sky.count', { plans: countText(of, all.length - zoneCount), zones: countText(of, zoneCount) })}
        </small>
      </header>
      {all.length > 8 && (
        <input
          type="search"
          class="filter"
          aria-label={t('sky.filter')}
          placeholder={t('sky.filter')}
          value={filter.value}
          onInput={(event) => {
            filter.value = event.currentTarget.value
          }}
        />
      )}
      <ul class="rows">
        {found.slice(0, MOST_SHOWN).map((item) => (
          <Row key={item.id} item={item} />
        ))}
      </ul>
      {picture.value !== null && all.length === 0 && <p class="empty">{t('sky.empty')}</p>}
      {all.length > 0 && found.length === 0 && <p class="empty">{t('sky.none-match')}</p>}
      {found.length > MOST_SHOWN && (
        <p class="empty">{t('sky.capped', { shown: countText(of, MOST_SHOWN), total: countText(of, found.length) })}</p>
      )}
    </section>
  )
}
