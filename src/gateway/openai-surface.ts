/** OpenAI's chat completions, embeddings and models over the router. */

import type { Clock } from '../clock.ts'
import { type OpenaiChunkOptions, OpenaiChunkWriter } from '../dialects/openai/chat-chunk.ts'
import { openaiChatReply } from '../dialects/openai/chat-reply.ts'
import { parseOpenaiChat } from '../dialects/openai/chat-request.ts'
import { openaiEmbedReply, parseOpenaiEmbed } from '../dialects/openai/embed.ts'
import { ModelspineError, messageOf } from '../errors.ts'
import type { ChatEvent } from '../provider/contract.ts'
import { splitKey } from '../resources/metadata.ts'
import type { Router } from '../routing/router.ts'
import type { Route } from '../routing/table/route.ts'
import { loadedTable } from '../routing/table/table.ts'
import { HttpFailure, type TellFailure } from './failure.ts'
import { type JsonLimits, jsonText } from './json-limits.ts'
import { openaiErrorBody } from './openai-errors.ts'
import { pathName } from './path-name.ts'
import { plainBody } from './plain-body.ts'
import { servedHeaders } from './served-headers.ts'
import type { Answer, Call, ErrorFacts, Handler, Surface } from './surface.ts'

export function openaiSurface(router: Router, clock: Clock, tell: TellFailure, limits: JsonLimits): Surface {
  const chat: Handler = async (call) => {
    const { request, stream, includeUsage } = parseOpenaiChat(await jsonOf(call, limits))
    const { model } = request
    if (!stream) {
      const routed = await router.chat(model, request, call.options())
      const body = JSON.stringify(openaiChatReply(routed.reply, clock.now()))
      return { status: 200, headers: servedHeaders(routed, 'application/json'), body }
    }
    const routed = await router.chatStream(model, request, call.options())
    const headers = servedHeaders(routed, 'text/event-stream; charset=utf-8')
    headers['cache-control'] = 'no-cache'
    const id = `chatcmpl-${call.requestId}`
    const body = openaiEvents(routed.events, { id, model, createdMs: clock.now(), includeUsage }, (error) =>
      tell(error, call.requestId),
    )
    return { status: 200, headers, body }
  }

  const embed: Handler = async (call) => {
    const request = parseOpenaiEmbed(await jsonOf(call, limits))
    const routed = await router.embed(request.model, request, call.options())
    const body = JSON.stringify(openaiEmbedReply(routed.reply, request))
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
      if (path === '/v1/embeddings') return { methods: { POST: embed }, names: [] }
      if (path === '/v1/models') return { methods: { GET: models }, names: [] }
      if (!path.startsWith('/v1/models/')) return undefined
      return { methods: { GET: model }, names: [pathName(path.slice('/v1/models/'.length))] }
    },
    errorBody: openaiErrorBody,
  }
}

/**
 * Reads the body as JSON. Demands a JSON content type, because then a browser asks first (CORS preflight)
 * before a web page of another origin can send the request.
 */
async function jsonOf({ request }: Call, limits: JsonLimits): Promise<unknown> {
  const contentType = request.header('content-type') ?? 'missing'
  if (!/^application\/json\b/i.test(contentType)) {
    throw new HttpFailure(415, `the content type is ${contentType}; write application/json`)
  }
  const text = jsonText(await plainBody(request), limits)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new ModelspineError('bad-request', `the body is not JSON: ${messageOf(error)}`)
  }
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

/**
 * A stream as server-sent events. A stream that fails ends with an event that holds the error. It has no
 * `[DONE]`, so that a stream which was cut off does not look complete.
 */
async function* openaiEvents(
  events: AsyncIterable<ChatEvent>,
  options: OpenaiChunkOptions,
  factsOf: (error: unknown) => ErrorFacts,
): AsyncGenerator<string> {
  const writer = new OpenaiChunkWriter(options)
  try {
    for await (const event of events) {
      const chunk = writer.write(event)
      if (chunk !== undefined) yield `data: ${JSON.stringify(chunk)}\n\n`
    }
  } catch (error) {
    yield `data: ${openaiErrorBody(factsOf(error))}\n\n`
    return
  }
  const usage = writer.end()
  if (usage !== undefined) yield `data: ${JSON.stringify(usage)}\n\n`
  yield 'data: [DONE]\n\n'
}
