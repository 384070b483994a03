import { describe, expect, it } from 'vitest'
import { bedrockConverse } from '../../../../src/dialects/bedrock/converse-codec.ts'
import { parseConverseReply } from '../../../../src/dialects/bedrock/converse-reply.ts'
import { ModelspineError } from '../../../../src/errors.ts'
import type { ChatReply } from '../../../../src/provider/contract.ts'
import { awsModel } from '../../../official/aws-model.ts'

const facts = { id: 'r', model: 'm', createdMs: 0, includeUsage: true }
const errorOf = (body: unknown): ModelspineError => new ModelspineError('overloaded', JSON.stringify(body))
const content = [
  { reasoningContent: { reasoningText: { text: 'Hm', signature: 'sig' } } },
  { text: 'A cat' },
  { citationsContent: { content: [{ text: 'b' }], citations: [{ title: 't' }] } },
  { toolUse: { toolUseId: 'c', name: 'look', input: { at: 1 } } },
  { image: { format: 'png', source: { bytes: 'AA==' } } },
  { toolResult: { toolUseId: 'e', content: [{ text: 'found' }], type: 'web' } },
]
const wire = {
  output: { message: { role: 'assistant', content } },
  stopReason: 'tool_use',
  usage: { inputTokens: 7, outputTokens: 3, totalTokens: 10 },
  metrics: { latencyMs: 12 },
}
const text = JSON.stringify(wire)

describe('a whole answer of Converse', () => {
  it('is read with its blocks, and its text is passed on', () => {
    const reply = bedrockConverse.parseReply(text, errorOf)
    expect(reply).toMatchObject({
      id: '',
      model: '',
      choices: [
        {
          content: [
            { type: 'reasoning', text: 'Hm', signature: 'sig', signedBy: 'bedrock' },
            { type: 'text', text: 'A cat' },
            { type: 'text', text: 'b', options: { bedrock: { citations: [{ title: 't' }] } } },
            { type: 'tool-call', id: 'c', name: 'look', arguments: '{"at":1}' },
            { type: 'image', url: 'data:image/png;base64,AA==' },
            { type: 'opaque', vendor: 'bedrock', kind: 'toolResult', data: content[5] },
          ],
          finishReason: 'tool-calls',
        },
      ],
      usage: { inputTokens: 7, outputTokens: 3 },
    })
    expect(bedrockConverse.printReply(reply, facts)).toBe(text)
  })

  it('is built of what it was read as, when it was edited', () => {
    const { native: _native, ...reply } = bedrockConverse.parseReply(text, errorOf)
    expect(JSON.parse(bedrockConverse.printReply(reply, facts))).toEqual({
      ...wire,
      metrics: { latencyMs: 0 },
    })
  })

  it('has the names that its caller knows, and the model that a router of prompts chose', () => {
    const names = { id: 'req-1', model: 'asked' }
    expect(parseConverseReply(text, errorOf, names)).toMatchObject(names)
    const routed = JSON.stringify({ ...wire, trace: { promptRouter: { invokedModelId: 'chosen' } } })
    expect(parseConverseReply(routed, errorOf, names)).toMatchObject({ id: 'req-1', model: 'chosen' })
  })

  it('keeps numbers of arguments that JavaScript cannot hold, both ways', () => {
    const exact = text.replace('{"at":1}', '{"at":9223372036854775807}')
    const { native: _native, ...reply } = bedrockConverse.parseReply(exact, errorOf)
    expect(reply.choices[0]?.content[3]).toMatchObject({ arguments: '{"at":9223372036854775807}' })
    expect(bedrockConverse.printReply(reply, facts)).toContain('{"at":9223372036854775807}')
  })

  it('says what another vendor answered', () => {
    const reply: ChatReply = {
      id: 'x',
      model: 'y',
      choices: [
        {
          content: [
            { type: 'reasoning', text: 'a', signature: 's', signedBy: 'google' },
            { type: 'refusal', text: 'No' },
            { type: 'tool-call', id: 'c', name: 'q', arguments: '' },
            { type: 'tool-call', id: 'd', name: 'sql', arguments: 'select 1', custom: true },
            { type: 'audio', url: 'data:audio/mpeg;base64,AA==', transcript: 'a' },
            { type: 'opaque', vendor: 'x', kind: 'y', data: {} },
          ],
          finishReason: 'stop',
          stopSequence: 'END',
        },
      ],
      usage: {},
    }
    expect(JSON.parse(bedrockConverse.printReply(reply, facts))).toEqual({
      output: {
        message: {
          role: 'assistant',
          content: [
            { reasoningContent: { reasoningText: { text: 'a', signature: 'modelspine:google:s' } } },
            { text: 'No' },
            { toolUse: { toolUseId: 'c', name: 'q', input: {} } },
            { toolUse: { toolUseId: 'd', name: 'sql', input: 'select 1' } },
            { audio: { format: 'mp3', source: { bytes: 'AA==' } } },
          ],
        },
      },
      stopReason: 'stop_sequence',
      additionalModelResponseFields: { stop_sequence: 'END' },
      metrics: { latencyMs: 0 },
    })
  })

  it.each([
    ['{', 'malformed-reply', 'the reply is not JSON'],
    ['{"output":{}}', 'malformed-reply', 'the reply has no output.message'],
    [
      text.replace('"toolUseId":"c",', ''),
      'malformed-reply',
      'the reply has an unknown form at output.message.content[3].toolUse.toolUseId',
    ],
    ['{"__type":"X","message":"no"}', 'overloaded', '{"__type":"X","message":"no"}'],
  ])('throws for %j', (broken, code, message) => {
    expect(() => bedrockConverse.parseReply(broken, errorOf)).toThrow(
      expect.objectContaining({ code, message }),
    )
  })

  const model = awsModel('bedrock-runtime')

  it.skipIf(model === undefined)('is one that the model of AWS knows', () => {
    const { native: _native, ...reply } = bedrockConverse.parseReply(text, errorOf)
    expect(model?.reply('Converse', JSON.parse(bedrockConverse.printReply(reply, facts)))).toEqual([])
  })
})
