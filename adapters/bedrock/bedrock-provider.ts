import {
  bedrockConverse,
  type CallContext,
  type CallTarget,
  Carriage,
  type Chat,
  type ChatEvent,
  type ChatReply,
  type ChatRequest,
  type Clock,
  checkEmbed,
  checkOptions,
  type EmbedReply,
  type EmbedRequest,
  type InferReply,
  type InferRequest,
  jsonBody,
  type ModelProvider,
  ModelspineError,
  type OptionKinds,
  parseConverseReply,
  systemClock,
  type TargetCall,
} from 'modelspine/adapter'
import type { AwsConnection } from '../shared/aws/aws-client.ts'
import { awsKinds } from '../shared/options/connection-kinds.ts'
import type { ApiKey } from '../shared/provider/api-key.ts'
import type { ChatSource } from '../shared/provider/chat-events.ts'
import { type ChatExchange, chatOverHttp } from '../shared/provider/chat-over-http.ts'
import { namedByStatus } from '../shared/provider/named-by-status.ts'
import type { VendorRequest } from '../shared/vendor-client.ts'
import { openBedrock } from './bedrock-client.ts'
import { byStatus, heldFailure } from './bedrock-errors.ts'
import { ConverseFraming } from './converse-framing.ts'
import { type BedrockEmbedForm, embedFormOf, embedForms } from './embed/embed-forms.ts'
import { embedTexts } from './embed/embed-texts.ts'
import { eventSource } from './event-source.ts'
import {
  type BedrockStream,
  bytesOf,
  invocation,
  passedHeaders,
  readInvocation,
  readInvocationStream,
} from './invocation.ts'
import { type ModelAction, modelPath } from './model-path.ts'

export interface BedrockOptions extends AwsConnection {
  /**
   * An API key of Bedrock, such as AWS_BEARER_TOKEN_BEDROCK holds. It is sent in place of a signature. Not together with
   * `credentials`.
   */
  readonly apiKey?: ApiKey
  /** The `gen_ai.provider.name`. Entries of `options` are those of `bedrock`, and of this name. Default `aws.bedrock`. */
  readonly name?: string
  /** How a model takes texts to embed, where its name does not tell, as with the ARN of an inference profile. */
  readonly embedForm?: (model: string) => BedrockEmbedForm | undefined
  /**
   * How long Bedrock may take until its answer begins, and between two pieces of one, in milliseconds. Default 300,000.
   */
  readonly timeoutMs?: number
  /** The largest answer that is not streamed, in bytes. Default 64 MiB. */
  readonly maxReplyBytes?: number
  readonly clock?: Clock
}

export interface BedrockProvider extends ModelProvider {
  chat(request: ChatRequest, context: CallContext): Promise<ChatReply>
  chatStream(request: ChatRequest, context: CallContext): AsyncIterable<readonly ChatEvent[]>
  /** Titan takes one text a call, so several texts are several calls. */
  embed(request: EmbedRequest, context: CallContext): Promise<EmbedReply>
  /** InvokeModel with the body that the model knows. Tensors are `unsupported`. */
  infer(request: InferRequest, context: CallContext): Promise<InferReply>
  /** The same with an answer in pieces. */
  inferStream(request: InferRequest, context: CallContext): Promise<BedrockStream>
  capTokens<Request extends Chat>(request: Request, cap: number): Request
  target(call: TargetCall, context: CallContext): Promise<CallTarget>
  close(): Promise<void>
}

const kinds: OptionKinds<BedrockOptions> = {
  ...awsKinds,
  apiKey: 'any',
  name: 'string',
  embedForm: 'function',
  clock: 'now()',
}

/**
 * Chats by Converse, embeddings of Titan and Cohere, and bodies of any model. The model of a request is the id of a model or
 * of an inference profile, or an ARN. Connects, loads and reads nothing before the first call but the region's variable.
 * Throws `invalid-options`.
 */
export function bedrock(options: BedrockOptions = {}): BedrockProvider {
  checkOptions(options, kinds)
  const { name = 'aws.bedrock', clock = systemClock, embedForm } = options
  const client = openBedrock(options, clock)

  const sent = (path: string, body: string, context: CallContext): VendorRequest => ({
    method: 'POST',
    path,
    headers: { ...passedHeaders(context), 'content-type': 'application/json' },
    body,
    // A completion changes nothing at the vendor, so twice is as good as once.
    repeatable: true,
    abortSignal: context.abortSignal,
  })

  /** An exchange gives the reply names that are not in its body, and takes credentials out of what the vendor repeats. */
  function exchange(chat: ChatRequest, context: CallContext, stream: boolean): ChatExchange {
    const carriage = new Carriage(bedrockConverse.title, context.translation)
    const body = bedrockConverse.print(chat, { stream, vendor: name, carriage })
    const path = modelPath(chat.model, stream ? 'converse-stream' : 'converse')
    const names = { id: '', model: chat.model }
    let clean: ((text: string) => string) | undefined
    return {
      codec: {
        parseReply: (text, errorOf) => parseConverseReply(text, errorOf, names),
        reader: bedrockConverse.reader,
      },
      errorOf: (held) => heldFailure(held, clean),
      async whole() {
        const reply = await namedByStatus(client.call(sent(path, body, context)), byStatus)
        names.id = reply.header('x-amzn-requestid') ?? ''
        return reply.text()
      },
      async open(): Promise<ChatSource> {
        const answer = await namedByStatus(client.stream(sent(path, body, context)), byStatus)
        clean = answer.clean
        return eventSource(answer)
      },
    }
  }

  return {
    name,
    address: client.baseUrl,
    capabilities: {
      operations: ['chat', 'embed', 'infer'],
      streaming: true,
      dialects: [bedrockConverse.dialect],
      bytesOnly: true,
    },

    ...chatOverHttp({
      framing: () => new ConverseFraming(),
      begin: async (chat, context, stream) => exchange(chat, context, stream),
    }),

    async embed(request, context) {
      checkEmbed(request)
      new Carriage("Bedrock's embeddings", context.translation).unread(request)
      const form = embedForms[embedForm?.(request.model) ?? embedFormOf(request.model)]
      const path = modelPath(request.model, 'invoke')
      const more = { ...request.options?.bedrock, ...request.options?.[name] }
      return embedTexts(request, form, more, context, (body, each) =>
        namedByStatus(client.call(sent(path, jsonBody(body), each)), byStatus),
      )
    },

    async infer(request, context) {
      const wire = invocation(bytesOf(request), context, false)
      return readInvocation(await namedByStatus(client.call(wire), byStatus))
    },

    async inferStream(request, context) {
      const wire = invocation(bytesOf(request), context, true)
      return readInvocationStream(await namedByStatus(client.stream(wire), byStatus))
    },

    capTokens: (request, cap) => bedrockConverse.capTokens(request, cap, name),

    async target({ operation, model, streamed, body }, context) {
      const action = actions[operation]?.[streamed ? 1 : 0]
      if (action === undefined)
        throw new ModelspineError('unsupported', `provider ${name} has no ${operation}`)
      return client.signed(modelPath(model, action), body, context)
    },

    close: () => client.close(),
  }
}

/** What is asked for each operation, whole and streamed. */
const actions: Readonly<Record<string, readonly [ModelAction, ModelAction] | undefined>> = {
  chat: ['converse', 'converse-stream'],
  embed: ['invoke', 'invoke'],
  infer: ['invoke', 'invoke-with-response-stream'],
}
