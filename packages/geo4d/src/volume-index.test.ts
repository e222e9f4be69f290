import { degrees, epochMs, metres, metresHae } from '@parley/units'
import { describe, expect, it } from 'vitest'
import type { Outline, Volume4D } from './volume.ts'
import { VolumeIndex, VolumeIndexError } from './volume-index.ts'

const T0 = Date.UTC(2026, 10, 22, 12)
const MINUTE = 60_000

function square(southDeg: number, westDeg: number, sizeDeg: number): Outline {
  const corner = (lat: number, lng: number) => ({ latDeg: degrees(lat), lngDeg: degrees(lng) })
  return {
    kind: 'polygon',
    vertices: [
      corner(southDeg, westDeg),
      corner(southDeg, westDeg + sizeDeg),
      corner(southDeg + sizeDeg, westDeg + sizeDeg),
      corner(southDeg + sizeDeg, westDeg),
    ],
  }
}

function circle(latDeg: number, lngDeg: number, radiusM: number): Outline {
  return { kind: 'circle', centre: { latDeg: degrees(latDeg), lngDeg: degrees(lngDeg) }, radiusM: metres(radiusM) }
}

function volume(outline: Outline, bounds: Partial<Omit<Volume4D, 'outline'>> = {}): Volume4D {
  return {
    outline,
    altitudeLowerM: metresHae(0),
    altitudeUpperM: metresHae(120),
    startMs: epochMs(T0),
    endMs: epochMs(T0 + 10 * MINUTE),
    ...bounds,
  }
}

function met(index: VolumeIndex, volumes: readonly Volume4D[], options = {}): number[] {
  const out: number[] = []
  index.query(volumes, out, options)
  return out.sort((a, b) => a - b)
}

function dumpBytes(index: VolumeIndex): string {
  return index
    .dump()
    .map(({ name, bytes }) => `${name}:${Buffer.from(bytes).toString('base64')}`)
    .join('\n')
}

const here = square(46, 7, 0.001)

describe('VolumeIndex', () => {
  it('keeps volumes without posting them, and posts them when asked to', () => {
    const posted = new VolumeIndex()
    const kept = new VolumeIndex({ posted: false })
    for (const index of [posted, kept]) {
      for (let slot = 0; slot < 40; slot++)
        index.insert(slot, [volume(square(46, 7 + slot / 2000, 0.001)), volume(here)])
      for (let slot = 0; slot < 40; slot += 3) index.remove(slot)
    }
    expect(kept).toMatchObject({ size: posted.size, volumeCount: posted.volumeCount, posted: false })
    expect(kept.volumesOf(4)).toEqual(posted.volumesOf(4))
    expect(() => met(kept, [volume(here)])).toThrow(VolumeIndexError)
    const loaded = VolumeIndex.load(new Map(kept.dump().map(({ name, bytes }) => [name, bytes])))
    expect(loaded.posted).toBe(false)
    loaded.setPosted(true)
    expect(met(loaded, [volume(here)])).toEqual(met(posted, [volume(here)]))
    expect(met(loaded, [volume(square(46, 7.0101, 0.0001))])).toEqual(met(posted, [volume(square(46, 7.0101, 0.0001))]))
    loaded.setPosted(false)
    expect(dumpBytes(loaded)).toBe(dumpBytes(kept))
    expect(kept.memoryBytes()).toBeLessThan(posted.memoryBytes())
  })

  it('counts touching faces, instants and heights as meeting, and a gap of 1 ms or 1 cm as not', () => {
    const index = new VolumeIndex()
    index.insert(7, [volume(here)])
    expect(
      met(index, [volume(here, { startMs: epochMs(T0 + 10 * MINUTE), endMs: epochMs(T0 + 11 * MINUTE) })]),
    ).toEqual([7])
    expect(
      met(index, [volume(here, { startMs: epochMs(T0 + 10 * MINUTE + 1), endMs: epochMs(T0 + 11 * MINUTE) })]),
    ).toEqual([])
    expect(met(index, [volume(here, { altitudeLowerM: metresHae(120), altitudeUpperM: metresHae(150) })])).toEqual([7])
    expect(met(index, [volume(here, { altitudeLowerM: metresHae(120.01), altitudeUpperM: metresHae(150) })])).toEqual(
      [],
    )
    expect(met(index, [volume(square(46.001, 7, 0.001))])).toEqual([7])
    expect(met(index, [volume(square(46.0010001, 7, 0.001))])).toEqual([])
    expect(met(index, [volume(square(46.0009999, 7, 0.001))])).toEqual([7])
  })

  it('finds unbounded heights and times from any bounded query', () => {
    const index = new VolumeIndex()
    index.insert(0, [
      volume(here, {
        altitudeLowerM: metresHae(-Infinity),
        altitudeUpperM: metresHae(Infinity),
        startMs: epochMs(-Infinity),
        endMs: epochMs(Infinity),
      }),
    ])
    for (const ms of [0, -1e14, T0, 8e15]) {
      expect(met(index, [volume(here, { startMs: epochMs(ms), endMs: epochMs(ms) })])).toEqual([0])
    }
    expect(met(index, [volume(square(47, 7, 0.001))])).toEqual([])
  })

  it('finds short plans from an unbounded window', () => {
    const index = new VolumeIndex()
    for (let slot = 0; slot < 3000; slot++) {
      const startMs = T0 + slot * 15 * MINUTE
      index.insert(slot, [volume(here, { startMs: epochMs(startMs), endMs: epochMs(startMs + MINUTE) })])
    }
    const always = volume(here, { startMs: epochMs(-Infinity), endMs: epochMs(Infinity) })
    expect(met(index, [always])).toHaveLength(3000)
    const month = volume(here, { startMs: epochMs(T0), endMs: epochMs(T0 + 30 * 24 * 60 * MINUTE) })
    expect(met(index, [month])).toHaveLength(30 * 24 * 4 + 1)
    expect(met(index, [{ ...month, outline: square(46.5, 7, 0.001) }])).toEqual([])
  })

  it('grows past every first size: lists, candidates, chunks and slots lose nothing', () => {
    const index = new VolumeIndex()
    const count = 90_000
    for (let slot = 0; slot < count; slot++) index.insert(slot, [volume(here)])
    expect(met(index, [volume(here)])).toHaveLength(count)
    for (let slot = 0; slot < count; slot += 2) index.remove(slot)
    expect(met(index, [volume(here)])).toHaveLength(count / 2)
    for (let slot = 0; slot < count; slot += 2) index.insert(slot, [volume(here)])
    expect(met(index, [volume(here)])).toHaveLength(count)
  })

  it('keeps a plan of many volumes and 10,000 vertices, and one longer than a chunk', () => {
    const vertices = Array.from({ length: 10_000 }, (_, at) => {
      const angle = (2 * Math.PI * at) / 10_000
      return { latDeg: degrees(46 + 0.2 * Math.sin(angle)), lngDeg: degrees(7 + 0.2 * Math.cos(angle)) }
    })
    const ring: Outline = { kind: 'polygon', vertices }
    const index = new VolumeIndex()
    index.insert(1, [volume(ring)])
    index.insert(
      2,
      Array.from({ length: 60 }, () => volume(ring)),
    )
    expect(met(index, [volume(here)])).toEqual([1, 2])
    expect(met(index, [volume(square(46.3, 7.3, 0.001))])).toEqual([])
    expect(index.volumesOf(2)).toHaveLength(60)
    expect(index.volumesOf(1)[0]?.outline).toMatchObject({ kind: 'polygon', vertices: { length: 10_000 } })
    expect(index.remove(2)).toBe(true)
    expect(met(index, [volume(ring)])).toEqual([1])
  })

  it('gives volumes back: coordinates to 1e-9 degrees, times and heights as they were', () => {
    const volumes = [
      volume(square(46.123456789, -179.999999999, 0.01)),
      volume(circle(-33.333333333, 179.999, 1234.5678)),
      volume(circle(89.99, 12, 60_000), { altitudeUpperM: metresHae(Infinity), startMs: epochMs(-Infinity) }),
      volume(square(10, 20, 15), { altitudeLowerM: metresHae(36.576), endMs: epochMs(T0 + 400 * 24 * 60 * MINUTE) }),
    ]
    const index = new VolumeIndex()
    index.insert(5, volumes)
    const back = index.volumesOf(5)
    expect(back).toHaveLength(4)
    for (const [at, given] of volumes.entries()) {
      const got = back[at] as Volume4D
      expect({ ...got, outline: null }).toEqual({ ...given, outline: null })
      const points = (outline: Outline) => (outline.kind === 'circle' ? [outline.centre] : outline.vertices)
      for (const [k, point] of points(given.outline).entries()) {
        expect(Math.abs((points(got.outline)[k]?.latDeg ?? 0) - point.latDeg)).toBeLessThan(1e-9)
        expect(Math.abs((points(got.outline)[k]?.lngDeg ?? 0) - point.lngDeg)).toBeLessThan(1e-9)
      }
      if (given.outline.kind === 'circle') expect(got.outline).toMatchObject({ radiusM: given.outline.radiusM })
    }
    expect(index.volumesOf(6)).toEqual([])
  })

  it('rounds odd times and heights outwards, never inwards', () => {
    const index = new VolumeIndex()
    const odd = volume(here, {
      startMs: epochMs(T0 + 0.4),
      endMs: epochMs(T0 + 10.6),
      altitudeLowerM: metresHae(10.00004),
      altitudeUpperM: metresHae(20.00006),
    })
    index.insert(0, [odd])
    const back = index.volumesOf(0)[0] as Volume4D
    expect(back.startMs).toBe(T0)
    expect(back.endMs).toBe(T0 + 11)
    expect(back.altitudeLowerM).toBe(10)
    expect(back.altitudeUpperM).toBe(20.0001)
  })

  it('answers for collinear and single-point rings', () => {
    const line: Outline = {
      kind: 'polygon',
      vertices: [0, 0.0005, 0.001].map((d) => ({ latDeg: degrees(46 + d), lngDeg: degrees(7.0005) })),
    }
    const index = new VolumeIndex()
    index.insert(0, [volume(line)])
    expect(met(index, [volume(here)])).toEqual([0])
    expect(met(index, [volume(line)])).toEqual([0])
    expect(met(index, [volume(square(46, 7.001, 0.001))])).toEqual([])
  })

  it('answers for outlines of a continent and of the whole day', () => {
    const index = new VolumeIndex()
    index.insert(0, [volume(square(30, -10, 40))])
    index.insert(1, [volume(here)])
    index.insert(2, [volume(square(-46, 7, 0.001))])
    expect(met(index, [volume(here)])).toEqual([0, 1])
    expect(met(index, [volume(square(35, -5, 30))])).toEqual([0, 1])
    expect(met(index, [volume(circle(46, 7, 500_000))])).toEqual([0, 1])
  })

  it('leaves out a slot to skip and slots that are not accepted', () => {
    const index = new VolumeIndex()
    for (const slot of [0, 1, 2]) index.insert(slot, [volume(here)])
    expect(met(index, [volume(here)], { skipSlot: 1 })).toEqual([0, 2])
    expect(met(index, [volume(here)], { accept: (slot: number) => slot !== 0 })).toEqual([1, 2])
    expect(met(index, [volume(here)])).toEqual([0, 1, 2])
  })

  it('refuses what its owner must not ask, and stores nothing then', () => {
    const index = new VolumeIndex()
    index.insert(0, [volume(here)])
    const code = (work: () => void) => {
      try {
        work()
      } catch (error) {
        return error instanceof VolumeIndexError ? error.code : error instanceof RangeError ? 'range' : error
      }
      return undefined
    }
    expect(code(() => index.insert(0, [volume(here)]))).toBe('slot_occupied')
    expect(code(() => index.insert(-1, [volume(here)]))).toBe('slot_invalid')
    expect(code(() => index.insert(1.5, [volume(here)]))).toBe('slot_invalid')
    expect(code(() => index.insert(1, []))).toBe('no_volumes')
    expect(code(() => index.insert(1, [volume(square(Number.NaN, 7, 1))]))).toBe('range')
    expect(code(() => index.insert(1, [volume(here, { endMs: epochMs(T0 - 1) })]))).toBe('range')
    expect(code(() => index.insert(1, [volume(here, { altitudeLowerM: metresHae(Number.NaN) })]))).toBe('range')
    expect(index.size).toBe(1)
    expect(index.remove(1)).toBe(false)
    expect(met(index, [volume(here)])).toEqual([0])
  })

  it('gives the same bytes for the same operations, whatever was asked in between', () => {
    const build = (asking: boolean) => {
      const index = new VolumeIndex()
      for (let slot = 0; slot < 500; slot++) {
        index.insert(slot, [volume(square(46 + slot / 1000, 7, 0.01)), volume(circle(46, 7 + slot / 1000, 300))])
        if (slot % 3 === 0) index.remove(slot)
        if (asking && slot % 10 === 0) met(index, [volume(square(46, 7, 1))])
      }
      return index
    }
    const first = dumpBytes(build(false))
    expect(dumpBytes(build(true))).toBe(first)
    const loaded = VolumeIndex.load(
      new Map(
        build(false)
          .dump()
          .map(({ name, bytes }) => [name, bytes]),
      ),
    )
    expect(dumpBytes(loaded)).toBe(first)
    const goOn = (index: VolumeIndex) => {
      for (let slot = 0; slot < 500; slot += 3) index.insert(slot, [volume(square(46, 7 + slot / 1000, 0.02))])
      return dumpBytes(index)
    }
    expect(goOn(loaded)).toBe(goOn(build(false)))
  })

  it('holds after a load what it held before, however many chunks that is', () => {
    const index = new VolumeIndex()
    const plans = 70_000
    const planOf = (slot: number): Volume4D =>
      volume(square(40 + (slot % 265) / 100, 5 + Math.floor(slot / 265) / 100, 0.004), {
        startMs: epochMs(T0 + slot),
        endMs: epochMs(T0 + slot + MINUTE),
      })
    for (let slot = 0; slot < plans; slot++) index.insert(slot, [planOf(slot)])
    const loaded = VolumeIndex.load(new Map(index.dump().map(({ name, bytes }) => [name, bytes])))
    const wrong: number[] = []
    for (let slot = 0; slot < plans; slot += 7) {
      if (JSON.stringify(loaded.volumesOf(slot)) !== JSON.stringify(index.volumesOf(slot))) wrong.push(slot)
      else if (String(met(loaded, [planOf(slot)])) !== String(slot)) wrong.push(slot)
    }
    expect(wrong).toEqual([])
  })

  it('names the section that keeps it from loading', () => {
    const index = new VolumeIndex()
    index.insert(0, [volume(here)])
    const sections = new Map(index.dump().map(({ name, bytes }) => [name, bytes]))
    const without = (name: string) => new Map([...sections].filter(([key]) => key !== name))
    expect(() => VolumeIndex.load(without('volume-index/blocks'))).toThrow('volume-index/blocks')
    expect(() => VolumeIndex.load(without('volume-index/postings/chunk'))).toThrow('volume-index/postings/chunk')
    const cut = new Map(sections).set('volume-index/lines/chunk', new Uint8Array(3))
    expect(() => VolumeIndex.load(cut)).toThrow('volume-index/lines/chunk')
    const foreign = new Map(sections).set('volume-index/version', Uint8Array.of(99, 1))
    expect(() => VolumeIndex.load(foreign)).toThrow('volume-index/version')
  })
})
