import { type Clock, systemClock } from '../clock.ts'
import { asModelspineError, ModelspineError } from '../errors.ts'
import { requireNode } from '../node-version.ts'
import type {
  CallContext,
  ChatReply,
  ChatRequest,
  EmbedReply,
  EmbedRequest,
  InferPayload,
  InferReply,
} from '../provider/contract.ts'
import type { Actor } from '../resources/metadata.ts'
import type { Operation } from '../resources/route/model-route.ts'
import type { RequestObserver } from '../telemetry/contract.ts'
import type { Logger } from '../telemetry/logger.ts'
import { attempt, missing, type Served, servedBy } from './attempt/attempts.ts'
import { groupObservers } from './attempt/observers.ts'
import { type RequestOptions, RoutedRequest, type RouterContext } from './attempt/routed-request.ts'
import { openStream, type RoutedStream } from './attempt/stream.ts'
import { ask, type InvokePolicy, type Terms, termsOf } from './layers/invoke-policy.ts'
import { capTokens } from './operations/cap-tokens.ts'
import { type UpstreamPicker, weightedPicker } from './strategies/picker.ts'
import type { Route, Upstream } from './table/route.ts'
import { loadedTable, type RouteTable } from './table/table.ts'

export interface RouterOptions {
  /** Holds the current snapshot. The router reads it once per request. */
  readonly table: { readonly current: RouteTable | undefined }
  readonly clock?: Clock
  /** Without a policy, every actor may make every request. */
  readonly policy?: InvokePolicy
  readonly observers?: readonly RequestObserver[]
  /** Default: `weightedPicker`, which chooses by weight. */
  readonly picker?: UpstreamPicker
  readonly logger?: Logger
}

export interface CallOptions extends RequestOptions {
  /** The actor that makes the request. Default `anonymous`. */
  readonly actor?: Actor
}

/** A provider's reply, with the provider, deployment and revision that gave it. */
export interface Routed<Reply> extends Served {
  readonly reply: Reply
}

/**
 * Sends each request to an upstream that serves the route now. Throws a ModelspineError with one of these
 * codes: `no-route`, `unsupported` (the route does not offer the operation), `no-backend` (also before a
 * table is loaded), `policy-denied`, `policy-error`, `timeout`, `aborted`. Or it throws the upstream's own
 * failure, when failover was not allowed or did not help.
 */
export interface Router {
  infer(route: string, payload: InferPayload, options?: CallOptions): Promise<Routed<InferReply>>
  chat(route: string, request: Omit<ChatRequest, 'model'>, options?: CallOptions): Promise<Routed<ChatReply>>
  /** Resolves when the first content has arrived. */
  chatStream(route: string, request: Omit<ChatRequest, 'model'>, options?: CallOptions): Promise<RoutedStream>
  embed(
    route: string,
    request: Omit<EmbedRequest, 'model'>,
    options?: CallOptions,
  ): Promise<Routed<EmbedReply>>
  /** The current snapshot. Undefined before the first snapshot is loaded. */
  readonly table: RouteTable | undefined
  /** How often an observer threw. */
  readonly observerFailures: number
}

const anonymous: Actor = { name: 'anonymous' }

export function createRouter(options: RouterOptions): Router {
  requireNode()
  const { table, clock = systemClock, policy, logger } = options
  const observers = groupObservers(options.observers ?? [], logger)
  const picker = options.picker ?? weightedPicker(() => clock.random())
  const around: RouterContext = { clock, observers, picker }

  /**
   * The terms for the request. Undefined without a policy. A promise only when the policy returned a promise.
   */
  const admit = (request: RoutedRequest, actor: Actor): Terms | undefined | Promise<Terms> => {
    const { operation, requestId, route } = request
    if (!route.operations.includes(operation)) throw notOffered(route, operation)
    if (policy === undefined) return undefined
    const decision = ask(policy, { action: 'invoke', actor, route: route.key, operation, requestId })
    return 'then' in decision
      ? request.untilStopped(decision).then((late) => termsOf(late, route, operation))
      : termsOf(decision, route, operation)
  }

  /** Runs a request to its end, or a stream to its first content. */
  const run = async <Result>(
    name: string,
    operation: Operation,
    call: CallOptions,
    streamed: boolean,
    work: (request: RoutedRequest, terms: Terms | undefined) => Promise<Result>,
  ): Promise<Result> => {
    const route = loadedTable(table.current).find(name)
    if (route === undefined) {
      throw new ModelspineError('no-route', `there is no route "${name}"`, { details: { route: name } })
    }
    const request = new RoutedRequest(around, route, operation, streamed, call)
    try {
      if (request.stopped !== undefined) throw request.stopped
      const admitted = admit(request, call.actor ?? anonymous)
      return await work(request, admitted instanceof Promise ? await admitted : admitted)
    } catch (cause) {
      const error = request.stopped ?? asModelspineError(cause, 'unavailable', 'routing failed')
      request.failed(error)
      throw error
    }
  }

  /** Asks one upstream for a reply. Asks another upstream if the first one fails. */
  const reply = <Reply extends InferReply | ChatReply | EmbedReply>(
    request: RoutedRequest,
    send: (upstream: Upstream, context: CallContext) => Promise<Reply> | undefined,
  ): Promise<Routed<Reply>> =>
    attempt(request, picker, async (upstream) => {
      const sent = send(upstream, request.context)
      if (sent === undefined) throw missing(upstream, request.operation)
      const reply = await request.untilStopped(sent)
      if ('usage' in reply) request.usage = reply.usage
      request.attemptSucceeded('kind' in reply ? reply : undefined)
      request.succeeded()
      return { ...servedBy(request, upstream), reply }
    })

  return {
    infer: (name, payload, call = {}) =>
      run(name, 'infer', call, false, (request) =>
        reply(request, ({ connection, identity }, context) =>
          connection.provider.infer?.({ ...payload, model: identity.model }, context),
        ),
      ),
    chat: (name, chat, call = {}) =>
      run(name, 'chat', call, false, (request, terms) => {
        const capped = withinTerms(chat, terms)
        return reply(request, ({ connection, identity }, context) =>
          connection.provider.chat?.({ ...capped, model: identity.model }, context),
        )
      }),
    chatStream: (name, chat, call = {}) =>
      run(name, 'chat', call, true, (request, terms) =>
        openStream(request, picker, withinTerms(chat, terms)),
      ),
    embed: (name, embed, call = {}) =>
      run(name, 'embed', call, false, (request) =>
        reply(request, ({ connection, identity }, context) =>
          connection.provider.embed?.({ ...embed, model: identity.model }, context),
        ),
      ),
    get table() {
      return table.current
    },
    get observerFailures() {
      return observers.failures
    },
  }
}

function withinTerms<Request extends Omit<ChatRequest, 'model'>>(
  request: Request,
  terms: Terms | undefined,
): Request {
  return terms?.maxOutputTokens === undefined ? request : capTokens(request, terms.maxOutputTokens)
}

function notOffered(route: Route, operation: Operation): ModelspineError {
  const offered = route.operations.join(', ')
  const message = `route ${route.key} does not offer ${operation}, only ${offered}`
  return new ModelspineError('unsupported', message, { details: { route: route.key, operation } })
}
