import { explainBlocking, explainShift, type OfferedShift, offeredShifts, shifts } from '../explain.ts'
import { countText, listText } from '../format.ts'
import { language, t, tell } from '../i18n.ts'
import type { Item } from '../items.ts'
import { itemById } from '../session.ts'
import { nameOf } from '../view-state.ts'
import type { Blocking, Clearing } from '../wire.ts'
import { showItem } from './sky-list.tsx'
import { Swatch } from './swatch.tsx'

const MOST_SHOWN = 50

function BlockingRow({ blocking }: { blocking: Blocking }) {
  const name = nameOf(blocking.id)
  const sentences = explainBlocking(language.value, blocking, name)
  const item: Item | undefined = itemById.value.get(blocking.id)
  return (
    <li class={blocking.overlaps ? 'blocking true' : 'blocking'}>
      <Swatch kind={blocking.entity} manager={blocking.manager} />
      <p>
        {sentences.map((sentence, index) => (
          <span key={sentence.key} class={index === 0 ? 'lead' : ''}>
            {tell(sentence)}{' '}
          </span>
        ))}
        {item !== undefined && (
          <button type="button" class="link" onClick={() => showItem(item)}>
            {t('item.select', { name })}
          </button>
        )}
      </p>
    </li>
  )
}

/** Every item in the way, those that truly meet the plan first. */
export function BlockingList({ blocking, most = MOST_SHOWN }: { blocking: readonly Blocking[]; most?: number }) {
  const sorted = [...blocking].sort((a, b) => Number(b.overlaps) - Number(a.overlaps))
  return (
    <ul class="blockings">
      {sorted.slice(0, most).map((each) => (
        <BlockingRow key={each.id} blocking={each} />
      ))}
      {sorted.length > most && (
        <li class="more">{t('decision.more-blocking', { count: countText(language.value, sorted.length - most) })}</li>
      )}
    </ul>
  )
}

/** The smallest shift in each direction, in words; with buttons when it can be applied. */
export function ClearingList({
  clearing,
  onApply,
}: {
  clearing: Clearing | undefined
  onApply?: (shift: OfferedShift) => void
}) {
  const offered = offeredShifts(clearing)
  if (offered.length === 0) return <p class="no-clearing">{t('clear.none')}</p>
  const missing = shifts.filter((shift) => !offered.some((each) => each.shift === shift))
  return (
    <div class="clearing">
      <h4>{t('clear.title')}</h4>
      <ul>
        {offered.map((each) => (
          <li key={each.shift}>
            <span aria-hidden="true" class="arrow" dir="ltr">
              {{ later: '→', earlier: '←', up: '↑', down: '↓' }[each.shift]}
            </span>
            {onApply === undefined ? (
              <span>{tell(explainShift(language.value, each))}</span>
            ) : (
              <button type="button" class="apply" onClick={() => onApply(each)}>
                {t('clear.apply', { shift: tell(explainShift(language.value, each)) })}
              </button>
            )}
          </li>
        ))}
      </ul>
      {missing.length > 0 && (
        <p class="note">
          {t('clear.not-offered', {
            directions: listText(
              language.value,
              missing.map((shift) => t(`clear.dir-${shift}`)),
            ),
          })}
        </p>
      )}
    </div>
  )
}

/** One line for a list: the shifts side by side. */
export function clearingLine(clearing: Clearing | undefined): string | null {
  const offered = offeredShifts(clearing)
  if (offered.length === 0) return null
  return t('clear.short', { shifts: offered.map((each) => tell(explainShift(language.value, each))).join(' · ') })
}
