import type { alarmEn } from './en.ts'

export const alarmRu: Record<keyof typeof alarmEn, string> = {
  'line.alarms': 'Тревоги',
  'line.alarm-flash': 'FLASH не принято',
  'line.alarm-priority': 'PRIORITY не принято',
  'line.alarm-overdue': 'ПРОСРОЧЕНО',
  'line.alarm-silent': 'Линия МОЛЧИТ',
  'line.alarm-forked': 'Журнал РАЗДВОЕН',
  'line.alarm-halted': 'Линия ОСТАНОВЛЕНА',
  'line.alarm-deaf': 'Узел не слышен',
  'line.alarm-to': 'принять должен {$role}',
  'line.alarm-about-to': 'к {$party}',
  'line.alarm-about-from': 'от {$party}',
  'line.alarm-since': 'уже {$age}',
  'line.alarm-go': 'Показать',
  'line.alarm-ack': 'Подтвердить здесь',
  'line.alarm-acked': 'Подтверждено на этом посту, но не закончено: {$alarms}.',
  'line.alarm-more': 'Ещё {$more}.',
  'line.alarm-ack-why':
    'Это отключает звук только на этом посту. Сообщение этим не принимается и никому ничего не сообщается; если станет хуже, звук раздастся снова.',
  'line.sound-off': 'Звук ВЫКЛЮЧЕН: на этом посту тревоги никто не услышит.',
  'line.sound-blocked': 'Браузер не пускает звук: на этом посту тревоги никто не услышит.',
  'line.sound-none': 'Этот браузер не может подать звук: держите эту страницу на виду.',
  'line.sound-turn-on': 'Включить звук',
  'line.sound-turn-off': 'Выключить звук',
  'line.sound-on': 'Звук включён',
  'line.sound-test': 'Проверить звук',
}
