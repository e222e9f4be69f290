import type { countersignEn } from './en.ts'

export const countersignDe: Record<keyof typeof countersignEn, string> = {
  'line.pane-second': 'Zweiter Offizier',
  'second.title': 'Zweiter Offizier',
  'second.why':
    'Eine Erklärung zweier Offiziere darf an zwei Plätzen unterschrieben werden: Der erste unterschreibt und gibt sie weiter, der zweite liest hier, was sie sagt, unterschreibt daneben und sendet sie.',
  'second.half': 'Als erster Offizier unterschreiben und einem zweiten geben',
  'second.half-made':
    'Von einem Offizier unterschrieben; nicht gesendet, und noch sagt es nichts. Geben Sie es dem zweiten Offizier, der es unter „Zweiter Offizier“ öffnet.',
  'second.half-out': 'Halb unterschriebene Erklärung',
  'second.bring': 'Eine halb unterschriebene Erklärung',
  'second.read': 'Lesen',
  'second.not-an-act': 'Das ist keine unterschriebene Erklärung. Bringen Sie den ganzen Text.',
  'second.other-log':
    'Diese Erklärung ist für das Protokoll {$origin} und nicht für unseres: Hier wird sie nicht unterschrieben.',
  'second.kind': 'Was es ist',
  'second.kind-line.suspend': 'Unsere Seite erklärt sich ausgesetzt',
  'second.kind-line.resume': 'Unsere Seite beendet ihre Aussetzung',
  'second.kind-intent.ack': 'Zustimmung zu einem Plan, der unseren überschneidet',
  'second.kind-border.agree': 'Vereinbarung einer Linie',
  'second.kind-message': 'Meldung',
  'second.at': 'Unterschrieben für die Zeit',
  'second.ref': 'Über den Eintrag',
  'second.signed-by': 'Hat nach eigenem Wort unterschrieben; der Knoten prüft es',
  'second.says': 'Was es sagt, Wort für Wort',
  'second.old':
    'Es wurde vor {$age} unterschrieben. Die Leitung vermerkt, was mehr als fünf Minuten nach seiner Zeit kommt: Lassen Sie es besser neu unterschreiben.',
  'second.same': 'Der Schlüssel in dieser Seite hat schon unterschrieben: Es muss ein anderer Offizier sein.',
  'second.send': 'Daneben unterschreiben und senden',
  'second.put-away': 'Ohne Unterschrift weglegen',
}
