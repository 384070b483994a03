import { type Clock, systemClock } from '../../clock.ts'
import type { ModelProvider } from '../../provider/contract.ts'
import { defineRoute } from '../../resources/parse-resource.ts'
import { checkOptions, type OptionKinds } from '../../resources/problems/known-options.ts'
import type { ModelRoute, ModelRouteInput } from '../../resources/route/model-route.ts'
import { createRouteTableHolder, type RouteTableHolder } from './table-holder.ts'

export interface StaticRoutesOptions {
  readonly routes: readonly (ModelRouteInput | ModelRoute)[]
  /** Providers by the names that routes use. */
  readonly providers: Readonly<Record<string, ModelProvider>>
  readonly clock?: Clock
}

const kinds: OptionKinds<StaticRoutesOptions> = { routes: 'list!', providers: 'object!', clock: 'now()' }

/**
 * A table for a router without a control plane. Its routes lead to providers only. Throws `invalid-resource`, and
 * `invalid-options`.
 */
export function staticRoutes(options: StaticRoutesOptions): RouteTableHolder {
  checkOptions(options, kinds)
  const { routes, providers, clock = systemClock } = options
  const holder = createRouteTableHolder({ clock })
  holder.load({ routes: routes.map((route) => defineRoute(route)), deployments: [], providers, connect: {} })
  return holder
}
