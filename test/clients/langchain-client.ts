import { type AIMessageChunk, HumanMessage } from '@langchain/core/messages'
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai'
import { openaiErrors, openaiRetryAfter } from './openai-client.ts'
import { type Place, type Question, type RealClient, replySchema, toolSchema } from './real-client.ts'

/** LangChain for JavaScript, over chat completions or over responses. */
export function langchainClient(useResponsesApi: boolean): (place: Place) => RealClient {
  return ({ url }) => {
    const shared = { apiKey: 'none', maxRetries: 0, configuration: { baseURL: `${url}/v1` } }
    const runnable = ({ model, tool, schema }: Question) => {
      const chat = new ChatOpenAI({ ...shared, model, useResponsesApi, maxTokens: 100 })
      if (tool) {
        const parameters = toolSchema
        return chat.bindTools([{ type: 'function', function: { name: 'forecast', parameters } }])
      }
      if (!schema) return chat
      const json_schema = { name: 'sky', schema: replySchema, strict: true }
      return chat.withConfig({ response_format: { type: 'json_schema', json_schema } })
    }
    return {
      name: `@langchain/openai for JavaScript, ${useResponsesApi ? 'responses' : 'chat completions'}`,
      package: '@langchain/openai',
      through: useResponsesApi ? '`/v1/responses`' : '`/v1/chat/completions`, `/v1/embeddings`',
      async ask(question) {
        return said(await runnable(question).invoke(messagesOf(question)), 0)
      },
      async stream(question) {
        let whole: AIMessageChunk | undefined
        let pieces = 0
        for await (const chunk of await runnable(question).stream(messagesOf(question))) {
          if (chunk.text !== '' || chunk.tool_call_chunks?.[0]?.args) pieces += 1
          whole = whole === undefined ? chunk : whole.concat(chunk)
        }
        if (whole === undefined) throw new Error('nothing came')
        return said(whole, pieces)
      },
      async leave(question) {
        const abort = new AbortController()
        const signal = abort.signal
        const stream = await runnable(question).stream(messagesOf(question), { signal })
        for await (const chunk of stream) if (chunk.text !== '') abort.abort()
      },
      ...(!useResponsesApi && {
        embed: (model: string, text: string) => new OpenAIEmbeddings({ ...shared, model }).embedQuery(text),
      }),
      errors: openaiErrors,
      retryAfter: openaiRetryAfter,
    }
  }
}

function messagesOf({ text, image }: Question): HumanMessage[] {
  const url = `data:image/png;base64,${image}`
  return [
    new HumanMessage({
      content: [
        { type: 'text', text },
        ...(image === undefined ? [] : [{ type: 'image_url' as const, image_url: { url } }]),
      ],
    }),
  ]
}

/** The parts of a message that its own types leave open. */
interface Message {
  readonly text: string
  readonly tool_calls?: readonly { readonly name: string; readonly args: unknown }[]
  readonly usage_metadata?: unknown
}

interface Counts {
  readonly input_tokens: number
  readonly output_tokens: number
}

function said(message: Message, pieces: number) {
  const usage = message.usage_metadata as Counts | undefined
  return {
    text: message.text,
    calls: (message.tool_calls ?? []).map(({ name, args }) => ({ name, arguments: args })),
    inputTokens: usage?.input_tokens,
    outputTokens: usage?.output_tokens,
    pieces,
  }
}
