import { APICallError, generateText, streamText } from 'ai'
import { fallback, languageModel } from 'modelspine/ai-sdk'
import { createRouter, staticRoutes } from 'modelspine/routing'
import { describe, expect, it } from 'vitest'
import { scriptedProvider } from '../../routing/scenario.ts'
import { apiError, scriptedModel, Throws } from './scripted-model.ts'

/** A route named `chat` over one provider. */
function routed(script: Parameters<typeof scriptedProvider>[1] = 'ok') {
  const vendor = scriptedProvider('vendor', script)
  const spec = { operations: ['chat' as const], backends: [{ provider: 'vendor', model: 'large' }] }
  const table = staticRoutes({ providers: { vendor }, routes: [{ metadata: { name: 'chat' }, spec }] })
  return createRouter({ table })
}

describe('a route in a fallback', () => {
  it('tells its own request id, so that feedback finds the request', async () => {
    const told = { route: 'chat', requestId: expect.any(String) }
    const bare = await generateText({ model: languageModel(routed(), 'chat'), prompt: 'hi' })
    expect(bare.providerMetadata?.modelspine).toMatchObject(told)
    const model = fallback([languageModel(routed(), 'chat'), scriptedModel('b')])
    const { providerMetadata } = await generateText({ model, prompt: 'hi' })
    expect(providerMetadata?.modelspine).toEqual({
      ...bare.providerMetadata?.modelspine,
      model: expect.any(String),
      requestId: expect.any(String),
    })
    const heard: string[] = []
    const other = fallback([languageModel(routed(), 'chat')], {
      onAttempt: ({ requestId }) => heard.push(requestId),
    })
    const result = streamText({ model: other, prompt: 'hi' })
    await result.consumeStream()
    const own = (await result.providerMetadata)?.modelspine
    expect(own).toMatchObject(told)
    expect(heard).not.toContain(own?.requestId)
  })

  it.each(['unavailable', 'auth', 'not-found', 'quota'] as const)(
    'that fails with %s is followed by the next model',
    async (code) => {
      const model = fallback([languageModel(routed(code), 'chat'), scriptedModel('b')])
      expect((await generateText({ model, prompt: 'hi' })).text).toBe('b')
    },
  )

  it('that does not exist is followed by the next model', async () => {
    const model = fallback([languageModel(routed(), 'nowhere'), scriptedModel('b')])
    expect((await generateText({ model, prompt: 'hi' })).text).toBe('b')
  })

  it('is the cause of the last error, with its status', async () => {
    const first = scriptedModel('a', { opening: new Throws(apiError(500)) })
    const model = fallback([first, languageModel(routed('rate-limited'), 'chat')])
    const error = await generateText({ model, prompt: 'hi' }).catch((cause: unknown) => cause)
    expect(APICallError.isInstance(error)).toBe(true)
    expect(error).toMatchObject({
      code: 'rate-limited',
      statusCode: 429,
      isRetryable: false,
      url: 'modelspine:route/chat',
      cause: { name: 'ModelspineError' },
      details: { attempts: [{ modelId: 'a' }, { modelId: 'chat' }] },
    })
  })
})
