import { escalateMessage } from '@parley/client'
import type { EscalationStep } from '@parley/line'
import { language, t } from '../../i18n.ts'
import { byNumber, lineNowS, messages, self, tableState } from '../../line/line-session.ts'
import { clocksInOrder } from '../../line/order.ts'
import type { Clock } from '../../line/types.ts'
import { goTo, Ltr, openedNumber, SayButton } from './say.tsx'
import { secondsText, wordOf } from './text.ts'

function ClockRow({ clock }: { clock: Clock }) {
  const of = language.value
  const leftS = clock.dueS - lineNowS.value
  const overdue = leftS < 0
  const ours = clock.to.split('.')[0] === self.value
  return (
    <li class={overdue ? 'clock-row overdue' : 'clock-row'}>
      <button
        type="button"
        onClick={() => {
          openedNumber.value = clock.number
          goTo('messages')
        }}
      >
        <span class="countdown">
          {overdue
            ? t('line.overdue', { time: secondsText(of, -leftS) })
            : t('line.left', { time: secondsText(of, leftS) })}
        </span>
        <span>
          <b class={`precedence ${clock.precedence}`}>{clock.precedence}</b> <Ltr>{clock.number}</Ltr>
        </span>
        <small>{t(ours ? 'line.waits-here' : 'line.waits-there', { role: clock.to })}</small>
      </button>
    </li>
  )
}

function Escalations() {
  const due = messages.value?.dueEscalations ?? []
  const state = tableState.value
  return due.flatMap((clock) =>
    clock.escalation.map((step) => {
      const subject = byNumber.value.get(clock.number)?.subject ?? ''
      const role = state?.parties.find(({ party }) => party === clock.to.split('.')[0])?.roles[1]
      return (
        <div key={`${clock.number} ${step}`} class="line-alarm" role="alert">
          <p>
            <strong>{wordOf('line.escalate', step)}</strong> <Ltr>{clock.number}</Ltr>{' '}
            <Ltr>
              {clock.precedence} {subject}
            </Ltr>
            {step === 'role' && role !== undefined && (
              <>
                {' '}
                → <Ltr>{`${clock.to.split('.')[0]}.${role}`}</Ltr>
              </>
            )}
          </p>
          {step === 'path' && <p class="script">{t('line.script', { number: clock.number })}</p>}
          <SayButton
            label={t('line.record-step')}
            saying={() => (draft) => escalateMessage(clock.number, step as EscalationStep, draft.at)}
          />
        </div>
      )
    }),
  )
}

/** Clocks that run, overdue ones first, and the steps that are due because nobody took a message. */
export function Clocks() {
  const running = clocksInOrder(tableState.value?.clocks ?? [], self.value, lineNowS.value)
  return (
    <section aria-labelledby="line-clocks">
      <h3 id="line-clocks">{t('line.clocks')}</h3>
      <Escalations />
      {running.length === 0 ? (
        <p class="note">{t('line.clocks-none')}</p>
      ) : (
        <ul class="clock-list">
          {running.slice(0, 100).map((clock) => (
            <ClockRow key={clock.number} clock={clock} />
          ))}
        </ul>
      )}
    </section>
  )
}
