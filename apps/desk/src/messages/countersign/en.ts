/** Acts of two officers who sit at different desks. Keys of every other language are exactly these. */
export const countersignEn = {
  'line.pane-second': 'Second officer',
  'second.title': 'Second officer',
  'second.why':
    'An act of two officers may be signed at two desks: the first signs and gives it away, the second reads here what it says, signs beside it and sends it.',
  'second.half': 'Sign as the first officer, and give it to a second',
  'second.half-made':
    'Signed by one officer; it is not sent and says nothing yet. Give it to the second officer, who opens it under “Second officer”.',
  'second.half-out': 'Half-signed act',
  'second.bring': 'A half-signed act',
  'second.read': 'Read it',
  'second.not-an-act': 'This is no signed act. Bring the whole text.',
  'second.other-log': 'This act is for the log {$origin}, and not for ours: it is not signed here.',
  'second.kind': 'What it is',
  'second.kind-line.suspend': 'our side declares itself suspended',
  'second.kind-line.resume': 'our side ends its suspension',
  'second.kind-intent.ack': 'consent to a plan that overlaps ours',
  'second.kind-border.agree': 'agreement on a line',
  'second.kind-message': 'message',
  'second.at': 'Signed for the time',
  'second.ref': 'About the act',
  'second.signed-by': 'Has signed, by its own word; the node checks it',
  'second.says': 'What it says, word by word',
  'second.old':
    'It was signed {$age} ago. The line marks acts that come more than five minutes after their time: better have it signed anew.',
  'second.same': 'The key in this page has signed it already: another officer must.',
  'second.send': 'Sign beside it and send',
  'second.put-away': 'Put it away unsigned',
} as const
