import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openAct, parseAct } from './act.ts'
import { decodeBase64, encodeBase64 } from './base64.ts'
import { concatBytes, decodeHex, decodeUtf8, encodeUtf8 } from './bytes.ts'
import { formatCanonicalJson, type JsonObject, parseCanonicalJson } from './canonical-json.ts'
import { formatCheckpoint } from './checkpoint.ts'
import { formatNote, openNote, parseNote } from './note.ts'
import { openCheckpoint } from './signed-checkpoint.ts'
import { verdict } from './testing/fixtures.ts'
import { formatVkey, parseVkey, type VerifierKey } from './vkey.ts'

type Part = string | { readonly hex: string } | { readonly repeat: string; readonly times: number }
interface Case {
  readonly number: number
  readonly name: string
  readonly object: 'base64' | 'vkey' | 'note' | 'checkpoint' | 'act' | 'json'
  readonly keys: readonly string[]
  readonly input: readonly Part[]
  readonly expect: string
  readonly go: 'accept' | 'refuse' | null
}

const file = JSON.parse(readFileSync(new URL('../vectors/codec.json', import.meta.url), 'utf8')) as {
  readonly keys: Readonly<Record<string, string>>
  readonly cases: readonly Case[]
}

function bytesOf(parts: readonly Part[]): Uint8Array {
  return concatBytes(
    ...parts.map((part) => {
      if (typeof part === 'string') return encodeUtf8(part)
      return 'hex' in part ? decodeHex(part.hex) : encodeUtf8(part.repeat.repeat(part.times))
    }),
  )
}

/** Reads the bytes as the object they are given as; what is accepted must be written back byte for byte. */
function read(object: Case['object'], bytes: Uint8Array, keys: readonly VerifierKey[]): void {
  switch (object) {
    case 'base64':
      expect(encodeBase64(decodeBase64(decodeUtf8(bytes)))).toBe(decodeUtf8(bytes))
      return
    case 'vkey':
      expect(formatVkey(parseVkey(decodeUtf8(bytes)))).toBe(decodeUtf8(bytes))
      return
    case 'json':
      expect(formatCanonicalJson(parseCanonicalJson(bytes))).toBe(decodeUtf8(bytes))
      return
    case 'note':
      openNote(bytes, keys)
      expect(formatNote(parseNote(bytes))).toEqual(bytes)
      return
    case 'checkpoint': {
      const opened = openCheckpoint(bytes, keys[0]!, keys.slice(1))
      expect(opened.cosignatures.map(({ key }) => key)).toEqual(keys.slice(1))
      expect(formatCheckpoint(opened.checkpoint)).toBe(opened.text)
      expect(formatNote(opened.note)).toEqual(bytes)
      return
    }
    case 'act': {
      const { act, verified } = openAct(bytes, keys)
      expect(verified).toEqual(keys)
      const { text, signatures } = parseAct(bytes)
      const json = formatCanonicalJson(act as unknown as JsonObject, { longStringAt: 'body.ct' })
      expect(formatNote({ text: `parley.act/v1\n${json}\n`, signatures })).toEqual(bytes)
      expect(text).toBe(`parley.act/v1\n${json}\n`)
    }
  }
}

for (const { number, name, object, keys, input, expect: expected, go } of file.cases) {
  test(`#${number} ${object}: ${name}`, () => {
    const bytes = bytesOf(input)
    const given = keys.map((key) => parseVkey(file.keys[key]!))
    expect(verdict(() => read(object, bytes, given))).toBe(expected === 'ok' ? 'accepted' : expected)
    // What Go did with the same bytes stands in the file, measured; we never accept more.
    if (expected === 'ok') expect(go).not.toBe('refuse')
  })
}
