import { computed, effect, signal } from '@preact/signals'
import { t } from '../i18n.ts'
import { titleAlarm } from '../language-choice.ts'
import { hasLine, isOld, lineNowS, messages, streaming, table, tableState, toldAtMs } from './line-session.ts'
import { alarmsOf } from './alarms.ts'
import { sound, soundState, turnSoundOn } from './sound.ts'

/** Alarms of the table in front: which are there, which were acknowledged at this desk, what sounds. */

const acknowledged = signal<ReadonlySet<string>>(new Set())

export const alarms = computed(() => {
  const told = toldAtMs.value
  return alarmsOf({
    state: tableState.value,
    messages: messages.value?.messages ?? [],
    dueEscalations: messages.value?.dueEscalations ?? [],
    nowS: lineNowS.value,
    deafSinceS: isOld.value && !streaming.value && told !== null ? Math.floor(told / 1000) : null,
  })
})
/** Those that nobody at this desk has acknowledged. */
export const ringing = computed(() => alarms.value.filter(({ key }) => !acknowledged.value.has(key)))

/** Stops the sound of this one at this desk. It takes no message and says nothing to anybody. */
export function acknowledge(key: string): void {
  const here = new Set(alarms.peek().map((alarm) => alarm.key))
  acknowledged.value = new Set([...acknowledged.peek(), key].filter((each) => here.has(each)))
}

const WISH = 'parley.sound'

export function wishSound(on: boolean): void {
  try {
    localStorage.setItem(WISH, on ? 'on' : 'off')
  } catch {
    // Nothing is remembered then; the page says that the sound is off.
  }
}

function wished(): boolean {
  try {
    return localStorage.getItem(WISH) === 'on'
  } catch {
    return false
  }
}

function showOnTab(count: number, word: string): void {
  titleAlarm.value = count === 0 ? null : `(${count}) ${word}`
  const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]')
  if (icon !== null) icon.href = count === 0 ? './icon.svg' : './icon-alarm.svg'
  // Only an installed page has a badge, and not every browser knows it.
  if ('setAppBadge' in navigator) {
    const done = count === 0 ? navigator.clearAppBadge() : navigator.setAppBadge(count)
    done.catch(() => undefined)
  }
}

/** Sounds and shows alarms from now on, whatever part of the page is in front. */
export function startAlarms(): void {
  const first = computed(() => ringing.value[0]?.kind ?? null)
  effect(() => sound(soundState.value === 'on' ? first.value : null))
  effect(() => {
    const kind = first.value
    showOnTab(ringing.value.length, kind === null ? '' : t(`line.alarm-${kind}`))
  })
  effect(() => {
    void table.value
    acknowledged.value = new Set()
  })
  if (!wished()) return
  // Turned on before: the first press in the page lets it sound again.
  const again = (): void => {
    if (!hasLine.peek() || soundState.peek() !== 'off') return
    void turnSoundOn()
  }
  for (const press of ['pointerdown', 'keydown']) addEventListener(press, again, { once: true })
}
