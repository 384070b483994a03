import {
  binaryFault,
  bytesPayloadOf,
  bytesReplyOf,
  type ChatEvent,
  type ChatRequest,
  editedFields,
  type InferReply,
  type InferRequest,
  inferenceHeader,
  type ModelProvider,
  originalOf,
  type ProviderFailure,
  tensorReplyOf,
  withNative,
  wrongReplyField,
} from '../../../src/adapter.ts'
import { ModelspineError } from '../../../src/errors.ts'
import { memoryProvider } from '../../../src/provider/memory-provider.ts'
import {
  type ScriptedUpstream,
  scriptedAnswer,
  type UpstreamCall,
  type UpstreamScript,
} from '../../../src/testing/index.ts'

const failures: readonly ProviderFailure[] = [
  'rate-limited',
  'quota',
  'overloaded',
  'timeout',
  'interrupted',
  'malformed-reply',
  'context-length',
  'content-filter',
  'bad-request',
  'not-found',
  'not-ready',
  'unsupported',
  'auth',
  'unavailable',
]

/** The memory provider, with scripts that do what the kit plays. */
export function scriptedMemory(): { readonly provider: ModelProvider; readonly upstream: ScriptedUpstream } {
  let script: UpstreamScript = { kind: 'ok' }
  let left = 0
  const calls: UpstreamCall[] = []
  const { text, finishReason, usage, embeddings, outputs } = scriptedAnswer

  async function answer<T>(model: string, body: unknown, abortSignal: AbortSignal, reply: T): Promise<T> {
    calls.push({ model, body, text: textOf(body) })
    if (script.kind === 'fails') throw failure(script.code, script.retryAfterMs)
    if (script.kind === 'silent') {
      await fired(abortSignal).finally(() => {
        left += 1
      })
    }
    return reply
  }

  function inferReply(request: InferRequest): InferReply {
    if (script.kind !== 'binary') return request.kind === 'bytes' ? request : { kind: 'tensors', outputs }
    const whole = bytesReplyOf({ kind: 'tensors', outputs }, request.model, () => true)
    const sent = script.cut ? { ...whole, bytes: whole.bytes.subarray(0, -1) } : whole
    if (request.kind === 'tensors') return tensorReplyOf(sent)
    const fault = binaryFault(sent.headers?.[inferenceHeader] ?? '', sent.bytes, wrongReplyField)
    if (fault !== undefined) throw fault
    return sent
  }

  const memory = memoryProvider({
    dialects: ['memory-chat'],
    infer(request, { abortSignal }) {
      if (request.kind === 'tensors') bytesPayloadOf(request, true)
      return answer(request.model, request, abortSignal, inferReply(request))
    },
    chat: (request, { abortSignal }) =>
      answer(request.model, request, abortSignal, {
        id: 'reply-1',
        model: request.model,
        choices: [{ content: [{ type: 'text', text: text.join('') }], finishReason }],
        usage,
      }),
    embed: (request, { abortSignal }) =>
      answer(request.model, request, abortSignal, { model: request.model, embeddings, usage }),
    async *chatStream(request, { abortSignal }): AsyncGenerator<ChatEvent | string> {
      await answer(request.model, request, abortSignal, undefined)
      const end = script.kind === 'stream' ? script.end : 'whole'
      let whole = false
      try {
        for (const [index, piece] of text.entries()) {
          yield piece
          if (index > 0) continue
          if (end === 'cut') throw failure('interrupted')
          if (end === 'malformed') throw failure('malformed-reply')
          if (end === 'stuck') {
            yield { parts: [] }
            await fired(abortSignal)
          }
        }
        yield { parts: [{ type: 'usage', usage }] }
        yield { parts: [{ type: 'finish', choice: 0, finishReason }] }
        whole = true
      } finally {
        if (!whole) left += 1
      }
    },
  })
  const provider = { ...memory, capabilities: { ...memory.capabilities, binaryTensors: true } }
  return {
    provider,
    upstream: {
      calls,
      failures,
      play(next) {
        script = next
      },
      get left() {
        return left
      },
    },
  }
}

/** A caller's text in the dialect `memory-chat`, and the request that was read from it. */
export function memoryCall(): { readonly text: string; readonly request: ChatRequest } {
  const text = '{ "model": "public-name", "said": "A long secret" }'
  const content = [{ type: 'text' as const, text: 'A long secret' }]
  const request = { model: 'public-name', messages: [{ role: 'user' as const, content }] }
  return { text, request: withNative(request, 'memory-chat', text) }
}

/** What a provider of the dialect would send: the original, unless more than the model was edited. */
function textOf(body: unknown): string {
  const request = body as ChatRequest
  const original = originalOf(request, 'memory-chat')
  if (original === undefined || editedFields(request, original.value).length > 1) return JSON.stringify(body)
  return original.text.replace(original.value.model, request.model)
}

function fired(abortSignal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    abortSignal.addEventListener('abort', () => reject(new Error('the caller left')))
  })
}

function failure(code: ProviderFailure, retryAfterMs?: number): ModelspineError {
  return new ModelspineError(code, 'as scripted', retryAfterMs === undefined ? {} : { retryAfterMs })
}
