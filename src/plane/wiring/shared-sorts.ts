import type { Clock } from '../../clock.ts'
import { signalCells } from '../../feedback/signal-windows.ts'
import { requestCells } from '../../telemetry/request-metrics.ts'
import { SharedCounts } from '../../windows/shared-counts.ts'
import { SteadyTime } from '../../windows/steady-time.ts'
import type { ControlPlaneOptions } from '../options.ts'

/** What the processes of one store tell each other. The names are those of their messages. */
export interface SharedSorts {
  readonly requests: SharedCounts
  readonly signals: SharedCounts
}

const dayMs = 86_400_000
const maxBytes = 256 * 1024 * 1024

/** Whether the plane tells other processes what it measured, and judges by what they tell. */
export function sharesMeasurements({ shareMeasurements, store }: ControlPlaneOptions): boolean {
  return shareMeasurements ?? (store?.capabilities.shared === true && store.measurements !== undefined)
}

export function createSharedSorts(clock: Clock, signalsKeepMs: number = dayMs): SharedSorts {
  const bounds = { startedAtMs: clock.now(), time: new SteadyTime(clock), maxBytes }
  return {
    requests: new SharedCounts({ ...bounds, ...requestCells, keepMs: dayMs }),
    signals: new SharedCounts({ ...bounds, ...signalCells, keepMs: signalsKeepMs }),
  }
}
