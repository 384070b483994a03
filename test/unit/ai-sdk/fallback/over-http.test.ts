import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { APICallError, generateText, streamText } from 'ai'
import { fallback } from 'modelspine/ai-sdk'
import { afterEach, describe, expect, it } from 'vitest'
import { type Loopback, serveLoopback } from '../../../loopback.ts'

const open: Loopback[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()))
})

const chunk = (delta: object, finish_reason: string | null = null): string =>
  `data: ${JSON.stringify({ id: 'x', model: 'real', choices: [{ index: 0, delta, finish_reason }] })}\n\n`
const whole = [chunk({ content: 'he' }), chunk({ content: 'llo' }), chunk({}, 'stop'), 'data: [DONE]\n\n']

/** What a vendor does with a request: a status, or a stream that then ends, is cut, or stays open. */
interface Plan {
  readonly status?: number
  readonly events?: readonly string[]
  readonly ending?: 'cut' | 'hang'
}

async function vendor(name: string, plan: Plan) {
  const seen = { requests: 0, gone: 0 }
  const server = await serveLoopback(async (_request, _body, response) => {
    seen.requests += 1
    response.on('close', () => {
      if (!response.writableFinished) seen.gone += 1
    })
    if (plan.status !== undefined) {
      response.writeHead(plan.status, { 'content-type': 'application/json' })
      response.end(
        JSON.stringify({ error: { message: `${name} fails`, type: 'x', code: null, param: null } }),
      )
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const event of plan.events ?? whole) response.write(event)
    if (plan.ending === 'cut') setImmediate(() => response.destroy())
    else if (plan.ending === undefined) response.end()
  })
  open.push(server)
  const model = createOpenAICompatible({ baseURL: server.url, name, apiKey: 'none' }).chatModel(name)
  return { model, seen }
}

describe('a real provider', () => {
  it.each<readonly [string, Plan]>([
    ['answers with 503', { status: 503 }],
    [
      'reports an error in a stream of status 200',
      { events: ['data: {"error":{"message":"busy","code":503}}\n\n'] },
    ],
    ['cuts its stream before any output', { events: [chunk({ role: 'assistant' })], ending: 'cut' }],
    ['streams what cannot be read', { events: ['data: {"choices":1}\n\n'] }],
  ])('that %s is followed by the next one, with all of the text once', async (_what, plan) => {
    const a = await vendor('a', plan)
    const b = await vendor('b', {})
    const result = streamText({ model: fallback([a.model, b.model]), prompt: 'hi' })
    expect([await result.text, await result.finishReason]).toEqual(['hello', 'stop'])
    expect([a.seen.requests, b.seen.requests]).toEqual([1, 1])
  })

  it('that cuts its stream after output gives a part of the text, and an error', async () => {
    const a = await vendor('a', { events: [chunk({ content: 'he' })], ending: 'cut' })
    const b = await vendor('b', {})
    const result = streamText({ model: fallback([a.model, b.model]), prompt: 'hi', onError: () => {} })
    let text = ''
    const error = await (async () => {
      for await (const part of result.textStream) text += part
    })().catch((cause: unknown) => cause)
    expect([text, error instanceof Error, b.seen.requests]).toEqual(['he', true, 0])
  })

  it('that reports an error after output gives a part of the text, and an error', async () => {
    const a = await vendor('a', {
      events: [chunk({ content: 'he' }), 'data: {"error":{"message":"busy"}}\n\n'],
    })
    const errors: unknown[] = []
    const result = streamText({
      model: fallback([a.model]),
      prompt: 'hi',
      onError: ({ error }) => void errors.push(error),
    })
    await result.consumeStream()
    expect([await result.text, await result.finishReason, errors.length]).toEqual(['he', 'error', 1])
  })

  it('loses its connection when its attempt is over', async () => {
    const a = await vendor('a', { events: [chunk({ role: 'assistant' })], ending: 'hang' })
    const b = await vendor('b', { events: [chunk({ content: 'he' })], ending: 'hang' })
    const caller = new AbortController()
    const model = fallback([a.model, b.model], { timeouts: { firstOutputMs: 1000 } })
    const result = streamText({ model, prompt: 'hi', abortSignal: caller.signal })
    for await (const part of result.fullStream) if (part.type === 'text-delta') caller.abort()
    await expect.poll(() => [a.seen.gone, b.seen.gone]).toEqual([1, 1])
  })

  it('is not asked again by the AI SDK when all have failed', async () => {
    const a = await vendor('a', { status: 503 })
    const b = await vendor('b', { status: 429 })
    const error = await generateText({ model: fallback([a.model, b.model]), prompt: 'hi' }).catch(
      (cause: unknown) => cause,
    )
    expect(APICallError.isInstance(error) && error.statusCode).toBe(429)
    expect(error).toMatchObject({ message: expect.stringMatching(/a fails.*b fails/) })
    expect([a.seen.requests, b.seen.requests]).toEqual([1, 1])
  })
})
