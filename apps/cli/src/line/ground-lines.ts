import type { LineFlights } from '@parley/contracts'
import type { ActRef } from '@parley/record'
import { lasting, safe } from './show.ts'

/** An area as the node tells it. */
export interface Area {
  readonly ref: ActRef
  readonly party: string
  readonly liftedS: number | null
  readonly body: { readonly id: string; readonly title: string; readonly callBeforeS: number }
}

/** A line on the ground as the node tells it. */
export interface Border {
  readonly body: {
    readonly id: string
    readonly version: number
    readonly title: string
    readonly left: string
    readonly right: string
    readonly toleranceM: number
  }
  readonly agreed: readonly { readonly party: string; readonly ref: ActRef }[]
  readonly inForce: boolean
  readonly superseded: boolean
}

/** Areas that stand and lines that were said, as `parley line flights` shows them. */
export function groundLines({ areas, borders }: Pick<LineFlights, 'areas' | 'borders'>): string[] {
  return [
    ...(areas as unknown as readonly Area[])
      .filter(({ liftedS }) => liftedS === null)
      .map(
        ({ party, body }) =>
          `area ${body.id} of ${party}: ${safe(body.title)}, call ${lasting(body.callBeforeS)} before entry`,
      ),
    ...(borders as unknown as readonly Border[])
      .filter(({ superseded }) => !superseded)
      .map(
        ({ body, agreed, inForce }) =>
          `line ${body.id} version ${body.version}: ${safe(body.title)}, left ${body.left}, right ${body.right}, ` +
          (inForce ? 'in force' : `agreed by ${agreed.map(({ party }) => party).join(', ')} only`),
      ),
  ]
}
