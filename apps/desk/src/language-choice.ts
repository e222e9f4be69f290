import { effect, signal } from '@preact/signals'
import { directionOf, type Language, language, preferredLanguage, t } from './i18n.ts'

const STORED = 'parley.language'

/** What stands in the page's title before its name, where something waits for somebody. */
export const titleAlarm = signal<string | null>(null)

function stored(): string | null {
  try {
    return localStorage.getItem(STORED)
  } catch {
    return null
  }
}

/** Changes the language and remembers it on this machine, where the browser lets us. */
export function chooseLanguage(next: Language): void {
  language.value = next
  try {
    localStorage.setItem(STORED, next)
  } catch {
    // Storage is off: the choice lasts as long as the page.
  }
}

/** Sets the language at the start and keeps the document's language, direction and title in step with it. */
export function startLanguage(): void {
  const asked = new URLSearchParams(location.search).get('lang')
  language.value = preferredLanguage([asked, stored(), ...navigator.languages])
  effect(() => {
    document.documentElement.lang = language.value
    document.documentElement.dir = directionOf(language.value)
    const name = `${t('app.title')} · ${t('app.subtitle')}`
    document.title = titleAlarm.value === null ? name : `${titleAlarm.value} · ${name}`
  })
}
