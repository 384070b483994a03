import type {
  DeploymentTarget,
  ObservedTarget,
  TargetCapabilities,
} from '../../deployment-target/contract.ts'
import { tellsRevision } from '../../deployment-target/tells-revision.ts'
import type { ModelVersion } from '../../registry/contract.ts'
import type { DeploymentStatus } from '../../resources/deployment/deployment-status.ts'
import type { Revision } from '../../resources/deployment/revision.ts'
import type { TypedObject } from '../../store/typed-store.ts'
import { gateDelays, readGates } from '../gates/read-gates.ts'
import { readServing } from '../gates/read-serving.ts'
import { decide } from '../machine/decide.ts'
import type { Analysis, Declared, Instruction, Look, Need, Permit } from '../machine/machine-types.ts'
import { comingPlacement, leavingPlacements, targetOf } from '../machine/placement.ts'
import { knownOf } from '../machine/status-edits.ts'
import { lookTimes, type ReconcilerOptions } from './reconciler-options.ts'

/**
 * One look asks for a permit, for gates and for a look at another target once at most each, and the permit may
 * change once. More questions would be an endless circle.
 */
const mostQuestions = 5

/** The facts about a deployment that is looked at. */
export interface Sight {
  readonly stored: TypedObject<'ModelDeployment'>
  readonly status: DeploymentStatus
  /** Undefined when the target was not or could not be looked at. */
  readonly observed: ObservedTarget | undefined
  readonly desired?: Revision
  /** The registry's record of the desired version, when the registry answered. */
  readonly model?: ModelVersion
  readonly hindered?: boolean
  readonly usedBy?: string
}

export interface Decided {
  readonly instruction: Instruction
  /** The answers to the machine's questions. */
  readonly analysis: Analysis
}

/** Asks the machine for an instruction, and answers the machine's questions first, unless they are answered. */
export async function askAndDecide(
  options: ReconcilerOptions,
  sight: Sight,
  abortSignal: AbortSignal,
  answered: Analysis = {},
): Promise<Decided> {
  const { clock } = options
  const { stored, status, observed } = sight
  const declared = declaredBy(options, sight)
  const requests = tellsRevision(declared.capabilities) ? options.requests : undefined
  const serving =
    observed === undefined
      ? undefined
      : await readServing(requests, stored.key, status.stable, {
          nowMs: clock.now(),
          lookMs: lookTimes(options).quietMs,
        })
  let analysis: Analysis = { ...answered, ...(serving !== undefined && { serving }) }
  for (let asked = 0; asked < mostQuestions; asked += 1) {
    const instruction = decide(declared, status, observed, analysis, clock.now())
    const { need } = instruction
    if (need === undefined) return { instruction, analysis }
    analysis = { ...analysis, ...(await answer(options, sight, declared, need, abortSignal)) }
  }
  throw new Error(`the machine still asks a question after ${mostQuestions} answers`)
}

async function answer(
  options: ReconcilerOptions,
  sight: Sight,
  { spec }: Declared,
  need: Need,
  abortSignal: AbortSignal,
): Promise<Partial<Analysis>> {
  const { stored } = sight
  switch (need.kind) {
    case 'gates':
      return {
        gates: await readGates(
          options.metrics,
          spec.analysis,
          stored.key,
          need,
          abortSignal,
          options.unreadGates,
        ),
      }
    case 'permit':
      return { permit: await askPermit(options, sight, need, abortSignal) }
    case 'look':
      return { look: await lookAt(options, sight, need.target, abortSignal) }
  }
}

function declaredBy({ targets, metrics, routersLearnMs }: ReconcilerOptions, sight: Sight): Declared {
  const { stored, status, desired, hindered, usedBy } = sight
  const { generation, actor, deletion } = stored
  const { spec } = stored.resource
  const serving = targetOf({ spec }, status)
  const named = [serving, ...leavingPlacements(status).map(({ target }) => target)]
  return {
    spec,
    capabilities: capabilitiesOf(targets[serving]),
    generation,
    actor,
    delaysMs: gateDelays(metrics, spec.analysis),
    missing: named.filter((name) => targets[name] === undefined),
    ...(desired !== undefined && { desired }),
    ...(deletion !== undefined && { deletion: { actor: deletion.actor } }),
    ...(hindered === true && { hindered }),
    ...(routersLearnMs !== undefined && { routersLearnMs }),
    ...(usedBy !== undefined && { usedBy }),
  }
}

/** Of a target that the plane does not have, nothing is known but that nothing can be asked of it. */
function capabilitiesOf(target: DeploymentTarget | undefined): TargetCapabilities {
  return target?.capabilities ?? absent
}

const absent: TargetCapabilities = {
  maxRevisions: 0,
  split: 'none',
  names: 'deterministic',
  fencing: 'none',
  attribution: 'none',
  scaleToZero: false,
  mirror: false,
}

async function lookAt(
  { targets, room, logger }: ReconcilerOptions,
  { stored, status }: Sight,
  name: string,
  abortSignal: AbortSignal,
): Promise<Look> {
  const target = targets[name]
  const look = { target: name, capabilities: capabilitiesOf(target) }
  const coming = comingPlacement(status)
  if (target === undefined || coming === undefined) return look
  // A full target must not keep the run from its own one. It is looked at when there is room.
  if (room?.(name, stored.key) === false) return look
  try {
    const observed = await target.observe(stored.key, { ...knownOf(status, coming), abortSignal })
    return { ...look, observed }
  } catch (error) {
    logger.warn(
      { key: stored.key, target: name, error },
      'a target that the deployment comes to could not be observed',
    )
    return look
  }
}

function askPermit(
  { permit }: ReconcilerOptions,
  { stored, status, model }: Sight,
  { revision, weight }: Extract<Need, { kind: 'permit' }>,
  abortSignal: AbortSignal,
): Promise<Permit> {
  const approvals = status.approvals.filter((each) => each.revision === revision.name)
  return permit(
    {
      action: 'promote',
      actor: stored.actor,
      deployment: stored.resource,
      revision,
      weight,
      approvals: approvals.map(({ actor }) => actor),
      ...(model !== undefined && { model }),
    },
    approvals,
    abortSignal,
  )
}
