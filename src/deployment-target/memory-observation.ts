import type { Clock } from '../clock.ts'
import type { Endpoint, Revision } from '../resources/deployment/revision.ts'
import type { Key } from '../resources/metadata.ts'
import type { ObservedOperation, ObservedRevision, ObservedTarget, TargetCapabilities } from './contract.ts'
import type { MemoryDeployment, MemoryRevision, WorldState } from './memory-world.ts'

export interface MemoryScene {
  readonly state: WorldState
  readonly clock: Clock
  readonly capabilities: TargetCapabilities
  readonly endpoint: (key: Key, revision: Revision) => Endpoint
}

const nothing: ObservedTarget = { revisions: [], operations: [] }

/** The revisions that the caller can address. With random names the caller needs a handle for each. */
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

/** What `observe` shows. Each call costs one look-up while nothing changes. */
export function observeMemory(
  scene: MemoryScene,
  key: Key,
  handles: readonly string[] | undefined,
): ObservedTarget {
  const { state, clock, capabilities } = scene
  const deployment = state.deployments.get(key)
  const operations = failedOperations(scene, key, handles)
  if (deployment === undefined) return operations.length === 0 ? nothing : { revisions: [], operations }
  const nowMs = clock.now()
  const { seen } = deployment
  if (seen !== undefined && seen.epoch === state.epoch && nowMs < seen.untilMs) return seen.observed
  const visible = visibleRevisions(scene, key, handles)
  const listed = visible.filter(([, { listedAtMs }]) => listedAtMs <= nowMs)
  const tellsScale = (capabilities.scale ?? 'reported') === 'reported'
  const observed: ObservedTarget = {
    revisions: listed.map(([, each]) => {
      const { scale, ...rest } = observeRevision(scene, key, each, nowMs)
      return tellsScale && scale !== undefined ? { ...rest, scale } : rest
    }),
    operations,
    ...etagOf(scene, deployment),
  }
  if (capabilities.names !== 'random') {
    const changesAtMs = visible.flatMap(([, { readyAtMs, listedAtMs, goneAtMs }]) => [
      readyAtMs,
      listedAtMs,
      goneAtMs ?? nowMs,
    ])
    const untilMs = Math.min(...changesAtMs.filter((each) => each > nowMs))
    deployment.seen = { observed, untilMs, epoch: state.epoch }
  }
  return observed
}

/**
 * What the vendor itself knows when a mutation comes: also the scale, and also what its lists do not show
 * yet. At random names it cannot tell that an unlisted revision is the one that is wanted again.
 */
export function vendorView(
  scene: MemoryScene,
  key: Key,
  handles: readonly string[] | undefined,
): ObservedTarget {
  const nowMs = scene.clock.now()
  const visible = visibleRevisions(scene, key, handles)
  const found =
    scene.capabilities.names === 'random'
      ? visible.filter(([, { listedAtMs }]) => listedAtMs <= nowMs)
      : visible
  const deployment = scene.state.deployments.get(key)
  return {
    revisions: found.map(([, each]) => observeRevision(scene, key, each, nowMs)),
    operations: [],
    ...(deployment !== undefined && etagOf(scene, deployment)),
  }
}

function etagOf({ capabilities }: MemoryScene, { version }: MemoryDeployment): { readonly etag?: string } {
  return capabilities.fencing === 'conditional' ? { etag: String(version) } : {}
}

function failedOperations(
  { state, capabilities }: MemoryScene,
  key: Key,
  handles: readonly string[] | undefined,
): readonly ObservedOperation[] {
  const failed = state.failed.get(key) ?? []
  return failed
    .filter(({ handle }) => capabilities.names !== 'random' || handles?.includes(handle))
    .map(({ handle: _, ...operation }) => operation)
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
