import type { LanguageModelV4CallOptions, LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { convertArrayToReadableStream, convertReadableStreamToArray } from 'ai/test'
import fc from 'fast-check'
import { fromAiSdk, languageModel } from 'modelspine/ai-sdk'
import { describe, expect, it } from 'vitest'
import { draws } from '../../../draws.ts'
import { healthyStream } from '../fallback/part-arbitraries.ts'
import { plain } from '../fallback/scripted-model.ts'
import { finishReason, modelOf, own, partsFrom, routerOver, says, usage, withoutOwn } from './route-world.ts'
import { contents, streams } from './stream-arbitraries.ts'

function plainly(parts: readonly LanguageModelV4StreamPart[]): readonly LanguageModelV4StreamPart[] {
  return parts.map((part) => (part.type === 'finish' ? withoutOwn(part) : part))
}

describe('a route whose upstream is a model of the AI SDK', () => {
  it('gives the same parts as the model, whatever comes in its stream', async () => {
    await fc.assert(
      fc.asyncProperty(streams, fc.boolean(), async (parts, includeRawChunks) => {
        const route = languageModel(routerOver([fromAiSdk(modelOf(parts))]), 'app')
        const options = { ...says('Hi'), includeRawChunks }
        const got = await partsFrom(route, options)
        const plain = await partsFrom(modelOf(parts), options)
        expect(plainly(got)).toEqual(plain.filter(({ type }) => includeRawChunks || type !== 'raw'))
        const last = got.at(-1)
        expect(last?.type === 'finish' && own(last.providerMetadata)).toMatchObject({
          route: 'app',
          model: 'm',
        })
      }),
    )
  })

  it('gives the same parts as the model, also of streams whose blocks share ids', async () => {
    await fc.assert(
      fc.asyncProperty(healthyStream, async (parts) => {
        const route = languageModel(routerOver([fromAiSdk(modelOf(parts))]), 'app')
        const got = await partsFrom(route, { ...says('Hi'), includeRawChunks: true })
        const isNamed = parts.some((part) => part.type === 'response-metadata' && part.modelId !== undefined)
        const name = { type: 'response-metadata', modelId: 'm' } as const
        expect(got.map(plain)).toEqual(parts.map(plain).toSpliced(-1, 0, ...(isNamed ? [] : [name])))
      }),
      { numRuns: draws(150, 2000) },
    )
  })

  it('gives what the model tells of a stream besides its parts, and the name that it does not tell', async () => {
    const finish = { type: 'finish', usage, finishReason } as const
    const told = { request: { body: { sent: 1 } }, response: { headers: { 'x-limit': '3' } } }
    const model = modelOf([])
    model.doStream = async () => ({ ...told, stream: convertArrayToReadableStream([finish]) })
    const { stream, ...opened } = await languageModel(routerOver([fromAiSdk(model)]), 'app').doStream(
      says('Hi'),
    )
    expect(opened).toEqual(told)
    expect(plainly(await convertReadableStreamToArray(stream))).toEqual([
      { type: 'response-metadata', modelId: 'm' },
      finish,
    ])
    const whole = await languageModel(routerOver([fromAiSdk(model)]), 'app').doGenerate(says('Hi'))
    expect(whole.response).toEqual({ modelId: 'm' })
  })

  it('gives the same whole result as the model, object for object', async () => {
    await fc.assert(
      fc.asyncProperty(contents, async (content) => {
        const result = {
          content: [...content],
          providerMetadata: { vendor: { logprobs: [1] } },
          request: { body: { sent: true } },
          response: {
            id: 'r',
            modelId: 'm-1',
            timestamp: new Date(0),
            headers: { a: 'b' },
            body: Uint8Array.of(1),
          },
          structuredOutputText: 'chosen',
          warnings: [{ type: 'other' as const, message: 'careful' }],
        }
        const route = languageModel(routerOver([fromAiSdk(modelOf([], result))]), 'app')
        const got = await route.doGenerate(says('Hi'))
        expect(withoutOwn(got)).toEqual({ ...result, usage, finishReason })
        for (const [place, part] of content.entries()) expect(got.content[place]).toBe(part)
      }),
    )
  })

  it('asks the model with the same call, object for object, without what is ours', async () => {
    const bytes = Uint8Array.of(0, 255)
    const url = new URL('https://example.com/a.pdf')
    const call: LanguageModelV4CallOptions = {
      prompt: [
        { role: 'system', content: 'Be kind', providerOptions: { vendor: { cache: true } } },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'See', providerOptions: { vendor: { mark: 1 } } },
            { type: 'file', mediaType: 'image', data: { type: 'data', data: bytes }, filename: 'a' },
            { type: 'file', mediaType: 'application/pdf', data: { type: 'url', url } },
            {
              type: 'file',
              mediaType: 'text/plain',
              data: { type: 'reference', reference: { a: '1', b: '2' } },
            },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'reasoning', text: 'hm', providerOptions: { vendor: { signature: 's' } } },
            { type: 'tool-call', toolCallId: 'c', toolName: 'look', input: { at: new Date(0) } },
            { type: 'tool-call', toolCallId: 'd', toolName: 's', input: {}, providerExecuted: true },
            { type: 'tool-result', toolCallId: 'd', toolName: 's', output: { type: 'json', value: [1] } },
            { type: 'custom', kind: 'vendor.block' },
          ],
        },
        {
          role: 'tool',
          content: [
            {
              type: 'tool-result',
              toolCallId: 'c',
              toolName: 'look',
              output: { type: 'error-text', value: 'no' },
            },
            { type: 'tool-approval-response', approvalId: 'a', approved: true },
          ],
        },
      ],
      maxOutputTokens: 9,
      temperature: 0.5,
      topP: 0.5,
      topK: 3,
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      stopSequences: ['END'],
      seed: 7,
      reasoning: 'high',
      responseFormat: { type: 'json' },
      tools: [
        { type: 'function', name: 'look', inputSchema: { type: 'object' }, inputExamples: [{ input: {} }] },
        { type: 'provider', id: 'vendor.search', name: 's', args: { deep: true } },
      ],
      toolChoice: { type: 'auto' },
      headers: { 'x-app': 'me', 'x-none': undefined },
    }
    const model = modelOf([], { content: [{ type: 'text', text: 'ok' }] })
    const route = languageModel(routerOver([fromAiSdk(model)]), 'app')
    const providerOptions = { vendor: { deep: { option: 1 } } }
    const { warnings } = await route.doGenerate({
      ...call,
      providerOptions: { ...providerOptions, modelspine: { tags: { team: 'a' } } },
    })
    const { abortSignal: _, ...sent } = model.doGenerateCalls[0] ?? ({} as LanguageModelV4CallOptions)
    expect(sent).toEqual({ ...call, providerOptions })
    expect(sent.prompt).toBe(call.prompt)
    expect(warnings).toEqual([])
  })
})
