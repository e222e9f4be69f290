import { signal } from '@preact/signals'
import { language, t } from '../../i18n.ts'
import { byNumber, lineNowS, messages } from '../../line/line-session.ts'
import { expected, inboxOrder } from '../../line/order.ts'
import type { Message } from '../../line/types.ts'
import { MessageDetail } from './message.tsx'
import { Ltr, openedNumber } from './say.tsx'
import { agoText, wordOf } from './text.ts'

const shown = signal<'all' | 'in' | 'out'>('all')
const MOST = 200

function Row({ message }: { message: Message }) {
  const { number, direction, precedence, subject, state, from, to, atS } = message
  const wants = expected(message)
  return (
    <li>
      <button
        type="button"
        class={`message-row ${direction} ${wants === 'take' ? 'waits' : ''}`}
        aria-current={openedNumber.value === number ? 'true' : undefined}
        onClick={() => {
          openedNumber.value = openedNumber.value === number ? null : number
        }}
      >
        <span class="message-head">
          <b class={`precedence ${precedence}`}>{precedence}</b>{' '}
          <bdi class="subject">{wordOf('line.subject', subject)}</bdi> <Ltr>{number}</Ltr>
        </span>
        <span class="row-facts">
          {wordOf('line.direction', direction)} <Ltr>{direction === 'in' ? from : to}</Ltr> ·{' '}
          <span class={`standing ${state}`}>{wordOf('line.step', state)}</span> ·{' '}
          {t('decision.ago', { age: agoText(language.value, lineNowS.value - atS) })}
          {wants !== 'nothing' && <strong class="wants"> · {wordOf('line.wants', wants)}</strong>}
        </span>
      </button>
    </li>
  )
}

/** All messages, what waits for somebody here in front; the one chosen is open above them. */
export function Inbox() {
  const all = messages.value?.messages ?? []
  const ordered = inboxOrder(all.filter(({ direction }) => shown.value === 'all' || direction === shown.value))
  const opened = openedNumber.value === null ? undefined : byNumber.value.get(openedNumber.value)
  return (
    <section aria-labelledby="line-inbox">
      <h3 id="line-inbox">{t('line.messages')}</h3>
      {opened !== undefined && <MessageDetail key={opened.number} message={opened} />}
      <div class="choices" role="group" aria-label={t('line.filter')}>
        {(['all', 'in', 'out'] as const).map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={shown.value === each}
            onClick={() => {
              shown.value = each
            }}
          >
            {t(`line.show-${each}`)}
          </button>
        ))}
      </div>
      {messages.value === null ? (
        <p class="empty">{t('connection.connecting')}</p>
      ) : ordered.length === 0 ? (
        <p class="empty">{t('line.messages-none')}</p>
      ) : (
        <ul class="message-list">
          {ordered.slice(0, MOST).map((message) => (
            <Row key={`${message.origin} ${message.index}`} message={message} />
          ))}
        </ul>
      )}
      {ordered.length > MOST && <p class="note">{t('line.messages-more', { more: String(ordered.length - MOST) })}</p>}
    </section>
  )
}
