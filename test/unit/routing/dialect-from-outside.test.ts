/** A dialect as somebody outside makes it: a codec, a provider that speaks it, and a router in between. */
import {
  type ChatCodec,
  type ChatRequest,
  limitPerChoice,
  type ModelProvider,
  nativeText,
  withNative,
} from 'modelspine/adapter'
import { createRouter, type RouterOptions, staticRoutes } from 'modelspine/routing'
import { describe, expect, it } from 'vitest'

const dialect = 'acme-lines'

/** A request is a line such as `small|most 9|mood calm|Hello`. `mood` is a field that no contract knows. */
const lines: ChatCodec = {
  dialect,
  title: 'the lines of Acme',
  parse(text) {
    const [model = '', most = '', , said = ''] = text.split('|')
    const maxOutputTokens = Number(most.slice('most '.length)) || undefined
    const request: ChatRequest = {
      model,
      messages: [{ role: 'user', content: [{ type: 'text', text: said }] }],
      ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    }
    return { request: withNative(request, dialect, text), stream: false, includeUsage: false }
  },
  print({ model, ...request }) {
    const parts = request.messages.flatMap(({ content }) => content)
    const said = parts.map((part) => (part.type === 'text' ? part.text : '')).join(' ')
    // Everything but the model is as the caller wrote it.
    const original = nativeText({ ...request, model: 'assistant' } as ChatRequest, dialect)
    if (original !== undefined) return original.replace(/^[^|]*/, model)
    return `${model}|most ${request.maxOutputTokens ?? 0}||${said}`
  },
  capTokens: (request, cap) => ({
    ...request,
    maxOutputTokens: limitPerChoice(cap, 1, request.maxOutputTokens),
  }),
  parseReply: (text) => ({
    id: 'line',
    model: 'acme',
    choices: [{ content: [{ type: 'text', text }], finishReason: 'stop' }],
    usage: {},
  }),
  printReply: ({ choices }) => JSON.stringify(choices[0]?.content),
  reader: () => ({
    isEnd: (_name, data) => data === '.',
    read: (_name, data) => ({ parts: [{ type: 'text-delta', choice: 0, block: 0, text: data }] }),
    end: () => [{ parts: [{ type: 'finish', choice: 0, finishReason: 'stop' }] }],
  }),
  writer: () => ({ write: (events) => JSON.stringify(events), end: () => '.' }),
}

function acme(sent: string[]): ModelProvider {
  return {
    name: 'acme',
    capabilities: { operations: ['chat'], streaming: true, dialects: [dialect] },
    capTokens: (request, cap) => lines.capTokens(request, cap, 'acme'),
    async chat(request) {
      sent.push(lines.print(request, { stream: false, vendor: 'acme' }))
      return lines.parseReply('fine', (body) => new Error(String(body)) as never)
    },
    async *chatStream(request) {
      sent.push(lines.print(request, { stream: true, vendor: 'acme' }))
      const reader = lines.reader(request, (body) => new Error(String(body)) as never)
      yield ['fi', 'ne'].map((data) => reader.read('', data) ?? { parts: [] })
      yield reader.end('marked')
    },
  }
}

async function send(text: string, options: Partial<RouterOptions> = {}): Promise<string | undefined> {
  const sent: string[] = []
  const table = staticRoutes({
    providers: { acme: acme(sent) },
    routes: [
      {
        metadata: { name: 'assistant' },
        spec: { operations: ['chat'], backends: [{ provider: 'acme', model: 'small' }] },
      },
    ],
  })
  const router = createRouter({ table, ...options })
  const { request } = lines.parse(text)
  const { reply } = await router.chat(request.model, request)
  expect(reply.choices[0]?.content).toEqual([{ type: 'text', text: 'fine' }])
  const { events } = await router.chatStream(request.model, request)
  const types: string[] = []
  for await (const batch of events)
    for (const { parts } of batch) types.push(...parts.map(({ type }) => type))
  expect(types).toEqual(['text-delta', 'text-delta', 'finish'])
  expect(new Set(sent).size).toBe(1)
  return sent[0]
}

describe('a dialect from outside', () => {
  it('passes the router as it was written, but for the model', async () => {
    expect(await send('assistant|most 9|mood calm|Hello')).toBe('small|most 9|mood calm|Hello')
  })

  it('is written anew when a guardrail edits the request, so that nothing undoes the edit', async () => {
    const redact = {
      checkRequest: ({ body }: { readonly body: unknown }) => ({
        ...(body as ChatRequest),
        messages: [{ role: 'user', content: [{ type: 'text', text: '[redacted]' }] }],
      }),
    }
    expect(await send('assistant|most 9|mood calm|secret', { layers: { guardrailsIn: [redact] } })).toBe(
      'small|most 9||[redacted]',
    )
  })

  it('obeys a cap on tokens by its own provider', async () => {
    const cap = { kind: 'cap-tokens', maxOutputTokens: 5 } as const
    const decide = () => ({
      verdict: 'allow' as const,
      findings: [],
      obligations: [cap],
      policyRevision: '1',
      inputDigest: '',
    })
    expect(await send('assistant|most 9|mood calm|Hello', { policy: { decide } })).toBe('small|most 5||Hello')
    expect(await send('assistant|most 3|mood calm|Hello', { policy: { decide } })).toMatch(/^small\|most 3\|/)
  })
})
