import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Loopback, serveLoopback } from '../../loopback.ts'
import { type GoogleModel, googleModel } from '../../official/google-model.ts'
import { Failure, type Json } from './vertex-failure.ts'
import { routeOf, type VertexAnswer } from './vertex-routes.ts'
import { VertexWorld, type WorldOptions } from './vertex-world.ts'

export interface VertexCall {
  readonly method: string
  readonly url: string
  /** By the discovery document, without what all have in common: `endpoints.create`. */
  readonly operation: string
  readonly body: string
  readonly bytes: Buffer
  readonly headers: IncomingMessage['headers']
}

/** What comes instead of the answer, or before it. */
export type Vice = (
  call: VertexCall,
  response: ServerResponse,
) =>
  | VertexAnswer
  | Failure
  | 'answered'
  | undefined
  | Promise<VertexAnswer | Failure | 'answered' | undefined>

export interface VertexSimulator extends Loopback {
  readonly world: VertexWorld
  readonly calls: readonly VertexCall[]
  /** What the official description of the API has against requests and answers. */
  readonly problems: readonly string[]
  /** How many requests and answers were checked, by operation. */
  readonly checked: ReadonlyMap<string, number>
  /** Access tokens that are taken. */
  readonly tokens: Set<string>
  /** Before anything is done. */
  before: Vice
  /** After it was done, and before it is told. */
  afterwards: Vice
}

export interface SimulatorOptions extends WorldOptions {
  readonly pageSize?: number
}

const document = 'aiplatform.v1'

/** Read once: it has three megabytes. */
let official: GoogleModel | undefined | 'unread' = 'unread'

export function officialVertex(): GoogleModel | undefined {
  if (official === 'unread') official = googleModel(document)
  return official
}

/** Vertex AI of one project and location, over real HTTP. */
export async function vertexSimulator({
  pageSize = 100,
  ...options
}: SimulatorOptions = {}): Promise<VertexSimulator> {
  const world = new VertexWorld(options)
  const calls: VertexCall[] = []
  const problems: string[] = []
  const checked = new Map<string, number>()
  const tokens = new Set(['ya29.good'])
  const model = officialVertex()
  const vices: { before: Vice; afterwards: Vice } = { before: () => undefined, afterwards: () => undefined }

  function note(operation: string, what: string, found: readonly string[]): void {
    checked.set(operation, (checked.get(operation) ?? 0) + 1)
    for (const problem of found) problems.push(`${operation} ${what}: ${problem}`)
  }

  const loopback = await serveLoopback(async (request, bytes, response) => {
    const { method = '', url = '', headers } = request
    world.advance()
    const route = routeOf(method, url, pageSize)
    const call: VertexCall = {
      method,
      url,
      operation: route?.operation ?? '',
      body: bytes.toString(),
      bytes,
      headers,
    }
    calls.push(call)
    const answer = await answerTo(call)
    if (answer === 'answered') return
    const changed = answer instanceof Failure ? undefined : await vices.afterwards(call, response)
    if (changed === 'answered') return
    send(response, changed ?? answer)

    async function answerTo({ operation, body }: VertexCall): Promise<VertexAnswer | Failure | 'answered'> {
      try {
        const vice = await vices.before(call, response)
        if (vice !== undefined) return vice
        const [, token = ''] = /^Bearer (.*)$/.exec(headers.authorization ?? '') ?? []
        if (!tokens.has(token)) {
          return new Failure('UNAUTHENTICATED', `Request had invalid authentication credentials: ${token}`)
        }
        if (route === undefined) return new Failure('NOT_FOUND', `${method} ${url} is no method.`)
        const id = `aiplatform.projects.locations.${operation}`
        const isRaw = operation === 'endpoints.rawPredict'
        const given = body === '' || isRaw ? undefined : (JSON.parse(body) as Json)
        if (model !== undefined && !isRaw)
          note(operation, 'request', model.request(id, { method, path: url.slice(1), body: given }))
        const answer = route.answer(world, given ?? {}, bytes, String(headers['content-type']))
        if (model !== undefined && answer.json !== undefined)
          note(operation, 'reply', model.reply(id, answer.json))
        return answer
      } catch (error) {
        if (error instanceof Failure) return error
        throw error
      }
    }
  })

  return Object.assign(vices, {
    ...loopback,
    world,
    calls,
    problems,
    checked,
    tokens,
  })
}

function send(response: ServerResponse, answer: VertexAnswer | Failure): void {
  if (answer instanceof Failure) {
    response.writeHead(answer.http, { 'content-type': 'application/json; charset=UTF-8' })
    response.end(JSON.stringify(answer.body))
    return
  }
  const { status = 200, headers, json, bytes } = answer
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8', ...headers })
  response.end(json === undefined ? bytes : JSON.stringify(json))
}
