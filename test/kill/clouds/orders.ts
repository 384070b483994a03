import type { CloudName } from './clouds.ts'

/** What a victim is told when it starts. */
export interface VictimOrders {
  /** Keeps its state from one life to the next. */
  readonly folder: string
  readonly cloud: CloudName
  /** Of the simulator. */
  readonly address: unknown
}

/** How much faster the victim's clock runs, because targets of clouds wait for seconds. */
export const victimSpeed = 5
