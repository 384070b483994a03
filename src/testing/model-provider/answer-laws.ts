import assert from 'node:assert/strict'
import type { ChatMessage, ChatRequest, EmbedRequest, InferRequest } from '../../provider/contract.ts'
import type { OperationName } from '../../resources/route/model-route.ts'
import type { Law } from '../kit.ts'
import {
  chatRequest,
  contextOf,
  embedRequest,
  inferRequest,
  kitModel,
  provided,
  soon,
  waysToAsk,
} from './calling.ts'
import { type ModelProviderSubject, scriptedAnswer } from './subject.ts'

const without =
  (operation: OperationName) =>
  ({ provider }: ModelProviderSubject): string | undefined =>
    provider.capabilities.operations.includes(operation) ? undefined : `declares no ${operation}`

/** Bytes that are not UTF-8, with the header of the binary extension. */
const rawRequest: InferRequest = {
  model: kitModel,
  kind: 'bytes',
  contentType: 'application/octet-stream',
  bytes: Uint8Array.from([123, 125, 0, 255, 254, 128, 10, 13, 0]),
  headers: { 'inference-header-content-length': '2' },
}

export const answerLaws: readonly Law<ModelProviderSubject>[] = [
  {
    name: 'has exactly the methods of the operations that it declares',
    async check({ provider }) {
      const { operations, streaming } = provider.capabilities
      for (const operation of ['infer', 'chat', 'embed'] as const) {
        const declared = operations.includes(operation)
        const has = provider[operation] !== undefined
        // A provider may have only streamed chats.
        const streams = operation === 'chat' && provider.chatStream !== undefined
        assert.equal(
          has || streams,
          declared,
          `${operation}: declared ${declared}, but the method exists: ${has}`,
        )
      }
      assert.equal(provider.chatStream !== undefined, streaming, 'streaming does not agree with chatStream')
      assert.ok(provider.name.length > 0, 'the provider has no name')
    },
  },
  {
    name: 'asks the upstream for the model of the request',
    async check(subject) {
      subject.upstream.play({ kind: 'ok' })
      for (const { name, ask } of waysToAsk(subject)) {
        if (name === 'chatStream') subject.upstream.play({ kind: 'stream', end: 'whole' })
        await soon(subject, ask(contextOf()), name)
        assert.equal(subject.upstream.calls.at(-1)?.model, kitModel, name)
      }
    },
  },
  {
    name: 'answers a chat with the content, the finish reason and the usage that the vendor gave',
    skip: without('chat'),
    async check(subject) {
      subject.upstream.play({ kind: 'ok' })
      const reply = await soon(
        subject,
        provided(subject.provider.chat?.(chatRequest, contextOf()), 'chat'),
        'chat',
      )
      const [choice, ...more] = reply.choices
      const text = choice?.content.map((part) => (part.type === 'text' ? part.text : '')).join('')
      assert.equal(text, scriptedAnswer.text.join(''))
      assert.equal(choice?.finishReason, scriptedAnswer.finishReason)
      assert.equal(more.length, 0, 'choices that nobody asked for')
      assert.deepEqual(pickUsage(reply.usage), scriptedAnswer.usage)
    },
  },
  {
    name: 'answers one embedding for each input, in their order',
    skip: without('embed'),
    async check(subject) {
      subject.upstream.play({ kind: 'ok' })
      const call = provided(subject.provider.embed?.(embedRequest, contextOf()), 'embed')
      assert.deepEqual((await soon(subject, call, 'embed')).embeddings, scriptedAnswer.embeddings)
    },
  },
  {
    name: 'answers tensors with tensors',
    skip: without('infer'),
    async check(subject) {
      subject.upstream.play({ kind: 'ok' })
      const reply = await soon(
        subject,
        provided(subject.provider.infer?.(inferRequest, contextOf()), 'infer'),
        'infer',
      )
      assert.ok(reply.kind === 'tensors', 'answered with bytes')
      assert.deepEqual(reply.outputs, scriptedAnswer.outputs)
    },
  },
  {
    name: 'passes bytes on unchanged in both directions',
    skip: without('infer'),
    async check(subject) {
      subject.upstream.play({ kind: 'ok' })
      const reply = await soon(
        subject,
        provided(subject.provider.infer?.(rawRequest, contextOf()), 'infer'),
        'infer',
      )
      assert.ok(reply.kind === 'bytes', 'answered with tensors')
      assert.ok(rawRequest.kind === 'bytes')
      assert.equal(reply.contentType, rawRequest.contentType)
      assert.deepEqual([...reply.bytes], [...rawRequest.bytes])
    },
  },
  {
    name: 'does not mix up calls that run at the same time',
    skip: without('infer'),
    async check(subject) {
      subject.upstream.play({ kind: 'ok' })
      const bodies = Array.from({ length: 8 }, (_, index) => Uint8Array.from([index, 255 - index, 0, index]))
      const replies = await soon(
        subject,
        Promise.all(
          bodies.map((bytes) =>
            provided(
              subject.provider.infer?.({ ...rawRequest, kind: 'bytes', bytes } as InferRequest, contextOf()),
              'infer',
            ),
          ),
        ),
        'eight calls at once',
      )
      const came = replies.map((reply) => (reply.kind === 'bytes' ? [...reply.bytes] : []))
      assert.deepEqual(
        came,
        bodies.map((bytes) => [...bytes]),
      )
    },
  },
  {
    name: 'sends a request of its own dialect with the same text, except for the model',
    skip: skipNative,
    async check(subject) {
      for (const dialect of subject.provider.capabilities.dialects) {
        const { request, sent } = nativeCall(subject, dialect)
        await ask(subject, request, dialect)
        assert.equal(subject.upstream.calls.at(-1)?.text, sent, dialect)
      }
    },
  },
  {
    name: 'sends what was edited in a request of its own dialect, not the original',
    skip: skipNative,
    async check(subject) {
      for (const dialect of subject.provider.capabilities.dialects) {
        const { request } = nativeCall(subject, dialect)
        const said = 'Only this is said'
        const edited =
          'input' in request
            ? { ...request, input: [said, said] }
            : { ...request, messages: [userSays(said)] }
        await ask(subject, edited, dialect)
        const text = subject.upstream.calls.at(-1)?.text ?? ''
        assert.ok(text.includes(said), `${dialect}: the edit was not sent`)
        for (const secret of textsOf(request)) {
          assert.ok(!text.includes(secret), `${dialect}: "${secret}" was edited away and sent all the same`)
        }
      }
    },
  },
]

/** The classes of tokens that the scripted upstream reports. A vendor may add zeros for other classes. */
export function pickUsage(usage: {
  readonly inputTokens?: number
  readonly outputTokens?: number
}): Readonly<Record<string, number | undefined>> {
  return { inputTokens: usage.inputTokens, outputTokens: usage.outputTokens }
}

function userSays(text: string): ChatMessage {
  return { role: 'user', content: [{ type: 'text', text }] }
}

function skipNative({ provider, nativeCall: given }: ModelProviderSubject): string | undefined {
  if (provider.capabilities.dialects.length === 0) return 'declares no dialect'
  return given === undefined ? 'the fixture gives no request in a dialect' : undefined
}

/** The request of the fixture, for the kit's model, and the text that must reach the upstream. */
function nativeCall(
  subject: ModelProviderSubject,
  dialect: string,
): { readonly request: ChatRequest | EmbedRequest; readonly sent: string } {
  const call = subject.nativeCall?.(dialect)
  assert.ok(call !== undefined, `the fixture gives no request in ${dialect}`)
  subject.upstream.play({ kind: 'ok' })
  return {
    request: { ...call.request, model: kitModel },
    sent: call.text.replace(call.request.model, kitModel),
  }
}

function ask(
  subject: ModelProviderSubject,
  request: ChatRequest | EmbedRequest,
  what: string,
): Promise<unknown> {
  const call =
    'input' in request
      ? subject.provider.embed?.(request, contextOf())
      : subject.provider.chat?.(request, contextOf())
  return soon<unknown>(subject, provided<Promise<unknown>>(call, what), what)
}

/** What the request says, in words. */
function textsOf(request: ChatRequest | EmbedRequest): readonly string[] {
  if ('input' in request) return request.input.filter((each) => typeof each === 'string')
  const parts = request.messages.flatMap(({ content }) => content)
  return parts.flatMap((part) => (part.type === 'text' ? [part.text] : []))
}
