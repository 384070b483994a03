import {
  type ChatPart,
  type ChatRequest,
  ListingCarriage,
  openaiChat,
  openaiResponses,
} from 'modelspine/adapter'
import { describe, expect, it } from 'vitest'

/** The names that both formats write of a file, and what they tell. */
function named(part: ChatPart): readonly unknown[] {
  const request: ChatRequest = { model: 'm', messages: [{ role: 'user', content: [part] }] }
  return [openaiChat, openaiResponses].map((codec) => {
    const carriage = new ListingCarriage('x')
    const printing = { stream: false, vendor: 'openai', maxTokensField: 'max_tokens', carriage } as const
    const body = JSON.parse(codec.print(request, printing))
    const [said] = (body.messages ?? body.input)[0].content
    return [(said.file ?? said).filename, carriage.approximated.map(({ field }) => field)]
  })
}

const told = ['messages[0].content[0].filename']

describe('the bytes of a file, which OpenAI refuses without a name,', () => {
  it.each([
    ['application/pdf', 'file.pdf'],
    ['text/plain', 'file.txt'],
    ['', 'file.octet-stream'],
  ])('get a name by their type, and that is told: %s', (type, name) => {
    const part: ChatPart = { type: 'file', url: `data:${type};base64,AA==` }
    expect(named(part)).toEqual([
      [name, told],
      [name, told],
    ])
  })

  it('keep their own name, and a file that the vendor keeps gets none', () => {
    const own: ChatPart = { type: 'file', url: 'data:text/plain;base64,AA==', filename: 'a.md' }
    expect(named(own)).toEqual([
      ['a.md', []],
      ['a.md', []],
    ])
    expect(named({ type: 'file', fileId: 'f' })).toEqual([
      [undefined, []],
      [undefined, []],
    ])
  })
})
