import { type Clock, systemClock } from '../clock.ts'
import type { Pricing, UsageReport } from '../cost/contract.ts'
import { UsageBook } from '../cost/usage-book.ts'
import { asModelspineError, ModelspineError } from '../errors.ts'
import { checkNumbers } from '../http/check-options.ts'
import { requireNode } from '../node-version.ts'
import type {
  Chat,
  ChatEvent,
  ChatReply,
  EmbedReply,
  InferPayload,
  InferReply,
} from '../provider/contract.ts'
import { longestModelName } from '../resources/name-patterns.ts'
import { checkOptions, type OptionKinds } from '../resources/problems/known-options.ts'
import type { RequestObserver } from '../telemetry/contract.ts'
import type { Logger } from '../telemetry/logger.ts'
import { callUpstreams } from './attempt/call-upstreams.ts'
import { groupObservers } from './attempt/observers.ts'
import { type Picked, type PickRequest, pickUpstream } from './attempt/pick-upstream.ts'
import { type RequestOptions, RoutedRequest, type RouterContext } from './attempt/routed-request.ts'
import { type Routed, servedBy } from './attempt/served.ts'
import { openStream, type RoutedStream } from './attempt/stream.ts'
import { withAttempts } from './attempt/with-attempts.ts'
import type { InvokePolicy } from './layers/invoke-policy.ts'
import { LayerFrame } from './layers/layer-frame.ts'
import type { Layers } from './layers/layers.ts'
import { PolicyLayer } from './layers/policy-layer.ts'
import type { DescribedModel, DescribeOptions, ModelDescriptions } from './model-descriptions.ts'
import { chatOperation } from './operations/chat.ts'
import { type Embed, embedOperation } from './operations/embed.ts'
import { inferOperation } from './operations/infer.ts'
import type { Operation } from './operations/operation.ts'
import type { RoutingStrategy } from './strategies/routing-strategy.ts'
import { weightedStrategy } from './strategies/weighted-strategy.ts'
import type { Route } from './table/route.ts'
import { loadedTable, type RouteTable } from './table/table.ts'

export interface RouterOptions {
  /** Holds the current snapshot. */
  readonly table: { readonly current: RouteTable | undefined }
  readonly clock?: Clock
  /** Without a policy, every actor may make every request. */
  readonly policy?: InvokePolicy
  /** What stands around the calls, besides the policy. Default: nothing. */
  readonly layers?: Layers
  readonly observers?: readonly RequestObserver[]
  /** Default: `weightedStrategy`, which chooses by weight. */
  readonly strategy?: RoutingStrategy
  /**
   * The most calls at the same time to one upstream, over all routes. Then other upstreams are asked, or else the
   * request fails with `overloaded`. Default: 200 for a model of a provider that you made, which is below the 256
   * connections of a provider, so that a model that hangs leaves connections to the vendor's others; any number for
   * an endpoint of a deployment, which has connections of its own.
   */
  readonly maxInFlightPerUpstream?: number
  /**
   * What calls cost, such as from `priceTable`. It answers at once; when it throws, the cost is unknown. Default: records
   * have no cost, and `usage()` only tokens.
   */
  readonly prices?: Pricing
  /**
   * For how many routes, for how many models and for how many actors `usage()` has sums. Those that are idle for longest
   * are added up as others. Each takes at most 1 kB. Default 1,000.
   */
  readonly maxUsageNames?: number
  readonly logger?: Logger
}

export type CallOptions = RequestOptions

/**
 * Sends each request to an upstream that serves the route now. Throws a ModelspineError with one of these
 * codes: `no-route`, `unsupported` (the route does not offer the operation), `no-backend` (also before a
 * table is loaded), `policy-denied`, `policy-error`, `overloaded`, `timeout`, `aborted`. Or it throws the upstream's
 * own failure, when failover was not allowed or did not help. Then `details.attempts` lists who was asked, each with
 * `provider`, `model` and `code`, ten at most.
 */
export interface Router {
  /** Any operation, for a whole reply. */
  run<Request, Reply>(
    operation: Operation<Request, Reply, unknown>,
    route: string,
    request: NoInfer<Request>,
    options?: CallOptions,
  ): Promise<Routed<Reply>>
  /** Any operation that has a stream. Resolves when the first output has arrived. */
  open<Request, Piece>(
    operation: Operation<Request, unknown, Piece>,
    route: string,
    request: NoInfer<Request>,
    options?: CallOptions,
  ): Promise<RoutedStream<Piece>>
  infer(route: string, payload: InferPayload, options?: CallOptions): Promise<Routed<InferReply>>
  chat(route: string, request: Chat, options?: CallOptions): Promise<Routed<ChatReply>>
  /** Resolves when the first output has arrived. */
  chatStream(route: string, request: Chat, options?: CallOptions): Promise<RoutedStream<readonly ChatEvent[]>>
  embed(route: string, request: Embed, options?: CallOptions): Promise<Routed<EmbedReply>>
  /**
   * For a gateway that sends requests itself: whom to ask, how, and a place to report what became of the call. The
   * policy, the limits and the telemetry are those of any other request. Guardrails cannot see such a request, so a
   * router with guardrails refuses it.
   */
  pick(route: string, request: PickRequest): Promise<Picked>
  /**
   * What an upstream of the route says of its model: inputs, outputs. The policy is asked as for a request, but nothing is
   * counted. Upstreams are asked at most once in ten seconds.
   */
  describe(route: string, options?: DescribeOptions): Promise<DescribedModel>
  /** The tokens and the cost of all requests since the router was made. */
  usage(): UsageReport
  /** The current snapshot. Undefined before the first snapshot is loaded. */
  readonly table: RouteTable | undefined
  /** How often an observer threw or rejected, or something else that only hears of requests: a strategy, a layer. */
  readonly observerFailures: number
}

/** Those that a plane passes on. */
export const routingKinds: OptionKinds<
  Pick<RouterOptions, 'strategy' | 'layers' | 'maxInFlightPerUpstream' | 'prices' | 'maxUsageNames'>
> = {
  strategy: 'pick()',
  layers: 'object',
  maxInFlightPerUpstream: 'any',
  prices: 'costOf()',
  maxUsageNames: 'any',
}

const kinds: OptionKinds<RouterOptions> = {
  ...routingKinds,
  table: 'object!',
  clock: 'now()',
  policy: 'decide()',
  observers: 'list',
  logger: 'error()',
}

const noOptions: CallOptions = {}

export function createRouter(options: RouterOptions): Router {
  requireNode()
  checkOptions(options, kinds)
  const { table, clock = systemClock, logger } = options
  const observers = groupObservers(options.observers ?? [], logger)
  const strategy = options.strategy ?? weightedStrategy(() => clock.random())
  const maxInFlight = options.maxInFlightPerUpstream
  if (maxInFlight !== undefined) checkNumbers({ maxInFlightPerUpstream: maxInFlight })
  const { prices, maxUsageNames: maxEntries = 1000 } = options
  checkNumbers({ maxUsageNames: maxEntries })
  const usage = new UsageBook({ maxEntries, sinceMs: clock.now(), isPriced: prices !== undefined })
  const around: RouterContext = { clock, observers, strategy, maxInFlight, table, prices, usage }
  const frame = new LayerFrame(new PolicyLayer(options.policy), options.layers ?? {})
  let descriptions: Promise<ModelDescriptions> | undefined

  const begin = <Request>(
    name: string,
    operation: Operation<Request, unknown, unknown>,
    body: Request,
    streamed: boolean,
    call: CallOptions,
  ): RoutedRequest<Request> => {
    const snapshot = loadedTable(table.current)
    const route = routeNamed(snapshot, name)
    return new RoutedRequest(around, snapshot, route, name, operation, body, streamed, call)
  }

  const router: Router = {
    async run(operation, name, body, call = noOptions) {
      const request = begin(name, operation, body, false, call)
      try {
        const entered = frame.enter(request)
        const cached = entered instanceof Promise ? await entered : entered
        const answered = cached ?? (await callUpstreams(request, operation))
        if (cached === undefined) frame.keep(request, answered)
        const reply = frame.guardsReplies ? await frame.leave(request, answered.reply) : answered.reply
        request.succeeded()
        const { cost } = request
        const served = servedBy(request, answered.upstream, answered.approximated)
        return cost === undefined
          ? { ...served, reply: reply as never }
          : { ...served, cost, reply: reply as never }
      } catch (cause) {
        throw ended(request, cause)
      }
    },
    async open(operation, name, body, call = noOptions) {
      const request = begin(name, operation, body, true, call)
      try {
        const entered = frame.enter(request)
        if (entered instanceof Promise) await entered
        const stream = await openStream(request, operation, !frame.guardsReplies)
        const events = frame.guardsReplies ? frame.leaveStream(request, stream) : stream
        const { upstream, translation } = stream.attempt
        return {
          ...servedBy(request, upstream.identity, translation.listed),
          events,
          cost: () => new Promise((tell) => request.whenEnded(({ cost }) => tell(cost))),
        }
      } catch (cause) {
        throw ended(request, cause)
      }
    },
    infer: (...call) => router.run(inferOperation, ...call),
    chat: (...call) => router.run(chatOperation, ...call),
    chatStream: (...call) => router.open(chatOperation, ...call),
    embed: (...call) => router.run(embedOperation, ...call),
    async pick(name, { operation, streamed = false, ...call }) {
      const request = begin(name, { name: operation }, undefined, streamed, call)
      try {
        await frame.enterUnseen(request)
        return pickUpstream(request)
      } catch (cause) {
        throw ended(request, cause)
      }
    },
    async describe(name, call = noOptions) {
      // Most routers are never asked, so it is loaded for the first one who does.
      descriptions ??= import('./model-descriptions.ts').then(
        (loaded) => new loaded.ModelDescriptions(clock, options.policy),
      )
      return await (await descriptions).find(routeNamed(loadedTable(table.current), name), call)
    },
    usage: () => usage.report(),
    get table() {
      return table.current
    },
    get observerFailures() {
      return observers.failures
    },
  }
  return router
}

function routeNamed(snapshot: RouteTable, name: string): Route {
  const route = snapshot.find(name)
  if (route !== undefined) return route
  // Only a name that a route may have is worth repeating whole.
  const shown = name.slice(0, longestModelName)
  throw new ModelspineError('no-route', `there is no route "${shown}"`, { details: { route: shown } })
}

/** Ends the request, with whatever of it is still under way. Gives the error for the caller. */
function ended(request: RoutedRequest, cause: unknown): ModelspineError {
  const error = request.stopped ?? asModelspineError(cause, 'unavailable', 'routing failed')
  const told = withAttempts(error, request)
  request.stop(error)
  return told
}
