import type { Volume4D } from '@parley/geo4d'
import { type ContentItem, itemOf } from './content.ts'
import type { TemplateId, TemplateUse } from './template-use.ts'

/** Languages in which the agreed sentences and the print form are written. */
export const LANGUAGES = ['en', 'de', 'ru', 'ar'] as const
export type Language = (typeof LANGUAGES)[number]

/** The sentence in each language; `{name}` takes the item named. */
const SENTENCES: Readonly<Record<TemplateId, Readonly<Record<Language, string>>>> = {
  'test.routine': {
    en: 'Routine test of the line, number {count}. Please acknowledge.',
    de: 'Regelmäßige Prüfung der Leitung, Nummer {count}. Bitte bestätigen.',
    ru: 'Плановая проверка линии, номер {count}. Просьба подтвердить.',
    ar: 'اختبار دوري للخط، رقم {count}. يرجى التأكيد.',
  },
  'intent.area': {
    en: 'We intend to operate in the area {area}, from {from} to {to}, between {lower} and {upper}.',
    de: 'Wir beabsichtigen Flüge im Gebiet {area}, von {from} bis {to}, zwischen {lower} und {upper}.',
    ru: 'Мы намерены действовать в районе {area}, с {from} до {to}, на высотах от {lower} до {upper}.',
    ar: 'نعتزم العمل في المنطقة {area}، من {from} إلى {to}، بين {lower} و{upper}.',
  },
  'intent.volume': {
    en: 'We intend to operate in {area}.',
    de: 'Wir beabsichtigen Flüge in {area}.',
    ru: 'Мы намерены действовать в {area}.',
    ar: 'نعتزم العمل في {area}.',
  },
  'amend.time': {
    en: 'The plan we told you of is moved: it is now from {from} to {to}.',
    de: 'Der mitgeteilte Plan ist verschoben: nun von {from} bis {to}.',
    ru: 'Сообщённый план перенесён: теперь с {from} до {to}.',
    ar: 'نُقل موعد الخطة التي أبلغناكم بها: أصبحت من {from} إلى {to}.',
  },
  'amend.height': {
    en: 'The plan we told you of has new heights: between {lower} and {upper}.',
    de: 'Der mitgeteilte Plan hat neue Höhen: zwischen {lower} und {upper}.',
    ru: 'В сообщённом плане новые высоты: от {lower} до {upper}.',
    ar: 'للخطة التي أبلغناكم بها ارتفاعات جديدة: بين {lower} و{upper}.',
  },
  'cancel.plan': {
    en: 'The plan we told you of is cancelled.',
    de: 'Der mitgeteilte Plan ist abgesagt.',
    ru: 'Сообщённый план отменён.',
    ar: 'أُلغيت الخطة التي أبلغناكم بها.',
  },
  'query.whose': {
    en: 'Is the aircraft at {where} at {when} yours?',
    de: 'Gehört das Luftfahrzeug bei {where} um {when} zu Ihnen?',
    ru: 'Ваше ли воздушное судно в точке {where} в {when}?',
    ar: 'هل الطائرة عند {where} في {when} تابعة لكم؟',
  },
  'query.intentions': {
    en: 'What are your intentions near {where}?',
    de: 'Was beabsichtigen Sie bei {where}?',
    ru: 'Каковы ваши намерения вблизи {where}?',
    ar: 'ما هي نواياكم قرب {where}؟',
  },
  'reply.ours': {
    en: 'It is ours.',
    de: 'Es gehört zu uns.',
    ru: 'Это наше.',
    ar: 'نعم، تابعة لنا.',
  },
  'reply.not-ours': {
    en: 'It is not ours.',
    de: 'Es gehört nicht zu uns.',
    ru: 'Это не наше.',
    ar: 'ليست تابعة لنا.',
  },
  'reply.wait': {
    en: 'We are finding out and will answer by {until}.',
    de: 'Wir klären das und antworten bis {until}.',
    ru: 'Мы выясняем и ответим до {until}.',
    ar: 'نتحقق من الأمر وسنجيب قبل {until}.',
  },
  'safety.closing': {
    en: 'Flight safety: aircraft are closing at {where}, {when}, near {height}. Please call about separation.',
    de: 'Flugsicherheit: Luftfahrzeuge nähern sich bei {where}, {when}, um {height}. Bitte wegen der Staffelung rufen.',
    ru: 'Безопасность полётов: сближение воздушных судов в точке {where}, {when}, на высоте около {height}. Просьба связаться по эшелонированию.',
    ar: 'سلامة الطيران: طائرات تتقارب عند {where}، {when}، قرب {height}. يرجى الاتصال بشأن المباعدة.',
  },
  'safety.emergency': {
    en: 'Flight safety: one of our aircraft is in an emergency at {where}, {when}. Please keep clear.',
    de: 'Flugsicherheit: eines unserer Luftfahrzeuge ist in einer Notlage bei {where}, {when}. Bitte freihalten.',
    ru: 'Безопасность полётов: наше воздушное судно терпит бедствие в точке {where}, {when}. Просьба держаться в стороне.',
    ar: 'سلامة الطيران: إحدى طائراتنا في حالة طوارئ عند {where}، {when}. يرجى الابتعاد.',
  },
  'protest.crossing': {
    en: 'We protest the crossing of the agreed line at {where}, {when}. Please explain.',
    de: 'Wir protestieren gegen das Überfliegen der vereinbarten Linie bei {where}, {when}. Bitte um Erklärung.',
    ru: 'Заявляем протест по поводу пересечения согласованной линии в точке {where}, {when}. Просьба объяснить.',
    ar: 'نحتج على عبور الخط المتفق عليه عند {where}، {when}. يرجى التوضيح.',
  },
  'site.notified': {
    en: 'We notify a site at {where}. Notification does not change legal duties.',
    de: 'Wir melden einen Ort bei {where}. Die Meldung ändert keine Rechtspflichten.',
    ru: 'Уведомляем об объекте в точке {where}. Уведомление не меняет правовых обязанностей.',
    ar: 'نُبلغ عن موقع عند {where}. الإبلاغ لا يغيّر الواجبات القانونية.',
  },
  'move.notified': {
    en: 'We notify a movement at {where}, from {from} to {to}. Notification does not change legal duties.',
    de: 'Wir melden eine Bewegung bei {where}, von {from} bis {to}. Die Meldung ändert keine Rechtspflichten.',
    ru: 'Уведомляем о перемещении в районе {where}, с {from} до {to}. Уведомление не меняет правовых обязанностей.',
    ar: 'نُبلغ عن تحرك عند {where}، من {from} إلى {to}. الإبلاغ لا يغيّر الواجبات القانونية.',
  },
  'channel.suspended': {
    en: 'Our side has suspended its obligations from {from}. Flight safety traffic still passes.',
    de: 'Unsere Seite hat ihre Verpflichtungen ab {from} ausgesetzt. Meldungen zur Flugsicherheit laufen weiter.',
    ru: 'Наша сторона приостановила свои обязательства с {from}. Сообщения о безопасности полётов проходят.',
    ar: 'علّق جانبنا التزاماته ابتداءً من {from}. رسائل سلامة الطيران ما زالت تمر.',
  },
  'channel.open': {
    en: 'Our side holds the line open from {from}.',
    de: 'Unsere Seite hält die Leitung ab {from} offen.',
    ru: 'Наша сторона держит линию открытой с {from}.',
    ar: 'يبقي جانبنا الخط مفتوحًا ابتداءً من {from}.',
  },
  'correction.of': {
    en: 'This corrects the message referred to.',
    de: 'Dies berichtigt die angeführte Meldung.',
    ru: 'Настоящим исправляется указанное сообщение.',
    ar: 'هذا تصحيح للرسالة المشار إليها.',
  },
}

/** First strong isolate and its end: figures and coordinates keep their order inside right-to-left text. */
const ISOLATE = '\u2068'
const END_ISOLATE = '\u2069'

/** A time as UTC with the sender's zone beside it: `2026-11-22 14:05Z (16:05 Asia/Damascus)`. A zone unknown here is named without a time. */
export function formatTime(atS: number, zone: string): string {
  const utc = new Date(atS * 1000).toISOString()
  const local = localTime(atS, zone)
  return `${utc.slice(0, 10)} ${utc.slice(11, 16)}Z (${local === null ? zone : `${local} ${zone}`})`
}

function localTime(atS: number, zone: string): string | null {
  try {
    const form = { timeZone: zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
    return new Intl.DateTimeFormat('en-GB', form).format(atS * 1000)
  } catch {
    return null
  }
}

const degreesText = (value: number): string => value.toFixed(5)

function volumeText({ outline, altitudeLowerM, altitudeUpperM, startMs, endMs }: Volume4D): string {
  const at = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')}Z`
  const place =
    outline.kind === 'circle'
      ? `${degreesText(outline.centre.latDeg)}, ${degreesText(outline.centre.lngDeg)} WGS84 r ${outline.radiusM} m`
      : outline.vertices
          .map(({ latDeg, lngDeg }) => `${degreesText(latDeg)}, ${degreesText(lngDeg)}`)
          .join('; ')
          .concat(' WGS84')
  return `[${place}] ${altitudeLowerM}–${altitudeUpperM} m W84, ${at(startMs)}–${at(endMs)}`
}

/** One item as text, every figure with its unit, datum and reference, in ASCII digits whatever the language. */
export function formatItem(item: ContentItem): string {
  switch (item.type) {
    case 'text':
      return item.text
    case 'position':
      return `${item.typed} = ${item.echo.text} (WGS84)`
    case 'altitude': {
      const terrain = item.terrain === null ? '' : ` (${item.terrain})`
      return item.unit === 'fl'
        ? `FL${String(item.value).padStart(3, '0')} STD`
        : `${item.value} ${item.unit} ${item.reference}${terrain}`
    }
    case 'time':
      return formatTime(item.atS, item.zone)
    case 'volume':
      return volumeText(item.volume)
    case 'code':
      return `${item.list}:${item.code}`
    case 'number':
      return item.unit === '1' ? String(item.value) : `${item.value} ${item.unit}`
  }
}

/** The agreed sentence in the reader's language, with the message's own figures in it. */
export function renderTemplate(
  { id, values }: TemplateUse,
  content: readonly ContentItem[],
  language: Language,
): string {
  return SENTENCES[id][language].replace(/\{([a-z]+)\}/g, (_, slot: string) => {
    const text = formatItem(itemOf(content, values[slot] ?? ''))
    return language === 'ar' ? `${ISOLATE}${text}${END_ISOLATE}` : text
  })
}
