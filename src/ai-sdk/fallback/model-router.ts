import { systemClock } from '../../clock.ts'
import type { ModelProvider } from '../../provider/contract.ts'
import type { OperationName } from '../../resources/route/model-route.ts'
import { createRouter, type Router } from '../../routing/router.ts'
import type { RoutingStrategy } from '../../routing/strategies/routing-strategy.ts'
import type { Route } from '../../routing/table/route.ts'
import { createRouteTableHolder } from '../../routing/table/table-holder.ts'
import type { AnyModel, FallbackOptions } from './options.ts'

/** The name of the only route. */
export const route = 'fallback'

/** One model as a provider. Only the operations of this room know its model. */
export class ModelOfSdk<Model extends AnyModel = AnyModel> implements ModelProvider {
  readonly name: string
  readonly capabilities: ModelProvider['capabilities']
  readonly model: Model
  readonly place: number

  constructor(model: Model, place: number, operation: OperationName) {
    this.name = model.provider
    this.capabilities = { operations: [operation], streaming: true, dialects: [] }
    this.model = model
    this.place = place
  }
}

/** A router whose only route leads to the models, in their order. */
export function modelRouter(
  models: readonly AnyModel[],
  operation: OperationName,
  { attempts = models.length, timeouts = {}, clock = systemClock }: FallbackOptions,
): Router {
  const providers = models.map(
    (model, place) => [String(place), new ModelOfSdk(model, place, operation)] as const,
  )
  const compiled = createRouteTableHolder({ clock }).load({
    routes: [
      {
        apiVersion: 'modelspine.dev/v1alpha1',
        kind: 'ModelRoute',
        metadata: { name: route, namespace: 'default', labels: {}, annotations: {} },
        spec: {
          operations: [operation],
          backends: providers.map(([provider, { model }]) => ({ provider, model: model.modelId, weight: 1 })),
          fallback: [],
          onPolicyError: 'deny',
        },
      },
    ],
    deployments: [],
    providers: Object.fromEntries(providers),
    connect: {},
  })
  const found = compiled.find(route)
  if (found === undefined) throw new TypeError('the route of the models was not compiled')
  const { requestMs, attemptMs, firstOutputMs, idleMs = 120_000 } = timeouts
  // A route's own default of 60 s is too short for an app that had no limit before.
  const limits = {
    requestMs: requestMs ?? 600_000,
    isRequestDeclared: requestMs !== undefined,
    attemptMs,
    firstOutputMs,
    idleMs,
    attempts,
    maxInFlight: Number.POSITIVE_INFINITY,
  }
  const only: Route = { ...found, limits }
  return createRouter({
    table: { current: { routes: [only], problems: [], find: () => only } },
    clock,
    strategy: inOrder,
    maxInFlightPerUpstream: Number.MAX_SAFE_INTEGER,
  })
}

const inOrder: RoutingStrategy = {
  pick: ({ backends }, _request, tried) =>
    backends
      .flatMap(({ upstreams }) => upstreams)
      .find(({ id }) => tried.every(({ upstream }) => upstream.id !== id)),
}
