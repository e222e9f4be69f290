import { describe, expect, test } from 'vitest'
import { encodeHex, encodeUtf8 } from './bytes.ts'
import { CompactRange } from './compact-range.ts'
import {
  checkHandover,
  decideContinueLog,
  familyOf,
  formatContinuation,
  formatContinueLog,
  type HandoverStanding,
  type HandoverView,
  type HeadName,
  openContinueLog,
  type OpenedContinueLog,
  readContinuation,
  refusesNumber,
} from './handover.ts'
import { leafHash } from './merkle.ts'
import { proveConsistency } from './prove.ts'
import { signCheckpoint } from './signed-checkpoint.ts'
import { createSigner, type Signer } from './signer.ts'

const keyOf = (number: number): Signer =>
  createSigner({ name: `pool.parley/abc/${number}`, type: 0x01, seed: new Uint8Array(32).fill(number) })
const [ONE, TWO, THREE] = [keyOf(1), keyOf(2), keyOf(3)]
const KEYS = new Map([ONE, TWO, THREE].map(({ key }) => [key.name, key]))
const logKey = (origin: string) => KEYS.get(origin) ?? null

const entries = (name: string, count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => encodeUtf8(`${name} ${i}`))
const OLD = entries('old', 9)

function rootOf(list: readonly Uint8Array[]): Uint8Array {
  const range = new CompactRange()
  for (const entry of list) range.append(leafHash(entry))
  return range.root()
}
const headOf = (list: readonly Uint8Array[], size = list.length): HeadName => ({
  size,
  root: rootOf(list.slice(0, size)),
})
const tiles = (list: readonly Uint8Array[]) => ({
  tile: (_level: number, _index: number, width: number) =>
    Promise.resolve(Uint8Array.from(list.slice(0, width).flatMap((entry) => [...leafHash(entry)]))),
})

interface Wish {
  readonly by?: Signer
  readonly list?: readonly Uint8Array[]
  readonly size: number
  readonly oldSize?: number
  readonly lost?: readonly HeadName[]
  readonly from?: Signer
  readonly id?: string
}

/** A continuation that cites the first `size` entries of `list`, as a peer that has cosigned `oldSize` of them gets it. */
async function asked(wish: Wish): Promise<OpenedContinueLog> {
  const { by = TWO, list = OLD, size, oldSize = 0, lost = [], from = ONE, id = 'aa' } = wish
  const entry = formatContinuation(by, {
    from: { origin: from.key.name, ...headOf(list, size) },
    lost,
    id: id.repeat(16),
    atS: 1,
    signers: [from],
  })
  const proof = oldSize === 0 || oldSize >= size ? [] : await proveConsistency(tiles(list), { from: oldSize, to: size })
  const note = signCheckpoint({ origin: by.key.name, size: 1, root: leafHash(entry) }, by)
  return openContinueLog(formatContinueLog({ entry, note, oldSize, proof }), logKey)
}

const view = (heads: Record<number, HeadName>, standing: HandoverStanding | null = null): HandoverView => ({
  standing,
  heads: new Map(Object.entries(heads).map(([number, head]) => [Number(number), head])),
})
const mirror = { role: 'mirror' } as const
const witness = { role: 'witness' } as const

describe('C2: a peer that saw a continuation cosigns nothing of lower numbers any more', () => {
  test('whether it accepts or refuses', async () => {
    const accepted = decideContinueLog(view({ 1: headOf(OLD, 4) }), await asked({ size: 9, oldSize: 4 }), mirror)
    expect(accepted).toMatchObject({ kind: 'accept', standing: { frozen: 2, at: 2 } })
    const refused = decideContinueLog(view({ 1: headOf(OLD, 9) }), await asked({ size: 4, oldSize: 9 }), mirror)
    expect(refused).toMatchObject({ kind: 'short', standing: { frozen: 2, at: 1 } })
    for (const decision of [accepted, refused]) {
      if (decision.kind !== 'accept' && decision.kind !== 'short') throw new Error(decision.kind)
      const { standing } = decision
      expect(refusesNumber(view({ 1: headOf(OLD, 9) }, standing), 1)).toEqual({ why: 'continued', number: 2 })
    }
  })

  test('and the next number only once it accepted it', async () => {
    const known = view({ 1: headOf(OLD, 9) })
    expect(refusesNumber(known, 1)).toBeNull()
    expect(refusesNumber(known, 2)).toEqual({ why: 'not-begun', number: 1 })
    const refused = decideContinueLog(known, await asked({ size: 4, oldSize: 9 }), mirror)
    if (refused.kind !== 'short') throw new Error(refused.kind)
    expect(refusesNumber(view({ 1: headOf(OLD, 9) }, refused.standing), 2)).toEqual({ why: 'not-begun', number: 1 })
    const later = decideContinueLog(
      view({ 1: headOf(OLD, 9) }, refused.standing),
      await asked({ by: THREE, size: 9, oldSize: 9 }),
      mirror,
    )
    expect(later).toMatchObject({ kind: 'accept', standing: { frozen: 3, at: 3 } })
    if (later.kind !== 'accept') throw new Error(later.kind)
    for (const number of [1, 2])
      expect(refusesNumber(view({ 1: headOf(OLD, 9) }, later.standing), number)).toMatchObject({ why: 'continued' })
    expect(refusesNumber(view({ 1: headOf(OLD, 9) }, later.standing), 3)).toBeNull()
    expect(decideContinueLog(view({}, later.standing), await asked({ size: 9 }), mirror)).toEqual({
      kind: 'over',
      number: 3,
    })
  })
})

describe('C3: a peer accepts only what covers every head it has cosigned', () => {
  const tried = async (heads: Record<number, HeadName>, wish: Wish, role: typeof mirror | typeof witness = mirror) =>
    decideContinueLog(view(heads), await asked(wish), role)

  test('at the head itself, or grown from it with the proof', async () => {
    for (const oldSize of [1, 4, 8, 9])
      expect(await tried({ 1: headOf(OLD, oldSize) }, { size: 9, oldSize })).toMatchObject({ kind: 'accept' })
    expect(await tried({}, { size: 9 })).toMatchObject({ kind: 'accept' })
  })

  test('and otherwise shows its own', async () => {
    const head = headOf(OLD, 8)
    expect(await tried({ 1: head }, { size: 4, oldSize: 8 })).toMatchObject({ kind: 'short', head, log: 1 })
    expect(await tried({ 1: head }, { size: 9, oldSize: 4 })).toMatchObject({ kind: 'short', head })
    const other = [...OLD.slice(0, 7), encodeUtf8('another'), encodeUtf8('history')]
    expect(await tried({ 1: head }, { list: other, size: 9, oldSize: 8 })).toMatchObject({ kind: 'short', head })
    expect(await tried({ 1: head }, { list: other, size: 8, oldSize: 8 })).toMatchObject({ kind: 'short', head })
  })

  test('what is named as lost is taken by a witness, whose line claims no contents, and never by a mirror', async () => {
    const lost = [headOf(OLD, 9)]
    expect(await tried({ 1: headOf(OLD, 9) }, { size: 4, oldSize: 9, lost }, witness)).toMatchObject({ kind: 'accept' })
    expect(await tried({ 1: headOf(OLD, 9) }, { size: 4, oldSize: 9, lost }, mirror)).toMatchObject({ kind: 'short' })
    expect(await tried({ 1: headOf(OLD, 8) }, { size: 4, oldSize: 8, lost }, witness)).toMatchObject({ kind: 'short' })
  })

  test('a number in between must hold nothing but its continuation, and a log further back be accepted before', async () => {
    const wish = { by: THREE, size: 9, oldSize: 9 }
    const one = headOf(OLD, 9)
    const standing = { frozen: 2, at: 2, leaf: '00' }
    const between = (size: number) => view({ 1: one, 2: { size, root: new Uint8Array(32) } }, standing)
    expect(decideContinueLog(between(1), await asked(wish), mirror)).toMatchObject({ kind: 'accept' })
    expect(decideContinueLog(between(2), await asked(wish), mirror)).toMatchObject({ kind: 'short', log: 2 })
    const second = await asked({ by: THREE, from: TWO, size: 9 })
    expect(decideContinueLog(view({ 1: one }), second, mirror)).toMatchObject({ kind: 'short', log: 1 })
    expect(decideContinueLog(view({ 1: one }, standing), second, mirror)).toMatchObject({ kind: 'accept' })
  })
})

describe('a number is begun once', () => {
  test('a second continuation of it is refused, the first one taken as often as it comes', async () => {
    const first = await asked({ size: 9 })
    const done = decideContinueLog(view({}), first, mirror)
    if (done.kind !== 'accept') throw new Error(done.kind)
    expect(decideContinueLog(view({}, done.standing), first, mirror)).toEqual(done)
    expect(decideContinueLog(view({}, done.standing), await asked({ size: 9, id: 'bb' }), mirror)).toEqual({
      kind: 'twice',
      number: 2,
    })
  })

  test('by the key that was given for it alone, and under a head over the act alone', async () => {
    const { entry, note } = await asked({ size: 9 })
    const body = formatContinueLog({ entry, note, oldSize: 0, proof: [] })
    expect(() => openContinueLog(body, () => null)).toThrow(expect.objectContaining({ code: 'UNKNOWN_LOG' }))
    expect(() => openContinueLog(body, () => THREE.key)).toThrow(expect.objectContaining({ code: 'UNKNOWN_LOG' }))
    const longer = signCheckpoint({ origin: TWO.key.name, size: 2, root: rootOf([entry, entry]) }, TWO)
    expect(() => openContinueLog(formatContinueLog({ entry, note: longer, oldSize: 0, proof: [] }), logKey)).toThrow(
      expect.objectContaining({ code: 'MALFORMED_REQUEST' }),
    )
    for (const cut of [0, 5, 40, body.length - 1])
      expect(() => openContinueLog(body.subarray(0, cut), logKey)).toThrow()
  })

  test('one to three above the log it cites, of the same table and party', () => {
    const tried = (by: Signer, from: Signer) => () =>
      formatContinuation(by, { from: { origin: from.key.name, ...headOf(OLD) }, id: 'cc'.repeat(16), atS: 1 })
    expect(tried(keyOf(4), ONE)).not.toThrow()
    expect(tried(keyOf(5), ONE)).toThrow(expect.objectContaining({ code: 'KEY_ACT_FIELD' }))
    expect(tried(ONE, TWO)).toThrow(expect.objectContaining({ code: 'KEY_ACT_FIELD' }))
    const other = createSigner({ name: 'pool.parley/abd/2', type: 0x01, seed: new Uint8Array(32).fill(7) })
    expect(tried(other, ONE)).toThrow(expect.objectContaining({ code: 'KEY_ACT_FIELD' }))
    expect(familyOf('pool.parley/abc/12')).toBe('pool.parley/abc')
  })
})

describe('a reader holds a continuation against the log before', () => {
  const predecessor = { key: ONE.key, size: 9, rootAt: (size: number) => Promise.resolve(headOf(OLD, size).root) }

  test('and finds it right, cut short or of another history', async () => {
    const { continuation } = await asked({ size: 7 })
    expect(await checkHandover(continuation, predecessor)).toEqual({ fault: null, signedByOld: true })
    expect((await checkHandover(continuation, { ...predecessor, size: 6 })).fault).toContain('cites 7 entries')
    const { continuation: other } = await asked({ list: entries('new', 9), size: 7 })
    expect((await checkHandover(other, predecessor)).fault).toContain('is not one of')
    expect((await checkHandover(continuation, { ...predecessor, key: THREE.key })).fault).toContain('continues')
  })

  test('says what was carried, what was lost, and whether the old key agreed', () => {
    const state = new Uint8Array(32).fill(5)
    const entry = formatContinuation(TWO, {
      from: { origin: ONE.key.name, ...headOf(OLD, 5) },
      lost: [headOf(OLD, 7), headOf(OLD, 9)],
      state,
      id: 'dd'.repeat(16),
      atS: 1,
    })
    const read = readContinuation(entry)
    expect(read.lost.map(({ size }) => size)).toEqual([7, 9])
    expect(read.state).toEqual(state)
    expect(encodeHex(read.leaf)).toBe(encodeHex(leafHash(entry)))
    const { text } = read.parsed
    expect(() => readContinuation(encodeUtf8(text))).toThrow()
  })
})
