import type { Ledger } from '../ledger.ts'
import type { Found } from '../provider-sketch.ts'
import type { GroupMember } from './directory.ts'
import type { LitellmSettings } from './settings.ts'

export interface Weighted {
  readonly member: GroupMember
  readonly weight: number
  /** The field that says the weight. */
  readonly from?: Found
}

/**
 * The weights of deployments that are asked at the same level. LiteLLM takes the first of `weight`, `rpm` and `tpm` that
 * the first deployment of the group has; a deployment without it has the weight 0. Without any, all are equal. Only the
 * strategy `simple-shuffle` does so.
 */
export function weightsOf(
  members: readonly GroupMember[],
  settings: LitellmSettings,
  ledger: Ledger,
): readonly Weighted[] {
  const strategy = settings.find('routing_strategy')?.value ?? 'simple-shuffle'
  const metric = strategy === 'simple-shuffle' && members.length > 1 ? metricOf(members) : undefined
  for (const { deployment } of members) {
    for (const field of ['weight', 'rpm', 'tpm']) {
      const found = deployment.find(field)
      if (found !== undefined && field !== 'weight') {
        ledger.leave(found.path, [
          `as a limit for each minute it is left${field === metric ? '; as a weight it is carried' : ''}`,
          'A provider that is over its limit answers rate-limited, and others are asked. maxInFlight bounds a route.',
        ])
      } else if (found !== undefined && metric !== 'weight') {
        ledger.leave(found.path, [
          strategy !== 'simple-shuffle'
            ? 'LiteLLM reads no weights with this routing_strategy'
            : members.length === 1
              ? 'there is one deployment, so there is nothing to weigh'
              : 'LiteLLM reads no weight here, because the first deployment of the group has none',
        ])
      }
    }
  }
  if (metric === undefined) return members.map((member) => ({ member, weight: 1 }))
  return members.map((member) => {
    const from = member.deployment.find(metric)
    return { member, weight: numberOf(from), ...(from !== undefined && { from }) }
  })
}

function metricOf(members: readonly GroupMember[]): string | undefined {
  return ['weight', 'rpm', 'tpm'].find(
    (field) =>
      members[0]?.deployment.find(field) !== undefined &&
      members.some(({ deployment }) => numberOf(deployment.find(field)) > 0),
  )
}

function numberOf(found: Found | undefined): number {
  return typeof found?.value === 'number' && found.value > 0 ? found.value : 0
}
