import {
  type CallContext,
  type ChatRequest,
  ListingCarriage,
  openaiChat,
  openaiResponses,
} from 'modelspine/adapter'
import {
  type KnownServer,
  knownServers,
  openaiCompatible,
  type ServerLack,
  type ServerQuirks,
} from 'modelspine/adapters/openai-compatible'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fitToServer } from '../../../adapters/openai-compatible/fit-to-server.ts'
import { serveLoopback } from '../../loopback.ts'
import { responseReply } from '../openai/scripted-responses.ts'
import { chatReply, chunk } from './scripted-openai.ts'

const user = (text: string): ChatRequest['messages'][number] => ({
  role: 'user',
  content: [{ type: 'text', text }],
})

/** Says something of every lack. */
const full: ChatRequest = {
  model: 'm',
  messages: [
    { role: 'developer', content: [{ type: 'text', text: 'Be brief' }] },
    {
      role: 'user',
      name: 'ann',
      content: [
        { type: 'text', text: 'Hi' },
        { type: 'image', url: 'https://a/b.png', detail: 'low' },
        { type: 'image', url: 'data:image/png;base64,AA==' },
        { type: 'audio', url: 'data:audio/wav;base64,AA==' },
        { type: 'file', url: 'data:application/pdf;base64,AA==' },
      ],
    },
  ],
  choices: 2,
  seed: 7,
  stop: ['END'],
  endUser: 'u',
  frequencyPenalty: 1,
  presencePenalty: 1,
  reasoningEffort: 'low',
  parallelToolCalls: false,
  tools: [
    { type: 'function', name: 'look', parameters: {}, strict: true },
    { type: 'custom', name: 'write' },
  ],
  toolChoice: 'required',
  responseFormat: 'json',
}

function fitted(request: ChatRequest, quirks: ServerQuirks) {
  const carriage = new ListingCarriage('this server')
  const sent = fitToServer(request, quirks, { vendor: 'v', carriage })
  const refused = carriage.refused.map(({ field }) => field)
  const told = carriage.approximated.map(({ field }) => field)
  return { sent, refused, told, body: JSON.parse(openaiChat.print(sent, printing)) }
}
const printing = { stream: false, vendor: 'v', maxTokensField: 'max_tokens' } as const

describe('what a server lacks', () => {
  it.each([
    ['choices', ['choices'], []],
    ['stop', ['stop'], []],
    ['parallelToolCalls', ['parallelToolCalls'], []],
    ['toolChoice', ['toolChoice'], []],
    ['forcedTools', ['toolChoice'], []],
    ['tools', ['tools'], []],
    ['customTools', ['tools[1]'], []],
    ['jsonMode', ['responseFormat'], []],
    ['images', ['messages[1].content[1]', 'messages[1].content[2]'], []],
    ['imageAddresses', ['messages[1].content[1]'], []],
    ['audio', ['messages[1].content[3]'], []],
    ['files', ['messages[1].content[4]'], []],
    ['seed', [], ['seed']],
    ['endUser', [], ['endUser']],
    ['frequencyPenalty', [], ['frequencyPenalty']],
    ['presencePenalty', [], ['presencePenalty']],
    ['reasoningEffort', [], ['reasoningEffort']],
    ['strictTools', [], ['tools[0].strict']],
    ['names', [], ['messages[1].name']],
    ['imageDetail', [], ['messages[1].content[1].detail']],
    ['developer', [], []],
  ] as const)('is refused by its place, or told as left out: %s', (lack, refused, told) => {
    const said = fitted(full, { lacks: [lack] })
    expect([said.refused, said.told]).toEqual([refused, told])
    const whole = JSON.stringify(fitted(full, {}).body)
    expect(JSON.stringify(said.body)).not.toBe(whole)
    expect(said.body.messages[0].role).toBe(lack === 'developer' ? 'system' : 'developer')
  })

  it('refuses one tool by its name, and takes that some tool must be called', () => {
    const quirks: ServerQuirks = { lacks: ['namedTools'] }
    const named = fitted({ ...full, toolChoice: { name: 'look' } }, quirks)
    expect([named.refused, named.body.tool_choice]).toEqual([['toolChoice'], undefined])
    const required = fitted(full, quirks)
    expect([required.refused, required.body.tool_choice]).toEqual([[], 'required'])
  })

  it('is nothing for a request that does not ask for it', () => {
    const plain: ChatRequest = {
      model: 'm',
      messages: [user('Hi')],
      choices: 1,
      stop: [],
      parallelToolCalls: true,
      toolChoice: 'auto',
    }
    const lacks: ServerLack[] = [
      'choices',
      'stop',
      'parallelToolCalls',
      'toolChoice',
      'forcedTools',
      'images',
    ]
    const { refused, told, body } = fitted(plain, { lacks })
    expect([refused, told]).toEqual([[], []])
    expect(body).toEqual({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] })
  })

  it('leaves the text of a request of the same format, but for what is taken out', () => {
    const text =
      '{ "messages":[{"role":"user","content": "Hi"}], "seed": 9223372036854775807, "model":"m","x" : 1e0 }'
    const { request } = openaiChat.parse(text)
    const carriage = new ListingCarriage('this server')
    const print = (quirks: ServerQuirks): string =>
      openaiChat.print(fitToServer(request, quirks, { vendor: 'v', carriage }), printing)
    expect(print({ lacks: ['endUser'] })).toBe(text)
    expect(print({ lacks: ['seed'] })).toBe(text.replace(' "seed": 9223372036854775807,', ''))
  })

  it('is a schema in another place, or in none', () => {
    const schema = { type: 'object', properties: { at: { type: 'integer' } } }
    const { responseFormat: _, ...asked } = full
    const request: ChatRequest = { ...asked, responseSchema: { name: 'answer', schema } }
    expect(fitted(request, {}).body.response_format).toMatchObject({ type: 'json_schema' })
    const guided = fitted(request, { schema: 'guided_json' })
    expect([guided.body.guided_json, guided.body.response_format, guided.refused]).toEqual([
      schema,
      undefined,
      [],
    ])
    const none = fitted(request, { schema: 'none' })
    expect([none.body.response_format, none.refused]).toEqual([undefined, ['responseSchema']])
    const seed = fitted(request, { seedField: 'random_seed' })
    expect([seed.body.random_seed, seed.body.seed]).toEqual([7, undefined])
  })
})

const context: CallContext = { requestId: 'r1', abortSignal: new AbortController().signal }

async function serve(quirks: KnownServer | ServerQuirks) {
  const seen: { path: string | undefined; body: Record<string, unknown> }[] = []
  const loopback = await serveLoopback((request, bytes, response) => {
    const body = JSON.parse(bytes.toString())
    seen.push({ path: request.url, body })
    if (body.stream === true) {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.end(`${chunk({ content: 'Hi' }, {}, 'stop')}data: [DONE]\n\n`)
      return
    }
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(request.url === '/v1/responses' ? responseReply('m') : chatReply('m')))
  })
  const provider = openaiCompatible({ baseUrl: `${loopback.url}/v1`, quirks })
  const close = async (): Promise<void> => {
    await provider.close()
    await loopback.close()
  }
  onTestFinished(close)
  return { provider, seen }
}

describe('a known server', () => {
  it.each(Object.keys(knownServers) as KnownServer[])(
    'takes a plain chat, and gets what it takes: %s',
    async (name) => {
      const { provider, seen } = await serve(name)
      await provider.chat({ model: 'm', messages: [user('Hi')], maxOutputTokens: 9, topK: 4 }, context)
      const quirks: ServerQuirks = knownServers[name]
      expect(seen[0]).toEqual({
        path: '/v1/chat/completions',
        body: {
          model: 'm',
          messages: [{ role: 'user', content: 'Hi' }],
          [quirks.maxTokensField ?? 'max_completion_tokens']: 9,
          ...(quirks.extensions?.includes('top_k') ? { top_k: 4 } : {}),
        },
      })
      const hasResponses = provider.capabilities.dialects.includes('openai-responses')
      expect(hasResponses).toBe(quirks.responses === true)
    },
  )

  it('refuses in its own name, before anything is sent', async () => {
    const { provider, seen } = await serve('groq')
    await expect(
      provider.chat({ model: 'm', messages: [user('Hi')], choices: 2 }, context),
    ).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('as groq takes them'),
      details: { field: 'choices' },
    })
    const translation = { approximations: 'refuse', approximated: () => {} } as const
    const named = { model: 'm', messages: [{ ...user('Hi'), name: 'ann' }] }
    await expect(provider.chat(named, { ...context, translation })).rejects.toMatchObject({
      code: 'unsupported',
      details: { field: 'messages[0].name' },
    })
    expect(seen).toEqual([])
  })

  it("refuses a tool by its name for llama.cpp, which would call another, in the caller's own format too", async () => {
    const { provider, seen } = await serve('llama.cpp')
    const tools = [{ type: 'function', function: { name: 'look' } }]
    const asked = { model: 'm', messages: [{ role: 'user', content: 'Hi' }], tools }
    const text = (choice: unknown): string => JSON.stringify({ ...asked, tool_choice: choice })
    const named = text({ type: 'function', function: { name: 'look' } })
    await expect(provider.chat(openaiChat.parse(named).request, context)).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('offer only that tool, and require a call'),
      details: { field: 'toolChoice' },
    })
    expect(seen).toEqual([])
    await provider.chat(openaiChat.parse(text('required')).request, context)
    expect(seen[0]?.body).toEqual({ ...asked, tool_choice: 'required' })
  })

  it('is not asked for usage in a stream where it gives it anyway', async () => {
    const text =
      '{"model":"m","messages":[{"role":"user","content":"Hi"}],"stream":true,"stream_options":{"include_usage":true}}'
    const bodies: Record<string, unknown>[] = []
    for (const quirks of ['mistral', 'groq'] as const) {
      const { provider, seen } = await serve(quirks)
      for (const request of [{ model: 'm', messages: [user('Hi')] }, openaiChat.parse(text).request]) {
        for await (const _ of provider.chatStream(request, context));
      }
      bodies.push(...seen.map(({ body }) => body))
    }
    expect(bodies.map((body) => body.stream_options)).toEqual([
      undefined,
      undefined,
      { include_usage: true },
      { include_usage: true },
    ])
  })

  it('gets responses only from callers of responses', async () => {
    const { provider, seen } = await serve('lm-studio')
    await provider.chat({ model: 'm', messages: [user('Hi')] }, context)
    await provider.chat(openaiResponses.parse('{"model":"m","input":"Hi"}').request, context)
    expect(seen.map(({ path }) => path)).toEqual(['/v1/chat/completions', '/v1/responses'])
    const without = await serve('ollama')
    await without.provider.chat(openaiResponses.parse('{"model":"m","input":"Hi"}').request, context)
    expect(without.seen[0]).toEqual({
      path: '/v1/chat/completions',
      body: { model: 'm', messages: [{ role: 'user', content: 'Hi' }] },
    })
  })
})
