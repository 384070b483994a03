import { isModelspineError, ModelspineError } from '../../errors.ts'
import type { CommandRequest, Decision } from '../../policy/contract.ts'
import { traceOf } from '../../policy/decision-trace.ts'
import type { ModelDeployment } from '../../resources/deployment/model-deployment.ts'
import { type Actor, keyFrom } from '../../resources/metadata.ts'
import { asSeen } from '../../rollout/machine/commands/spoken.ts'
import { type Command, command } from '../../rollout/machine/commands.ts'
import type { RolloutEvent } from '../../rollout/machine/machine-types.ts'
import { policyDetails } from '../../rollout/machine/moves/permit.ts'
import { initialStatus } from '../../rollout/machine/status-edits.ts'
import { commitStatus } from '../../rollout/shell/commit-status.ts'
import type { ControlContext } from '../control-context.ts'
import { PolicyQuestion } from './ask-policies.ts'
import { type Deployment, deploymentOf } from './deployment.ts'

/**
 * Conflicts are rare: the loop may write at the same moment, but its writes are seconds apart at most times.
 */
const mostTries = 20

/**
 * Writes the command of a person to the rollout's status, with its audit record. What the command does not
 * name (the revision, and the step of a promotion) is taken from the first look. When another writer was
 * faster and the rollout moved on, the command is refused with `conflict`. Throws `not-found`, `wrong-phase`,
 * `conflict`, `policy-denied` and `policy-error`.
 */
export async function commandDeployment(
  context: ControlContext,
  name: string,
  asked: Command,
  actor: Actor,
): Promise<Deployment> {
  const key = keyFrom(name)
  const question = new PolicyQuestion(context)
  let meant: Command | undefined
  for (let tries = 1; ; tries += 1) {
    const stored = await context.store.get('ModelDeployment', key)
    if (stored === null) throw new ModelspineError('not-found', `there is no ModelDeployment ${key}`)
    const status = stored.status ?? initialStatus(context.clock.now())
    const { spec } = stored.resource
    meant ??= asSeen(status, asked)
    const decision = await question.ask(requestOf(stored.resource, meant, actor), `${meant.kind} of ${key}`)
    const commanded = command(status, spec, meant, actor, context.clock.now())
    try {
      const events = withDecision(commanded.events, decision)
      const written = await commitStatus(context, stored, commanded.status, events, {
        ...(asked.kind === 'abort' && { urgent: true }),
      })
      return deploymentOf(written ?? stored)
    } catch (error) {
      if (!isModelspineError(error, 'conflict') || tries === mostTries) throw error
    }
  }
}

function requestOf(deployment: ModelDeployment, asked: Command, actor: Actor): CommandRequest {
  const { kind: command, revision, full } = asked as Command & Pick<CommandRequest, 'revision' | 'full'>
  return {
    action: 'command',
    actor,
    deployment,
    command,
    ...(revision !== undefined && { revision }),
    ...(full === true && { full }),
  }
}

/** The first event is the command itself. Its record tells how the policies decided. */
function withDecision(
  [first, ...rest]: readonly RolloutEvent[],
  decision: Decision,
): readonly RolloutEvent[] {
  if (first === undefined) return []
  return [{ ...first, details: { ...first.details, ...policyDetails(traceOf(decision)) } }, ...rest]
}
