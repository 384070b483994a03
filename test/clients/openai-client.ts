import OpenAI from 'openai'
import { type Place, type Question, type RealClient, replySchema, toolSchema } from './real-client.ts'

export function openaiClient({ url }: Place): RealClient {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 })
  return {
    name: 'openai for Node, chat completions',
    package: 'openai',
    through: '`/v1/chat/completions`, `/v1/embeddings`',
    async ask(question) {
      return said(await client.chat.completions.create(bodyOf(question)), 0)
    },
    async stream(question) {
      const stream = client.chat.completions.stream({
        ...bodyOf(question),
        stream_options: { include_usage: true },
      })
      let pieces = 0
      for await (const { choices } of stream) {
        const [delta] = choices.map((choice) => choice.delta)
        if (delta?.content || delta?.tool_calls?.[0]?.function?.arguments) pieces += 1
      }
      return said(await stream.finalChatCompletion(), pieces)
    },
    async leave(question) {
      const stream = await client.chat.completions.create({ ...bodyOf(question), stream: true })
      for await (const { choices } of stream) if (choices[0]?.delta.content) stream.controller.abort()
    },
    async embed(model, input) {
      return (await client.embeddings.create({ model, input })).data[0]?.embedding ?? []
    },
    errors: openaiErrors,
    retryAfter: openaiRetryAfter,
  }
}

export const openaiErrors: RealClient['errors'] = {
  'rate-limited': { kind: OpenAI.RateLimitError, like: { status: 429, code: 'rate_limit_exceeded' } },
  'not-found': { kind: OpenAI.NotFoundError, like: { status: 404, code: 'model_not_found' } },
  'context-length': {
    kind: OpenAI.BadRequestError,
    like: { status: 400, code: 'context_length_exceeded' },
  },
}

export function openaiRetryAfter(error: unknown): string | null | undefined {
  return error instanceof OpenAI.APIError ? error.headers?.get('retry-after') : undefined
}

type Body = Pick<OpenAI.ChatCompletionCreateParamsNonStreaming, 'model' | 'messages'> & {
  max_completion_tokens: number
  tools?: OpenAI.ChatCompletionFunctionTool[]
  response_format?: OpenAI.ResponseFormatJSONSchema
}

function bodyOf({ model, text, image, tool, schema }: Question) {
  const parts: OpenAI.ChatCompletionContentPart[] = [{ type: 'text', text }]
  if (image !== undefined) {
    parts.push({ type: 'image_url', image_url: { url: `data:image/png;base64,${image}` } })
  }
  const body: Body = {
    model,
    messages: [{ role: 'user', content: parts }],
    max_completion_tokens: 100,
  }
  if (tool) body.tools = [{ type: 'function', function: { name: 'forecast', parameters: toolSchema } }]
  if (schema) {
    const json_schema = { name: 'sky', schema: replySchema, strict: true }
    body.response_format = { type: 'json_schema', json_schema }
  }
  return body
}

function said({ choices, usage }: OpenAI.ChatCompletion, pieces: number) {
  const message = choices[0]?.message
  const calls = (message?.tool_calls ?? []).flatMap((call) => ('function' in call ? [call.function] : []))
  return {
    text: message?.content ?? '',
    calls: calls.map((call) => ({ name: call.name, arguments: JSON.parse(call.arguments) as unknown })),
    inputTokens: usage?.prompt_tokens,
    outputTokens: usage?.completion_tokens,
    pieces,
  }
}
