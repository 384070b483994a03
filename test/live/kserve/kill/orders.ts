import type { KserveTargetOptions } from 'modelspine/adapters/kserve'

/** What a victim is told when it starts. */
export interface VictimOrders {
  /** Keeps its state from one life to the next. */
  readonly folder: string
  /** Of the Kubernetes API. */
  readonly url: string
  readonly token: string
  readonly namespace: string
  readonly mode: KserveTargetOptions['mode']
}
