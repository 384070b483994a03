import { systemClock } from '../../clock.ts'
import type { Operation } from '../../routing/operations/operation.ts'
import { createRouter, type RouterOptions } from '../../routing/router.ts'
import { inOrderStrategy } from '../../routing/strategies/in-order-strategy.ts'
import { restingStrategy } from '../../routing/strategies/resting-strategy.ts'
import type { RouteLimits } from '../../routing/table/route.ts'
import { createRouteTableHolder } from '../../routing/table/table-holder.ts'
import type { NamedModel } from '../model-failure.ts'
import { finalError } from './final-error.ts'
import { ModelAsProvider, ModelCall } from './model-call.ts'
import type { FallbackOptions } from './options.ts'

type Asking = { readonly abortSignal?: AbortSignal }

/** The models behind one operation. */
export interface ModelRouter<Options extends Asking, Reply, Piece> {
  /** A whole reply. `told` is for the `providerMetadata`. Throws what the AI SDK should get. */
  reply(options: Options): Promise<{ readonly reply: Reply; readonly told: Told }>
  /** A stream that has begun to answer. Its pieces throw what the AI SDK should get. */
  stream(options: Options): Promise<{ readonly pieces: AsyncIterableIterator<Piece>; readonly told: Told }>
}

/** What an answer says of itself in `providerMetadata.modelspine`. */
export type Told = {
  readonly provider: string
  readonly model: string
  readonly attempts: number
  readonly requestId: string
}

const route = 'fallback'

/** A router whose only route leads to the models, in their order. */
export function modelRouter<Options extends Asking, Reply, Piece>(
  models: readonly NamedModel[],
  operation: Operation<ModelCall<Options>, Reply, Piece>,
  options: FallbackOptions,
): ModelRouter<Options, Reply, Piece> {
  const { clock = systemClock, rest = {} } = options
  /** Each is in it only until the router has begun with it. */
  const beginning = new Map<string, ModelCall<Options>>()
  const router = createRouter({
    table: tableOf(models, operation.name as `${string}.${string}`, options),
    clock,
    strategy: rest === false ? inOrderStrategy : restingStrategy(inOrderStrategy, { ...rest, clock }),
    observers: [{ started: ({ requestId }) => beginning.get(requestId) }],
    maxInFlightPerUpstream: Number.MAX_SAFE_INTEGER,
  })
  const begin = async <Answer extends { readonly attempts: number }>(
    asked: Options,
    send: (call: ModelCall<Options>, options: { readonly requestId: string } & Asking) => Promise<Answer>,
  ): Promise<{ readonly answer: Answer; readonly told: Told; readonly call: ModelCall<Options> }> => {
    const call = new ModelCall(asked, clock, options)
    const requestId = clock.id()
    const { abortSignal } = asked
    beginning.set(requestId, call)
    try {
      const sent = send(call, abortSignal === undefined ? { requestId } : { requestId, abortSignal })
      beginning.delete(requestId)
      const answer = await sent
      const { provider = '', modelId: model = '' } = call.model ?? {}
      return { answer, call, told: { provider, model, attempts: answer.attempts, requestId } }
    } catch (cause) {
      throw finalError(cause, call)
    }
  }
  return {
    async reply(asked) {
      const { answer, told } = await begin(asked, (call, around) =>
        router.run(operation, route, call, around),
      )
      return { reply: answer.reply, told }
    },
    async stream(asked) {
      const { answer, told, call } = await begin(asked, (body, around) =>
        router.open(operation, route, body, around),
      )
      const { events } = answer
      const pieces: AsyncIterableIterator<Piece> = {
        next: () =>
          events.next().catch((cause: unknown) => {
            throw finalError(cause, call)
          }),
        return: async () => ({ done: true, value: (await events.return?.())?.value }),
        [Symbol.asyncIterator]: () => pieces,
      }
      return { pieces, told }
    },
  }
}

function tableOf(
  models: readonly NamedModel[],
  operation: `${string}.${string}`,
  { attempts = models.length, timeouts = {}, clock = systemClock }: FallbackOptions,
): RouterOptions['table'] {
  const providers = models.map(
    (model, place) => [String(place), new ModelAsProvider(model, place, operation)] as const,
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
  const { requestMs, attemptMs, firstOutputMs, idleMs = 120_000 } = timeouts
  // A route's own default of 60 s is too short for an app that had no limit before.
  const limits: RouteLimits = {
    requestMs: requestMs ?? 600_000,
    isRequestDeclared: requestMs !== undefined,
    attemptMs,
    firstOutputMs,
    idleMs,
    attempts,
    maxInFlight: Number.POSITIVE_INFINITY,
  }
  const routes = compiled.routes.map((each) => ({ ...each, limits }))
  return { current: { routes, problems: compiled.problems, find: () => routes[0] } }
}
