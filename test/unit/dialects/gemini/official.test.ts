import { describe, expect, it } from 'vitest'
import { geminiContent } from '../../../../src/dialects/gemini/chat-codec.ts'
import {
  type GeminiAbilities,
  geminiApi,
  vertexAi,
} from '../../../../src/dialects/gemini/printing/gemini-printing.ts'
import type { ChatEvent, ChatPart, ChatReply, ChatRequest } from '../../../../src/provider/contract.ts'
import { type GoogleModel, googleModel } from '../../../official/google-model.ts'

interface Described {
  readonly name: string
  readonly model: GoogleModel | undefined
  readonly method: string
  readonly path: string
  readonly abilities: GeminiAbilities
  /** The service's own way to name a file. */
  readonly file: ChatPart
  /** What the published description does not have yet. */
  readonly effort: Partial<ChatRequest>
}

const services: readonly Described[] = [
  {
    name: 'Vertex AI',
    model: googleModel('aiplatform.v1'),
    method: 'aiplatform.projects.locations.publishers.models',
    path: 'v1/projects/p/locations/global/publishers/google/models/gemini-3-pro',
    abilities: vertexAi,
    file: { type: 'file', url: 'gs://bucket/a.pdf', filename: 'a.pdf' },
    effort: { reasoningEffort: 'high' },
  },
  {
    name: 'the Gemini API',
    model: googleModel('generativelanguage.v1beta'),
    method: 'generativelanguage.models',
    path: 'v1beta/models/gemini-3-pro',
    abilities: geminiApi,
    file: { type: 'file', fileId: 'files/abc', mediaType: 'application/pdf' },
    // The library that the description was taken from is older than levels of thinking.
    effort: { reasoningTokens: 1024 },
  },
]

const full: ChatRequest = {
  model: 'gemini-3-pro',
  messages: [
    { role: 'system', content: [{ type: 'text', text: 'Be brief' }] },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Look' },
        { type: 'image', url: 'data:image/png;base64,AA==' },
        { type: 'image', url: 'https://example.com/a.png' },
        { type: 'audio', url: 'data:audio/wav;base64,AA==' },
      ],
    },
    {
      role: 'assistant',
      content: [
        { type: 'reasoning', text: 'Hm', signature: 'c2ln', signedBy: 'google' },
        { type: 'text', text: 'I will look', signature: 'c2ln' },
        { type: 'tool-call', id: '1', name: 'look', arguments: '{"at":{"x":[1]}}' },
        { type: 'tool-call', id: '2', name: 'look', arguments: '{}', signature: 'c2ln' },
      ],
    },
    {
      role: 'tool',
      toolCallId: '1',
      content: [
        { type: 'text', text: 'a cat' },
        { type: 'image', url: 'data:image/png;base64,AA==' },
      ],
    },
    { role: 'tool', toolCallId: '2', toolFailed: true, content: [{ type: 'text', text: 'no cat' }] },
  ],
  maxOutputTokens: 100,
  choices: 2,
  temperature: 0.5,
  topP: 0.9,
  topK: 40,
  frequencyPenalty: 0.5,
  presencePenalty: -0.5,
  stop: ['END'],
  seed: 7,
  tools: [
    { type: 'function', name: 'look', description: 'Looks', parameters: { type: 'object', properties: {} } },
    { type: 'opaque', vendor: 'google', kind: 'googleSearch', data: { googleSearch: {} } },
  ],
  toolChoice: { name: 'look' },
  responseSchema: { name: 'cat', schema: { type: 'object', properties: { name: { type: 'string' } } } },
}

const usage = { inputTokens: 5, cacheReadTokens: 3, outputTokens: 9, reasoningTokens: 4, imageInputTokens: 2 }
const content: readonly ChatPart[] = [
  { type: 'reasoning', text: 'Hm', signature: 'c2ln', signedBy: 'anthropic' },
  { type: 'text', text: 'Yes' },
  { type: 'tool-call', id: '1', name: 'look', arguments: '{"at":1}' },
  { type: 'image', url: 'data:image/png;base64,AA==' },
]
const reply: ChatReply = {
  id: 'x',
  model: 'y',
  choices: (['stop', 'length', 'tool-calls', 'content-filter', 'other'] as const).map((finishReason) => ({
    content,
    finishReason,
  })),
  usage,
}
const facts = { id: 'r', model: 'm', createdMs: 0, includeUsage: true }
const at = { choice: 0, block: 0 }
const events: readonly ChatEvent[] = [
  { parts: [{ type: 'reasoning-delta', text: 'Hm', signature: 'c2ln', signedBy: 'openai', ...at }] },
  { parts: [{ type: 'text-delta', text: 'Yes', ...at, block: 1 }] },
  { parts: [{ type: 'tool-call-delta', id: '1', name: 'look', arguments: '{}', ...at, block: 2 }] },
  {
    parts: [
      { type: 'finish', choice: 0, finishReason: 'tool-calls' },
      { type: 'usage', usage },
    ],
  },
]

for (const { name, model, method, path, abilities, file, effort } of services) {
  describe.skipIf(model === undefined)(`by the description of ${name}`, () => {
    const official = model as GoogleModel
    const printing = { stream: false, vendor: 'google', abilities }

    it('every member of a request is right', () => {
      const [system, user, ...others] = full.messages
      if (system === undefined || user === undefined) throw new Error('no messages')
      const withFile = { ...user, content: [...user.content, file] }
      const all = { ...full, ...effort, messages: [system, withFile, ...others] }
      for (const [verb, stream] of [
        ['generateContent', false],
        ['streamGenerateContent', true],
      ] as const) {
        const body: unknown = JSON.parse(geminiContent.print(all, { ...printing, stream }))
        const request = { method: 'POST', path: `${path}:${verb}`, body }
        expect(official.request(`${method}.${verb}`, request)).toEqual([])
        const wrong = { ...request, body: { ...(body as object), colour: 'blue' } }
        expect(official.request(`${method}.${verb}`, wrong)).not.toEqual([])
      }
    })

    it('every member of a reply, and of each event of a stream, is right', () => {
      expect(
        official.reply(`${method}.generateContent`, JSON.parse(geminiContent.printReply(reply, facts))),
      ).toEqual([])
      const writer = geminiContent.writer(facts)
      const text = writer.write(events) + writer.end()
      const bodies = text.split('\n\n').filter((block) => block !== '')
      expect(bodies).toHaveLength(4)
      for (const block of bodies) {
        const body: unknown = JSON.parse(block.slice('data: '.length))
        expect(official.reply(`${method}.streamGenerateContent`, body)).toEqual([])
      }
    })
  })
}
