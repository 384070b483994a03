/** OpenAI's responses, chat completions, legacy completions, embeddings and models over the router. */

import type { ChatCodec } from '../dialects/chat-codec.ts'
import { openaiChat } from '../dialects/openai/chat-codec.ts'
import { openaiCompletions } from '../dialects/openai/completions/completion-codec.ts'
import { parseOpenaiEmbed, printOpenaiEmbedReply } from '../dialects/openai/embed.ts'
import { openaiResponses } from '../dialects/openai/responses/response-codec.ts'
import { ModelspineError } from '../errors.ts'
import { splitKey } from '../resources/metadata.ts'
import type { Route } from '../routing/table/route.ts'
import { loadedTable } from '../routing/table/table.ts'
import { type ChatHandling, chatHandler } from './chats/chat-handler.ts'
import { demandJson } from './demand-json.ts'
import { jsonText } from './json-limits.ts'
import { openaiErrorBody, openaiErrorEvent, openaiResponseErrorEvent } from './openai-errors.ts'
import { pathName } from './path-name.ts'
import { plainBody } from './plain-body.ts'
import { servedHeaders } from './served-headers.ts'
import type { Answer, Handler, Surface } from './surface.ts'

export function openaiSurface(options: ChatHandling): Surface {
  const { router, limits } = options

  /** Chats in a dialect. The ids of answers from other dialects begin with `prefix`. */
  const chatIn = (codec: ChatCodec<never>, prefix: string): Handler =>
    chatHandler(options, {
      codec,
      idOf: (requestId) => `${prefix}-${requestId}`,
      errorEvent: openaiErrorEvent,
    })
  const chat = chatIn(openaiChat, 'chatcmpl')
  const complete = chatIn(openaiCompletions, 'cmpl')
  const respond = chatHandler(options, {
    codec: openaiResponses,
    idOf: (requestId) => `resp_${requestId}`,
    errorEvent: openaiResponseErrorEvent,
  })

  const embed: Handler = async (call) => {
    demandJson(call.request)
    const request = parseOpenaiEmbed(jsonText(await plainBody(call.request), limits))
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
      if (path === '/v1/responses') return { methods: { POST: respond }, names: [] }
      if (path.startsWith('/v1/responses/')) return { methods: storedMethods, names: [] }
      if (path === '/v1/embeddings') return { methods: { POST: embed }, names: [] }
      if (path === '/v1/models') return { methods: { GET: models }, names: [] }
      if (!path.startsWith('/v1/models/')) return undefined
      return { methods: { GET: model }, names: [pathName(path.slice('/v1/models/'.length))] }
    },
    errorBody: openaiErrorBody,
  }
}

/**
 * Which upstream answered, and with which account, is known to nobody afterwards. So an answer that an upstream may have
 * stored cannot be found again, and the gateway stores none.
 */
const stored: Handler = () => {
  throw new ModelspineError(
    'unsupported',
    'this gateway keeps no responses: send the whole conversation as input, and read the answer where it was asked for',
  )
}
const storedMethods = { GET: stored, POST: stored, DELETE: stored }

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
