import { isModelspineError, ModelspineError } from '../../errors.ts'
import { traceOf } from '../../policy/decision-trace.ts'
import type { DeploymentStatus } from '../../resources/deployment/deployment-status.ts'
import { type Key, keyFrom } from '../../resources/metadata.ts'
import { giveUp, targetsOf } from '../../rollout/machine/commands/give-up.ts'
import type { RolloutEvent } from '../../rollout/machine/machine-types.ts'
import { policyDetails } from '../../rollout/machine/moves/permit.ts'
import { targetOf } from '../../rollout/machine/placement.ts'
import { initialStatus } from '../../rollout/machine/status-edits.ts'
import { commitStatus } from '../../rollout/shell/commit-status.ts'
import type { Kind, UncommittedObject } from '../../store/contract.ts'
import { ifUnreadable } from '../../store/if-unreadable.ts'
import type { TypedObject } from '../../store/typed-store.ts'
import type { ControlContext } from '../control-context.ts'
import type { PlaneAction } from '../events.ts'
import type { AskedBy } from './apply.ts'
import { PolicyQuestion } from './ask-policies.ts'
import { entryOf } from './audit-entry.ts'
import { routeTo } from './route-to.ts'

export interface RemoveOptions extends AskedBy {
  /** Default `ModelDeployment`. */
  readonly kind?: Kind
  /**
   * Also gives up what the deployment has at targets that the plane does not have any more. Without it, the
   * deletion waits for these targets.
   */
  readonly force?: boolean
}

/** The loop may write the status at the same time. Then the policy is asked again if the resource changed. */
const mostTries = 20

/**
 * Marks a resource for deletion. Throws `in-use` for a deployment that a route refers to: delete the route
 * first. Throws `policy-denied` and `policy-error`.
 */
export async function removeResource(
  context: ControlContext,
  name: string,
  options: RemoveOptions,
): Promise<void> {
  const { actor, kind = 'ModelDeployment' } = options
  const force = options.force === true && kind === 'ModelDeployment'
  const key = keyFrom(name)
  const question = new PolicyQuestion(context)
  for (let tries = 1; ; tries += 1) {
    const stored = await context.store.get(kind, key).catch(ifUnreadable)
    if (stored === null) throw new ModelspineError('not-found', `there is no ${kind} ${key}`)
    // Of an object that cannot be read, a policy could judge nothing.
    const decision =
      stored &&
      (await question.ask(
        { action: 'delete', actor, resource: stored.resource, ...(force && { force }) },
        `deleting ${kind} ${key}`,
      ))
    if (kind === 'ModelDeployment') await refuseWhileRouted(context, key)
    try {
      const gives = force && stored?.kind === 'ModelDeployment'
      const left = gives ? await giveUpMissing(context, stored, options) : stored
      const details = decision === undefined ? {} : policyDetails(traceOf(decision))
      return await mark(context, { kind, key, version: left?.version }, options, {
        ...details,
        ...(force && { force }),
      })
    } catch (error) {
      if (!isModelspineError(error, 'conflict') || tries === mostTries) throw error
    }
  }
}

/** Gives up the targets of a deployment that the plane does not have any more. */
async function giveUpMissing(
  context: ControlContext,
  stored: TypedObject<'ModelDeployment'>,
  { actor }: RemoveOptions,
): Promise<TypedObject> {
  const now = context.clock.now()
  const { spec } = stored.resource
  let status: DeploymentStatus = stored.status ?? initialStatus(now)
  const events: RolloutEvent[] = []
  for (const target of new Set([...targetsOf(status), targetOf({ spec }, status)])) {
    if (target in context.targets) continue
    const given = giveUp(status, target, actor, now)
    status = given.status
    events.push(...given.events)
  }
  if (events.length === 0) return stored
  return (await commitStatus(context, stored, status, events, {})) ?? stored
}

async function mark(
  context: ControlContext,
  { kind, key, version }: Pick<TypedObject, 'kind' | 'key'> & { readonly version: string | undefined },
  { actor }: RemoveOptions,
  details: Readonly<Record<string, unknown>>,
): Promise<void> {
  const action: PlaneAction = kind === 'ModelRoute' ? 'route-deleted' : 'deployment-deleted'
  let marked: UncommittedObject | undefined
  const left = await context.store.delete(kind, key, {
    actor,
    ...(version !== undefined && { expect: version }),
    nowMs: context.clock.now(),
    events: (next) => {
      marked = next
      return [entryOf(context, next, action, actor, details)]
    },
  })
  if (marked !== undefined)
    context.committed(left ?? { ...marked, version: '' }, [{ action, details, actor }])
}

async function refuseWhileRouted({ store }: ControlContext, key: Key): Promise<void> {
  const route = await routeTo(store, key)
  if (route === undefined) return
  throw new ModelspineError(
    'in-use',
    `deployment ${key} is a backend of route ${route}; change or delete the route first`,
    { details: { key, route } },
  )
}
