import { type AirspaceState, footprintOf } from '@parley/airspace'
import { CellIndex, type Volume4D, VolumeIndex } from '@parley/geo4d'

/**
 * Finds the OVNs that a plan must show: of everything it meets among the plans of a row and in a store that was there before. Plans
 * that may be written at the same time are put in before the first of them asks: knowing too much is no fault.
 */
export class KeyFinder {
  readonly #exact: boolean
  readonly #store: AirspaceState | null
  readonly #cells = new CellIndex()
  readonly #volumes = new VolumeIndex()
  readonly #ovns: string[] = []
  readonly #footprints = new Map<number, ReturnType<typeof footprintOf>>()
  readonly #slots: number[] = []

  constructor(options: { readonly exact: boolean; readonly store: AirspaceState | null }) {
    this.#exact = options.exact
    this.#store = options.store
    options.store?.prepareFor({ exact: options.exact })
  }

  add(index: number, plan: readonly Volume4D[], ovn: string): void {
    this.#ovns[index] = ovn
    if (this.#exact) {
      this.#volumes.insert(index, plan)
      return
    }
    const footprint = footprintOf(plan)
    this.#footprints.set(index, footprint)
    this.#cells.insert(index, footprint)
  }

  /** Forgets a plan that another has replaced, or that was never sent. */
  remove(index: number): void {
    if (this.#exact) this.#volumes.remove(index)
    else this.#cells.remove(index)
    this.#footprints.delete(index)
  }

  /** The key of a plan put in before; to be asked once for each. */
  keyOf(index: number, plan: readonly Volume4D[]): string[] {
    const slots = this.#slots
    slots.length = 0
    let key: string[]
    if (this.#exact) {
      this.#volumes.query(plan, slots, { skipSlot: index })
      key = slots.map((slot) => this.#ovns[slot]!)
    } else {
      const footprint = this.#footprints.get(index)!
      this.#cells.query(footprint, slots, { skipSlot: index })
      key = slots.map((slot) => this.#ovns[slot]!)
    }
    const store = this.#store
    if (store !== null) {
      slots.length = 0
      if (this.#exact) store.intentVolumes.query(plan, slots)
      else store.intentCells.query(this.#footprints.get(index)!, slots)
      for (const slot of slots) key.push(store.intentOvn(slot))
    }
    this.#footprints.delete(index)
    return key
  }
}
