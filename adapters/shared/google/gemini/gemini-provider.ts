import {
  type CallContext,
  type CallTarget,
  Carriage,
  type Chat,
  type ChatEvent,
  type ChatReply,
  type ChatRequest,
  checkChat,
  checkEmbed,
  type EmbedReply,
  type EmbedRequest,
  geminiContent,
  type ModelProvider,
  ModelspineError,
  parseGeminiCount,
  printGeminiCount,
  SseParser,
  type TargetCall,
  type TokenCount,
} from 'modelspine/adapter'
import type { ChatSource } from '../../provider/chat-events.ts'
import { chatOverHttp } from '../../provider/chat-over-http.ts'
import type { VendorStream } from '../../vendor-client.ts'
import { callGemini, type GeminiReach, heldError, modelRequest, streamGemini } from './gemini-reach.ts'

/** A provider of a service of Google that has Gemini. */
export interface GeminiProvider extends ModelProvider {
  chat(request: ChatRequest, context: CallContext): Promise<ChatReply>
  chatStream(request: ChatRequest, context: CallContext): AsyncIterable<readonly ChatEvent[]>
  countTokens(request: ChatRequest, context: CallContext): Promise<TokenCount>
  embed(request: EmbedRequest, context: CallContext): Promise<EmbedReply>
  capTokens<Request extends Chat>(request: Request, cap: number): Request
  target(call: TargetCall, context: CallContext): Promise<CallTarget>
  close(): Promise<void>
}

/** What the services do each in its own way. */
export interface GeminiService {
  readonly name: string
  readonly reach: GeminiReach
  embed(request: EmbedRequest, context: CallContext): Promise<EmbedReply>
}

export function geminiProvider({ name, reach, embed }: GeminiService): GeminiProvider {
  return {
    name,
    address: reach.client.baseUrl,
    capabilities: {
      operations: ['chat', 'chat.count-tokens', 'embed'],
      streaming: true,
      dialects: [geminiContent.dialect],
    },

    ...chatOverHttp({
      framing: () => new SseParser(),
      async begin(chat, context, stream) {
        const carriage = new Carriage(geminiContent.title, context.translation)
        const { abilities, words } = reach
        const body = geminiContent.print(chat, { stream, vendor: name, abilities, carriage })
        const method = stream ? 'streamGenerateContent' : 'generateContent'
        const request = modelRequest(reach, { model: chat.model, method, body }, context)
        let clean: ((text: string) => string) | undefined
        return {
          codec: geminiContent,
          errorOf: (held) => heldError(held, words, clean),
          whole: async () => (await callGemini(reach, request)).text(),
          async open() {
            const answer = await streamGemini(reach, request)
            clean = answer.clean
            if (/^application\/json\b/.test(answer.header('content-type') ?? '')) {
              throw await noStream(answer, (held) => heldError(held, words, answer.clean))
            }
            return sourceOf(answer)
          },
        }
      },
    }),

    async countTokens(chat, context) {
      checkChat(chat)
      const carriage = new Carriage("Google's counting of tokens", context.translation)
      const { abilities, words } = reach
      const printing = { stream: false, vendor: name, abilities, carriage }
      const body = printGeminiCount(chat, reach.pathOf(chat.model).slice(1), printing)
      const request = modelRequest(reach, { model: chat.model, method: 'countTokens', body }, context)
      const reply = await callGemini(reach, request)
      return parseGeminiCount(reply.text(), (held) => heldError(held, words))
    },

    async embed(request, context) {
      checkEmbed(request)
      new Carriage("Google's embeddings", context.translation).unread(request)
      return await embed(request, context)
    },

    capTokens: (request, cap) => geminiContent.capTokens(request, cap, name),

    async target({ operation, model, streamed }, context) {
      if (operation !== 'chat')
        throw new ModelspineError('unsupported', `provider ${name} has no ${operation}`)
      const method = streamed ? 'streamGenerateContent' : 'generateContent'
      const request = modelRequest(reach, { model, method }, context)
      const { url, headers } = await reach.client.addressed({
        ...request,
        ...(streamed && { query: { alt: 'sse' } }),
      })
      return { method: 'POST', url, headers }
    },

    close: () => reach.client.close(),
  }
}

function sourceOf(answer: VendorStream): ChatSource {
  const { chunks, delimited } = answer
  const cancel = (): void => answer.cancel()
  return { chunks, delimited, cancel, release: cancel }
}

/** More of an answer that is no stream is not read. */
const longestAnswer = 1024 * 1024

/** The error for one JSON document in place of a stream. Google refuses a prompt in such a one. */
async function noStream(answer: VendorStream, errorOf: (held: unknown) => ModelspineError): Promise<unknown> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of answer.chunks) {
    chunks.push(chunk)
    length += chunk.byteLength
    if (length > longestAnswer) break
  }
  try {
    geminiContent.parseReply(Buffer.concat(chunks).toString('utf8'), errorOf)
  } catch (error) {
    return error
  }
  return new ModelspineError(
    'malformed-reply',
    'the vendor answered with one JSON document, but the request asked for a stream',
  )
}
