import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkLinearizable, type Effect, type Operation, type Version } from './linearizability.ts'

const op = (callMs: number, returnMs: number, effect: Effect): Operation => ({ callMs, returnMs, effect })
const write = (from: Version, to: Version): Effect => ({ kind: 'write', from, to })
const read = (saw: Version): Effect => ({ kind: 'read', saw })
const refused = (not: Version): Effect => ({ kind: 'refused', not })
const NEVER = Number.POSITIVE_INFINITY

test.each<[string, boolean, Operation[]]>([
  ['nothing', true, []],
  ['a read of what was written', true, [op(0, 1, write(null, 'a')), op(2, 3, read('a'))]],
  ['a stale read', false, [op(0, 1, write(null, 'a')), op(2, 3, write('a', 'b')), op(4, 5, read('a'))]],
  [
    'a read during the write may see either',
    true,
    [op(0, 9, write(null, 'a')), op(1, 2, read(null)), op(3, 4, read('a'))],
  ],
  ['but not go back', false, [op(0, 9, write(null, 'a')), op(1, 2, read('a')), op(3, 4, read(null))]],
  ['two creations', false, [op(0, 9, write(null, 'a')), op(0, 9, write(null, 'b'))]],
  [
    'two updates of one version',
    false,
    [op(0, 1, write(null, 'a')), op(2, 9, write('a', 'b')), op(2, 9, write('a', 'c'))],
  ],
  ['a lost write that happened', true, [op(0, NEVER, write(null, 'a')), op(5, 6, read('a'))]],
  ['a lost write that never did', true, [op(0, NEVER, write(null, 'a')), op(5, 6, read(null))]],
  [
    'a lost write that happened late',
    true,
    [op(0, NEVER, write(null, 'a')), op(5, 6, read(null)), op(7, 8, read('a'))],
  ],
  [
    'a lost write that came and went',
    false,
    [op(0, NEVER, write(null, 'a')), op(5, 6, read('a')), op(7, 8, read(null))],
  ],
  ['a write seen before its call', false, [op(0, 1, read('a')), op(2, 3, write(null, 'a'))]],
  ['a lost write lost again', false, [op(0, 1, write(null, 'a')), op(2, 3, read(null))]],
  ['a refusal without a reason', false, [op(0, 1, write(null, 'a')), op(2, 3, refused('a'))]],
  ['a refusal with one', true, [op(0, 1, write(null, 'a')), op(1, 2, write('a', 'b')), op(2, 3, refused('a'))]],
  [
    'deletion and creation anew',
    true,
    [op(0, 1, write(null, 'a')), op(2, 3, write('a', null)), op(4, 5, write(null, 'c'))],
  ],
])('%s: %s', (_name, expected, history) => {
  expect(checkLinearizable(history).linearizable).toBe(expected)
})

/** Every order that respects real time, tried one by one; for small histories only. */
function byBruteForce(history: readonly Operation[]): boolean {
  const goOn = (left: readonly Operation[], version: Version): boolean => {
    if (left.every(({ returnMs }) => returnMs === NEVER)) return true
    const limit = Math.min(...left.map(({ returnMs }) => returnMs))
    return left.some((candidate) => {
      if (candidate.callMs > limit) return false
      const { effect } = candidate
      const fits =
        effect.kind === 'write'
          ? version === effect.from
          : effect.kind === 'read'
            ? version === effect.saw
            : version !== effect.not
      const rest = left.filter((other) => other !== candidate)
      return fits && goOn(rest, effect.kind === 'write' ? effect.to : version)
    })
  }
  return goOn(history, null)
}

const version = fc.constantFrom(null, 'a', 'b', 'c')
const operation = fc
  .record({
    callMs: fc.nat({ max: 20 }),
    length: fc.oneof({ weight: 5, arbitrary: fc.nat({ max: 12 }) }, { weight: 1, arbitrary: fc.constant(NEVER) }),
    kind: fc.constantFrom('write', 'read', 'refused'),
    from: version,
    to: version,
  })
  .map(({ callMs, length, kind, from, to }) =>
    op(callMs, callMs + length, kind === 'write' ? write(from, to) : kind === 'read' ? read(from) : refused(from)),
  )

test('agrees with trying every order', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 6 }), (history) => {
      // A lost read or refusal says nothing, for either.
      const telling = history.filter(({ returnMs, effect }) => returnMs !== NEVER || effect.kind === 'write')
      expect(checkLinearizable(history).linearizable).toBe(byBruteForce(telling))
    }),
    { numRuns: 3000 },
  )
})

/** A run that is linearizable by how it is made: each operation acts at one instant and is seen from before to after. */
const honest = fc
  .array(
    fc.record({
      kind: fc.nat({ max: 4 }),
      before: fc.nat({ max: 40 }),
      after: fc.nat({ max: 40 }),
      lost: fc.nat({ max: 9 }),
    }),
    {
      minLength: 1,
      maxLength: 150,
    },
  )
  .map((steps) => {
    let current: Version = null
    return steps.map(({ kind, before, after, lost }, index): Operation => {
      const at = index * 10
      const from = current
      if (kind === 0) return op(at - before, at + after, read(from))
      if (kind === 1) return op(at - before, at + after, refused(`never ${index}`))
      current = kind === 2 && from !== null ? null : `v${index}`
      return op(at - before, lost === 0 ? NEVER : at + after, write(from, current))
    })
  })

test('a long honest history is found linearizable', () => {
  fc.assert(
    fc.property(honest, (history) => {
      expect(checkLinearizable(history)).toEqual({ linearizable: true })
    }),
  )
})

test('and no longer so once a read sees what nobody wrote', () => {
  fc.assert(
    fc.property(honest, fc.nat(), (history, where) => {
      const at = (where % history.length) * 10
      const verdict = checkLinearizable([...history, op(at - 5, at + 5, read('forged'))])
      expect(verdict.linearizable).toBe(false)
    }),
  )
})
