import { isModelspineError, ModelspineError } from '../../errors.ts'
import type { ModelRegistry } from '../../registry/contract.ts'
import type { DeploymentStatus, PromotedAlias } from '../../resources/deployment/deployment-status.ts'
import { type AliasFailure, aliasFailed, aliasSet } from '../machine/effects/promoted-alias.ts'
import type { RolloutEvent } from '../machine/machine-types.ts'
import type { DeploymentRun } from './deployment-run.ts'
import { faultOf } from './fault.ts'
import { waitingOn } from './keep-safe.ts'
import { writeAnswer } from './write-answer.ts'

/**
 * Points the alias to the version, and writes the answer. The call is written down before, and setting an alias
 * twice is the same as once, so a lost answer is asked for again. A failure holds up nothing else.
 */
export async function setAlias(run: DeploymentRun, alias: PromotedAlias): Promise<DeploymentStatus> {
  const { options, key, context } = run
  let failure: AliasFailure | undefined
  try {
    await waitingOn(run, send(options.registries[alias.registry], alias, context.abortSignal))
  } catch (error) {
    // What was not answered because of an abort says nothing. The next leader sends it again.
    if (context.abortSignal.aborted) throw error
    options.logger.warn({ key, alias: alias.alias, ...faultOf(error) }, 'an alias could not be set')
    failure = failureOf(error)
  }
  return writeAnswer(run, (status) => edited(status, alias, failure, run.now))
}

async function send(
  registry: ModelRegistry | undefined,
  { alias, model, version, registry: name }: PromotedAlias,
  abortSignal: AbortSignal,
): Promise<void> {
  if (registry?.setAlias === undefined) {
    const why = registry === undefined ? 'is not a registry of this plane' : 'cannot set aliases'
    throw new ModelspineError('plan-refused', `"${name}" ${why}`)
  }
  await registry.setAlias(model, alias, version, { abortSignal })
}

function failureOf(error: unknown): AliasFailure {
  const known = isModelspineError(error) ? error : undefined
  return {
    ...faultOf(error),
    retryable: known?.retryable ?? true,
    retryAfterMs: known?.retryAfterMs,
  }
}

/** Another alias may be wanted by now. Then the answer says nothing about it. */
function edited(
  status: DeploymentStatus,
  { revision, alias: name }: PromotedAlias,
  failure: AliasFailure | undefined,
  nowMs: number,
): { readonly status: DeploymentStatus; readonly events: readonly RolloutEvent[] } {
  const { alias } = status
  if (alias?.revision !== revision || alias.alias !== name) return { status, events: [] }
  if (failure === undefined) return aliasSet(status, alias, nowMs)
  return { status: aliasFailed(status, alias, failure, nowMs), events: [] }
}
