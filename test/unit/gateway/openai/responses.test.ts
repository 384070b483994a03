import OpenAI, { BadRequestError, RateLimitError } from 'openai'
import type { ResponseInput } from 'openai/resources/responses/responses'
import { afterEach, describe, expect, it } from 'vitest'
import { ModelspineError } from '../../../../src/errors.ts'
import type { CallContext, ChatEvent, ChatReply, ChatRequest } from '../../../../src/provider/contract.ts'
import { memoryProvider } from '../../../../src/provider/memory-provider.ts'
import { openTruth } from '../../../truth.ts'
import { route, vendor } from '../../routing/scenario.ts'
import { type GatewayWorld, gatewayWorld } from '../gateway-world.ts'

const truth = openTruth('openai-openapi.json')

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})

const at = (block: number) => ({ choice: 0, block }) as const
const reply: ChatReply = {
  id: 'msg_of_another',
  model: 'other-model',
  choices: [
    {
      content: [
        { type: 'reasoning', text: 'Hm', signature: 'sig', signedBy: 'anthropic' },
        { type: 'text', text: 'Grüße 🌍' },
        { type: 'tool-call', id: 'toolu_1', name: 'look', arguments: '{"at":1}' },
      ],
      finishReason: 'tool-calls',
    },
  ],
  usage: { inputTokens: 5, outputTokens: 3 },
}
const events: readonly ChatEvent[] = [
  { parts: [{ type: 'reasoning-delta', text: 'Hm', ...at(0) }] },
  { parts: [{ type: 'reasoning-delta', text: '', signature: 'sig', signedBy: 'anthropic', ...at(0) }] },
  { parts: [{ type: 'text-delta', text: 'Grüße', ...at(1) }] },
  { parts: [{ type: 'text-delta', text: ' 🌍', ...at(1) }] },
  { parts: [{ type: 'tool-call-delta', id: 'toolu_1', name: 'look', arguments: '', ...at(2) }] },
  { parts: [{ type: 'tool-call-delta', arguments: '{"at"', ...at(2) }] },
  { parts: [{ type: 'tool-call-delta', arguments: ':1}', ...at(2) }] },
  { parts: [{ type: 'finish', choice: 0, finishReason: 'tool-calls' }] },
  { parts: [{ type: 'usage', usage: { inputTokens: 5, outputTokens: 3 } }] },
]

async function clientBefore(
  answer: {
    chat?: () => ChatReply
    chatStream?: (context: CallContext) => Iterable<ChatEvent> | AsyncIterable<ChatEvent>
  } = {},
): Promise<{ client: OpenAI; seen: ChatRequest[]; world: GatewayWorld }> {
  const seen: ChatRequest[] = []
  const { chat = () => reply, chatStream = () => events } = answer
  const provider = memoryProvider({
    chat(request) {
      seen.push(request)
      return chat()
    },
    chatStream(request, context) {
      seen.push(request)
      return chatStream(context)
    },
  })
  const routes = [route([vendor('up', 1, 'backend')], { operations: ['chat'] }, { name: 'talk' })]
  const world = await gatewayWorld({ routes, providers: { up: provider } })
  open.push(world)
  const client = new OpenAI({ apiKey: 'none', baseURL: `${world.listening.url}/v1`, maxRetries: 0 })
  return { client, seen, world }
}

const ask = {
  model: 'talk',
  instructions: 'Be brief',
  input: [{ role: 'user' as const, content: 'Hi' }],
}

describe("OpenAI's own client, with responses", () => {
  it('gets an answer of another vendor, and sends it back so that nothing is lost', async () => {
    const { client, seen } = await clientBefore()
    const response = await client.responses.create(ask)
    if (truth.missing === undefined) {
      const { output_text: _, ...body } = response
      expect(truth.problems('Response', { ...body, _request_id: undefined }, false)).toEqual([])
    }
    expect(response).toMatchObject({
      id: expect.stringMatching(/^resp_/),
      status: 'completed',
      model: 'other-model',
      output_text: 'Grüße 🌍',
      usage: { input_tokens: 5, output_tokens: 3, total_tokens: 8 },
    })
    const result = { type: 'function_call_output' as const, call_id: 'toolu_1', output: 'a cat' }
    await client.responses.create({
      ...ask,
      input: [...ask.input, ...response.output, result] as ResponseInput,
    })
    expect(seen[1]?.messages.slice(2)).toEqual([
      { role: 'assistant', content: reply.choices[0]?.content },
      { role: 'tool', toolCallId: 'toolu_1', content: [{ type: 'text', text: 'a cat' }] },
    ])
  })

  it('puts a stream together, with tools in fragments', async () => {
    const { client } = await clientBefore()
    const stream = client.responses.stream(ask)
    const types: string[] = []
    let text = ''
    let call = ''
    for await (const event of stream) {
      types.push(event.type)
      if (event.type === 'response.output_text.delta') text += event.delta
      if (event.type === 'response.function_call_arguments.delta') call += event.delta
    }
    const whole = await stream.finalResponse()
    expect([text, call]).toEqual(['Grüße 🌍', '{"at":1}'])
    expect(types.slice(0, 3)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
    ])
    expect(types.at(-1)).toBe('response.completed')
    expect(whole.output_text).toBe('Grüße 🌍')
    expect(whole.output.map(({ type }) => type)).toEqual(['reasoning', 'message', 'function_call'])
    expect(whole.output[2]).toMatchObject({ call_id: 'toolu_1', name: 'look', arguments: '{"at":1}' })
    expect(whole.output[0]).toMatchObject({ encrypted_content: 'modelspine:anthropic:sig' })
    expect(whole.usage?.total_tokens).toBe(8)
  })

  it('parses an answer that must match a schema', async () => {
    const content = [{ type: 'text', text: '{"city":"Ulm"}' }] as const
    const { client, seen } = await clientBefore({
      chat: () => ({ ...reply, choices: [{ content, finishReason: 'stop' }] }),
    })
    const schema = { type: 'object', properties: { city: { type: 'string' } } }
    const format = { type: 'json_schema' as const, name: 'place', strict: true, schema }
    const parsed = await client.responses.parse({ ...ask, text: { format } })
    expect(parsed.output_parsed).toEqual({ city: 'Ulm' })
    expect(seen[0]?.responseSchema).toEqual({ name: 'place', strict: true, schema })
  })

  it('gets errors of the right class, before an answer and within a stream', async () => {
    const limited = (): never => {
      throw new ModelspineError('rate-limited', 'slow down', { retryAfterMs: 1000 })
    }
    const { client } = await clientBefore({ chat: limited, chatStream: limited })
    await expect(client.responses.create(ask)).rejects.toBeInstanceOf(RateLimitError)
    await expect(client.responses.create({ ...ask, stream: true })).rejects.toBeInstanceOf(RateLimitError)
    const broken = await clientBefore({
      *chatStream() {
        yield* events.slice(0, 3)
        throw new ModelspineError('interrupted', 'the connection broke')
      },
    })
    const stream = await broken.client.responses.create({ ...ask, stream: true })
    const read = async (): Promise<string[]> => {
      const types: string[] = []
      for await (const { type } of stream) types.push(type)
      return types
    }
    await expect(read()).rejects.toMatchObject({ code: 'interrupted', name: 'Error' })
  })

  it('gets an error within a stream whose number counts on', async () => {
    const { world } = await clientBefore({
      *chatStream() {
        yield* events.slice(0, 3)
        throw new ModelspineError('interrupted', 'the connection broke')
      },
    })
    const answer = await fetch(`${world.listening.url}/v1/responses`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...ask, stream: true }),
    })
    const bodies = [...(await answer.text()).matchAll(/^data: (.*)$/gm)].map(([, data = '']) =>
      JSON.parse(data),
    )
    expect(bodies.at(-1)).toMatchObject({ type: 'error', code: 'interrupted' })
    expect(bodies.length).toBeGreaterThan(3)
    expect(bodies.map((body) => body.sequence_number)).toEqual([...bodies.keys()])
    if (truth.missing === undefined)
      expect(truth.problems('ResponseErrorEvent', bodies.at(-1), true)).toEqual([])
  })

  it('ends the call to the upstream when it leaves a stream', async () => {
    const left = Promise.withResolvers<void>()
    const { client } = await clientBefore({
      async *chatStream({ abortSignal }) {
        abortSignal.addEventListener('abort', () => left.resolve())
        yield events[2] as ChatEvent
        await left.promise
      },
    })
    const stream = await client.responses.create({ ...ask, stream: true })
    for await (const { type } of stream) if (type === 'response.output_text.delta') break
    stream.controller.abort()
    await left.promise
  })

  it('is told by name what the gateway does not have', async () => {
    const { client, world } = await clientBefore()
    for (const call of [
      client.responses.retrieve('resp_1'),
      client.responses.delete('resp_1'),
      client.responses.cancel('resp_1'),
      client.responses.inputItems.list('resp_1').then(() => {}),
    ]) {
      await expect(call).rejects.toBeInstanceOf(BadRequestError)
    }
    const wrong = await fetch(`${world.listening.url}/v1/responses`, { method: 'GET' })
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST'])
  })
})
