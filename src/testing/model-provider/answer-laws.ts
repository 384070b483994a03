import assert from 'node:assert/strict'
import type { ChatRequest, InferRequest } from '../../provider/contract.ts'
import type { OperationName } from '../../resources/route/model-route.ts'
import type { Law } from '../kit.ts'
import {
  ask,
  chatRequest,
  contextOf,
  embedRequest,
  failureOf,
  inferRequest,
  kitModel,
  provided,
  soon,
  waysToAsk,
} from './calling.ts'
import { type ModelProviderSubject, scriptedAnswer } from './subject.ts'
import { rawRequest } from './tensor-laws.ts'

const without =
  (operation: OperationName) =>
  ({ provider }: ModelProviderSubject): string | undefined =>
    provider.capabilities.operations.includes(operation) ? undefined : `declares no ${operation}`

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
    skip: (subject) =>
      without('infer')(subject) ?? (subject.provider.capabilities.bytesOnly ? 'takes bytes only' : undefined),
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
    name: 'refuses tensors with unsupported, where it takes bytes only, and sends nothing',
    skip: ({ provider }) => (provider.capabilities.bytesOnly ? undefined : 'takes tensors, or has no infer'),
    async check(subject) {
      subject.upstream.play({ kind: 'ok' })
      const call = provided(subject.provider.infer?.(inferRequest, contextOf()), 'infer')
      const failure = await soon(subject, failureOf(call, 'infer'), 'infer')
      assert.equal(failure.code, 'unsupported')
      assert.equal(subject.upstream.calls.length, 0, 'calls made')
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
      const bodies = Array.from({ length: 8 }, (_, index) =>
        Uint8Array.from([123, 125, index, 255 - index, 0, index]),
      )
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
    name: 'refuses a required part of an unknown vendor with unsupported, and sends nothing',
    skip: without('chat'),
    async check(subject) {
      subject.upstream.play({ kind: 'ok' })
      const kind = 'kit-part'
      const part = { type: 'opaque', vendor: 'kit-vendor', kind, data: {} } as const
      const asked = (required: boolean): ChatRequest => ({
        ...chatRequest,
        messages: [
          ...chatRequest.messages,
          { role: 'user', content: [{ type: 'text', text: 'b' }, required ? { ...part, required } : part] },
        ],
      })
      const failure = await soon(subject, failureOf(ask(subject, asked(true), 'chat'), 'chat'), 'chat')
      assert.equal(failure.code, 'unsupported')
      assert.ok(failure.message.includes(kind), `the error does not name the part: ${failure.message}`)
      assert.equal(subject.upstream.calls.length, 0, 'calls made')
      await ask(subject, asked(false), 'chat without the mark')
      assert.equal(subject.upstream.calls.length, 1, 'calls made without the mark')
    },
  },
  {
    name: 'caps the tokens of all choices together',
    skip: ({ provider }) => (provider.capTokens === undefined ? 'has no capTokens' : undefined),
    async check({ provider }) {
      const capped = (more: Partial<ChatRequest>): number | undefined =>
        provided(provider.capTokens, 'capTokens').call(provider, { ...chatRequest, ...more }, 50)
          .maxOutputTokens
      assert.equal(capped({}), 50)
      assert.equal(capped({ maxOutputTokens: 900 }), 50)
      assert.equal(capped({ maxOutputTokens: 7 }), 7)
      assert.equal(capped({ choices: 4 }), 12)
      const refused = Promise.resolve().then(() => capped({ choices: 51 }))
      assert.equal((await failureOf(refused, 'a cap below one token a choice')).code, 'policy-denied')
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
