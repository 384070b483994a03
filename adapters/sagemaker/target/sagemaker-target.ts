import {
  type ApplyResult,
  type DeploymentTarget,
  describeTargetStep,
  isModelspineError,
  type Key,
  ModelspineError,
  type ObservedTarget,
  type TargetCapabilities,
  type TargetRefusal,
  type TargetWant,
  targetSteps,
  throwIfAborted,
  wantRefusal,
} from 'modelspine/adapter'
import { wasNotSent } from '../../shared/vendor-reach.ts'
import { createSagemakerClient } from '../sagemaker-client.ts'
import { sagemakerProtocol } from '../sagemaker-protocol.ts'
import { applyNext, waitMs } from './apply-endpoint.ts'
import { destroyNext, keysIn } from './destroy-endpoint.ts'
import { checkOwner } from './endpoint-tags.ts'
import { applyGuarded } from './guarded/apply-guarded.ts'
import { guardedRefusal } from './guarded/guarded-refusal.ts'
import { observeGuarded } from './guarded/observe-guarded.ts'
import { type BareRevision, bareRevisions } from './leftovers.ts'
import { isInFlight, type LiveEndpoint } from './live-endpoint.ts'
import { mostVariants } from './next-step.ts'
import { bareOf, revisionsOf } from './observe-endpoint.ts'
import { operationsOf } from './operations.ts'
import { sagemakerRefusal } from './revision-refusal.ts'
import { type EndpointPlace, placeOf, readEndpoint, readTags } from './target-calls.ts'
import { passes, targetCodes } from './target-errors.ts'
import { checkTargetOptions, type SagemakerTargetOptions } from './target-options.ts'
import { type SagemakerSettings, settingsProblems } from './target-settings.ts'

export interface SagemakerTarget extends DeploymentTarget<SagemakerSettings> {
  protocols(): readonly string[]
  standDown(): Promise<void>
  close(): Promise<void>
}

const ownShifts: TargetCapabilities = {
  maxRevisions: mostVariants,
  split: 'ratio',
  names: 'deterministic',
  // A tag cannot be compared and written as one.
  fencing: 'none',
  attribution: 'address',
  scaleToZero: false,
  scale: 'reported',
  mirror: false,
  // AWS says that reads may be stale, and not how long. What is sent again meanwhile makes nothing twice.
  listLagMs: 5000,
}

/** Where SageMaker shifts, nobody knows which of two revisions of one name answers. */
const guardedShifts: TargetCapabilities = { ...ownShifts, maxRevisions: 2, attribution: 'none' }

/**
 * Runs each deployment as an endpoint of Amazon SageMaker, whose variants are its revisions. One target is one region of
 * one account. Connects nothing before the first call. Throws `invalid-options`.
 */
export function sagemakerTarget(options: SagemakerTargetOptions): SagemakerTarget {
  const { config, connection } = checkTargetOptions(options)
  const { guardrails } = config
  const capabilities = guardrails === undefined ? ownShifts : guardedShifts
  const client = createSagemakerClient(connection, targetCodes, config.clock)
  /** The config with which a deployment was seen to have nothing left over, to look for that only once. */
  const clean = new Map<Key, string>()
  /** The keys of what was listed last. */
  const owners = new Map<string, Key>()
  let isClosed = false

  function begin(abortSignal: AbortSignal | undefined): void {
    throwIfAborted(abortSignal, 'the call')
    if (isClosed) throw new ModelspineError('stopped', 'the target on SageMaker was closed')
  }

  const place = (key: Key, abortSignal: AbortSignal | undefined): EndpointPlace =>
    placeOf(key, config, client, abortSignal)

  const refusalOf = (want: TargetWant): TargetRefusal | undefined =>
    wantRefusal(want, capabilities) ??
    sagemakerRefusal(want, config) ??
    (guardrails && guardedRefusal(want, guardrails, config))

  /** The revisions that serve nothing, and whose models have to be removed. */
  async function bare(at: EndpointPlace, live: LiveEndpoint | undefined): Promise<readonly BareRevision[]> {
    if (live !== undefined && (isInFlight(live) || clean.get(at.key) === live.config)) return []
    const found = await bareRevisions(at, live)
    if (live !== undefined && found.length === 0) clean.set(at.key, live.config)
    return found
  }

  async function changing<Result>(
    key: Key,
    change: () => Promise<Result>,
  ): Promise<Result | Extract<ApplyResult, { kind: 'busy' | 'not-sent' }>> {
    clean.delete(key)
    try {
      return await change()
    } catch (error) {
      if (passes(error)) return { kind: 'busy', retryAfterMs: waitMs }
      if (isModelspineError(error, 'target-unavailable') && wasNotSent(error)) {
        return { kind: 'not-sent', reason: 'NoConnection', message: error.message }
      }
      throw error
    }
  }

  return {
    capabilities,
    checkSettings: settingsProblems,
    protocols: () => [sagemakerProtocol],
    plan: (want, observed) =>
      refusalOf(want) ?? {
        kind: 'steps',
        steps: targetSteps(want, observed, capabilities).map(describeTargetStep),
      },

    async apply(key, want, call) {
      begin(call.abortSignal)
      const refusal = refusalOf(want)
      if (refusal !== undefined) return refusal
      const next = guardrails === undefined ? applyNext : applyGuarded
      return changing(key, () => next(place(key, call.abortSignal), want, call))
    },

    async observe(key, known = {}): Promise<ObservedTarget> {
      begin(known.abortSignal)
      const at = place(key, known.abortSignal)
      const live = await readEndpoint(at)
      if (live !== undefined && !at.names.isConfig(live.config))
        checkOwner(at, live, await readTags(at, live.arn))
      const operations = operationsOf(known.handles ?? [], live)
      const failed = operations.find(({ state }) => state === 'failed')?.reason
      if (live !== undefined && guardrails !== undefined) {
        return { revisions: await observeGuarded(at, live, known, failed), operations }
      }
      const running = live === undefined ? [] : revisionsOf(at.names.endpoint, live, known)
      return {
        revisions: [...running, ...bareOf(await bare(at, live), live, failed, known)],
        operations,
      }
    },

    async list({ abortSignal } = {}) {
      begin(abortSignal)
      const adopted = [...config.adopt.keys()].map((key) => place(key, abortSignal))
      return keysIn({ client, config, abortSignal }, adopted, owners)
    },

    async destroy(key, call) {
      begin(call.abortSignal)
      return changing(key, () => destroyNext(place(key, call.abortSignal), call))
    },

    async standDown() {
      clean.clear()
      owners.clear()
    },

    async close() {
      isClosed = true
      await client.close()
    },
  }
}
