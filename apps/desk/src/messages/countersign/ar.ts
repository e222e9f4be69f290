import type { countersignEn } from './en.ts'

export const countersignAr: Record<keyof typeof countersignEn, string> = {
  'line.pane-second': 'الضابط الثاني',
  'second.title': 'الضابط الثاني',
  'second.why':
    'يجوز أن يُوقّع ما يحتاج ضابطين في مكتبين: يوقّع الأول ويسلّمه، ويقرأ الثاني هنا ما يقوله ويوقّع بجانبه ويرسله.',
  'second.half': 'التوقيع كضابط أول وتسليمه إلى ثانٍ',
  'second.half-made':
    'وقّعه ضابط واحد؛ لم يُرسل ولا يقول شيئًا بعد. سلّمه إلى الضابط الثاني الذي يفتحه في «الضابط الثاني».',
  'second.half-out': 'مستند نصف موقّع',
  'second.bring': 'مستند نصف موقّع',
  'second.read': 'قراءته',
  'second.not-an-act': 'ليس هذا مستندًا موقّعًا. أحضر النص كاملًا.',
  'second.other-log': 'هذا المستند للسجل {$origin} وليس لسجلنا: لا يُوقّع هنا.',
  'second.kind': 'ما هو',
  'second.kind-line.suspend': 'طرفنا يعلن تعليق التزاماته',
  'second.kind-line.resume': 'طرفنا ينهي تعليقه',
  'second.kind-intent.ack': 'موافقة على خطة تتداخل مع خطتنا',
  'second.kind-border.agree': 'اتفاق على خط',
  'second.kind-message': 'رسالة',
  'second.at': 'وُقّع للوقت',
  'second.ref': 'عن القيد',
  'second.signed-by': 'وقّعه بقوله هو؛ والعقدة تتحقق',
  'second.says': 'ما يقوله، حرفيًا',
  'second.old': 'وُقّع منذ {$age}. يضع الخط علامة على ما يصل بعد وقته بأكثر من خمس دقائق: الأفضل أن يُوقّع من جديد.',
  'second.same': 'المفتاح في هذه الصفحة وقّعه بالفعل: يجب أن يوقّع ضابط آخر.',
  'second.send': 'التوقيع بجانبه وإرساله',
  'second.put-away': 'وضعه جانبًا بلا توقيع',
}
