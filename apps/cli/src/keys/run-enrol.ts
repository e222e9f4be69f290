import { randomBytes } from 'node:crypto'
import {
  checkReveal,
  comparisonCode,
  DEFAULT_MAX_AGE_S,
  decodeHex,
  decodeUtf8,
  type Enrolment,
  encodeHex,
  encodeUtf8,
  enrolmentCommit,
  enrolmentFingerprint,
  formatEnrolmentText,
  keysOf,
  NONCE_BYTES,
  openEnrolment,
  parseEnrolmentText,
  parseLogName,
  parseNote,
  type Reveal,
} from '@parley/record'
import type { CliContext } from '../context.ts'
import { readDraft } from './draft.ts'
import { readBytes, readText, refuseExisting, writeNewFiles } from './files.ts'
import { enrolmentFacts, enrolmentLines } from './run-show.ts'
import { nowSeconds, unixSeconds } from './times.ts'
import { CannotFollow, columns, grouped, type Outcome, tellOutcome } from './usage.ts'

/** Flags of `parley keys enrol make` as parsed. */
export interface MakeFlags {
  readonly out: string
  readonly at?: string
  readonly json: boolean
}

/** Flags of `parley keys enrol commit` as parsed. */
export interface CommitFlags {
  readonly out: string
  readonly json: boolean
}

/** Flags of `parley keys enrol reveal` as parsed. */
export interface RevealFlags {
  readonly theirCommit: string
  readonly out: string
  readonly json: boolean
}

/** Flags of `parley keys enrol check` as parsed. */
export interface CheckFlags {
  readonly theirCommit: string
  readonly elsewhere?: readonly string[]
  readonly used?: readonly string[]
  readonly json: boolean
}

const told = (
  command: string,
  flags: { json: boolean },
  { process }: CliContext,
  work: () => Outcome | Promise<Outcome>,
): Promise<void> => tellOutcome({ process, json: flags.json, command: `enrol ${command}` }, work)

/** `parley keys enrol make DRAFT --out FILE`: the text of an enrolment from a draft, for every key in it to sign. */
export function runMake(path: string, flags: MakeFlags, context: CliContext): Promise<void> {
  return told('make', flags, context, () => {
    refuseExisting('--out', flags.out)
    const draft = readDraft(path)
    const atS = flags.at === undefined ? nowSeconds() : unixSeconds('--at', flags.at)
    const enrolment: Enrolment = { ...draft, atS, logNumber: parseLogName(draft.log.name).number }
    const text = formatEnrolmentText(enrolment)
    writeNewFiles([{ field: '--out', path: flags.out, content: text }])
    const names = keysOf(enrolment).map(({ name }) => name)
    return {
      facts: { file: flags.out, ...enrolmentFacts(enrolment), fingerprint: enrolmentFingerprint(text), toSign: names },
      lines: [
        ...enrolmentLines(enrolment),
        ...columns([
          ['fingerprint', grouped(enrolmentFingerprint(text))],
          ['written', flags.out],
          ['to sign', `${names.length} keys, by parley keys enrol sign`],
        ]),
      ],
    }
  })
}

const REVEAL_HEADER = 'parley.reveal/v1'

/** `parley keys enrol commit NOTE --out REVEAL`: draws the nonce, keeps what is to be revealed, and prints the commit to send. */
export function runCommit(path: string, flags: CommitFlags, context: CliContext): Promise<void> {
  return told('commit', flags, context, () => {
    refuseExisting('--out', flags.out)
    const note = readBytes('NOTE', path)
    const { enrolment, text } = openEnrolment(note)
    const nonce = new Uint8Array(randomBytes(NONCE_BYTES))
    const commit = encodeHex(enrolmentCommit({ nonce, text }))
    const content = `${REVEAL_HEADER}\n${encodeHex(nonce)}\n${decodeUtf8(note)}`
    writeNewFiles([{ field: '--out', path: flags.out, content, secret: true }])
    return {
      facts: {
        party: enrolment.party,
        table: enrolment.table,
        commit,
        reveal: flags.out,
        fingerprint: enrolmentFingerprint(text),
      },
      lines: columns([
        ['commit', commit],
        ['fingerprint', grouped(enrolmentFingerprint(text))],
        ['kept', `${flags.out}: do not let it out before their commit is in your hands`],
        ['next', 'send the commit, wait for theirs, then parley keys enrol reveal'],
      ]),
    }
  })
}

interface RevealFile {
  readonly reveal: Reveal
  readonly note: Uint8Array
  readonly text: string
}

function readReveal(field: string, path: string): RevealFile {
  const text = readText(field, path)
  const [header, nonce = ''] = text.split('\n', 2)
  if (header !== REVEAL_HEADER || !/^[0-9a-f]{64}$/.test(nonce)) {
    throw new CannotFollow(
      field,
      path,
      `must be a reveal: the line ${REVEAL_HEADER}, a nonce of 64 hex digits, an enrolment note`,
    )
  }
  const note = encodeUtf8(text.slice(REVEAL_HEADER.length + nonce.length + 2))
  return { reveal: { nonce: decodeHex(nonce), text: parseNote(note).text }, note, text }
}

function commitOf(flag: string, given: string): Uint8Array {
  const text = given.replaceAll(' ', '').toLowerCase()
  if (!/^[0-9a-f]{64}$/.test(text)) throw new CannotFollow(flag, given, 'must be a commit: 64 hex digits')
  return decodeHex(text)
}

/** `parley keys enrol reveal REVEAL --their-commit HEX --out FILE`: lets out what was kept, once the other side is bound. */
export function runReveal(path: string, flags: RevealFlags, context: CliContext): Promise<void> {
  return told('reveal', flags, context, () => {
    refuseExisting('--out', flags.out)
    const theirs = encodeHex(commitOf('--their-commit', flags.theirCommit))
    const ours = readReveal('REVEAL', path)
    const commit = encodeHex(enrolmentCommit(ours.reveal))
    if (theirs === commit)
      throw new CannotFollow('--their-commit', theirs, 'must be theirs: this is our own, sent back')
    writeNewFiles([{ field: '--out', path: flags.out, content: ours.text }])
    return {
      facts: { commit, theirCommit: theirs, file: flags.out },
      lines: columns([
        ['our commit', commit],
        ['theirs', theirs],
        ['to send', flags.out],
        ['next', 'when theirs has come: parley keys enrol check, with the same commit of theirs'],
      ]),
    }
  })
}

/** `parley keys enrol check OURS THEIRS --their-commit HEX`: vets what they revealed and shows what both compare by voice. */
export function runCheck(files: readonly [string, string], flags: CheckFlags, context: CliContext): Promise<void> {
  return told('check', flags, context, () => {
    const ours = readReveal('OURS', files[0])
    const theirs = readReveal('THEIRS', files[1])
    const commit = commitOf('--their-commit', flags.theirCommit)
    const own = openEnrolment(ours.note)
    const usedCommits = new Set((flags.used ?? []).map((text) => encodeHex(commitOf('--used', text))))
    const memory = {
      nowS: nowSeconds(),
      maxAgeS: DEFAULT_MAX_AGE_S,
      usedCommits,
      keysElsewhere: keysOfTables(flags.elsewhere ?? []),
    }
    const { enrolment, text } = checkReveal(own.enrolment, { commit, reveal: theirs.reveal }, memory)
    openEnrolment(theirs.note)
    const code = comparisonCode(ours.reveal, theirs.reveal)
    const fingerprints = { ours: enrolmentFingerprint(own.text), theirs: enrolmentFingerprint(text) }
    return {
      facts: { code, fingerprints, theirs: enrolmentFacts(enrolment) },
      lines: [
        ...enrolmentLines(enrolment),
        '',
        ...columns([
          ['their fingerprint', grouped(fingerprints.theirs)],
          ['our fingerprint', grouped(fingerprints.ours)],
          ['code', code],
        ]),
        '',
        'Every key is good, has signed, and stands at no other table given. That nobody stands between you, only the',
        'code shows: read it to each other over two channels of their own (in person, and by voice between officers who',
        'have met), and compare the fingerprints on paper. If one digit differs, stop: somebody is in between.',
      ],
    }
  })
}

/** Public keys of other tables' enrolments and where they stand. */
function keysOfTables(paths: readonly string[]): ReadonlyMap<string, string> {
  const keys = new Map<string, string>()
  for (const path of paths) {
    const text = readText('--elsewhere', path)
    const enrolment = parseEnrolmentText(text.includes('\n\n') ? parseNote(encodeUtf8(text)).text : text)
    for (const key of keysOf(enrolment)) keys.set(encodeHex(key.publicKey), enrolment.table)
  }
  return keys
}
