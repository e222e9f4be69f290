import { language, t } from '../../i18n.ts'
import { PERIOD_S, stretchesOf } from '../../line/bars.ts'
import { isOld, lineNowS, tableState, toldAgoS } from '../../line/line-session.ts'
import type { AvailabilityRow, Declared, Measured, PartyState } from '../../line/types.ts'
import { Ltr } from './say.tsx'
import { agoText, at, partyTitle, secondsText, wordOf } from './text.ts'

const PERIODS: readonly AvailabilityRow['period'][] = ['day', 'week', 'month']

function DeclaredView({ party, declared }: { party: string; declared: Declared }) {
  const { kind, sinceS, by, reason, scope, untilS, safetyOnly, learntS, act } = declared
  return (
    <div class={`fact declared ${kind}`}>
      <span class="fact-name">{t('line.declared')}</span>
      <strong class="fact-state">{wordOf('line.declared', kind)}</strong>
      {sinceS !== null && (
        <span class="fact-since">
          {t('line.since')} <Ltr>{at(sinceS)}</Ltr>
        </span>
      )}
      {kind === 'suspended' && (
        <blockquote class="quoted">
          <p>
            {t('line.suspended-quote', { party: partyTitle(by ?? party) })} {wordOf('line.scope', scope ?? 'all')}.{' '}
            {t('line.reason')} {wordOf('line.reason', reason ?? 'other')}.
          </p>
          <p>{t(safetyOnly ? 'line.safety-only' : 'line.takes-all')}</p>
          <dl>
            <dt>{t('line.since')}</dt>
            <dd>
              <Ltr>{sinceS === null ? '—' : at(sinceS)}</Ltr>
            </dd>
            <dt>{t('line.until')}</dt>
            <dd>{untilS === null ? t('line.until-open') : <Ltr>{at(untilS)}</Ltr>}</dd>
            <dt>{t('line.learnt')}</dt>
            <dd>
              <Ltr>{learntS === null ? '—' : at(learntS)}</Ltr>
            </dd>
            {act !== null && (
              <>
                <dt>{t('line.act')}</dt>
                <dd>
                  <code dir="ltr">
                    {act.origin} #{act.index}
                  </code>
                </dd>
              </>
            )}
          </dl>
        </blockquote>
      )}
      {kind === 'closed' && reason !== null && <p>{wordOf('line.reason', reason)}</p>}
    </div>
  )
}

function MeasuredView({ direction, measured }: { direction: 'to' | 'from'; measured: Measured }) {
  const of = language.value
  const { kind, reasons, sinceS, ageS } = measured
  return (
    <div class={`fact measured ${kind}`}>
      <span class="fact-name">{t(direction === 'to' ? 'line.measured-to' : 'line.measured-from')}</span>
      <strong class="fact-state">{wordOf('line.measured', kind)}</strong>
      <span class="fact-since">
        {sinceS !== null && (
          <>
            {t('line.since')} <Ltr>{at(sinceS)}</Ltr>
          </>
        )}
        {ageS !== null && (
          <span class="fact-age"> {t('line.heard-ago', { age: secondsText(of, ageS + toldAgoS.value) })}</span>
        )}
      </span>
      {reasons.length > 0 && <p class="why">{reasons.map((reason) => wordOf('line.why', reason)).join(' · ')}</p>}
    </div>
  )
}

function Availability({ party }: { party: string }) {
  const of = language.value
  const rows = tableState.value?.availability.filter((row) => row.party === party) ?? []
  if (rows.length === 0) return null
  const nowS = lineNowS.value
  return (
    <details class="availability">
      <summary>{t('line.availability')}</summary>
      {(['to', 'from'] as const).map((direction) => (
        <div key={direction}>
          <h5>{t(direction === 'to' ? 'line.measured-to' : 'line.measured-from')}</h5>
          {PERIODS.map((period) => {
            const row = rows.find((one) => one.period === period && one.direction === direction)
            if (row === undefined) return null
            const percent = row.share === null ? '—' : `${(Math.floor(row.share * 10_000) / 100).toFixed(2)}%`
            const longest = Math.max(0, ...row.gaps.map(({ lengthS }) => lengthS))
            return (
              <div key={period} class="bar-row">
                <span>{t(`line.period-${period}`)}</span>
                <svg viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label={percent}>
                  {stretchesOf(row, nowS).map((stretch, i) => (
                    <rect
                      key={i}
                      class={stretch.kind}
                      x={stretch.from * 100}
                      y={stretch.kind === 'gap' ? 0 : 2}
                      width={(stretch.to - stretch.from) * 100}
                      height={stretch.kind === 'gap' ? 8 : 6}
                    />
                  ))}
                </svg>
                <span class="bar-figures">
                  <Ltr>{percent}</Ltr>{' '}
                  <small>
                    {row.gaps.length === 0
                      ? t('line.gaps-none')
                      : t('line.gaps-some', { gaps: String(row.gaps.length), longest: secondsText(of, longest) })}
                    {row.observedS < PERIOD_S[period] && (
                      <span class="observed">{t('line.observed', { time: agoText(of, row.observedS) })}</span>
                    )}
                  </small>
                </span>
              </div>
            )
          })}
        </div>
      ))}
      <p class="note">{t('line.bar-note')}</p>
    </details>
  )
}

/** Everything a party has suspended so far, newest first, what is over among it. */
function Suspensions({ party }: { party: PartyState }) {
  const all = party.suspensions ?? []
  if (all.length === 0) return null
  return (
    <details class="suspensions">
      <summary>{t('line.suspensions', { count: String(all.length) })}</summary>
      <ul>
        {all.toReversed().map(({ act, scope, reason, sinceS, untilS, safetyOnly, learntS, resumedS }) => (
          <li key={`${act.origin} ${act.index}`} class={resumedS === null ? 'lasts' : 'over'}>
            <strong>{wordOf('line.scope', scope)}</strong> · {wordOf('line.reason', reason)}
            <br />
            <Ltr>{at(sinceS)}</Ltr> –{' '}
            {resumedS === null ? (
              <strong>{t('line.suspension-lasts')}</strong>
            ) : (
              <>
                <Ltr>{at(resumedS)}</Ltr> {t('line.suspension-over')}
              </>
            )}
            {untilS !== null && (
              <>
                {' '}
                · {t('line.until')} <Ltr>{at(untilS)}</Ltr>
              </>
            )}
            {' · '}
            {t('line.learnt')} <Ltr>{at(learntS)}</Ltr>
            {safetyOnly && <small> · {t('line.safety-only')}</small>}
            <br />
            <code dir="ltr">
              {act.origin} #{act.index}
            </code>
          </li>
        ))}
      </ul>
    </details>
  )
}

/** Contents that a mirror could have receipted and has not. */
function Protests() {
  const due = tableState.value?.protests ?? []
  if (due.length === 0) return null
  return (
    <>
      <h4>{t('line.protests')}</h4>
      {due.map(({ origin, accused, size, witnesses, availableS, dueS }) => (
        <p key={`${origin} ${accused}`} class="line-alarm" data-protest={accused}>
          {t('line.protest', {
            accused: partyTitle(accused),
            origin,
            size: String(size),
            since: at(availableS),
            due: at(dueS),
            witnesses: witnesses.map(partyTitle).join(', '),
          })}
        </p>
      ))}
    </>
  )
}

/** Whether all compute the same state of the same entries; a difference is shown and not settled (SR-20). */
function Digests() {
  const said = tableState.value?.digests ?? []
  if (said.length === 0) return null
  return (
    <>
      <h4>{t('line.digests')}</h4>
      <ul class="digests">
        {said.map(({ party, verdict, origin, index }) => (
          <li key={party} class={verdict} data-digest={party}>
            <bdi>{partyTitle(party)}</bdi>: <strong>{wordOf('line.digest', verdict)}</strong>{' '}
            <code dir="ltr">
              {origin} #{index}
            </code>
          </li>
        ))}
      </ul>
    </>
  )
}

function LinkView({ party }: { party: PartyState }) {
  const { link } = party
  if (link === null) return null
  return (
    <p class="link-facts">
      {wordOf('line.link', link.state)}
      {link.relay && <> · {t('line.by-relay')}</>}
      {link.backlog > 0 && <> · {t('line.backlog', { acts: String(link.backlog) })}</>}
      {link.clockOffsetS !== null && Math.abs(link.clockOffsetS) >= 2 && (
        <> · {t('line.clock-offset', { seconds: String(link.clockOffsetS) })}</>
      )}
      {link.alarm !== null && (
        <span class="said">
          {' '}
          <q lang="en" dir="ltr">
            {link.alarm.message}
          </q>
        </span>
      )}
    </p>
  )
}

function Party({ party }: { party: PartyState }) {
  const watched = party.watches.filter(({ open }) => open)
  return (
    <li class="party" data-party={party.party}>
      <h4>
        <bdi>{partyTitle(party.party)}</bdi> <small>{wordOf('line.member', party.own ? 'own' : party.role)}</small>
      </h4>
      <div class="facts-pair">
        <DeclaredView party={party.party} declared={party.declared} />
        {party.measured !== null && (
          <>
            <MeasuredView direction="to" measured={party.measured.to} />
            <MeasuredView direction="from" measured={party.measured.from} />
          </>
        )}
      </div>
      <p class="watch-facts">
        {party.roles.length === 0 ? null : watched.length === 0 ? (
          t('line.no-watch')
        ) : (
          <>
            {t('line.watch-open')} <Ltr>{watched.map(({ role }) => `${party.party}.${role}`).join(', ')}</Ltr>
          </>
        )}
      </p>
      <LinkView party={party} />
      <Suspensions party={party} />
      <Availability party={party.party} />
    </li>
  )
}

/** Each party's own word beside what the machine measures, direction by direction: two facts and never one lamp. */
export function Sides() {
  const state = tableState.value
  if (state === null) return <p class="empty">{t('connection.connecting')}</p>
  return (
    <section aria-labelledby="line-sides">
      <h3 id="line-sides">{t('line.sides')}</h3>
      <p class={isOld.value ? 'warn' : 'note'}>
        {t('line.told-ago', { age: secondsText(language.value, toldAgoS.value) })}
      </p>
      {state.halted !== null && (
        <p class="line-alarm" role="alert">
          {t('line.halted')}{' '}
          <q lang="en" dir="ltr">
            {state.halted}
          </q>
        </p>
      )}
      {state.forks.map(({ origin, foundS, evidence }) => (
        <div key={origin} class="line-alarm" role="alert">
          <p>{t('line.fork', { origin, time: at(foundS) })}</p>
          <p>
            {t('line.evidence')} <code dir="ltr">{evidence}</code>
          </p>
        </div>
      ))}
      <ul class="parties">
        {state.parties.map((party) => (
          <Party key={party.party} party={party} />
        ))}
      </ul>
      <Protests />
      <Digests />
      <h4>{t('line.sequence')}</h4>
      {state.gaps.length === 0 ? (
        <p class="note">{t('line.sequence-whole')}</p>
      ) : (
        <div class="line-alarm" role="alert">
          <p>{t('line.sequence-gaps', { gaps: String(state.gaps.length) })}</p>
          <p>
            <Ltr>{state.gaps.slice(0, 50).join(', ')}</Ltr>
            {state.gaps.length > 50 && ' …'}
          </p>
        </div>
      )}
      {(state.tests ?? []).length > 0 && (
        <>
          <h4>{t('line.tests')}</h4>
          <ul class="tests">
            {(state.tests ?? []).map(({ party, dueS, state: how, number }) => (
              <li key={`${party} ${dueS}`} class={how}>
                <bdi>{partyTitle(party)}</bdi>: <strong>{wordOf('line.test', how)}</strong> <Ltr>{at(dueS)}</Ltr>
                {number !== null && (
                  <>
                    {' '}
                    · <Ltr>{number}</Ltr>
                  </>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
      {state.charter !== null && (
        <p class="note">
          {t('line.charter', { version: String(state.charter.version) })}{' '}
          <code dir="ltr" title={state.charter.sha256}>
            {state.charter.sha256.slice(0, 16)}…
          </code>
        </p>
      )}
    </section>
  )
}
