import { type Condition, conditionOf } from '../../resources/deployment/condition.ts'
import type {
  DeploymentStatus,
  GateResult,
  Phase,
  RevisionStatus,
  Rollout,
} from '../../resources/deployment/deployment-status.ts'
import type { AnalysisGate, ModelDeploymentSpec } from '../../resources/deployment/model-deployment.ts'
import type { Key } from '../../resources/metadata.ts'
import { type Step, stepsOf } from '../../rollout/machine/strategy-steps.ts'
import type { Deployment } from './deployment.ts'

/** Where a deployment stands, for people and programs. Times are milliseconds since the epoch. */
export interface Explanation {
  readonly key: Key
  /**
   * - `unseen`: declared, but the loop has not looked at it yet.
   * - `gone`: deleted, and the target holds nothing of it.
   */
  readonly phase: Phase | 'unseen' | 'gone'
  /** The event that the deployment waits for. */
  readonly waitsFor: string
  readonly sinceMs: number
  /** When time alone moves the deployment on. */
  readonly untilMs?: number
  /** The event that follows. */
  readonly next: string
  readonly revisions: readonly ExplainedRevision[]
  /** Each gate of the current or last analysis, with its numbers and its rule. */
  readonly gates: readonly ExplainedGate[]
  readonly conditions: readonly Condition[]
  /**
   * A fault that hindered this process's last reconcile and could not be written to the status, such as a
   * full store.
   */
  readonly fault?: { readonly reason: string; readonly message: string }
}

export interface ExplainedRevision {
  readonly revision: string
  readonly role: 'stable' | 'candidate' | 'other'
  /** `registry/name:version`. */
  readonly model: string
  readonly weight: number
  readonly state: RevisionStatus['state']
  readonly reason?: string
}

export interface ExplainedGate {
  readonly gate: AnalysisGate
  /** Absent when the gate was not read yet. */
  readonly result?: GateResult
}

export function explainDeployment(
  { key, resource, status, createdAtMs, generation, deletion }: Deployment,
  fault: { readonly reason: string; readonly message: string } | undefined,
): Explanation {
  if (status === undefined) {
    return {
      key,
      phase: 'unseen',
      waitsFor: 'a plane that holds the lease to look at it',
      sinceMs: createdAtMs,
      next: 'its model is looked up and a rollout begins',
      revisions: [],
      gates: [],
      conditions: [],
      ...(fault !== undefined && { fault }),
    }
  }
  const { rollout } = status
  const untilMs = 'untilMs' in rollout ? rollout.untilMs : undefined
  const { waitsFor, next } = story(rollout, status, resource.spec)
  const unseen =
    deletion !== undefined && rollout.phase !== 'deleting'
      ? ` (${deletion.actor.name} deleted it, but the loop has not looked at that yet)`
      : status.observedGeneration === generation
        ? ''
        : ` (the loop has not looked at generation ${generation} yet)`
  return {
    key,
    phase: rollout.phase,
    waitsFor: `${hindrance(status, fault) ?? waitsFor}${unseen}`,
    sinceMs: rollout.sinceMs,
    ...(untilMs !== undefined && { untilMs }),
    next,
    revisions: status.revisions.map((each) => explainRevision(each, status)),
    gates: explainGates(rollout, resource.spec),
    conditions: status.conditions,
    ...(fault !== undefined && { fault }),
  }
}

/** Explains a deployment whose deletion was carried out. */
export function explainGone(key: Key, nowMs: number): Explanation {
  return {
    key,
    phase: 'gone',
    waitsFor: 'nothing: it was deleted and its target is empty',
    sinceMs: nowMs,
    next: 'nothing',
    revisions: [],
    gates: [],
    conditions: [],
  }
}

function explainRevision(
  { revision, state, reason }: RevisionStatus,
  status: DeploymentStatus,
): ExplainedRevision {
  const { registry, name, version } = revision.model
  const candidate = 'revision' in status.rollout ? status.rollout.revision : undefined
  return {
    revision: revision.name,
    role: revision.name === status.stable ? 'stable' : revision.name === candidate ? 'candidate' : 'other',
    model: `${registry}/${name}:${version}`,
    weight: status.split.find((entry) => entry.revision === revision.name)?.weight ?? 0,
    state,
    ...(reason !== undefined && { reason }),
  }
}

function explainGates(rollout: Rollout, spec: ModelDeploymentSpec): readonly ExplainedGate[] {
  const results = 'gates' in rollout ? (rollout.gates ?? []) : []
  const step = 'step' in rollout ? stepsOf(spec)[rollout.step] : undefined
  const asked = step?.kind === 'analyze' ? step.gates : results.map(({ gate }) => gate)
  return spec.analysis
    .filter(({ name }) => asked.includes(name))
    .map((gate) => {
      const result = results.find((each) => each.gate === gate.name)
      return { gate, ...(result !== undefined && { result }) }
    })
}

function story(
  rollout: Rollout,
  status: DeploymentStatus,
  spec: ModelDeploymentSpec,
): { readonly waitsFor: string; readonly next: string } {
  const paused = status.paused === undefined ? undefined : `resume: ${status.paused.actor.name} paused it`
  const after = (step: number): string => describeNext(stepsOf(spec)[step + 1])
  switch (rollout.phase) {
    case 'pending':
      return {
        waitsFor: paused ?? unresolved(status) ?? 'the target to be free',
        next: 'a rollout of the declared model begins',
      }
    case 'blocked':
      return {
        waitsFor: [
          `${rollout.reason === 'ApprovalRequired' ? 'an approval' : 'the policy to allow it'}: ${rollout.message}`,
          ...(paused === undefined ? [] : [paused]),
        ].join('; and for '),
        next:
          rollout.weight === 0
            ? 'the revision is created'
            : `the revision gets ${rollout.weight} % of traffic`,
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
      return {
        waitsFor: paused ?? (rollout.untilMs === undefined ? 'promote' : 'its time to pass'),
        next: after(rollout.step),
      }
    case 'analyzing':
      return {
        waitsFor: paused ?? 'its gates to be measured in full',
        next: `if all pass, ${after(rollout.step)}; if one fails, traffic returns`,
      }
    case 'holding':
      return {
        waitsFor: `promote, resume or abort, because the analysis gave no answer: ${rollout.message}`,
        next: `on promote, ${after(rollout.step)}; on resume, the gates are measured again`,
      }
    case 'retiring':
      return { waitsFor: 'the replaced revisions to be removed', next: 'the deployment is converged' }
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
          unhealthy(status) ?? unresolved(status) ?? 'a change: the declared revision serves all traffic',
        next: 'nothing by itself',
      }
    case 'stopped':
      return {
        waitsFor: `a person to look at the target and retry: ${rollout.message}`,
        next: 'nothing by itself',
      }
    case 'retargeting':
      return {
        waitsFor: `target ${rollout.target} to be empty`,
        next: `a rollout begins at target ${spec.target.name}`,
      }
    case 'deleting':
      return { waitsFor: 'the target to be empty', next: 'the deployment is gone' }
  }
}

/** A fault that keeps the loop from looking or from acting at all. */
function hindrance({ conditions }: DeploymentStatus, fault: Explanation['fault']): string | undefined {
  const written = conditionOf(conditions, 'Degraded')
  const hinders = written ?? (fault?.reason.startsWith('Store') === true ? fault : undefined)
  return hinders && `this fault to end: ${hinders.reason}: ${hinders.message}`
}

/** The wait for the model, when its reference could not be looked up. */
function unresolved({ conditions }: DeploymentStatus): string | undefined {
  const resolved = conditionOf(conditions, 'ModelResolved')
  if (resolved === undefined) return 'its model to be looked up'
  return resolved.status === 'True' ? undefined : `its model to be found: ${resolved.message}`
}

function unhealthy({ conditions }: DeploymentStatus): string | undefined {
  const stands = conditionOf(conditions, 'StableUnhealthy')
  return stands?.status === 'True' ? `the stable revision to serve again: ${stands.message}` : undefined
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
