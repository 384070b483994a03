import type { TargetWant } from '../../../../../src/deployment-target/contract.ts'
import { sameJson } from '../../../../../src/json.ts'
import { conditionOf } from '../../../../../src/resources/deployment/condition.ts'
import type { DeploymentStatus, Rollout } from '../../../../../src/resources/deployment/deployment-status.ts'
import {
  revisionStatus,
  splitAt,
  splitOf,
  weightOf,
} from '../../../../../src/rollout/machine/status-edits.ts'
import type { Run } from '../run.ts'
import { law } from './law.ts'
import { printed, type Written, wasReady } from './written.ts'

/** Law 1, for a status. */
export function checkSplit(written: Written): void {
  const { before, after, moved } = written
  const { rollout, stable } = after
  const split = splitOf(after)
  const sum = split.reduce((total, { weight }) => total + weight, 0)
  law(split.length === 0 || Math.abs(sum - 100) < 1e-9, `law 1: the split sums to ${sum}`)
  const emptied = split.length === 0 && before.traffic.length > 0
  law(!emptied || rollout.phase === 'deleting', 'law 1: the split becomes empty')
  for (const { revision, weight } of split) {
    const isWanted = after.placements.some(
      ({ target, revisions }) =>
        revisions.some((each) => each.revision === revision) &&
        weightOf(splitAt(after, target), revision) === weight,
    )
    law(
      isWanted || isDead(after),
      () => `law 1: ${revision} has a weight and is not wanted: ${printed(after)}`,
    )
    law(
      (!moved && weight <= weightOf(splitOf(before), revision)) || wasReady(written, revision),
      () => `law 1: ${revision} is raised to ${weight} % and is not ready: ${printed(after)}`,
    )
  }
  if (split.length > 0 && stable !== undefined) {
    const unhealthy = conditionOf(after.conditions, 'StableUnhealthy')?.status === 'True'
    const isReady = revisionStatus(after, stable)?.state === 'ready'
    law(unhealthy === !isReady, () => `law 1: StableUnhealthy tells the truth: ${printed(after)}`)
  }
  // Traffic stays at other revisions only while the stable revision cannot take it.
  if (isSettled(rollout) && stable !== undefined && wasReady(written, stable)) {
    law(
      sameJson(split, [{ revision: stable, weight: 100 }]),
      () => `law 1: all traffic is the stable revision's: ${printed(after)}`,
    )
  }
}

/** Percentage points by which a vendor's weight may be off. */
const rounding = 0.5

/** Law 1, for what a target that splits is told. */
export function checkToldSplit({ observed: all }: Run, target: string, { split }: TargetWant): void {
  const observed = all.get(target)
  law(observed !== undefined, 'law 1: a target is told a split and was not observed')
  const sum = split.reduce((total, { weight }) => total + weight, 0)
  law(split.length === 0 || Math.abs(sum - 100) < 1e-9, `law 1: a target is told a split of ${sum} %`)
  // A split is whole. Where nothing that it may name is ready, it names what is not.
  const isReady = (name: string): boolean =>
    observed.revisions.some(({ revision, state }) => revision === name && state === 'ready')
  if (!split.some(({ revision }) => isReady(revision))) return
  for (const { revision, state, weight = 0 } of observed.revisions) {
    const told = weightOf(split, revision)
    law(
      state === 'ready' || told <= weight + rounding,
      `law 1: the target is told to raise ${revision} from ${weight} to ${told} % while it is ${state}`,
    )
  }
}

/** The cure of a dead stable revision may take the room of a revision with traffic. */
export function isDead(status: DeploymentStatus): boolean {
  const stable = revisionStatus(status, status.stable)
  return stable !== undefined && stable.state !== 'ready'
}

/** Phases in which no candidate may have traffic. */
function isSettled(rollout: Rollout): boolean {
  const { phase } = rollout
  if (phase === 'blocked') return rollout.weight === 0
  return ['pending', 'starting', 'converged', 'failed', 'retiring', 'retargeting'].includes(phase)
}
