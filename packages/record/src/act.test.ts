import { describe, expect, test } from 'vitest'
import { type Act, formatActText, openAct, parseAct, signAct } from './act.ts'
import { encodeBase64 } from './base64.ts'
import { decodeUtf8, encodeUtf8 } from './bytes.ts'
import type { JsonObject } from './canonical-json.ts'
import { createSigner } from './signer.ts'
import { verdict } from './testing/fixtures.ts'

const seed = (byte: number) => new Uint8Array(32).fill(byte)
const officers = Array.from({ length: 5 }, (_, i) =>
  createSigner({ name: `alpha/duty-${i}`, type: 0x01, seed: seed(i) }),
)
const [officer] = officers as [(typeof officers)[0]]
const ROOT = encodeBase64(seed(9))

const ACT: Act = {
  v: 1,
  table: 't',
  o: 't.parley/alpha/1',
  id: '00112233445566778899aabbccddeeff',
  kind: 'message',
  at: 1_795_000_000,
  exp: 1_795_000_600,
  seen: [{ o: 't.parley/bravo/1', n: 5, r: ROOT }],
  ref: { o: 't.parley/bravo/1', i: 4, h: ROOT },
  to: ['bravo'],
  body: { text: 'Hold “north” of the fix — 5 km \\ "ok"' },
}

test('an act is one line of header and one of JSON, and its bytes are the same for everyone', () => {
  expect(decodeUtf8(signAct(ACT, [officer]))).toBe(
    [
      'parley.act/v1',
      '{"at":1795000000,"body":{"text":"Hold “north” of the fix — 5 km \\\\ \\"ok\\""},"exp":1795000600,"id":"00112233445566778899aabbccddeeff","kind":"message","o":"t.parley/alpha/1","ref":{"h":"CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=","i":4,"o":"t.parley/bravo/1"},"seen":[{"n":5,"o":"t.parley/bravo/1","r":"CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk="}],"table":"t","to":["bravo"],"v":1}',
      '',
      '— alpha/duty-0 Vzo3f/sg9vshq/idZDO28EI6MUFTIwZhZYWKG+2da0a1f5KNpVj20Ymc2pZ7PDaCHszeuvjMQWa/yy3u0EVJRSx1KgU=',
      '',
    ].join('\n'),
  )
})

test('an act is read back as it was, with those who signed it', () => {
  const entry = signAct(ACT, officers.slice(0, 4))
  expect(parseAct(entry)).toEqual({ act: ACT, text: formatActText(ACT), signatures: parseAct(entry).signatures })
  const opened = openAct(entry, [officers[1]!.key, officers[3]!.key])
  expect(opened.act).toEqual(ACT)
  expect(opened.verified).toEqual([officers[1]!.key, officers[3]!.key])
  expect(opened.unknown.map(({ name }) => name)).toEqual(['alpha/duty-0', 'alpha/duty-2'])
})

test('members that are absent stay absent', () => {
  const { exp: _exp, ref: _ref, ...plain } = ACT
  const { act } = parseAct(signAct(plain, [officer]))
  expect(Object.keys(act).sort()).toEqual(['at', 'body', 'id', 'kind', 'o', 'seen', 'table', 'to', 'v'])
})

test('#30 an act with a bad signature of a known officer is refused whole', () => {
  const entry = signAct(ACT, officers.slice(0, 2))
  const forged = decodeUtf8(entry).replace('"n":5', '"n":6')
  expect(verdict(() => openAct(encodeUtf8(forged), [officer.key]))).toBe('INVALID_SIGNATURE')
  expect(verdict(() => parseAct(encodeUtf8(forged)))).toBe('accepted')
  expect(verdict(() => openAct(entry, [officers[4]!.key]))).toBe('NO_VERIFIED_SIGNATURE')
})

test('#34 what does not fit into an entry cannot be signed', () => {
  const sealed = (length: number): Act => ({ ...ACT, kind: 'sealed', body: { ct: 'x'.repeat(length) } })
  const fixed = signAct(sealed(0), [officer]).length
  expect(signAct(sealed(65_535 - fixed), [officer]).length).toBe(65_535)
  expect(verdict(() => signAct(sealed(65_536 - fixed), [officer]))).toBe('ENTRY_TOO_LARGE')
  expect(verdict(() => parseAct(new Uint8Array(65_536)))).toBe('NOTE_TOO_LARGE')
  expect(verdict(() => parseAct(new Uint8Array(0)))).toBe('MALFORMED_NOTE')
})

test('one to four officers sign, each once', () => {
  expect(verdict(() => signAct(ACT, []))).toBe('MALFORMED_NOTE')
  expect(verdict(() => signAct(ACT, officers))).toBe('TOO_MANY_SIGNATURES')
  expect(verdict(() => signAct(ACT, [officer, officer]))).toBe('DUPLICATE_SIGNATURE')
  const cosigner = createSigner({ name: 'alpha/mirror', type: 0x04, seed: seed(1) })
  expect(verdict(() => signAct(ACT, [cosigner]))).toBe('WRONG_KEY_TYPE')
})

describe('what may not be read may not be written', () => {
  const wrong: Readonly<Record<string, object>> = {
    '#42 another version': { v: 2 },
    '#42 a kind in upper case': { kind: 'Message' },
    '#35 a log of another table': { o: 'u.parley/alpha/1' },
    '#35 a log without a number': { o: 't.parley/alpha' },
    '#35 an id that is no hex': { id: 'z'.repeat(32) },
    '#36 a log seen twice': { seen: [ACT.seen[0], ACT.seen[0]] },
    '#36 its own log seen': { seen: [{ ...ACT.seen[0], o: ACT.o }] },
    '#38 a time with a fraction': { at: 1.5 },
    '#38 a time before 1970': { at: -1 },
    '#38 an end that is no number': { exp: null },
    '#40 a reference without a hash': { ref: { o: ACT.o, i: 0 } },
    '#32 a party with a Cyrillic letter': { to: ['\u0430lpha'] },
    'parties out of order': { to: ['bravo', 'alpha'] },
    'a member more': { note: 'x' },
    'a body that is a list': { body: [] },
    '#33 a key of the prototype in the body': { body: JSON.parse('{"__proto__":1}') as JsonObject },
    '#31 a bidi override in the body': { body: { text: '\u202e' } },
    '#30 a fraction in the body': { body: { height: 1.5 } },
    'a member that is undefined': { exp: undefined },
  }
  test.each(Object.entries(wrong))('%s', (_, change) => {
    expect(verdict(() => signAct({ ...ACT, ...change }, [officer]))).not.toBe('accepted')
  })
})

test('#38 any whole second up to 2^53 − 1 is carried; what it is worth is judged by the time of receipt', () => {
  for (const at of [0, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
    expect(parseAct(signAct({ ...ACT, at }, [officer])).act.at).toBe(at)
  }
})

test('#42 a kind that no rule knows is read and shown as it is', () => {
  expect(parseAct(signAct({ ...ACT, kind: 'no.such.kind' }, [officer])).act.kind).toBe('no.such.kind')
})
