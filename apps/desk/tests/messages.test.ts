import { describe, expect, test } from 'vitest'
import { catalogues, type Language, languages, type MessageKey, preferredLanguage, say } from '../src/i18n.ts'

const keys = Object.keys(catalogues.en) as MessageKey[]

const variablesOf = (source: string): string[] =>
  [...new Set([...source.matchAll(/\$([a-zA-Z]+)/g)].map((m) => m[1]))].sort()

/** A value of the kind each variable carries. */
function sampleOf(variable: string, count: number): string | number {
  if (variable === 'count') return count
  if (variable === 'entity') return 'constraint'
  if (variable === 'axis') return 'height'
  return `<${variable}>`
}

describe.each(languages)('messages in %s', (language: Language) => {
  const messages = catalogues[language]

  test('the same keys as English', () => {
    expect(Object.keys(messages).sort()).toEqual([...keys].sort())
  })

  test('the same values in each message as in English', () => {
    const different = keys.filter((key) => {
      const [ours, theirs] = [variablesOf(catalogues.en[key]), variablesOf(messages[key])]
      return ours.join() !== theirs.join()
    })
    expect(different).toEqual([])
  })

  test('every message formats, for every count, and shows its values', () => {
    for (const key of keys) {
      for (const count of [0, 1, 2, 3, 5, 11, 21, 100, 1000]) {
        const args = Object.fromEntries(variablesOf(messages[key]).map((name) => [name, sampleOf(name, count)]))
        const errors: unknown[] = []
        const text = say(language, { key, args }, (error) => errors.push(error))
        expect(errors, key).toEqual([])
        expect(text.trim(), key).not.toBe('')
        expect(text, key).not.toMatch(/[{}]|\$\w/)
        for (const [name, value] of Object.entries(args)) {
          if (!['count', 'entity', 'axis'].includes(name)) expect(text, key).toContain(String(value))
        }
      }
    }
  })

  test('no message promises safety', () => {
    const promise = /\b(safe|cleared|guaranteed|sicher|garantiert|freigegeben)\b|безопасн|гарантир|آمن|مضمون/i
    // The name of a subject is no promise.
    const said = (key: MessageKey): string => messages[key].replaceAll('безопасность полётов', '')
    expect(keys.filter((key) => promise.test(said(key)))).toEqual([])
  })
})

test('translations are not English left over', () => {
  const same = new Set([
    'app.title',
    'what.other',
    'form.datum-wgs84',
    'form.notation-mgrs',
    'form.zone-utc',
    'state.other',
    'time.value',
  ])
  for (const language of ['ru', 'ar'] as const) {
    const left = keys.filter((key) => !same.has(key) && catalogues[language][key] === catalogues.en[key])
    expect(left, language).toEqual([])
  }
})

test('plural forms follow the language', () => {
  const blocked = (language: Language, count: number): string =>
    say(language, { key: 'verdict.blocked', args: { count } })
  expect(blocked('en', 1)).toContain('one item')
  expect(blocked('ru', 2)).toContain('мешают')
  expect(blocked('ru', 5)).toContain('объектов')
  expect(blocked('ru', 21)).toContain('объект.')
  expect(blocked('ar', 2)).toContain('بندان')
})

test('a Latin call sign is isolated from the direction of an Arabic sentence', () => {
  const text = say('ar', {
    key: 'explain.meets',
    args: { entity: 'operational_intent', name: 'PT-CANADAIR 1/2', manager: 'sim-pt-uss' },
  })
  expect(text).toContain('\u2068PT-CANADAIR 1/2\u2069')
})

test('the language asked for wins, then the first known of the rest, then English', () => {
  expect(preferredLanguage(['ar', 'de'])).toBe('ar')
  expect(preferredLanguage([null, 'pt-PT', 'ru-RU', 'en'])).toBe('ru')
  expect(preferredLanguage([null, undefined, 'gl'])).toBe('en')
})
