import type { Volume4D as WireVolume } from '@parley/contracts'
import { type Volume4D, volumesIntersect } from '@parley/geo4d'
import { geoVolume } from './geo-volume.ts'

/** By how much two plans meet: the most that any two of their volumes share. */
export interface Meeting {
  readonly timeS: number
  readonly heightM: number
}

/** How two plans truly meet, or null when no two of their volumes do. A volume without an outline is taken to meet. */
export function meeting(plan: readonly WireVolume[], other: readonly WireVolume[]): Meeting | null {
  let met = null as Meeting | null
  for (const one of plan) {
    for (const two of other) {
      const shared = sharedBy(geoVolume(one), geoVolume(two))
      if (shared === null) continue
      met = {
        timeS: Math.max(met?.timeS ?? 0, shared.timeS),
        heightM: Math.max(met?.heightM ?? 0, shared.heightM),
      }
    }
  }
  return met
}

function sharedBy(one: Volume4D | null, two: Volume4D | null): Meeting | null {
  if (one === null || two === null) return { timeS: 0, heightM: 0 }
  if (!volumesIntersect(one, two)) return null
  return {
    timeS: (Math.min(one.endMs, two.endMs) - Math.max(one.startMs, two.startMs)) / 1000,
    heightM: Math.min(one.altitudeUpperM, two.altitudeUpperM) - Math.max(one.altitudeLowerM, two.altitudeLowerM),
  }
}
