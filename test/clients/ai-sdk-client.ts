import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import {
  APICallError,
  type EmbeddingModel,
  embed,
  generateText,
  jsonSchema,
  type LanguageModel,
  Output,
  streamText,
  type ToolSet,
  tool,
} from 'ai'
import { embeddingModel, languageModel, RouteCallError } from 'modelspine/ai-sdk'
import { type Place, type Question, type RealClient, replySchema, toolSchema } from './real-client.ts'

/** The AI SDK, with its own provider for servers of OpenAI's format. */
export function aiSdkOverHttp({ url }: Place): RealClient {
  const models = createOpenAICompatible({
    name: 'gateway',
    baseURL: `${url}/v1`,
    includeUsage: true,
    supportsStructuredOutputs: true,
  })
  const like = (statusCode: number, code: string) => ({
    kind: APICallError,
    like: { statusCode, data: { error: { code } } },
  })
  return {
    ...aiSdk(
      (model) => models.chatModel(model),
      (model) => models.embeddingModel(model),
    ),
    name: 'ai with @ai-sdk/openai-compatible',
    through: '`/v1/chat/completions`, `/v1/embeddings`',
    errors: {
      'rate-limited': like(429, 'rate_limit_exceeded'),
      'not-found': like(404, 'model_not_found'),
      'context-length': like(400, 'context_length_exceeded'),
    },
    retryAfter: (error) =>
      APICallError.isInstance(error) ? error.responseHeaders?.['retry-after'] : undefined,
  }
}

/** The AI SDK, with routes as its models. */
export function aiSdkInProcess({ router }: Place): RealClient {
  const like = (code: string) => ({ kind: RouteCallError, like: { code } })
  return {
    ...aiSdk(
      (model) => languageModel(router, model),
      (model) => embeddingModel(router, model),
    ),
    name: 'ai with modelspine/ai-sdk',
    through: '`languageModel`, `embeddingModel`',
    errors: {
      'rate-limited': like('rate-limited'),
      'not-found': like('not-found'),
      'context-length': like('context-length'),
    },
    retryAfter: (error) =>
      error instanceof RouteCallError ? String((error.retryAfterMs ?? 0) / 1000) : undefined,
  }
}

function aiSdk(
  chatModel: (model: string) => LanguageModel,
  vectorModel: (model: string) => EmbeddingModel,
): Pick<RealClient, 'package' | 'ask' | 'stream' | 'leave' | 'embed'> {
  const callOf = ({ model, text, image, tool: offered, schema }: Question) => ({
    model: chatModel(model),
    maxRetries: 0,
    maxOutputTokens: 100,
    messages: [
      {
        role: 'user' as const,
        content: [
          { type: 'text' as const, text },
          ...(image === undefined ? [] : [{ type: 'file' as const, data: image, mediaType: 'image/png' }]),
        ],
      },
    ],
    ...(offered && { tools }),
    ...(schema && { output: Output.object({ schema: jsonSchema(replySchema) }) }),
  })
  return {
    package: 'ai',
    async ask(question) {
      const { text, toolCalls, usage } = await generateText(callOf(question))
      return { text, calls: toolCalls.map(called), ...counts(usage), pieces: 0 }
    },
    async stream(question) {
      const failures: unknown[] = []
      const result = streamText({ ...callOf(question), onError: ({ error }) => void failures.push(error) })
      let pieces = 0
      for await (const { type } of result.fullStream) {
        if (type === 'text-delta' || type === 'tool-input-delta') pieces += 1
      }
      if (failures.length > 0) throw failures[0]
      const [text, toolCalls, usage] = await Promise.all([result.text, result.toolCalls, result.usage])
      return { text, calls: toolCalls.map(called), ...counts(usage), pieces }
    },
    async leave(question) {
      const abort = new AbortController()
      const result = streamText({ ...callOf(question), abortSignal: abort.signal })
      for await (const { type } of result.fullStream) if (type === 'text-delta') abort.abort()
    },
    async embed(model, value) {
      return (await embed({ model: vectorModel(model), value, maxRetries: 0 })).embedding
    },
  }
}

const tools: ToolSet = { forecast: tool({ inputSchema: jsonSchema(toolSchema) }) }

function called({ toolName, input }: { readonly toolName: string; readonly input: unknown }) {
  return { name: toolName, arguments: input }
}

function counts(usage: {
  readonly inputTokens: number | undefined
  readonly outputTokens: number | undefined
}) {
  return { inputTokens: usage.inputTokens, outputTokens: usage.outputTokens }
}
