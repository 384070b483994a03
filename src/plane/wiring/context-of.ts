import { decideAll } from '../../policy/decide-all.ts'
import type { ModelProvider } from '../../provider/contract.ts'
import type { Connect } from '../../routing/table/connections.ts'
import type { ControlContext } from '../control-context.ts'
import { type ControlPlaneOptions, namesOf } from '../options.ts'
import type { GuardedOptions } from './guard-options.ts'
import { planeMetrics } from './plane-metrics.ts'
import { permitPromotion } from './promotion.ts'
import type { RequestSide } from './request-side.ts'

/** The parts that the plane's calls share. What they tell of commits goes to `committed`. */
export function contextOf(
  options: ControlPlaneOptions,
  { clock, logger, windows, feedback, policies, policyOptions }: RequestSide,
  { store, registries, targets, metrics, secrets }: GuardedOptions,
  { knownSecrets, routeNames, committed }: Pick<ControlContext, 'knownSecrets' | 'routeNames' | 'committed'>,
): ControlContext {
  const { providers, connect } = routedBy(options)
  return {
    names: namesOf(options),
    protocols: [...Object.keys(connect), ...Object.keys(providers)],
    providers,
    store,
    clock,
    logger,
    registries,
    targets,
    metrics: byName({ ...metrics, plane: planeMetrics(windows, feedback) }),
    secrets,
    knownSecrets,
    routeNames,
    policies,
    decide: async (request) => decideAll(policies, request, policyOptions),
    permit: (request, approvals, abortSignal) =>
      permitPromotion(policies, request, approvals, {
        ...policyOptions,
        ...(abortSignal !== undefined && { abortSignal }),
      }),
    committed,
  }
}

/** Where a plane's routes may lead. */
export function routedBy(options: ControlPlaneOptions): {
  readonly providers: Readonly<Record<string, ModelProvider>>
  readonly connect: Readonly<Record<string, Connect>>
} {
  return { providers: byName(options.providers), connect: byName(options.connect) }
}

/** A copy without inherited names, so that a resource that says `toString` finds no part of the plane. */
export function byName<Part>(parts: Readonly<Record<string, Part>> = {}): Readonly<Record<string, Part>> {
  return Object.assign(Object.create(null), parts)
}
