import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { openaiCompatible } from '../../../../adapters/openai-compatible/index.ts'
import {
  type ChatEvent,
  type ChatReply,
  type ChatRequest,
  edited,
} from '../../../../src/provider/contract.ts'
import type { Layers } from '../../../../src/routing/layers/layers.ts'
import type { RouterOptions } from '../../../../src/routing/router.ts'
import { route, vendor } from '../../routing/scenario.ts'
import { gatewayWorld, type Upstream, upstream } from '../gateway-world.ts'

let open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of open) await each.close()
  open = []
})

interface Options {
  readonly layers?: Layers
  readonly policy?: NonNullable<RouterOptions['policy']>
}

/** A gateway before an upstream of OpenAI's format, and a way to send it a text. */
async function worldBefore(
  answer: (response: ServerResponse) => void,
  options: Options = {},
): Promise<{ readonly seen: Upstream['seen']; ask(text: string, path?: string): Promise<Response> }> {
  const server = await upstream((_body, response) => answer(response))
  const provider = openaiCompatible({ baseUrl: `${server.url}/v1`, maxTokensField: 'max_tokens' })
  const world = await gatewayWorld(
    { routes: [route([vendor('up', 1, 'backend')], { operations: ['chat'] })], providers: { up: provider } },
    options,
  )
  open.push(world, provider, server)
  const headers = { 'content-type': 'application/json' }
  return {
    seen: server.seen,
    ask: (body, path = '/v1/chat/completions') =>
      fetch(world.listening.url + path, { method: 'POST', headers, body }),
  }
}

const whole = (text: string) => (response: ServerResponse) =>
  void response.writeHead(200, { 'content-type': 'application/json' }).end(text)
const streamed = (text: string) => (response: ServerResponse) =>
  void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(text)

const asked = '{ "messages" : [{"role":"user","content":"Card 4111"}], "model":"m"'
const tools =
  '"tool_calls": [{"index":0, "id":"c","type":"custom","custom":{"name":"sql","input":"select 1"}}]'

describe('what the gateway passes on in the same dialect', () => {
  it('is the same to the byte, with integers that JavaScript cannot hold, and custom tool calls', async () => {
    const reply = `{"id":"x", "hash":12345678901234567890,"choices":[{"message":{"content":null, ${tools}}}]}`
    const { ask, seen } = await worldBefore(whole(reply))
    const text = `${asked}, "seed":9223372036854775807,"temperature": 2.50, "customer":12345678901234567890 }`
    const response = await ask(text)
    expect([response.status, await response.text()]).toEqual([200, reply])
    expect(String(seen[0]?.body)).toBe(text.replace('"m"', '"backend"'))
  })

  it('is the same in a stream, without what says nothing', async () => {
    const chunks = [
      '{"choices": [{"index":0,"delta":{"reasoning_content":"hm"}}]}',
      '{"choices":[{"index":1,"delta":{"content":"a"}}],"big":12345678901234567890}',
      `{"choices":[{"index":0,"delta":{${tools}},"finish_reason":"tool_calls"}]}`,
      '{"choices":[{"index":1,"delta":{},"finish_reason":"stop"}]}',
    ].map((chunk) => `data: ${chunk}\n\n`)
    const [first = '', ...rest] = chunks
    const noise = 'data:\n\nevent: ping\ndata: {"type":"ping"}\n\n: comment\n\n'
    const { ask } = await worldBefore(streamed(`${first}${noise}${rest.join('')}data: [DONE]\n\n`))
    const response = await ask(`${asked},"stream":true,"n":2}`)
    expect(await response.text()).toBe(`${chunks.join('')}data: [DONE]\n\n`)
  })

  it('begins with the first reasoning, which is output', async () => {
    const ended = Promise.withResolvers<void>()
    const { ask } = await worldBefore(async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: {"choices":[{"index":0,"delta":{"reasoning_content":"hm"}}]}\n\n')
      await ended.promise
      response.end('data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n')
    })
    const response = await ask(`${asked},"stream":true}`)
    ended.resolve()
    expect((await response.text()).match(/\n\n/g)).toHaveLength(3)
  })

  it('does not look whole when one of two choices was cut', async () => {
    const { ask } = await worldBefore((response) => {
      const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n'
      const chunk = (choice: object): string => `data: ${JSON.stringify({ choices: [choice] })}\n\n`
      const text = chunk({ index: 0, delta: { content: 'yes' }, finish_reason: 'stop' })
      response.socket?.end(head + text + chunk({ index: 1, delta: { content: 'The answer is not' } }))
    })
    const text = await (await ask(`${asked},"stream":true,"n":2}`)).text()
    expect(text).not.toContain('[DONE]')
    expect(text).toContain('"code":"interrupted"')
  })

  it('is capped in every field that the server reads', async () => {
    const obligations = [{ kind: 'cap-tokens', maxOutputTokens: 100 }] as const
    const allowed = { verdict: 'allow', findings: [], policyRevision: '', inputDigest: '' } as const
    const { ask, seen } = await worldBefore(whole('{"choices":[{"message":{"content":"a"}}]}'), {
      policy: { decide: () => ({ ...allowed, obligations }) },
    })
    await ask(`${asked},"n_predict":100000,"max_completion_tokens":900, "best_of": 4}`)
    const { model: _, messages: __, ...limits } = JSON.parse(String(seen[0]?.body))
    expect(limits).toEqual({ n_predict: 25, max_tokens: 25, best_of: 4 })
  })
})

describe('what a guardrail changed', () => {
  const redacted = (text: string): string => text.replaceAll('4111', '[card]')
  const redactedEvent = (event: ChatEvent): ChatEvent =>
    edited(
      event,
      event.parts.map((part) => (part.type === 'text-delta' ? { ...part, text: redacted(part.text) } : part)),
    )
  const layers: Layers = {
    guardrailsIn: [
      {
        checkRequest({ body }) {
          const chat = body as ChatRequest
          const messages = chat.messages.map((message) => ({
            ...message,
            content: message.content.map((part) =>
              part.type === 'text' ? { ...part, text: redacted(part.text) } : part,
            ),
          }))
          return { ...chat, messages }
        },
      },
    ],
    guardrailsOut: [
      {
        checkReply(_request, given) {
          const reply = given as ChatReply
          const choices = reply.choices.map((choice) => ({
            ...choice,
            content: choice.content.map((part) =>
              part.type === 'text' ? { ...part, text: redacted(part.text) } : part,
            ),
          }))
          return { ...reply, choices }
        },
        async *checkStream(_request, pieces) {
          for await (const batch of pieces as AsyncIterable<readonly ChatEvent[]>)
            yield batch.map(redactedEvent)
        },
      },
    ],
  }

  it('is undone neither on the way to the upstream nor on the way back', async () => {
    const said = '{"message":{"content":"Your card is 4111"}}'
    const { ask, seen } = await worldBefore(whole(`{"id":"x","choices":[${said},${said}],"other":"4111"}`), {
      layers,
    })
    const text = await (await ask(`${asked},"logit_bias":{"1":-1e2}}`)).text()
    expect([text.match(/\[card\]/g)?.length, text.includes('4111')]).toEqual([2, false])
    expect(String(seen[0]?.body)).toBe(
      '{ "messages" : [{"role":"user","content":"Card [card]"}], "model":"backend","logit_bias":{"1":-1e2}}',
    )
  })

  it('is undone in no choice of a stream', async () => {
    const chunk = (index: number): string =>
      `data: {"choices":[{"index":${index},"delta":{"content":"My 4111"},"logprobs":"4111"}]}\n\n`
    const end = [0, 1].map((index) => `{"index":${index},"delta":{},"finish_reason":"stop"}`)
    const { ask } = await worldBefore(
      streamed(`${chunk(0)}${chunk(1)}data: {"choices":[${end}]}\n\ndata: [DONE]\n\n`),
      { layers },
    )
    const text = await (await ask(`${asked},"stream":true,"n":2}`)).text()
    expect([text.match(/\[card\]/g)?.length, text.includes('4111')]).toEqual([2, false])
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
  })
})
