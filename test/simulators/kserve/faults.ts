import type { Predictor } from './inference-service.ts'

/** What becomes of a model server that is started. */
export type Fate = 'loads' | 'never-ready' | 'fails-to-load'

/** What goes wrong with one service. All of it can be changed while the simulator runs. */
export interface Faults {
  /** Asked once for each model server, when it is started. Default: all load. */
  readonly fate?: (predictor: Predictor) => Fate
  /** The newest server is ready and unready in turn, each for so long. */
  readonly flapEveryMs?: number
  /** The status is right, and says for so long that it is about the workload's generation before. */
  readonly generationLagMs?: number
  /** Every status is written so much later. */
  readonly statusLateMs?: number
  /** After a second canary in a row, `previousRolledoutRevision` names the canary before: kserve#2130. */
  readonly wrongPrevious?: boolean
  /** No server runs, as after a time without requests. The next request starts them. */
  readonly scaledToZero?: boolean
}
