import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { createIdTable } from './id-table.ts'

const idOf = (n: number): string => createHash('md5').update(String(n)).digest('hex')

test('keeps the first index of every id, through growth', () => {
  const table = createIdTable()
  for (let i = 0; i < 5000; i += 1) table.add(idOf(i), i)
  for (let i = 0; i < 5000; i += 1) table.add(idOf(i), i + 9000)
  expect(table.size).toBe(5000)
  for (let i = 0; i < 5000; i += 1) expect(table.get(idOf(i))).toBe(i)
  expect(table.get(idOf(5000))).toBeUndefined()
})

test('tells ids apart that differ in any one digit, the id of all zeros among them', () => {
  const table = createIdTable()
  const zeros = '0'.repeat(32)
  table.add(zeros, 0)
  for (let digit = 0; digit < 32; digit += 1) {
    const id = `${zeros.slice(0, digit)}1${zeros.slice(digit + 1)}`
    expect(table.get(id)).toBeUndefined()
    table.add(id, digit + 1)
  }
  expect(table.get(zeros)).toBe(0)
  expect(table.get(`${zeros.slice(0, 31)}1`)).toBe(32)
})
