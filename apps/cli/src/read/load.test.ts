import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { lines, readTexts } from '../testing/fixtures.ts'
import { loadText, MAX_BYTES } from './load.ts'
import { parseJson } from './parse-json.ts'

test('gzip is known by its content, whatever the name', async () => {
  const { picture } = await readTexts({
    'plain.json': gzipSync(
      JSON.stringify({ type: 'Feature', geometry: { type: 'Point', coordinates: [1, 2] }, properties: {} }),
    ),
  })
  expect(picture.items).toHaveLength(1)
})

test.each([
  ['a gzip that unpacks to more than may be held', gzipSync(Buffer.alloc(MAX_BYTES + 1)), 'too-large', /unpacks|MiB/],
  ['half a gzip', gzipSync('[]'.repeat(1000)).subarray(0, 20), 'unreadable', /gzip/],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), 'unreadable', /UTF-8/],
  ['an empty file', Buffer.alloc(0), 'not-json', /JSON/],
  ['nesting without end', Buffer.from('['.repeat(1_000_000)), 'too-large', /format/],
  ['nesting of objects', Buffer.from('{"a":'.repeat(100_000)), 'too-large', /format/],
  [
    'a brace in a text is no nesting',
    Buffer.from(JSON.stringify({ a: '{['.repeat(100) })),
    'unknown-format',
    /none of/,
  ],
  ['something else', Buffer.from('{"hello": 1}'), 'unknown-format', /none of f3548/],
  ['a number', Buffer.from('1e999'), 'unknown-format', /none of/],
  ['null', Buffer.from('null'), 'unknown-format', /none of/],
  ['an empty array', Buffer.from('[]'), 'unknown-format', /none of/],
])('%s is refused', async (_, bytes, code, rule) => {
  const { picture, findings } = await readTexts({ 'file.json': bytes })
  expect(picture.items).toEqual([])
  expect(findings.leftOut).toBe(1)
  expect(lines(findings)[0]).toMatch(new RegExp(`^${code} .*${rule.source}`))
})

test.each([
  ['nowhere/at/all.json', /no such file/],
  ['.', /folder/],
])('%s cannot be read', async (file, rule) => {
  await expect(loadText(file)).rejects.toThrow(rule)
})

test('a JSON error names line and column', () => {
  expect(() => parseJson('{\n  "a": 1,\n  b\n}')).toThrow(/line 3, column 3/)
})
