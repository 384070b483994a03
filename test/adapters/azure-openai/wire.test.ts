import {
  type CallContext,
  type ChatRequest,
  nativeText,
  openaiChat,
  openaiResponses,
} from 'modelspine/adapter'
import { type AzureOpenaiOptions, azureOpenai } from 'modelspine/adapters/azure-openai'
import { AzureOpenAI } from 'openai'
import { afterEach, describe, expect, it } from 'vitest'
import { serveLoopback } from '../../loopback.ts'
import { responseReply } from '../openai/scripted-responses.ts'
import { chatReply, chunk, embeddingReply } from '../openai-compatible/scripted-openai.ts'

const clear: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of clear.splice(0)) await end()
})

interface Seen {
  readonly path: string
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: Readonly<Record<string, unknown>>
}
type Answer = { readonly status: number; readonly text: string; readonly headers?: Record<string, string> }

function answerFor(path: string): object {
  if (path.includes('/responses')) return responseReply('gpt-real')
  return path.includes('/embeddings') ? embeddingReply('gpt-real') : chatReply('gpt-real')
}

async function serve(options: Partial<AzureOpenaiOptions> = {}, answer?: Answer) {
  const seen: Seen[] = []
  const loopback = await serveLoopback((request, bytes, response) => {
    const path = request.url ?? ''
    seen.push({ path, headers: request.headers, body: JSON.parse(bytes.toString()) })
    const { status, text, headers } = answer ?? { status: 200, text: JSON.stringify(answerFor(path)) }
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text)
  })
  const key = options.token === undefined ? { apiKey: { reveal: () => 'key-1' } } : {}
  const provider = azureOpenai({ endpoint: `${loopback.url}/`, ...key, ...options })
  clear.push(loopback.close, () => provider.close())
  return { provider, seen, url: loopback.url }
}

const context: CallContext = { requestId: 'r1', abortSignal: new AbortController().signal }
const request: ChatRequest = {
  model: 'large',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
}
const chatText = '{"model":"x","messages":[{"role":"user","content":"Hi"}],"data_sources":[]}'
const ofChat = { ...openaiChat.parse(chatText).request, model: 'large' }
const deployments = { large: 'eu deployment' }

describe('a call of azureOpenai', () => {
  it('asks the v1 API with the name of the deployment', async () => {
    const { provider, seen } = await serve({ deployments })
    const reply = await provider.chat(request, context)
    await provider.chat(ofChat, context)
    await provider.chat({ ...request, model: 'small' }, context)
    await provider.embed({ model: 'large', input: ['a', 'b'] }, context)
    expect(reply.model).toBe('gpt-real')
    expect(seen.map(({ path, body }) => [path, body.model])).toEqual([
      ['/openai/v1/responses', 'eu deployment'],
      ['/openai/v1/chat/completions', 'eu deployment'],
      ['/openai/v1/responses', 'small'],
      ['/openai/v1/embeddings', 'eu deployment'],
    ])
    expect(seen[1]?.body).toEqual({ ...JSON.parse(chatText), model: 'eu deployment' })
    const preview = await serve({ apiVersion: 'preview' })
    await preview.provider.chat(request, context)
    expect(preview.seen[0]?.path).toBe('/openai/v1/responses?api-version=preview')
  })

  it("asks a dated API at the addresses that OpenAI's client for Azure asks", async () => {
    const apiVersion = '2024-10-21'
    const { provider, seen, url } = await serve({ apiVersion, deployments })
    await provider.chat(request, context)
    await provider.embed({ model: 'large', input: ['a', 'b'] }, context)
    const client = new AzureOpenAI({ endpoint: url, apiKey: 'key-1', apiVersion, maxRetries: 0 })
    await client.chat.completions.create({ model: 'eu deployment', messages: [] })
    await client.embeddings.create({ model: 'eu deployment', input: 'a' })
    const ours = seen.map(({ path, headers }) => [path, headers['api-key']])
    expect(ours.slice(0, 2)).toEqual(ours.slice(2))
    expect(provider.capabilities.dialects).not.toContain('openai-responses')
    const responses = await serve({ apiVersion: '2025-04-01-preview', api: 'responses' })
    await responses.provider.chat(request, context)
    const other = new AzureOpenAI({ endpoint: responses.url, apiKey: 'k', apiVersion: '2025-04-01-preview' })
    await other.responses.create({ model: 'large', input: 'Hi' })
    expect(responses.seen[0]?.path).toBe(responses.seen[1]?.path)
  })

  it('proves itself by a key, or by a token that is asked for at each call', async () => {
    let asked = 0
    const { provider, seen } = await serve({
      token: async () => {
        asked += 1
        return { reveal: () => `token-${asked}` }
      },
    })
    await provider.chat(request, context)
    await provider.chat(request, context)
    expect(seen.map(({ headers }) => [headers.authorization, headers['api-key']])).toEqual([
      ['Bearer token-1', undefined],
      ['Bearer token-2', undefined],
    ])
    const keyed = await serve()
    await keyed.provider.chat(request, context)
    expect(keyed.seen[0]?.headers).toMatchObject({ 'api-key': 'key-1' })
    expect(keyed.seen[0]?.headers).not.toHaveProperty('authorization')
    const target = await keyed.provider.target({ operation: 'chat', model: 'm', streamed: false }, context)
    expect(target).toMatchObject({
      url: `${keyed.url}/openai/v1/chat/completions`,
      headers: { 'api-key': 'key-1' },
    })
  })

  it('refuses options that cannot be', () => {
    const key = { reveal: () => 'k' }
    const endpoint = 'https://r.openai.azure.com'
    const wrong = { code: 'invalid-options', details: { field: 'apiKey' } }
    expect(() => azureOpenai({ endpoint })).toThrow(expect.objectContaining(wrong))
    expect(() => azureOpenai({ endpoint, apiKey: key, token: key })).toThrow(expect.objectContaining(wrong))
    expect(() => azureOpenai({ endpoint: 'r.openai', apiKey: key })).toThrow(
      expect.objectContaining({ code: 'invalid-options', details: { field: 'endpoint' } }),
    )
  })

  it.each([
    [404, { code: 'DeploymentNotFound', message: 'm' }, 'not-found', undefined],
    [400, { code: 'OperationNotSupported', message: 'm' }, 'unsupported', undefined],
    [429, { code: '429', message: 'Rate limit is exceeded' }, 'rate-limited', undefined],
    [404, { code: 'ResourceNotFound', message: 'm' }, 'not-found', undefined],
    [503, { code: 'NoCapacity', message: 'm' }, 'overloaded', undefined],
    [429, { code: 'ServerBusy', message: 'm' }, 'overloaded', undefined],
    [429, { code: 'EngineOverloaded', message: 'm' }, 'overloaded', undefined],
    [403, { code: 'QuotaExceeded', message: 'm' }, 'quota', undefined],
    [
      400,
      {
        code: '400',
        message: 'm',
        inner_error: { content_filter_results: { violence: { filtered: true } } },
      },
      'content-filter',
      ['violence'],
    ],
    [401, { code: '401', message: 'Access denied' }, 'auth', undefined],
    [
      400,
      {
        code: 'content_filter',
        message: 'm',
        param: 'prompt',
        status: 400,
        innererror: {
          code: 'ResponsibleAIPolicyViolation',
          content_filter_result: {
            hate: { filtered: false, severity: 'safe' },
            jailbreak: { filtered: true, detected: true },
          },
        },
      },
      'content-filter',
      ['jailbreak'],
    ],
    [
      400,
      { code: null, message: 'm', innererror: { code: 'ResponsibleAIPolicyViolation' } },
      'content-filter',
      undefined,
    ],
  ])('reads the status %i with %j', async (status, error, code, filtered) => {
    const headers = { 'apim-request-id': 'apim-1', 'retry-after-ms': '250' }
    const { provider } = await serve({}, { status, text: JSON.stringify({ error }), headers })
    const failed = provider.chat(request, context)
    await expect(failed).rejects.toMatchObject({ code, retryAfterMs: 250, details: { requestId: 'apim-1' } })
    await expect(failed.catch((thrown) => thrown.details.filtered)).resolves.toEqual(filtered)
  })

  it('passes the results of content filters on, also the chunk of a stream that holds nothing else', async () => {
    const results = [{ prompt_index: 0, content_filter_results: { hate: { filtered: false } } }]
    const first = `data: ${JSON.stringify({ id: '', choices: [], prompt_filter_results: results })}\n\n`
    const text = `${first}${chunk({ content: 'Hi' }, {}, 'content_filter')}data: [DONE]\n\n`
    const { provider } = await serve(
      {},
      { status: 200, text, headers: { 'content-type': 'text/event-stream' } },
    )
    const events = []
    for await (const batch of provider.chatStream(ofChat, context)) events.push(...batch)
    expect(nativeText(events[0] ?? {}, 'openai-chat')).toContain('prompt_filter_results')
    expect(events.flatMap(({ parts }) => parts)).toMatchObject([
      { type: 'text-delta', text: 'Hi' },
      { type: 'finish', finishReason: 'content-filter' },
    ])
  })

  it('sends responses as they came', async () => {
    const { provider, seen } = await serve({ deployments })
    const text = '{"model":"x","input":"Hi","previous_response_id":"resp_1"}'
    await provider.chat({ ...openaiResponses.parse(text).request, model: 'large' }, context)
    expect(seen[0]).toMatchObject({
      path: '/openai/v1/responses',
      body: { model: 'eu deployment', input: 'Hi', previous_response_id: 'resp_1' },
    })
  })
})
