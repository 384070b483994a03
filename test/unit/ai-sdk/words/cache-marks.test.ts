/** Marks for a cache, in the words that packages of the AI SDK have for them. */

import type { LanguageModelV4CallOptions, SharedV4ProviderOptions } from '@ai-sdk/provider'
import {
  type CacheMark,
  type ChatMessage,
  type ChatPart,
  type ChatRequest,
  ListingCarriage,
} from 'modelspine/adapter'
import { fallback, fromAiSdk, languageModel } from 'modelspine/ai-sdk'
import { describe, expect, it } from 'vitest'
import { readRequest } from '../../../../src/ai-sdk/words/read-request.ts'
import { aiSdkTitle, writeRequest } from '../../../../src/ai-sdk/words/write-request.ts'
import { dialectList } from '../../dialects/pairs/dialect-list.ts'
import { modelOf, routerOver } from '../route/route-world.ts'
import { context, noting } from './proof-world.ts'

const anthropic: SharedV4ProviderOptions = { anthropic: { cacheControl: { type: 'ephemeral' } } }
const bedrock: SharedV4ProviderOptions = { bedrock: { cachePoint: { type: 'default' } } }
const hour: SharedV4ProviderOptions = { anthropic: { cacheControl: { type: 'ephemeral', ttl: '1h' } } }
const png = 'data:image/png;base64,iVBORw0KGgo='
const known = ['anthropic.messages', 'googleVertex.anthropic.messages', 'bedrock.anthropic.messages']

type Prompt = LanguageModelV4CallOptions['prompt']
type Tools = NonNullable<LanguageModelV4CallOptions['tools']>

/** A call that is marked in all places where a package reads a mark. */
const marked: { readonly prompt: Prompt; readonly tools: Tools } = {
  prompt: [
    { role: 'system', content: 'Be kind', providerOptions: anthropic },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Long', providerOptions: hour },
        {
          type: 'file',
          mediaType: 'image/png',
          data: { type: 'data', data: 'iVBORw0KGgo=' },
          providerOptions: bedrock,
        },
        { type: 'text', text: 'Short' },
      ],
    },
    {
      role: 'assistant',
      content: [
        {
          type: 'tool-call',
          toolCallId: 'c',
          toolName: 'look',
          input: {},
          providerOptions: { amazonBedrock: { cachePoint: { type: 'default', ttl: '5m' } } },
        },
      ],
    },
    {
      role: 'tool',
      content: [
        {
          type: 'tool-result',
          toolCallId: 'c',
          toolName: 'look',
          output: { type: 'text', value: 'seen' },
          providerOptions: { anthropic: { cache_control: { type: 'ephemeral' } } },
        },
      ],
    },
    { role: 'user', content: [{ type: 'text', text: 'Go on' }], providerOptions: bedrock },
  ],
  tools: [{ type: 'function', name: 'look', inputSchema: {}, providerOptions: anthropic }],
}
const marks = [{}, { ttl: '1h' }, {}, undefined, { ttl: '5m' }, {}, {}, {}]

/** A file that two vendors keep, which chat has no words for. */
const ownFile = {
  type: 'file' as const,
  mediaType: 'image/png',
  data: { type: 'reference' as const, reference: { openai: 'a', anthropic: 'b' } },
}

function required(data: { readonly type: string }): ChatPart {
  return { type: 'opaque', vendor: 'ai-sdk', kind: data.type, data, required: true }
}

const read = (call: LanguageModelV4CallOptions): ChatRequest => ({ model: 'm', ...readRequest(call).request })
const withoutNative = ({ messages, tools }: ChatRequest): ChatRequest => ({
  model: 'm',
  messages,
  ...(tools && { tools }),
})

/** The marks of all parts, and then those of all tools. */
function marksOf({ messages, tools = [] }: ChatRequest): readonly (CacheMark | undefined)[] {
  const parts = messages.flatMap(({ content }) => content.map(({ cacheMark }) => cacheMark))
  return [...parts, ...tools.map((tool) => (tool.type === 'function' ? tool.cacheMark : undefined))]
}

function optionsIn({ messages, tools = [] }: ChatRequest): readonly object[] {
  const all: readonly object[] = [...messages, ...messages.flatMap(({ content }) => content), ...tools]
  return all.flatMap((each) => ('options' in each ? [each.options as object] : []))
}

/** What is told of the request, and what the model is asked. */
function written(
  request: ChatRequest,
  provider: string,
): { readonly call: ReturnType<typeof writeRequest>; readonly told: readonly object[] } {
  const carriage = new ListingCarriage(aiSdkTitle)
  const call = writeRequest(request, provider, carriage)
  expect(carriage.refused).toEqual([])
  return { call, told: carriage.approximated }
}

const saying = (part: ChatPart, role: ChatMessage['role'] = 'user'): ChatRequest => ({
  model: 'm',
  messages: [{ role, content: [part], ...(role === 'tool' && { toolCallId: 'c' }) }],
})

describe('a mark for the cache, of an app that uses the AI SDK', () => {
  it('is read in each place and in each vendor’s words, and leaves no option behind', () => {
    const request = read(marked)
    expect(marksOf(request)).toEqual(marks)
    expect(optionsIn(request)).toEqual([])
  })

  it('reaches the servers of Anthropic and Bedrock through a route, and nothing is told', () => {
    const request = withoutNative(read(marked))
    const carriage = new ListingCarriage('a test')
    const textsFor = (vendor: string): readonly string[] =>
      dialectList.filter((dialect) => dialect.vendor === vendor).map(({ print }) => print(request, carriage))
    const [toAnthropic = ''] = textsFor('anthropic')
    expect(toAnthropic.split('"cache_control":{"type":"ephemeral"')).toHaveLength(8)
    expect(toAnthropic).toContain('{"type":"ephemeral","ttl":"1h"}')
    const [toBedrock = ''] = textsFor('bedrock')
    expect(toBedrock.split('"cachePoint":{"type":"default"')).toHaveLength(8)
    expect(carriage.approximated.filter(({ field }) => /cacheMark|options/.test(field))).toEqual([])
  })

  it('stays an option where it says more than a mark, or another one', () => {
    const more = { anthropic: { cacheControl: { type: 'ephemeral', scope: 'all' } } }
    const two = { ...hour, ...bedrock, anthropic: { ...hour.anthropic, more: 1 } }
    const parts = [more, two, { openai: { a: 1 } }].map((providerOptions) => ({
      type: 'text' as const,
      text: 'a',
      providerOptions,
    }))
    expect(read({ prompt: [{ role: 'user', content: parts }] }).messages[0]?.content).toEqual([
      { type: 'text', text: 'a', options: { 'ai-sdk': more } },
      {
        type: 'text',
        text: 'a',
        cacheMark: { ttl: '1h' },
        options: { 'ai-sdk': { anthropic: { more: 1 }, ...bedrock } },
      },
      { type: 'text', text: 'a', options: { 'ai-sdk': { openai: { a: 1 } } } },
    ])
  })

  it('stays in a part that only the AI SDK knows', () => {
    const part = { ...ownFile, providerOptions: hour }
    expect(read({ prompt: [{ role: 'user', content: [part] }] }).messages[0]?.content).toEqual([
      required(part),
    ])
  })

  it('of a whole message is one of its last part, unless that has its own or can have none', () => {
    const message = (content: unknown, role = 'user'): ChatRequest =>
      read({ prompt: [{ role, content, providerOptions: hour }] as never })
    const text = { type: 'text', text: 'a' }
    expect(marksOf(message([text, text]))).toEqual([undefined, { ttl: '1h' }])
    expect(marksOf(message([{ ...text, providerOptions: anthropic }]))).toEqual([{}])
    for (const content of [[], [ownFile]])
      expect(message(content).messages).toEqual([
        { role: 'user', content: content.map(required), options: { 'ai-sdk': hour } },
      ])
    const approval = { type: 'tool-approval-response', approvalId: 'a', approved: true }
    expect(message([approval], 'tool').messages).toEqual([{ role: 'tool', content: [required(approval)] }])
    const result = (toolCallId: string) => ({
      type: 'tool-result',
      toolCallId,
      toolName: 'look',
      output: { type: 'json', value: 1 },
    })
    expect(marksOf(message([result('c'), result('d')], 'tool'))).toEqual([undefined, { ttl: '1h' }])
  })

  it('of a tool’s result is one of its last part, wherever the app wrote it', () => {
    const result = (output: object, providerOptions?: object): ChatMessage | undefined =>
      read({
        prompt: [
          {
            role: 'tool',
            content: [{ type: 'tool-result', toolCallId: 'c', toolName: 'look', output, providerOptions }],
          },
        ] as never,
      }).messages[0]
    const text = { type: 'text', text: 'a' }
    const two = { type: 'content', value: [text, text] }
    const inside = (at: number): object => ({
      type: 'content',
      value: [text, text].map((part, place) =>
        place === at ? { ...part, providerOptions: anthropic } : part,
      ),
    })
    const last = [text, { ...text, cacheMark: {} }]
    expect(result(two, anthropic)).toMatchObject({ content: last })
    expect(result(inside(1))).toMatchObject({ content: last })
    expect(result({ type: 'text', value: 'a', providerOptions: anthropic })?.content).toEqual([last[1]])
    // In the middle of a result it is no mark in any package.
    expect(result(inside(0))?.content).toEqual([{ ...text, options: { 'ai-sdk': anthropic } }, text])
    for (const value of [[], [{ type: 'custom' }]])
      expect(result({ type: 'content', value }, anthropic)).toMatchObject({
        content: value.map(required),
        options: { 'ai-sdk': anthropic },
      })
  })
})

describe('a mark for the cache, for a model of the AI SDK', () => {
  it.each(known)('is written where the package reads it: %s', (provider) => {
    const { call, told } = written(withoutNative(read(marked)), provider)
    expect(told).toEqual([])
    expect(marksOf(read(call))).toEqual(marks)
    expect(call.prompt[1]).toMatchObject({ content: [{ providerOptions: hour }, {}, {}] })
    expect(call.prompt.map(({ providerOptions }) => providerOptions?.anthropic)).toEqual([
      anthropic.anthropic,
      ...Array(4).fill(undefined),
    ])
    expect(call.tools).toMatchObject([{ providerOptions: anthropic }])
  })

  it('of Bedrock is written where its package reads it, and told of tools', () => {
    const { call, told } = written(withoutNative(read(marked)), 'amazon-bedrock')
    expect(told).toEqual([{ field: 'tools[0].cacheMark', what: 'left out' }])
    expect(marksOf(read(call)).slice(0, -1)).toEqual(marks.slice(0, -1))
    expect(call.prompt[0]).toMatchObject({ role: 'system', providerOptions: bedrock })
    expect(call.prompt[3]).toMatchObject({ content: [{ type: 'tool-result', providerOptions: bedrock }] })
  })

  it('of a thought is written for Bedrock, and told for Anthropic', () => {
    const request = saying({ type: 'reasoning', text: 'hm', cacheMark: {} }, 'assistant')
    expect(written(request, 'amazon-bedrock')).toMatchObject({
      told: [],
      call: { prompt: [{ content: [{ providerOptions: bedrock }] }] },
    })
    const { call, told } = written(request, 'anthropic.messages')
    expect(told).toEqual([{ field: 'messages[0].content[0].cacheMark', what: 'left out' }])
    expect(JSON.stringify(call)).not.toContain('cacheControl')
  })

  it('stands behind a tool’s whole result, and others in it are told', () => {
    const text = (cacheMark?: CacheMark): ChatPart => ({
      type: 'text',
      text: 'a',
      ...(cacheMark && { cacheMark }),
    })
    const request: ChatRequest = {
      model: 'm',
      messages: [{ role: 'tool', toolCallId: 'c', content: [text({}), text({ ttl: '1h' }), text()] }],
    }
    const { call, told } = written(request, 'anthropic.messages')
    expect(told).toEqual([
      { field: 'messages[0].content[0].cacheMark', what: 'left out' },
      { field: 'messages[0].content[1].cacheMark', what: 'behind the whole result' },
    ])
    expect(call.prompt).toMatchObject([{ content: [{ type: 'tool-result', providerOptions: hour }] }])
    expect(JSON.stringify(call).split('cacheControl')).toHaveLength(2)
  })

  it('has only times that the packages know, and stands beside other options', () => {
    const options = { 'ai-sdk': { anthropic: { citations: { enabled: true } } } }
    const request = saying({ type: 'image', url: png, cacheMark: { ttl: '2d' }, options })
    const { call, told } = written(request, 'anthropic.messages')
    expect(told).toEqual([{ field: 'messages[0].content[0].cacheMark.ttl', what: 'left out' }])
    const both = { ...bedrock, anthropic: { ...anthropic.anthropic, citations: { enabled: true } } }
    expect(call.prompt).toMatchObject([{ content: [{ providerOptions: both }] }])
  })

  it.each(['the whole body', 'one message'])('stays where a guardrail edits %s', async (edited) => {
    const hide = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value).replaceAll('Long', '***'))
    const checkRequest = ({ body }: { readonly body: unknown }): unknown => {
      const { messages, ...rest } = body as ChatRequest
      return edited === 'one message' ? { ...rest, messages: messages.map(hide) } : hide(body)
    }
    const model = modelOf([], { content: [{ type: 'text', text: 'ok' }] })
    const upstream = fromAiSdk(Object.assign(model, { provider: 'anthropic.messages' }))
    const layers = { guardrailsIn: [{ checkRequest }] }
    await languageModel(routerOver([upstream], { layers }), 'app').doGenerate(marked)
    const [asked] = model.doGenerateCalls
    expect(JSON.stringify(asked)).not.toContain('Long')
    expect(asked === undefined ? [] : marksOf(read(asked))).toEqual(marks)
    // What was not edited is as the app wrote it.
    if (edited === 'one message') expect(asked?.prompt[0]).toBe(marked.prompt[0])
  })

  it('passes as it was written when nobody edits', async () => {
    const model = modelOf([], { content: [{ type: 'text', text: 'ok' }] })
    await languageModel(routerOver([fromAiSdk(model)]), 'app').doGenerate(marked)
    expect(model.doGenerateCalls[0]).toMatchObject(marked)
    expect(model.doGenerateCalls[0]?.prompt[1]).toBe(marked.prompt[1])
  })

  it('reaches each model of a fallback, and a route behind a model', async () => {
    const models = ['anthropic.messages', 'amazon-bedrock'].map((provider) =>
      Object.assign(modelOf([], { content: [{ type: 'text', text: 'ok' }] }), { provider }),
    )
    const [first, second] = models as [(typeof models)[0], (typeof models)[0]]
    first.doGenerate = () => Promise.reject(new TypeError('fetch failed'))
    const request = saying({ type: 'text', text: 'Long', cacheMark: { ttl: '1h' } })
    await fromAiSdk(fallback([first, second])).chat?.(request, context())
    expect(second.doGenerateCalls[0]?.prompt).toMatchObject([
      { content: [{ providerOptions: { bedrock: { cachePoint: { type: 'default', ttl: '1h' } } } }] },
    ])
    const { asked, provider } = noting()
    const told: unknown[] = []
    const translation = { approximations: 'allow' as const, approximated: (at: string) => void told.push(at) }
    const all = withoutNative(read(marked))
    await fromAiSdk(languageModel(routerOver([provider]), 'app')).chat?.(
      { ...all, model: 'app' },
      { ...context(), translation },
    )
    expect(asked[0] && marksOf(asked[0])).toEqual(marks)
    expect(told).toEqual([])
  })
})
