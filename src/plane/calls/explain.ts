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
import { heldRevision, servingRevisions, splitOf, weightOf } from '../../rollout/machine/status-edits.ts'
import { stepsOf } from '../../rollout/machine/strategy-steps.ts'
import type { Deployment } from './deployment.ts'
import {
  describeBusy,
  describeFailures,
  describeGoneTargets,
  type ExplainedBusy,
  type ExplainedFailure,
  type ExplainedPlacement,
  explainBusy,
  explainFailures,
  explainPlacements,
} from './explain-places.ts'
import { storyOf } from './explain-story.ts'

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
  /**
   * When time alone moves the deployment on. For an analysis: when it is decided, which is after the numbers of
   * its last gate have come.
   */
  readonly untilMs?: number
  /** The event that follows. */
  readonly next: string
  readonly revisions: readonly ExplainedRevision[]
  /** Each gate of the current or last analysis, with its numbers and its rule. */
  readonly gates: readonly ExplainedGate[]
  /** What other targets hold of the deployment. */
  readonly elsewhere: readonly ExplainedPlacement[]
  /** Changes that a target failed, and when each is tried again. */
  readonly failures: readonly ExplainedFailure[]
  /** Changes that a busy target has not taken yet, since when, and when each is asked again. */
  readonly busy: readonly ExplainedBusy[]
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
  /** `registry/name:version`; `unknown` for a revision that was found at the target after the store was lost. */
  readonly model: string
  /** In percent: what the rollout asked for. The target may not have it in force yet. */
  readonly weight: number
  readonly state: RevisionStatus['state']
  readonly reason?: string
  /** Looks in a row that did not show the revision. It counts as lost when there were enough of them. */
  readonly missing?: { readonly looks: number; readonly sinceMs: number }
}

export interface ExplainedGate {
  readonly gate: AnalysisGate
  /** Absent when the gate was not read yet. It has the difference and its interval, and what has to happen next. */
  readonly result?: GateResult
  /** After how many minutes something is shown, if the numbers and the traffic stay as they are. Only while analyzing. */
  readonly shownInMinutes?: number
}

/** What this process knows besides the stored deployment. */
export interface KnownHere {
  readonly fault: Explanation['fault']
  /** The names of the plane's targets. */
  readonly targets: readonly string[]
  /** How late the numbers of each gate are, in milliseconds; absent where they are not late. */
  readonly delaysMs: Readonly<Record<string, number>>
  readonly nowMs: number
}

export function explainDeployment(
  { key, resource, status, createdAtMs, generation, deletion }: Deployment,
  { fault, targets, delaysMs, nowMs }: KnownHere,
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
      elsewhere: [],
      failures: [],
      busy: [],
      conditions: [],
      ...(fault !== undefined && { fault }),
    }
  }
  const { rollout } = status
  const { waitsFor, next, untilMs } = storyOf(rollout, status, resource.spec, delaysMs)
  const gone = describeGoneTargets(status, resource.spec, { deleted: deletion !== undefined, targets })
  const failures = explainFailures(status)
  const busy = explainBusy(status)
  const slow = [...describeFailures(failures), ...describeBusy(status, busy)].join('; ')
  const hindered = slow === '' ? '' : ` (${slow})`
  const unseen =
    deletion !== undefined && rollout.phase !== 'deleting'
      ? ` (${deletion.actor.name} deleted it, but the loop has not looked at that yet)`
      : status.observedGeneration === generation
        ? ''
        : ` (the loop has not looked at generation ${generation} yet)`
  return {
    key,
    phase: rollout.phase,
    waitsFor: `${gone ?? hindrance(status, fault) ?? waitsFor}${hindered}${unseen}`,
    sinceMs: rollout.sinceMs,
    ...(untilMs !== undefined && { untilMs }),
    next,
    revisions: servingRevisions(status).map((each) => explainRevision(each, status)),
    gates: explainGates(rollout, resource.spec, nowMs, delaysMs),
    elsewhere: explainPlacements(status),
    failures,
    busy,
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
    elsewhere: [],
    failures: [],
    busy: [],
    conditions: [],
  }
}

function explainRevision(
  { revision, state, reason, missing }: RevisionStatus,
  status: DeploymentStatus,
): ExplainedRevision {
  const { model, adopted } = heldRevision(status, revision)
  const candidate = 'revision' in status.rollout ? status.rollout.revision : undefined
  return {
    revision,
    role: revision === status.stable ? 'stable' : revision === candidate ? 'candidate' : 'other',
    model: adopted === true ? 'unknown' : `${model.registry}/${model.name}:${model.version}`,
    weight: weightOf(splitOf(status), revision),
    state,
    ...(reason !== undefined && { reason }),
    ...(missing !== undefined && { missing }),
  }
}

function explainGates(
  rollout: Rollout,
  spec: ModelDeploymentSpec,
  nowMs: number,
  delaysMs: KnownHere['delaysMs'],
): readonly ExplainedGate[] {
  const results = 'gates' in rollout ? (rollout.gates ?? []) : []
  const step = 'step' in rollout ? stepsOf(spec)[rollout.step] : undefined
  const asked = step?.kind === 'analyze' ? step.gates : results.map(({ gate }) => gate)
  return spec.analysis
    .filter(({ name }) => asked.includes(name))
    .map((gate) => {
      const result = results.find((each) => each.gate === gate.name)
      const shownInMinutes = minutesToShow(rollout, result, nowMs - (delaysMs[gate.name] ?? 0))
      return {
        gate,
        ...(result !== undefined && { result }),
        ...(shownInMinutes !== undefined && { shownInMinutes }),
      }
    })
}

/** By the rate at which the candidate got its samples in this step, of which those up to `arrivedMs` have come. */
function minutesToShow(
  rollout: Rollout,
  result: GateResult | undefined,
  arrivedMs: number,
): number | undefined {
  const samples = result?.candidate?.samples
  if (rollout.phase !== 'analyzing' || result?.missing === undefined || samples === undefined)
    return undefined
  const { fromMs, sinceMs, untilMs } = rollout
  const measuredMs = Math.min(arrivedMs, untilMs) - (fromMs ?? sinceMs)
  return (result.missing.samples * measuredMs) / samples / 60_000
}

/** What keeps the loop from looking, from acting at all, or from carrying a deletion out. */
function hindrance({ conditions }: DeploymentStatus, fault: Explanation['fault']): string | undefined {
  const written = conditionOf(conditions, 'Degraded')
  const stands = conditionOf(conditions, 'Progressing')
  const hinders =
    written ??
    (stands?.reason === 'DeletionHindered' ? stands : undefined) ??
    (fault?.reason.startsWith('Store') === true ? fault : undefined)
  return hinders && `this fault to end: ${hinders.reason}: ${hinders.message}`
}
