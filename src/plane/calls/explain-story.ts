import { answerWithin, answerWithinMs } from '../../resources/deployment/answer-within.ts'
import { conditionOf } from '../../resources/deployment/condition.ts'
import type { Analyzing, DeploymentStatus, Rollout } from '../../resources/deployment/deployment-status.ts'
import type { ModelDeploymentSpec, Undecided } from '../../resources/deployment/model-deployment.ts'
import { latenessMs } from '../../rollout/machine/moves/analyze.ts'
import { undecidedOf } from '../../rollout/machine/moves/gate-ends.ts'
import { comingPlacement } from '../../rollout/machine/placement.ts'
import { revisionStatus } from '../../rollout/machine/status-edits.ts'
import { type Step, stepsOf } from '../../rollout/machine/strategy-steps.ts'

export interface Story {
  readonly waitsFor: string
  readonly next: string
  /** When time alone moves the deployment on. */
  readonly untilMs?: number
}

/**
 * What a rollout waits for and what comes then, in words. `delaysMs` tells how late the numbers of each gate are.
 */
export function storyOf(
  rollout: Rollout,
  status: DeploymentStatus,
  spec: ModelDeploymentSpec,
  delaysMs: Readonly<Record<string, number>>,
): Story {
  const paused = status.paused === undefined ? undefined : `resume: ${status.paused.actor.name} paused it`
  const after = (step: number): string => describeNext(stepsOf(spec)[step + 1])
  /** A wait for a person. It ends by itself, unless a person paused the rollout. */
  const asking = (answer: string, why: string, next: string): Story => {
    if (paused !== undefined) return { waitsFor: paused, next }
    return {
      waitsFor: `${answer}, for ${answerWithin(spec)} at most${why}`,
      next: `${next}; without an answer in time, the rollout is turned back`,
      untilMs: rollout.sinceMs + answerWithinMs(spec),
    }
  }
  switch (rollout.phase) {
    case 'pending':
      return {
        waitsFor: paused ?? unresolved(status) ?? 'the target to be free',
        next: 'a rollout of the declared model begins',
      }
    case 'blocked': {
      const next = describeGrant(rollout, status)
      if (rollout.reason === 'ApprovalRequired' && paused === undefined) {
        return asking('an approval', `: ${rollout.message}`, `on approve, ${next}`)
      }
      const needs = rollout.reason === 'ApprovalRequired' ? 'an approval' : 'the policy to allow it'
      const asked = `${needs}: ${rollout.message}`
      return { waitsFor: paused === undefined ? asked : `${asked}; and for ${paused}`, next }
    }
    case 'starting':
      return {
        waitsFor: paused ?? `revision ${rollout.revision} to be ready, for ${spec.deadline} at most`,
        next: status.stable === undefined ? 'it takes all traffic' : after(-1),
      }
    case 'shifting':
      return {
        waitsFor: paused ?? `revision ${rollout.revision} to have ${rollout.weight} % of traffic`,
        next: after(rollout.step),
      }
    case 'pausing':
      if (rollout.untilMs === undefined) return asking('promote', '', after(rollout.step))
      return {
        waitsFor: paused ?? 'its time to pass',
        next: after(rollout.step),
        ...(paused === undefined && { untilMs: rollout.untilMs }),
      }
    case 'analyzing': {
      const step = stepsOf(spec)[rollout.step]
      const lateMs = latenessMs(step?.kind === 'analyze' ? step.gates : [], delaysMs)
      const late = lateMs === 0 ? '' : `; their numbers come ${lateMs / 1000} s late`
      return {
        waitsFor: paused ?? `${describeMeasuring(rollout)}${late}`,
        next: `if all pass, ${after(rollout.step)}; if one fails, traffic returns${describeUndecided(rollout, spec)}`,
        ...(paused === undefined && { untilMs: rollout.untilMs + lateMs }),
      }
    }
    case 'holding':
      return asking(
        'promote, resume or abort',
        `, because the analysis gave no answer: ${rollout.message}`,
        `on promote, ${after(rollout.step)}; on resume, the gates are measured again`,
      )
    case 'retiring':
      return {
        waitsFor: 'the replaced revisions to be removed',
        next: 'the deployment is converged',
        untilMs: rollout.untilMs,
      }
    case 'rolling-back':
      return {
        waitsFor: `traffic to return and revision ${rollout.revision} to be removed: ${rollout.message}`,
        next:
          rollout.cause === 'Superseded'
            ? 'the next rollout begins'
            : 'the deployment waits for retry or another revision',
      }
    case 'failed':
      return {
        waitsFor: `retry or another revision, because ${rollout.revision} was turned back: ${rollout.message}`,
        next: 'nothing by itself',
      }
    case 'converged':
      return {
        waitsFor:
          unhealthy(status) ??
          unshown(status) ??
          unresolved(status) ??
          flapping(status) ??
          unnamed(status) ??
          'a change: the declared revision serves all traffic',
        next: unnamed(status) === undefined ? 'nothing by itself' : 'the registry is asked again',
      }
    case 'stopped':
      return {
        waitsFor: `a person to look at the target and retry: ${rollout.message}`,
        next: 'nothing by itself',
      }
    case 'retargeting':
      return {
        waitsFor:
          paused ??
          `revision ${rollout.revision} to be ready at target ${rollout.target}, for ${spec.deadline} at most`,
        next: `all traffic moves to target ${rollout.target}; then the old target is emptied`,
      }
    case 'deleting':
      return { waitsFor: 'the target to be empty', next: 'the deployment is gone' }
  }
}

function describeMeasuring({ extended }: Analyzing): string {
  if (extended !== true) return 'its gates to be measured in full'
  return `all of its gates to pass, because the step ended undecided and was extended`
}

/** What becomes of the gates that are undecided now, if they still are at the end. */
function describeUndecided({ gates, extended }: Analyzing, { analysis }: ModelDeploymentSpec): string {
  return gates
    .filter(({ verdict }) => verdict === 'undecided')
    .map(({ gate: name }) => {
      const end = undecidedOf(analysis.find((gate) => gate.name === name))
      return `; if ${name} is still undecided then, ${undecidedEnds[extended === true && end === 'extend' ? 'pause' : end]}`
    })
    .join('')
}

const undecidedEnds: Readonly<Record<Undecided, string>> = {
  extend: 'the step is extended',
  pause: 'a person is asked',
  pass: 'it counts as passed',
  fail: 'traffic returns',
}

/** What a policy's permit leads to. */
function describeGrant({ weight }: Extract<Rollout, { phase: 'blocked' }>, status: DeploymentStatus): string {
  const coming = comingPlacement(status)
  if (coming !== undefined && weight > 0) return `all traffic moves to target ${coming.target}`
  return weight === 0 ? 'the revision is created' : `the revision gets ${weight} % of traffic`
}

/** The wait for the model, when its reference could not be looked up. */
function unresolved({ conditions }: DeploymentStatus): string | undefined {
  const resolved = conditionOf(conditions, 'ModelResolved')
  if (resolved === undefined) return 'its model to be looked up'
  return resolved.status === 'True' ? undefined : `its model to be found: ${resolved.message}`
}

/** The wait of a reference whose answer changes again and again. */
function flapping({ conditions }: DeploymentStatus): string | undefined {
  const resolved = conditionOf(conditions, 'ModelResolved')
  return resolved?.reason === 'Flapping' ? `a steady answer of its registry: ${resolved.message}` : undefined
}

/** The stable revision serves, and its registry has not taken its alias. */
function unnamed({ conditions }: DeploymentStatus): string | undefined {
  const stands = conditionOf(conditions, 'AliasSet')
  return stands?.status === 'False' ? `its registry: ${stands.message}` : undefined
}

function unhealthy({ conditions }: DeploymentStatus): string | undefined {
  const stands = conditionOf(conditions, 'StableUnhealthy')
  return stands?.status === 'True' ? `the stable revision to serve again: ${stands.message}` : undefined
}

/** The last looks did not show the stable revision. Its loss is not believed yet. */
function unshown(status: DeploymentStatus): string | undefined {
  const { stable } = status
  const missing = revisionStatus(status, stable)?.missing
  if (missing === undefined) return undefined
  const looks = missing.looks === 1 ? 'the last look' : `the last ${missing.looks} looks`
  return `the target to show revision ${stable} again, which was missing at ${looks}`
}

function describeNext(step: Step | undefined): string {
  if (step === undefined) return 'it becomes stable and the replaced revisions are removed'
  switch (step.kind) {
    case 'weight':
      return `it gets ${step.weight} % of traffic`
    case 'pause':
      return step.forMs === undefined ? 'it waits for promote' : `it waits ${step.forMs / 1000} s`
    case 'analyze':
      return `${step.gates.join(', ')} are measured for ${step.forMs / 1000} s`
  }
}
