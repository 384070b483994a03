/** OpenAI's chat completions, legacy completions, embeddings and models over the router. */

import type { Clock } from '../clock.ts'
import type { ChatCodec } from '../dialects/chat-codec.ts'
import { openaiChat } from '../dialects/openai/chat-codec.ts'
import { openaiCompletions } from '../dialects/openai/completions/completion-codec.ts'
import { parseOpenaiEmbed, printOpenaiEmbedReply } from '../dialects/openai/embed.ts'
import { ModelspineError } from '../errors.ts'
import { splitKey } from '../resources/metadata.ts'
import type { Router } from '../routing/router.ts'
import type { Route } from '../routing/table/route.ts'
import { loadedTable } from '../routing/table/table.ts'
import { HttpFailure, type TellFailure } from './failure.ts'
import { type JsonLimits, jsonText } from './json-limits.ts'
import { ChatPieces } from './openai/chat-pieces.ts'
import { StreamComments } from './openai/stream-comments.ts'
import { openaiErrorBody } from './openai-errors.ts'
import { pathName } from './path-name.ts'
import { plainBody } from './plain-body.ts'
import { servedHeaders } from './served-headers.ts'
import type { Answer, Call, ErrorFacts, Handler, Surface } from './surface.ts'

export interface OpenaiSurfaceOptions {
  readonly router: Router
  readonly clock: Clock
  readonly tell: TellFailure
  readonly limits: JsonLimits
  /** 0 for no comments. */
  readonly streamCommentMs: number
}

export function openaiSurface(options: OpenaiSurfaceOptions): Surface {
  const { router, clock, tell, limits, streamCommentMs } = options

  /** Chats in a dialect. The ids of answers from other dialects begin with `prefix`. */
  const chatIn = (codec: ChatCodec<never>, prefix: string): Handler => {
    return async (call) => {
      const { request, stream, includeUsage } = codec.parse(await textOf(call, limits))
      const { model } = request
      const facts = { id: `${prefix}-${call.requestId}`, model, createdMs: clock.now(), includeUsage }
      if (!stream) {
        const routed = await router.chat(model, request, call.options())
        const body = codec.printReply(routed.reply, facts)
        return { status: 200, headers: servedHeaders(routed, 'application/json'), body }
      }
      const routed = await router.chatStream(model, request, call.options())
      const headers = servedHeaders(routed, 'text/event-stream; charset=utf-8')
      headers['cache-control'] = 'no-cache'
      const factsOf = (error: unknown): ErrorFacts => tell(error, call.requestId)
      const pieces = new ChatPieces(routed.events, codec.writer(facts), factsOf)
      const body = streamCommentMs === 0 ? pieces : new StreamComments(pieces, clock, streamCommentMs)
      return { status: 200, headers, body }
    }
  }
  const chat = chatIn(openaiChat, 'chatcmpl')
  const complete = chatIn(openaiCompletions, 'cmpl')

  const embed: Handler = async (call) => {
    const request = parseOpenaiEmbed(await textOf(call, limits))
    const routed = await router.embed(request.model, request, call.options())
    const body = printOpenaiEmbedReply(routed.reply, request)
    return { status: 200, headers: servedHeaders(routed, 'application/json'), body }
  }

  const models: Handler = () => {
    const table = loadedTable(router.table)
    const data = table.routes.filter(isOffered).flatMap((route) => {
      const reached = route.names.filter((name) => table.find(name)?.key === route.key)
      return reached.map((name) => modelOf(name, route))
    })
    return json({ object: 'list', data })
  }

  const model: Handler = ({ names: [name = ''] }) => {
    const route = loadedTable(router.table).find(name)
    if (route === undefined || !isOffered(route)) {
      throw new ModelspineError('no-route', `there is no model "${name}"`, { details: { field: 'model' } })
    }
    return json(modelOf(name, route))
  }

  return {
    find(path) {
      if (path === '/v1/chat/completions') return { methods: { POST: chat }, names: [] }
      if (path === '/v1/completions') return { methods: { POST: complete }, names: [] }
      if (path === '/v1/embeddings') return { methods: { POST: embed }, names: [] }
      if (path === '/v1/models') return { methods: { GET: models }, names: [] }
      if (!path.startsWith('/v1/models/')) return undefined
      return { methods: { GET: model }, names: [pathName(path.slice('/v1/models/'.length))] }
    },
    errorBody: openaiErrorBody,
  }
}

/**
 * Reads the body as text. Demands a JSON content type, because then a browser asks first (CORS preflight)
 * before a web page of another origin can send the request.
 */
async function textOf({ request }: Call, limits: JsonLimits): Promise<string> {
  const contentType = request.header('content-type') ?? 'missing'
  if (!/^application\/json\b/i.test(contentType)) {
    throw new HttpFailure(415, `the content type is ${contentType}; write application/json`)
  }
  return jsonText(await plainBody(request), limits)
}

function isOffered({ operations }: Route): boolean {
  return operations.includes('chat') || operations.includes('embed')
}

/** The time when a route was first declared is not stored, so `created` is 0, the epoch. */
function modelOf(name: string, { key }: Route): unknown {
  return { id: name, object: 'model', created: 0, owned_by: splitKey(key).namespace }
}

function json(body: unknown): Answer {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}
