import type { DeploymentStatus } from '../../resources/deployment/deployment-status.ts'
import type { ModelDeployment } from '../../resources/deployment/model-deployment.ts'
import type { Revision } from '../../resources/deployment/revision.ts'
import { keyOf } from '../../resources/metadata.ts'
import { nearestName } from '../../resources/problems/nearest-name.ts'
import { servingPlacement } from '../../rollout/machine/placement.ts'
import type { ControlContext } from '../control-context.ts'
import { routeTo } from './route-to.ts'

type Plane = Pick<ControlContext, 'protocols' | 'targets' | 'store'>

/**
 * Why a rollout to the wanted revision must not go forward here: a route sends requests to the deployment, this plane
 * can call what serves now, and it could not call what is wanted. A plane that cannot call what serves now does
 * not route these requests: it only manages, and others may call the new revision. So may they where no route of
 * the store leads to the deployment. When nothing serves yet, a plane whose store has no other processes is the
 * only one that could call the first revision.
 */
export async function checkCallable(
  plane: Plane,
  deployment: ModelDeployment,
  status: DeploymentStatus,
  desired: Revision | undefined,
): Promise<string | undefined> {
  if (desired === undefined || status.aborted.some(({ revision }) => revision === desired.name))
    return undefined
  const unspoken = unspokenOf(plane, deployment, status, desired)
  if (unspoken === undefined || !callsWhatServes(plane, status)) return undefined
  const route = await routeTo(plane.store, keyOf(deployment.metadata))
  return (
    route &&
    `${unspoken} Route ${route} sends requests to the deployment, so the revision gets no more of them.`
  )
}

/**
 * What `plan` warns of: the wanted revision cannot be called here. Only where this plane would be asked to call it:
 * behind a route, or because a provider of the plane is to run the model.
 */
export async function warnUncallable(
  plane: Plane,
  deployment: ModelDeployment,
  status: DeploymentStatus,
  desired: Revision | undefined,
): Promise<readonly string[]> {
  if (desired === undefined || plane.protocols.length === 0) return []
  const unspoken = unspokenOf(plane, deployment, status, desired)
  if (unspoken === undefined) return []
  const isAsked =
    desired.model.artifact.kind === 'hosted' ||
    (await routeTo(plane.store, keyOf(deployment.metadata))) !== undefined
  return isAsked ? [unspoken] : []
}

/** That this plane speaks none of the protocols of the revision; undefined when it does, or they are not known. */
function unspokenOf(
  plane: Plane,
  { spec }: ModelDeployment,
  status: DeploymentStatus,
  revision: Revision,
): string | undefined {
  const protocols = protocolsOf(plane, spec.target.name, status, revision)
  const [first] = protocols
  if (first === undefined || protocols.some((protocol) => plane.protocols.includes(protocol)))
    return undefined
  const { name, model } = revision
  const near = nearestName(first, plane.protocols)
  const known = plane.protocols.map((each) => `"${each}"`).join(', ')
  const question = near === undefined ? '' : ` Did you mean "${near}"?`
  return `Revision ${name} (${model.registry}/${model.name}:${model.version}) is called by "${first}", and no provider and no connect of this plane has this name. It has ${known || 'none'}.${question}`
}

function callsWhatServes(plane: Plane, status: DeploymentStatus): boolean {
  const { stable } = status
  const revision = stable === undefined ? undefined : status.revisions[stable]
  const target = servingPlacement(status)?.target
  if (revision === undefined || target === undefined)
    return plane.protocols.length > 0 && !plane.store.capabilities.shared
  const protocols = protocolsOf(plane, target, status, revision)
  return protocols.some((protocol) => plane.protocols.includes(protocol))
}

/** How a revision at a target is called: as the target shows it, or else as it will show it. */
function protocolsOf(
  { targets }: Plane,
  target: string,
  { placements }: DeploymentStatus,
  { name, model, settings, adopted }: Revision,
): readonly string[] {
  const shown = placements
    .filter((placement) => placement.target === target)
    .flatMap(({ revisions }) => revisions)
    .find(({ revision }) => revision === name)?.endpoint
  if (shown !== undefined) return [shown.protocol]
  // Of an adopted revision, nothing but its name is known.
  if (adopted === true) return []
  return targets[target]?.protocols?.(settings, model.artifact) ?? []
}
