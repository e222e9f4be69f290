import { signal } from '@preact/signals'
import { MessageFormat } from 'messageformat'
import { ar } from './messages/ar.ts'
import { de } from './messages/de.ts'
import { en } from './messages/en.ts'
import { ru } from './messages/ru.ts'

export type MessageKey = keyof typeof en
export type MessageArgs = Readonly<Record<string, string | number>>

/** One thing to say, not yet in a language. */
export interface Sentence {
  readonly key: MessageKey
  readonly args?: MessageArgs
}

export const languages = ['en', 'de', 'ru', 'ar'] as const
export type Language = (typeof languages)[number]

/** What each language calls itself. */
export const languageNames: Readonly<Record<Language, string>> = {
  en: 'English',
  de: 'Deutsch',
  ru: 'Русский',
  ar: 'العربية',
}

export const catalogues: Readonly<Record<Language, Readonly<Record<MessageKey, string>>>> = { en, de, ru, ar }

/** Figures stay in Latin digits in every language: coordinates, heights and times are read aloud across languages. */
const numberLocales: Readonly<Record<Language, string>> = {
  en: 'en-US-u-nu-latn',
  de: 'de-DE-u-nu-latn',
  ru: 'ru-RU-u-nu-latn',
  ar: 'ar-u-nu-latn',
}

export const language = signal<Language>('en')

export function directionOf(of: Language): 'ltr' | 'rtl' {
  return of === 'ar' ? 'rtl' : 'ltr'
}

export function numberLocale(of: Language): string {
  return numberLocales[of]
}

const formatters = new Map<string, MessageFormat>()

/**
 * Says a message in a language. Values are isolated from the direction of the sentence around them.
 * @param onError called when a message cannot be formatted; by default it is logged
 */
export function say(of: Language, sentence: Sentence, onError?: (error: unknown) => void): string {
  const id = `${of}/${sentence.key}`
  let formatter = formatters.get(id)
  if (formatter === undefined) {
    formatter = new MessageFormat(numberLocales[of], catalogues[of][sentence.key])
    formatters.set(id, formatter)
  }
  return formatter.format(sentence.args ?? {}, onError)
}

/** Says a message in the language chosen; a component that calls it is drawn again when the language changes. */
export function t(key: MessageKey, args?: MessageArgs): string {
  return say(language.value, args === undefined ? { key } : { key, args })
}

export function tell(sentence: Sentence): string {
  return say(language.value, sentence)
}

/** The language asked for in the address, kept from last time, or preferred by the browser; English otherwise. */
export function preferredLanguage(candidates: readonly (string | null | undefined)[]): Language {
  for (const candidate of candidates) {
    const base = candidate?.toLowerCase().split('-')[0]
    const found = languages.find((known) => known === base)
    if (found !== undefined) return found
  }
  return 'en'
}
