import { footprintOf } from '@parley/airspace'
import { CellIndex, type Volume4D } from '@parley/geo4d'
import { degrees, epochMs, metresHae } from '@parley/units'
import { WrongAnswer } from '../load/check.ts'
import { uuidV4 } from '../load/ids.ts'
import { getJson, putJson, type Supplier, type Target } from '../load/target.ts'
import { subscriptionBody } from '../load/wire.ts'
import { METROS } from '../strategic/metros.ts'

const PER_METRO = 5
const HALF_SIDE_M = 20_000
const METRES_PER_DEGREE = 111_320
const DAY_MS = 86_400_000
/** The service looks at its clock a little after we do, and a day is the most it allows. */
const MARGIN_MS = 60_000

interface Subscription {
  readonly id: string
  readonly supplier: Supplier
  readonly extents: Volume4D
}

/** Subscriptions over every metropolitan area, several suppliers' on one another, and how often each should have been notified. */
export class SubscriptionBook {
  readonly subscriptions: readonly Subscription[]
  readonly #cells = new CellIndex()
  readonly #found: number[] = []

  constructor(suppliers: readonly Supplier[]) {
    const startMs = Date.now()
    this.subscriptions = METROS.flatMap(({ latDeg, lngDeg }) =>
      Array.from({ length: PER_METRO }, (_, at) => {
        const north = HALF_SIDE_M / METRES_PER_DEGREE
        const east = HALF_SIDE_M / (METRES_PER_DEGREE * Math.cos((latDeg * Math.PI) / 180))
        const corner = (up: number, right: number) => ({
          latDeg: degrees(latDeg + up * north),
          lngDeg: degrees(lngDeg + right * east),
        })
        return {
          id: uuidV4(),
          supplier: suppliers[at % suppliers.length]!,
          extents: {
            outline: { kind: 'polygon', vertices: [corner(-1, -1), corner(-1, 1), corner(1, 1), corner(1, -1)] },
            altitudeLowerM: metresHae(-100),
            altitudeUpperM: metresHae(3000),
            startMs: epochMs(startMs),
            endMs: epochMs(startMs + DAY_MS - MARGIN_MS),
          },
        }
      }),
    )
    for (const [slot, { extents }] of this.subscriptions.entries())
      this.#cells.insert(slot, anyHeight(footprintOf([extents])))
  }

  async register(target: Target): Promise<void> {
    for (const { id, supplier, extents } of this.subscriptions)
      await putJson(target, `/dss/v1/subscriptions/${id}`, {
        supplier,
        body: subscriptionBody(extents, supplier.baseUrl),
      })
  }

  /** Positions in `subscriptions` of those that a plan concerns; the array is used again. */
  matches(plan: readonly Volume4D[]): readonly number[] {
    this.#found.length = 0
    this.#cells.query(anyHeight(footprintOf(plan)), this.#found)
    return this.#found
  }

  /** The sum of all notification indices at the service. @throws {WrongAnswer} unless it is what the writes should have made it */
  async check(target: Target, expected: number): Promise<void> {
    let sum = 0
    for (const { id, supplier } of this.subscriptions) {
      const answer = (await getJson(target, `/dss/v1/subscriptions/${id}`, supplier)) as {
        subscription: { notification_index: number }
      }
      sum += answer.subscription.notification_index
    }
    if (sum !== expected)
      throw new WrongAnswer(`the writes concern subscriptions ${expected} times and were counted ${sum} times`)
  }
}

function anyHeight(footprint: ReturnType<typeof footprintOf>): Parameters<CellIndex['insert']>[1] {
  return { ...footprint, altitudeLowerM: Number.NEGATIVE_INFINITY, altitudeUpperM: Number.POSITIVE_INFINITY }
}
