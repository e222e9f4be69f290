import { formatRole, type MessageBody } from './message.ts'
import { formatItem, formatTime, type Language, renderTemplate } from './templates.ts'

/** Names of the numbered fields; precedence, subject and numbers stay as they are in every language. */
const LABELS: Readonly<Record<Language, readonly [string, string, string, string, string, ...(readonly string[])]>> = {
  en: [
    'PRECEDENCE',
    'FROM',
    'TO',
    'INFO',
    'SUBJECT',
    'MESSAGE NUMBER',
    'DATE AND TIME',
    'AGREEMENT REFERENCE',
    'MESSAGE REFERENCE',
    'CONTENT',
    'REMARKS',
    'END OF MESSAGE NUMBER',
  ],
  de: [
    'VORRANG',
    'VON',
    'AN',
    'ZUR KENNTNIS',
    'BETREFF',
    'MELDUNGSNUMMER',
    'DATUM UND UHRZEIT',
    'BEZUG AUF VEREINBARUNG',
    'BEZUG AUF MELDUNG',
    'INHALT',
    'BEMERKUNGEN',
    'ENDE DER MELDUNG NUMMER',
  ],
  ru: [
    'СРОЧНОСТЬ',
    'ОТ',
    'КОМУ',
    'ДЛЯ СВЕДЕНИЯ',
    'ТЕМА',
    'НОМЕР СООБЩЕНИЯ',
    'ДАТА И ВРЕМЯ',
    'ССЫЛКА НА СОГЛАШЕНИЕ',
    'ССЫЛКА НА СООБЩЕНИЕ',
    'СОДЕРЖАНИЕ',
    'ПРИМЕЧАНИЯ',
    'КОНЕЦ СООБЩЕНИЯ НОМЕР',
  ],
  ar: [
    'الأسبقية',
    'من',
    'إلى',
    'للعلم',
    'الموضوع',
    'رقم الرسالة',
    'التاريخ والوقت',
    'مرجع الاتفاق',
    'مرجع الرسالة',
    'المحتوى',
    'ملاحظات',
    'نهاية الرسالة رقم',
  ],
}

const MACHINE: Readonly<Record<Language, string>> = {
  en: 'machine translation',
  de: 'maschinelle Übersetzung',
  ru: 'машинный перевод',
  ar: 'ترجمة آلية',
}

/**
 * The message on paper, in the skeleton of treaty formats: five headings, then seven numbered fields, the number repeated at the end
 * with the hash. Free text keeps its original; a translation stands under it with its maker and whether a machine made it.
 */
export function printMessage(message: MessageBody, language: Language): string {
  const label = (at: number): string => LABELS[language][at] ?? ''
  const none = 'NONE'
  const lines = [
    `${label(0)}: ${message.precedence}`,
    `${label(1)}: ${formatRole(message.from)}`,
    `${label(2)}: ${formatRole(message.to)}`,
    `${label(3)}: ${message.info.length === 0 ? none : message.info.map(formatRole).join(', ')}`,
    `${label(4)}: ${message.subject}`,
    `1. ${label(5)}: ${message.number}`,
    `2. ${label(6)}: ${formatTime(message.dtgS, message.zone)}`,
    `3. ${label(7)}: ${message.basis}`,
    `4. ${label(8)}: ${message.refs.length === 0 ? none : message.refs.join(', ')}`,
    `5. ${label(9)}:`,
  ]
  if (message.template !== null) lines.push(`   ${renderTemplate(message.template, message.content, language)}`)
  for (const item of message.content) {
    lines.push(`   ${item.letter}. ${item.type === 'text' ? `[${item.lang}] ` : ''}${formatItem(item)}`)
    if (item.type !== 'text') continue
    for (const { lang, by, status, text } of item.translations) {
      lines.push(`      [${lang}, ${by}${status === 'machine' ? `, ${MACHINE[language]}` : ''}] ${text}`)
    }
  }
  lines.push(
    `6. ${label(10)}: ${message.remarks ?? none}`,
    `7. ${label(11)}: ${message.number}`,
    `   SHA-256 ${message.sha256}`,
  )
  return `${lines.join('\n')}\n`
}
