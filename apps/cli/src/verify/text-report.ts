import type { Finding } from '@parley/record'
import type pc from 'picocolors'
import { count } from './meter.ts'
import type { VerifyOutput } from './run-verify.ts'

type Colors = ReturnType<typeof pc.createColors>

const MOST_FINDINGS = 20

/** What `parley verify` says of a log. */
export function textOf(output: VerifyOutput, { colors, officers }: { colors: Colors; officers: number }): string {
  const good = output.verdict === 'verified'
  const lines: string[] = [good ? colors.green(colors.bold('VERIFIED')) : colors.red(colors.bold(headline(output)))]
  const row = (name: string, value: string): void => void lines.push(`${name.padEnd(13)}${value}`)
  row('log', output.origin)
  row('read from', output.target)
  row('size', `${count(output.size)} entries, root ${output.root ?? 'unreadable'}`)
  row('key', output.key.given ? `${output.key.vkey} (as given)` : output.key.vkey)
  if (!output.key.given) {
    row('', colors.yellow('The key was not given: the log was believed about itself. Compare with a copy obtained'))
    row('', colors.yellow(`another way, or by voice: SHA-256 ${groups(output.key.fingerprint)}`))
  }
  for (const { name, state, timestampS } of output.cosignatures) {
    const when = timestampS === null ? '' : ` at ${new Date(timestampS * 1000).toISOString().replace('.000', '')}`
    row(
      'cosigned',
      state === 'unknown'
        ? `by ${name}: not checked, its key was not given (--cosigner)`
        : `by ${name}${when}: ${state}`,
    )
  }
  const cosignedSize = output.store?.cosignedSize ?? null
  if (output.cosignatures.length === 0)
    row(
      'cosigned',
      cosignedSize === null
        ? 'by nobody: that there is no second history, only a cosigner can say'
        : `not yet; the newest head that is holds ${count(cosignedSize)} entries (${count(output.store?.cosignatures ?? 0)} lines of known cosigners checked)`,
    )
  if (output.policy !== null) row('policy', output.policy)
  for (const { file, size } of output.since) row('continues', `${file}, ${count(size)} entries`)
  for (const each of output.past) row('continues', pastText(each))
  row('checked', checkedText(output))
  const contents = contentsText(output, officers)
  if (contents !== null) row('contents', contents)
  for (const note of notesOf(output)) row('note', colors.yellow(note))
  if (output.saved !== null) row('saved', `${output.saved}: give it as --since the next time`)
  if (!good) {
    lines.push('', `${count(output.findingsTotal)} ${output.findingsTotal === 1 ? 'thing is' : 'things are'} wrong:`)
    output.findings
      .slice(0, MOST_FINDINGS)
      .forEach((finding, i) =>
        lines.push(`${String(i + 1).padStart(3)}  ${placeText(finding)}`, `     ${finding.rule}`),
      )
    const more = output.findingsTotal - Math.min(MOST_FINDINGS, output.findings.length)
    if (more > 0) lines.push(`     and ${count(more)} more (--json lists the first 200)`)
  }
  return `${lines.join('\n')}\n`
}

function pastText({ origin, target, size, lost, signedByOld }: VerifyOutput['past'][number]): string {
  const vouched =
    signedByOld === null
      ? ''
      : signedByOld
        ? ', signed by its key too'
        : ', not signed by its key: who gave you the new one?'
  const gone = lost.length === 0 ? '' : `; entries up to ${count(Math.max(...lost))} are said to be lost`
  const where =
    target === null ? ', which is not here: what it came to was not checked' : ` (${target}), verified up to there`
  return `${origin} from entry ${count(size)} on${where}${vouched}${gone}`
}

/** A log may hold exactly what was signed, and what was signed may be wrong. */
function headline({ findings, findingsTotal }: VerifyOutput): string {
  const contents = ['act', 'act-signature', 'replay']
  const whole = findingsTotal === findings.length && findings.every(({ kind }) => contents.includes(kind))
  return whole ? 'AS SIGNED, BUT ITS CONTENTS DO NOT HOLD' : 'NOT AS SIGNED'
}

function checkedText({ entries, store, seconds }: VerifyOutput): string {
  const parts = [`${count(entries)} entries, each byte of them and of the tree above`]
  if (store !== null) parts.push(`${count(store.heads)} signed heads`)
  return `${parts.join(', ')}, in ${seconds.toFixed(1)} s`
}

function contentsText({ contents, replay, acts, book }: VerifyOutput, officers: number): string | null {
  if (book !== null)
    return `${count(book.effective)} acts count by the key book of the enrolment, ${count(book.ineffective)} entries have no effect`
  if (contents === 'pool' && replay.judged + replay.unjudged === 0)
    return 'decisions of a pool: not decided again, only that they are unaltered is said'
  if (contents === 'pool') {
    const old = replay.unjudged > 0 ? `; ${count(replay.unjudged)} of an older format cannot be` : ''
    return `${count(replay.judged)} decisions of a pool decided again by the rules${old}`
  }
  if (acts.total > 0) {
    const unknown =
      acts.unknown > 0
        ? `; ${count(acts.unknown)} by keys that were not given${officers === 0 ? ' (--officer)' : ''}: not checked`
        : ''
    return `${count(acts.total)} acts, the signatures of ${count(acts.signed)} verified${unknown}`
  }
  return contents === 'other' ? 'of a kind this program does not know: only that they are unaltered is said' : null
}

function notesOf({ notes, store }: VerifyOutput): string[] {
  const out: string[] = []
  if (notes.length > 0)
    out.push(`${notes.length} partial tiles were gone and were read from the full ones (${notes[0]?.path ?? ''})`)
  if (store === null) return out
  if (store.pendingEntries > 0)
    out.push(`${count(store.pendingEntries)} entries behind the newest head are not signed yet`)
  if (store.tornBytes > 0)
    out.push(`${count(store.tornBytes)} bytes of a write that a crash cut short: never acknowledged, of no effect`)
  if (store.journals.length > 0)
    out.push(`not part of this log, to be verified by their own folders: ${store.journals.join(', ')}`)
  const [unread] = store.unread
  if (unread !== undefined)
    out.push(
      `not looked at, for nothing vouches for it: ${unread.file}${store.unread.length > 1 ? ` and ${count(store.unread.length - 1)} more files` : ''}`,
    )
  if (!store.unusedCovered)
    out.push(
      `${count(store.unusedBytes)} bytes of the store hold nothing and were not looked at: it was not closed cleanly, or an older version made it`,
    )
  const [odd] = store.unusual
  if (odd !== undefined)
    out.push(
      `unused space of the store is not blank (bytes ${odd.from} to ${odd.to - 1}${store.unusual.length > 1 ? ' and elsewhere' : ''}): nothing is read from there`,
    )
  return out
}

function placeText({ kind, path, entries, bytes }: Finding): string {
  const parts: string[] = [kind]
  if (entries !== null)
    parts.push(
      entries.to - entries.from === 1 ? `entry ${entries.from}` : `entries ${entries.from} to ${entries.to - 1}`,
    )
  if (path !== null) parts.push(path)
  if (bytes !== null)
    parts.push(bytes.to - bytes.from === 1 ? `byte ${bytes.from}` : `bytes ${bytes.from} to ${bytes.to - 1}`)
  return parts.join('  ')
}

function groups(hex: string): string {
  return hex.match(/.{1,8}/g)?.join(' ') ?? hex
}
