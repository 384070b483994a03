import { isModelspineError } from '../../errors.ts'
import type { Result } from '../../reconcile/result.ts'
import type { DeploymentRun } from './deployment-run.ts'
import { type Fault, faultOf, withFault } from './fault.ts'
import { isEnding, isOfSecrets } from './send-effect.ts'

/**
 * Writes the fault as a condition. The result says whether trying again may help. `nextMs` is when the machine
 * wants to look again although the fault may last.
 */
export async function hindered(run: DeploymentRun, error: unknown, nextMs: number | null): Promise<Result> {
  // The loop was told to end or soon will be, which is not the deployment's fault. It is a fault when the
  // target knows a newer fence than the store does. When this process's fence is old, the store refuses the
  // write below.
  const { abortSignal, held } = run.context
  if (abortSignal.aborted || isEnding(held) || isModelspineError(error, 'aborted')) {
    return { kind: 'retry', cause: error }
  }
  const fault: Fault = faultOf(error)
  run.options.logger.warn({ key: run.key, ...fault }, 'a reconcile was hindered')
  await run.write(withFault(run.status, fault, run.stored.generation, run.now), [])
  return afterFault(run, error, nextMs)
}

/**
 * Whether trying again may help. A missing secret may be added later without any change of the deployment. A
 * fault that lasts does not keep the machine from looking again when a safety move may be due.
 */
export function afterFault(run: DeploymentRun, error: unknown, nextMs: number | null): Result {
  const terminal = isModelspineError(error) && !error.retryable && !isOfSecrets(error)
  if (!terminal) return { kind: 'retry', cause: error, ...(nextMs !== null && { atMostMs: nextMs }) }
  return nextMs === null
    ? { kind: 'terminal', cause: error }
    : { kind: 'requeue', afterMs: Math.min(nextMs, run.options.resyncMs), cause: error }
}
