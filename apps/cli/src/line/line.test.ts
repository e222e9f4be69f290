import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createSigner, formatIdentity, formatSkey, formatVkey, recipientOf, type Signer } from '@parley/record'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const ROOM = fileURLToPath(new URL('../..', import.meta.url))
const BIN = join(ROOM, 'bin/parley.js')
const NODE_ROOM = fileURLToPath(new URL('../../../node', import.meta.url))
const TABLE = 'ridge-7'
const SIDES = ['north', 'south'] as const
type Side = (typeof SIDES)[number]

/** What a test reads of a command's JSON; what is not there fails the test that looks at it. */
type Json = any // oxlint-disable-line typescript/no-explicit-any -- answers of many shapes, those of the contracts

interface Run {
  readonly code: number
  readonly out: string
  readonly err: string
}

let dir: string
const nodes = new Map<Side, { readonly child: ChildProcess; readonly url: string }>()

/** Runs `parley …` in the test's folder as its own process. */
function parley(args: readonly string[], stdin?: string): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, [BIN, ...args], { cwd: dir }, (error, out, err) => {
      const code = error === null ? 0 : error.code
      if (typeof code === 'number') resolve({ code, out, err })
      else reject(error ?? new Error('no exit code'))
    })
    child.stdin?.end(stdin ?? '')
  })
}

/** `parley line …` at the node of a side. */
const line = (side: Side, args: readonly string[], stdin?: string): Promise<Run> =>
  parley(['line', ...args, '--node', nodes.get(side)?.url ?? ''], stdin)

/** The same, held to succeed, its JSON read. */
async function done(side: Side, ...args: readonly string[]): Promise<Json> {
  const { code, out, err } = await line(side, [...args, '--json'])
  expect({ code, err, out: code === 0 ? '' : out }).toEqual({ code: 0, err: '', out: '' })
  return JSON.parse(out)
}

/** Starts the node of a side and waits until it says where it is. */
async function startNode(side: Side, wire: readonly string[] = ['--line-port', '0']): Promise<void> {
  const flags = ['--port', '0', '--data', join(dir, `node-${side}`), '--issuer', '--party', side, ...wire]
  const child = spawn(process.execPath, [join(NODE_ROOM, 'bin/parley-node.js'), ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const said of createInterface({ input: child.stdout })) {
    const url = /http:\/\/\S+:\d+/.exec(said)?.[0]
    if (url === undefined) continue
    nodes.set(side, { child, url })
    child.stdout.resume()
    return
  }
  throw new Error(`the node of ${side} did not start`)
}

/** Looks until what is asked for is so; fails as `look` does when it never is. */
async function until<T>(look: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await look()
    } catch (error) {
      if (tries === 40) throw error
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  }
}

const fileOf = (side: Side, name: string): string => `${side}-${name}.key`

function makeKey(side: Side, name: string): Signer {
  const seed = new Uint8Array(createHash('sha256').update(`${side} ${name}`).digest())
  const signer = createSigner({ name: `${side}/${name}`, type: 0x01, seed })
  const skey = formatSkey({ name: signer.key.name, type: 0x01, seed })
  writeFileSync(join(dir, fileOf(side, name)), `${skey}\n`, { mode: 0o600 })
  return signer
}

const KINDS = [
  'ack.*',
  'area.*',
  'border.agree',
  'escalation',
  'intent.*',
  'line.open',
  'line.resume',
  'line.suspend',
  'message',
  'message.close',
  'watch.close',
  'watch.open',
]
const key = (side: Side, name = 'duty-1'): readonly string[] => ['--key', fileOf(side, name)]
const TWO = (side: Side): readonly string[] => [...key(side), ...key(side, 'duty-2')]

beforeAll(async () => {
  const compiler = fileURLToPath(new URL('../../../../node_modules/typescript/bin/tsc', import.meta.url))
  execFileSync(process.execPath, [compiler, '-b', ROOM, NODE_ROOM], { stdio: 'pipe' })
  dir = mkdtempSync(join(tmpdir(), 'parley-line-'))
  for (const side of SIDES) await startNode(side)
}, 300_000)

async function stopNode(side: Side): Promise<void> {
  const child = nodes.get(side)?.child
  if (child === undefined) return
  nodes.delete(side)
  const gone = once(child, 'close')
  child.kill('SIGTERM')
  await gone
}

afterAll(async () => {
  for (const side of SIDES) await stopNode(side)
  rmSync(dir, { recursive: true, force: true })
}, 60_000)

describe('the ceremony, over files and paste', () => {
  test('each node makes its keys, and its people sign the enrolment they complete', async () => {
    for (const side of SIDES) {
      const other = side === 'north' ? 'south' : 'north'
      await done(side, 'create', TABLE, '--with', other, '--out', `${side}.json`)
      const draft = JSON.parse(readFileSync(join(dir, `${side}.json`), 'utf8'))
      const roots = [1, 2, 3].map((n) => makeKey(side, `root-${n}`))
      const officers = [1, 2].map((n) => makeKey(side, `duty-${n}`))
      draft.root = roots.map(({ key }, i) => ({ person: `custodian-${i}`, vkey: formatVkey(key) }))
      draft.officers = officers.map(({ key }, i) => ({
        person: `officer-${i}`,
        vkey: formatVkey(key),
        kinds: KINDS,
        not_after: '2090-01-01T00:00:00Z',
        max_per_day: 10_000,
      }))
      const identity = formatIdentity(new Uint8Array(createHash('sha256').update(`${side} seal`).digest()))
      draft.seal = [{ desk: 'duty', recipient: await recipientOf(identity) }]
      writeFileSync(join(dir, `${side}.json`), JSON.stringify(draft))
      expect(await parley(['keys', 'enrol', 'make', `${side}.json`, '--out', `${side}.txt`])).toMatchObject({ code: 0 })
      const signers = ['root-1', 'root-2', 'root-3', 'duty-1', 'duty-2'].flatMap((name) => key(side, name))
      const args = ['keys', 'enrol', 'sign', `${side}.txt`, ...signers, '--out', `${side}.signed`]
      expect(await parley(args)).toMatchObject({ code: 0, err: '' })
      await done(side, 'invite', '--enrolment', `${side}.signed`, '--out', `${side}.invitation`)
    }
  }, 120_000)

  test('nothing is revealed before the other side has committed', async () => {
    const early = await line('north', ['reveal'])
    expect(early).toMatchObject({ code: 1, out: '' })
    expect(early.err).toContain('south must commit first')
  })

  test('invitations go by file, reveals by paste, and the code is shown in four groups to be read aloud', async () => {
    await done('north', 'accept', 'south.invitation')
    await done('south', 'accept', 'north.invitation')
    const south = await line('south', ['reveal'])
    const north = await line('north', ['reveal'])
    expect(await line('north', ['accept', '-'], south.out)).toMatchObject({ code: 0, err: '' })
    expect(await line('south', ['accept', '-'], north.out)).toMatchObject({ code: 0, err: '' })
    const shown = await line('north', ['compare'])
    expect(shown.out).toMatch(/south {2}code {9}\d{5} \d{5} \d{5} \d{5}\n/)
    expect(shown.out).toContain('Read the code aloud')
  }, 60_000)

  test('a code that differs in one digit is refused, the right one is taken', async () => {
    for (const [side, other] of [
      ['north', 'south'],
      ['south', 'north'],
    ] as const) {
      const read = (await done(other, 'compare')).peers[0].code as string
      const wrong = read.replace(/\d$/, (digit) => String((Number(digit) + 1) % 10))
      const refused = await line(side, ['compare', '--party', other, '--code', wrong])
      expect(refused).toMatchObject({ code: 1, out: '' })
      expect(refused.err).toContain('LINE_CODE_MISMATCH')
      expect((await done(side, 'compare', '--party', other, '--code', read)).peers[0].compared).toBe(true)
    }
    expect(await line('north', ['compare', '--party', 'south', '--code', '123'])).toMatchObject({ code: 2 })
  }, 60_000)

  test('the charter goes round as a file until the roots of both have signed', async () => {
    await done(
      'north',
      'charter',
      '--make',
      'charter.txt',
      '--change',
      '{"heartbeatS":2,"escalation":{"seatsS":1,"roleS":2,"pathS":300}}',
    )
    const roots = (side: Side): readonly string[] => [...key(side, 'root-1'), ...key(side, 'root-2')]
    const first = await done('north', 'charter', 'charter.txt', ...roots('north'), '--out', 'charter.north')
    expect(first.charter.missing).toEqual(['south'])
    const second = await done('south', 'charter', 'charter.north', ...roots('south'), '--out', 'charter.both')
    expect(second).toMatchObject({ charter: { missing: [] }, next: 'open' })
    expect((await done('north', 'charter', 'charter.both')).next).toBe('open')
  }, 60_000)

  test('two custodians and an officer open the line on each side', async () => {
    const short = await line('north', ['open', '--root', fileOf('north', 'root-1'), ...key('north')])
    expect(short).toMatchObject({ code: 2 })
    for (const side of SIDES) {
      const roots = ['--root', fileOf(side, 'root-1'), '--root', fileOf(side, 'root-2')]
      expect(await done(side, 'open', ...roots, ...key(side))).toMatchObject({ index: 1 })
    }
    await until(async () => {
      const { out } = await line('north', ['status', '--json'])
      const status = JSON.parse(out)
      expect(status.sides.map((one: Json) => one.declared.state)).toEqual(['open', 'open'])
      expect(status.sides[1].measured).toMatchObject({ state: 'open', to: { state: 'open' }, from: { state: 'open' } })
    })
  }, 60_000)
})

describe('the line', () => {
  let number: string

  test('status tells what each side declares and what is measured apart, for a reader and as one object per line', async () => {
    const { code, out } = await line('north', ['status', '--json'])
    expect(code).toBe(0)
    expect(out.trimEnd().split('\n')).toHaveLength(1)
    const status = JSON.parse(out)
    expect(status).toMatchObject({ table: TABLE, party: 'north', phase: 'open', gaps: [] })
    for (const side of status.sides) {
      expect(side.declared).toMatchObject({ state: 'open', by: side.party, since: expect.stringMatching(/Z$/) })
      expect(side.measured).toMatchObject({ state: 'open', reasons: [] })
    }
    const text = (await line('north', ['status'])).out
    expect(text).toMatch(/declares {2,}open, since /)
    expect(text).toMatch(/measured from it {2,}open, since /)
  }, 30_000)

  test('AC-04 a message says every position in two notations and takes its number', async () => {
    const where = "where=34°27.024' N, 040°55.116' E WGS84"
    const to = ['--to', 'south.duty', '--precedence', 'PRIORITY', '--zone', 'Asia/Damascus', '--yes']
    const items = ['--template', 'query.whose', '--item', where, '--item', 'when=2026-11-22T14:05:00Z']
    const sent = await line('north', ['send', ...to, ...items, ...key('north')])
    expect(sent).toMatchObject({ code: 0, err: '' })
    const [echo, said] = sent.out.split('\n') as [string, string]
    expect(echo).toMatch(/^position A: 34°27\.024' N, 040°55\.116' E WGS84 = 37SF[A-Z]{1,2}\d{10} \(WGS84/)
    number = said
    expect(number).toMatch(/^north\/south\/\d{4}\/0001$/)
  }, 30_000)

  test('a message is never sent unconfirmed where there is nobody to ask', async () => {
    const args = [
      'send',
      '--to',
      'south.duty',
      '--subject',
      'STATEMENT',
      '--text',
      'en:We call at noon.',
      ...key('north'),
    ]
    const asked = await line('north', args)
    expect(asked).toMatchObject({ code: 2, out: '' })
    expect(asked.err).toContain('--yes')
    expect(asked.err).toContain('END OF MESSAGE NUMBER: ')
  }, 30_000)

  test.each([
    ['a position without datum', ['--template', 'query.intentions', '--item', "where=34°27.024' N, 040°55.116' E"], 1],
    [
      'a height without reference',
      ['--template', 'amend.height', '--item', 'lower=3500 ft', '--item', 'upper=FL120'],
      2,
    ],
    ['a time without zone', ['--template', 'reply.wait', '--item', 'until=2026-11-22T14:05:00'], 2],
    ['a place the sentence does not have', ['--template', 'test.routine', '--item', 'height=7'], 2],
    ['a sentence with a place left open', ['--template', 'test.routine'], 1],
    ['an unknown template', ['--template', 'greeting'], 2],
    ['an unknown subject', ['--subject', 'WEATHER', '--text', 'en:rain'], 2],
    ['a content that is no JSON', ['--subject', 'STATEMENT', '--content', '[{]'], 2],
    [
      'an item with a field too many',
      ['--subject', 'STATEMENT', '--content', '[{"type":"text","lang":"en","text":"x","by":"y"}]'],
      2,
    ],
    ['nothing to say', [], 2],
  ] as const)(
    '%s is refused and not sent',
    async (_what, args, code) => {
      const run = await line('north', ['send', '--to', 'south.duty', ...args, ...key('north'), '--yes'])
      expect(run).toMatchObject({ code, out: '' })
      expect(run.err).toMatch(/^parley line send: /)
    },
    30_000,
  )

  test('a message to nobody at the table, or by an officer who may not, is refused by field and rule', async () => {
    const text = ['--subject', 'STATEMENT', '--text', 'en:Hello.', '--yes']
    const nobody = await line('north', ['send', '--to', 'west.duty', ...text, ...key('north')])
    expect(nobody).toMatchObject({ code: 1 })
    expect(nobody.err).toContain('body.to west.duty')
    const stranger = await line('north', ['send', '--to', 'south.duty', ...text, ...key('south')])
    expect(stranger).toMatchObject({ code: 1 })
    expect(stranger.err).toContain('the node refuses')
  }, 30_000)

  test('AC-01 opened, taken, read back, answered and closed: every step shows on both sides', async () => {
    await until(() => done('south', 'show', number))
    await done('south', 'open', number, ...key('south'))
    await done('south', 'take', number, ...key('south'))
    const shown = await done('south', 'show', number)
    const echo = shown.body.content[0].echo.text as string
    const [, when] = /B\. (.*)\n/.exec(shown.print.en as string) ?? []
    const wrong = await line('south', ['readback', number, 'A=37SFU0000013766', `B=${when}`, ...key('south')])
    expect(wrong).toMatchObject({ code: 1 })
    expect(wrong.out).toMatch(/^A {2}NOT THE SAME: sent .*m apart$/m)
    expect(await done('south', 'readback', number, `A=${echo}`, `B=${when}`, ...key('south'))).toMatchObject({
      match: true,
    })
    await done('south', 'answer', number, 'concur', ...key('south'))
    const far = await until(async () => {
      const message = await done('north', 'show', number)
      expect(message.state).toBe('answered')
      return message
    })
    expect(far.clock.stoppedS).not.toBeNull()
    await done('north', 'close', number, ...key('north'))
    const text = await line('north', ['show', number])
    expect(text.out).toMatch(/state closed, done/)
    expect(text.out).toMatch(/taken +south\.duty +entry \d+ of ridge-7\.parley\/south\/1/)
  }, 60_000)

  test('a message prints in the reader’s language', async () => {
    expect((await line('north', ['show', number, '--print', 'ru'])).out).toContain('НОМЕР СООБЩЕНИЯ')
    expect((await line('north', ['show', number, '--print', 'ar'])).out).toContain('نهاية الرسالة رقم')
  }, 30_000)

  test('who sent a message cannot take it, an answer that is unable says why, and a number that is none is told', async () => {
    const own = await line('north', ['take', number, ...key('north')])
    expect(own).toMatchObject({ code: 2 })
    expect(own.err).toContain('only the side it was sent to')
    expect(await line('south', ['answer', number, 'unable', ...key('south')])).toMatchObject({ code: 1 })
    expect(await line('south', ['answer', number, 'maybe', ...key('south')])).toMatchObject({ code: 2 })
    expect(await line('south', ['take', 'north/south/1', ...key('south')])).toMatchObject({ code: 2 })
    expect((await line('south', ['take', 'north/south/2026/4711', ...key('south')])).err).toContain(
      'is no message of this line',
    )
    expect(await line('south', ['readback', number, 'alpha', ...key('south')])).toMatchObject({ code: 2 })
  }, 30_000)

  test('AC-10 a watch closes with its handover sheet', async () => {
    await done('north', 'watch', 'open', 'duty', ...key('north'))
    const text = ['--subject', 'QUERY', '--text', 'en:Is it yours?', '--yes']
    const sent = await done('south', 'send', '--to', 'north.duty', ...text, ...key('south'))
    await until(() => done('north', 'show', sent.number))
    const closed = await done('north', 'watch', 'close', 'duty', '--notes', 'ask again at noon', ...key('north'))
    expect(closed.handover).toMatchObject({
      open: [sent.number],
      clocks: [{ number: sent.number }],
      notes: 'ask again at noon',
    })
  }, 60_000)

  test('AC-09 a suspension takes two officers, one after the other, is a statement, and is taken back', async () => {
    const alone = await line('north', ['suspend', '--reason', 'incident', ...key('north')])
    expect(alone).toMatchObject({ code: 1 })
    const half = [
      'suspend',
      '--reason',
      'political-decision',
      '--scope',
      'flights',
      ...key('north'),
      '--out',
      'half.act',
    ]
    expect(await line('north', half)).toMatchObject({ code: 0 })
    await done('north', 'post', 'half.act', ...key('north', 'duty-2'))
    const seen = await until(async () => {
      const status = JSON.parse((await line('south', ['status', '--json'])).out)
      expect(status.sides[0].declared.state).toBe('suspended')
      return status.sides[0]
    })
    expect(seen.declared).toMatchObject({ by: 'north', reason: 'political-decision', scope: 'flights' })
    expect(seen.measured.state).toBe('open')
    await done('north', 'resume', ...TWO('north'))
    await until(async () => {
      const { out } = await line('south', ['status'])
      expect(out).toMatch(/was suspended +\S+ \S+ to \S+ \S+, political-decision, scope flights/)
    })
    expect(await line('north', ['resume', ...TWO('north')])).toMatchObject({ code: 2 })
  }, 60_000)

  const VOLUME = (startS: number) =>
    JSON.stringify({
      circle: { lat_e7: 344_504_000, lng_e7: 409_186_000, radius_cm: 500_000 },
      lower_cm: 100_000,
      upper_cm: 200_000,
      start: startS,
      end: startS + 1800,
    })

  test('a plan is proposed, acknowledged and active; one that crosses it is blocked', async () => {
    const startS = Math.floor(Date.now() / 1000) + 3600
    const profile = ['--profile', 'rule-of-threes']
    expect(await done('north', 'check', VOLUME(startS), ...profile)).toMatchObject({ verdict: 'clear' })
    const { id } = await done('north', 'propose', VOLUME(startS), ...profile, ...key('north'))
    expect(await line('north', ['activate', id, ...key('north')])).toMatchObject({ code: 2 })
    await until(() => done('south', 'ack', id, ...key('south')))
    const blocked = await line('south', ['check', VOLUME(startS), ...profile])
    expect(blocked).toMatchObject({ code: 1 })
    expect(blocked.out).toMatch(/^BLOCKED/)
    expect(blocked.out).toMatch(/clear when .*later/)
    await until(() => done('north', 'activate', id.slice(0, 8), ...key('north')))
    expect((await line('south', ['flights'])).out).toMatch(/north +(?:accepted|active)/)
    await done('north', 'end', id, ...key('north'))
    expect(await line('south', ['withdraw', id, ...key('south')])).toMatchObject({ code: 2 })
    expect(await line('south', ['check', '{"circle":', ...profile])).toMatchObject({ code: 2 })
  }, 90_000)

  test('an area is declared, asks for a call, and is lifted; a mistake names field, value and rule', async () => {
    const startS = Math.floor(Date.now() / 1000) + 7200
    const [file] = key('south').slice(1)
    const area = (id: string, callBefore = '900'): readonly string[] =>
      ['area', 'declare', VOLUME(startS), '--id', id, '--title', 'Around the ford'].concat([
        '--call-before',
        callBefore,
        '--key',
        file ?? '',
      ])
    const wrong = await line('south', area('The Ford'))
    expect(wrong.code).not.toBe(0)
    expect(wrong.err).toMatch(/body\.id.*The Ford.*1 to 63 of a to z/)
    const long = await line('south', area('ford', '86401'))
    expect(long).toMatchObject({ code: 2 })
    expect(long.err).toContain('--call-before 86401')
    expect(await done('south', ...area('ford'))).toMatchObject({ id: 'ford', index: expect.any(Number) })
    await until(async () =>
      expect((await line('north', ['flights'])).out).toContain(
        'area ford of south: Around the ford, call 15 min before entry',
      ),
    )
    const check = ['check', VOLUME(startS), '--profile', 'rule-of-threes']
    expect((await line('north', check)).out).toContain('call south at least 15 min before: it enters Around the ford')
    const foreign = await line('north', ['area', 'lift', 'ford', ...key('north')])
    expect(foreign).toMatchObject({ code: 2, out: '' })
    expect(foreign.err).toContain('ID ford: must be an area of ours; none stands')
    await done('south', 'area', 'lift', 'ford', ...key('south'))
    expect((await line('south', ['flights'])).out).not.toContain('area ford')
  }, 60_000)

  test('a line on the ground is in force once both sides have logged the very same', async () => {
    const river = {
      id: 'river',
      version: 1,
      title: 'The river',
      tolerance_m: 500,
      left: 'north',
      right: 'south',
      vertices: [
        [344504000, 409186000],
        [344604000, 409286000],
      ],
    }
    const agree = (side: Side, border: string): Promise<Run> =>
      line(side, ['border', 'agree', border, '--yes', ...TWO(side)])
    const same = await agree('north', JSON.stringify({ ...river, right: 'north' }))
    expect(same.code).not.toBe(0)
    expect(same.err).toMatch(/body\.right.*must be another party than left/)
    expect(await agree('south', 'river')).toMatchObject({ code: 2, out: '' })
    expect(await agree('north', JSON.stringify(river))).toMatchObject({ code: 0, err: '' })
    await until(async () => expect((await line('south', ['flights'])).out).toContain('agreed by north only'))
    expect(await agree('south', 'river')).toMatchObject({ code: 0, err: '' })
    await until(async () =>
      expect((await line('north', ['flights'])).out).toContain(
        'line river version 1: The river, left north, right south, in force',
      ),
    )
    expect((await agree('south', 'river')).err).toContain('BORDER river: is agreed by our side already')
  }, 60_000)

  test('AC-02 a FLASH that nobody takes: what is due is shown, each step is logged by a role, and stands in the ladder', async () => {
    const flash = [
      '--to',
      'south.duty',
      '--precedence',
      'FLASH',
      '--subject',
      'SAFETY',
      '--text',
      'en:Answer.',
      '--yes',
    ]
    const sent = await done('north', 'send', ...flash, ...key('north'))
    const about = sent.number as string
    expect((await line('south', ['escalate', 'nonsense'])).err).toContain(
      'NUMBER nonsense: must be the number of a message',
    )
    await until(async () => {
      const { out } = await line('south', ['escalate'])
      expect(out).toContain(`${about} to south.duty: seats, ring at all seats of the role`)
      expect(out).toContain(`${about} to south.duty: role, ring at the next role`)
    })
    const early = await line('south', ['escalate', about, '--step', 'path', ...key('south')])
    expect(early).toMatchObject({ code: 2, out: '' })
    expect(early.err).toContain('--step path: must be a step that is due: seats, role')
    expect((await line('south', ['escalate', about])).err).toContain('--key')
    expect(await done('south', 'escalate', about, ...key('south'))).toMatchObject({ number: about, step: 'seats' })
    expect(await done('south', 'escalate', about, ...key('south'))).toMatchObject({ step: 'role' })
    const steps = async (): Promise<string[]> =>
      (await done('north', 'show', about)).ladder.map((one: Json) => one.step)
    await until(async () => expect((await steps()).filter((step) => step === 'escalated')).toHaveLength(2))
    await done('south', 'take', about, ...key('south'))
    expect((await line('south', ['escalate'])).out).toBe('no escalation is due\n')
  }, 60_000)

  test('no protest is due where the other side receipts what it is brought', async () => {
    expect((await line('north', ['protest'])).out).toBe('no protest is due\n')
    const refused = await line('north', ['protest', 'south', '--out', 'south.evidence'])
    expect(refused).toMatchObject({ code: 1, out: '' })
    expect(refused.err).toContain('south owes no receipt')
    expect(await line('north', ['protest', '--out', 'south.evidence'])).toMatchObject({ code: 2, out: '' })
    expect(readdirSync(dir)).not.toContain('south.evidence')
  }, 30_000)

  test('tail follows, one line each', async () => {
    const { out, code } = await line('north', ['tail', '--count', '1'])
    expect(code).toBe(0)
    expect(out).toMatch(
      /^\S+ \S+ {2}state {4}ridge-7 worst \w+; north declares open; south declares open, measured to \w+ from \w+\n$/,
    )
    const json = JSON.parse((await line('north', ['tail', '--count', '1', '--json'])).out)
    expect(json).toMatchObject({ kind: 'state', data: { table: TABLE } })
  }, 30_000)
})

describe('the file carrier', () => {
  test('what was said goes by files in both directions, receipts too, and twice changes nothing', async () => {
    // As if nothing had come over the wire: all of the log, from its beginning.
    const written = await done('north', 'export', 'stick', '--from', '0')
    expect(written.written.some((name: string) => name.endsWith('.entries'))).toBe(true)
    expect(await line('south', ['import', 'stick'])).toMatchObject({ code: 0, err: '' })
    expect(await line('south', ['import', 'stick'])).toMatchObject({ code: 0, err: '' })
    await done('south', 'export', 'stick')
    expect(readdirSync(join(dir, 'stick')).some((name) => /south-to-north\.0-\d+\.receipt$/.test(name))).toBe(true)
    expect(await line('north', ['import', 'stick'])).toMatchObject({ code: 0, err: '' })
  }, 60_000)

  test('a folder without files for us, and a file that was altered, are told', async () => {
    expect(await line('north', ['import', 'nowhere'])).toMatchObject({ code: 2 })
    const name =
      readdirSync(join(dir, 'stick')).find((one) => one.endsWith('.receipt') && one.includes('south-to-north')) ?? ''
    const bytes = readFileSync(join(dir, 'stick', name))
    bytes[bytes.length - 4] = (bytes[bytes.length - 4] ?? 0) ^ 1
    writeFileSync(join(dir, 'stick', name), bytes)
    expect(await line('north', ['import', 'stick'])).toMatchObject({ code: 1 })
  }, 30_000)
})

describe('by the relay', () => {
  test('a side that can only dial out is reached through parley relay, and the line says that it is so', async () => {
    const relay = spawn(process.execPath, [BIN, 'relay', '--port', '0', '--host', '127.0.0.1', '--json'], {
      cwd: dir,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      const [first] = (await once(createInterface({ input: relay.stdout }), 'line')) as [string]
      relay.stdout.resume()
      const { address } = JSON.parse(first) as { address: string }
      await stopNode('south')
      await startNode('south', ['--line-relay', address])
      await done('north', 'address', 'south', `relay:${address}`)
      const text = ['--subject', 'STATEMENT', '--text', 'en:By the relay.', '--yes']
      const sent = await done('north', 'send', '--to', 'south.duty', ...text, ...key('north'))
      await until(() => done('south', 'take', sent.number, ...key('south')))
      await until(async () => {
        expect(await done('north', 'show', sent.number)).toMatchObject({ state: 'taken' })
        const [, south] = JSON.parse((await line('north', ['status', '--json'])).out).sides
        expect(south).toMatchObject({
          declared: { state: 'open' },
          link: { relay: true },
          measured: { to: { state: 'degraded', reasons: ['relay'] } },
        })
      })
    } finally {
      const gone = once(relay, 'close')
      relay.kill('SIGTERM')
      await gone
    }
  }, 90_000)
})

describe('without a node', () => {
  test.each([
    ['no node there', ['line', 'status', '--node', 'http://127.0.0.1:9'], 3],
    ['no address of a node', ['line', 'status', '--node', 'ftp://x'], 2],
    ['no token in the file', ['line', 'status', '--token-file', 'charter.txt'], 2],
    ['no key file', ['line', 'take', 'a/b/2026/0001', '--key', 'nobody.key'], 2],
    ['an unknown command', ['line', 'shout'], 2],
    ['a name that is no table', ['line', 'create', 'Ridge 7', '--with', 'south'], 2],
    ['a close that says not what of', ['line', 'close', '--key', 'x'], 2],
  ] as const)(
    '%s',
    async (_what, args, code) => {
      const run = await parley(args)
      expect(run.code).toBe(code)
      expect(run.err).not.toBe('')
    },
    60_000,
  )
})
