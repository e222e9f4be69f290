import { echoPosition, GeoError, readPosition } from '@parley/geo4d'
import { volumeBody } from '@parley/line'
import type { JsonObject } from '@parley/record'
import type { Signal } from '@preact/signals'
import { type Draft, type DraftField, emptyDraft, readDraft } from '../../draft.ts'
import { type Sentence, t } from '../../i18n.ts'
import { geoSentence } from '../../position-entry.ts'
import { zones } from '../../view-state.ts'
import { PlainChoice, PlainText } from './plain-fields.tsx'

/** Fields of one volume, for plans and for areas: place with its echo, heights with unit and reference, times with zone. */

export interface VolumeForm extends Omit<Draft, 'points'> {
  readonly position: string
}

const { points: _points, ...bare } = emptyDraft
export const emptyVolumeForm: VolumeForm = { ...bare, shape: 'circle', position: '' }

export interface ReadPoints {
  readonly points: Draft['points']
  readonly problem: Sentence | null
  readonly echoes: readonly string[]
}

/** One position a line: the centre of a circle, or the corners of a polygon. */
export function readPoints(text: string): ReadPoints {
  const lines = text
    .split('\n')
    .map((each) => each.trim())
    .filter((each) => each !== '')
  const points: Draft['points'][number][] = []
  const echoes: string[] = []
  for (const each of lines) {
    try {
      const { point } = readPosition({ text: each, datum: 'WGS84' })
      points.push(point)
      echoes.push(echoText(point))
    } catch (error) {
      if (!(error instanceof GeoError)) throw error
      return { points, problem: geoSentence(error), echoes }
    }
  }
  return { points, problem: null, echoes }
}

function echoText(point: Draft['points'][number]): string {
  const { mgrs, degreesMinutesSeconds } = echoPosition(point)
  return mgrs === null ? degreesMinutesSeconds : `MGRS ${mgrs}`
}

/** The volume as an act writes it; null, and what is wrong by field, where it is none yet. */
export function readVolumeForm(
  now: VolumeForm,
  nowS: number,
): {
  readonly body: JsonObject | null
  readonly problems: ReadonlyMap<string, Sentence>
  readonly points: ReadPoints
} {
  const points = readPoints(now.position)
  const reading = readDraft({ ...now, points: points.points }, nowS * 1000)
  const problems = new Map<string, Sentence>()
  if (reading.kind === 'problems')
    for (const { field, sentence } of reading.problems) if (!problems.has(field)) problems.set(field, sentence)
  if (points.problem !== null) problems.set('points', points.problem)
  return {
    body: reading.kind === 'volume' && problems.size === 0 ? volumeBody(reading.volume) : null,
    problems,
    points,
  }
}

interface EchoProps {
  readonly name: string
  readonly text: string
  readonly echoes: readonly string[]
  /** The text that was confirmed; any change of it takes the tick away. */
  readonly confirmed: Signal<string>
}

/** Positions said again in another notation, to be confirmed by whoever typed them. */
export function EchoBox({ name, text, echoes, confirmed }: EchoProps) {
  if (echoes.length === 0) return null
  const isConfirmed = text !== '' && confirmed.value === text
  return (
    <div class={isConfirmed ? 'echo-box confirmed' : 'echo-box'}>
      <p>
        {t('line.echo')} <strong dir="ltr">{echoes.join(' · ')}</strong>
      </p>
      <label class="check">
        <input
          type="checkbox"
          name={name}
          checked={isConfirmed}
          onChange={(event) => {
            confirmed.value = event.currentTarget.checked ? text : ''
          }}
        />
        {t('line.echo-confirm')}
      </label>
    </div>
  )
}

interface VolumeFieldsProps {
  /** Name of a field in the page. */
  readonly names: (field: string) => string
  readonly form: VolumeForm
  readonly onChange: (part: Partial<VolumeForm>) => void
  readonly confirmed: Signal<string>
  readonly echoes: readonly string[]
  readonly problem: (field: DraftField, typed: string) => Sentence | undefined
}

export function VolumeFields({ names, form: now, onChange, confirmed, echoes, problem }: VolumeFieldsProps) {
  const zone = zones.value.map(({ timeZone, label }) => [timeZone, label] as const)
  return (
    <>
      <PlainChoice
        name={names('shape')}
        label={t('line.shape')}
        value={now.shape}
        options={[
          ['circle', t('line.shape-circle')],
          ['polygon', t('line.shape-polygon')],
        ]}
        onChoose={(shape) => onChange({ shape: shape === 'polygon' ? 'polygon' : 'circle' })}
      />
      <PlainText
        name={names('position')}
        rows={now.shape === 'circle' ? 1 : 4}
        label={t(now.shape === 'circle' ? 'line.centre' : 'line.corners')}
        hint={t('line.position-hint')}
        value={now.position}
        problem={problem('points', now.position)}
        onInput={(position) => onChange({ position })}
      />
      <EchoBox name={names('echo')} text={now.position} echoes={echoes} confirmed={confirmed} />
      {now.shape === 'circle' && (
        <div class="pair">
          <PlainText
            name={names('radius')}
            label={t('line.radius')}
            value={now.radius}
            problem={problem('radius', now.radius)}
            onInput={(radius) => onChange({ radius })}
          />
          <PlainChoice
            name={names('radius-unit')}
            label={t('line.unit-of-radius')}
            value={now.radiusUnit}
            options={[
              ['m', t('form.unit-m')],
              ['nm', t('line.unit-nm')],
            ]}
            problem={problem('radiusUnit', '')}
            onChoose={(radiusUnit) => onChange({ radiusUnit: radiusUnit as VolumeForm['radiusUnit'] })}
          />
        </div>
      )}
      <div class="pair">
        <PlainText
          name={names('lower')}
          label={t('line.slot-lower')}
          value={now.lower}
          problem={problem('lower', now.lower)}
          onInput={(lower) => onChange({ lower })}
        />
        <PlainText
          name={names('upper')}
          label={t('line.slot-upper')}
          value={now.upper}
          problem={problem('upper', now.upper)}
          onInput={(upper) => onChange({ upper })}
        />
      </div>
      <div class="pair">
        <PlainChoice
          name={names('height-unit')}
          label={t('line.unit-of-height')}
          value={now.heightUnit}
          options={[
            ['m', t('form.unit-m')],
            ['ft', t('form.unit-ft')],
          ]}
          problem={problem('heightUnit', '')}
          onChoose={(heightUnit) => onChange({ heightUnit: heightUnit as VolumeForm['heightUnit'] })}
        />
        <PlainChoice
          name={names('height-reference')}
          label={t('form.height-reference')}
          value={now.heightReference}
          options={(['W84', 'AMSL', 'AGL'] as const).map((each) => [each, t(`line.reference-${each}`)] as const)}
          problem={problem('heightReference', now.heightReference)}
          onChoose={(heightReference) =>
            onChange({ heightReference: heightReference as VolumeForm['heightReference'] })
          }
        />
      </div>
      <PlainChoice
        name={names('zone')}
        label={t('form.zone')}
        value={now.zone}
        options={zone}
        problem={problem('zone', '')}
        onChoose={(next) => onChange({ zone: next })}
      />
      <div class="pair">
        <PlainText
          name={names('start-date')}
          label={t('line.start-date')}
          hint="YYYY-MM-DD"
          value={now.startDate}
          problem={problem('start', now.startTime)}
          onInput={(startDate) => onChange({ startDate })}
        />
        <PlainText
          name={names('start-time')}
          label={t('line.start-time')}
          hint="HH:MM"
          value={now.startTime}
          onInput={(startTime) => onChange({ startTime })}
        />
      </div>
      <div class="pair">
        <PlainText
          name={names('end-date')}
          label={t('line.end-date')}
          hint="YYYY-MM-DD"
          value={now.endDate}
          problem={problem('end', now.endTime)}
          onInput={(endDate) => onChange({ endDate })}
        />
        <PlainText
          name={names('end-time')}
          label={t('line.end-time')}
          hint="HH:MM"
          value={now.endTime}
          onInput={(endTime) => onChange({ endTime })}
        />
      </div>
    </>
  )
}
