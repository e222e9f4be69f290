export { type FaultProxy, type FaultProxyOptions, type Faults, openFaultProxy } from './line/fault-proxy.ts'
export {
  type HttpFaultProxy,
  openHttpFaultProxy,
  type PassingRequest,
  type RequestFate,
} from './line/http-fault-proxy.ts'
export { type LineScenario, loadLineScenario } from './line/line-scenario.ts'
export { type LinePlay, type LinePlayer, playLine } from './line/play-line.ts'
export { type Saying, sayingOf } from './line/saying.ts'
export { type Seat, type SeatOptions, seatTable, tellAddresses } from './line/seat-table.ts'
export { type SimulatedSide, simulatedSide } from './line/simulated-side.ts'
export { checkLinearizable, type Effect, type Operation, type Verdict, type Version } from './linearizability.ts'
export { listScenarios, loadScenario } from './load-scenario.ts'
export {
  type BeatReport,
  type BeatStatus,
  type Play,
  type PlayEvent,
  type PlayOptions,
  playScenario,
} from './play-scenario.ts'
export { readScenario } from './read-scenario.ts'
export { type Flight, type PlayableScenario, rebase, type ScenarioDocument, scenarioDocument } from './rebase.ts'
export type { Scenario } from './scenario.ts'
export { ScenarioError, type ScenarioErrorCode } from './scenario-error.ts'
export { simulatedId } from './simulated-id.ts'
export { type PlanRequest, SimulatedUss, type SimulatedUssOptions, type WriteOutcome } from './simulated-uss.ts'
