import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Loopback, serveLoopback } from '../../loopback.ts'
import { type Json, KubernetesWorld, Refusal, type Stored } from './kubernetes-world.ts'
import { SmallKserve } from './small-kserve.ts'

export interface ScriptedReply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** A Kubernetes API over real HTTP with a KServe that acts when it is told to, and what goes wrong with both. */
export interface ScriptedKubernetes extends Loopback {
  readonly world: KubernetesWorld
  readonly kserve: SmallKserve
  /** `GET /inferenceservices/first?…` of each call so far, without the path of the API. */
  readonly calls: string[]
  readonly requests: {
    readonly call: string
    readonly headers: IncomingMessage['headers']
    readonly body: string
  }[]
  pageSize: number
  /** Holds a call until this is resolved. Then the world answers it. */
  before: (call: string) => Promise<void> | undefined
  /** Answers before the world does. Undefined: the world answers. */
  intercept: (call: string, response: ServerResponse) => ScriptedReply | undefined | 'answered'
  /** Called after the world has done what was asked. */
  afterwards: (call: string, response: ServerResponse) => 'answered' | undefined
  /** Ends all watches. */
  endWatches(last?: Json): void
  /** Writes to all watches. */
  tell(event: Json): void
  /** Writes a piece of a line to all watches. */
  write(text: string): void
  /** Breaks the connections of all watches. */
  breakWatches(): void
  readonly watching: number
}

export async function scriptedKubernetes(): Promise<ScriptedKubernetes> {
  const world = new KubernetesWorld()
  const watches = new Set<{ readonly response: ServerResponse; sent: number }>()
  const scripted = {
    world,
    kserve: new SmallKserve(world),
    calls: [] as string[],
    requests: [] as ScriptedKubernetes['requests'],
    pageSize: 500,
    intercept: (() => undefined) as ScriptedKubernetes['intercept'],
    before: (() => undefined) as ScriptedKubernetes['before'],
    afterwards: (() => undefined) as ScriptedKubernetes['afterwards'],
    endWatches(last?: Json) {
      for (const { response } of watches) response.end(last && `${JSON.stringify(last)}\n`)
      watches.clear()
    },
    tell(event: Json) {
      scripted.write(`${JSON.stringify(event)}\n`)
    },
    write(text: string) {
      for (const { response } of watches) response.write(text)
    },
    breakWatches() {
      for (const { response } of watches) response.destroy()
      watches.clear()
    },
    get watching() {
      return watches.size
    },
  }
  const catchUp = (): void => {
    for (const watch of watches) {
      for (const { version, type, sort, object } of world.events) {
        if (version <= watch.sent || sort !== 'inferenceservices') continue
        watch.sent = version
        watch.response.write(`${JSON.stringify({ type, object })}\n`)
      }
    }
  }
  const loopback = await serveLoopback(async (request, body, response) => {
    const url = new URL(request.url ?? '', 'http://kubernetes')
    const [, , at = url.pathname] = /\/namespaces\/([^/]+)(\/.*)$/.exec(url.pathname) ?? []
    const call = `${request.method} ${at}${url.search}`
    scripted.calls.push(call)
    scripted.requests.push({ call, headers: request.headers, body: body.toString() })
    const held = scripted.before(call)
    if (held !== undefined) await held
    const early = scripted.intercept(call, response)
    if (early === 'answered') return
    if (early !== undefined) {
      response.writeHead(early.status, early.headers).end(early.body)
      return
    }
    if (url.searchParams.get('watch') === 'true') {
      const since = Number(url.searchParams.get('resourceVersion'))
      response.writeHead(200, { 'content-type': 'application/json' })
      if (since < world.forgotten) {
        response.end(
          `${JSON.stringify({ type: 'ERROR', object: status(410, 'Expired', 'too old resource version') })}\n`,
        )
        return
      }
      const watch = { response, sent: since }
      watches.add(watch)
      response.on('close', () => watches.delete(watch))
      response.flushHeaders()
      catchUp()
      return
    }
    const reply = answer(scripted, request, at, url.searchParams, body)
    catchUp()
    if (scripted.afterwards(call, response) === 'answered') return
    response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers }).end(reply.body)
  })
  const close = async (): Promise<void> => {
    scripted.endWatches()
    await loopback.close()
  }
  return Object.assign(scripted, loopback, { close }) as ScriptedKubernetes
}

export function status(code: number, reason: string, message: string, details: Json = {}): Json {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, details, code }
}

function answer(
  { world, pageSize }: ScriptedKubernetes | { world: KubernetesWorld; pageSize: number },
  request: IncomingMessage,
  at: string,
  query: URLSearchParams,
  body: Buffer,
): ScriptedReply {
  const [, sort = '', name] = at.split('/').map(decodeURIComponent)
  try {
    const reply = act(world, pageSize, request, sort, name, query, body)
    return { status: 200, body: JSON.stringify(reply) }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return {
      status: error.status,
      body: JSON.stringify(status(error.status, error.reason, error.message, error.details)),
    }
  }
}

function act(
  world: KubernetesWorld,
  pageSize: number,
  request: IncomingMessage,
  sort: string,
  name: string | undefined,
  query: URLSearchParams,
  body: Buffer,
): unknown {
  const sent = body.byteLength > 0 ? (JSON.parse(body.toString()) as Json) : {}
  if (request.method === 'GET' && name === undefined) return list(world, pageSize, sort, query)
  if (name === undefined) throw new Refusal(405, 'MethodNotAllowed', 'method not allowed')
  switch (request.method) {
    case 'GET': {
      const found = world.find(sort, name)
      return request.headers.accept?.includes('PartialObjectMetadata') ? { metadata: found.metadata } : found
    }
    case 'PATCH': {
      if (request.headers['content-type'] !== 'application/apply-patch+yaml') {
        throw new Refusal(415, 'UnsupportedMediaType', 'only server-side apply')
      }
      return world.apply(sort, name, sent, {
        manager: query.get('fieldManager') ?? '',
        force: query.get('force') === 'true',
        dryRun: query.get('dryRun') === 'All',
      })
    }
    case 'DELETE':
      world.delete(sort, name, (sent.preconditions ?? {}) as Json)
      return { kind: 'Status', status: 'Success' }
    default:
      throw new Refusal(405, 'MethodNotAllowed', 'method not allowed')
  }
}

function list(world: KubernetesWorld, pageSize: number, sort: string, query: URLSearchParams): Json {
  const [label = '', value] = (query.get('labelSelector') ?? '').split('=')
  const all = world
    .all(sort)
    .filter(({ metadata }) => (metadata.labels as Json | undefined)?.[label] === value)
  const from = Number(query.get('continue') ?? 0)
  const size = Math.min(pageSize, Number(query.get('limit') ?? 500))
  const items: readonly Stored[] = all.slice(from, from + size)
  const isLast = from + size >= all.length
  return {
    kind: 'List',
    metadata: { resourceVersion: String(world.version), ...(!isLast && { continue: String(from + size) }) },
    items,
  }
}
