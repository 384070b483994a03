import {
  type ApplyOptions,
  type ApplyResult,
  type DeploymentTarget,
  describeTargetStep,
  isModelspineError,
  type Key,
  ModelspineError,
  type TargetCapabilities,
  type TargetCheck,
  type TargetRefusal,
  type TargetWant,
  targetSteps,
  throwIfAborted,
  wantRefusal,
} from 'modelspine/adapter'
import { wasNotSent } from '../../shared/vendor-reach.ts'
import { createVertexClient } from '../vertex-client.ts'
import { checkModels } from './check-models.ts'
import { destroyNext } from './destroy-endpoint.ts'
import { Mutation, placeOf, readEndpoint, type VertexPlace } from './endpoint-place.ts'
import { createEndpointRequest } from './endpoint-requests.ts'
import { ownedBy } from './fence-labels.ts'
import { listKeys } from './list-keys.ts'
import { nextStep } from './next-step.ts'
import { observed } from './observe-endpoint.ts'
import { createOperations } from './operations.ts'
import { vertexRefusal } from './revision-refusal.ts'
import { targetWords } from './target-errors.ts'
import { targetConfig, type VertexTargetOptions } from './target-options.ts'
import { protocolOf, settingsOf, settingsProblems, type VertexSettings } from './target-settings.ts'

export interface VertexTarget extends DeploymentTarget<VertexSettings> {
  check(key: Key, want: TargetWant, options?: { readonly abortSignal?: AbortSignal }): Promise<TargetCheck>
  close(): Promise<void>
}

/** How often a call is made anew when somebody else has changed the endpoint meanwhile. */
const tries = 4

/** Runs each deployment at an endpoint of Vertex AI, and each revision as a DeployedModel of it. Throws `invalid-options`. */
export function vertexTarget(options: VertexTargetOptions): VertexTarget {
  const config = targetConfig(options)
  const { endpoints: _, dedicatedEndpoints: _d, encryptionKey: _e, network: _n, ...others } = options
  const { labels: _l, maxRevisions: _m, pollMs: _p, clock: _c, ...connection } = others
  const client = createVertexClient(connection, targetWords, config.clock)
  const operations = createOperations(client)
  const capabilities: TargetCapabilities = {
    maxRevisions: config.maxRevisions,
    split: 'percent',
    names: 'deterministic',
    fencing: 'checked',
    attribution: 'reply',
    scaleToZero: false,
    mirror: false,
    // An endpoint and its operations are read as they are. The first of a deployment is made by two changes, and the
    // plane sends the second when the first has not shown the revision for so long.
    listLagMs: 2000,
  }
  const closing = new AbortController()

  function begin(abortSignal: AbortSignal | undefined): void {
    throwIfAborted(abortSignal, 'the call')
    if (closing.signal.aborted) throw new ModelspineError('stopped', 'the target on Vertex was closed')
  }

  const at = (key: Key): VertexPlace => placeOf(key, config, client, operations)
  const refusalOf = (want: TargetWant): TargetRefusal | undefined =>
    wantRefusal(want, capabilities) ?? vertexRefusal(want)

  async function apply(
    place: VertexPlace,
    want: TargetWant,
    call: ApplyOptions,
    mutation: Mutation,
  ): Promise<ApplyResult> {
    const works = await operations.known(place.id, call.handles, call.abortSignal)
    const found = await readEndpoint(place, call.abortSignal)
    // A fence that is too old is told before anything else.
    if (found?.owner?.key === place.key) mutation.fence(found.owner.fence)
    const refusal = refusalOf(want)
    if (refusal !== undefined) return refusal
    if (found === undefined)
      return create(
        place,
        mutation,
        works.some(({ state }) => state === 'running'),
      )
    const live = await mutation.own(found)
    const seen = { live, works, baseUrl: client.baseUrl, revisions: want.revisions }
    const step = nextStep(want, seen, capabilities)
    switch (step.kind) {
      case 'begin':
        return mutation.begin(step.request, step.does, step.revision)
      case 'split':
        return mutation.writeSplit(live, step.split)
      case 'wait':
        return mutation.busy
      default:
        return step
    }
  }

  async function create(
    { key, id, name, isTakenOver }: VertexPlace,
    mutation: Mutation,
    isBusy: boolean,
  ): Promise<ApplyResult> {
    if (isTakenOver) {
      return {
        kind: 'refused',
        reason: 'EndpointMissing',
        message: `${name} is not there: mend the option endpoints for ${key}, or leave it out for an endpoint of its own`,
      }
    }
    if (isBusy) return mutation.busy
    const labels = ownedBy(key, mutation.fence(undefined), config.labels)
    return mutation.begin(
      createEndpointRequest(client.parent, id, { displayName: key, labels, ...config.made }),
      'create',
    )
  }

  return {
    capabilities,
    checkSettings: settingsProblems,
    protocols: (settings) => [protocolOf(settingsOf(settings))],
    plan: (want, seen) =>
      refusalOf(want) ?? {
        kind: 'steps',
        steps: targetSteps(want, seen, capabilities).map(describeTargetStep),
      },

    async check(_key, want, { abortSignal } = {}) {
      begin(abortSignal)
      return refusalOf(want) ?? checkModels(client, want, abortSignal)
    },

    async apply(key, want, call) {
      begin(call.abortSignal)
      return sending(at(key), call, (mutation) => apply(at(key), want, call, mutation))
    },

    async observe(key, { handles, applied = [], abortSignal } = {}) {
      begin(abortSignal)
      const works = await operations.known(at(key).id, handles, abortSignal)
      const found = await readEndpoint(at(key), abortSignal)
      const live = found !== undefined && isVisible(at(key), found.owner?.key) ? found : undefined
      return observed({ live, works, baseUrl: client.baseUrl, revisions: applied })
    },

    async list({ abortSignal } = {}) {
      begin(abortSignal)
      return listKeys(client, abortSignal)
    },

    async destroy(key, call) {
      begin(call.abortSignal)
      return sending(at(key), call, (mutation) => destroyNext(at(key), call, mutation))
    },

    async close() {
      closing.abort()
      await client.close()
    },
  }
}

/** What belongs to another deployment is not observed. What is to be taken over is, before it is. */
function isVisible({ key, isTakenOver }: VertexPlace, owner: Key | undefined): boolean {
  return owner === undefined ? isTakenOver : owner === key
}

/**
 * Repeats a call whose write met a change of somebody else's. Answers `not-sent` when there was no connection before
 * the first write.
 */
async function sending<Result>(
  place: VertexPlace,
  call: Omit<ApplyOptions, 'secret'>,
  send: (mutation: Mutation) => Promise<Result>,
): Promise<Result | Extract<ApplyResult, { kind: 'not-sent' }>> {
  const mutation = new Mutation(place, call)
  for (let left = tries; ; left -= 1) {
    try {
      return await send(mutation)
    } catch (error) {
      if (isModelspineError(error, 'target-unavailable') && wasNotSent(error) && !mutation.hasSent) {
        return { kind: 'not-sent', reason: 'NoConnection', message: error.message }
      }
      if (left <= 1 || !isModelspineError(error, 'conflict')) throw error
    }
  }
}
