import { composeMessage, type PositionCheck } from '@parley/client'
import { geodesicDistance, inverseGeodesic, type LatLng } from '@parley/geo4d'
import { type Language, type Precedence, printMessage, type Subject, TEMPLATES, type TemplateId } from '@parley/line'
import type { JsonObject } from '@parley/record'
import { degrees } from '@parley/units'
import { distanceText, heightText } from '../../format.ts'
import { languageNames, languages, language, type Sentence, t, tell } from '../../i18n.ts'
import { emptyEntry, type Entry, kindOfSlot, MENU, slotsOf, TEMPLATE_IDS } from '../../line/compose.ts'
import { flights, lastDraft, lineNowS, ownParty } from '../../line/line-session.ts'
import { refusalOf } from '../../line/officers.ts'
import { volumeJson, volumeText } from '../../line/volumes.ts'
import {
  addresses,
  change,
  changeEntry,
  chooseTemplate,
  reading,
  startSafety,
  startWriting,
  tellsProblems,
  writing,
} from '../../line/writing.ts'
import { readNumber } from '../../draft.ts'
import { scenario } from '../../session.ts'
import { localised, zones } from '../../view-state.ts'
import { PrintForm } from './message.tsx'
import { PlainChoice, PlainText } from './plain-fields.tsx'
import { Ltr, OutcomeView, SayButton } from './say.tsx'
import { wordOf } from './text.ts'

const PRECEDENCES: readonly Precedence[] = ['FLASH', 'PRIORITY', 'ROUTINE']

const zoneOptions = (): readonly (readonly [string, string])[] => {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone
  const known = zones.value.map(({ timeZone, label }) => [timeZone, label] as const)
  return known.some(([zone]) => zone === here) ? known : [...known, [here, here] as const]
}

const problemAt = (field: string): Sentence | undefined => {
  if (!tellsProblems.value) return undefined
  return reading.value.problems.get(field)
}

/** Problems of what was typed show at once, since they cannot mean "not yet filled in". */
const liveProblem = (field: string, typed: string): Sentence | undefined =>
  typed.trim() === '' ? problemAt(field) : reading.value.problems.get(field)

const COMPASS = ['N', 'NE', 'E', 'SE', 'S', 'SW', 'W', 'NW'] as const

/** A place farther off than this says nothing to anybody. */
const FAR_M = 500_000

/** The place nearest to a point that the scenario names, and how the point lies to it. */
function Nearest({ check }: { check: PositionCheck }) {
  const places = scenario.value?.places ?? []
  const point = { latDeg: degrees(check.latDeg), lngDeg: degrees(check.lngDeg) }
  const [nearest] = places
    .map((place) => {
      const from = { latDeg: degrees(place.latDeg), lngDeg: degrees(place.lngDeg) }
      return { place, from, distanceM: geodesicDistance(from, point) }
    })
    .toSorted((a, b) => a.distanceM - b.distanceM)
  if (nearest === undefined || nearest.distanceM > FAR_M) return null
  const azimuthDeg = bearingDeg(nearest.from, point)
  const compass = COMPASS[Math.round(azimuthDeg / 45) % 8] ?? 'N'
  return (
    <p>
      {t('line.near-place', {
        distance: distanceText(language.value, nearest.distanceM),
        bearing: String(Math.round(azimuthDeg) % 360).padStart(3, '0'),
        compass: t(`line.compass-${compass}`),
        place: localised(nearest.place.name),
      })}
    </p>
  )
}

/** Degrees clockwise from north. */
function bearingDeg(from: LatLng, to: LatLng): number {
  const azimuth = inverseGeodesic(from, to)?.azimuth ?? 0
  return ((azimuth * 180) / Math.PI + 360) % 360
}

/** What was typed, said again in another notation that shares no figure with it, to be confirmed by a person (AC-04). */
function Echo({ slot, entry, check }: { slot: string; entry: Entry; check: PositionCheck }) {
  const { all, echo, suspicions } = check
  const confirmed = entry.confirmed === entry.position
  return (
    <div class={confirmed ? 'echo-box confirmed' : 'echo-box'} aria-live="polite">
      <p>
        {t('line.echo')}{' '}
        <strong dir="ltr">
          {echo.notation === 'mgrs' ? 'MGRS\u00a0' : ''}
          {echo.text}
        </strong>
      </p>
      <p class="note">
        <Ltr>{all.decimalDegrees}</Ltr> · <Ltr>{all.degreesMinutesSeconds}</Ltr>
      </p>
      <Nearest check={check} />
      {suspicions.map((suspicion) => (
        <p key={suspicion.kind} class="warn">
          {t(`doubt.${suspicion.kind}`, {
            place: `${suspicion.point.latDeg.toFixed(5)}, ${suspicion.point.lngDeg.toFixed(5)}`,
            distance: distanceText(language.value, suspicion.distanceM),
          })}
        </p>
      ))}
      <label class="check">
        <input
          type="checkbox"
          name={`echo-${slot}`}
          checked={confirmed}
          onChange={(event) => changeEntry(slot, { confirmed: event.currentTarget.checked ? entry.position : '' })}
        />
        {t('line.echo-confirm')}
      </label>
    </div>
  )
}

function HeightFields({ slot, entry }: { slot: string; entry: Entry }) {
  const value = readNumber(entry.height)
  const metres =
    value === null || entry.unit === '' || entry.unit === 'fl' ? null : entry.unit === 'm' ? value : value * 0.3048
  return (
    <>
      <div class="triple">
        <PlainText
          name={`${slot}-height`}
          label={t('line.height')}
          value={entry.height}
          problem={liveProblem(`${slot}.height`, entry.height)}
          onInput={(height) => changeEntry(slot, { height })}
        />
        <PlainChoice
          name={`${slot}-unit`}
          label={t('line.unit-of-height')}
          value={entry.unit}
          options={[
            ['m', t('form.unit-m')],
            ['ft', t('form.unit-ft')],
            ['fl', t('line.unit-fl')],
          ]}
          problem={problemAt(`${slot}.unit`)}
          onChoose={(unit) => changeEntry(slot, { unit: unit as Entry['unit'] })}
        />
        <PlainChoice
          name={`${slot}-reference`}
          label={t('form.height-reference')}
          value={entry.reference}
          options={(['W84', 'AMSL', 'AGL', 'STD'] as const).map((each) => [each, t(`line.reference-${each}`)] as const)}
          problem={
            entry.reference === '' ? problemAt(`${slot}.reference`) : reading.value.problems.get(`${slot}.reference`)
          }
          onChoose={(reference) => changeEntry(slot, { reference: reference as Entry['reference'] })}
        />
      </div>
      {entry.reference === 'AGL' && (
        <PlainText
          name={`${slot}-terrain`}
          label={t('line.terrain')}
          value={entry.terrain}
          problem={problemAt(`${slot}.terrain`)}
          onInput={(terrain) => changeEntry(slot, { terrain })}
        />
      )}
      {metres !== null && (
        <p class="note">
          <Ltr>{heightText(language.value, metres)}</Ltr>
        </p>
      )}
    </>
  )
}

function TimeFields({ slot, entry }: { slot: string; entry: Entry }) {
  return (
    <>
      <div class="triple">
        <PlainText
          name={`${slot}-date`}
          label={t('line.date')}
          hint="YYYY-MM-DD"
          value={entry.date}
          onInput={(date) => changeEntry(slot, { date })}
        />
        <PlainText
          name={`${slot}-time`}
          label={t('line.time')}
          hint="HH:MM"
          value={entry.time}
          onInput={(time) => changeEntry(slot, { time })}
        />
        <PlainChoice
          name={`${slot}-zone`}
          label={t('form.zone')}
          value={entry.zone}
          options={zoneOptions()}
          onChoose={(zone) => changeEntry(slot, { zone })}
        />
      </div>
      {liveProblem(`${slot}.time`, entry.date + entry.time) !== undefined && (
        <p class="field-problem">{tell(liveProblem(`${slot}.time`, entry.date + entry.time) as Sentence)}</p>
      )}
    </>
  )
}

/** Volumes of plans of the line that a message may speak of. */
function planVolumes(): readonly (readonly [string, string, JsonObject])[] {
  return (flights.value?.intents ?? [])
    .filter(({ state }) => state === 'proposed' || state === 'accepted' || state === 'active' || state === 'lost')
    .flatMap(({ party, body }) =>
      body.volumes.map((volume, i) => {
        const id = `${body.id} ${i}`
        return [id, `${party} ${volumeText(volume)}`, volumeJson(volume)] as const
      }),
    )
}

function VolumeField({ slot, entry }: { slot: string; entry: Entry }) {
  const volumes = planVolumes()
  const chosen = volumes.find(([, , volume]) => JSON.stringify(volume) === JSON.stringify(entry.volume))
  return (
    <PlainChoice
      name={`${slot}-volume`}
      label={t('line.volume-of-plan')}
      value={chosen?.[0] ?? ''}
      options={volumes.map(([id, text]) => [id, text] as const)}
      problem={problemAt(`${slot}.volume`)}
      onChoose={(id) => changeEntry(slot, { volume: volumes.find(([each]) => each === id)?.[2] ?? null })}
    />
  )
}

function SlotFields({ template, slot }: { template: TemplateId; slot: string }) {
  const entry = writing.value.entries[slot] ?? emptyEntry
  const kind = kindOfSlot(template, slot, entry)
  const check = reading.value.positions.get(slot)
  const types: readonly string[] =
    (TEMPLATES[template].slots as Readonly<Record<string, readonly string[]>>)[slot] ?? []
  return (
    <fieldset>
      <legend>{wordOf('line.slot', slot)}</legend>
      {kind === 'position' && (
        <>
          <PlainText
            name={`${slot}-position`}
            label={t('line.position')}
            hint={t('line.position-hint')}
            value={entry.position}
            problem={liveProblem(`${slot}.position`, entry.position)}
            onInput={(position) => changeEntry(slot, { position })}
          />
          {check !== undefined && <Echo slot={slot} entry={entry} check={check} />}
          {types.includes('volume') && planVolumes().length > 0 && <VolumeField slot={slot} entry={entry} />}
        </>
      )}
      {kind === 'volume' && <VolumeField slot={slot} entry={entry} />}
      {kind === 'altitude' && <HeightFields slot={slot} entry={entry} />}
      {kind === 'time' && <TimeFields slot={slot} entry={entry} />}
      {kind === 'number' && (
        <PlainText
          name={`${slot}-count`}
          label={t('line.number')}
          value={entry.count}
          problem={liveProblem(`${slot}.count`, entry.count)}
          onInput={(count) => changeEntry(slot, { count })}
        />
      )}
    </fieldset>
  )
}

function Preview() {
  const { message } = reading.value
  const draft = lastDraft.value
  if (message === null || draft === null) return null
  try {
    const { body } = composeMessage({ ...draft, at: lineNowS.value }, message)
    return (
      <details open>
        <summary>{t('line.preview')}</summary>
        <PrintForm text={printMessage(body, language.value)} />
      </details>
    )
  } catch (error) {
    return <OutcomeView outcome={refusalOf(error)} />
  }
}

function Template() {
  const { template } = writing.value
  const bySubject = (subject: Subject): readonly TemplateId[] =>
    TEMPLATE_IDS.filter((id) => TEMPLATES[id].subject === subject)
  return (
    <div class="field">
      <label for="line-template">{t('line.template')}</label>
      <select
        id="line-template"
        name="template"
        value={template}
        onChange={(event) => chooseTemplate(event.currentTarget.value as typeof template)}
      >
        <option value="">{t('form.choose')}</option>
        {MENU.filter((subject) => bySubject(subject).length > 0).map((subject) => (
          <optgroup key={subject} label={wordOf('line.subject', subject)}>
            {bySubject(subject).map((id) => (
              <option key={id} value={id}>
                {wordOf('line.template', id)}
              </option>
            ))}
          </optgroup>
        ))}
        <option value="none">{t('line.template-none')}</option>
      </select>
      {problemAt('template') !== undefined && <p class="field-problem">{tell(problemAt('template') as Sentence)}</p>}
    </div>
  )
}

function Missing() {
  const { problems, unconfirmed } = reading.value
  if (!tellsProblems.value || (problems.size === 0 && unconfirmed.length === 0)) return null
  return (
    <p class="field-problem" role="alert">
      {problems.size > 0 ? t('line.incomplete', { fields: String(problems.size) }) : t('line.echo-first')}
    </p>
  )
}

/** A message from an agreed sentence or free text, echoed, previewed, signed here. */
export function Compose() {
  const now = writing.value
  const { message, unconfirmed } = reading.value
  const ready = message !== null && unconfirmed.length === 0
  const own = ownParty.value
  const protest = now.subject === 'PROTEST'
  return (
    <section class="compose" aria-labelledby="line-compose">
      <h3 id="line-compose">{t('line.write')}</h3>
      <div class="safety-buttons">
        <button type="button" class="safety" name="safety-emergency" onClick={() => startSafety('safety.emergency')}>
          {t('line.safety-emergency')}
        </button>
        <button type="button" class="safety" name="safety-closing" onClick={() => startSafety('safety.closing')}>
          {t('line.safety-closing')}
        </button>
      </div>
      <Template />
      {now.template === 'none' && (
        <PlainChoice
          name="subject"
          label={t('line.subject')}
          value={now.subject}
          options={MENU.map((subject) => [subject, wordOf('line.subject', subject)] as const)}
          problem={problemAt('subject')}
          onChoose={(subject) => change({ subject: subject as Subject | '' })}
        />
      )}
      {slotsOf(now.template).map((slot) => (
        <SlotFields key={`${now.template} ${slot}`} template={now.template as TemplateId} slot={slot} />
      ))}
      <fieldset class="choices precedences">
        <legend>{t('line.precedence')}</legend>
        {PRECEDENCES.map((precedence) => (
          <label key={precedence} class="check">
            <input
              type="radio"
              name="precedence"
              checked={now.precedence === precedence}
              onChange={() => change({ precedence })}
            />
            <b class={`precedence ${precedence}`}>{precedence}</b> {t(`line.precedence-${precedence}`)}
          </label>
        ))}
        {problemAt('precedence') !== undefined && (
          <p class="field-problem">{tell(problemAt('precedence') as Sentence)}</p>
        )}
      </fieldset>
      <div class="pair">
        <PlainChoice
          name="from"
          label={t('line.from')}
          value={now.from}
          options={(own?.roles ?? []).map((role) => [`${own?.party}.${role}`, `${own?.party}.${role}`] as const)}
          problem={problemAt('from')}
          onChoose={(from) => change({ from })}
        />
        <PlainChoice
          name="to"
          label={t('line.to')}
          value={now.to}
          options={addresses.value.map((address) => [address, address] as const)}
          problem={problemAt('to')}
          onChoose={(to) => change({ to })}
        />
      </div>
      <details open={now.template === 'none'}>
        <summary>{t('line.free-text')}</summary>
        <PlainText
          name="text"
          label={t('line.text')}
          rows={4}
          direction="auto"
          value={now.text}
          problem={problemAt('text')}
          onInput={(text) => change({ text })}
        />
        <PlainChoice
          name="lang"
          label={t('line.text-lang')}
          value={now.lang}
          options={languages.map((each) => [each, languageNames[each]] as const)}
          problem={now.text.trim() === '' ? undefined : reading.value.problems.get('lang')}
          onChoose={(lang) => change({ lang: lang as Language | '' })}
        />
      </details>
      <PlainChoice
        name="zone"
        label={t('line.zone-beside')}
        value={now.zone}
        options={zoneOptions()}
        problem={problemAt('zone')}
        onChoose={(zone) => change({ zone })}
      />
      <details>
        <summary>{t('line.more-fields')}</summary>
        <PlainText
          name="basis"
          label={t('line.basis')}
          value={now.basis}
          direction="auto"
          onInput={(basis) => change({ basis })}
        />
        <PlainText name="refs" label={t('line.refs')} value={now.refs} onInput={(refs) => change({ refs })} />
        <PlainText
          name="remarks"
          label={t('line.remarks')}
          value={now.remarks}
          direction="auto"
          onInput={(remarks) => change({ remarks })}
        />
      </details>
      <Preview />
      <Missing />
      {protest && <p class="note">{t('line.protest-two')}</p>}
      <SayButton
        primary
        name="send"
        need={protest ? 2 : 1}
        label={t('line.send')}
        saying={() => {
          tellsProblems.value = true
          if (!ready || message === null) return null
          return (draft) => composeMessage(draft, message).input
        }}
        onSaid={() => startWriting()}
      />
      {ready && <p class="note ready">{t('line.ready')}</p>}
    </section>
  )
}
