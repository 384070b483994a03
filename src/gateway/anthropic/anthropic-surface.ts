/** Anthropic's messages, token counting and models over the router. */

import { printAnthropicCountReply } from '../../dialects/anthropic/count.ts'
import { anthropicMessages } from '../../dialects/anthropic/messages-codec.ts'
import { readAnthropicCount } from '../../dialects/anthropic/request/read-request.ts'
import { ModelspineError } from '../../errors.ts'
import type { Chat } from '../../provider/contract.ts'
import { countTokensOperation } from '../../routing/operations/count-tokens.ts'
import type { Route } from '../../routing/table/route.ts'
import { loadedTable } from '../../routing/table/table.ts'
import { type ChatHandling, chatHandler } from '../chats/chat-handler.ts'
import { demandJson } from '../demand-json.ts'
import { jsonText } from '../json-limits.ts'
import { pathName } from '../path-name.ts'
import { plainBody } from '../plain-body.ts'
import { servedHeaders } from '../served-headers.ts'
import type { Answer, GatewayRequest, Handler, Surface } from '../surface.ts'
import { anthropicErrorBody, anthropicErrorEvent, anthropicStatus } from './anthropic-errors.ts'

/** Whether the caller speaks Anthropic's format. Models have the same path in OpenAI's. */
export function isForAnthropic(request: Pick<GatewayRequest, 'path' | 'header'>): boolean {
  const { path } = request
  if (path === '/v1/messages' || path.startsWith('/v1/messages/')) return true
  const isOfModels = path === '/v1/models' || path.startsWith('/v1/models/')
  return isOfModels && request.header('anthropic-version') !== undefined
}

export function anthropicSurface(options: ChatHandling): Surface {
  const { router, limits } = options

  const chat = chatHandler(options, {
    codec: anthropicMessages,
    idOf: (requestId) => `msg_${requestId}`,
    errorEvent: anthropicErrorEvent,
    requestOf: withBetas,
  })

  const count: Handler = async (call) => {
    demandJson(call.request)
    const read = readAnthropicCount(jsonText(await plainBody(call.request), limits))
    const request = withBetas(read, call.request)
    const routed = await router.run(countTokensOperation, read.model, request, call.options())
    const body = printAnthropicCountReply(routed.reply)
    return { status: 200, headers: servedHeaders(routed, 'application/json'), body }
  }

  const models: Handler = () => {
    const table = loadedTable(router.table)
    const data = table.routes.filter(isOffered).flatMap((route) => {
      const reached = route.names.filter((name) => table.find(name)?.key === route.key)
      return reached.map(modelOf)
    })
    const ids = data.map(({ id }) => id)
    return json({ data, has_more: false, first_id: ids[0] ?? null, last_id: ids.at(-1) ?? null })
  }

  const model: Handler = ({ names: [name = ''] }) => {
    const route = loadedTable(router.table).find(name)
    if (route === undefined || !isOffered(route)) {
      throw new ModelspineError('no-route', `there is no model "${name}"`, { details: { field: 'model' } })
    }
    return json(modelOf(name))
  }

  return {
    find(path) {
      if (path === '/v1/messages') return { methods: { POST: chat }, names: [] }
      if (path === '/v1/messages/count_tokens') return { methods: { POST: count }, names: [] }
      if (path === '/v1/models') return { methods: { GET: models }, names: [] }
      if (!path.startsWith('/v1/models/')) return undefined
      return { methods: { GET: model }, names: [pathName(path.slice('/v1/models/'.length))] }
    },
    errorBody: anthropicErrorBody,
    statusOf: anthropicStatus,
    requestIdHeader: 'request-id',
  }
}

/** Betas stand in a header. They reach the vendor as one of its options, and no other vendor. */
function withBetas<Request extends Chat>(request: Request, sent: Pick<GatewayRequest, 'header'>): Request {
  const betas = (sent.header('anthropic-beta') ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
  return betas.length === 0 ? request : { ...request, options: { anthropic: { betas } } }
}

function isOffered({ operations }: Route): boolean {
  return operations.includes('chat')
}

/** What is not known of a model is null. The time when a route was first declared is not stored, so it is the epoch. */
function modelOf(name: string): { readonly id: string } & Readonly<Record<string, unknown>> {
  return {
    type: 'model',
    id: name,
    display_name: name,
    created_at: '1970-01-01T00:00:00Z',
    lifecycle: 'active',
    capabilities: null,
    line: null,
    max_input_tokens: null,
    max_tokens: null,
    deprecated_at: null,
    retires_at: null,
  }
}

function json(body: unknown): Answer {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}
