/** What a client of Converse is told of how an answer of another dialect ended. */

import type { ChatChoice, ChatEvent, ChatEventPart, ChatPart } from 'modelspine/adapter'
import { describe, expect, it } from 'vitest'
import { bedrockConverse } from '../../../../src/dialects/bedrock/converse-codec.ts'
import { framesIn } from './event-frames.ts'

const facts = { id: 'r', model: 'm', createdMs: 0, includeUsage: true }
const call: ChatPart = { type: 'tool-call', id: 'c', name: 'look', arguments: '{}' }
const callDelta: ChatEventPart = {
  type: 'tool-call-delta',
  id: 'c',
  name: 'look',
  arguments: '{}',
  choice: 0,
  block: 0,
}
const passed = {
  contentBlockStart: { start: { toolUse: { toolUseId: 'c', name: 'look' } }, contentBlockIndex: 0 },
}

type End = Pick<ChatChoice, 'finishReason' | 'stopSequence'>

function wholeStop(end: End, content: readonly ChatPart[]): unknown {
  const reply = { id: 'r', model: 'm', choices: [{ content, ...end }], usage: {} }
  return JSON.parse(bedrockConverse.printReply(reply, facts)).stopReason
}

function streamedStop(end: End, parts: readonly ChatEventPart[]): unknown {
  const finish = { type: 'finish', choice: 0, ...end } as const
  const frames = framesIn(
    bedrockConverse.writer(facts).write([...parts, finish].map((part) => ({ parts: [part] }))),
  )
  return JSON.parse(frames.find(({ name }) => name === 'messageStop')?.data ?? '{}').stopReason
}

describe('the end of another dialect’s answer, for a client of Converse', () => {
  it.each<[End, string, string]>([
    [{ finishReason: 'stop' }, 'end_turn', 'tool_use'],
    [{ finishReason: 'other' }, 'end_turn', 'tool_use'],
    [{ finishReason: 'tool-calls' }, 'tool_use', 'tool_use'],
    [{ finishReason: 'length' }, 'max_tokens', 'max_tokens'],
    [{ finishReason: 'content-filter' }, 'content_filtered', 'content_filtered'],
    [{ finishReason: 'stop', stopSequence: 'END' }, 'stop_sequence', 'stop_sequence'],
  ])(
    'is said in a word of Converse, and as calls where clients have to run some: %j',
    (end, plain, calling) => {
      expect([wholeStop(end, []), wholeStop(end, [call])]).toEqual([plain, calling])
      expect([streamedStop(end, []), streamedStop(end, [callDelta])]).toEqual([plain, calling])
    },
  )

  it('is not that of calls in a choice that Converse has no place for', () => {
    expect(streamedStop({ finishReason: 'stop' }, [{ ...callDelta, choice: 1 }])).toBe('end_turn')
  })

  it('knows of calls that were passed on before the stream was edited', () => {
    const reader = bedrockConverse.reader({ model: 'm', messages: [] }, () => new Error('none') as never)
    const begun = reader.read('contentBlockStart', JSON.stringify(passed.contentBlockStart))
    const writer = bedrockConverse.writer(facts)
    writer.write([begun as ChatEvent])
    const text = writer.write([{ parts: [{ type: 'finish', choice: 0, finishReason: 'stop' }] }])
    expect(framesIn(text).map(({ name, data }) => [name, JSON.parse(data).stopReason])).toEqual([
      ['contentBlockStop', undefined],
      ['messageStop', 'tool_use'],
    ])
  })
})
