import { type ChatRequest, geminiContent } from 'modelspine/adapter'
import { describe, expect, it } from 'vitest'
import { googleModel } from '../../official/google-model.ts'
import { chat, context, googleService, overGemini, overVertex } from './google-service.ts'

const asked: ChatRequest = {
  ...chat,
  messages: [{ role: 'system', content: [{ type: 'text', text: 'Be brief' }] }, ...chat.messages],
  tools: [{ type: 'function', name: 'look', parameters: { type: 'object', properties: {} } }],
  toolChoice: 'required',
  reasoningTokens: 1024,
}
const prompt = {
  systemInstruction: { parts: [{ text: 'Be brief' }] },
  contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
  tools: [
    {
      functionDeclarations: [{ name: 'look', parametersJsonSchema: { type: 'object', properties: {} } }],
    },
  ],
  generationConfig: { thinkingConfig: { thinkingBudget: 1024, includeThoughts: true } },
}
const both = { gemini: overGemini, vertexGemini: overVertex }

/** A request of this format, with what Vertex takes in no count. */
function native(more: object): ChatRequest {
  const said = {
    contents: prompt.contents,
    safety_settings: [],
    system_instruction: prompt.systemInstruction,
  }
  const text = JSON.stringify({ ...said, toolConfig: {}, ...more })
  return geminiContent.parse(text, { model: chat.model, stream: false }).request
}

/** Checked against generativelanguage.v1beta.json and aiplatform.v1.json. */
describe('counting tokens', () => {
  it('sends the whole request to the Gemini API', async () => {
    const { url, seen } = await googleService(() => ({
      json: { totalTokens: 14, cachedContentTokenCount: 4 },
    }))
    const provider = overGemini(url)
    expect(await provider.countTokens(asked, context)).toEqual({ inputTokens: 14 })
    await provider.countTokens(native({ cachedContent: 'cachedContents/1', x: 1 }), context)
    const toolConfig = { functionCallingConfig: { mode: 'ANY' } }
    const model = 'models/gemini-2.5-flash'
    expect(seen.map(({ body }) => body)).toEqual([
      { generateContentRequest: { ...prompt, toolConfig, model } },
      {
        generateContentRequest: {
          contents: prompt.contents,
          safety_settings: [],
          system_instruction: prompt.systemInstruction,
          toolConfig: {},
          cachedContent: 'cachedContents/1',
          x: 1,
          model,
        },
      },
    ])
    const path = '/v1beta/models/gemini-2.5-flash:countTokens'
    expect(seen[0]).toMatchObject({ path, headers: { 'x-goog-api-key': 'the-key' } })
    const api = googleModel('generativelanguage.v1beta')
    const request = { method: 'POST', path, body: seen[0]?.body }
    expect(api?.request('generativelanguage.models.countTokens', request) ?? []).toEqual([])
  })

  it('sends what the prompt is made of to Vertex AI, which takes no more', async () => {
    const { url, seen } = await googleService(() => ({
      json: { totalTokens: 14, totalBillableCharacters: 9 },
    }))
    const provider = overVertex(url)
    expect(await provider.countTokens(asked, context)).toEqual({ inputTokens: 14 })
    await provider.countTokens(native({ x: 1 }), context)
    expect(seen.map(({ body }) => body)).toEqual([
      prompt,
      { contents: prompt.contents, system_instruction: prompt.systemInstruction },
    ])
    const path = '/v1/projects/p/locations/global/publishers/google/models/gemini-2.5-flash:countTokens'
    expect(seen[0]).toMatchObject({ path, headers: { authorization: 'Bearer the-token' } })
    const method = 'aiplatform.projects.locations.publishers.models.countTokens'
    const request = { method: 'POST', path, body: seen[0]?.body }
    expect(googleModel('aiplatform.v1')?.request(method, request) ?? []).toEqual([])
  })

  it.each([{ cachedContent: 'c' }, { cached_content: 'c' }])(
    'counts no prompt at Vertex AI that leaves out a part: %j',
    async (more) => {
      const { url, seen } = await googleService(() => ({ json: { totalTokens: 1 } }))
      await expect(overVertex(url).countTokens(native(more), context)).rejects.toMatchObject({
        code: 'unsupported',
        details: { field: 'cachedContent' },
      })
      expect(seen).toEqual([])
    },
  )

  it.each(Object.entries(both))('obeys the route about what is lost, over %s', async (_, over) => {
    const { url, seen } = await googleService(() => ({ json: { totalTokens: 1 } }))
    const told: string[] = []
    const approximated = (field: string): void => void told.push(field)
    const named: ChatRequest = { ...chat, endUser: 'ann' }
    for (const approximations of ['allow', 'refuse'] as const) {
      const counted = over(url).countTokens(named, {
        ...context,
        translation: { approximations, approximated },
      })
      if (approximations === 'allow') await counted
      else await expect(counted).rejects.toMatchObject({ code: 'unsupported' })
    }
    await expect(over(url).countTokens({ ...chat, messages: [] }, context)).rejects.toMatchObject({
      code: 'unsupported',
    })
    expect([told, seen.length]).toEqual([['endUser'], 1])
  })

  it.each([
    [200, {}, 'malformed-reply'],
    [200, { totalTokens: -1 }, 'malformed-reply'],
    [200, { error: { code: 503, status: 'UNAVAILABLE' } }, 'overloaded'],
    [404, { error: { code: 404, status: 'NOT_FOUND' } }, 'not-found'],
    [429, { error: { code: 429, status: 'RESOURCE_EXHAUSTED' } }, 'rate-limited'],
  ] as const)('fails with status %s and %j as %s', async (status, json, code) => {
    const { url } = await googleService(() => ({ status, json }))
    for (const over of Object.values(both)) {
      await expect(over(url).countTokens(chat, context)).rejects.toMatchObject({ code })
    }
  })
})
