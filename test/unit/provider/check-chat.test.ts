import { describe, expect, it } from 'vitest'
import { parseOpenaiChatReply } from '../../../src/dialects/openai/chat-reply.ts'
import { ModelspineError } from '../../../src/errors.ts'
import { checkChat, checkEmbed } from '../../../src/provider/check-chat.ts'
import type { Chat, ChatPart } from '../../../src/provider/contract.ts'

/** One of each type. */
const parts: { readonly [Type in ChatPart['type']]: Extract<ChatPart, { readonly type: Type }> } = {
  text: { type: 'text', text: '' },
  image: { type: 'image', url: 'https://example.com/a.png' },
  audio: { type: 'audio', fileId: 'f1' },
  file: { type: 'file', url: 'data:text/plain,x', filename: 'x' },
  'tool-call': { type: 'tool-call', id: '1', name: 'f', arguments: '{}' },
  reasoning: { type: 'reasoning', text: '', encrypted: 'x' },
  refusal: { type: 'refusal', text: 'no' },
  opaque: { type: 'opaque', vendor: 'openai', kind: 'k', data: null },
}
const says = (...content: object[]) => ({ messages: [{ role: 'user', content }] })
const check = (chat: unknown) => () => checkChat(chat as Chat)

describe('the messages of a chat', () => {
  it('may hold every part in every role', () => {
    for (const role of ['system', 'developer', 'user', 'assistant', 'tool'])
      expect(check({ messages: [{ role, content: Object.values(parts) }] })).not.toThrow()
    expect(check({ messages: [] })).not.toThrow()
  })

  it('may hold the audio of a reply, which may have no more than its transcript', () => {
    const message = { role: 'assistant', content: null, audio: { transcript: 'Hi' } }
    const text = JSON.stringify({ model: 'm', choices: [{ index: 0, message, finish_reason: 'stop' }] })
    const { choices } = parseOpenaiChatReply(text, () => new ModelspineError('unavailable', 'none'))
    const content = choices[0]?.content
    expect(content).toEqual([{ type: 'audio', transcript: 'Hi' }])
    expect(check({ messages: [{ role: 'assistant', content }] })).not.toThrow()
    expect(check(says({ type: 'image', transcript: 'Hi' }))).toThrow(/url is missing/)
    expect(check(says({ type: 'audio' }))).toThrow(/write an address, a data: URL, a fileId or a transcript/)
  })

  it.each([
    [{}, 'messages', /^messages is missing: write a list such as \[\{ role: 'user'/],
    [undefined, 'messages', /is missing/],
    [{ messages: 'secret words' }, 'messages', /^messages is of the type string/],
    [
      { messages: [{ role: 'user', content: 'secret words' }] },
      'messages[0].content',
      "messages[0].content is of the type string: write a list of parts, such as [{ type: 'text', text: 'Hi' }]",
    ],
    [{ messages: [{ role: 'user' }] }, 'messages[0].content', /is missing/],
    [{ messages: [{ role: 'user', content: null }] }, 'messages[0].content', /is null/],
    [{ messages: ['secret words'] }, 'messages[0].role', /is missing/],
    [{ messages: [null] }, 'messages[0].role', /is missing/],
    [
      {
        messages: [
          { role: 'user', content: [] },
          { role: 'usr', content: [] },
        ],
      },
      'messages[1].role',
      'messages[1].role is "usr": write system, developer, user, assistant, tool',
    ],
    [{ messages: [{ role: 'constructor', content: [] }] }, 'messages[0].role', /is "constructor"/],
    [
      says(parts.text, { type: 'txt', text: 'secret words' }),
      'messages[0].content[1].type',
      /is "txt": write text, image, audio/,
    ],
    [says({ text: 'secret words' }), 'messages[0].content[0].type', /is missing/],
    [
      { messages: [{ role: 'user', content: ['secret words'] }] },
      'messages[0].content[0].type',
      /is missing/,
    ],
    [says({ type: 'text', text: 5 }), 'messages[0].content[0].text', /is of the type number: write a string/],
    [says({ type: 'text', content: 'secret words' }), 'messages[0].content[0].text', /is missing/],
    [
      says({ ...parts['tool-call'], arguments: { city: 'secret words' } }),
      'messages[0].content[0].arguments',
      /is of the type object: write a string/,
    ],
    [
      says({ type: 'image', image_url: { url: 'secret words' } }),
      'messages[0].content[0].url',
      /is missing: write an address/,
    ],
    [says({ type: 'opaque', data: 1 }), 'messages[0].content[0].vendor', /is missing/],
  ])('are refused by the field: %j', (chat, field, message) => {
    let thrown: unknown
    try {
      check(chat)()
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({
      code: 'bad-request',
      retryable: false,
      details: { field },
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    })
    expect(String(thrown)).not.toContain('secret words')
  })
})

describe('the inputs of an embedding', () => {
  it('are a list', () => {
    expect(() => checkEmbed({ input: ['a', [1, 2]] })).not.toThrow()
    expect(() => checkEmbed({ input: 'secret words' as never })).toThrow(
      expect.objectContaining({
        code: 'bad-request',
        message: "input is of the type string: write a list such as ['Hi']",
        details: { field: 'input' },
      }),
    )
  })
})
