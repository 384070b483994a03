import { FunctionCallingConfigMode, type GenerateContentParameters, GoogleGenAI } from '@google/genai'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { geminiContent } from '../../../../src/dialects/gemini/chat-codec.ts'
import type { ChatEvent, ChatReply, ChatRequest } from '../../../../src/provider/contract.ts'
import { type Loopback, serveLoopback } from '../../../loopback.ts'

const facts = { id: 'r-1', model: 'gemini-2.5-flash', createdMs: 0, includeUsage: true }

let server: Loopback | undefined
// The client tells of parts that `text` does not have.
beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}))
afterEach(async () => {
  vi.restoreAllMocks()
  await server?.close()
  server = undefined
})

interface Answer {
  readonly whole?: ChatReply
  readonly events?: readonly (readonly ChatEvent[])[]
}

/** Google's own client at a server that speaks with our codec, and the requests that the server read. */
async function clientOf(
  answer: Answer,
): Promise<{ readonly client: GoogleGenAI; readonly read: ChatRequest[] }> {
  const read: ChatRequest[] = []
  server = await serveLoopback((request, body, response) => {
    const [, model = '', method = ''] = /\/models\/([^/:]+):(\w+)/.exec(request.url ?? '') ?? []
    const stream = method === 'streamGenerateContent'
    read.push(geminiContent.parse(body.toString(), { model, stream }).request)
    if (!stream && answer.whole !== undefined) {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(geminiContent.printReply(answer.whole, facts))
      return
    }
    const writer = geminiContent.writer(facts)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const events of answer.events ?? []) response.write(writer.write(events))
    response.end(writer.end())
  })
  const client = new GoogleGenAI({ apiKey: 'key', httpOptions: { baseUrl: server.url } })
  return { client, read }
}

const call = { id: 'toolu_1', name: 'look', arguments: '{"at":1}', signature: 'c2ln', signedBy: 'anthropic' }

const whole: ChatReply = {
  id: 'msg_1',
  model: 'claude',
  choices: [
    {
      content: [
        { type: 'reasoning', text: 'Hm', signature: 'dGhvdWdodA==', signedBy: 'anthropic' },
        { type: 'text', text: 'Grüße 🌍' },
        { type: 'tool-call', ...call },
      ],
      finishReason: 'tool-calls',
    },
  ],
  usage: { inputTokens: 5, cacheReadTokens: 3, outputTokens: 7, reasoningTokens: 2 },
}

const asked: GenerateContentParameters = {
  model: 'gemini-2.5-flash',
  contents: [
    { role: 'user', parts: [{ text: 'Look' }, { inlineData: { mimeType: 'image/png', data: 'AA==' } }] },
  ],
  config: {
    systemInstruction: 'Be brief',
    maxOutputTokens: 100,
    temperature: 0.5,
    stopSequences: ['END'],
    thinkingConfig: { thinkingBudget: 1024 },
    tools: [{ functionDeclarations: [{ name: 'look', parametersJsonSchema: { type: 'object' } }] }],
    toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY } },
  },
}

describe("Google's own client", () => {
  it('sends requests that are read whole', async () => {
    const { client, read } = await clientOf({ whole })
    await client.models.generateContent(asked)
    const { native: _, ...request } = read[0] as ChatRequest
    expect(request).toEqual({
      model: 'gemini-2.5-flash',
      messages: [
        { role: 'system', content: [{ type: 'text', text: 'Be brief' }] },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look' },
            { type: 'image', url: 'data:image/png;base64,AA==' },
          ],
        },
      ],
      maxOutputTokens: 100,
      temperature: 0.5,
      stop: ['END'],
      reasoningTokens: 1024,
      tools: [{ type: 'function', name: 'look', parameters: { type: 'object' } }],
      toolChoice: 'required',
    })
  })

  it('reads a reply of another vendor, with its text, calls and counts', async () => {
    const { client } = await clientOf({ whole })
    const reply = await client.models.generateContent(asked)
    expect(reply.text).toBe('Grüße 🌍')
    expect(reply.functionCalls).toEqual([{ id: 'toolu_1', name: 'look', args: { at: 1 } }])
    expect(reply.responseId).toBe('msg_1')
    expect(reply.modelVersion).toBe('claude')
    expect(reply.candidates?.[0]?.finishReason).toBe('STOP')
    expect(reply.usageMetadata).toMatchObject({
      promptTokenCount: 8,
      cachedContentTokenCount: 3,
      candidatesTokenCount: 5,
      thoughtsTokenCount: 2,
      totalTokenCount: 15,
    })
  })

  it('gives signatures of another vendor back in a conversation that it keeps by itself', async () => {
    const { client, read } = await clientOf({ whole })
    const chat = client.chats.create({ model: 'gemini-2.5-flash' })
    await chat.sendMessage({ message: 'Look' })
    await chat.sendMessage({
      message: [{ functionResponse: { id: 'toolu_1', name: 'look', response: { output: 'a cat' } } }],
    })
    const [, answer, result] = read[1]?.messages ?? []
    expect(answer).toEqual({ role: 'assistant', content: whole.choices[0]?.content })
    expect(result).toEqual({
      role: 'tool',
      name: 'look',
      toolCallId: 'toolu_1',
      content: [{ type: 'text', text: 'a cat' }],
    })
  })

  it('reads a stream of another vendor, piece by piece', async () => {
    const at = { choice: 0, block: 0 }
    const { client } = await clientOf({
      events: [
        [{ parts: [{ type: 'reasoning-delta', text: 'Hm', ...at }] }],
        [{ parts: [{ type: 'text-delta', text: 'Grüße', ...at, block: 1 }] }],
        [{ parts: [{ type: 'text-delta', text: ' 🌍', ...at, block: 1 }] }],
        [{ parts: [{ type: 'tool-call-delta', id: 'toolu_1', name: 'look', ...at, block: 2 }] }],
        [{ parts: [{ type: 'tool-call-delta', arguments: '{"at":', ...at, block: 2 }] }],
        [{ parts: [{ type: 'tool-call-delta', arguments: '1}', ...at, block: 2 }] }],
        [{ parts: [{ type: 'finish', choice: 0, finishReason: 'tool-calls' }] }],
        [{ parts: [{ type: 'usage', usage: { inputTokens: 5, outputTokens: 7 } }] }],
      ],
    })
    const texts: (string | undefined)[] = []
    const calls: unknown[] = []
    let last: unknown
    for await (const chunk of await client.models.generateContentStream(asked)) {
      texts.push(chunk.text)
      calls.push(...(chunk.functionCalls ?? []))
      last = { reason: chunk.candidates?.[0]?.finishReason, usage: chunk.usageMetadata?.totalTokenCount }
    }
    expect(texts.filter((text) => text !== undefined && text !== '')).toEqual(['Grüße', ' 🌍'])
    expect(calls).toEqual([{ id: 'toolu_1', name: 'look', args: { at: 1 } }])
    expect(last).toEqual({ reason: 'STOP', usage: 12 })
  })
})
