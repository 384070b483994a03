import { isModelspineError, ModelspineError } from '../../errors.ts'
import type { DeploymentStatus } from '../../resources/deployment/deployment-status.ts'
import type { ModelDeployment } from '../../resources/deployment/model-deployment.ts'
import { type Actor, keyFrom } from '../../resources/metadata.ts'
import { type Command, command } from '../../rollout/machine/commands.ts'
import { initialStatus } from '../../rollout/machine/status-edits.ts'
import { commitStatus } from '../../rollout/shell/commit-status.ts'
import type { ControlContext } from '../control-context.ts'
import { type Deployment, deploymentOf } from './deployment.ts'

/**
 * Conflicts are rare: the loop may write at the same moment, but its writes are seconds apart at most times.
 */
const mostTries = 20

/**
 * Writes the command of a person to the rollout's status, with its audit record. Throws `not-found`,
 * `wrong-phase`, `conflict`.
 */
export async function commandDeployment(
  context: ControlContext,
  name: string,
  asked: Command,
  actor: Actor,
): Promise<Deployment> {
  const key = keyFrom(name)
  for (let tries = 1; ; tries += 1) {
    const stored = await context.store.get('ModelDeployment', key)
    if (stored === null) throw new ModelspineError('not-found', `there is no ModelDeployment ${key}`)
    const now = context.clock.now()
    const status = (stored.status as DeploymentStatus | undefined) ?? initialStatus(now)
    const { spec } = stored.resource as ModelDeployment
    const commanded = command(status, spec, asked, actor, now)
    try {
      const written = await commitStatus(context, stored, commanded.status, commanded.events, {})
      return deploymentOf(written ?? stored)
    } catch (error) {
      if (!isModelspineError(error, 'conflict') || tries === mostTries) throw error
    }
  }
}
