import type { Clock } from '../clock.ts'
import type { Endpoint, Revision } from '../resources/deployment/revision.ts'
import type { Key } from '../resources/metadata.ts'
import type { ObservedRevision, ObservedTarget, TargetCapabilities } from './contract.ts'
import type { MemoryRevision, WorldState } from './memory-world.ts'

export interface MemoryScene {
  readonly state: WorldState
  readonly clock: Clock
  readonly capabilities: TargetCapabilities
  readonly endpoint: (key: Key, revision: Revision) => Endpoint
}

const nothing: ObservedTarget = { revisions: [], operations: [] }

/** The revisions that the caller can see. With random names the caller needs a handle for each. */
export function visibleRevisions(
  { state, clock, capabilities }: MemoryScene,
  key: Key,
  handles: readonly string[] | undefined,
): readonly (readonly [string, MemoryRevision])[] {
  const deployment = state.deployments.get(key)
  if (deployment === undefined) return []
  const nowMs = clock.now()
  for (const [id, { goneAtMs }] of deployment.revisions) {
    if (goneAtMs !== undefined && goneAtMs <= nowMs) deployment.revisions.delete(id)
  }
  if (deployment.revisions.size === 0) state.deployments.delete(key)
  const all = [...deployment.revisions]
  return capabilities.names === 'random' ? all.filter(([id]) => handles?.includes(id)) : all
}

/** Each call costs one look-up while nothing changes. */
export function observeMemory(
  scene: MemoryScene,
  key: Key,
  handles: readonly string[] | undefined,
): ObservedTarget {
  const { state, clock, capabilities } = scene
  const deployment = state.deployments.get(key)
  if (deployment === undefined) return nothing
  const nowMs = clock.now()
  const { seen } = deployment
  if (seen !== undefined && seen.epoch === state.epoch && nowMs < seen.untilMs) return seen.observed
  const revisions = visibleRevisions(scene, key, handles)
  const observed: ObservedTarget = {
    revisions: revisions.map(([, each]) => observeRevision(scene, key, each, nowMs)),
    operations: [],
    ...(capabilities.fencing === 'conditional' ? { etag: String(deployment.version) } : {}),
  }
  if (capabilities.names !== 'random') {
    const changesAtMs = revisions.flatMap(([, { readyAtMs, goneAtMs }]) => [readyAtMs, goneAtMs ?? nowMs])
    const untilMs = Math.min(...changesAtMs.filter((each) => each > nowMs))
    deployment.seen = { observed, untilMs, epoch: state.epoch }
  }
  return observed
}

function observeRevision(
  { state, capabilities, endpoint }: MemoryScene,
  key: Key,
  { revision, readyAtMs, goneAtMs, weight, scale }: MemoryRevision,
  nowMs: number,
): ObservedRevision {
  const held = state.held.get(revision.name)
  const common = {
    revision: revision.name,
    scale,
    ...(capabilities.split === 'none' ? {} : { weight }),
  }
  if (goneAtMs !== undefined) return { ...common, state: 'stopping' }
  if (held !== undefined && held.state !== 'ready') return { ...common, ...held }
  if (held === undefined && nowMs < readyAtMs) return { ...common, state: 'starting' }
  return { ...common, state: 'ready', endpoint: endpoint(key, revision) }
}
