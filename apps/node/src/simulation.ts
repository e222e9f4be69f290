/** Whether what this node holds is simulated, and the scenario that is being played, if any. */
export interface Simulation {
  readonly simulated: boolean
  readonly scenario: { readonly name: string; readonly title: string; readonly notice: string } | null
  /** The scenario document with its times as played, for the desk; null when none is played. */
  readonly document: Readonly<Record<string, unknown>> | null
}

export const NO_SCENARIO: Omit<Simulation, 'simulated'> = { scenario: null, document: null }
