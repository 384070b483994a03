import { isModelspineError, ModelspineError } from '../../errors.ts'
import type { DeploymentStatus } from '../../resources/deployment/deployment-status.ts'
import type { ModelDeployment } from '../../resources/deployment/model-deployment.ts'
import { type Actor, keyFrom } from '../../resources/metadata.ts'
import { asSeen } from '../../rollout/machine/commands/spoken.ts'
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
 * Writes the command of a person to the rollout's status, with its audit record. What the command does not
 * name (the revision, and the step of a promotion) is taken from the first look. When another writer was
 * faster and the rollout moved on, the command is refused with `conflict`. Throws `not-found`, `wrong-phase`
 * and `conflict`.
 */
export async function commandDeployment(
  context: ControlContext,
  name: string,
  asked: Command,
  actor: Actor,
): Promise<Deployment> {
  const key = keyFrom(name)
  let meant: Command | undefined
  for (let tries = 1; ; tries += 1) {
    const stored = await context.store.get('ModelDeployment', key)
    if (stored === null) throw new ModelspineError('not-found', `there is no ModelDeployment ${key}`)
    const now = context.clock.now()
    const status = (stored.status as DeploymentStatus | undefined) ?? initialStatus(now)
    const { spec } = stored.resource as ModelDeployment
    meant ??= asSeen(status, asked)
    const commanded = command(status, spec, meant, actor, now)
    try {
      const written = await commitStatus(context, stored, commanded.status, commanded.events, {
        ...(asked.kind === 'abort' && { urgent: true }),
      })
      return deploymentOf(written ?? stored)
    } catch (error) {
      if (!isModelspineError(error, 'conflict') || tries === mostTries) throw error
    }
  }
}
