import { ageText } from '../format.ts'
import { type Language, language, languageNames, languages, t } from '../i18n.ts'
import { chooseLanguage } from '../language-choice.ts'
import { heardAtMs, isSimulated, isStale, scenario, serverNowMs, status, tickMs } from '../session.ts'
import { localised, zones } from '../view-state.ts'
import { clockText, dateText } from '../zoned-time.ts'

function Connection() {
  const heard = heardAtMs.value
  if (heard === null) {
    return (
      <span class="connection bad" role="status">
        {t(status.value === null ? 'connection.connecting' : 'connection.never')}
      </span>
    )
  }
  const age = ageText(language.value, tickMs.value - heard)
  const time = `${clockText(serverNowMs.value - (tickMs.value - heard), 'UTC', 'always')}Z`
  return (
    <span class={isStale.value ? 'connection bad' : 'connection'}>
      {t(isStale.value ? 'connection.stale' : 'connection.live', { time, age })}
    </span>
  )
}

function Clocks() {
  const now = serverNowMs.value
  return (
    <div class="clocks" role="group" aria-label={t('clock.label')}>
      {zones.value.map((zone, index) => (
        <span key={zone.timeZone} class={index === 0 ? 'clock main' : 'clock'} dir="ltr">
          <b>{clockText(now, zone.timeZone, 'always')}</b> <small>{zone.label}</small>
        </span>
      ))}
      <span class="clock" dir="ltr">
        <small>{dateText(now, 'UTC')}</small>
      </span>
    </div>
  )
}

/** A word that opens into what it means. */
function Chip({ label, why }: { label: string; why: string }) {
  return (
    <details class="chip">
      <summary>{label}</summary>
      <p>{why}</p>
    </details>
  )
}

function Mode() {
  const now = status.value
  if (now === null) return null
  const mode = now.exact ? 'exact' : 'standard'
  return (
    <>
      <Chip label={t(`badge.mode-${mode}`)} why={t(`badge.mode-${mode}-why`)} />
      {now.compat && <Chip label={t('badge.mode-compat')} why={t('badge.mode-compat-why')} />}
    </>
  )
}

function LanguageSwitch() {
  return (
    <label class="language">
      <span class="visually-hidden">{t('app.language')}</span>
      <select
        id="language"
        value={language.value}
        onChange={(event) => chooseLanguage(event.currentTarget.value as Language)}
      >
        {languages.map((each) => (
          <option key={each} value={each} lang={each}>
            {languageNames[each]}
          </option>
        ))}
      </select>
    </label>
  )
}

/** Name, what kind of data this is, how old it is, what time it is, and the language. */
export function TopBar() {
  const shown = status.value
  // The badge beside it says so already.
  const title = localised(scenario.value?.title ?? shown?.scenario?.title).replace(/\s*\([^()]*\)\s*$/, '')
  const notice = localised(scenario.value?.notice ?? shown?.scenario?.notice)
  const badge = t('badge.simulated')
  return (
    <header class="top">
      <div class="brand">
        <img src="./icon.svg" alt="" width="28" height="28" />
        <h1>
          {t('app.title')} <small>{t('app.subtitle')}</small>
        </h1>
      </div>
      <Mode />
      <Connection />
      <Clocks />
      <LanguageSwitch />
      {isSimulated.value && (
        <p class="simulated">
          <strong>
            {badge}
            {badge !== 'SIMULATED' && <span lang="en"> · SIMULATED</span>}
          </strong>{' '}
          {title !== '' && <bdi class="scenario-title">{title}</bdi>}{' '}
          {(notice === '' || language.value !== 'en') && <span>{t('badge.simulated-why')}</span>}{' '}
          {notice !== '' && <bdi>{notice}</bdi>}
        </p>
      )}
    </header>
  )
}
