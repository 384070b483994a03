import type { Clock } from '../../clock.ts'
import type { DeploymentStatus } from '../../resources/deployment/deployment-status.ts'
import type { ModelDeploymentSpec } from '../../resources/deployment/model-deployment.ts'
import type { Key } from '../../resources/metadata.ts'
import type { DeploymentRun } from './deployment-run.ts'
import { pinOf, type Resolved } from './resolve-model.ts'

/**
 * Keeps a reference whose answer changes again and again from rolling the deployment each time: two replicas of
 * a registry that disagree, or two jobs that move one alias. Within an hour the first ten changes take effect
 * at once. A further one takes effect when the registry has given it at every look for ten minutes. So there
 * are at most 16 rollouts an hour that no person asked for. A person's own change begins the count anew.
 */
export interface Damping {
  /** The result of a look-up that takes effect. */
  judge(asked: AskedReference, resolved: Resolved): Resolved
  forget(key: Key): void
}

export interface AskedReference {
  readonly key: Key
  readonly generation: number
  readonly spec: ModelDeploymentSpec
  readonly status: DeploymentStatus
}

const withinMs = 3_600_000
const freeChanges = 10
const steadyMs = 600_000

export function createDamping(clock: Clock): Damping {
  /** Since when a reference has had the answer that does not take effect. Its keys are declared deployments. */
  const waiting = new Map<Key, { readonly revision: string; readonly sinceMs: number }>()

  const isSteady = (key: Key, revision: string, nowMs: number): boolean => {
    const known = waiting.get(key)
    if (known?.revision === revision) return nowMs - known.sinceMs >= steadyMs
    waiting.set(key, { revision, sinceMs: nowMs })
    return false
  }

  return {
    judge({ key, generation, spec, status }, resolved) {
      if (resolved.kind !== 'resolved') return resolved
      const nowMs = clock.now()
      const pin = pinOf(spec, status)
      const isSame = pin === undefined || pin.name === resolved.desired.name
      if (isSame) waiting.delete(key)
      if (pin === undefined || changesOf(status, generation, nowMs).length < freeChanges) {
        waiting.delete(key)
        return resolved
      }
      if (!isSame && isSteady(key, resolved.desired.name, nowMs)) {
        waiting.delete(key)
        return resolved
      }
      return {
        kind: 'flapping',
        desired: pin,
        from: resolved.from,
        message: flapping(resolved.from, pin.model),
      }
    },
    forget(key) {
      waiting.delete(key)
    },
  }
}

/** When look-ups of this generation gave another revision, in the last hour. */
function changesOf({ changed }: DeploymentStatus, generation: number, nowMs: number): readonly number[] {
  return changed?.generation === generation ? changed.atMs.filter((atMs) => atMs > nowMs - withinMs) : []
}

/**
 * The status with a note when the look-up gave another revision than before. A person's own change is none: then
 * the loop has not decided on this generation yet.
 */
export function noteChange(run: DeploymentRun, resolved: Resolved): DeploymentStatus {
  const { status, now } = run
  const { generation } = run.stored
  if (resolved.kind !== 'resolved' || status.observedGeneration !== generation) return status
  const pin = pinOf(run.deployment.spec, status)
  if (pin === undefined || pin.name === resolved.desired.name) return status
  const atMs = [...changesOf(status, generation, now), now].slice(-freeChanges)
  return { ...status, changed: { generation, atMs } }
}

function flapping(from: string, { version }: { readonly version: string }): string {
  return `${from} changed ${freeChanges} times within an hour: version ${version} is kept until the registry gives another one for ten minutes without a break`
}
