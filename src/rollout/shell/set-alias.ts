import { isModelspineError, ModelspineError } from '../../errors.ts'
import type { ModelRegistry } from '../../registry/contract.ts'
import type { PromotedAlias } from '../../resources/deployment/deployment-status.ts'
import { type AliasAnswer, aliasAnswered, isSame } from '../machine/effects/promoted-alias.ts'
import type { DeploymentRun } from './deployment-run.ts'
import { faultOf } from './fault.ts'
import { waitingOn } from './keep-safe.ts'
import type { Lookups } from './lookups.ts'
import { isEnding } from './send-effect.ts'
import { writeAnswer } from './write-answer.ts'

/** How the retries of one alias are told from those of another. */
export function aliasName({ alias, revision }: PromotedAlias): string {
  return `${alias} ${revision}`
}

/**
 * Points the alias to the version, unless it does already, and writes the answer. The call is written down before,
 * with what the alias pointed to. So after a lost answer, a call that never arrived is told from an alias that
 * somebody moved since. Gives false when nothing was sent, because the lease is about to end.
 */
export async function setAlias(run: DeploymentRun, alias: PromotedAlias, retries: Lookups): Promise<boolean> {
  const { options, context } = run
  const { abortSignal, held } = context
  const registry = options.registries[alias.registry]
  const points = await answerOf(run, alias, retries, versionOf(registry, alias, abortSignal))
  if (points === undefined) return true
  const { version } = points
  if (version === alias.version) return end(run, alias, { kind: 'set' }, retries)
  if (alias.call !== undefined && version !== alias.call.from)
    return end(run, alias, { kind: 'moved' }, retries)
  const { alias: known } = run.status
  if (known === undefined || !isSame(known, alias)) return true
  await run.write({ ...run.status, alias: { ...known, call: { fence: held.fence, from: version } } }, [])
  if (isEnding(held)) return false
  const done = await answerOf(run, alias, retries, send(registry, alias, version, abortSignal))
  options.sent(run.key, 'set-alias', done === undefined ? 'failed' : 'accepted')
  return done === undefined ? true : end(run, alias, { kind: 'set' }, retries)
}

/** The version that the alias points to now. */
async function versionOf(
  registry: ModelRegistry | undefined,
  { registry: name, model, alias }: PromotedAlias,
  abortSignal: AbortSignal,
): Promise<{ readonly version: string | null }> {
  if (registry?.setAlias === undefined) {
    const why = registry === undefined ? 'is not a registry of this plane' : 'cannot set aliases'
    throw new ModelspineError('plan-refused', `"${name}" ${why}`)
  }
  try {
    return await registry.resolve({ registry: name, name: model, alias }, { abortSignal })
  } catch (error) {
    if (isModelspineError(error, 'model-not-found')) return { version: null }
    throw error
  }
}

/** With what it was seen to point to, so that nobody is overruled where the registry can compare. */
async function send(
  registry: ModelRegistry | undefined,
  { model, alias, version }: PromotedAlias,
  expect: string | null,
  abortSignal: AbortSignal,
): Promise<true> {
  await registry?.setAlias?.(model, alias, version, { expect, abortSignal })
  return true
}

/** The answer of the registry. Undefined when it failed: then that is written, and it is asked again later. */
async function answerOf<Answer extends object | true>(
  run: DeploymentRun,
  alias: PromotedAlias,
  retries: Lookups,
  call: Promise<Answer>,
): Promise<Answer | undefined> {
  try {
    return await waitingOn(run, call)
  } catch (error) {
    // What was not answered because of an abort says nothing. The next leader finds the call.
    if (run.context.abortSignal.aborted) throw error
    retries.failed(run.key, aliasName(alias), error)
    run.options.logger.warn({ key: run.key, ...faultOf(error) }, `alias ${alias.alias} could not be set`)
    const untouched = isModelspineError(error, 'conflict')
    await answered(run, alias, { kind: 'failed', ...faultOf(error), untouched })
    return undefined
  }
}

async function end(
  run: DeploymentRun,
  alias: PromotedAlias,
  answer: AliasAnswer,
  retries: Lookups,
): Promise<true> {
  retries.forget(run.key)
  await answered(run, alias, answer)
  return true
}

async function answered(run: DeploymentRun, alias: PromotedAlias, answer: AliasAnswer): Promise<void> {
  await writeAnswer(run, (status) => aliasAnswered(status, alias, answer, run.now))
}
