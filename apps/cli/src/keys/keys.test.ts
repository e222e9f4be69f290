import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  applyEntry,
  createKeyBook,
  createSigner,
  encodeHex,
  formatIdentity,
  formatSkey,
  formatVkey,
  type KeyBook,
  type KeyType,
  openEnrolment,
  parseAct,
  parseSkey,
  recipientOf,
  type Signer,
  sha256,
} from '@parley/record'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const ROOM = fileURLToPath(new URL('../..', import.meta.url))
const BIN = join(ROOM, 'bin/parley.js')

let dir: string
beforeAll(() => {
  const compiler = fileURLToPath(new URL('../../../../node_modules/typescript/bin/tsc', import.meta.url))
  execFileSync(process.execPath, [compiler, '-b', ROOM], { stdio: 'pipe' })
  dir = mkdtempSync(join(tmpdir(), 'parley-keys-'))
}, 180_000)
afterAll(() => rmSync(dir, { recursive: true, force: true }))

interface Run {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs `parley keys …` in the test's folder as its own process. */
function keys(...args: readonly string[]): Promise<Run> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [BIN, 'keys', ...args], { cwd: dir }, (error, out, err) => {
      const code = error === null ? 0 : error.code
      if (typeof code === 'number') resolve({ code, out, err })
      else reject(error ?? new Error('no exit code'))
    })
  })
}

/** What a command answers as JSON, the fields the tests go on with by name. */
interface Answer {
  readonly commit: string
  readonly code: string
  readonly [field: string]: unknown
}

async function json(...args: readonly string[]): Promise<Answer> {
  const { code, out, err } = await keys(...args, '--json')
  expect(err).toBe('')
  expect(code).toBe(0)
  return JSON.parse(out) as Answer
}

const path = (name: string): string => join(dir, name)
const bytes = (name: string): Uint8Array => new Uint8Array(readFileSync(path(name)))
const write = (name: string, content: string | Uint8Array): void => writeFileSync(path(name), content)
const LOG = 'ridge-7.parley/north/1'

/** A key file and its public half, as `create` makes them, without a process for each. */
function put(file: string, name: string, type: KeyType = 0x01): Signer {
  const seed = new Uint8Array(randomBytes(32))
  const signer = createSigner({ name, type, seed })
  write(`${file}.key`, `${formatSkey({ name, type, seed })}\n`)
  write(`${file}.vkey`, `${formatVkey(signer.key)}\n`)
  return signer
}

async function putDesk(file: string): Promise<void> {
  const identity = formatIdentity(new Uint8Array(randomBytes(32)))
  write(`${file}.key`, `${identity}\n`)
  write(`${file}.recipient`, `${await recipientOf(identity)}\n`)
}

/** All keys of a party and its draft. */
async function party(name: string): Promise<string[]> {
  const files = ['log', 'mirror', 'witness', 'root-1', 'root-2', 'root-3', 'ada', 'ben']
  for (const file of files) {
    const keyName = file === 'log' ? `ridge-7.parley/${name}/1` : `${name}/${file}`
    put(`${name}-${file}`, keyName, file === 'mirror' || file === 'witness' ? 0x04 : 0x01)
  }
  await putDesk(`${name}-desk`)
  const officer = (person: string, kinds: readonly string[]) => ({
    person,
    vkey: `${name}-${person}.vkey`,
    kinds,
    not_after: '2096-06-30T00:00:00+02:00',
    max_per_day: 50,
  })
  const draft = {
    table: 'ridge-7',
    party: name,
    log: `${name}-log.vkey`,
    mirrors: [`${name}-mirror.vkey`],
    witnesses: [`${name}-witness.vkey`],
    root: [1, 2, 3].map((n) => ({ person: `custodian-${n}`, vkey: `${name}-root-${n}.vkey` })),
    officers: [officer('ada', ['message', 'ack.*']), officer('ben', ['message', 'key.delegate'])],
    seal: [{ desk: 'duty', recipient: `${name}-desk.recipient` }],
    tls: [encodeHex(sha256(new TextEncoder().encode(name)))],
  }
  write(`${name}.json`, JSON.stringify(draft))
  return files.map((file) => `${name}-${file}.key`)
}

/** The party's enrolment, signed in two steps by every key in it. */
async function enrolled(name: string): Promise<string> {
  const [first = '', ...rest] = await party(name)
  await json('enrol', 'make', `${name}.json`, '--out', `${name}.enrol`)
  await json('enrol', 'sign', `${name}.enrol`, '--key', first, '--out', `${name}-1.enrol`)
  await json('sign', `${name}-1.enrol`, ...rest.flatMap((file) => ['--key', file]), '--out', `${name}-signed.enrol`)
  return `${name}-signed.enrol`
}

describe('create and show', () => {
  test('a key only its owner may read, its public half beside it', async () => {
    const made = await json('create', 'officer', '--name', 'north/duty-7', '--out', 'seven.key')
    expect(made).toMatchObject({ kind: 'officer', name: 'north/duty-7', public: 'seven.vkey', protected: false })
    expect(statSync(path('seven.key')).mode & 0o777).toBe(0o600)
    const secret = readFileSync(path('seven.key'), 'utf8')
    expect(parseSkey(secret.trim())).toMatchObject({ name: 'north/duty-7', type: 1 })
    expect(JSON.stringify(made)).not.toContain(secret.trim().slice(-20))
    const shown = await keys('show', 'seven.key')
    expect(shown).toMatchObject({ code: 0, err: '' })
    expect(shown.out).toContain(readFileSync(path('seven.vkey'), 'utf8').trim())
    expect(shown.out).not.toContain(secret.trim().slice(-20))
  })

  test('never overwrites, neither the secret nor its public half, and leaves nothing behind', async () => {
    const before = readFileSync(path('seven.key'), 'utf8')
    const again = await keys('create', 'officer', '--name', 'north/duty-8', '--out', 'seven.key')
    expect(again).toMatchObject({ code: 2, out: '', err: expect.stringContaining('nothing is ever overwritten') })
    expect(readFileSync(path('seven.key'), 'utf8')).toBe(before)
    write('eight.vkey', 'mine\n')
    expect(await keys('create', 'officer', '--name', 'north/duty-8', '--out', 'eight.key')).toMatchObject({ code: 2 })
    expect(readdirSync(dir)).not.toContain('eight.key')
  })

  test('under a passphrase, which is wanted back', async () => {
    write('pass', 'correct horse battery\n')
    write('wrong', 'incorrect horse battery\n')
    const made = await json(
      'create',
      'officer',
      '--name',
      'north/duty-9',
      '--out',
      'nine.key',
      '--passphrase-file',
      'pass',
    )
    expect(made).toMatchObject({ protected: true })
    expect(readFileSync(path('nine.key'), 'utf8')).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----\n/)
    expect((await keys('show', 'nine.key', '--passphrase-file', 'pass')).out).toContain('north/duty-9')
    expect(await keys('show', 'nine.key', '--passphrase-file', 'wrong')).toMatchObject({
      code: 1,
      err: expect.stringContaining('SEAL_FORM'),
    })
    expect(await keys('show', 'nine.key')).toMatchObject({ code: 2, err: expect.stringContaining('--passphrase-file') })
    write('short', 'hunter2\n')
    const short = await keys('create', 'officer', '--name', 'north/x', '--out', 'x.key', '--passphrase-file', 'short')
    expect(short).toMatchObject({ code: 2, err: expect.stringContaining('at least 12') })
  }, 120_000)

  test('a sealing key that age-keygen reads', async () => {
    await json('create', 'seal', '--out', 'desk.key')
    const recipient = readFileSync(path('desk.recipient'), 'utf8').trim()
    expect((await keys('show', 'desk.key')).out).toContain(recipient)
    const keygen = spawnSync('age-keygen', ['-y', path('desk.key')], { encoding: 'utf8' })
    if (keygen.error === undefined) expect(keygen.stdout.trim()).toBe(recipient)
    else console.info('SKIPPED: age-keygen is not installed')
  })

  test.each([
    [
      'a name in capitals',
      ['create', 'officer', '--name', 'North/duty', '--out', 'n.key'],
      1,
      /key name North\/duty: must be .*INVALID_KEY_NAME/,
    ],
    ['no name', ['create', 'officer', '--out', 'n.key'], 2, /--name: must be given/],
    [
      'a log that is not named as one',
      ['create', 'log', '--name', 'north/log', '--out', 'n.key'],
      1,
      /origin north\/log/,
    ],
    ['an unknown kind of key', ['create', 'captain', '--name', 'a/b', '--out', 'n.key'], 2, /must be one of officer/],
    [
      'a folder that is not there',
      ['create', 'officer', '--name', 'a/b', '--out', 'no/n.key'],
      2,
      /no such file or folder/,
    ],
    ['a key that is not there', ['show', 'nobody.key'], 2, /nobody\.key: cannot be read: no such file/],
  ])('%s', async (_what, args, code, message) => {
    const run = await keys(...args)
    expect(run.code).toBe(code)
    expect(run.out + run.err).toMatch(message)
    expect(run.err).not.toMatch(/\n\s+at /)
  })

  test('as JSON a refusal has code, field, value and rule', async () => {
    const { code, out } = await keys('create', 'officer', '--name', 'North/x', '--out', 'n.key', '--json')
    expect(code).toBe(1)
    expect(JSON.parse(out)).toEqual({
      error: { code: 'INVALID_KEY_NAME', field: 'key name', value: 'North/x', rule: expect.any(String) },
    })
  })
})

describe('vet', () => {
  const weak = `north/duty-1+0c4ef5e2+${Buffer.from([1, 1, ...new Uint8Array(31)]).toString('base64')}`

  test('good ones, and why others are refused', async () => {
    put('vet', 'north/vet')
    const vkey = readFileSync(path('vet.vkey'), 'utf8').trim()
    expect(await keys('vet', 'vet.vkey', vkey.replace('vet', 'vex'))).toMatchObject({
      code: 1,
      out: expect.stringMatching(/good {5}north\/vet\nrefused .*\n.*KEY_ID_MISMATCH/),
    })
    expect(await keys('vet', weak)).toMatchObject({ code: 1, out: expect.stringContaining('small order') })
    expect(await keys('vet', 'vet.vkey', vkey)).toMatchObject({ code: 1, out: expect.stringContaining('stands twice') })
    expect(await keys('vet', 'vet.vkey')).toMatchObject({ code: 0, out: expect.stringContaining('1 good, 0 refused') })
    expect(await keys('vet', 'vet.key')).toMatchObject({ code: 2, err: expect.stringContaining('secret') })
    expect(await keys('vet', 'age1qqq')).toMatchObject({ code: 1, out: expect.stringContaining('checksum') })
  })
})

describe('the ceremony', () => {
  let north: string
  let south: string
  beforeAll(async () => {
    north = await enrolled('north')
    south = await enrolled('south')
  }, 120_000)

  test('two sides come to one code, which #29 another enrolment in between does not give', async () => {
    const a = await json('enrol', 'commit', north, '--out', 'north.secret')
    const b = await json('enrol', 'commit', south, '--out', 'south.secret')
    expect(statSync(path('north.secret')).mode & 0o777).toBe(0o600)
    await json('enrol', 'reveal', 'north.secret', '--their-commit', b.commit, '--out', 'north.sent')
    await json('enrol', 'reveal', 'south.secret', '--their-commit', a.commit, '--out', 'south.sent')
    const seenByNorth = await json('enrol', 'check', 'north.secret', 'south.sent', '--their-commit', b.commit)
    const seenBySouth = await json('enrol', 'check', 'south.secret', 'north.sent', '--their-commit', a.commit)
    expect(seenByNorth.code).toMatch(/^\d{5}( \d{5}){3}$/)
    expect(seenBySouth.code).toBe(seenByNorth.code)
    const text = await keys('enrol', 'check', 'north.secret', 'south.sent', '--their-commit', b.commit)
    expect(text.out).toContain(seenByNorth.code)

    const swapped = await keys('enrol', 'check', 'north.secret', 'south.sent', '--their-commit', a.commit)
    expect(swapped).toMatchObject({ code: 1, err: expect.stringContaining('CEREMONY_MISMATCH') })
    const replayed = await keys(
      'enrol',
      'check',
      'north.secret',
      'south.sent',
      '--their-commit',
      b.commit,
      '--used',
      b.commit,
    )
    expect(replayed).toMatchObject({ code: 1, err: expect.stringContaining('CEREMONY_STALE') })
    const own = await keys('enrol', 'reveal', 'north.secret', '--their-commit', a.commit, '--out', 'again.sent')
    expect(own).toMatchObject({ code: 2, err: expect.stringContaining('sent back') })
  })

  test('#29 a key that stands at another table', async () => {
    const b = await json('enrol', 'commit', south, '--out', 'south2.secret')
    const elsewhere = readFileSync(path('south.enrol'), 'utf8').replaceAll('ridge-7', 'valley-2')
    // The log's name is another there, and so is its key.
    put('valley', 'valley-2.parley/south/1')
    const vkey = readFileSync(path('valley.vkey'), 'utf8').trim()
    write('valley.enrol', elsewhere.replace(/valley-2\.parley\/south\/1\+[^"]+/, vkey))
    const run = await keys(
      'enrol',
      'check',
      'north.secret',
      'south2.secret',
      '--their-commit',
      b.commit,
      '--elsewhere',
      'valley.enrol',
    )
    expect(run).toMatchObject({ code: 1, err: expect.stringMatching(/valley-2 \(ENROLMENT_KEY\)/) })
  })

  test('an enrolment that not every key has signed is told apart, and not committed to', async () => {
    expect((await keys('show', 'north-1.enrol')).out).toMatch(/not yet by north\/mirror/)
    expect((await keys('show', north)).out).toMatch(/every key in it/)
    const run = await keys('enrol', 'commit', 'north-1.enrol', '--out', 'early.secret')
    expect(run).toMatchObject({ code: 1, err: expect.stringContaining('ENROLMENT_UNSIGNED') })
    const twice = await keys('sign', north, '--key', 'north-log.key', '--out', 'twice.enrol')
    expect(twice).toMatchObject({ code: 2, err: expect.stringContaining('must not sign twice') })
    const stranger = await keys('sign', 'north.enrol', '--key', 'south-log.key', '--out', 'strange.enrol')
    expect(stranger).toMatchObject({ code: 2, err: expect.stringContaining('stands in the enrolment') })
    expect(await keys('sign', 'north.enrol', '--key', 'north-desk.key', '--out', 'z')).toMatchObject({ code: 2 })
  })

  test.each([
    ['no JSON', '{', /draft|must be JSON/i],
    ['a field too many', '{"table":"a","motto":"x"}', /motto: must not be there/],
    ['a time without a zone', '', /must be a time with its zone/],
    ['a person in place of a key', '', /nobody\.vkey: cannot be read/],
  ])('a draft with %s', async (what, content, message) => {
    const draft = JSON.parse(readFileSync(path('north.json'), 'utf8')) as {
      officers: { not_after: string; vkey: string }[]
    }
    const [officer] = draft.officers
    if (officer === undefined) throw new Error('no officer')
    if (what === 'a time without a zone') officer.not_after = '2096-06-30 00:00'
    else officer.vkey = 'nobody.vkey'
    write('bad.json', content === '' ? JSON.stringify(draft) : content)
    const run = await keys('enrol', 'make', 'bad.json', '--out', 'bad.enrol')
    expect(run).toMatchObject({ code: 2, out: '', err: expect.stringMatching(message) })
    expect(readdirSync(dir)).not.toContain('bad.enrol')
  })

  describe('acts', () => {
    let book: KeyBook
    beforeAll(() => {
      book = createKeyBook(openEnrolment(bytes(north)).enrolment, { parties: ['north', 'south'] })
    })
    const judged = (file: string): string => {
      const { verdict, reasons } = applyEntry(book, bytes(file))
      return [verdict, ...reasons.map(({ code }) => code)].join(' ')
    }

    test('delegate, sign by two custodians apart, rotate, revoke: each a file that the book takes', async () => {
      put('cora', 'north/duty-3')
      const terms = [
        '--person',
        'cora',
        '--kind',
        'message',
        '--not-after',
        '2096-01-01T00:00:00Z',
        '--max-per-day',
        '9',
        '--log',
        LOG,
      ]
      const draft = await json('delegate', '--vkey', 'cora.vkey', ...terms, '--out', 'delegate.act')
      expect(draft).toMatchObject({
        kind: 'key.delegate',
        signedBy: [],
        needs: expect.stringContaining('two custodians'),
      })
      expect(readFileSync(path('delegate.act'), 'utf8')).toMatch(/^parley\.act\/v1\n\{.*\}\n$/)
      await json('sign', 'delegate.act', '--key', 'north-root-1.key', '--out', 'delegate-1.act')
      expect(judged('delegate-1.act')).toContain('key-act.unsigned')
      await json('sign', 'delegate-1.act', '--key', 'north-root-3.key', '--out', 'delegate-2.act')
      expect(parseAct(bytes('delegate-2.act')).act.body.person).toBe('cora')
      // The one before it has taken the id: the log takes an act once.
      expect(judged('delegate-2.act')).toContain('act.id')
      await json('delegate', '--vkey', 'cora.vkey', ...terms, '--key', 'north-ben.key', '--out', 'by-ben.act')
      expect(judged('by-ben.act')).toBe('valid')

      put('cora2', 'north/duty-3')
      const pair = ['--old', 'cora.vkey', '--new', 'cora2.vkey', '--role', 'officer', '--log', LOG]
      await json('rotate', ...pair, '--key', 'cora.key', '--out', 'half.act')
      expect(judged('half.act')).toContain('key-act.unsigned')
      await json('rotate', ...pair, '--key', 'cora.key', '--key', 'cora2.key', '--out', 'rotate.act')
      expect(judged('rotate.act')).toBe('valid')

      const root = ['--key', 'north-root-1.key', '--key', 'north-root-2.key', '--log', LOG]
      await json(
        'revoke',
        '--role',
        'officer',
        '--target',
        'cora2.vkey',
        '--suspect-since',
        '3',
        ...root,
        '--out',
        'revoke.act',
      )
      expect(judged('revoke.act')).toBe('valid')

      put('mirror2', 'north/mirror', 0x04)
      const mirrors = ['--role', 'mirror', '--old', 'north-mirror.vkey', '--new', 'mirror2.vkey']
      await json(
        'rotate',
        ...mirrors,
        ...root,
        '--key',
        'north-mirror.key',
        '--key',
        'mirror2.key',
        '--out',
        'mirror.act',
      )
      expect(judged('mirror.act')).toBe('valid')

      await putDesk('night')
      await json('desk', '--desk', 'night', '--recipient', 'night.recipient', ...root, '--out', 'desk.act')
      expect(judged('desk.act')).toBe('valid')
    })

    test('more signatures than an act can carry are refused', async () => {
      const five = ['root-1', 'root-2', 'root-3', 'ada', 'ben'].flatMap((file) => ['--key', `north-${file}.key`])
      const terms = ['--role', 'officer', '--target', 'north-ada.vkey', '--log', LOG]
      const run = await keys('revoke', ...terms, ...five, '--out', 'five.act')
      expect(run).toMatchObject({ code: 1, err: expect.stringContaining('TOO_MANY_SIGNATURES') })
      expect(readdirSync(dir)).not.toContain('five.act')
    })

    test.each([
      [
        'a log that is none',
        ['revoke', '--role', 'officer', '--target', 'vet.vkey', '--log', 'north', '--out', 'q'],
        1,
        /origin north: must be/,
      ],
      [
        'a role that is none',
        ['revoke', '--role', 'cook', '--target', 'vet.vkey', '--log', LOG, '--out', 'q'],
        2,
        /officer\|root/,
      ],
      [
        'a recipient for an officer',
        ['revoke', '--role', 'officer', '--target', 'desk.recipient', '--log', LOG, '--out', 'q'],
        2,
        /must be the vkey/,
      ],
      [
        'a TLS key that is no digest',
        ['revoke', '--role', 'tls', '--target', 'abc', '--log', LOG, '--out', 'q'],
        1,
        /key abc: .*KEY_ACT_FIELD/,
      ],
      [
        'one key twice',
        ['rotate', '--role', 'officer', '--old', 'vet.vkey', '--new', 'vet.vkey', '--log', LOG, '--out', 'q'],
        1,
        /must differ/,
      ],
      [
        'an index that is none',
        ['revoke', '--role', 'officer', '--target', 'vet.vkey', '--suspect-since', '-1', '--log', LOG, '--out', 'q'],
        2,
        /whole number/,
      ],
    ])('%s', async (_what, args, code, message) => {
      const run = await keys(...args)
      expect(run.code).toBe(code)
      expect(run.out + run.err).toMatch(message)
      expect(readdirSync(dir)).not.toContain('q')
    })
  })
})

test('help of every command names exit codes and an example', async () => {
  const commands = [
    'create',
    'show',
    'vet',
    'sign',
    'delegate',
    'rotate',
    'revoke',
    'desk',
    'enrol make',
    'enrol check',
  ]
  const runs = await Promise.all(commands.map((command) => keys(...command.split(' '), '--help')))
  for (const { code, out } of runs) {
    expect(code).toBe(0)
    expect(out).toMatch(/Exit codes[\s\S]*Example/)
  }
})
