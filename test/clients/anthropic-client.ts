import Anthropic from '@anthropic-ai/sdk'
import { type Place, type Question, type RealClient, replySchema, toolSchema } from './real-client.ts'

export function anthropicClient({ url }: Place): RealClient {
  const client = new Anthropic({ baseURL: url, apiKey: 'none', maxRetries: 0 })
  return {
    name: '@anthropic-ai/sdk for Node',
    package: '@anthropic-ai/sdk',
    through: '`/v1/messages`',
    async ask(question) {
      return said(await client.messages.create(bodyOf(question)), 0)
    },
    async stream(question) {
      const stream = client.messages.stream(bodyOf(question))
      let pieces = 0
      stream.on('text', () => {
        pieces += 1
      })
      stream.on('inputJson', (text) => {
        if (text !== '') pieces += 1
      })
      return said(await stream.finalMessage(), pieces)
    },
    async leave(question) {
      const stream = await client.messages.create({ ...bodyOf(question), stream: true })
      for await (const { type } of stream) if (type === 'content_block_delta') stream.controller.abort()
    },
    errors: {
      'rate-limited': { kind: Anthropic.RateLimitError, like: { status: 429, type: 'rate_limit_error' } },
      'not-found': { kind: Anthropic.NotFoundError, like: { status: 404, type: 'not_found_error' } },
      'context-length': {
        kind: Anthropic.BadRequestError,
        like: { status: 400, type: 'invalid_request_error' },
      },
    },
    retryAfter: (error) =>
      error instanceof Anthropic.APIError
        ? (error.headers as Headers | undefined)?.get('retry-after')
        : undefined,
  }
}

function bodyOf({ model, text, image: data, tool, schema }: Question) {
  const content: Anthropic.ContentBlockParam[] = [{ type: 'text', text }]
  if (data !== undefined) {
    content.push({ type: 'image', source: { type: 'base64', media_type: 'image/png', data } })
  }
  const body: Anthropic.MessageCreateParamsNonStreaming = {
    model,
    messages: [{ role: 'user', content }],
    max_tokens: 100,
  }
  if (tool) body.tools = [{ name: 'forecast', input_schema: toolSchema }]
  if (schema) body.output_config = { format: { type: 'json_schema', schema: replySchema } }
  return body
}

function said({ content, usage }: Anthropic.Message, pieces: number) {
  return {
    text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    calls: content.flatMap((block) =>
      block.type === 'tool_use' ? [{ name: block.name, arguments: block.input }] : [],
    ),
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
    pieces,
  }
}
