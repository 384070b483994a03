import type { DeploymentTarget, ObservedTarget } from '../../deployment-target/contract.ts'
import type { DeploymentStatus } from '../../resources/deployment/deployment-status.ts'
import type { ModelDeployment } from '../../resources/deployment/model-deployment.ts'
import type { StoredObject } from '../../store/contract.ts'
import { readGates } from '../gates/read-gates.ts'
import { readServing } from '../gates/read-serving.ts'
import { decide } from '../machine/decide.ts'
import type { Analysis, Declared, Instruction, Need, Permit } from '../machine/machine-types.ts'
import type { ReconcilerOptions } from './reconciler-options.ts'
import type { Resolved } from './resolve-model.ts'

/**
 * One look asks for a permit once at most and for gates once at most. More questions would be an endless
 * circle.
 */
const mostQuestions = 4

/** The facts about a deployment that is looked at. */
export interface Sight {
  readonly stored: StoredObject
  readonly status: DeploymentStatus
  /** Absent while the deployment is being deleted. */
  readonly resolved: Resolved | undefined
  readonly target: DeploymentTarget
  readonly observed: ObservedTarget
}

/** Asks the machine for an instruction, and answers the machine's questions first. */
export async function askAndDecide(
  options: ReconcilerOptions,
  sight: Sight,
  abortSignal: AbortSignal,
): Promise<Instruction> {
  const { clock, metrics } = options
  const { stored, status, target, observed } = sight
  const declared = declaredBy(sight)
  const attributable = target.capabilities.attribution !== 'none'
  const requests = attributable ? options.requests : undefined
  const serving = await readServing(requests, stored.key, status.stable, {
    nowMs: clock.now(),
    resyncMs: options.resyncMs,
  })
  let analysis: Analysis = serving === undefined ? {} : { serving }
  for (let asked = 0; asked < mostQuestions; asked += 1) {
    const instruction = decide(declared, status, observed, analysis, clock.now())
    const { need } = instruction
    if (need === undefined) return instruction
    analysis =
      need.kind === 'gates'
        ? {
            ...analysis,
            gates: await readGates(metrics, declared.spec.analysis, stored.key, need, abortSignal),
          }
        : { ...analysis, permit: await askPermit(options, sight, need, abortSignal) }
  }
  throw new Error(`the machine still asks a question after ${mostQuestions} answers`)
}

function declaredBy({ stored, resolved, target }: Sight): Declared {
  const { generation, actor, deletion } = stored
  return {
    spec: (stored.resource as ModelDeployment).spec,
    generation,
    actor,
    capabilities: target.capabilities,
    ...(resolved?.desired !== undefined && { desired: resolved.desired }),
    ...(deletion !== undefined && { deletion: { actor: deletion.actor } }),
  }
}

function askPermit(
  { permit }: ReconcilerOptions,
  { stored, status, resolved }: Sight,
  { revision, weight }: Extract<Need, { kind: 'permit' }>,
  abortSignal: AbortSignal,
): Promise<Permit> {
  const approvals = status.approvals.filter((each) => each.revision === revision.name)
  return permit(
    {
      action: 'promote',
      actor: stored.actor,
      deployment: stored.resource as ModelDeployment,
      revision,
      weight,
      approvals: approvals.map(({ actor }) => actor),
      ...(resolved?.kind === 'resolved' && { model: resolved.version }),
    },
    approvals,
    abortSignal,
  )
}
