/** Mistakes of translation as gateways have made them. What compares the dialects must find each one. */

import fc from 'fast-check'
import type { ChatEvent, ChatReply, ChatStreamReader, ErrorOf, Usage } from 'modelspine/adapter'
import { describe, expect, it } from 'vitest'
import { replies } from './answers.ts'
import { changedPieces, changedReplies, untoldBetween } from './between.ts'
import { dialectList, type PairedDialect } from './dialect-list.ts'
import { requests } from './requests.ts'

const sound = dialectList.filter(({ name }) => name === 'OpenAI chat')
const [base] = sound
if (base === undefined) throw new Error('the list has no OpenAI chat')
const openai: PairedDialect = base

// biome-ignore lint/suspicious/noExplicitAny: a mistake may write anything into a body
type Body = Record<string, any>

/** A dialect that changes the bodies which it writes. */
function writing(change: (body: Body) => void): PairedDialect {
  const changed = (text: string): string => {
    const body: Body = JSON.parse(text)
    change(body)
    return JSON.stringify(body)
  }
  return {
    ...openai,
    name: 'mistaken',
    print: (request, carriage) => changed(openai.print(request, carriage)),
  }
}

/** A dialect that changes the answers which it reads. */
function reading(change: (reply: ChatReply) => ChatReply): PairedDialect {
  const { codec } = openai
  const parseReply = (text: string, errorOf: ErrorOf): ChatReply => {
    const { native: _, ...reply } = codec.parseReply(text, errorOf)
    return change(reply)
  }
  return { ...openai, name: 'mistaken', codec: { ...codec, parseReply } }
}

/** A dialect that changes the events which it reads. */
function streaming(change: (event: ChatEvent) => ChatEvent): PairedDialect {
  const { codec } = openai
  const reader = (...given: Parameters<typeof codec.reader>): ChatStreamReader => {
    const right = codec.reader(...given)
    return {
      isEnd: (name, data) => right.isEnd(name, data),
      read(name, data) {
        const event = right.read(name, data)
        return event === undefined ? undefined : change({ parts: event.parts })
      },
      end: (how) => right.end(how),
    }
  }
  return { ...openai, name: 'mistaken', codec: { ...codec, reader } }
}

function eachMessage(body: Body, role: string, change: (message: Body) => void): void {
  for (const message of body.messages) if (message.role === role) change(message)
}

const conversations: readonly (readonly [string, PairedDialect])[] = [
  ['drops the tools', writing((body) => delete body.tools)],
  [
    'drops images',
    writing((body) =>
      eachMessage(body, 'user', (message) => {
        if (Array.isArray(message.content))
          message.content = message.content.filter(({ type }: Body) => type !== 'image_url')
      }),
    ),
  ],
  [
    'writes the arguments of a call as JSON in JSON',
    writing((body) =>
      eachMessage(body, 'assistant', (message) => {
        for (const call of message.tool_calls ?? [])
          if (call.function) call.function.arguments = JSON.stringify(call.function.arguments)
      }),
    ),
  ],
  [
    'keeps only the first of parallel calls',
    writing((body) =>
      eachMessage(body, 'assistant', (message) => {
        if (message.tool_calls) message.tool_calls.length = 1
      }),
    ),
  ],
  [
    'gives the answers of tools in another order',
    writing((body) => {
      const ids = body.messages.flatMap(({ tool_call_id: id }: Body) => id ?? []).reverse()
      eachMessage(body, 'tool', (message) => {
        message.tool_call_id = ids.shift()
      })
    }),
  ],
  [
    'drops system messages after the first',
    writing((body) => {
      body.messages = body.messages.filter(
        ({ role }: Body, index: number) => role !== 'system' || index === 0,
      )
    }),
  ],
  [
    'keeps one stop sequence',
    writing((body) => {
      if (body.stop) body.stop.length = 1
    }),
  ],
  [
    'lowers a temperature without saying so',
    writing((body) => {
      if (body.temperature > 1) body.temperature = 1
    }),
  ],
  [
    'asks for any JSON where a schema was asked for',
    writing((body) => {
      if (body.response_format?.type === 'json_schema') body.response_format = { type: 'json_object' }
    }),
  ],
  [
    'lets the model choose where a tool was demanded',
    writing((body) => {
      if (body.tool_choice === 'required') body.tool_choice = 'auto'
    }),
  ],
  [
    'drops the names of authors',
    writing((body) => eachMessage(body, 'user', (message) => delete message.name)),
  ],
  ['drops a limit on output', writing((body) => delete body.max_completion_tokens)],
]

function withUsage(change: (usage: Usage) => Usage): (reply: ChatReply) => ChatReply {
  return (reply) => ({ ...reply, usage: change(reply.usage) })
}

const answers: readonly (readonly [string, PairedDialect])[] = [
  [
    'counts cached tokens twice',
    reading(
      withUsage((usage) => ({
        ...usage,
        inputTokens: (usage.inputTokens ?? 0) + (usage.cacheReadTokens ?? 0),
      })),
    ),
  ],
  [
    'drops the signatures of thoughts',
    reading((reply) => ({
      ...reply,
      choices: reply.choices.map((choice) => ({
        ...choice,
        content: choice.content.map((part) => {
          if (part.type !== 'reasoning') return part
          const { signature: _, signedBy: __, ...rest } = part
          return rest
        }),
      })),
    })),
  ],
  [
    'takes a cut answer for a whole one',
    reading((reply) => ({
      ...reply,
      choices: reply.choices.map((choice) => ({
        ...choice,
        finishReason: choice.finishReason === 'length' ? 'stop' : choice.finishReason,
      })),
    })),
  ],
]

const pieces: readonly (readonly [string, PairedDialect])[] = [
  [
    'adds all pieces of arguments to the first call',
    streaming((event) => ({
      parts: event.parts.map((part) =>
        part.type === 'tool-call-delta' && part.id === undefined ? { ...part, block: 4 } : part,
      ),
    })),
  ],
  [
    'puts all choices into one answer',
    streaming((event) => ({
      parts: event.parts.map((part) => ('choice' in part ? { ...part, choice: 0 } : part)),
    })),
  ],
  [
    'drops pieces that are only a space or a line feed',
    streaming((event) => ({
      parts: event.parts.filter((part) => part.type !== 'text-delta' || part.text.trim() !== ''),
    })),
  ],
  [
    'says that the model stopped where it called a tool',
    streaming((event) => ({
      parts: event.parts.map((part) =>
        part.type === 'finish' && part.finishReason === 'tool-calls'
          ? { ...part, finishReason: 'stop' }
          : part,
      ),
    })),
  ],
]

/** Whether it is found is enough. The smallest conversation that shows it takes many times longer. */
const runs = { numRuns: 500, endOnFailure: true }

describe('a mistake of translation is found that', () => {
  it.each(conversations)('%s', (_, mistaken) => {
    const found = fc.check(
      fc.property(requests, (request) => untoldBetween([openai, mistaken], request).length === 0),
      runs,
    )
    expect(found.failed).toBe(true)
  })

  it.each(answers)('%s', (_, mistaken) => {
    const found = fc.check(
      fc.property(replies, (reply) => changedReplies([openai, mistaken], reply).length === 0),
      runs,
    )
    expect(found.failed).toBe(true)
  })

  it.each(pieces)('%s', (_, mistaken) => {
    const found = fc.check(
      fc.property(replies, (reply) => changedPieces([openai, mistaken], reply, 2).length === 0),
      runs,
    )
    expect(found.failed).toBe(true)
  })

  it('no sound dialect has', () => {
    const found = fc.check(
      fc.property(requests, replies, (request, reply) => {
        const all = [
          ...untoldBetween(sound, request),
          ...changedReplies(sound, reply),
          ...changedPieces(sound, reply, 2),
        ]
        return all.length === 0
      }),
      runs,
    )
    expect(found.failed).toBe(false)
  })
})
