import { describe, expect, it } from 'vitest'
import { openaiChat } from '../../../../src/dialects/openai/chat-codec.ts'
import { isOpenaiCompletion } from '../../../../src/dialects/openai/completions/completion-body.ts'
import { openaiCompletions } from '../../../../src/dialects/openai/completions/completion-codec.ts'
import { ModelspineError } from '../../../../src/errors.ts'
import type { ChatEvent, ChatMessage, ChatRequest } from '../../../../src/provider/contract.ts'

const errorOf = (): ModelspineError => new ModelspineError('overloaded', 'an error inside')
const printing = { stream: false, vendor: 'openai', maxTokensField: 'max_completion_tokens' } as const
const facts = { id: 'cmpl-r', model: 'm', createdMs: 0, includeUsage: false }
const parse = (body: object): ChatRequest => openaiCompletions.parse(JSON.stringify(body)).request
const user = (text: string): ChatMessage => ({ role: 'user', content: [{ type: 'text', text }] })

describe('a legacy completion', () => {
  it('is read as a chat with one message, with the limit that holds when none is asked for', () => {
    const { request, stream, includeUsage } = openaiCompletions.parse(
      '{"model":"m","prompt":"Once","stop":"END","n":2,"stream":true,"stream_options":{"include_usage":true}}',
    )
    expect(request).toMatchObject({
      messages: [user('Once')],
      stop: ['END'],
      choices: 2,
      maxOutputTokens: 16,
    })
    expect([stream, includeUsage]).toEqual([true, true])
    expect(parse({ model: 'm', prompt: ['Once'] }).messages).toEqual([user('Once')])
  })

  it.each([[['a', 'b']], [[1, 2]], [[[1], [2]]]])(
    'keeps the prompts %j for servers of this format only',
    (prompt) => {
      const request = parse({ model: 'm', prompt, n: 2 })
      const several = Array.isArray(prompt[0]) || typeof prompt[0] === 'string'
      expect(request.choices).toBe(several ? 4 : 2)
      expect(JSON.parse(openaiCompletions.print(request, printing)).prompt).toEqual(prompt)
      const { native: _, ...elsewhere } = request
      expect(() => openaiChat.print(elsewhere, printing)).toThrow(
        expect.objectContaining({
          code: 'unsupported',
          message: expect.stringContaining('messages[0].content[0] is "prompt" of openai-completions'),
        }),
      )
    },
  )

  it.each([{ suffix: 'end' }, { echo: true }, { logprobs: 3 }, { best_of: 4 }, { logit_bias: { 50: 1 } }])(
    'does not lose %j in silence',
    (own) => {
      const { native: _, ...elsewhere } = parse({ model: 'm', prompt: 'a', ...own })
      expect(() => openaiChat.print(elsewhere, printing)).toThrow(
        expect.objectContaining({ code: 'unsupported' }),
      )
    },
  )

  it('says the user of the vendor in other formats, too', () => {
    const request = parse({
      model: 'm',
      prompt: 'a',
      user: 'user-1',
      echo: false,
      best_of: 1,
      logit_bias: {},
    })
    expect(JSON.parse(openaiChat.print(request, printing)).user).toBe('user-1')
    expect(request.unread).toBeUndefined()
    expect(JSON.parse(openaiCompletions.print({ ...request, endUser: 'user-2' }, printing)).user).toBe(
      'user-2',
    )
  })

  it.each([
    [{ model: 'm' }, 'prompt is missing; write a string'],
    [{ model: 'm', prompt: [] }, 'prompt is an empty list'],
    [{ model: 'm', prompt: ['a', 1] }, 'prompt is a list of 2'],
    [{ prompt: 'a' }, 'model is missing'],
  ])('refuses %j and names the wrong field', (body, text) => {
    expect(() => parse(body)).toThrow(
      expect.objectContaining({ code: 'bad-request', message: expect.stringContaining(text) }),
    )
  })

  it('keeps its text but for the model and what was edited', () => {
    const text = '{ "prompt" : "Card 4111", "logprobs": 1e0,"model":"public", "seed":9223372036854775807 }'
    const request = { ...openaiCompletions.parse(text).request, model: 'backend' }
    const named = text.replace('public', 'backend')
    expect(openaiCompletions.print(request, printing)).toBe(named)
    const edited = { ...request, messages: [user('Card [removed]')] }
    expect(openaiCompletions.print(edited, printing)).toBe(named.replace('Card 4111', 'Card [removed]'))
  })

  it('stays one until an edit makes it a chat', () => {
    const request = parse({ model: 'm', prompt: 'a' })
    const system = { role: 'system', content: [{ type: 'text', text: 'Be kind' }] } as const
    expect(isOpenaiCompletion(request)).toBe(true)
    expect(isOpenaiCompletion({ ...request, messages: [user('b')] })).toBe(true)
    expect(isOpenaiCompletion({ ...request, messages: [system, ...request.messages] })).toBe(false)
    expect(isOpenaiCompletion({ ...request, tools: [] })).toBe(false)
    expect(isOpenaiCompletion({ model: 'm', messages: [user('b')] })).toBe(false)
  })

  it('is capped in every field that a server reads', () => {
    const capped = (more: object): unknown => {
      const request = openaiCompletions.capTokens(parse({ model: 'm', prompt: 'a', ...more }), 50, 'openai')
      const { model: _, prompt: __, ...rest } = JSON.parse(openaiCompletions.print(request, printing))
      return rest
    }
    expect(capped({})).toEqual({ max_tokens: 16 })
    expect(capped({ max_tokens: 900 })).toEqual({ max_tokens: 50 })
    expect(capped({ best_of: 10, n: 1 })).toEqual({ best_of: 10, n: 1, max_tokens: 5 })
    expect(capped({ n_predict: -1 })).toEqual({ n_predict: 16, max_tokens: 16 })
    const several = parse({ model: 'm', prompt: ['a', 'b'], n: 5, max_tokens: 20 })
    expect(openaiCompletions.capTokens(several, 50, 'openai').maxOutputTokens).toBe(5)
    // Each prompt is answered so often.
    expect(capped({ prompt: ['a', 'b'], best_of: 5 })).toEqual({ best_of: 5, max_tokens: 5 })
    expect(capped({ prompt: ['a', 'b'], n: 2, best_of: 5 })).toEqual({ n: 2, best_of: 5, max_tokens: 5 })
  })
})

describe('the answer to a legacy completion', () => {
  it('is read with all its choices, and passed on with the same text', () => {
    const text = '{"id":"c","choices":[{"text":"a","index":0,"finish_reason":"length"},{"text":""}],"x":1.0}'
    const reply = openaiCompletions.parseReply(text, errorOf)
    expect(reply.choices).toEqual([
      { content: [{ type: 'text', text: 'a' }], finishReason: 'length' },
      { content: [], finishReason: 'other' },
    ])
    expect(openaiCompletions.printReply(reply, facts)).toBe(text)
  })

  it.each(['{}', '{"choices":[]}', '{"choices":[{"message":{}}]}', '['])(
    'is malformed when it is %s',
    (text) => {
      expect(() => openaiCompletions.parseReply(text, errorOf)).toThrow(
        expect.objectContaining({ code: 'malformed-reply' }),
      )
    },
  )

  it('is streamed with the same text, and built from other dialects', () => {
    const reader = openaiCompletions.reader(parse({ model: 'm', prompt: 'a' }), errorOf)
    const texts = [' a', '\n', ' b'].map((text) =>
      JSON.stringify({ id: 'c', choices: [{ index: 0, text, logprobs: null, finish_reason: null }] }),
    )
    const events = texts.flatMap((text) => reader.read('message', text) ?? [])
    expect(events.map(({ parts }) => parts)).toEqual(
      [' a', '\n', ' b'].map((text) => [{ type: 'text-delta', text, choice: 0, block: 0 }]),
    )
    const writer = openaiCompletions.writer(facts)
    expect(writer.write(events)).toBe(texts.map((text) => `data: ${text}\n\n`).join(''))
    const other: ChatEvent = {
      parts: [
        { type: 'reasoning-delta', text: 'hm', choice: 0, block: 0 },
        { type: 'text-delta', text: 'a', choice: 0, block: 1 },
        { type: 'finish', choice: 0, finishReason: 'stop' },
      ],
    }
    const built = openaiCompletions.writer(facts).write([other]).split('\n\n').slice(0, -1)
    expect(built.map((piece) => JSON.parse(piece.slice(6)).choices[0])).toEqual([
      { index: 0, text: 'a', logprobs: null, finish_reason: null },
      { index: 0, text: '', logprobs: null, finish_reason: 'stop' },
    ])
  })
})
