import type { Key } from '../resources/metadata.ts'
import type { ApplyOptions, TargetWant } from './contract.ts'
import { type MemoryScene, visibleRevisions } from './memory-observation.ts'
import type { MemoryDeployment, TargetMutation } from './memory-world.ts'
import type { TargetStep } from './target-steps.ts'

interface Delays {
  readonly readyAfterMs?: number
  readonly goneAfterMs?: number
  readonly listLagMs?: number
}

/** Does one step and records it. Returns a handle when names are random and the step created a revision. */
export function mutateMemory(
  scene: MemoryScene,
  { readyAfterMs = 0, goneAfterMs = 0, listLagMs = 0 }: Delays,
  key: Key,
  want: TargetWant | undefined,
  { operationId, handles }: Pick<ApplyOptions, 'operationId' | 'handles'>,
  step: TargetStep,
): string | undefined {
  const { state, clock, capabilities } = scene
  const nowMs = clock.now()
  // `visibleRevisions` drops an empty entry, so it must run before an entry is added.
  const visible = visibleRevisions(scene, key, handles)
  const deployment = state.deployments.get(key) ?? addDeployment(scene, key)
  const record = (kind: TargetMutation['kind'], revision?: string): void => {
    state.record({ kind, atMs: nowMs, operationId, key, ...(revision === undefined ? {} : { revision }) })
  }
  deployment.version = state.nextVersion()
  delete deployment.seen

  switch (step.kind) {
    case 'create': {
      const id = capabilities.names === 'random' ? clock.id() : step.revision.name
      const scale = want?.scale ?? { min: 1, max: 1 }
      const weight = 0
      deployment.revisions.set(id, {
        revision: step.revision,
        readyAtMs: nowMs + readyAfterMs,
        listedAtMs: nowMs + listLagMs,
        weight,
        scale,
      })
      record('created', step.revision.name)
      return capabilities.names === 'random' ? id : undefined
    }
    case 'remove': {
      for (const [id, each] of visible.filter(([, { revision }]) => revision.name === step.revision)) {
        if (goneAfterMs === 0) deployment.revisions.delete(id)
        else each.goneAtMs = nowMs + goneAfterMs
      }
      if (deployment.revisions.size === 0) state.deployments.delete(key)
      record('removed', step.revision)
      return undefined
    }
    case 'split': {
      const weights = new Map(want?.split.map((each) => [each.revision, each.weight]))
      for (const [, each] of visible) each.weight = weights.get(each.revision.name) ?? 0
      record('split')
      return undefined
    }
    case 'scale': {
      for (const [, each] of visible) {
        if (want !== undefined && each.revision.name === step.revision) each.scale = want.scale
      }
      record('scaled', step.revision)
      return undefined
    }
    case 'wait':
      return undefined
  }
}

/** The vendor forgets older ones. */
const keptFailures = 20

/** Lets the vendor fail an operation that it has accepted. Returns the handle of the operation. */
export function failInMemory(
  { state, clock, capabilities }: MemoryScene,
  key: Key,
  { operationId }: Pick<ApplyOptions, 'operationId'>,
  reason: string,
): string {
  const handle = capabilities.names === 'random' ? clock.id() : operationId
  const known = state.failed.get(key) ?? []
  state.failed.set(
    key,
    [...known, { operationId, state: 'failed', reason, handle } as const].slice(-keptFailures),
  )
  delete state.deployments.get(key)?.seen
  return handle
}

function addDeployment({ state }: MemoryScene, key: Key): MemoryDeployment {
  const deployment: MemoryDeployment = { revisions: new Map(), version: 0 }
  state.deployments.set(key, deployment)
  return deployment
}
