import { describe, expect, it } from 'vitest'
import { constantDensity, DAY_START_MS, generate } from './workload.ts'

describe('the strategic workload', () => {
  it('draws the same plans from the same seed, and the first as the study printed it', () => {
    const workload = generate(20_000, 20_260_101)
    expect(generate(20_000, 20_260_101).checkHash()).toBe(workload.checkHash())
    expect(generate(20_000, 777).checkHash()).not.toBe(workload.checkHash())
    const first = workload.volume(0)
    expect(Math.round(first.startMs - DAY_START_MS)).toBe(53_279_218)
    expect(Math.round(first.endMs - DAY_START_MS)).toBe(53_404_953)
    expect(first.outline).toMatchObject({ kind: 'polygon', vertices: { length: 4 } })
    expect(workload.degrees[0]).toBeCloseTo(33.4514792, 7)
    expect(workload.degrees[1]).toBeCloseTo(-112.1518526, 7)
  })

  it('keeps plans, volumes and points consistent', () => {
    const workload = generate(3000, 1, constantDensity(2))
    expect(workload.plans).toBe(3000)
    expect(workload.planStart[3000]).toBe(workload.volumes)
    expect(workload.pointStart[workload.volumes]).toBe(workload.points)
    expect(workload.types.reduce((sum, count) => sum + count, 0)).toBe(3000)
    for (let plan = 0; plan < 3000; plan++) {
      for (const volume of workload.plan(plan)) {
        expect(volume.startMs).toBeLessThan(volume.endMs)
        expect(volume.altitudeLowerM).toBeLessThan(volume.altitudeUpperM)
      }
    }
  })
})
