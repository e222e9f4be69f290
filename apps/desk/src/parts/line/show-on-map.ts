import { type LookTarget, lookAt } from '../../look-at.ts'
import { view, workspace } from '../../view-state.ts'

/** Brings the map to the front, looking at this. */
export function showOnMap(target: LookTarget): void {
  workspace.value = 'sky'
  view.value = 'map'
  lookAt.value = target
}
