import { openLine, resumeLine, suspendLine } from '@parley/client'
import { SUSPENSION_REASONS, SUSPENSION_SCOPES, type SuspensionReason, type SuspensionScope } from '@parley/line'
import { useState } from 'preact/hooks'
import { readInstant } from '../../draft.ts'
import { type Sentence, t } from '../../i18n.ts'
import { line, lineNowS, ownParty, table } from '../../line/line-session.ts'
import { type Outcome, refusalOf } from '../../line/officers.ts'
import type { Ref } from '../../line/types.ts'
import { zones } from '../../view-state.ts'
import { PlainChoice, PlainText } from './plain-fields.tsx'
import { Ltr, OutcomeView, SayButton } from './say.tsx'
import { at, wordOf } from './text.ts'

interface When {
  readonly date: string
  readonly time: string
  readonly zone: string
}

function WhenFields({
  name,
  value,
  onChange,
  problem,
}: {
  name: string
  value: When
  onChange: (next: When) => void
  problem: Sentence | undefined
}) {
  return (
    <div class="triple">
      <PlainText
        name={`${name}-date`}
        label={t('line.date')}
        hint="YYYY-MM-DD"
        value={value.date}
        problem={problem}
        onInput={(date) => onChange({ ...value, date })}
      />
      <PlainText
        name={`${name}-time`}
        label={t('line.time')}
        hint="HH:MM"
        value={value.time}
        onInput={(time) => onChange({ ...value, time })}
      />
      <PlainChoice
        name={`${name}-zone`}
        label={t('form.zone')}
        value={value.zone}
        options={zones.value.map(({ timeZone, label }) => [timeZone, label] as const)}
        onChoose={(zone) => onChange({ ...value, zone })}
      />
    </div>
  )
}

const EMPTY: When = { date: '', time: '', zone: '' }

function Suspend() {
  const [scope, setScope] = useState<SuspensionScope | ''>('')
  const [reason, setReason] = useState<SuspensionReason | ''>('')
  const [fromNow, setFromNow] = useState<boolean | null>(null)
  const [since, setSince] = useState<When>(EMPTY)
  const [until, setUntil] = useState<When>(EMPTY)
  const [safetyOnly, setSafetyOnly] = useState<'' | 'yes' | 'no'>('')
  const [tried, setTried] = useState(false)
  const instant = ({ date, time, zone }: When): number | Sentence =>
    zone === '' ? { key: 'line.zone-needed' } : readInstant(date, time, zone)
  const sinceS = fromNow === true ? lineNowS.value : instant(since)
  const untilGiven = until.date !== '' || until.time !== ''
  const untilAt = untilGiven ? instant(until) : null
  const problems: Sentence[] = []
  if (typeof sinceS !== 'number') problems.push(sinceS)
  if (untilAt !== null && typeof untilAt !== 'number') problems.push(untilAt)
  const required = (value: string): Sentence | undefined =>
    tried && value === '' ? { key: 'error.required' } : undefined
  return (
    <div>
      <p class="note">{t('line.suspend-why')}</p>
      <PlainChoice
        name="scope"
        label={t('line.scope')}
        value={scope}
        options={SUSPENSION_SCOPES.map((each) => [each, wordOf('line.scope', each)] as const)}
        problem={required(scope)}
        onChoose={(next) => setScope(next as SuspensionScope | '')}
      />
      <PlainChoice
        name="reason"
        label={t('line.reason')}
        value={reason}
        options={SUSPENSION_REASONS.map((each) => [each, wordOf('line.reason', each)] as const)}
        problem={required(reason)}
        onChoose={(next) => setReason(next as SuspensionReason | '')}
      />
      <PlainChoice
        name="safety-only"
        label={t('line.what-is-taken')}
        value={safetyOnly}
        options={[
          ['yes', t('line.safety-only')],
          ['no', t('line.takes-all')],
        ]}
        problem={required(safetyOnly)}
        onChoose={(next) => setSafetyOnly(next === 'yes' || next === 'no' ? next : '')}
      />
      <PlainChoice
        name="suspend-from"
        label={t('line.from-when')}
        value={fromNow === null ? '' : fromNow ? 'now' : 'at'}
        options={[
          ['now', t('line.from-now')],
          ['at', t('line.from-time')],
        ]}
        problem={required(fromNow === null ? '' : 'x')}
        onChoose={(next) => setFromNow(next === '' ? null : next === 'now')}
      />
      {fromNow === false && (
        <WhenFields
          name="since"
          value={since}
          onChange={setSince}
          problem={tried && typeof sinceS !== 'number' ? sinceS : undefined}
        />
      )}
      <fieldset>
        <legend>{t('line.until-maybe')}</legend>
        <WhenFields
          name="until"
          value={until}
          onChange={setUntil}
          problem={untilAt !== null && typeof untilAt !== 'number' ? untilAt : undefined}
        />
      </fieldset>
      <SayButton
        name="suspend"
        need={2}
        label={t('line.suspend')}
        saying={() => {
          setTried(true)
          if (scope === '' || reason === '' || safetyOnly === '' || fromNow === null || problems.length > 0) return null
          return (draft) =>
            suspendLine({
              scope,
              reason,
              sinceS: fromNow ? draft.at : Math.floor((sinceS as number) / 1000),
              untilS: typeof untilAt === 'number' ? Math.floor(untilAt / 1000) : null,
              safetyOnly: safetyOnly === 'yes',
            })
        }}
      />
    </div>
  )
}

/** Ends the suspension that the log holds; its leaf hash is read from the log first. */
function Resume({ place }: { place: { origin: string; index: number } }) {
  const [ref, setRef] = useState<Ref | null>(null)
  const [outcome, setOutcome] = useState<Outcome | null>(null)
  const find = async (): Promise<void> => {
    const of = table.value
    if (of === null) return
    try {
      const { acts } = await line.acts(of, { origin: place.origin, from: place.index, limit: 1 })
      const act = acts.find(({ index }) => index === place.index)
      if (act !== undefined) setRef({ o: act.origin, i: act.index, h: act.leaf })
    } catch (error) {
      setOutcome(refusalOf(error))
    }
  }
  return ref === null ? (
    <>
      <button type="button" name="resume-find" onClick={() => void find()}>
        {t('line.resume')}
      </button>
      <OutcomeView outcome={outcome} />
    </>
  ) : (
    <>
      <p>
        {t('line.resume-what')} <code dir="ltr">{`${ref.o} #${ref.i}`}</code>
      </p>
      <SayButton primary name="resume" need={2} label={t('line.resume-sign')} saying={() => resumeLine(ref)} />
    </>
  )
}

/** What our own side says of the line. */
export function Declare() {
  const own = ownParty.value
  if (own === null) return <p class="empty">{t('connection.connecting')}</p>
  const { kind, sinceS, act } = own.declared
  return (
    <section aria-labelledby="line-declare">
      <h3 id="line-declare">{t('line.declare')}</h3>
      <p>
        {t('line.declared')} <strong>{wordOf('line.declared', kind)}</strong>
        {sinceS !== null && (
          <>
            {' '}
            {t('line.since')} <Ltr>{at(sinceS)}</Ltr>
          </>
        )}
      </p>
      {kind === 'joining' && (
        <SayButton primary name="open-line" label={t('line.open-line')} saying={() => openLine()} />
      )}
      {kind === 'suspended' && act !== null && <Resume key={`${act.origin} ${act.index}`} place={act} />}
      {kind === 'open' && <Suspend />}
    </section>
  )
}
