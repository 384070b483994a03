import { isModelspineError, throwIfAborted } from '../../errors.ts'
import { wasFull } from '../gates/was-full.ts'
import type { Instruction } from '../machine/machine-types.ts'
import { askAndDecide } from './ask-and-decide.ts'
import type { DeploymentRun } from './deployment-run.ts'
import { pinOf } from './resolve-model.ts'

/** A call that takes longer than this is slow: the run looks after the deployment meanwhile. */
const patienceMs = 50

/** When to ask a metric source again that was full. */
const fullMs = 1000

/** The longest time between two looks at the status while a call is waited for. */
const longestMs = 10_000

/**
 * Waits for a call to the outside. While the call takes its time, the safety moves that become due are made,
 * by the last known state: a hanging target, registry or metric source keeps no bad revision in traffic.
 */
export function keepingSafe<Answer>(run: DeploymentRun, call: Promise<Answer>): Promise<Answer> {
  return waitFor(run, call, () => keepSafe(run))
}

/**
 * Waits for an effect that was sent, in the same way. Its answer must not be lost, so the wait goes on although
 * another spec was declared or the deployment was deleted.
 */
export function waitingOn<Answer>(run: DeploymentRun, sent: Promise<Answer>): Promise<Answer> {
  return waitFor(run, sent, () =>
    keepSafe(run).catch((error: unknown) => {
      throwIfAborted(run.context.abortSignal, `reconciling ${run.key}`)
      run.options.logger.warn({ key: run.key, cause: error }, 'a deployment could not be kept safe meanwhile')
      return longestMs
    }),
  )
}

/** Waits for the call. Does `meanwhile` again and again, each time after the milliseconds that it gave. */
async function waitFor<Answer>(
  run: DeploymentRun,
  call: Promise<Answer>,
  meanwhile: () => Promise<number>,
): Promise<Answer> {
  for (let waitMs = patienceMs; !(await settlesWithin(run, waitMs, call)); ) {
    throwIfAborted(run.context.abortSignal, `reconciling ${run.key}`)
    waitMs = await meanwhile()
  }
  return call
}

/** Makes the safety move that is due, if any. Returns the milliseconds until the next may be due. */
async function keepSafe(run: DeploymentRun): Promise<number> {
  await run.reread()
  const { stored, status, deployment, options, context } = run
  if (stored.deletion !== undefined) return longestMs
  const desired = pinOf(deployment.spec, status)
  const sight = { stored, status, observed: undefined, ...(desired !== undefined && { desired }) }
  // Nothing waits in a line here, because the call that the run waits for may end meanwhile.
  const atOnce = { ...options, metrics: options.metricsAtOnce ?? options.metrics }
  let instruction: Instruction
  try {
    instruction = (await askAndDecide(atOnce, sight, context.abortSignal)).instruction
  } catch (error) {
    if (wasFull(error)) return fullMs
    throw error
  }
  // What was not answered because of an abort says nothing about the rollout.
  throwIfAborted(context.abortSignal, `reconciling ${run.key}`)
  if (instruction.urgent === true) {
    try {
      await run.write(instruction.status, instruction.events, { urgent: true })
    } catch (error) {
      if (!isModelspineError(error, 'conflict')) throw error
    }
    // The next move of the same kind may be due at once: traffic returns after the rollback began.
    return patienceMs
  }
  return Math.min(longestMs, Math.max(patienceMs, instruction.requeueAfterMs || longestMs))
}

/** Whether the call settles in this time. Ends early, with false, when the run is told to end. */
function settlesWithin(
  { options: { clock }, context: { abortSignal } }: DeploymentRun,
  ms: number,
  call: Promise<unknown>,
): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = clock.schedule(ms, () => end(false))
    const stop = (): void => end(false)
    const end = (settled: boolean): void => {
      timer.cancel()
      abortSignal.removeEventListener('abort', stop)
      resolve(settled)
    }
    const mark = (): void => end(true)
    call.then(mark, mark)
    if (abortSignal.aborted) stop()
    else abortSignal.addEventListener('abort', stop, { once: true })
  })
}
