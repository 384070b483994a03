import {
  type DeploymentTarget,
  describeTargetStep,
  type Key,
  type ObservedTarget,
  type TargetCapabilities,
  targetSteps,
  wantRefusal,
} from 'modelspine/adapter'
import type { Cloud, CloudObject } from './cloud.ts'

const againMs = 200

/**
 * A target over the vendor: it writes the operation id as a tag and looks for the tag before it creates.
 * Otherwise it knows only what the list shows; a handle helps it to remove what is not listed. It checks no fence, so the loop alone keeps old leaders out.
 */
export function cloudTarget(cloud: Cloud, split: 'none' | 'percent'): DeploymentTarget {
  const capabilities: TargetCapabilities = {
    maxRevisions: 10,
    split,
    names: 'tagged',
    fencing: 'none',
    attribution: 'address',
    scaleToZero: false,
    mirror: false,
  }
  const observed = (key: Key, objects: readonly CloudObject[]): ObservedTarget => ({
    revisions: objects.map(({ revision, weight, scale, isReady }) => ({
      revision: revision.name,
      state: isReady ? 'ready' : 'starting',
      scale,
      ...(split === 'percent' && { weight }),
      ...(isReady && { endpoint: { protocol: 'cloud', address: `cloud://${key}/${revision.name}` } }),
    })),
    operations: [],
  })

  return {
    capabilities,
    checkSettings: () => [],
    protocols: () => ['cloud'],
    plan: (want, seen) =>
      wantRefusal(want, capabilities) ?? {
        kind: 'steps',
        steps: targetSteps(want, seen, capabilities).map(describeTargetStep),
      },
    async observe(key) {
      return observed(key, cloud.list(key))
    },
    async list() {
      return cloud.keys()
    },
    async apply(key, want, call) {
      const refusal = wantRefusal(want, capabilities)
      if (refusal !== undefined) return refusal
      const mine = cloud.tagged(call.operationId)
      const listed = cloud.list(key)
      const known = mine === undefined || listed.some(({ id }) => id === mine.id) ? listed : [...listed, mine]
      const [step] = targetSteps(want, observed(key, known), capabilities)
      switch (step?.kind) {
        case undefined:
          return { kind: 'unchanged' }
        case 'create':
          cloud.create(key, step.revision, want.scale, call)
          return { kind: 'accepted', handle: call.operationId }
        case 'remove':
          return cloud.remove(key, [step.revision], call) ? { kind: 'accepted' } : { kind: 'unchanged' }
        case 'split':
          cloud.split(key, want.split, call)
          return { kind: 'accepted' }
        case 'scale':
          cloud.scale(key, step.revision, want.scale, call)
          return { kind: 'accepted' }
        case 'wait':
          return { kind: 'busy', retryAfterMs: againMs }
      }
    },
    async destroy(key, call) {
      const unlisted = (call.handles ?? []).flatMap((tag) => cloud.tagged(tag) ?? [])
      const names = [...cloud.list(key), ...unlisted].map(({ revision }) => revision.name)
      if (names.length === 0) return { kind: 'unchanged' }
      return cloud.remove(key, names, call) ? { kind: 'accepted' } : { kind: 'busy', retryAfterMs: againMs }
    },
  }
}
