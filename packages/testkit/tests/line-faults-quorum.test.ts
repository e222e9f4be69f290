import { expect, test } from 'vitest'
import { openTable, type Party, rowOf, settled, until } from './line-table.ts'

const RIVER = {
  id: 'river',
  version: 1,
  title: 'The river',
  vertices: [
    [344504000, 409186000],
    [344604000, 409286000],
  ],
  tolerance_m: 500,
  left: 'north',
  right: 'south',
}

test('#80 two of four are away: acts are receipted by the counterpart, what binds waits for its quorum, and the line says so', async () => {
  await using table = await openTable({
    parties: ['east', 'north', 'south', 'west'],
    observers: ['east', 'west'],
    seed: 80,
  })
  const [east, north, south, west] = table.sides as [Party, Party, Party, Party]
  await settled(north, south)
  // An observer takes part in nothing and sees what each side declares.
  for (const observer of [east, west])
    for (const party of ['north', 'south'])
      await until(
        async () => rowOf(await observer.state(), party).declared.kind,
        (kind) => kind === 'open',
      )
  for (const { process } of [east, west]) await process[Symbol.asyncDispose]()
  const [number] = await north.messages('south', 1)
  const agreed = await north.say({ kind: 'border.agree', body: RIVER }, 2)
  await settled(north, south)
  const { messages } = await north.client.messages('ridge-7')
  expect(messages.find((one) => one.number === number)?.ladder.map(({ step }) => step)).toContain('arrived')
  const act = async (side: Party) => (await side.acts(north.origin))[agreed.index]
  for (const side of [north, south]) {
    const found = await until(
      () => act(side),
      (one) => one?.receiptS !== null,
    )
    expect(found).toMatchObject({ kind: 'border.agree', effective: true, binding: 'pending' })
  }
  // It binds as soon as most observers have seen it, whoever of them it is.
  const measured = await until(
    async () => rowOf(await north.state(), 'south').measured?.to,
    (to) => to?.reasons.includes('quorum') === true,
    60_000,
  )
  expect(measured?.kind).toBe('degraded')
  for (const side of [east, west]) await side.start()
  for (const side of [north, south])
    await until(
      () => act(side),
      (one) => one?.binding === 'binding',
      60_000,
    )
  await until(
    async () => rowOf(await north.state(), 'south').measured?.to.kind,
    (kind) => kind === 'open',
    60_000,
  )
}, 240_000)
