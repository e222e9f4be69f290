import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  Decrypter,
  Encrypter,
  generateHybridIdentity,
  identityToRecipient,
  type Recipient,
  Stanza,
} from 'age-encryption'
import { describe, expect, test } from 'vitest'
import { decodeBase64, encodeBase64 } from '../base64.ts'
import { decodeHex, encodeUtf8 } from '../bytes.ts'
import { AGE_FILE, ALPHA, BRAVO, CHARLIE, COMMIT, INNER_TEXT, SEALED_ACT } from '../testing/seal-fixture.ts'
import { ageEncrypt } from './age-encrypt.ts'
import { inspectAgeFile } from './age-file.ts'
import { encodeBech32 } from './bech32.ts'
import { formatIdentity, recipientOf } from './identity.ts'
import { commitText, formatInner, padInner, parseInner, SEAL_BUCKETS, type SealedInner, unpadInner } from './inner.ts'
import { PROTECTED_HEADER, protectSecret, revealSecret } from './passphrase.ts'
import { parseRecipient } from './recipient.ts'
import {
  checkSealOpening,
  lintSeal,
  openSeal,
  openSealWithFileKey,
  readSealBody,
  type SealedAct,
  seal,
} from './seal.ts'
import { decideSealDispute, parseSealFaultBody, sealFaultBody } from './seal-fault.ts'

const INNER = encodeUtf8(INNER_TEXT)
const inner: SealedInner = parseInner(INNER)
const HYBRID = identityToRecipient('AGE-SECRET-KEY-PQ-1HZLGZUPT4ETPKDEV8HSGFDCYZ4E522W0A7PU2LHT8EH9W6YLNC3SW78XKG')

/** An age file to anyone or anything: what a sender that is not ours could make. */
async function craft(plaintext: Uint8Array, recipients: readonly (string | Recipient)[]): Promise<string> {
  const encrypter = new Encrypter()
  for (const recipient of recipients) encrypter.addRecipient(recipient)
  return encodeBase64(await encrypter.encrypt(plaintext))
}

const acting = (body: SealedAct['body'], over: Partial<SealedAct> = {}): SealedAct => ({ ...SEALED_ACT, ...over, body })
const code = (value: string) => expect.objectContaining({ code: value })

describe('the inner text', () => {
  test('has one form: its bytes, its commitment, its padding', () => {
    expect(formatInner(inner)).toEqual(INNER)
    expect(commitText(INNER)).toBe(COMMIT)
    const padded = padInner(INNER)
    expect(padded.length).toBe(1024)
    expect(unpadInner(padded)).toEqual(INNER)
  })

  test.each(SEAL_BUCKETS)('fills a bucket of %i bytes exactly and moves to the next with one byte more', (bucket) => {
    const exact = new Uint8Array(bucket).fill(0x7d)
    expect(padInner(exact)).toEqual(exact)
    expect(unpadInner(exact)).toEqual(exact)
    const more = new Uint8Array(bucket + 1).fill(0x7d)
    const next = SEAL_BUCKETS[SEAL_BUCKETS.indexOf(bucket) + 1]
    if (next === undefined) expect(() => padInner(more)).toThrow(code('SEAL_TOO_LARGE'))
    else expect(padInner(more).length).toBe(next)
  })

  test('refuses padding that is not the smallest, not newlines, or nothing else', () => {
    const loose = new Uint8Array(4096).fill(0x0a)
    loose.set(INNER)
    expect(() => unpadInner(loose)).toThrow(code('SEAL_PADDING'))
    const zeros = new Uint8Array(1024)
    zeros.set(INNER)
    expect(() => parseInner(unpadInner(zeros))).toThrow(code('SEAL_INNER'))
    expect(() => unpadInner(new Uint8Array(1024).fill(0x0a))).toThrow(code('SEAL_PADDING'))
    expect(() => unpadInner(INNER)).toThrow(code('SEAL_PADDING'))
  })

  test.each(['key.revoke', 'log.continue', 'seal.fault', 'sealed', 'line.suspend', 'state.digest', 'Message'])(
    'refuses to seal an act of kind %s',
    (kind) => {
      expect(() => formatInner({ ...inner, kind })).toThrow(code('SEAL_INNER'))
    },
  )
})

describe('recipients', () => {
  test('are vetted: text, checksum, length, small order', async () => {
    expect(parseRecipient(ALPHA.recipient)).toEqual({ kind: 'x25519', text: ALPHA.recipient })
    expect(parseRecipient(await HYBRID).kind).toBe('hybrid')
    const share = (hex: string): string => encodeBech32('age', decodeHex(hex))
    const prime = `ed${'ff'.repeat(30)}7f`
    for (const [bad, rule] of [
      ['', 'bech32'],
      ['age1', 'bech32'],
      [ALPHA.recipient.toUpperCase(), 'lower-case'],
      [`Age${ALPHA.recipient.slice(3)}`, 'lower-case'],
      [`${ALPHA.recipient.slice(0, -1)}q`, 'checksum'],
      [` ${ALPHA.recipient}`, 'lower-case'],
      [share('00'.repeat(32)), 'small order'],
      [share(`01${'00'.repeat(31)}`), 'small order'],
      [share('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'), 'small order'],
      [share('5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157'), 'small order'],
      [share(`ec${'ff'.repeat(30)}7f`), 'small order'],
      [share(prime), 'canonically'],
      [share('ff'.repeat(32)), 'canonically'],
      [share('00'.repeat(31)), '32 bytes'],
      ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE1AAAAIK0wmN', 'lower-case'],
    ] as const) {
      expect(() => parseRecipient(bad)).toThrow(
        expect.objectContaining({ code: 'SEAL_RECIPIENT', message: expect.stringContaining(rule) }),
      )
    }
  })

  test('a secret identity in their place is refused and not shown', () => {
    try {
      parseRecipient(ALPHA.identity)
      expect.unreachable()
    } catch (error) {
      expect(JSON.stringify(error)).not.toContain('XLGQVJR8')
      expect(error).toMatchObject({ code: 'SEAL_RECIPIENT', details: { value: null } })
    }
  })
})

describe('secrets', () => {
  test('an identity is the text age-keygen writes, and gives the recipient it gives', async () => {
    expect(await recipientOf(ALPHA.identity)).toBe(ALPHA.recipient)
    const identity = formatIdentity(new Uint8Array(32).fill(7))
    expect(parseRecipient(await recipientOf(identity)).kind).toBe('x25519')
    expect(parseRecipient(await recipientOf(formatIdentity(new Uint8Array(32).fill(7), 'hybrid'))).kind).toBe('hybrid')
    for (const bad of [ALPHA.identity.toLowerCase(), `${ALPHA.identity.slice(0, -1)}Q`, ALPHA.recipient, '']) {
      await expect(recipientOf(bad)).rejects.toThrow(code('SEAL_RECIPIENT'))
    }
  })

  test('a protected secret opens with its passphrase only', async () => {
    const text = await protectSecret('PRIVATE+KEY+…', 'correct horse', { workFactor: 10 })
    expect(text.startsWith(PROTECTED_HEADER)).toBe(true)
    expect(await revealSecret(text, 'correct horse')).toBe('PRIVATE+KEY+…')
    await expect(revealSecret(text, 'wrong horse')).rejects.toThrow(code('SEAL_FORM'))
    await expect(revealSecret('no file', 'correct horse')).rejects.toThrow(code('SEAL_FORM'))
    await expect(protectSecret('x', '')).rejects.toThrow(code('INVALID_LENGTH'))
  })
})

describe('opening', () => {
  test.each([
    ['the author', ALPHA],
    ['the recipient', BRAVO],
  ])('%s opens a seal that the age command made', async (_who, { identity }) => {
    const opening = await openSeal(SEALED_ACT, [identity])
    expect(opening).toMatchObject({ kind: 'opened', inner, innerBytes: INNER })
  })

  test('#84 a stanza that is garbage for one recipient: that one finds a fault, the other reads', async () => {
    const garbage: Recipient = {
      wrapFileKey: () => [new Stanza(['X25519', 'TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc'], new Uint8Array(32))],
    }
    const act = acting({ commit: COMMIT, ct: await craft(padInner(INNER), [ALPHA.recipient, garbage]) })
    expect(await openSeal(act, [ALPHA.identity])).toMatchObject({ kind: 'opened' })
    const fault = await openSeal(act, [BRAVO.identity])
    expect(fault).toMatchObject({ kind: 'fault', reason: 'no-match', fileKey: null })
    if (fault.kind !== 'fault') return
    expect(sealFaultBody(fault, { disclose: true })).toEqual({ reason: 'no-match' })
  })

  test('#84 a header whose MAC is wrong', async () => {
    const file = decodeBase64(AGE_FILE)
    const at = Buffer.from(file).indexOf('--- ') + 4
    file[at] = file[at] === 0x41 ? 0x42 : 0x41
    const act = acting({ commit: COMMIT, ct: encodeBase64(file) })
    expect(await openSeal(act, [BRAVO.identity])).toMatchObject({ kind: 'fault', reason: 'header' })
  })

  test('#84 a last chunk cut short: the file key shows the fault to anyone', async () => {
    const act = acting({ commit: COMMIT, ct: encodeBase64(decodeBase64(AGE_FILE).slice(0, -1)) })
    const fault = await openSeal(act, [BRAVO.identity])
    expect(fault).toMatchObject({ kind: 'fault', reason: 'payload' })
    if (fault.kind !== 'fault' || fault.fileKey === null) return expect.unreachable()
    const body = sealFaultBody(fault, { disclose: true })
    const claim = parseSealFaultBody(body)
    expect(await decideSealDispute(act, { claim, opening: INNER })).toBe('upheld')
    expect(await openSealWithFileKey(act, fault.fileKey)).toMatchObject({ kind: 'fault', reason: 'payload' })
  })

  test('#84 armour instead of the binary file', async () => {
    const armored = `-----BEGIN AGE ENCRYPTED FILE-----\n${AGE_FILE.slice(0, 64)}\n-----END AGE ENCRYPTED FILE-----\n`
    const act = acting({ commit: COMMIT, ct: encodeBase64(encodeUtf8(armored)) })
    expect(() => readSealBody(act)).toThrow(code('SEAL_FORM'))
    expect(await openSeal(act, [BRAVO.identity])).toMatchObject({ kind: 'fault', reason: 'form' })
  })

  test('#85 a commitment to another text', async () => {
    const act = acting({ commit: '00'.repeat(32), ct: AGE_FILE })
    const fault = await openSeal(act, [BRAVO.identity])
    expect(fault).toMatchObject({ kind: 'fault', reason: 'commit', innerBytes: INNER })
    if (fault.kind !== 'fault') return
    const claim = parseSealFaultBody(sealFaultBody(fault, { disclose: true }))
    expect(await decideSealDispute(act, { claim, opening: null })).toBe('upheld')
  })

  test.each([
    ['table', { table: 'ridge-8' }],
    ['origin', { o: 'ridge-7.parley/south/1' }],
    ['id', { id: '0e'.repeat(16) }],
    ['addressees', { to: ['south', 'west'] }],
  ])('#85 an inner text bound to another %s', async (_what, over) => {
    const act = acting({ commit: COMMIT, ct: AGE_FILE }, over)
    const fault = await openSeal(act, [BRAVO.identity])
    expect(fault).toMatchObject({ kind: 'fault', reason: 'binding', innerBytes: INNER })
    if (fault.kind !== 'fault') return
    const claim = parseSealFaultBody(sealFaultBody(fault, { disclose: true }))
    expect(await decideSealDispute(act, { claim, opening: null })).toBe('upheld')
    expect(await decideSealDispute(act, { claim: { reason: 'no-match', fileKey: null }, opening: INNER })).toBe(
      'upheld',
    )
  })

  test('#86 hybrid and X25519 stanzas in one file', async () => {
    const mixed = await craft(padInner(INNER), [await HYBRID, ALPHA.recipient])
    expect(() => readSealBody(acting({ commit: COMMIT, ct: mixed }))).toThrow(code('SEAL_FORM'))
    await expect(
      seal(inner, { recipients: [ALPHA.recipient, await HYBRID], author: ALPHA.recipient, encrypt: ageEncrypt }),
    ).rejects.toThrow(code('SEAL_FORM'))
  })

  test('#86 50 recipients are too many, 32 are not', async () => {
    const many = (count: number) =>
      craft(
        padInner(INNER),
        Array.from({ length: count }, () => ALPHA.recipient),
      )
    expect(readSealBody(acting({ commit: COMMIT, ct: await many(32) })).form).toMatchObject({ recipients: 32 })
    const fifty = await many(50)
    expect(() => readSealBody(acting({ commit: COMMIT, ct: fifty }))).toThrow(code('SEAL_FORM'))
  })

  test('#86 a passphrase with a work factor of 2^30 is refused before any work', async () => {
    const file = `age-encryption.org/v1\n-> scrypt rF0/NwblUHHTpgQgRpe5CQ 30\ngUjEymFKMVXQEKdMMHL24oYexjE3TIC0O0zGSqJ2aUY\n--- IOXiQYStkoT1mvZW2tFOqZdhRVvj58egABx/sWfZQbc\n`
    const act = acting({ commit: COMMIT, ct: encodeBase64(encodeUtf8(file + 'x'.repeat(64))) })
    expect(() => readSealBody(act)).toThrow(code('SEAL_FORM'))
    expect(await openSeal(act, [BRAVO.identity])).toMatchObject({ kind: 'fault', reason: 'form' })
  })

  test('#87 the recipient says it cannot decrypt, the author opens: anyone decides from bytes', async () => {
    const claim = parseSealFaultBody({ reason: 'no-match' })
    expect(await decideSealDispute(SEALED_ACT, { claim, opening: null })).toBe('open')
    expect(checkSealOpening(SEALED_ACT, INNER)).toEqual(inner)
    expect(await decideSealDispute(SEALED_ACT, { claim, opening: INNER })).toBe('refuted')
    const other = encodeUtf8(INNER_TEXT.replace('eleven', 'twelve'))
    expect(() => checkSealOpening(SEALED_ACT, other)).toThrow(code('SEAL_COMMIT'))
    expect(await decideSealDispute(SEALED_ACT, { claim, opening: other })).toBe('open')
  })

  test('#87 a false claim falls by the file key it comes with, and a wrong key shows nothing', async () => {
    const file = decodeBase64(AGE_FILE)
    const decrypter = new Decrypter()
    decrypter.addIdentity(BRAVO.identity)
    const fileKey = await decrypter.decryptHeader(file.slice(0, inspectAgeFile(file).headerLength))
    expect(await decideSealDispute(SEALED_ACT, { claim: { reason: 'commit', fileKey }, opening: null })).toBe('refuted')
    const wrong = { reason: 'commit', fileKey: new Uint8Array(16) } as const
    expect(await decideSealDispute(SEALED_ACT, { claim: wrong, opening: null })).toBe('open')
  })

  test('#88 the author leaves itself out', async () => {
    await expect(
      seal(inner, { recipients: [BRAVO.recipient], author: ALPHA.recipient, encrypt: ageEncrypt }),
    ).rejects.toThrow(code('SEAL_AUTHOR_OMITTED'))
    const act = acting({ commit: COMMIT, ct: await craft(padInner(INNER), [BRAVO.recipient]) })
    await expect(
      lintSeal(act, { identities: [ALPHA.identity], inner: INNER, recipients: 1, usedFileKeys: new Set() }),
    ).rejects.toThrow(code('SEAL_AUTHOR_OMITTED'))
  })

  test('#88 a file key that served before', async () => {
    const options = { identities: [ALPHA.identity], inner: INNER, recipients: 2 }
    const digest = await lintSeal(SEALED_ACT, { ...options, usedFileKeys: new Set() })
    await expect(lintSeal(SEALED_ACT, { ...options, usedFileKeys: new Set([digest]) })).rejects.toThrow(
      code('SEAL_KEY_REUSED'),
    )
    await expect(lintSeal(SEALED_ACT, { ...options, recipients: 3, usedFileKeys: new Set() })).rejects.toThrow(
      code('SEAL_FORM'),
    )
  })
})

test.each(SEAL_BUCKETS)('seals and opens a text of nearly %i bytes, for three recipients', async (bucket) => {
  const big = { ...inner, body: { parts: Array.from({ length: Math.ceil(bucket / 8192) }, () => '') } }
  const room = bucket - formatInner(big).length
  const each = Math.min(8192, Math.floor(room / big.body.parts.length))
  const full = { ...inner, body: { parts: big.body.parts.map(() => 'x'.repeat(each)) } }
  const recipients = [ALPHA.recipient, BRAVO.recipient, CHARLIE.recipient]
  const { body, inner: bytes } = await seal(full, { recipients, author: ALPHA.recipient, encrypt: ageEncrypt })
  expect(padInner(bytes).length).toBe(bucket)
  const act = acting(body)
  const usedFileKeys = new Set<string>()
  usedFileKeys.add(await lintSeal(act, { identities: [ALPHA.identity], inner: bytes, recipients: 3, usedFileKeys }))
  expect(await openSeal(act, [CHARLIE.identity])).toMatchObject({ kind: 'opened', inner: full })
})

test('seals to hybrid recipients alone', async () => {
  const identity = await generateHybridIdentity()
  const recipient = await identityToRecipient(identity)
  const { body } = await seal(inner, { recipients: [recipient], author: recipient, encrypt: ageEncrypt })
  expect(readSealBody(acting(body)).form.kind).toBe('hybrid')
  expect(await openSeal(acting(body), [identity])).toMatchObject({ kind: 'opened', inner })
})

test('one altered byte anywhere in a seal is never read as what was sealed', async () => {
  const file = decodeBase64(AGE_FILE)
  for (let at = 0; at < file.length; at += 41) {
    const altered = file.slice()
    altered[at] = (altered[at] as number) ^ 0x01
    const opening = await openSeal(acting({ commit: COMMIT, ct: encodeBase64(altered) }), [BRAVO.identity])
    expect(opening.kind).toBe('fault')
  }
})

const age = spawnSync('age', ['--version'], { encoding: 'utf8' })
const haveAge = age.status === 0
if (!haveAge) console.info('SKIPPED: the command `age` is not installed; the file it made before is still opened')

describe.skipIf(!haveAge)('the age command', () => {
  test('opens our seals, and we open its', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'parley-age-'))
    try {
      const { body } = await seal(inner, {
        recipients: [ALPHA.recipient, BRAVO.recipient],
        author: ALPHA.recipient,
        encrypt: ageEncrypt,
      })
      writeFileSync(join(dir, 'seal.age'), decodeBase64(body.ct as string))
      writeFileSync(join(dir, 'bravo.key'), `${BRAVO.identity}\n`)
      const opened = spawnSync('age', ['-d', '-i', join(dir, 'bravo.key'), join(dir, 'seal.age')])
      expect(opened.status).toBe(0)
      expect(unpadInner(new Uint8Array(opened.stdout))).toEqual(INNER)
      const made = spawnSync('age', ['-r', ALPHA.recipient, '-r', CHARLIE.recipient, '-o', join(dir, 'theirs.age')], {
        input: padInner(INNER),
      })
      expect(made.status).toBe(0)
      const ct = encodeBase64(new Uint8Array(readFileSync(join(dir, 'theirs.age'))))
      expect(await openSeal(acting({ commit: COMMIT, ct }), [CHARLIE.identity])).toMatchObject({
        kind: 'opened',
        inner,
      })
    } finally {
      rmSync(dir, { recursive: true, force: true })
    }
  })
})
