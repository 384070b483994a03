import assert from 'node:assert/strict'
import type { ChatMessage, ChatRequest, EmbedRequest } from '../../provider/contract.ts'
import type { Law } from '../kit.ts'
import { ask, kitModel } from './calling.ts'
import type { ModelProviderSubject } from './subject.ts'

export const dialectLaws: readonly Law<ModelProviderSubject>[] = [
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

/** What the request says, in words. */
function textsOf(request: ChatRequest | EmbedRequest): readonly string[] {
  if ('input' in request) return request.input.filter((each) => typeof each === 'string')
  const parts = request.messages.flatMap(({ content }) => content)
  return parts.flatMap((part) => (part.type === 'text' ? [part.text] : []))
}
