import { type Clock, systemClock } from '../clock.ts'
import { ModelspineError } from '../errors.ts'
import type { Router } from '../routing/router.ts'
import { type Logger, silentLogger } from '../telemetry/logger.ts'
import { type Authenticate, createCore } from './core.ts'
import { fetchHandler } from './fetch-handler.ts'
import { type Listening, type ListenOptions, listen } from './listen.ts'
import { type NodeHandler, nodeHandler } from './node-handler.ts'

export interface GatewayOptions {
  readonly router: Router
  /** Asked before every request but health probes. Without it everybody is let in, as `anonymous`. */
  readonly authenticate?: Authenticate
  /** Default 8 MiB. */
  readonly maxBodyBytes?: number
  /** Where the surfaces are mounted, such as `/models`; nothing when left out. */
  readonly basePath?: string
  readonly clock?: Clock
  readonly logger?: Logger
}

export interface Gateway {
  /** For whatever speaks fetch. */
  fetch(request: Request): Promise<Response>
  /** For `http.createServer`; the fast path. */
  readonly node: NodeHandler
  /** Opens a port of its own. */
  listen(options: ListenOptions): Promise<Listening>
}

/** HTTP over a router: Open Inference V2 below `/v2`, OpenAI below `/v1`. Throws `invalid-options`. */
export function createGateway(options: GatewayOptions): Gateway {
  const { router, authenticate, maxBodyBytes = 8 * 1024 * 1024, clock = systemClock } = options
  const { logger = silentLogger, basePath = '' } = options
  if (basePath !== '' && !/^(?:\/[^/?#]+)+$/.test(basePath)) {
    throw new ModelspineError('invalid-options', `basePath is "${basePath}"; write a path such as /models`)
  }
  if (!(maxBodyBytes > 0)) {
    throw new ModelspineError('invalid-options', `maxBodyBytes is ${maxBodyBytes}; write a number above 0`)
  }
  const shared = { core: createCore({ router, clock, logger, authenticate }), basePath, maxBodyBytes, logger }
  return {
    fetch: fetchHandler(shared),
    node: nodeHandler(shared),
    listen: (where) => listen((draining) => nodeHandler({ ...shared, draining }), clock, where),
  }
}
