import { closeWatch, handoverOf, openWatch } from '@parley/client'
import { useState } from 'preact/hooks'
import { language, t } from '../../i18n.ts'
import { lastDraft, lineNowS, messages, ownParty, tableState } from '../../line/line-session.ts'
import { PlainText } from './plain-fields.tsx'
import { Ltr, SayButton } from './say.tsx'
import { agoText, at, partyTitle, secondsText } from './text.ts'

function Handover({ role }: { role: string }) {
  const [notes, setNotes] = useState('')
  const draft = lastDraft.value
  const all = messages.value
  if (all === null) return null
  const sheet = draft === null ? null : handoverOf(draft, all)
  const nowS = lineNowS.value
  return (
    <details class="handover">
      <summary>{t('line.watch-close')}</summary>
      <h5>{t('line.handover')}</h5>
      {sheet === null ? (
        <p class="empty">{t('connection.connecting')}</p>
      ) : (
        <>
          <p>
            {t('line.handover-open', { items: String(sheet.open.length) })} <Ltr>{sheet.open.join(', ')}</Ltr>
          </p>
          <p>
            {t('line.handover-clocks', { clocks: String(sheet.clocks.length) })}{' '}
            <Ltr>
              {sheet.clocks
                .map(
                  ({ number, dueS }) =>
                    `${number} ${dueS < nowS ? '-' : ''}${secondsText(language.value, Math.abs(dueS - nowS))}`,
                )
                .join(', ')}
            </Ltr>
          </p>
          <p>
            {t('line.handover-heads')}{' '}
            <code dir="ltr">{sheet.heads.map(({ origin, size }) => `${origin} ${size}`).join(' · ')}</code>
          </p>
        </>
      )}
      <PlainText
        name="handover-notes"
        label={t('line.handover-notes')}
        rows={3}
        direction="auto"
        value={notes}
        onInput={setNotes}
      />
      <SayButton
        name="watch-close"
        label={t('line.watch-close-sign')}
        saying={() => (fresh) => closeWatch(role, handoverOf(fresh, all, notes.trim() === '' ? null : notes.trim()))}
        onSaid={() => setNotes('')}
      />
    </details>
  )
}

/** Watches: who is on, role by role, and the sheet that hands one over. */
export function Watch() {
  const own = ownParty.value
  const state = tableState.value
  if (own === null || state === null) return <p class="empty">{t('connection.connecting')}</p>
  return (
    <section aria-labelledby="line-watch">
      <h3 id="line-watch">{t('line.roster')}</h3>
      <p class="note">{t('line.roster-why')}</p>
      <ul class="roster">
        {own.watches.map(({ role, open, openSinceS }) => {
          const address = `${own.party}.${role}`
          return (
            <li key={role} class={open ? 'on' : 'off'}>
              <strong>
                <Ltr>{address}</Ltr>
              </strong>{' '}
              {open && openSinceS !== null ? (
                <>
                  {t('line.on-since')} <Ltr>{at(openSinceS)}</Ltr> (
                  {agoText(language.value, Math.max(0, lineNowS.value - openSinceS))})
                </>
              ) : (
                t('line.off')
              )}
              {open ? (
                <Handover role={address} />
              ) : (
                <SayButton
                  primary
                  name={`watch-open-${role}`}
                  label={t('line.watch-take')}
                  saying={() => openWatch(address)}
                />
              )}
            </li>
          )
        })}
      </ul>
      <h4>{t('line.others-on-watch')}</h4>
      <ul class="roster">
        {state.parties
          .filter(({ own: ours, roles }) => !ours && roles.length > 0)
          .map(({ party, watches }) => (
            <li key={party}>
              <bdi>{partyTitle(party)}</bdi>:{' '}
              {watches.map(({ role, open, openSinceS }) => (
                <span key={role} class="other-watch">
                  <Ltr>{`${party}.${role}`}</Ltr>{' '}
                  {open && openSinceS !== null ? (
                    <>
                      {t('line.on-since')} <Ltr>{at(openSinceS)}</Ltr>
                    </>
                  ) : (
                    t('line.off')
                  )}
                </span>
              ))}
            </li>
          ))}
      </ul>
    </section>
  )
}
