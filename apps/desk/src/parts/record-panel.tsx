import type { CosignatureReport, Finding } from '@parley/record'
import { useMemo } from 'preact/hooks'
import { ageText, countText, durationText } from '../format.ts'
import { language, t, tell } from '../i18n.ts'
import { isAboutContents, sentenceOf } from '../record/findings.ts'
import {
  keyStanding,
  startVerification,
  stopVerification,
  type Verification,
  verification,
} from '../record/verification.ts'
import { heardAtMs, status, tickMs } from '../session.ts'
import type { Cosigner, LogStatus } from '../wire.ts'
import { clockText, dateText } from '../zoned-time.ts'

const MOST_FINDINGS = 20

function Instant({ ms }: { ms: number }) {
  return (
    <bdi dir="ltr" class="instant">
      {dateText(ms, 'UTC')} {clockText(ms, 'UTC', 'always')}Z
    </bdi>
  )
}

function Key({ log }: { log: LogStatus }) {
  const standing = useMemo(() => keyStanding(log.origin, log.vkey), [log.origin, log.vkey])
  if (standing === null) return <p class="field-problem">{t('record.key-none')}</p>
  return (
    <>
      <code dir="ltr" class="fingerprint">
        {standing.fingerprint}
      </code>
      {standing.before === null ? (
        <p class="note">
          {t('record.key-known')} <Instant ms={standing.firstSeenMs} />. {t('record.key-why')}
        </p>
      ) : (
        <div class="record-alarm" role="alert">
          <strong>{t('record.key-changed')}</strong>
          <p>{t('record.key-changed-why')}</p>
          <code dir="ltr" class="fingerprint">
            {standing.before}
          </code>
        </div>
      )}
    </>
  )
}

function CosignerRow({ cosigner }: { cosigner: Cosigner }) {
  const of = language.value
  const { name, kind, state, size, lag, ageS, alarm } = cosigner
  return (
    <li class={`cosigner ${state}`}>
      <p>
        <bdi class="cosigner-name">{name}</bdi>{' '}
        <small>{t(kind === 'mirror' ? 'record.kind-mirror' : 'record.kind-witness')}</small>
      </p>
      <p>
        <span class="cosigner-state">{t(`record.state-${state}`)}</span>
        {size !== null && <> · {t('record.cosigned-size', { size: countText(of, size) })}</>}
        {size !== null && lag > 0 && <> · {t('record.cosigned-lag', { lag: countText(of, lag) })}</>}
        {ageS !== null && <> · {t('decision.ago', { age: ageText(of, ageS * 1000) })}</>}
      </p>
      {alarm !== null && (
        <p class="said">
          {t('decision.node-says')}{' '}
          <q lang="en" dir="ltr">
            {alarm.message}
          </q>
        </p>
      )}
    </li>
  )
}

function Running({ state }: { state: Extract<Verification, { kind: 'running' }> }) {
  const of = language.value
  const { done, total, startedMs } = state
  const elapsedS = Math.max(0.001, (tickMs.value - startedMs) / 1000)
  const perS = done / elapsedS
  const leftS = perS > 0 ? Math.ceil((total - done) / perS) : null
  return (
    <div class="record-running">
      <progress max={Math.max(1, total)} value={done} aria-label={t('record.running')} />
      <p role="status">
        {t('record.progress', { done: countText(of, done), total: countText(of, total) })}
        {leftS !== null && leftS > 1 && <> · {t('record.time-left', { time: durationText(of, leftS) })}</>}
      </p>
    </div>
  )
}

function FoundItem({ finding }: { finding: Finding }) {
  return (
    <li>
      {tell(sentenceOf(language.value, finding))}
      <p class="said">
        <q lang="en" dir="ltr">
          {finding.rule}
        </q>
      </p>
    </li>
  )
}

function CosignedBy({ cosignatures }: { cosignatures: readonly CosignatureReport[] }) {
  const good = cosignatures.filter(({ state }) => state === 'verified')
  if (good.length === 0) return <li>{t('record.verdict-uncosigned')}</li>
  return <li>{t('record.verdict-cosigned', { count: good.length, names: good.map(({ name }) => name).join(', ') })}</li>
}

function Verdict({ state }: { state: Extract<Verification, { kind: 'done' }> }) {
  const of = language.value
  const { report, atMs, since } = state
  const good = report.verdict === 'verified'
  // What was signed may itself be wrong.
  const holds = report.findings.length === report.findingsTotal && report.findings.every(isAboutContents)
  return (
    <div class={good ? 'record-verdict good' : 'record-verdict bad'} role="status">
      <h4>{t(good ? 'record.verdict-good' : holds ? 'record.verdict-contents' : 'record.verdict-bad')}</h4>
      <p>
        <Instant ms={atMs} />
      </p>
      {good ? (
        <ul class="facts">
          <li>{t('record.verdict-entries', { entries: countText(of, report.entries) })}</li>
          {report.replayed !== null && (
            <li>{t('record.verdict-replayed', { decisions: countText(of, report.replayed) })}</li>
          )}
          {since?.verified !== undefined && (
            <li>
              {t('record.verdict-since', { size: countText(of, since.verified.size) })}{' '}
              <Instant ms={since.verified.atMs} />
            </li>
          )}
          <CosignedBy cosignatures={report.cosignatures} />
        </ul>
      ) : (
        <>
          <p>{t('record.verdict-bad-what', { count: report.findingsTotal })}</p>
          <ol class="findings">
            {report.findings.slice(0, MOST_FINDINGS).map((finding, i) => (
              <FoundItem key={i} finding={finding} />
            ))}
          </ol>
          <p>{t('record.verdict-bad-do')}</p>
        </>
      )}
      {report.root !== null && (
        <p>
          <small>{t('record.root')}</small>{' '}
          <code dir="ltr" class="fingerprint">
            {report.root}
          </code>
        </p>
      )}
    </div>
  )
}

function Check({ log }: { log: LogStatus }) {
  const state = verification.value
  const running = state.kind === 'running'
  return (
    <section aria-labelledby="record-check">
      <h4 id="record-check">{t('record.check-title')}</h4>
      <p class="note">{t('record.check-why')}</p>
      <div class="buttons">
        <button
          type="button"
          class={running ? 'stop' : 'primary verify'}
          disabled={!running && log.size === 0}
          onClick={running ? stopVerification : startVerification}
        >
          {t(running ? 'record.stop' : state.kind === 'done' ? 'record.again' : 'record.verify')}
        </button>
      </div>
      {running && <Running state={state} />}
      {state.kind === 'done' && <Verdict state={state} />}
      {state.kind === 'failed' && (
        <div class="record-verdict unknown" role="alert">
          <h4>{t('record.verdict-unread')}</h4>
          <p class="said">
            <q lang="en" dir="ltr">
              {state.message}
            </q>
          </p>
        </div>
      )}
    </section>
  )
}

/** The pool's append-only log: its name, size and key, who cosigns it, and its verification on the reader's own machine. */
export function RecordPanel() {
  const log = status.value?.log
  const of = language.value
  return (
    <section class="record" aria-labelledby="record-title">
      <h3 id="record-title">{t('record.title')}</h3>
      <p class="note">{t('record.intro')}</p>
      {log === undefined ? (
        <p class="empty">{t(status.value === null ? 'connection.connecting' : 'record.none')}</p>
      ) : (
        <>
          <dl>
            <dt>{t('record.origin')}</dt>
            <dd>
              <code dir="ltr">{log.origin}</code>
            </dd>
            <dt>{t('record.size')}</dt>
            <dd>{t('record.entries', { count: log.size, entries: countText(of, log.size) })}</dd>
            <dt>{t('record.age')}</dt>
            <dd>
              {heardAtMs.value === null ? '—' : t('decision.ago', { age: ageText(of, tickMs.value - heardAtMs.value) })}
            </dd>
            <dt>{t('record.key')}</dt>
            <dd>
              <Key log={log} />
            </dd>
          </dl>
          <h4>{t('record.cosigners')}</h4>
          {log.cosigners.length === 0 ? (
            <p class="note">{t('record.cosigners-none')}</p>
          ) : (
            <ul class="cosigners">
              {log.cosigners.map((cosigner) => (
                <CosignerRow key={cosigner.vkey} cosigner={cosigner} />
              ))}
            </ul>
          )}
          <Check log={log} />
        </>
      )}
    </section>
  )
}
