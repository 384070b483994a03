import OpenAI from 'openai'
import { openaiErrors, openaiRetryAfter } from './openai-client.ts'
import { type Place, type Question, type RealClient, replySchema, toolSchema } from './real-client.ts'

export function openaiResponsesClient({ url }: Place): RealClient {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 })
  return {
    name: 'openai for Node, responses',
    package: 'openai',
    through: '`/v1/responses`',
    async ask(question) {
      return said(await client.responses.create(bodyOf(question)), 0)
    },
    async stream(question) {
      const stream = client.responses.stream(bodyOf(question))
      let pieces = 0
      for await (const { type } of stream) {
        if (type === 'response.output_text.delta' || type === 'response.function_call_arguments.delta') {
          pieces += 1
        }
      }
      return said(await stream.finalResponse(), pieces)
    },
    async leave(question) {
      const stream = await client.responses.create({ ...bodyOf(question), stream: true })
      for await (const { type } of stream) {
        if (type === 'response.output_text.delta') stream.controller.abort()
      }
    },
    errors: openaiErrors,
    retryAfter: openaiRetryAfter,
  }
}

interface Body {
  model: string
  input: OpenAI.Responses.ResponseInput
  max_output_tokens: number
  store: boolean
  tools?: OpenAI.Responses.FunctionTool[]
  text?: OpenAI.Responses.ResponseTextConfig
}

function bodyOf({ model, text, image, tool, schema }: Question) {
  const content: OpenAI.Responses.ResponseInputContent[] = [{ type: 'input_text', text }]
  if (image !== undefined) {
    content.push({ type: 'input_image', detail: 'auto', image_url: `data:image/png;base64,${image}` })
  }
  const body: Body = {
    model,
    input: [{ role: 'user', content }],
    max_output_tokens: 100,
    store: false,
  }
  if (tool) body.tools = [{ type: 'function', name: 'forecast', parameters: toolSchema, strict: false }]
  if (schema) {
    body.text = { format: { type: 'json_schema', name: 'sky', schema: replySchema, strict: true } }
  }
  return body
}

function said({ output, output_text, usage }: OpenAI.Responses.Response, pieces: number) {
  return {
    text: output_text,
    calls: output.flatMap((item) =>
      item.type === 'function_call'
        ? [{ name: item.name, arguments: JSON.parse(item.arguments) as unknown }]
        : [],
    ),
    inputTokens: usage?.input_tokens,
    outputTokens: usage?.output_tokens,
    pieces,
  }
}
