import Anthropic from '@anthropic-ai/sdk'
import type { Listening } from 'modelspine/gateway'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { llamaGateway, routes, timeout } from './llama/gateway.ts'
import { withServer } from './support/with-server.ts'

const parameters = {
  type: 'object' as const,
  properties: { at: { type: 'integer', enum: [1, 2] } },
  required: ['at'],
  additionalProperties: false,
}
const look = { name: 'look', description: 'Looks at a place', parameters }
/** An earlier call, which the model repeats. It is asked for a place that the schema does not have. */
const said = { first: 'Look at place 1', seen: 'a cat', last: 'Look at place 3' }
const limit = 120

interface Called {
  readonly name: string | undefined
  readonly input: string
  /** Why the answer ended, in the caller's format. */
  readonly end: unknown
  /** Pieces of the arguments. None in an answer that was not streamed. */
  readonly pieces?: number
}

withServer('llama', ({ url }) => {
  const gateway = llamaGateway(url)
  let listening: Listening
  let openai: OpenAI
  let anthropic: Anthropic

  beforeAll(async () => {
    listening = await gateway.listen()
    openai = new OpenAI({ apiKey: 'none', baseURL: `${listening.url}/v1`, maxRetries: 0, timeout })
    anthropic = new Anthropic({ apiKey: 'none', baseURL: listening.url, maxRetries: 0, timeout })
  })
  afterAll(async () => {
    await listening.close({ drainMs: 0 })
    await gateway.close()
  })

  const chat = (model: string) => ({
    model,
    temperature: 0,
    max_tokens: limit,
    messages: [
      { role: 'user' as const, content: said.first },
      {
        role: 'assistant' as const,
        content: null,
        tool_calls: [
          { id: 'c1', type: 'function' as const, function: { name: 'look', arguments: '{"at":1}' } },
        ],
      },
      { role: 'tool' as const, tool_call_id: 'c1', content: said.seen },
      { role: 'user' as const, content: said.last },
    ],
    tools: [{ type: 'function' as const, function: look }],
    tool_choice: 'required' as const,
  })
  const messages = (model: string) => ({
    model,
    temperature: 0,
    max_tokens: limit,
    messages: [
      { role: 'user' as const, content: said.first },
      {
        role: 'assistant' as const,
        content: [{ type: 'tool_use' as const, id: 'c1', name: 'look', input: { at: 1 } }],
      },
      {
        role: 'user' as const,
        content: [
          { type: 'tool_result' as const, tool_use_id: 'c1', content: said.seen },
          { type: 'text' as const, text: said.last },
        ],
      },
    ],
    tools: [{ name: 'look', description: look.description, input_schema: parameters }],
    tool_choice: { type: 'any' as const },
  })
  const responses = (model: string) => ({
    model,
    temperature: 0,
    max_output_tokens: limit,
    input: [
      { role: 'user' as const, content: said.first },
      { type: 'function_call' as const, call_id: 'c1', name: 'look', arguments: '{"at":1}' },
      { type: 'function_call_output' as const, call_id: 'c1', output: said.seen },
      { role: 'user' as const, content: said.last },
    ],
    tools: [{ type: 'function' as const, ...look, strict: true }],
    tool_choice: 'required' as const,
  })

  const surfaces: Readonly<Record<string, (model: string) => Promise<Called>>> = {
    'chat completions': async (model) => {
      const [choice] = (await openai.chat.completions.create(chat(model))).choices
      const [call] = choice?.message.tool_calls ?? []
      if (call?.type !== 'function') return { name: undefined, input: '', end: choice }
      return { name: call.function.name, input: call.function.arguments, end: choice?.finish_reason }
    },
    'chat completions, streamed': async (model) => {
      const called: { name?: string | undefined; end?: unknown } = {}
      const pieces: string[] = []
      for await (const { choices } of await openai.chat.completions.create({
        ...chat(model),
        stream: true,
      })) {
        const [call] = choices[0]?.delta.tool_calls ?? []
        called.name = call?.function?.name ?? called.name
        called.end = choices[0]?.finish_reason ?? called.end
        if (call?.function?.arguments) pieces.push(call.function.arguments)
      }
      return { name: called.name, input: pieces.join(''), end: called.end, pieces: pieces.length }
    },
    messages: async (model) => {
      const { content, stop_reason } = await anthropic.messages.create(messages(model))
      const call = content.find(({ type }) => type === 'tool_use')
      if (call?.type !== 'tool_use') return { name: undefined, input: '', end: content }
      return { name: call.name, input: JSON.stringify(call.input), end: stop_reason }
    },
    'messages, streamed': async (model) => {
      const stream = anthropic.messages.stream(messages(model))
      let input = ''
      let pieces = 0
      for await (const event of stream) {
        if (event.type !== 'content_block_delta' || event.delta.type !== 'input_json_delta') continue
        if (event.delta.partial_json === '') continue
        input += event.delta.partial_json
        pieces += 1
      }
      const { content, stop_reason } = await stream.finalMessage()
      const call = content.find(({ type }) => type === 'tool_use')
      return { name: call?.type === 'tool_use' ? call.name : undefined, input, end: stop_reason, pieces }
    },
    responses: async (model) => {
      const { output, status } = await openai.responses.create(responses(model))
      const call = output.find(({ type }) => type === 'function_call')
      if (call?.type !== 'function_call') return { name: undefined, input: '', end: output }
      return { name: call.name, input: call.arguments, end: status }
    },
    'responses, streamed': async (model) => {
      const stream = openai.responses.stream(responses(model))
      let input = ''
      let pieces = 0
      for await (const event of stream) {
        if (event.type !== 'response.function_call_arguments.delta' || event.delta === '') continue
        input += event.delta
        pieces += 1
      }
      const { output, status } = await stream.finalResponse()
      const call = output.find(({ type }) => type === 'function_call')
      return { name: call?.type === 'function_call' ? call.name : undefined, input, end: status, pieces }
    },
  }

  describe.each(routes)("a tool call of a small model behind llama.cpp's %s", (route) => {
    it.each(Object.entries(surfaces))(
      'reaches callers of %s, in the form of its schema',
      { timeout },
      async (_, ask) => {
        const { name, input, end, pieces = 2 } = await ask(route)
        expect(name).toBe('look')
        expect(['tool_calls', 'tool_use', 'completed']).toContain(end)
        const { at, ...others } = JSON.parse(input)
        expect([1, 2]).toContain(at)
        expect(others).toEqual({})
        expect(pieces).toBeGreaterThan(1)
      },
    )
  })

  it("refuses one tool by its name, which llama.cpp's chat completions would ignore", async () => {
    const named = { ...chat('chat'), tool_choice: { type: 'function' as const, function: { name: 'look' } } }
    await expect(openai.chat.completions.create(named)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('toolChoice is a tool by its name'),
    })
  })
})
