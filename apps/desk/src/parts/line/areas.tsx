import { agreeBorder, declareArea, liftArea, newActId } from '@parley/client'
import type { JsonObject } from '@parley/record'
import { signal } from '@preact/signals'
import { useState } from 'preact/hooks'
import { readNumber } from '../../draft.ts'
import { durationText } from '../../format.ts'
import { language, type Sentence, t } from '../../i18n.ts'
import { bindingOf } from '../../line/binding.ts'
import { flights, lineNowS, peers, self, tableState } from '../../line/line-session.ts'
import type { Area, Border } from '../../line/types.ts'
import { volumeText } from '../../line/volumes.ts'
import { PlainChoice, PlainText } from './plain-fields.tsx'
import { Ltr, SayButton } from './say.tsx'
import { at, partyTitle } from './text.ts'
import {
  EchoBox,
  emptyVolumeForm,
  readPoints,
  readVolumeForm,
  VolumeFields,
  type VolumeForm,
} from './volume-fields.tsx'

/** Areas that oblige a call before entry, and lines on the ground that two sides agree on. */

const MINUTE_S = 60
const MOST_CALL_MIN = 1440
const required = (value: string): Sentence | undefined => (value.trim() === '' ? { key: 'error.required' } : undefined)

// areas

interface AreaForm extends VolumeForm {
  readonly title: string
  readonly callMin: string
}

const emptyArea: AreaForm = { ...emptyVolumeForm, title: '', callMin: '' }
const area = signal<AreaForm>(emptyArea)
/** The area that moves when this form is signed; null: a new one. */
const moving = signal<Area | null>(null)
const areaEcho = signal('')
const areaAsked = signal(false)
const areaNames = (field: string): string => `area-${field}`

function callProblem(text: string): Sentence | undefined {
  const value = readNumber(text)
  return value !== null && Number.isInteger(value) && value >= 0 && value <= MOST_CALL_MIN
    ? undefined
    : { key: 'area.call-range' }
}

function DeclareArea() {
  const now = area.value
  const set = (part: Partial<AreaForm>): void => {
    area.value = { ...now, ...part }
  }
  const { body, problems, points } = readVolumeForm(now, lineNowS.value)
  const own = { title: required(now.title), call: callProblem(now.callMin) }
  const shown = (typed: string, problem: Sentence | undefined): Sentence | undefined =>
    areaAsked.value || typed.trim() !== '' ? problem : undefined
  const isConfirmed = now.position !== '' && areaEcho.value === now.position
  const id = moving.value?.body.id
  const wrong = problems.size + Object.values(own).filter((each) => each !== undefined).length
  return (
    <details class="ground-form" open={now !== emptyArea || moving.value !== null} data-form="area">
      <summary>
        {id === undefined ? t('area.declare') : t('area.moves', { title: moving.value?.body.title ?? '' })}
      </summary>
      <p class="note">{t('area.why')}</p>
      <PlainText
        name="area-title"
        label={t('area.title')}
        direction="auto"
        value={now.title}
        problem={areaAsked.value ? own.title : undefined}
        onInput={(title) => set({ title })}
      />
      <VolumeFields
        names={areaNames}
        form={now}
        onChange={set}
        confirmed={areaEcho}
        echoes={points.echoes}
        problem={(field, typed) => shown(typed, problems.get(field))}
      />
      <PlainText
        name="area-call"
        label={t('area.call-minutes')}
        value={now.callMin}
        problem={shown(now.callMin, own.call)}
        onInput={(callMin) => set({ callMin })}
      />
      {areaAsked.value && wrong > 0 && (
        <p class="field-problem" role="alert">
          {t('line.incomplete', { fields: String(wrong) })}
        </p>
      )}
      {areaAsked.value && !isConfirmed && <p class="note">{t('line.echo-first')}</p>}
      <SayButton
        primary
        name="area-declare"
        label={t(id === undefined ? 'area.sign' : 'area.sign-move')}
        saying={() => {
          areaAsked.value = true
          if (body === null || wrong > 0 || !isConfirmed) return null
          return declareArea({
            id: id ?? `area-${newActId().slice(0, 8)}`,
            title: now.title.trim(),
            volumes: [body],
            callBeforeS: Number(now.callMin) * MINUTE_S,
          })
        }}
        onSaid={() => {
          area.value = emptyArea
          moving.value = null
          areaEcho.value = ''
          areaAsked.value = false
        }}
      />
    </details>
  )
}

function AreaView({ each }: { each: Area }) {
  const { ref, party, body } = each
  const own = party === self.value
  return (
    <li class="intent" data-area={body.id}>
      <strong>
        <bdi>{body.title}</bdi>
      </strong>{' '}
      · <bdi>{partyTitle(party)}</bdi>
      <p>{t('line.call-before', { time: durationText(language.value, body.callBeforeS) })}</p>
      {body.volumes.map((volume, i) => (
        <p key={i} class="row-facts">
          <Ltr>{volumeText(volume)}</Ltr>
        </p>
      ))}
      {own && (
        <div class="buttons">
          <SayButton name="area-lift" label={t('area.lift')} saying={() => liftArea(ref)} />
          <button
            type="button"
            name="area-move"
            onClick={() => {
              moving.value = each
              area.value = { ...emptyArea, title: body.title, callMin: String(body.callBeforeS / MINUTE_S) }
            }}
          >
            {t('area.move')}
          </button>
        </div>
      )}
    </li>
  )
}

export function Areas() {
  const standing = (flights.value?.areas ?? []).filter(({ liftedS }) => liftedS === null)
  return (
    <>
      <h4>{t('line.areas')}</h4>
      {standing.length === 0 && <p class="note">{t('area.none')}</p>}
      <ul>
        {standing.map((each) => (
          <AreaView key={`${each.ref.o} ${each.ref.i}`} each={each} />
        ))}
      </ul>
      <DeclareArea />
    </>
  )
}

// lines

interface BorderForm {
  readonly title: string
  readonly points: string
  readonly tolerance: string
  readonly left: string
  readonly right: string
}

const emptyBorder: BorderForm = { title: '', points: '', tolerance: '', left: '', right: '' }
const border = signal<BorderForm>(emptyBorder)
const borderEcho = signal('')
const MOST_TOLERANCE_M = 100_000

/** A line as acts write it: the very same text for the very same line. */
const borderBody = ({ id, version, title, vertices, toleranceM, left, right }: Border['body']): JsonObject => ({
  id,
  version,
  title,
  vertices: vertices.map(({ latDeg, lngDeg }) => [Math.round(latDeg * 1e7), Math.round(lngDeg * 1e7)]),
  tolerance_m: toleranceM,
  left,
  right,
})

/** A line is known again by its title: a new text of it is its next version. */
function nextVersion(title: string): { readonly id: string; readonly version: number } {
  const same = (flights.value?.borders ?? []).filter(({ body }) => body.title === title)
  const id = same[0]?.body.id ?? `line-${newActId().slice(0, 8)}`
  return { id, version: Math.max(0, ...same.map(({ body }) => body.version)) + 1 }
}

function AgreeBorder() {
  const now = border.value
  const [tried, setTried] = useState(false)
  const set = (part: Partial<BorderForm>): void => {
    border.value = { ...now, ...part }
  }
  const { points, problem: unreadable, echoes } = readPoints(now.points)
  const tolerance = readNumber(now.tolerance)
  const parties = [self.value ?? '', ...peers.value.filter(({ role }) => role === 'party').map(({ party }) => party)]
  const options = parties.map((party) => [party, partyTitle(party)] as const)
  const problems = {
    title: required(now.title),
    points: unreadable ?? (points.length < 2 ? ({ key: 'border.two-points' } as const) : undefined),
    tolerance:
      tolerance !== null && Number.isInteger(tolerance) && tolerance >= 0 && tolerance <= MOST_TOLERANCE_M
        ? undefined
        : ({ key: 'border.tolerance-range' } as const),
    left: required(now.left),
    right: now.right !== '' && now.right === now.left ? ({ key: 'border.other-side' } as const) : required(now.right),
  }
  const wrong = Object.values(problems).filter((each) => each !== undefined).length
  const isConfirmed = now.points !== '' && borderEcho.value === now.points
  return (
    <details class="ground-form" open={now !== emptyBorder} data-form="border">
      <summary>{t('border.make')}</summary>
      <p class="note">{t('border.why')}</p>
      <PlainText
        name="border-title"
        label={t('border.title')}
        direction="auto"
        value={now.title}
        problem={tried ? problems.title : undefined}
        onInput={(title) => set({ title })}
      />
      <PlainText
        name="border-points"
        rows={4}
        label={t('border.points')}
        hint={t('line.position-hint')}
        value={now.points}
        problem={tried || unreadable !== null ? problems.points : undefined}
        onInput={(text) => set({ points: text })}
      />
      <EchoBox name="border-echo" text={now.points} echoes={echoes} confirmed={borderEcho} />
      <PlainText
        name="border-tolerance"
        label={t('border.tolerance')}
        value={now.tolerance}
        problem={tried ? problems.tolerance : undefined}
        onInput={(text) => set({ tolerance: text })}
      />
      <div class="pair">
        <PlainChoice
          name="border-left"
          label={t('border.left')}
          value={now.left}
          options={options}
          problem={tried ? problems.left : undefined}
          onChoose={(left) => set({ left })}
        />
        <PlainChoice
          name="border-right"
          label={t('border.right')}
          value={now.right}
          options={options}
          problem={tried ? problems.right : undefined}
          onChoose={(right) => set({ right })}
        />
      </div>
      {tried && wrong > 0 && (
        <p class="field-problem" role="alert">
          {t('line.incomplete', { fields: String(wrong) })}
        </p>
      )}
      {tried && !isConfirmed && <p class="note">{t('line.echo-first')}</p>}
      <SayButton
        primary
        name="border-agree-new"
        need={2}
        label={t('border.sign')}
        saying={() => {
          setTried(true)
          if (wrong > 0 || !isConfirmed) return null
          const title = now.title.trim()
          return agreeBorder(
            borderBody({
              ...nextVersion(title),
              title,
              vertices: points,
              toleranceM: Number(now.tolerance),
              left: now.left,
              right: now.right,
            }),
          )
        }}
        onSaid={() => {
          border.value = emptyBorder
          borderEcho.value = ''
          setTried(false)
        }}
      />
    </details>
  )
}

function BorderView({ each }: { each: Border }) {
  const { body, agreed, inForce } = each
  const ours = agreed.some(({ party }) => party === self.value)
  const concerns = self.value === body.left || self.value === body.right
  return (
    <li class={inForce ? 'intent accepted' : 'intent proposed'} data-border={body.id}>
      <strong>
        <bdi>{body.title}</bdi>
      </strong>{' '}
      {t('line.border-version', { version: String(body.version), tolerance: String(body.toleranceM) })}
      <p>
        {inForce
          ? t('line.border-in-force')
          : t('line.border-agreed-by', { parties: agreed.map(({ party }) => party).join(', ') })}
      </p>
      <p>{t('line.border-sides', { left: partyTitle(body.left), right: partyTitle(body.right) })}</p>
      <ul class="acks">
        {agreed.map(({ party, ref, atS }) => {
          const binding = bindingOf(ref)
          return (
            <li key={party} class={binding?.kind === 'pending' ? 'missing' : 'counts'}>
              <bdi>{partyTitle(party)}</bdi>: <Ltr>{at(atS)}</Ltr>
              {binding !== null && <strong data-binding={binding.kind}> · {t(`line.binding-${binding.kind}`)}</strong>}
              {binding !== null && binding.waitsFor.length > 0 && (
                <> {t('line.binding-waits', { cosigners: binding.waitsFor.join(', ') })}</>
              )}
            </li>
          )
        })}
      </ul>
      <details>
        <summary>{t('border.geometry', { points: String(body.vertices.length) })}</summary>
        <p class="row-facts">
          <Ltr>
            {body.vertices.map(({ latDeg, lngDeg }) => `${latDeg.toFixed(5)}, ${lngDeg.toFixed(5)}`).join(' – ')}
          </Ltr>
        </p>
      </details>
      {concerns && !ours && (
        <SayButton
          name="border-agree"
          need={2}
          label={t('border.agree')}
          saying={() => agreeBorder(borderBody(body))}
        />
      )}
    </li>
  )
}

export function Borders() {
  const standing = (flights.value?.borders ?? []).filter(({ superseded }) => !superseded)
  const acts = tableState.value?.parties.some(({ own, role }) => own && role === 'party') === true
  return (
    <>
      <h4>{t('line.borders')}</h4>
      {standing.length === 0 && <p class="note">{t('border.none')}</p>}
      <ul>
        {standing.map((each) => (
          <BorderView key={`${each.body.id} ${each.body.version} ${each.agreed[0]?.ref.h}`} each={each} />
        ))}
      </ul>
      {acts && <AgreeBorder />}
    </>
  )
}
