import { type Clock, systemClock } from '../clock.ts'
import { ModelspineError } from '../errors.ts'
import type { Router } from '../routing/router.ts'
import { type Logger, silentLogger } from '../telemetry/logger.ts'
import { type Authenticate, createCore } from './core.ts'
import { fetchHandler } from './fetch-handler.ts'
import { type Listening, type ListenOptions, listen } from './listen.ts'
import type { Mounted } from './mounted-handlers.ts'
import { type NodeHandler, nodeHandler } from './node-handler.ts'

export interface GatewayOptions {
  readonly router: Router
  /** Called before every request except health probes. Without it every caller is let in, as `anonymous`. */
  readonly authenticate?: Authenticate
  /** The largest body of a request, in bytes. Default 8 MiB. */
  readonly maxBodyBytes?: number
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

export interface Gateway {
  /** For every framework that uses fetch's Request and Response. */
  fetch(request: Request): Promise<Response>
  /** For `http.createServer`. This is the fast path. */
  readonly node: NodeHandler
  /** Opens a port of the gateway's own. */
  listen(options: ListenOptions): Promise<Listening>
}

/** Serves a router over HTTP: Open Inference V2 below `/v2`, OpenAI below `/v1`. Throws `invalid-options`. */
export function createGateway(options: GatewayOptions): Gateway {
  const { router, authenticate, maxBodyBytes = 8 * 1024 * 1024, clock = systemClock } = options
  const { logger = silentLogger, basePath = '', handlers = {} } = options
  if (basePath !== '' && !/^(?:\/[^/?#]+)+$/.test(basePath)) {
    throw new ModelspineError('invalid-options', `basePath is "${basePath}"; write a path such as /models`)
  }
  if (!(maxBodyBytes > 0)) {
    throw new ModelspineError('invalid-options', `maxBodyBytes is ${maxBodyBytes}; write a number above 0`)
  }
  const core = createCore({ router, clock, logger, authenticate, handlers })
  const shared = { core, basePath, maxBodyBytes, logger }
  return {
    fetch: fetchHandler(shared),
    node: nodeHandler(shared),
    listen: (where) => listen((draining) => nodeHandler({ ...shared, draining }), clock, where),
  }
}
