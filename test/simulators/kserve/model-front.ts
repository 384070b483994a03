import { request } from 'undici'
import { type Loopback, serveLoopback } from '../../loopback.ts'
import type { Predictor } from './inference-service.ts'
import type { ModelProcess } from './model-process.ts'
import type { Share } from './simulated-service.ts'

/** Who answers at one host. */
export interface HostAnswer {
  readonly shares: readonly Share[]
  /** How long the first request waits, where no server runs. */
  readonly wakesAfterMs: number
}

export interface ModelFrontOptions {
  /** The host `churn-predictor` of a namespace. Undefined where there is none. */
  find(namespace: string, host: string): HostAnswer | undefined
  /** The address of a real model server that answers for a model. Undefined: the front answers by itself. */
  upstream?(predictor: Predictor): { readonly url: string; readonly model: string } | undefined
  /** What the front itself answers with, in milliseconds and a status. Default: at once, 200. */
  behaviour?(predictor: Predictor): { readonly takesMs?: number; readonly status?: number }
}

export interface ModelFront {
  /** The address of a host. */
  url(namespace: string, host: string): string
  /** How many requests each address of a model's files has answered. */
  readonly answered: ReadonlyMap<string, number>
  close(): Promise<void>
}

/**
 * What stands before the model servers: it knows the hosts of services, revisions and tags, and splits requests by
 * share. Its own models speak the Open Inference Protocol and answer with the address of their files.
 */
export async function modelFront(options: ModelFrontOptions): Promise<ModelFront> {
  const answered = new Map<string, number>()
  let asked = 0

  /** Shares are met as exactly as possible, so that tests need few requests. */
  function pick(shares: readonly Share[]): ModelProcess | undefined {
    asked += 37
    let place = asked % 100
    for (const { process, percent } of shares) {
      if (place < percent) return process
      place -= percent
    }
    return undefined
  }

  const server: Loopback = await serveLoopback(async (incoming, body, response) => {
    const [, namespace = '', host = '', path = ''] =
      /^\/([^/]+)\/([^/]+)(\/.*)$/.exec(incoming.url ?? '') ?? []
    const found = options.find(namespace, host)
    const process = found && pick(found.shares)
    const json = (status: number, value: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    }
    if (found === undefined || process === undefined)
      return json(found === undefined ? 404 : 503, { error: `nobody answers for ${host}` })
    if (found.wakesAfterMs > 0) await new Promise((resolve) => setTimeout(resolve, found.wakesAfterMs))
    const { predictor } = process
    const files = predictor.model?.storageUri ?? ''
    answered.set(files, (answered.get(files) ?? 0) + 1)
    const real = options.upstream?.(predictor)
    if (real === undefined) {
      const { takesMs = 0, status = 200 } = options.behaviour?.(predictor) ?? {}
      if (takesMs > 0) await new Promise((resolve) => setTimeout(resolve, takesMs))
      const outputs = [{ name: 'files', datatype: 'BYTES', shape: [1], data: [files] }]
      return json(status, status === 200 ? { model_name: host, outputs } : { error: 'the model failed' })
    }
    const renamed = path.replace(/^\/v2\/models\/[^/]+/, `/v2/models/${real.model}`)
    const reply = await request(`${real.url}${renamed}`, {
      method: incoming.method as 'GET' | 'POST',
      headers: { 'content-type': incoming.headers['content-type'] ?? 'application/json' },
      ...(body.byteLength > 0 && { body }),
    })
    const type = String(reply.headers['content-type'] ?? 'application/json')
    response.writeHead(reply.statusCode, { 'content-type': type })
    response.end(Buffer.from(await reply.body.arrayBuffer()))
  })

  return {
    url: (namespace, host) => `${server.url}/${namespace}/${host}`,
    answered,
    close: () => server.close(),
  }
}
