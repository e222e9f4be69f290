import { describe, expect, test } from 'vitest'
import type { JsonValue } from '../canonical-json.ts'
import { actOf, enrolmentOf, entryOf, PARTIES, partyKeys } from '../testing/table.ts'
import { judgeAct } from './judge-act.ts'
import { createKeyBook } from './key-book.ts'
import { checkOutline } from './outline.ts'

const DEG = 10_000_000
const square: readonly JsonValue[] = [
  [48 * DEG, 37 * DEG],
  [48 * DEG, 38 * DEG],
  [49 * DEG, 38 * DEG],
  [49 * DEG, 37 * DEG],
]
const refused = (rule: string) =>
  expect.objectContaining({ code: 'INVALID_ACT_FIELD', message: expect.stringContaining(rule) })

describe('the outline of a zone', () => {
  test('a plain one, either way round, and one over the antimeridian', () => {
    checkOutline(square)
    checkOutline(square.toReversed())
    checkOutline([
      [0, 179 * DEG],
      [0, 181 * DEG],
      [DEG, 181 * DEG],
      [DEG, 179 * DEG],
    ])
  })

  const bad: readonly (readonly [string, JsonValue, string])[] = [
    [
      '#41 crossing itself',
      [
        [0, 0],
        [DEG, DEG],
        [0, DEG],
        [DEG, 0],
      ],
      'cross or touch',
    ],
    [
      '#41 touching itself',
      [
        [0, 0],
        [0, 4],
        [2, 2],
        [4, 4],
        [4, 0],
        [0, 2],
      ],
      'cross or touch',
    ],
    [
      '#41 folding back',
      [
        [0, 0],
        [0, 4],
        [0, 2],
        [4, 2],
      ],
      'cross or touch',
    ],
    [
      '#41 over the antimeridian by a jump',
      [
        [0, 179 * DEG],
        [0, -179 * DEG],
        [DEG, -179 * DEG],
        [DEG, 179 * DEG],
      ],
      'less than 180',
    ],
    ['#41 of one point', [[0, 0]], '3 to 256'],
    [
      '#41 of two points',
      [
        [0, 0],
        [0, 1],
      ],
      '3 to 256',
    ],
    [
      '#41 of no area',
      [
        [0, 0],
        [0, 1],
        [0, 2],
      ],
      'cross or touch',
    ],
    [
      '#41 with a corner repeated',
      [
        [0, 0],
        [0, 1],
        [1, 1],
        [0, 0],
      ],
      'repeat a corner',
    ],
    [
      '#41 beyond the pole',
      [
        [90 * DEG + 1, 0],
        [0, 1],
        [1, 1],
      ],
      'latitudes',
    ],
    [
      '#41 overflowing',
      [
        [0, Number.MAX_SAFE_INTEGER],
        [0, 1],
        [1, 1],
      ],
      'longitudes',
    ],
    ['#41 of 10^5 vertices', Array.from({ length: 100_000 }, (_, i) => [i, i % 7]), '3 to 256'],
    ['of no corners at all', { ring: [] }, 'list of corners'],
  ]
  test.each(bad)('%s', (_what, outline, rule) => {
    expect(() => checkOutline(outline)).toThrow(refused(rule))
  })

  test('#41 is judged alike whoever looks: the products of its corners exceed 2^53', () => {
    // The middle corner lies off the edge by one unit of 1e-7 degree, over 359 degrees of longitude.
    const far = 179 * DEG
    const thin = (off: number): JsonValue => [
      [0, -far / 2],
      [off, 0],
      [0, far / 2],
      [-DEG, 0],
    ]
    checkOutline(thin(1))
    expect(() =>
      checkOutline([
        [0, -far / 2],
        [0, far / 2],
        [0, 0],
        [-DEG, 0],
      ]),
    ).toThrow(refused('cross or touch'))
  })

  test('#41 an act over the limits has no effect', () => {
    const north = partyKeys('north')
    const book = createKeyBook(enrolmentOf(north), { parties: PARTIES })
    const judged = (outline: JsonValue) =>
      judgeAct(book, entryOf(actOf(north, { kind: 'zone.declare', body: { outline } }), [north.ada]), 0)
    expect(judged(square).verdict).toBe('valid')
    expect(judged([[0, 0]])).toMatchObject({
      verdict: 'invalid',
      effect: false,
      reasons: [{ code: 'act.body', field: 'body.outline' }],
    })
  })
})
