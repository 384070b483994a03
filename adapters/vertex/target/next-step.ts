import {
  type Split,
  type TargetCapabilities,
  type TargetRefusal,
  type TargetStep,
  type TargetWant,
  targetSteps,
} from 'modelspine/adapter'
import type { VendorRequest } from '../../shared/vendor-client.ts'
import { deployRequest, scaleRequest, type TrafficSplit, undeployRequest } from './endpoint-requests.ts'
import type { VertexEndpoint } from './live-endpoint.ts'
import { observed, type SeenEndpoint } from './observe-endpoint.ts'
import type { Work } from './operations.ts'
import { refused } from './revision-refusal.ts'
import { deployedModelIdOf } from './target-names.ts'

export type VertexStep =
  /** Begins an operation. One at a time runs at an endpoint. */
  | {
      readonly kind: 'begin'
      readonly does: Work['does']
      readonly revision: string
      readonly request: VendorRequest
    }
  /** At once, also beside an operation. */
  | { readonly kind: 'split'; readonly split: TrafficSplit }
  | { readonly kind: 'wait' }
  | { readonly kind: 'unchanged' }
  | TargetRefusal

/** What comes next at an endpoint that is there. Pure. */
export function nextStep(
  want: TargetWant,
  seen: SeenEndpoint & { readonly live: VertexEndpoint },
  capabilities: TargetCapabilities,
): VertexStep {
  const { live, works } = seen
  const taken = want.revisions.find(({ name }) =>
    live.models.some(({ id, isOurs }) => id === deployedModelIdOf(name) && !isOurs),
  )
  if (taken !== undefined) {
    return refused(
      'DeployedModelIdTaken',
      `${live.name} has a deployed model ${deployedModelIdOf(taken.name)} that is not revision ${taken.name}: undeploy it`,
    )
  }
  const steps = targetSteps(want, observed(seen), capabilities)
  if (steps.length === 0) return { kind: 'unchanged' }
  // Traffic goes before all that takes minutes: it may have to leave a revision that fails.
  const split = steps.some(({ kind }) => kind === 'split') ? splitOf(want.split, live) : undefined
  const [step] = steps
  const isBusy = works.some(({ state }) => state === 'running')
  if (split !== undefined && (isBusy || step?.kind === 'split')) return { kind: 'split', split }
  if (isBusy || step === undefined) return { kind: 'wait' }
  return stepAt(step, want, live)
}

function stepAt(step: TargetStep, want: TargetWant, live: VertexEndpoint): VertexStep {
  switch (step.kind) {
    case 'create': {
      const { revision } = step
      return {
        kind: 'begin',
        does: 'deploy',
        revision: revision.name,
        request: deployRequest(live.name, revision, want.scale),
      }
    }
    case 'scale': {
      const { id, resources } = live.models.find(({ revision }) => revision === step.revision) ?? {}
      if (id === undefined || resources === undefined) return { kind: 'wait' }
      return {
        kind: 'begin',
        does: 'scale',
        revision: step.revision,
        request: scaleRequest(live.name, id, resources, want.scale),
      }
    }
    case 'remove': {
      const model = live.models.find(({ revision }) => revision === step.revision)
      if (model === undefined) return { kind: 'wait' }
      if (model.weight > 0) return { kind: 'split', split: splitWithout(live, [model.id]) }
      return {
        kind: 'begin',
        does: 'undeploy',
        revision: step.revision,
        request: undeployRequest(live.name, model.id),
      }
    }
    case 'split':
    case 'wait':
      return { kind: 'wait' }
  }
}

/** Undefined while a revision of the split is not deployed, because Vertex would refuse it. */
function splitOf(split: Split, { models }: VertexEndpoint): TrafficSplit | undefined {
  const entries: [string, number][] = []
  for (const { revision, weight } of split) {
    if (weight === 0) continue
    const model = models.find((each) => each.revision === revision)
    if (model === undefined) return undefined
    entries.push([model.id, weight])
  }
  return Object.fromEntries(entries)
}

/** The split of now without some models. The others keep their ratio, in whole percents that add up to 100. */
export function splitWithout({ models }: VertexEndpoint, ids: readonly string[]): TrafficSplit {
  const left = models.filter(({ id, weight }) => weight > 0 && !ids.includes(id))
  const sum = left.reduce((total, { weight }) => total + weight, 0)
  const exact = left.map(({ id, weight }) => ({ id, share: (weight * 100) / sum }))
  const byFraction = exact.toSorted((one, other) => (other.share % 1) - (one.share % 1))
  const missing = 100 - exact.reduce((total, { share }) => total + Math.floor(share), 0)
  const raised = new Set(byFraction.slice(0, missing).map(({ id }) => id))
  return Object.fromEntries(exact.map(({ id, share }) => [id, Math.floor(share) + (raised.has(id) ? 1 : 0)]))
}
