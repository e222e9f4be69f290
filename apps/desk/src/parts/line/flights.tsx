import { ackIntent, activateIntent, endIntent, newActId, proposeIntent, withdrawIntent } from '@parley/client'
import { RULE_OF_THREES, VOLUMES_ONLY } from '@parley/line'
import type { JsonObject } from '@parley/record'
import { signal } from '@preact/signals'
import { useState } from 'preact/hooks'
import { type DraftField, readNumber } from '../../draft.ts'
import { durationText, heightText } from '../../format.ts'
import { language, type Sentence, t } from '../../i18n.ts'
import { flights, line, lineNowS, self, table } from '../../line/line-session.ts'
import { lineMap } from '../../line/line-map-session.ts'
import { type Outcome, refusalOf } from '../../line/officers.ts'
import type { CheckAnswer, Intent } from '../../line/types.ts'
import { volumeJson, volumeText } from '../../line/volumes.ts'
import { startSafety } from '../../line/writing.ts'
import { Areas, Borders } from './areas.tsx'
import { PlainChoice, PlainText } from './plain-fields.tsx'
import { goTo, Ltr, OutcomeView, SayButton } from './say.tsx'
import { showOnMap } from './show-on-map.ts'
import { at, partyTitle, wordOf } from './text.ts'
import { emptyVolumeForm, type ReadPoints, readVolumeForm, VolumeFields, type VolumeForm } from './volume-fields.tsx'

const OPEN = new Set<Intent['state']>(['proposed', 'accepted', 'active', 'lost'])

function Acks({ intent }: { intent: Intent }) {
  return (
    <ul class="acks">
      {intent.acks.map(({ party, act, atS, consent, fault }) => (
        <li key={party} class={act === null ? 'missing' : fault === null ? 'counts' : 'fault'}>
          <bdi>{partyTitle(party)}</bdi>:{' '}
          {act === null ? (
            <strong>{t('line.ack-missing')}</strong>
          ) : (
            <>
              {t(consent ? 'line.ack-consent' : 'line.ack-given')} {atS !== null && <Ltr>{at(atS)}</Ltr>}
              {fault !== null && <span class="warn"> {wordOf('line.ack-fault', fault.kind)}</span>}
            </>
          )}
        </li>
      ))}
    </ul>
  )
}

function IntentView({ intent }: { intent: Intent }) {
  const { ref, party, body, state, conflicts } = intent
  const own = party === self.value
  const mine = intent.acks.find((ack) => ack.party === self.value)
  const overlaps = conflicts.some((conflict) => conflict.party === self.value)
  const counts = mine !== undefined && mine.act !== null && mine.fault === null
  const [first] = body.volumes
  return (
    <li class={`intent ${state}`}>
      <h4>
        <bdi>{partyTitle(party)}</bdi> <Ltr>{body.id.slice(0, 6)}</Ltr>{' '}
        <span class="intent-state">{wordOf('line.intent', state)}</span>
      </h4>
      {body.volumes.map((volume, i) => (
        <p key={i} class="row-facts">
          <Ltr>{volumeText(volume)}</Ltr>
        </p>
      ))}
      <p class="row-facts">
        {t('line.priority', { priority: String(body.priority) })} · {wordOf('line.profile', body.profile)}
      </p>
      {conflicts.map((conflict) => (
        <p key={`${conflict.with.o}${conflict.with.i}`} class="warn">
          {wordOf('line.conflict', conflict.kind)} <Ltr>{`${conflict.with.o} #${conflict.with.i}`}</Ltr>
          {conflict.winner !== null && ` · ${wordOf('line.winner', conflict.winner)}`}
        </p>
      ))}
      {intent.actedEarly !== null && <p class="warn">{t('line.acted-early')}</p>}
      {OPEN.has(state) && <Acks intent={intent} />}
      {OPEN.has(state) && (
        <div class="buttons">
          {!own && mine !== undefined && !counts && !overlaps && (
            <SayButton primary name="ack" label={t('line.ack')} saying={() => ackIntent(ref, { consent: false })} />
          )}
          {!own && mine !== undefined && !counts && overlaps && (
            <SayButton
              name="consent"
              need={2}
              label={t('line.consent')}
              saying={() => ackIntent(ref, { consent: true })}
            />
          )}
          {own && state === 'accepted' && (
            <SayButton primary name="activate" label={t('line.activate')} saying={() => activateIntent(ref)} />
          )}
          {own && state !== 'active' && (
            <SayButton name="withdraw" label={t('line.withdraw')} saying={() => withdrawIntent(ref)} />
          )}
          {own && (state === 'active' || state === 'accepted') && (
            <SayButton name="end" label={t('line.end')} saying={() => endIntent(ref)} />
          )}
          {first !== undefined && (
            <button
              type="button"
              class="safety"
              name="safety-plan"
              onClick={() => {
                startSafety('safety.closing', volumeJson(first))
                goTo('write')
              }}
            >
              {t('line.safety-plan')}
            </button>
          )}
        </div>
      )}
    </li>
  )
}

// proposing

interface Form extends VolumeForm {
  readonly priority: string
  readonly profile: string
}

const emptyForm: Form = { ...emptyVolumeForm, priority: '', profile: '' }
/** Names of the fields of a plan; those that other forms have too are told apart. */
const planNames = (field: string): string => (['position', 'echo', 'zone'].includes(field) ? `plan-${field}` : field)
const form = signal<Form>(emptyForm)
const confirmedText = signal('')
const checked = signal<{ readonly of: string; readonly answer: CheckAnswer } | null>(null)
const asked = signal(false)

function setForm(part: Partial<Form>): void {
  form.value = { ...form.value, ...part }
}

function read(
  now: Form,
  nowS: number,
): { body: JsonObject | null; problems: ReadonlyMap<string, Sentence>; points: ReadPoints } {
  const { body, problems: found, points } = readVolumeForm(now, nowS)
  const problems = new Map(found)
  const priority = readNumber(now.priority)
  if (priority === null || !Number.isInteger(priority) || priority < 0 || priority > 99)
    problems.set('priority', { key: 'line.priority-range' })
  if (now.profile === '') problems.set('profile', { key: 'error.required' })
  return { body: problems.size === 0 ? body : null, problems, points }
}

function Verdict({ answer }: { answer: CheckAnswer }) {
  const of = language.value
  const shifts = (answer.clearing ?? {}) as { laterS?: number; earlierS?: number; upM?: number; downM?: number }
  const clear = answer.verdict === 'clear'
  return (
    <div class={clear ? 'verdict' : 'verdict blocked'} role="status">
      <p>
        <strong>
          {clear ? t('line.check-clear') : t('line.check-blocked', { plans: String(answer.conflicts.length) })}
        </strong>
      </p>
      {!clear && (
        <ul>
          {shifts.laterS !== undefined && <li>{t('line.shift-later', { time: durationText(of, shifts.laterS) })}</li>}
          {shifts.earlierS !== undefined && (
            <li>{t('line.shift-earlier', { time: durationText(of, shifts.earlierS) })}</li>
          )}
          {shifts.upM !== undefined && <li>{t('line.shift-up', { height: heightText(of, shifts.upM) })}</li>}
          {shifts.downM !== undefined && <li>{t('line.shift-down', { height: heightText(of, shifts.downM) })}</li>}
        </ul>
      )}
      <p class="caption">{t('line.check-caption')}</p>
    </div>
  )
}

function Propose() {
  const now = form.value
  const [busy, setBusy] = useState(false)
  const [outcome, setOutcome] = useState<Outcome | null>(null)
  const { body, problems, points } = read(now, lineNowS.value)
  const problem = (field: DraftField | 'priority' | 'profile', typed: string): Sentence | undefined =>
    asked.value || typed.trim() !== '' ? problems.get(field) : undefined
  const confirmed = now.position !== '' && confirmedText.value === now.position
  const key = JSON.stringify([body, now.priority, now.profile])
  const answer = checked.value?.of === key ? checked.value.answer : null
  const check = async (): Promise<void> => {
    asked.value = true
    const of = table.value
    if (body === null || of === null) return
    setBusy(true)
    try {
      const found = await line.check(of, { volumes: [body], priority: Number(now.priority), profile: now.profile })
      checked.value = { of: key, answer: found }
      setOutcome(null)
    } catch (error) {
      setOutcome(refusalOf(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <details class="propose" open={now !== emptyForm}>
      <summary>{t('line.propose')}</summary>
      <VolumeFields
        names={planNames}
        form={now}
        onChange={setForm}
        confirmed={confirmedText}
        echoes={points.echoes}
        problem={problem}
      />
      <div class="pair">
        <PlainText
          name="priority"
          label={t('line.priority-field')}
          value={now.priority}
          problem={problem('priority', now.priority)}
          onInput={(priority) => setForm({ priority })}
        />
        <PlainChoice
          name="profile"
          label={t('line.profile')}
          value={now.profile}
          options={profileNames().map((each) => [each, wordOf('line.profile', each)] as const)}
          problem={problem('profile', '')}
          onChoose={(profile) => setForm({ profile })}
        />
      </div>
      <button type="button" name="check-plan" disabled={busy} onClick={() => void check()}>
        {t('line.check')}
      </button>
      {asked.value && problems.size > 0 && (
        <p class="field-problem" role="alert">
          {t('line.incomplete', { fields: String(problems.size) })}
        </p>
      )}
      <OutcomeView outcome={outcome} />
      {answer !== null && <Verdict answer={answer} />}
      {answer !== null && (
        <>
          {!confirmed && <p class="note">{t('line.echo-first')}</p>}
          <SayButton
            primary={answer.verdict === 'clear'}
            name="propose"
            label={t(answer.verdict === 'clear' ? 'line.propose-send' : 'line.propose-citing')}
            disabled={!confirmed || body === null}
            saying={() =>
              body === null
                ? null
                : proposeIntent({
                    id: newActId(),
                    volumes: [body],
                    priority: Number(now.priority),
                    profile: now.profile,
                    key: answer.key,
                  })
            }
            onSaid={() => {
              form.value = emptyForm
              checked.value = null
              asked.value = false
            }}
          />
        </>
      )}
    </details>
  )
}

/** Profiles that plans here name, and the two every charter starts with. */
function profileNames(): readonly string[] {
  const used = flights.value?.intents.map(({ body }) => body.profile) ?? []
  return [...new Set([RULE_OF_THREES.name, VOLUMES_ONLY.name, ...used])]
}

/** Plans agreed without a host: who has acknowledged what, and what may be done now. */
export function Flights() {
  const now = flights.value
  const intents = (now?.intents ?? []).toSorted(
    (a, b) => Number(OPEN.has(b.state)) - Number(OPEN.has(a.state)) || b.atS - a.atS,
  )
  return (
    <section aria-labelledby="line-flights">
      <h3 id="line-flights">{t('line.flights')}</h3>
      {lineMap.value.outlines.length > 0 && (
        <button type="button" name="show-map" onClick={() => showOnMap({ kind: 'line' })}>
          {t('map.line-show')}
        </button>
      )}
      <Propose />
      {now === null ? (
        <p class="empty">{t('connection.connecting')}</p>
      ) : intents.length === 0 ? (
        <p class="note">{t('line.flights-none')}</p>
      ) : (
        <ul class="intents">
          {intents.slice(0, 200).map((intent) => (
            <IntentView key={`${intent.ref.o} ${intent.ref.i}`} intent={intent} />
          ))}
        </ul>
      )}
      <Areas />
      <Borders />
    </section>
  )
}
