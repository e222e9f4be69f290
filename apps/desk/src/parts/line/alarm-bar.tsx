import { useState } from 'preact/hooks'
import { language, t } from '../../i18n.ts'
import { acknowledge, alarms, ringing, wishSound } from '../../line/alarm-session.ts'
import type { Alarm } from '../../line/alarms.ts'
import { lineNowS } from '../../line/line-session.ts'
import { soundState, turnSoundOff, turnSoundOn } from '../../line/sound.ts'
import { workspace } from '../../view-state.ts'
import { goTo, Ltr, openedNumber } from './say.tsx'
import { agoText, partyTitle, wordOf } from './text.ts'

const MOST = 4

function go({ number }: Alarm): void {
  workspace.value = 'line'
  if (number === undefined) {
    goTo('state')
    return
  }
  openedNumber.value = number
  goTo('messages')
}

function AlarmRow({ alarm }: { alarm: Alarm }) {
  const { key, kind, number, to, about, direction, sinceS } = alarm
  return (
    <li class={`alarm ${kind}`} data-alarm={kind}>
      <span class="alarm-what">
        <strong>{wordOf('line.alarm', kind)}</strong>{' '}
        {number !== undefined && (
          <>
            <Ltr>{number}</Ltr>{' '}
          </>
        )}
        {to !== undefined && t('line.alarm-to', { role: to })}
        {about !== undefined && direction === undefined && <Ltr>{about}</Ltr>}
        {about !== undefined &&
          direction !== undefined &&
          t(`line.alarm-about-${direction}`, { party: partyTitle(about) })}
        {sinceS > 0 && (
          <small>
            {' '}
            · {t('line.alarm-since', { age: agoText(language.value, Math.max(0, lineNowS.value - sinceS)) })}
          </small>
        )}
      </span>
      <span class="alarm-do">
        <button type="button" name="alarm-go" onClick={() => go(alarm)}>
          {t('line.alarm-go')}
        </button>
        <button type="button" name="alarm-ack" title={t('line.alarm-ack-why')} onClick={() => acknowledge(key)}>
          {t('line.alarm-ack')}
        </button>
      </span>
    </li>
  )
}

function SoundOff() {
  const [busy, setBusy] = useState(false)
  const now = soundState.value
  if (now === 'on') return null
  return (
    <p class="sound-off" data-sound={now}>
      <span>{t(`line.sound-${now}`)}</span>
      {now !== 'none' && (
        <button
          type="button"
          name="sound-on"
          disabled={busy}
          onClick={() => {
            setBusy(true)
            wishSound(true)
            void turnSoundOn().finally(() => setBusy(false))
          }}
        >
          {t('line.sound-turn-on')}
        </button>
      )}
    </p>
  )
}

/** Turning off and testing, once it is on: in the head of the line, where it takes no room from what is waited for. */
export function SoundOn() {
  if (soundState.value !== 'on') return null
  return (
    <details class="chip sound-on" data-sound="on">
      <summary>{t('line.sound-on')}</summary>
      <p>
        <button type="button" name="sound-test" onClick={() => void turnSoundOn()}>
          {t('line.sound-test')}
        </button>{' '}
        <button
          type="button"
          name="sound-off"
          onClick={() => {
            wishSound(false)
            void turnSoundOff()
          }}
        >
          {t('line.sound-turn-off')}
        </button>
      </p>
    </details>
  )
}

/** Over everything, whatever is in front: what sounds, and whether it can be heard at all. */
export function AlarmBar() {
  const now = ringing.value
  const quiet = alarms.value.length - now.length
  return (
    <section class="alarm-bar" aria-label={t('line.alarms')}>
      <SoundOff />
      <ul role="alert">
        {now.slice(0, MOST).map((alarm) => (
          <AlarmRow key={alarm.key} alarm={alarm} />
        ))}
      </ul>
      {now.length > MOST && <p class="alarm-more">{t('line.alarm-more', { more: String(now.length - MOST) })}</p>}
      {now.length > 0 && <p class="note">{t('line.alarm-ack-why')}</p>}
      {quiet > 0 && <p class="alarm-quiet">{t('line.alarm-acked', { alarms: String(quiet) })}</p>}
    </section>
  )
}
