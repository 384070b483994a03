import { ModelspineError } from '../errors.ts'
import type { ControlPlaneOptions } from './options.ts'

const longestTimerMs = 2 ** 31 - 1

/** Throws `invalid-options` with the option, its value, and a value that would be right. */
export function checkOptions(options: ControlPlaneOptions): void {
  for (const name of ['leaseMs', 'resyncMs', 'policyTimeoutMs'] as const) {
    const value = options[name]
    if (value === undefined || (value > 0 && value <= longestTimerMs)) continue
    throw invalid(name, value, `a number of milliseconds above 0 and at most ${longestTimerMs}`)
  }
  const { concurrency, metrics } = options
  if (concurrency !== undefined && !(Number.isSafeInteger(concurrency) && concurrency > 0)) {
    throw invalid('concurrency', concurrency, 'a whole number of at least 1')
  }
  if (metrics !== undefined && Object.hasOwn(metrics, 'plane')) {
    throw invalid('metrics.plane', 'a source', 'another name: `plane` is what the plane itself measures')
  }
}

function invalid(option: string, value: unknown, right: string): ModelspineError {
  return new ModelspineError('invalid-options', `${option} is ${String(value)}: give ${right}`, {
    details: { option },
  })
}
