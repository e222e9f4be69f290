import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { blockersOf } from '../blockers.ts'
import { type HeightReference, readInstant } from '../draft.ts'
import { offeredShifts } from '../explain.ts'
import { useTakeOver } from '../focus.ts'
import {
  acknowledged,
  applyShift,
  ask,
  asking,
  change,
  draft,
  emptyForm,
  file,
  filing,
  fillExample,
  type GivenVerdict,
  lastDone,
  reading,
  showProblems,
  timesFromSlider,
  ussBaseUrl,
  verdict,
  withdraw,
  withdrawing,
} from '../form-state.ts'
import { countText, shortId } from '../format.ts'
import { language, t, tell } from '../i18n.ts'
import { utcText, zoneClock } from '../instant-text.ts'
import { itemById, items, me, needsToken, picture, usePastedToken } from '../session.ts'
import { nameOf, zones } from '../view-state.ts'
import { AreaFields } from './area-fields.tsx'
import { BlockingList, ClearingList } from './explanation.tsx'
import { Choice, FieldProblem, Group, TextField } from './fields.tsx'
import { Span } from './names.tsx'
import { ProfileChart } from './profile-chart.tsx'

function HeightFields() {
  const { lower, upper, heightUnit, heightReference } = draft.value
  return (
    <Group legend={t('form.heights')}>
      <div class="pair">
        <TextField
          name="lower"
          label={t('form.lower')}
          mode="decimal"
          field="lower"
          value={lower}
          onInput={(value) => change({ lower: value })}
        />
        <TextField
          name="upper"
          label={t('form.upper')}
          mode="decimal"
          field="upper"
          value={upper}
          onInput={(value) => change({ upper: value })}
        />
      </div>
      <div class="pair">
        <Choice<'m' | 'ft'>
          name="height-unit"
          label={t('form.height-unit')}
          field="heightUnit"
          value={heightUnit}
          options={[
            ['m', t('form.unit-m')],
            ['ft', t('form.unit-ft')],
          ]}
          onChoose={(value) => change({ heightUnit: value })}
        />
        <Choice<HeightReference>
          name="height-reference"
          label={t('form.height-reference')}
          field="heightReference"
          value={heightReference}
          options={[
            ['W84', t('form.reference-w84')],
            ['AMSL', t('form.reference-amsl')],
            ['AGL', t('form.reference-agl')],
          ]}
          onChoose={(value) => change({ heightReference: value })}
        />
      </div>
    </Group>
  )
}

/** The same instant on the other clocks, so that a wrong zone is seen before it is sent. */
function OtherClocks({ date, time }: { date: string; time: string }) {
  const { zone } = draft.value
  if (zone === '' || date === '' || time === '') return null
  const instant = readInstant(date, time, zone)
  if (typeof instant !== 'number') return null
  const others = zones.value.filter(({ timeZone }) => timeZone !== zone && timeZone !== 'UTC')
  return (
    <p class="echo">
      {t('form.same-instant', { utc: utcText(instant) })}
      {others.map((other) => (
        <bdi key={other.timeZone} dir="ltr">
          {zoneClock(instant, other)}
        </bdi>
      ))}
    </p>
  )
}

function TimeFields() {
  const { zone, startDate, startTime, endDate, endTime } = draft.value
  return (
    <Group legend={t('form.times')}>
      <Choice<string>
        name="zone"
        label={t('form.zone')}
        field="zone"
        value={zone}
        options={zones.value.map(
          ({ timeZone, label }) => [timeZone, timeZone === 'UTC' ? t('form.zone-utc') : label] as const,
        )}
        onChoose={(value) => change({ zone: value })}
      />
      <button type="button" disabled={zone === ''} onClick={timesFromSlider}>
        {t('form.from-slider')}
      </button>
      <h4>{t('form.start')}</h4>
      <div class="pair">
        <TextField
          name="start-date"
          label={t('form.date')}
          value={startDate}
          onInput={(value) => change({ startDate: value })}
        />
        <TextField
          name="start-time"
          label={t('form.time')}
          value={startTime}
          onInput={(value) => change({ startTime: value })}
        />
      </div>
      <FieldProblem field="start" />
      <OtherClocks date={startDate} time={startTime} />
      <h4>{t('form.end')}</h4>
      <div class="pair">
        <TextField
          name="end-date"
          label={t('form.date')}
          value={endDate}
          onInput={(value) => change({ endDate: value })}
        />
        <TextField
          name="end-time"
          label={t('form.time')}
          value={endTime}
          onInput={(value) => change({ endTime: value })}
        />
      </div>
      <FieldProblem field="end" />
      <OtherClocks date={endDate} time={endTime} />
    </Group>
  )
}

function headline(given: GivenVerdict): string {
  if (!given.blocked) return t('verdict.clear')
  const count = given.blocking.length
  if (count === 0) return t('explain.no-reason')
  return t(given.blocking.some((each) => each.overlaps) ? 'verdict.blocked' : 'verdict.coarse-only', { count })
}

/** Plans of one's own in the way: their key is known, and may be presented once each was acknowledged. */
function Acknowledge({ given }: { given: GivenVerdict }) {
  const own = given.blocking.filter(({ id }) => itemById.value.get(id)?.ovn != null)
  return (
    <>
      {own.map(({ id }) => (
        <label key={id} class="check">
          <input
            type="checkbox"
            checked={acknowledged.value.has(id)}
            onChange={(event) => {
              const next = new Set(acknowledged.value)
              if (event.currentTarget.checked) next.add(id)
              else next.delete(id)
              acknowledged.value = next
            }}
          />{' '}
          {t('file.ack', { name: nameOf(id) })}
        </label>
      ))}
    </>
  )
}

function VerdictView({ given }: { given: GivenVerdict }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useTakeOver(heading, given)
  const read = reading.value
  const changed = given.draft !== draft.value
  const moved =
    !changed && given.head !== null && picture.value !== null && picture.value.head > given.head && given.filed === null
  const foreign = given.blocking.some(({ id }) => !acknowledged.value.has(id))
  return (
    <section class={given.blocked ? 'verdict blocked' : 'verdict'} aria-label={t('verdict.title')}>
      <h3 ref={heading} tabIndex={-1}>
        <span aria-hidden="true">{given.blocked ? '✕ ' : '○ '}</span>
        {given.filed === null ? headline(given) : tell(given.filed)}
      </h3>
      <p class="note">
        {t('verdict.asof', { time: utcText(Math.floor(given.atMs / 1000) * 1000), seq: String(given.head ?? '—') })}
      </p>
      {changed && <p class="warn">{t('verdict.outdated')}</p>}
      {moved && <p class="warn">{t('verdict.moved')}</p>}
      {given.blocking.length > 0 && (
        <>
          <h4>{t('explain.title')}</h4>
          <BlockingList blocking={given.blocking} />
        </>
      )}
      {given.blocked && (
        <ClearingList clearing={given.clearing} {...(changed ? {} : { onApply: (shift) => void applyShift(shift) })} />
      )}
      {read.kind === 'volume' && !changed && given.blocked && (
        <ProfileChart
          name={t('map.legend-draft')}
          subject={[read.volume]}
          others={blockersOf(given.blocking, null)}
          shifts={offeredShifts(given.clearing)}
          refused={given.blocked}
        />
      )}
      <p class="caption">{t('verdict.caption')}</p>
      {!changed && given.filed === null && (
        <div class="file">
          <h4>{t('file.title')}</h4>
          <p class="note">{t('file.as', { manager: me.value, url: ussBaseUrl.value })}</p>
          {given.blocked && foreign && <p class="warn">{t('file.will-be-refused')}</p>}
          {given.blocked && <Acknowledge given={given} />}
          <button
            type="button"
            class={given.blocked ? '' : 'primary'}
            disabled={filing.value}
            onClick={() => void file()}
          >
            {t(filing.value ? 'file.filing' : 'file.button')}
          </button>
        </div>
      )}
    </section>
  )
}

function MyPlans() {
  const mine = items.value.filter((item) => item.kind === 'operational_intent' && item.manager === me.value)
  return (
    <section class="mine" aria-labelledby="mine-title">
      <h3 id="mine-title">{t('mine.title')}</h3>
      {mine.length === 0 && <p class="empty">{t('mine.none')}</p>}
      <ul>
        {mine.map((item) => (
          <li key={item.id}>
            <bdi>{nameOf(item.id)}</bdi> <Span startMs={item.startMs} endMs={item.endMs} />{' '}
            {item.ovn === null ? (
              <small>{t('mine.no-key')}</small>
            ) : (
              <button
                type="button"
                disabled={withdrawing.value !== null}
                onClick={() => void withdraw(item.id, item.ovn as string)}
              >
                {withdrawing.value === item.id
                  ? t('mine.withdrawing')
                  : t('mine.withdraw', { name: `…${shortId(item.id)}` })}
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

function TokenBox() {
  const text = useSignal('')
  const refused = useSignal(false)
  return (
    <section class="token" aria-labelledby="token-title">
      <h3 id="token-title">{t('token.title')}</h3>
      <p>{t('token.why')}</p>
      <TextField
        name="token"
        label={t('token.label')}
        value={text.value}
        onInput={(value) => {
          text.value = value
          refused.value = false
        }}
      />
      {refused.value && <p class="field-problem">{t('remedy.401')}</p>}
      <button
        type="button"
        class="primary"
        onClick={() => {
          refused.value = !usePastedToken(text.value)
        }}
      >
        {t('token.use')}
      </button>
    </section>
  )
}

/** The form of a newcomer: area, heights, times, the verdict, filing, withdrawing. */
export function CheckForm() {
  const read = reading.value
  const given = verdict.value
  if (needsToken.value) return <TokenBox />
  return (
    <section class="check-form" aria-labelledby="check-title" id="check">
      <h2 id="check-title" class="visually-hidden">
        {t('form.title')}
      </h2>
      <p class="intro">{t('form.intro')}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void ask()
        }}
        noValidate
      >
        <div class="buttons">
          <button type="button" onClick={fillExample}>
            {t('form.example')}
          </button>
          <button type="button" class="quiet" onClick={emptyForm}>
            {t('form.clear')}
          </button>
        </div>
        <AreaFields />
        <HeightFields />
        <TimeFields />
        {showProblems.value && read.kind === 'problems' && (
          <p class="field-problem" role="alert">
            {t('form.problems', { count: countText(language.value, read.problems.length) })}
          </p>
        )}
        <button type="submit" class="primary ask" disabled={asking.value}>
          {t(asking.value ? 'form.asking' : 'form.ask')}
        </button>
      </form>
      <div aria-live="polite">{given !== null && <VerdictView given={given} />}</div>
      <p class="done" role="status">
        {lastDone.value !== null && tell(lastDone.value)}
      </p>
      <MyPlans />
    </section>
  )
}
