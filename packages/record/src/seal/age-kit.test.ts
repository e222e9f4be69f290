import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { inflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { openAgeFile } from './age-open.ts'

const KIT = fileURLToPath(new URL('../../../../../shared/vectors/age-cctv', import.meta.url))
/** The kit has files far above what an entry holds; the limit is another test's subject. */
const MAX_BYTES = 32 * 1024 * 1024

interface Vector {
  readonly expect: string
  readonly payload: string | undefined
  readonly armored: boolean
  readonly identities: readonly string[]
  readonly passphrase: boolean
  readonly file: Uint8Array
}

function readVector(name: string): Vector {
  const bytes = readFileSync(`${KIT}/${name}`)
  const split = bytes.indexOf('\n\n')
  const fields = bytes
    .subarray(0, split)
    .toString('utf8')
    .split('\n')
    .map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)] as const)
  const get = (field: string): string | undefined => fields.find(([key]) => key === field)?.[1]
  const body = bytes.subarray(split + 2)
  return {
    expect: get('expect') ?? '',
    payload: get('payload'),
    armored: get('armored') === 'yes',
    identities: fields.filter(([key]) => key === 'identity').map(([, value]) => value),
    passphrase: get('passphrase') !== undefined,
    file: new Uint8Array(get('compressed') === 'zlib' ? inflateSync(body) : body),
  }
}

/** Files that age opens and a seal may not be: which of our rules refuses each. */
const REFUSED_BY_RULE: Readonly<Record<string, string>> = {
  hybrid_and_x25519: 'must not mix X25519 and hybrid recipients',
  hybrid_grease: 'must have X25519 or hybrid stanzas only',
  scrypt: 'must not be sealed with a passphrase',
  stanza_empty_body: 'must have X25519 or hybrid stanzas only',
  stanza_empty_last_line: 'must have X25519 or hybrid stanzas only',
  stanza_valid_characters: 'must have X25519 or hybrid stanzas only',
  x25519_grease: 'must have X25519 or hybrid stanzas only',
}

/** What may come of each outcome the kit demands; a form refused before any key is tried counts as a failure of it. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'no match': ['no-match', 'form'],
  'HMAC failure': ['header'],
  'header failure': ['form', 'header'],
  'payload failure': ['payload', 'form'],
  'armor failure': ['form'],
}

if (!existsSync(KIT)) console.info(`SKIPPED: the age test kit is not at ${KIT}; the fixtures of seal.test.ts still run`)

describe.skipIf(!existsSync(KIT))('the age test kit', () => {
  const names = existsSync(KIT) ? readdirSync(KIT).sort() : []
  const opened: string[] = []

  test.each(names)('%s', async (name) => {
    const vector = readVector(name)
    const result = await openAgeFile(vector.file, vector.identities, { maxBytes: MAX_BYTES })
    if (vector.expect !== 'success') {
      expect(result.kind).toBe('failed')
      if (result.kind === 'failed') {
        expect(vector.passphrase ? ['form'] : ALLOWED[vector.expect]).toContain(result.failure)
      }
      return
    }
    const rule = vector.armored ? 'must be a binary age file, not an armored one' : REFUSED_BY_RULE[name]
    if (rule !== undefined) {
      expect(result).toMatchObject({ kind: 'failed', failure: 'form', refusal: { details: { rule } } })
      return
    }
    expect(result.kind).toBe('opened')
    if (result.kind !== 'opened') return
    expect(createHash('sha256').update(result.plaintext).digest('hex')).toBe(vector.payload)
    opened.push(name)
  })

  test('opened those that a seal may be, and no passphrase, armour, grease or mixture', () => {
    expect(opened).toHaveLength(12)
    expect(names.length).toBe(143)
  })
})
