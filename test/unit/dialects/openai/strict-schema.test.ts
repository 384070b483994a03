import { type ChatRequest, ListingCarriage, openaiChat, openaiResponses } from 'modelspine/adapter'
import { describe, expect, it } from 'vitest'

type Schema = NonNullable<ChatRequest['responseSchema']>

const at = { at: { type: 'integer' } }
const closed = { type: 'object', properties: at, required: ['at'], additionalProperties: false }
const open = { type: 'object', properties: at, required: ['at'] }
const around = (inner: object): Schema['schema'] => ({ ...closed, properties: { at: inner } })

/** What both formats write of a schema, and what they tell. */
function written(schema: Schema): readonly unknown[] {
  return (['chat', 'responses'] as const).map((api) => {
    const carriage = new ListingCarriage('x')
    const request: ChatRequest = {
      model: 'm',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
      responseSchema: schema,
    }
    const printing = { stream: false, vendor: 'openai', maxTokensField: 'max_tokens', carriage } as const
    const body = JSON.parse((api === 'chat' ? openaiChat : openaiResponses).print(request, printing))
    const said = api === 'chat' ? body.response_format.json_schema : body.text.format
    return [said.strict, carriage.approximated.map(({ field }) => field)]
  })
}

describe('a schema of the answer, in both of OpenAI’s formats', () => {
  it.each([
    ['closed', closed],
    ['closed within a list', around({ type: 'array', items: closed })],
    ['closed within a choice', around({ anyOf: [closed, { type: 'null' }] })],
    ['closed by a definition', { ...around({ $ref: '#/$defs/a' }), $defs: { a: closed } }],
    ['without an object', { type: 'string' }],
  ])('is strict if OpenAI takes it so: %s', (_, schema) => {
    const strict = [true, []]
    expect(written({ name: 'a', schema })).toEqual([strict, strict])
    expect(written({ name: 'a', schema, strict: true })).toEqual([strict, strict])
    expect(written({ name: 'a', schema, strict: false })).toEqual([
      [false, []],
      [false, []],
    ])
  })

  it.each([
    ['open', open],
    ['with a property that may be left out', { ...closed, required: [] }],
    ['without a list of what is required', { ...closed, required: undefined }],
    ['open within a list', around({ type: 'array', items: open })],
    ['open within a choice', around({ anyOf: [{ type: 'null' }, open] })],
    ['open in a definition', { ...closed, $defs: { a: open } }],
    ['open in an older definition', { ...closed, definitions: { a: open } }],
    ['of an object or nothing', around({ type: ['object', 'null'] })],
    ['without a type', around({ properties: {} })],
  ])('is a wish if OpenAI would refuse it, and that is told if it was asked for: %s', (_, schema) => {
    const wish = [false, []]
    expect(written({ name: 'a', schema })).toEqual([wish, wish])
    const told = [false, ['responseSchema.strict']]
    expect(written({ name: 'a', schema, strict: true })).toEqual([told, told])
  })

  it('is not strict where a caller does not say so', () => {
    const chat = { type: 'json_schema', json_schema: { name: 'a', schema: closed } }
    const messages = [{ role: 'user', content: 'Hi' }]
    const format = { type: 'json_schema', name: 'a', schema: closed }
    const read = [
      openaiChat.parse(JSON.stringify({ model: 'm', messages, response_format: chat })),
      openaiResponses.parse(JSON.stringify({ model: 'm', input: 'Hi', text: { format } })),
    ]
    expect(read.map(({ request }) => request.responseSchema?.strict)).toEqual([false, false])
  })
})
