import { ageText, durationText } from '../../format.ts'
import { catalogues, type Language, language, type MessageKey, t } from '../../i18n.ts'
import { utcText } from '../../instant-text.ts'
import { localText } from '../../items.ts'
import { tableState } from '../../line/line-session.ts'

/** Words of the line panel that come from data. */

/** What the charter calls a party, in the reader's language where it has that. */
export function partyTitle(party: string): string {
  const title = tableState.value?.parties.find((one) => one.party === party)?.title
  const text = title === undefined ? '' : localText(title, language.value)
  return text === '' ? party : text
}

/** A word for a code; the code itself where the page has none, for what it does not know must still be seen. */
export function wordOf(prefix: string, code: string): string {
  const key = `${prefix}-${code}`
  return isKey(key) ? t(key) : code
}

const isKey = (key: string): key is MessageKey => key in catalogues.en

export const at = (seconds: number): string => utcText(seconds * 1000)

/** `4 min 12 s`, to the second; for countdowns and ages that people act on. */
export const secondsText = (of: Language, seconds: number): string => durationText(of, Math.max(0, Math.round(seconds)))

export const agoText = (of: Language, seconds: number): string => ageText(of, seconds * 1000)
