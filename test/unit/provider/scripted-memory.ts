import type { ChatEvent, ModelProvider, ProviderFailure } from '../../../src/adapter.ts'
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
    calls.push({ model, body })
    if (script.kind === 'fails') throw failure(script.code, script.retryAfterMs)
    if (script.kind === 'silent') {
      await fired(abortSignal).finally(() => {
        left += 1
      })
    }
    return reply
  }

  const provider = memoryProvider({
    dialects: ['memory-chat'],
    infer: (request, { abortSignal }) =>
      answer(
        request.model,
        request,
        abortSignal,
        request.kind === 'bytes' ? request : { kind: 'tensors', outputs },
      ),
    chat: (request, { abortSignal }) =>
      answer(request.model, { ...request.native?.body, model: request.model }, abortSignal, {
        id: 'reply-1',
        model: request.model,
        content: [{ type: 'text', text: text.join('') }],
        finishReason,
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
            yield { type: 'other' }
            await fired(abortSignal)
          }
        }
        yield { type: 'usage', usage }
        yield { type: 'finish', finishReason }
        whole = true
      } finally {
        if (!whole) left += 1
      }
    },
  })
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

function fired(abortSignal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    abortSignal.addEventListener('abort', () => reject(new Error('the caller left')))
  })
}

function failure(code: ProviderFailure, retryAfterMs?: number): ModelspineError {
  return new ModelspineError(code, 'as scripted', retryAfterMs === undefined ? {} : { retryAfterMs })
}
