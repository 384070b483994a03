import { sameJson } from '../../../../../src/json.ts'
import type { DeploymentStatus } from '../../../../../src/resources/deployment/deployment-status.ts'
import { openEffect } from '../../../../../src/rollout/machine/placement.ts'
import { splitAt, splitOf, weightOf } from '../../../../../src/rollout/machine/status-edits.ts'
import type { PutStatusOptions } from '../../../../../src/store/contract.ts'
import type { Run, Sent } from '../run.ts'
import { law } from './law.ts'
import { isDead } from './split-laws.ts'
import type { Written } from './written.ts'

const requests: ReadonlySet<string> = new Set([
  'revision-requested',
  'revision-removal-requested',
  'split-requested',
  'scale-requested',
  'destroy-requested',
])

/** Law 5: each write of the loop carries the fence of the lease that the look held when it began. */
export function checkFence({ fence }: Run, options: PutStatusOptions): void {
  law(
    sameJson(options.fence, { lease: 'modelspine', fence }),
    () => `law 5: the loop writes with ${JSON.stringify(options.fence)} while it holds fence ${fence}`,
  )
}

/** Laws 5 and 2: an effect carries the fence and the store of the lease, and the ledger has it. */
export function checkSent(run: Run, sent: Sent): void {
  const { status, fence, store } = run
  law(!run.knowsLost, 'law 5: an effect is sent after the lease has ended')
  law(sent.fence === fence, `law 5: an effect is sent with fence ${sent.fence} under fence ${fence}`)
  law(sent.store === store, `law 5: an effect is sent for store ${sent.store} under a lease of ${store}`)
  law(status !== undefined, 'law 5: an effect is sent before any status was written')
  const open = openEffect(status)
  law(open !== undefined, 'law 5: an effect is sent that the ledger does not know')
  const { entry: effect, at } = open
  law(
    effect.operationId === sent.operationId && effect.fence === fence,
    () => `law 5: the ledger has ${JSON.stringify(effect)}, and ${sent.operationId} is sent`,
  )
  law(sent.target === at.target, 'law 5: the ledger has another target')
  law(
    at.requested.some(({ change }) => change === effect.change),
    `law 9: ${effect.change} is sent and was never audited`,
  )
  law((effect.kind === 'destroy') === (sent.want === undefined), `law 5: ${effect.kind} is another call`)
  const ledgers = status.placements.filter((each) => each.effect !== undefined)
  law(ledgers.length === 1, 'law 3: more than one effect is open')
  if (at.role !== 'serving') {
    law(splitAt(status, at.target).length === 0, 'law 2: a target with traffic is handled as another target')
    return
  }
  law(
    effect.kind !== 'destroy' || status.rollout.phase === 'deleting' || status.stable === undefined,
    'law 2: the destroy was not asked for',
  )
  law(
    effect.kind !== 'retire' || weightOf(splitOf(status), effect.revision) === 0 || isDead(status),
    'law 2: a revision with traffic is retired',
  )
  if (sent.want !== undefined) checkTold(run, sent, status)
}

/**
 * A target is told the split of the status. What must not rise now stays where it is, and a ready revision gets
 * the rest.
 */
function checkTold({ observed }: Run, { want, target }: Sent, status: DeploymentStatus): void {
  const split = splitAt(status, target)
  const shown = observed.get(target)?.revisions ?? []
  const isWithheld = shown.some(
    ({ revision, state, weight = 0 }) => state !== 'ready' && weightOf(split, revision) > weight,
  )
  for (const { revision, weight } of want?.split ?? []) {
    const known = shown.find((each) => each.revision === revision)
    const isHeir = isWithheld && (known === undefined || known.state === 'ready')
    const most = Math.max(weightOf(split, revision), known?.weight ?? 0)
    law(
      isHeir || weight <= most + 1e-6,
      `law 5: the target is told ${weight} % for ${revision}, and the ledger has ${most} %`,
    )
  }
}

/** Law 9: each change that is asked of a target is audited once. */
export function checkAudited({ before, after, events }: Written): void {
  const asked = events.filter(({ action }) => requests.has(action)).length
  const known = new Set(allRequested(before))
  const fresh = allRequested(after).filter((change) => !known.has(change))
  law(
    asked === fresh.length,
    () => `law 9: ${asked} requests are audited for ${fresh.join(', ') || 'nothing'}`,
  )
}

/** The changes of all targets, with the targets' names. */
function allRequested({ placements }: DeploymentStatus): readonly string[] {
  return placements.flatMap(({ target, requested }) =>
    requested.map(({ change }) => `${change} at ${target}`),
  )
}
