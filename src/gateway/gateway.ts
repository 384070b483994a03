import { type Clock, systemClock } from '../clock.ts'
import { ModelspineError } from '../errors.ts'
import { checkNumbers } from '../http/check-options.ts'
import type { Actor } from '../resources/metadata.ts'
import { checkOptions, type OptionKinds } from '../resources/problems/known-options.ts'
import type { Router } from '../routing/router.ts'
import { type Logger, silentLogger } from '../telemetry/logger.ts'
import { type Authenticate, identifyAs, identifyBy } from './callers/authenticate.ts'
import { type Hosts, hostCheck } from './callers/hosts.ts'
import { createCore } from './core.ts'
import { fetchHandler } from './fetch-handler.ts'
import { defaultJsonLimits } from './json-limits.ts'
import type { Mounted } from './mounted-handlers.ts'
import { type Listening, type ListenOptions, listen } from './node/listen.ts'
import { type NodeHandler, nodeHandler } from './node/node-handler.ts'
import type { GatewayRequest } from './surface.ts'

export interface GatewayOptions {
  readonly router: Router
  /** Called before every request except health probes. Without it every caller is let in, as `anonymous`. */
  readonly authenticate?: Authenticate
  /** How long `authenticate` may take, in milliseconds. After that the answer is 503. Default 5000. */
  readonly authenticateTimeoutMs?: number
  /** The largest body of a request, in bytes. Default 8 MiB. */
  readonly maxBodyBytes?: number
  /** How deep the lists and objects of a JSON body may be nested. Default 128. */
  readonly maxJsonDepth?: number
  /** The most parts of a JSON body: texts, names of members, lists and objects. Default 50,000. */
  readonly maxJsonParts?: number
  /** The most values in a JSON body, numbers included. Default 500,000. */
  readonly maxJsonValues?: number
  /**
   * How long a caller may go without reading its answer, in milliseconds. After that its connection is cut. Default
   * 60,000. For `fetch`, this is the matter of the server around it.
   */
  readonly writeTimeoutMs?: number
  /**
   * How long a stream may pause until a comment is sent, in milliseconds, so that proxies keep the connection. 0 for
   * no comments. Default 15,000.
   */
  readonly streamCommentMs?: number
  /**
   * The hosts that callers may address, such as `models.example.com`, with a port where only that port is meant, or
   * `any`. Every other host is refused with 403, except for health probes. Default: `any`. A server that `listen` opens
   * on a loopback address serves by default only `localhost`, `127.0.0.1` and `[::1]`.
   */
  readonly hosts?: Hosts
  /**
   * Handlers of your own, by path below the base path, such as `/metrics`. A path below `/v1` or `/v2` is not
   * allowed.
   */
  readonly handlers?: Readonly<Record<string, Mounted>>
  /** The path below which everything is served, such as `/models`. Default: no path. */
  readonly basePath?: string
  readonly clock?: Clock
  readonly logger?: Logger
}

/** The handlers to put into a server or a framework. */
export interface GatewayHandlers {
  /** For every framework that uses fetch's Request and Response. */
  fetch(request: Request): Promise<Response>
  /** For `http.createServer`, and for frameworks over it. This is the fast path. The body must be unread. */
  readonly node: NodeHandler
}

export interface Gateway extends GatewayHandlers {
  /**
   * Handlers for one request whose caller the framework around the gateway has identified. `authenticate` is not called.
   * Null stands for an unknown caller, who gets 401.
   */
  as(actor: Actor | null): GatewayHandlers
  /** Opens a port of the gateway's own. */
  listen(options: ListenOptions): Promise<Listening>
}

const kinds: OptionKinds<GatewayOptions> = {
  router: 'run()!',
  authenticate: 'function',
  authenticateTimeoutMs: 'any',
  maxBodyBytes: 'any',
  maxJsonDepth: 'any',
  maxJsonParts: 'any',
  maxJsonValues: 'any',
  writeTimeoutMs: 'any',
  streamCommentMs: 'any',
  hosts: 'any',
  handlers: 'object',
  basePath: 'any',
  clock: 'now()',
  logger: 'error()',
}

/** Serves a router over HTTP: Open Inference V2 below `/v2`, OpenAI and Anthropic below `/v1`. Throws `invalid-options`. */
export function createGateway(options: GatewayOptions): Gateway {
  checkOptions(options, kinds)
  const { router, authenticate, hosts, clock = systemClock, logger = silentLogger } = options
  const { basePath = '', handlers = {} } = options
  if (basePath !== '' && !/^(?:\/[^/?#]+)+$/.test(basePath)) {
    throw new ModelspineError('invalid-options', `basePath is "${basePath}"; write a path such as /models`)
  }
  const { authenticateTimeoutMs = 5000, maxBodyBytes = 8 * 1024 * 1024, writeTimeoutMs = 60_000 } = options
  const { maxJsonDepth, maxJsonParts, maxJsonValues } = { ...defaultJsonLimits, ...options }
  const jsonLimits = { maxJsonDepth, maxJsonParts, maxJsonValues }
  const { streamCommentMs = 15_000 } = options
  checkNumbers({ streamCommentMs }, 0)
  checkNumbers({ authenticateTimeoutMs, maxBodyBytes, writeTimeoutMs, ...jsonLimits })
  const core = createCore({
    router,
    clock,
    logger,
    identify: authenticate && identifyBy(authenticate, { timeoutMs: authenticateTimeoutMs, clock, logger }),
    handlers,
    jsonLimits,
    streamCommentMs,
  })
  const servesHost = hosts === undefined ? undefined : hostCheck(hosts)
  const shared = { core, basePath, maxBodyBytes, writeTimeoutMs, servesHost, clock, logger }
  return {
    fetch: fetchHandler(shared),
    node: nodeHandler(shared),
    as(actor) {
      const known = identifyAs(actor)
      const handed = { ...shared, core: (request: GatewayRequest) => core(request, known) }
      return { fetch: fetchHandler(handed), node: nodeHandler(handed) }
    },
    listen: (where) => listen((server) => nodeHandler(shared, server), clock, where),
  }
}
