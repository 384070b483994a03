import { describe, expect, it } from 'vitest'
import { isModelspineError, ModelspineError } from '../../../src/errors.ts'
import {
  type CallContext,
  type ChatEvent,
  type ChatEventPart,
  type ChatRequest,
  edited,
  type ModelProvider,
  originalOf,
} from '../../../src/provider/contract.ts'
import { brokenLaws, type ModelProviderSubject, modelProviderLaws } from '../../../src/testing/index.ts'
import { memoryCall, scriptedMemory } from '../provider/scripted-memory.ts'

type Break = (provider: ModelProvider) => ModelProvider

const secret = 'kit-secret-0123456789'

function subjectOf(breaking: Break): ModelProviderSubject {
  const { provider, upstream } = scriptedMemory()
  return { provider: breaking(provider), upstream, nativeCall: memoryCall, secret, patienceMs: 60 }
}

/** Does the same to every way of asking. */
function around(act: (ask: () => Promise<unknown>, context: CallContext) => Promise<unknown>): Break {
  return (provider) => ({
    ...provider,
    infer: (request, context) => act(() => ask(provider.infer?.(request, context)), context) as never,
    chat: (request, context) => act(() => ask(provider.chat?.(request, context)), context) as never,
    embed: (request, context) => act(() => ask(provider.embed?.(request, context)), context) as never,
  })
}

function ask<T>(call: Promise<T> | undefined): Promise<T> {
  return call ?? Promise.reject(new Error('no such method'))
}

type Batches = AsyncIterable<readonly ChatEvent[]>

function streamed(act: (events: Batches) => Batches): Break {
  return (provider) => ({
    ...provider,
    chatStream: (request, context) => act(provider.chatStream?.(request, context) ?? none()),
  })
}

async function* none(): AsyncGenerator<readonly ChatEvent[]> {}

const finish: ChatEvent = { parts: [{ type: 'finish', choice: 0, finishReason: 'stop' }] }

/** Hides the caller's signal from the provider. */
const deaf: Break = (provider) => {
  const fresh = (context: CallContext): CallContext => ({
    ...context,
    abortSignal: new AbortController().signal,
  })
  return {
    ...provider,
    infer: (request, context) => ask(provider.infer?.(request, fresh(context))),
    chat: (request, context) => ask(provider.chat?.(request, fresh(context))),
    embed: (request, context) => ask(provider.embed?.(request, fresh(context))),
    chatStream: (request, context) => provider.chatStream?.(request, fresh(context)) ?? none(),
  }
}

const retold = (tell: (error: ModelspineError) => ModelspineError): Break =>
  around((call) =>
    call().catch((error: unknown) => {
      throw isModelspineError(error) ? tell(error) : error
    }),
  )

/** Ends a stream that broke as if it were complete. */
const glossedOver = (code: string): Break =>
  streamed(async function* (events) {
    try {
      yield* events
    } catch (error) {
      if ((error as ModelspineError).code !== code) throw error
      yield [finish]
    }
  })

const without = (type: ChatEventPart['type']): Break =>
  streamed(async function* (events) {
    for await (const batch of events) {
      yield batch.map((event) =>
        edited(
          event,
          event.parts.filter((part) => part.type !== type),
        ),
      )
    }
  })

let lastBytes: unknown

const breaks: Readonly<Record<string, Break>> = {
  'has exactly the methods of the operations that it declares': (provider) => ({
    ...provider,
    capabilities: { ...provider.capabilities, operations: ['infer', 'chat'] },
  }),
  'asks the upstream for the model of the request': (provider) => ({
    ...provider,
    embed: (request, context) => ask(provider.embed?.({ ...request, model: 'another' }, context)),
  }),
  'answers a chat with the content, the finish reason and the usage that the vendor gave': (provider) => ({
    ...provider,
    chat: async (request, context) => ({ ...(await ask(provider.chat?.(request, context))), usage: {} }),
  }),
  'answers one embedding for each input, in their order': (provider) => ({
    ...provider,
    async embed(request, context) {
      const reply = await ask(provider.embed?.(request, context))
      return { ...reply, embeddings: reply.embeddings.toReversed() }
    },
  }),
  'answers tensors with tensors': (provider) => ({
    ...provider,
    infer: async (_request, _context) => ({ kind: 'bytes', contentType: 'x', bytes: new Uint8Array() }),
  }),
  'refuses tensors with unsupported, where it takes bytes only, and sends nothing': (provider) => ({
    ...provider,
    capabilities: { ...provider.capabilities, bytesOnly: true },
  }),
  'passes bytes on unchanged in both directions': (provider) => ({
    ...provider,
    async infer(request, context) {
      const reply = await ask(provider.infer?.(request, context))
      if (reply.kind !== 'bytes') return reply
      return { ...reply, bytes: Buffer.from(Buffer.from(reply.bytes).toString()) }
    },
  }),
  'does not mix up calls that run at the same time': (provider) => ({
    ...provider,
    async infer(request, context) {
      if (request.kind === 'bytes') lastBytes = request.bytes
      const reply = await ask(provider.infer?.(request, context))
      return reply.kind === 'bytes' ? { ...reply, bytes: lastBytes as Uint8Array } : reply
    },
  }),
  'gives the values of a binary answer as those of JSON, and passes it on with the length of its JSON': (
    provider,
  ) => ({
    ...provider,
    async infer(request, context) {
      const reply = await ask(provider.infer?.(request, context))
      return reply.kind === 'bytes' ? { ...reply, headers: {} } : reply
    },
  }),
  'takes no binary answer for whole that is cut, although the transport says that it is whole': (
    provider,
  ) => ({
    ...provider,
    infer: (request, context) =>
      ask(provider.infer?.(request, context)).catch((error: unknown) => {
        if (request.kind === 'tensors') throw error
        return request
      }),
  }),
  'refuses a value that its datatype does not hold with the name of the field, and sends nothing': (
    provider,
  ) => ({
    ...provider,
    async infer(request, context) {
      if (request.kind === 'bytes') return ask(provider.infer?.(request, context))
      const inputs = request.inputs.map((input) => ({ ...input, data: input.data.map(() => 0) }))
      await ask(provider.infer?.({ ...request, inputs }, context))
      return ask(provider.infer?.(request, context))
    },
  }),
  'refuses a required part of an unknown vendor with unsupported, and sends nothing': (provider) => ({
    ...provider,
    chat(request, context) {
      const messages = request.messages.map((message) => ({
        ...message,
        content: message.content.filter(({ type }) => type !== 'opaque'),
      }))
      return ask(provider.chat?.({ ...request, messages }, context))
    },
  }),
  'caps the tokens of all choices together': (provider) => ({
    ...provider,
    capTokens: (request, cap) => ({ ...request, maxOutputTokens: cap }),
  }),
  'sends a request of its own dialect with the same text, except for the model': (provider) => ({
    ...provider,
    chat({ native: _, ...request }: ChatRequest, context) {
      return ask(provider.chat?.(request, context))
    },
  }),
  'sends what was edited in a request of its own dialect, not the original': (provider) => ({
    ...provider,
    chat(request, context) {
      const original = originalOf(request, 'memory-chat')?.value ?? request
      return ask(provider.chat?.({ ...original, model: request.model }, context))
    },
  }),
  'throws the code of each failure': retold((error) => new ModelspineError('unavailable', error.message)),
  'makes exactly one call for each attempt, even when the attempt fails': around((call) =>
    call().catch(call),
  ),
  'gives the time that the vendor asked to wait': retold(
    (error) => new ModelspineError(error.code, error.message),
  ),
  'shows no credential in errors': retold(
    (error) => new ModelspineError(error.code, 'refused', { cause: new Error(`sent ${secret}`) }),
  ),
  'makes no call when the abortSignal has already fired': deaf,
  'ends with aborted when the abortSignal fires before an answer, and closes the connection': deaf,
  'ends a stream with aborted when the abortSignal fires in its middle, and closes the connection': deaf,
  'closes the connection when the caller stops reading a stream': streamed((events) => {
    const source = events[Symbol.asyncIterator]()
    return { [Symbol.asyncIterator]: () => ({ next: () => source.next() }) }
  }),
  'streams the text in order, then one finish, and the usage': streamed(async function* (events) {
    yield* events
    yield [finish]
  }),
  'reports usage that comes in the same event as text': without('usage'),
  'finishes a complete stream that has no end marker': without('finish'),
  'throws interrupted when a stream is cut, after the earlier events and without a finish':
    glossedOver('interrupted'),
  'throws malformed-reply for an event that it cannot understand, and does not pass the event on':
    glossedOver('malformed-reply'),
}

describe('the kit of ModelProvider', () => {
  it('finds nothing wrong with a provider that keeps the laws', async () => {
    const broken = await brokenLaws('ModelProvider', modelProviderLaws, () => ({
      subject: subjectOf((it) => it),
    }))
    expect(broken.map(({ message }) => message)).toEqual([])
  })

  it.each(modelProviderLaws.map((law) => [law.name, law] as const))(
    'catches who breaks: %s',
    async (name, law) => {
      const breaking = breaks[name]
      if (breaking === undefined) expect.unreachable('no broken provider for this law')
      const broken = await brokenLaws('ModelProvider', [law], () => ({ subject: subjectOf(breaking) }))
      expect(broken.map(({ message }) => message)).toEqual([
        expect.stringContaining(`breaks the law of ModelProvider "${name}": `),
      ])
    },
  )
})
