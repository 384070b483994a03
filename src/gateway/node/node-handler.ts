import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../clock.ts'
import { messageOf } from '../../errors.ts'
import { scrub } from '../../http/scrub.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { HostCheck } from '../callers/hosts.ts'
import type { Core } from '../core.ts'
import { busy, wrongHost } from '../failure.ts'
import { NodeRequest, type NodeRequestOptions } from './node-request.ts'
import { type Patience, sendBody } from './send-body.ts'

export interface NodeHandlerOptions {
  readonly core: Core
  readonly basePath: string
  readonly maxBodyBytes: number
  readonly writeTimeoutMs: number
  readonly clock: Clock
  readonly logger: Logger
  readonly servesHost: HostCheck | undefined
}

/** What a server of the gateway's own knows. */
export interface ServerFacts {
  /** Whether each connection is to be closed after its answer. */
  readonly isDraining: boolean
  readonly servesHost: HostCheck | undefined
  /** Whether there are too many connections for requests on this one. Health probes are answered all the same. */
  isExtra(req: IncomingMessage): boolean
}

export type NodeHandler = (req: IncomingMessage, res: ServerResponse) => void

/** Serves node:http directly, without Request, Response or streams in between. */
export function nodeHandler(options: NodeHandlerOptions, server?: ServerFacts): NodeHandler {
  const { core, clock, logger, writeTimeoutMs } = options
  const requestOptions: NodeRequestOptions = {
    ...options,
    sendsContinue: server !== undefined,
    refusal(host, req) {
      const servesHost = options.servesHost ?? server?.servesHost
      if (servesHost?.(host) === false) return wrongHost(host)
      return server?.isExtra(req) === true
        ? busy('the gateway has as many connections as it allows')
        : undefined
    },
  }
  const patience: Patience = {
    clock,
    writeTimeoutMs,
    onCut: () => logger.info({ writeTimeoutMs }, 'a caller who did not read was cut off'),
  }
  const respond = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    try {
      const request = new NodeRequest(req, res, requestOptions)
      const { status, headers, body } = await core(request)
      const isLast = server !== undefined && (server.isDraining || server.isExtra(req))
      if (isLast || request.isUnread) headers.connection = 'close'
      if (typeof body === 'string' || body instanceof Uint8Array) {
        if (res.destroyed) return
        const length = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
        // In an answer to HEAD, an empty body does not tell the length that GET would have.
        const hasLength = status !== 204 && status !== 304 && (req.method !== 'HEAD' || length > 0)
        if (hasLength) headers['content-length'] ??= String(length)
      }
      res.writeHead(status, headers)
      const rest = sendBody(body, res, patience)
      if (rest !== undefined) await rest
    } catch (error) {
      logger.error({ error: scrub(messageOf(error)) }, 'an answer could not be sent')
      res.destroy()
    }
  }
  return (req, res) => void respond(req, res)
}
