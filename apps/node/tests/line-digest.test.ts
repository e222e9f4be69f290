import type { LineDraft } from '@parley/contracts'
import { expect, test } from 'vitest'
import { join, openLine, startSide, until } from './line-harness.ts'

test('#83 both sides say what they make of the logs: each sees that they agree, and one that says otherwise is marked on both', async () => {
  await using north = await startSide('north')
  await using south = await startSide('south')
  const sides = [north, south] as const
  await join(sides)
  await openLine(sides)
  await north.message('south')
  expect((await north.state()).digest).toBeNull()
  const bodyOf = async (side: typeof north) => {
    const { stateDigest } = (await side.at<LineDraft>('GET', '/draft?digest=1')).json
    if (stateDigest === undefined || stateDigest === null) throw new Error('the node tells no digest')
    return stateDigest
  }
  for (const side of sides) {
    const { digest, heads, projection } = await bodyOf(side)
    expect(heads.length).toBeGreaterThan(0)
    await side.say('state.digest', { digest, heads: heads.map((head) => ({ ...head })), projection })
    expect((await side.state()).digest).toBe(digest)
  }
  for (const side of sides) {
    const { digests } = await until(
      () => side.state(),
      (state) => state.digests?.length === 2 && state.digests.every(({ verdict }) => verdict === 'agrees'),
    )
    expect(digests?.map(({ party }) => party).toSorted()).toEqual(['north', 'south'])
  }
  const { heads, projection } = await bodyOf(south)
  await south.say('state.digest', { digest: '0'.repeat(64), heads: heads.map((head) => ({ ...head })), projection })
  for (const side of sides)
    await until(
      () => side.state(),
      (state) => state.digests?.some(({ party, verdict }) => party === 'south' && verdict === 'differs') === true,
    )
})
