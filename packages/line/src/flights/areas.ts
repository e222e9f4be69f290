import { anyVolumesIntersect, type Volume4D } from '@parley/geo4d'
import type { ActRef } from '@parley/record'
import { bodyOf, foldParty, type LineAct, type LineProjection, type PartyFold } from '../line-projection.ts'
import { AREA_DECLARE, AREA_LIFT, type AreaBody } from './area-acts.ts'
import { keyOf, refOf } from './refs.ts'

/** A movable area as it stands. */
export interface AreaView {
  readonly ref: ActRef
  readonly party: string
  readonly body: AreaBody
  readonly atS: number
  readonly liftedS: number | null
}

type Areas = Map<string, { readonly act: LineAct; readonly body: AreaBody; lifted: LineAct | null }>

const AREAS: PartyFold<Areas> = {
  start: () => new Map(),
  step(areas, act) {
    if (!act.effective) return
    const body = bodyOf(act, AREA_DECLARE)
    if (body !== null) {
      // The same area declared anew moves it: the one before is lifted by that.
      for (const area of areas.values()) if (area.body.id === body.id) area.lifted ??= act
      areas.set(keyOf(refOf(act)), { act, body, lifted: null })
      return
    }
    const lift = bodyOf(act, AREA_LIFT)
    const area = lift === null ? undefined : areas.get(keyOf(lift.ref))
    if (area !== undefined) area.lifted ??= act
  },
}

/** All areas of the line, lifted ones among them, in the order of their times. */
export function areasOf(line: LineProjection): readonly AreaView[] {
  return line.charter.parties
    .flatMap(({ party }) =>
      [...foldParty(line, AREAS, party).values()].map(({ act, body, lifted }) => ({
        ref: refOf(act),
        party,
        body,
        atS: act.atS,
        liftedS: lifted?.atS ?? null,
      })),
    )
    .sort((a, b) => a.atS - b.atS || (a.ref.o < b.ref.o ? -1 : a.ref.o > b.ref.o ? 1 : a.ref.i - b.ref.i))
}

/** The areas of other sides that a plan of `party` would enter: each obliges a call before. */
export const areasEntered = (line: LineProjection, party: string, volumes: readonly Volume4D[]): readonly AreaView[] =>
  areasOf(line).filter(
    (area) => area.liftedS === null && area.party !== party && anyVolumesIntersect(volumes, area.body.volumes),
  )
