import type { alarmEn } from './en.ts'

export const alarmDe: Record<keyof typeof alarmEn, string> = {
  'line.alarms': 'Alarme',
  'line.alarm-flash': 'FLASH nicht übernommen',
  'line.alarm-priority': 'PRIORITY nicht übernommen',
  'line.alarm-overdue': 'ÜBERFÄLLIG',
  'line.alarm-silent': 'Leitung STUMM',
  'line.alarm-forked': 'Protokoll GESPALTEN',
  'line.alarm-halted': 'Leitung ANGEHALTEN',
  'line.alarm-deaf': 'Knoten nicht zu hören',
  'line.alarm-to': 'zu übernehmen von {$role}',
  'line.alarm-about-to': 'zu {$party}',
  'line.alarm-about-from': 'von {$party}',
  'line.alarm-since': 'seit {$age}',
  'line.alarm-go': 'Zeigen',
  'line.alarm-ack': 'Hier quittieren',
  'line.alarm-acked': 'An diesem Platz quittiert und nicht vorbei: {$alarms}.',
  'line.alarm-more': '{$more} weitere.',
  'line.alarm-ack-why':
    'Das stellt nur den Ton an diesem Platz ab. Es übernimmt keine Meldung und sagt niemandem etwas; was schlimmer wird, ertönt von neuem.',
  'line.sound-off': 'Der Ton ist AUS: An diesem Platz hört niemand einen Alarm.',
  'line.sound-blocked': 'Der Browser hält den Ton zurück: An diesem Platz hört niemand einen Alarm.',
  'line.sound-none': 'Dieser Browser kann keinen Alarm geben: Behalten Sie diese Seite im Blick.',
  'line.sound-turn-on': 'Ton einschalten',
  'line.sound-turn-off': 'Ton ausschalten',
  'line.sound-on': 'Ton an',
  'line.sound-test': 'Ton prüfen',
}
