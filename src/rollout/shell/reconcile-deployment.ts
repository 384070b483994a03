import type { ApplyResult, DeploymentTarget, ObservedTarget } from '../../deployment-target/contract.ts'
import { isModelspineError, ModelspineError, throwIfAborted } from '../../errors.ts'
import type { Result } from '../../reconcile/result.ts'
import type { DeploymentStatus, LedgerEntry } from '../../resources/deployment/deployment-status.ts'
import type { ModelDeployment } from '../../resources/deployment/model-deployment.ts'
import type { Key } from '../../resources/metadata.ts'
import type { StoredObject } from '../../store/contract.ts'
import { recordOutcome } from '../machine/effect-outcome.ts'
import type { Instruction } from '../machine/machine-types.ts'
import { beginRollback } from '../machine/rollback.ts'
import { candidateOf, initialStatus, knownOf } from '../machine/status-edits.ts'
import { askAndDecide } from './ask-and-decide.ts'
import { commitStatus } from './commit-status.ts'
import { type Fault, faultOf, withFault } from './fault.ts'
import { pollAfterMs } from './poll.ts'
import type { ReconcileContext, ReconcileDeployment, ReconcilerOptions } from './reconciler-options.ts'
import { type Resolved, recordResolved, resolveModel } from './resolve-model.ts'
import { isEnding, ledgerEntry, sendEffect } from './send-effect.ts'

/** Conflicts after which writing an outcome gives up. People do not write more often than this in a row. */
const mostConflicts = 10

/**
 * Reconciles one deployment once: resolve, observe, decide, write the ledger, send, write the outcome. The
 * process may die at any line. The next run starts from the stored status and the observed target.
 */
export function createDeploymentReconciler(options: ReconcilerOptions): ReconcileDeployment {
  return async (key, context) => {
    const stored = await options.store.get('ModelDeployment', key)
    if (stored === null) return { kind: 'done' }
    const run = new Reconcile(options, context, key, stored)
    try {
      const result = await run.reconcile()
      if (result.kind === 'done') options.knownSecrets.forget(key)
      return result
    } catch (error) {
      // Another writer changed the object in between, so the next run decides again.
      if (isModelspineError(error, 'conflict')) return { kind: 'requeue', afterMs: 0 }
      throw error
    }
  }
}

class Reconcile {
  readonly #options: ReconcilerOptions
  readonly #context: ReconcileContext
  readonly #key: Key
  readonly #deployment: ModelDeployment
  readonly #status: DeploymentStatus
  #stored: StoredObject

  constructor(options: ReconcilerOptions, context: ReconcileContext, key: Key, stored: StoredObject) {
    this.#options = options
    this.#context = context
    this.#key = key
    this.#stored = stored
    this.#deployment = stored.resource as ModelDeployment
    this.#status = (stored.status as DeploymentStatus | undefined) ?? initialStatus(options.clock.now())
  }

  async reconcile(): Promise<Result> {
    const { targets } = this.#options
    const name = this.#targetName()
    const target = targets[name]
    const deleting = this.#stored.deletion !== undefined
    const problems = deleting ? [] : this.#options.check(this.#deployment)
    if (target === undefined || problems.length > 0) {
      const message = target === undefined ? `no target is called "${name}"` : problems.join('; ')
      return this.#hindered(new ModelspineError('plan-refused', message))
    }
    const resolved = deleting ? undefined : await this.#resolve()
    let observed: ObservedTarget
    try {
      const shown = await target.observe(this.#key, {
        ...knownOf(this.#status),
        abortSignal: this.#context.abortSignal,
      })
      observed = this.#options.knownSecrets.scrubObserved(this.#key, shown)
    } catch (error) {
      return this.#hindered(this.#options.knownSecrets.scrubError(this.#key, error))
    }
    const { generation } = this.#stored
    const status =
      resolved === undefined
        ? this.#status
        : recordResolved(this.#status, resolved, generation, this.#options.clock.now())
    const instruction = await askAndDecide(
      this.#options,
      { stored: this.#stored, status, resolved, target, observed },
      this.#context.abortSignal,
    )
    // After an abort, a missing answer of a registry or a metric source says nothing. It must not be written
    // down.
    throwIfAborted(this.#context.abortSignal, `reconciling ${this.#key}`)
    const result = await this.#carryOut(instruction, target, observed)
    // A failed look-up is tried again with backoff, although the rest of the run succeeded.
    return resolved?.kind === 'unresolved' && result.kind === 'requeue' && result.afterMs > 0
      ? { kind: 'retry', cause: resolved.cause }
      : result
  }

  #targetName(): string {
    const { rollout, target } = this.#status
    return rollout.phase === 'retargeting' ? rollout.target : (target ?? this.#deployment.spec.target.name)
  }

  #resolve(): Promise<Resolved> {
    const { spec } = this.#deployment
    return resolveModel(
      this.#options.registries[spec.model.registry],
      spec,
      this.#status,
      this.#context.abortSignal,
    )
  }

  /** Writes the ledger, sends the effect and writes the outcome. */
  async #carryOut(
    instruction: Instruction,
    target: DeploymentTarget,
    observed: ObservedTarget,
  ): Promise<Result> {
    const { clock } = this.#options
    const healthy = withFault(instruction.status, undefined, this.#stored.generation, clock.now())
    const { effect } = instruction
    if (effect === undefined) {
      await this.#write(healthy, instruction.events, instruction.finished === true ? [] : undefined)
      if (instruction.finished === true) return { kind: 'done' }
      const { rollout } = healthy
      if (rollout.phase === 'blocked' && rollout.reason === 'PolicyError') {
        return { kind: 'retry', cause: new ModelspineError('policy-error', rollout.message) }
      }
      return this.#again(healthy, instruction.requeueAfterMs)
    }
    const entry = ledgerEntry(effect, this.#status.effect, this.#context.held.fence, clock)
    // The fault of an earlier try is removed only after an answer, so that retries of the same fault write
    // nothing.
    const hindered = { ...instruction.status, effect: entry }
    await this.#write(hindered, instruction.events)
    let result: ApplyResult
    try {
      result = await sendEffect(
        this.#options,
        target,
        { key: this.#key, effect, entry, observed, handles: knownOf(hindered).handles },
        this.#context,
      )
    } catch (error) {
      this.#options.sent(this.#key, effect.kind, 'failed')
      // The target has changed since it was observed.
      if (isModelspineError(error, 'conflict')) return { kind: 'retry', cause: error }
      // Secrets are asked for before anything is sent, so there is no outcome to find out.
      return this.#hindered(error, isOfSecrets(error) ? withoutEffect(hindered) : hindered)
    }
    this.#options.sent(this.#key, effect.kind, result.kind)
    if (result.kind === 'refused') return this.#refused(hindered, result)
    const answered = await this.#writeOutcome(hindered, entry, result)
    return result.kind === 'busy'
      ? { kind: 'requeue', afterMs: result.retryAfterMs }
      : this.#again(answered, instruction.requeueAfterMs === 0 ? null : instruction.requeueAfterMs)
  }

  async #refused(
    status: DeploymentStatus,
    { reason, message }: { readonly reason: string; readonly message: string },
  ): Promise<Result> {
    const settled = withoutEffect(status)
    const now = this.#options.clock.now()
    const candidate = candidateOf(status.rollout)
    if (candidate !== undefined) {
      const transition = beginRollback({ now }, settled, candidate, {
        cause: 'TargetRefused',
        message: `${reason}: ${message}`,
      })
      await this.#write(transition.status, transition.events)
      return { kind: 'requeue', afterMs: 0 }
    }
    return this.#hindered(new ModelspineError('target-refused', `${reason}: ${message}`), settled)
  }

  /** Writes the fault as a condition. The result says whether trying again may help. */
  async #hindered(error: unknown, status: DeploymentStatus = this.#status): Promise<Result> {
    // The loop was told to end or soon will be, which is not the deployment's fault. It is a fault when the
    // target knows a newer fence than the store does. When this process's fence is old, the store refuses the
    // write below.
    const { abortSignal, held } = this.#context
    if (abortSignal.aborted || isEnding(held) || isModelspineError(error, 'aborted')) {
      return { kind: 'retry', cause: error }
    }
    const fault: Fault = faultOf(error)
    this.#options.logger.warn({ key: this.#key, ...fault }, 'a reconcile was hindered')
    await this.#write(withFault(status, fault, this.#stored.generation, this.#options.clock.now()), [])
    // A missing secret may be added later without any change of the deployment, so a retry may help.
    const terminal = isModelspineError(error) && !error.retryable && !isOfSecrets(error)
    return terminal ? { kind: 'terminal', cause: error } : { kind: 'retry', cause: error }
  }

  /**
   * Writes the outcome even when another writer changed the object in between, because an answer must not be
   * lost.
   */
  async #writeOutcome(
    status: DeploymentStatus,
    entry: LedgerEntry,
    result: Exclude<ApplyResult, { kind: 'refused' }>,
  ): Promise<DeploymentStatus> {
    const { clock, store } = this.#options
    for (let known = status, tries = 0; ; tries += 1) {
      const answered = withFault(
        recordOutcome(known, entry, result),
        undefined,
        this.#stored.generation,
        clock.now(),
      )
      try {
        await this.#write(answered, [])
        return answered
      } catch (error) {
        if (!isModelspineError(error, 'conflict') || tries === mostConflicts) throw error
        const fresh = await store.get('ModelDeployment', this.#key)
        if (fresh === null || fresh.uid !== this.#stored.uid) return answered
        this.#stored = fresh
        known = fresh.status as DeploymentStatus
      }
    }
  }

  #again(status: DeploymentStatus, afterMs: number | null): Result {
    const poll = pollAfterMs(status, this.#options.resyncMs, this.#options.clock)
    return { kind: 'requeue', afterMs: afterMs === null ? poll : Math.min(afterMs, poll) }
  }

  async #write(
    status: DeploymentStatus,
    events: Instruction['events'],
    finalizers?: readonly string[],
  ): Promise<void> {
    const written = await commitStatus(this.#options, this.#stored, status, events, {
      held: this.#context.held,
      ...(finalizers !== undefined && { finalizers }),
    })
    if (written !== null) this.#stored = written
  }
}

function isOfSecrets(error: unknown): boolean {
  return isModelspineError(error, 'secret-not-found') || isModelspineError(error, 'secret-unavailable')
}

function withoutEffect({ effect: _, ...rest }: DeploymentStatus): DeploymentStatus {
  return rest
}
