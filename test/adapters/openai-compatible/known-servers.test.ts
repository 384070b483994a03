/** What known servers take and answer, as their documents and sources have it. */
import { type ChatEventPart, type ChatRequest, ListingCarriage, openaiChat } from 'modelspine/adapter'
import { type KnownServer, knownServers } from 'modelspine/adapters/openai-compatible'
import { describe, expect, it } from 'vitest'
import { fitToServer } from '../../../adapters/openai-compatible/fit-to-server.ts'

const errorOf = (): never => expect.unreachable()

function read(message: object, usage: object = {}) {
  const choices = [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop' }]
  const reply = openaiChat.parseReply(JSON.stringify({ id: 'i', model: 'm', choices, usage }), errorOf)
  return { content: reply.choices[0]?.content, usage: reply.usage }
}

function streamed(...deltas: readonly object[]): readonly ChatEventPart[] {
  const request: ChatRequest = { model: 'm', messages: [] }
  const reader = openaiChat.reader(request, errorOf)
  return deltas.flatMap(
    (delta) => reader.read('message', JSON.stringify({ choices: [{ index: 0, delta }] }))?.parts ?? [],
  )
}

const at = (block: number) => ({ choice: 0, block }) as const

describe('answers of known servers', () => {
  it('count the tokens that DeepSeek read from its cache once', () => {
    const usage = {
      prompt_tokens: 1013,
      completion_tokens: 12,
      total_tokens: 1025,
      prompt_cache_hit_tokens: 1008,
      prompt_cache_miss_tokens: 5,
      completion_tokens_details: { reasoning_tokens: 7 },
    }
    const counted = { inputTokens: 5, cacheReadTokens: 1008, outputTokens: 12, reasoningTokens: 7 }
    expect(read({ content: 'Hi' }, usage).usage).toEqual(counted)
    const twice = { ...usage, prompt_tokens_details: { cached_tokens: 1008 } }
    expect(read({ content: 'Hi' }, twice).usage).toEqual(counted)
  })

  it('count what SGLang thought, which stands beside the other counts', () => {
    const usage = {
      prompt_tokens: 9,
      total_tokens: 14,
      completion_tokens: 5,
      prompt_tokens_details: { cached_tokens: 4 },
      reasoning_tokens: 3,
    }
    expect(read({ content: 'Hi', reasoning_content: 'hm' }, usage)).toEqual({
      content: [
        { type: 'reasoning', text: 'hm' },
        { type: 'text', text: 'Hi' },
      ],
      usage: { inputTokens: 5, cacheReadTokens: 4, outputTokens: 5, reasoningTokens: 3 },
    })
  })

  it('count what OpenRouter read from a cache and wrote to it, and keep its signed thoughts', () => {
    const usage = {
      prompt_tokens: 100,
      completion_tokens: 20,
      prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 30 },
      cost: 0.001,
    }
    const thought = { type: 'reasoning.text', text: 'hm', signature: 's', format: 'anthropic-claude-v1' }
    expect(read({ content: 'Hi', reasoning: 'hm', reasoning_details: [thought] }, usage)).toEqual({
      content: [
        { type: 'reasoning', text: 'hm', signature: 's', signedBy: 'anthropic' },
        { type: 'text', text: 'Hi' },
      ],
      usage: { inputTokens: 10, cacheReadTokens: 60, cacheWriteTokens: 30, outputTokens: 20 },
    })
  })

  it('are read from the lists that Mistral writes, whole and in pieces', () => {
    const thinking = {
      type: 'thinking',
      thinking: [
        { type: 'text', text: 'h' },
        { type: 'text', text: 'm' },
      ],
    }
    const text = { type: 'text', text: 'Hi' }
    expect(read({ content: [thinking, text] }).content).toEqual([
      { type: 'reasoning', text: 'hm' },
      { type: 'text', text: 'Hi' },
    ])
    expect(streamed({ content: [thinking] }, { content: [text] }, { content: '!' })).toEqual([
      { type: 'reasoning-delta', text: 'hm', ...at(0) },
      { type: 'text-delta', text: 'Hi', ...at(1) },
      { type: 'text-delta', text: '!', ...at(1) },
    ])
    const nothing = [{ type: 'thinking', thinking: [] }, { type: 'reference', reference_ids: [1] }, 'x']
    expect(read({ content: nothing }).content).toEqual([])
  })

  it('have the thoughts of Together by either name', () => {
    for (const name of ['reasoning', 'reasoning_content']) {
      expect(read({ content: 'Hi', [name]: 'hm' }).content?.[0]).toEqual({ type: 'reasoning', text: 'hm' })
    }
  })
})

const look = { type: 'function', name: 'look', parameters: {}, strict: true } as const

/** What is refused or told of each, by the servers that do not take it. */
const asked: readonly (readonly [what: string, request: Partial<ChatRequest>, servers: string])[] = [
  ['two answers', { choices: 2 }, 'tgi deepseek openrouter'],
  ['a seed', { seed: 7 }, 'deepseek'],
  ['a penalty', { presencePenalty: 1 }, 'tgi'],
  ['an effort', { reasoningEffort: 'low' }, 'tgi'],
  ['one call at a time', { parallelToolCalls: false }, 'tgi together deepseek'],
  ['a strict tool', { tools: [look] }, 'tgi together deepseek'],
  ['a forced tool', { toolChoice: 'required' }, ''],
  [
    'a custom tool',
    { tools: [{ type: 'custom', name: 'write' }] },
    'sglang tgi together mistral deepseek openrouter',
  ],
  ['a schema', { responseSchema: { name: 'a', schema: {}, strict: false } }, 'tgi deepseek'],
  ['any JSON', { responseFormat: 'json' }, 'tgi'],
  ['an end user', { endUser: 'u' }, 'sglang tgi together mistral deepseek'],
  [
    'audio',
    { messages: [{ role: 'user', content: [{ type: 'audio', url: 'data:audio/wav;base64,AA==' }] }] },
    'sglang tgi mistral deepseek',
  ],
  [
    'a file',
    { messages: [{ role: 'user', content: [{ type: 'file', url: 'data:a/b;base64,AA==' }] }] },
    'sglang tgi together mistral deepseek',
  ],
  [
    'detail of an image',
    { messages: [{ role: 'user', content: [{ type: 'image', url: 'https://a/b.png', detail: 'low' }] }] },
    'tgi together deepseek',
  ],
  ['a name', { messages: [{ role: 'user', name: 'ann', content: [] }] }, 'mistral'],
]

describe('requests to known servers', () => {
  it.each(asked)('lose %s only where the server does not take it', (_, more, servers) => {
    const checked: readonly KnownServer[] = ['sglang', 'tgi', 'together', 'mistral', 'deepseek', 'openrouter']
    const losing = checked.filter((name) => {
      const carriage = new ListingCarriage(name)
      const request: ChatRequest = { model: 'm', messages: [], ...more }
      fitToServer(request, knownServers[name], { vendor: name, carriage })
      return carriage.refused.length + carriage.approximated.length > 0
    })
    expect(losing).toEqual(servers === '' ? [] : servers.split(' '))
  })
})
