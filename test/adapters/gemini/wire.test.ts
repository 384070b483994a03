import type { ChatRequest, EmbedRequest } from 'modelspine/adapter'
import { describe, expect, it } from 'vitest'
import { googleModel } from '../../official/google-model.ts'
import { chat, context, googleService, overGemini, overVertex, type Reply } from './google-service.ts'
import { event, wholeAnswer } from './scripted-gemini.ts'

describe('a chat', () => {
  it('goes to the method of its model, with the key or the token', async () => {
    const { url, seen } = await googleService(({ path }) =>
      path.includes('stream')
        ? { text: event(wholeAnswer), type: 'text/event-stream' }
        : { json: wholeAnswer },
    )
    const [api, vertex] = [overGemini(url), overVertex(url)]
    await api.chat(chat, context)
    await api.chat({ ...chat, model: 'tunedModels/mine' }, context)
    await vertex.chat(chat, context)
    await vertex.chat({ ...chat, model: 'endpoints/12' }, context)
    await vertex.chat({ ...chat, model: 'projects/o/locations/us/publishers/google/models/m' }, context)
    for await (const _ of api.chatStream(chat, context));
    for await (const _ of vertex.chatStream(chat, context));
    expect(seen.map(({ path }) => path)).toEqual([
      '/v1beta/models/gemini-2.5-flash:generateContent',
      '/v1beta/tunedModels/mine:generateContent',
      '/v1/projects/p/locations/global/publishers/google/models/gemini-2.5-flash:generateContent',
      '/v1/projects/p/locations/global/endpoints/12:generateContent',
      '/v1/projects/o/locations/us/publishers/google/models/m:generateContent',
      '/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse',
      '/v1/projects/p/locations/global/publishers/google/models/gemini-2.5-flash:streamGenerateContent?alt=sse',
    ])
    expect(seen[0]?.headers).toMatchObject({
      'x-goog-api-key': 'the-key',
      'content-type': 'application/json',
    })
    expect(seen[2]?.headers).toMatchObject({ authorization: 'Bearer the-token' })
    expect(seen[0]?.body).toEqual({ contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] })
  })

  it('names a model that is none, and lets no caller bring other credentials', async () => {
    const { url, seen } = await googleService(() => ({ json: wholeAnswer }))
    for (const provider of [overGemini(url), overVertex(url)]) {
      const headers = {
        'x-goog-api-key': 'theirs',
        authorization: 'theirs',
        'x-goog-user-project': 'theirs',
        traceparent: 't',
      }
      await provider.chat(chat, { ...context, headers })
      await expect(provider.chat({ ...chat, model: 'a/b/c' }, context)).rejects.toMatchObject({
        code: 'not-found',
      })
    }
    expect(seen).toHaveLength(2)
    for (const { headers } of seen) {
      expect(JSON.stringify(headers)).not.toContain('theirs')
      expect(headers.traceparent).toBe('t')
    }
  })

  it('is refused by name before anything is sent, or approximated as the route allows', async () => {
    const { url, seen } = await googleService(() => ({ json: wholeAnswer }))
    const provider = overGemini(url)
    const told: string[] = []
    const translation = {
      approximations: 'allow' as const,
      approximated: (field: string) => void told.push(field),
    }
    await provider.chat({ ...chat, endUser: 'ann' }, { ...context, translation })
    expect(told).toEqual(['endUser'])
    const strict = { ...context, translation: { ...translation, approximations: 'refuse' as const } }
    await expect(provider.chat({ ...chat, endUser: 'ann' }, strict)).rejects.toMatchObject({
      code: 'unsupported',
    })
    const gs: ChatRequest = {
      ...chat,
      messages: [{ role: 'user', content: [{ type: 'file', url: 'gs://b/a.pdf' }] }],
    }
    await expect(provider.chat(gs, context)).rejects.toMatchObject({
      details: { field: 'messages[0].content[0]' },
    })
    expect(seen).toHaveLength(1)
    await overVertex(url).chat(gs, context)
    expect(seen).toHaveLength(2)
  })

  it('tells a gateway where to send it, with credentials', async () => {
    const call = { operation: 'chat' as const, model: 'm', streamed: true }
    expect(await overGemini('http://127.0.0.1:9').target(call, context)).toEqual({
      method: 'POST',
      url: 'http://127.0.0.1:9/v1beta/models/m:streamGenerateContent?alt=sse',
      headers: { 'content-type': 'application/json', 'x-goog-api-key': 'the-key' },
    })
    expect(
      await overVertex('http://127.0.0.1:9').target({ ...call, streamed: false }, context),
    ).toMatchObject({
      url: 'http://127.0.0.1:9/v1/projects/p/locations/global/publishers/google/models/m:generateContent',
      headers: { authorization: 'Bearer the-token' },
    })
    await expect(
      overGemini('http://127.0.0.1:9').target({ ...call, operation: 'embed' }, context),
    ).rejects.toMatchObject({ code: 'unsupported' })
  })
})

describe('an error', () => {
  const info = (reason: string): object => ({ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason })
  const quota = (quotaId: string, quotaValue = '15'): object => ({
    '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
    violations: [{ quotaId, quotaValue }],
  })
  const retry = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '26.5s' }

  it.each([
    [400, 'INVALID_ARGUMENT', 'Invalid value', [], 'bad-request'],
    [
      400,
      'INVALID_ARGUMENT',
      'API key not valid. Please pass a valid API key.',
      [info('API_KEY_INVALID')],
      'auth',
    ],
    [400, 'INVALID_ARGUMENT', 'API key expired. Please renew the API key.', [], 'auth'],
    [
      400,
      'INVALID_ARGUMENT',
      'The input token count (9) exceeds the maximum number of tokens allowed (8).',
      [],
      'context-length',
    ],
    [400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.', [], 'auth'],
    [400, 'FAILED_PRECONDITION', 'Precondition check failed.', [], 'bad-request'],
    [401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.', [], 'auth'],
    [403, 'PERMISSION_DENIED', 'Permission denied', [], 'auth'],
    [404, 'NOT_FOUND', 'models/x is not found', [], 'not-found'],
    [429, 'RESOURCE_EXHAUSTED', 'Resource exhausted. Please try again later.', [], 'rate-limited'],
    [
      429,
      'RESOURCE_EXHAUSTED',
      'You exceeded your current quota',
      [quota('GenerateContentInputTokensPerModelPerMinute-FreeTier'), retry],
      'rate-limited',
    ],
    [
      429,
      'RESOURCE_EXHAUSTED',
      'You exceeded your current quota',
      [quota('GenerateRequestsPerDayPerProjectPerModel-FreeTier'), retry],
      'quota',
    ],
    [
      429,
      'RESOURCE_EXHAUSTED',
      'You exceeded your current quota',
      [quota('GenerateContentInputTokensPerModelPerMinute', '0')],
      'quota',
    ],
    [500, 'INTERNAL', 'An internal error has occurred', [], 'unavailable'],
    [503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.', [], 'overloaded'],
    [504, 'DEADLINE_EXCEEDED', 'Deadline expired', [], 'timeout'],
    [501, 'UNIMPLEMENTED', 'not there', [], 'unsupported'],
  ])('%i %s "%s" with %j is %s', async (code, status, message, details, expected) => {
    const { url } = await googleService(() => ({
      status: code,
      json: { error: { code, status, message, details } },
    }))
    for (const provider of [overGemini(url), overVertex(url)]) {
      const thrown = await provider.chat(chat, context).catch((error: unknown) => error)
      expect(thrown).toMatchObject({ code: expected, details: { status: code, reason: status } })
      const wait = details.includes(retry) ? 26_500 : undefined
      expect((thrown as { readonly retryAfterMs?: number }).retryAfterMs).toBe(wait)
    }
  })

  it('of somebody between has the meaning of its status', async () => {
    const { url } = await googleService(() => ({ status: 413, text: '<html>', type: 'text/html' }))
    await expect(overGemini(url).chat(chat, context)).rejects.toMatchObject({ code: 'context-length' })
  })

  it('in a stream that began with 200 is told without the key', async () => {
    const error = { code: 503, status: 'UNAVAILABLE', message: 'overloaded, the-key' }
    const replies = [
      { text: event(wholeAnswer) + event({ error }), type: 'text/event-stream' },
      { json: [{ error }] },
      { json: wholeAnswer },
    ]
    const { url } = await googleService((_, number) => replies[number - 1] ?? {})
    const provider = overGemini(url)
    const reading = async (): Promise<unknown> => {
      try {
        for await (const _ of provider.chatStream(chat, context));
      } catch (thrown) {
        return thrown
      }
      return undefined
    }
    for (const code of ['overloaded', 'overloaded', 'malformed-reply']) {
      const thrown = await reading()
      expect(thrown).toMatchObject({ code })
      expect(String(thrown)).not.toContain('the-key')
    }
  })
})

/** Checked against generativelanguage.v1beta.json and aiplatform.v1.json. */
describe('embeddings', () => {
  const texts = (count: number): readonly string[] =>
    Array.from({ length: count }, (_, place) => `text ${place}`)
  const api = googleModel('generativelanguage.v1beta')
  const vertexApi = googleModel('aiplatform.v1')
  const numbered = (text: unknown): readonly number[] => [Number(String(text).slice(5)), 0.5]
  const embedded = (request: EmbedRequest): readonly (readonly number[])[] => request.input.map(numbered)

  const reply: Reply = ({ path, body }) => {
    const contentOf = (each: unknown): unknown =>
      (each as { readonly content: { readonly parts: readonly { readonly text: string }[] } }).content
        .parts[0]?.text
    if (path.endsWith(':batchEmbedContents')) {
      const requests = body.requests as readonly unknown[]
      return { json: { embeddings: requests.map((each) => ({ values: numbered(contentOf(each)) })) } }
    }
    if (path.endsWith(':embedContent')) {
      return {
        json: { embedding: { values: numbered(contentOf(body)) }, usageMetadata: { promptTokenCount: 2 } },
      }
    }
    const instances = body.instances as readonly { readonly content: string }[]
    const predictions = instances.map(({ content }) => ({
      embeddings: { values: numbered(content), statistics: { token_count: 3, truncated: false } },
    }))
    return { json: { predictions } }
  }

  it('refuse what only the format of the caller says, and tell what is a hint', async () => {
    const { url, seen } = await googleService(reply)
    const request: EmbedRequest = { model: 'gemini-embedding-001', input: texts(1) }
    await expect(
      overGemini(url).embed({ ...request, unread: [{ field: 'input_type' }] }, context),
    ).rejects.toMatchObject({ code: 'unsupported', details: { field: 'input_type' } })
    expect(seen).toEqual([])
    const told: string[] = []
    const translation = {
      approximations: 'allow' as const,
      approximated: (field: string) => told.push(field),
    }
    await overGemini(url).embed(
      { ...request, unread: [{ field: 'user', hint: true }] },
      { ...context, translation },
    )
    expect(told).toEqual(['user'])
  })

  it('of the Gemini API go in batches of a hundred, one after the other', async () => {
    const { url, seen, most } = await googleService(reply)
    const request: EmbedRequest = {
      model: 'gemini-embedding-001',
      input: texts(205),
      dimensions: 768,
      options: { 'gcp.gemini': { taskType: 'RETRIEVAL_QUERY' } },
    }
    const { embeddings, usage, model } = await overGemini(url).embed(request, context)
    expect([embeddings, usage, model]).toEqual([embedded(request), {}, 'gemini-embedding-001'])
    expect([seen.map(({ body }) => (body.requests as readonly unknown[]).length), most()]).toEqual([
      [100, 100, 5],
      1,
    ])
    const [first] = (seen[0]?.body.requests ?? []) as readonly unknown[]
    expect(first).toEqual({
      model: 'models/gemini-embedding-001',
      content: { parts: [{ text: 'text 0' }] },
      outputDimensionality: 768,
      taskType: 'RETRIEVAL_QUERY',
    })
    for (const { path, body } of seen) {
      const problems = api?.request('generativelanguage.models.batchEmbedContents', {
        method: 'POST',
        path,
        body,
      })
      expect(problems ?? []).toEqual([])
    }
  })

  it.each([
    ['text-embedding-005', 'predict', [250, 10], 3 * 260],
    ['gemini-embedding-001', 'predict', Array(260).fill(1), 3 * 260],
    ['gemini-embedding-2', 'embedContent', Array(260).fill(1), 2 * 260],
  ] as const)('of %s in Vertex AI go to %s', async (model, method, sizes, tokens) => {
    const { url, seen, most } = await googleService(reply)
    const request: EmbedRequest = { model, input: texts(260), dimensions: 256 }
    const { embeddings, usage } = await overVertex(url).embed(request, context)
    expect(embeddings).toEqual(embedded(request))
    expect(usage).toEqual({ inputTokens: tokens })
    expect(
      seen
        .map(({ body }) => (body.instances as readonly unknown[] | undefined)?.length ?? 1)
        .toSorted((a, b) => b - a),
    ).toEqual(sizes)
    expect(most()).toBeLessThanOrEqual(5)
    for (const { path, body } of seen.slice(0, 3)) {
      const id = `aiplatform.projects.locations.publishers.models.${method}`
      expect(vertexApi?.request(id, { method: 'POST', path, body }) ?? []).toEqual([])
      // Vertex would cut a text that is too long.
      expect(JSON.stringify(body)).toContain('"autoTruncate":false')
      expect(JSON.stringify(body)).toContain('"outputDimensionality":256')
    }
  })

  it('of Vertex AI take options, each where Vertex has it', async () => {
    const { url, seen } = await googleService(reply)
    const options = { 'gcp.vertex_ai': { task_type: 'CLASSIFICATION', title: 'T', autoTruncate: true } }
    await overVertex(url).embed({ model: 'text-embedding-005', input: ['text 1'], options }, context)
    expect(seen[0]?.body).toEqual({
      instances: [{ content: 'text 1', task_type: 'CLASSIFICATION', title: 'T' }],
      parameters: { autoTruncate: true },
    })
  })

  it('take no token ids', async () => {
    const { url, seen } = await googleService(reply)
    const request: EmbedRequest = { model: 'm', input: ['text 1', [1, 2]] }
    for (const provider of [overGemini(url), overVertex(url)]) {
      await expect(provider.embed(request, context)).rejects.toMatchObject({
        code: 'unsupported',
        details: { field: 'input[1]' },
      })
    }
    expect(seen).toEqual([])
  })

  it('stop asking after a failure', async () => {
    const { url, seen } = await googleService(() => ({ status: 500, json: {} }))
    await expect(
      overVertex(url).embed({ model: 'gemini-embedding-2', input: texts(50) }, context),
    ).rejects.toMatchObject({ code: 'unavailable' })
    expect(seen.length).toBeLessThanOrEqual(10)
  })

  it.each([
    { embeddings: [] },
    { embeddings: [{}], predictions: [{}] },
    { embeddings: [{ values: ['x'] }], predictions: [{ embeddings: { values: [] } }] },
    { error: { code: 500, status: 'INTERNAL' } },
  ])('are not taken from %j', async (json) => {
    const { url } = await googleService(() => ({ json }))
    const code = 'error' in json ? 'unavailable' : 'malformed-reply'
    for (const provider of [overGemini(url), overVertex(url)]) {
      await expect(provider.embed({ model: 'm', input: ['a'] }, context)).rejects.toMatchObject({ code })
    }
  })
})

describe('the connection of Vertex AI', () => {
  it('goes to the address of its location', () => {
    const address = (location: string): string | undefined => overVertex(undefined, { location }).address
    expect(['global', 'europe-west4', 'us', 'eu'].map(address)).toEqual([
      'https://aiplatform.googleapis.com',
      'https://europe-west4-aiplatform.googleapis.com',
      'https://aiplatform.us.rep.googleapis.com',
      'https://aiplatform.eu.rep.googleapis.com',
    ])
  })
})
