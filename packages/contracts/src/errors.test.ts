import { RefusedError } from '@parley/units'
import { describe, expect, test } from 'vitest'
import { renderErrorTable } from './error-table.ts'
import { ApiError, errorBody, errorCodes, errorTable, isRaised, statusOf } from './errors.ts'
import { operationList, operations } from './operations.ts'

const strict = { compat: false }
const compat = { compat: true }

describe('the error table', () => {
  test.each(errorCodes)('%s says what happened and what to do, in sentences', (code) => {
    const { status, summary, remedy } = errorTable[code]
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(600)
    expect(summary).toMatch(/^[A-Z].*\.$/)
    expect(remedy).toMatch(/^[A-Z].*\.$/)
  })

  test('operations it names exist', () => {
    const known = new Set<string>(operationList.map(({ operationId }) => operationId))
    for (const code of errorCodes) {
      const entry = errorTable[code]
      const named = [...Object.keys(entry.perOperation ?? {}), ...(entry.compat?.operations ?? [])]
      for (const id of named) expect(known).toContain(id)
    }
  })

  test('renders as Markdown with a row a code', () => {
    const lines = renderErrorTable().trimEnd().split('\n')
    expect(lines).toHaveLength(errorCodes.length + 2)
    for (const line of lines) expect(line.match(/(?<!\\)\|/g)).toHaveLength(6)
  })
})

describe('statusOf', () => {
  test.each([
    ['AREA_TOO_LARGE', 'createOperationalIntentReference', strict, 413],
    ['AREA_TOO_LARGE', 'createOperationalIntentReference', compat, 400],
    ['AREA_TOO_LARGE', 'queryOperationalIntentReferences', compat, 400],
    ['AREA_TOO_LARGE', 'querySubscriptions', compat, 413],
    ['AREA_TOO_LARGE', 'queryConstraintReferences', compat, 413],
    ['AREA_TOO_LARGE', 'createSubscription', strict, 400],
    ['AREA_TOO_LARGE', 'ridV1SearchIdentificationServiceAreas', compat, 413],
    ['AREA_TOO_LARGE', 'ridV2CreateIdentificationServiceArea', strict, 413],
    ['AREA_TOO_LARGE', 'ridV2CreateIdentificationServiceArea', compat, 400],
    ['NOT_FOUND', 'getOperationalIntentReference', strict, 404],
    ['NOT_FOUND', 'updateSubscription', strict, 400],
    ['UPDATE_TARGET_MISSING', 'updateOperationalIntentReference', strict, 400],
    ['UPDATE_TARGET_MISSING', 'updateConstraintReference', strict, 409],
    ['USS_DOWN', 'createOperationalIntentReference', strict, 412],
    ['OVN_MISMATCH', 'deleteOperationalIntentReference', strict, 409],
    ['TOO_MANY_SUBSCRIPTIONS', 'ridV1CreateSubscription', strict, 429],
  ] as const)('%s at %s, %j: %d', (code, id, mode, status) => {
    expect(statusOf(code, { operation: operations[id], ...mode })).toBe(status)
  })

  test("where no operation was reached it is the table's", () => {
    expect(statusOf('ROUTE_NOT_FOUND')).toBe(404)
    expect(statusOf('AREA_TOO_LARGE', { operation: null, compat: true })).toBe(413)
  })

  test('what the reference implementation never raises is not raised in compat mode', () => {
    expect(isRaised('USS_DOWN', strict)).toBe(true)
    expect(isRaised('USS_DOWN', compat)).toBe(false)
    expect(isRaised('AREA_TOO_LARGE', compat)).toBe(true)
  })
})

describe('bodies', () => {
  const finding = { field: '/a', value: '1', rule: 'must be a text' }

  test('carry message, code, findings and what the operation adds', () => {
    const error = new ApiError('AIRSPACE_CONFLICT', { findings: [finding], fields: { clearing: { later_s: 60 } } })
    expect(error).toBeInstanceOf(RefusedError)
    expect(error.status()).toBe(409)
    expect(error.body()).toEqual({
      message: errorTable.AIRSPACE_CONFLICT.summary,
      code: 'AIRSPACE_CONFLICT',
      details: [finding],
      clearing: { later_s: 60 },
    })
  })

  test('leave out what is empty', () => {
    expect(Object.keys(new ApiError('NOT_FOUND', { message: 'No intent x.' }).body())).toEqual(['message', 'code'])
  })

  test('of a fault never show its text', () => {
    expect(errorBody('INTERNAL', { message: 'disk secret', errorId: 'e1' })).toEqual({
      message: errorTable.INTERNAL.summary,
      code: 'INTERNAL',
      error_id: 'e1',
    })
  })
})
