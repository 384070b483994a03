import {
  anthropicMessages,
  type ChatEvent,
  type ChatReply,
  type ChatRequest,
  nativeText,
  openaiResponses,
} from 'modelspine/adapter'
import { azureOpenai } from 'modelspine/adapters/azure-openai'
import { openai } from 'modelspine/adapters/openai'
import { afterEach, describe, expect, it } from 'vitest'
import { serveLoopback } from '../../loopback.ts'

const clear: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of clear.splice(0)) await end()
})

const thought = {
  id: 'rs_1',
  type: 'reasoning',
  summary: [
    { type: 'summary_text', text: 'One' },
    { type: 'summary_text', text: 'Two' },
  ],
  encrypted_content: 'gAAA',
}
const call = { id: 'fc_1', type: 'function_call', call_id: 'c1', name: 'look', arguments: '{"id":"rs_1"}' }
const response = {
  id: 'resp_1',
  object: 'response',
  status: 'completed',
  model: 'm',
  output: [thought, call],
}
const events = [
  { type: 'response.output_item.added', output_index: 0, item: { ...thought, summary: [] } },
  { type: 'response.reasoning_summary_text.delta', output_index: 0, item_id: 'rs_1', delta: 'One' },
  { type: 'response.output_item.done', output_index: 0, item: thought },
  { type: 'response.output_item.added', output_index: 1, item: { ...call, arguments: '' } },
  { type: 'response.output_item.done', output_index: 1, item: call },
  { type: 'response.completed', response },
]

async function serve(over: 'azure' | 'openai') {
  const bodies: { readonly input: readonly unknown[] }[] = []
  const loopback = await serveLoopback((_, bytes, reply) => {
    const body = JSON.parse(bytes.toString())
    bodies.push(body)
    const type = body.stream === true ? 'text/event-stream' : 'application/json'
    const text =
      body.stream === true
        ? events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')
        : JSON.stringify(response)
    reply.writeHead(200, { 'content-type': type }).end(text)
  })
  const apiKey = { reveal: () => 'key-1' }
  const provider =
    over === 'azure'
      ? azureOpenai({ endpoint: loopback.url, apiKey })
      : openai({ baseUrl: `${loopback.url}/v1`, apiKey })
  clear.push(loopback.close, () => provider.close())
  const told: string[] = []
  const translation = {
    approximations: 'allow' as const,
    approximated: (field: string) => void told.push(field),
  }
  const context = { requestId: 'r1', abortSignal: new AbortController().signal, translation }
  return { provider, bodies, told, context }
}

const hi = { role: 'user', content: 'Hi' }
const output = { type: 'function_call_output', call_id: 'c1', output: 'x' }
const asked = openaiResponses.parse(JSON.stringify({ model: 'm', input: [hi] })).request

/** The next request of a caller of responses, who gives back what it got. */
function next(reply: ChatReply): ChatRequest {
  const got = JSON.parse(nativeText(reply, openaiResponses.dialect) ?? '{}')
  return openaiResponses.parse(JSON.stringify({ model: 'm', input: [hi, ...got.output, output] })).request
}

describe('encrypted thoughts of a resource', () => {
  it('go back to it as it wrote them', async () => {
    const { provider, bodies, told, context } = await serve('azure')
    const reply = await provider.chat(asked, context)
    const text = nativeText(reply, openaiResponses.dialect)
    expect(text).toMatch(/"id":"modelspine:azure-[0-9a-f]{12}:rs_1"/)
    expect(text).toMatch(/"encrypted_content":"modelspine:azure-[0-9a-f]{12}:encrypted:gAAA"/)
    expect(text).toContain(JSON.stringify(call))
    await provider.chat(next(reply), context)
    expect(bodies[1]?.input).toEqual([hi, thought, call, output])
    expect(told).toEqual([])
  })

  it('go to no other resource and not to OpenAI, whose own go to none', async () => {
    const made = [await serve('azure'), await serve('azure'), await serve('openai')]
    for (const from of made) {
      const again = next(await from.provider.chat(asked, from.context))
      for (const to of made.filter((each) => each !== from)) {
        await to.provider.chat(again, to.context)
        expect(to.bodies.at(-1)?.input).toEqual([hi, call, output])
        expect(to.told.splice(0)).toEqual(['messages[1].content[0]'])
      }
    }
  })

  it('are marked in each event of a stream', async () => {
    const { provider, context } = await serve('azure')
    const got: ChatEvent[] = []
    for await (const batch of provider.chatStream(asked, context)) got.push(...batch)
    const texts = got.map((event) => nativeText(event, openaiResponses.dialect) ?? '')
    expect(texts).toHaveLength(events.length)
    for (const text of texts) expect(text).not.toMatch(/"(?:id|item_id)":"rs_1"|"encrypted_content":"gAAA"/)
    const { signer } = /modelspine:(?<signer>azure-[0-9a-f]{12}):/.exec(texts[0] ?? '')?.groups ?? {}
    expect(got.flatMap(({ parts }) => parts)).toContainEqual({
      type: 'reasoning-delta',
      text: '',
      signature: 'rs_1',
      encrypted: 'gAAA',
      signedBy: signer,
      choice: 0,
      block: 0,
    })
  })

  it('come back through a client of another format', async () => {
    const azure = await serve('azure')
    const [facts, vendor] = [{ id: 'x', model: 'm', createdMs: 0, includeUsage: true }, await serve('openai')]
    const reply = await azure.provider.chat(asked, azure.context)
    const { content } = JSON.parse(anthropicMessages.printReply(reply, facts))
    const messages = [
      hi,
      { role: 'assistant', content },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c1', content: 'x' }] },
    ]
    const body = JSON.stringify({ model: 'm', max_tokens: 99, messages })
    const { request } = anthropicMessages.parse(body)
    for (const { provider, context } of [azure, vendor]) await provider.chat(request, context)
    expect(JSON.stringify(azure.bodies[1]?.input)).toContain('"encrypted_content":"gAAA"')
    expect(JSON.stringify(azure.bodies[1])).not.toContain('modelspine:')
    expect(JSON.stringify(vendor.bodies[0])).not.toMatch(/gAAA|reasoning/)
    expect(vendor.told.length).toBeGreaterThan(0)
  })
})
