import { ConverseCommand, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime'
import { secretOf } from 'modelspine/adapter'
import { bedrock } from 'modelspine/adapters/bedrock'
import { describe, expect, it } from 'vitest'
import { awsModel } from '../../official/aws-model.ts'
import { officialClient, type SentRequest } from '../../unit/dialects/bedrock/official-client.ts'
import { exceptionEvent, jsonEvent } from '../shared/aws/event-stream-bytes.ts'
import { type AwsCall, jsonError } from '../shared/aws/small-aws.ts'
import { context, credentials, jsonReply, openScene, readChat, request, streamReply } from './scene.ts'
import { converseReply, metadataEvent, stopEvents, textEvent } from './scripted-bedrock.ts'

const arn = 'arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/a1b2c3d4e5f6'
const bodyOf = ({ body }: AwsCall): Record<string, unknown> => JSON.parse(body.toString())

describe('a call of bedrock', () => {
  it('is signed, has the model in its path, and gives the reply the names that its body lacks', async () => {
    const { provider, calls } = await openScene(() =>
      jsonReply(converseReply(), { 'x-amzn-requestid': 'id-1' }),
    )
    const reply = await provider.chat(request, { ...context, headers: { traceparent: '00-1-2-01' } })
    expect(reply).toMatchObject({
      id: 'id-1',
      model: 'amazon.nova-pro-v1:0',
      usage: { inputTokens: 7, outputTokens: 3 },
    })
    expect(calls[0]).toMatchObject({
      method: 'POST',
      url: '/model/amazon.nova-pro-v1%3A0/converse',
      headers: { traceparent: '00-1-2-01', 'content-type': 'application/json' },
    })
  })

  it.each([request.model, 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0', arn])(
    'has the path that AWS’s own client has for %s',
    async (model) => {
      const { provider, calls } = await openScene()
      await provider.chat({ ...request, model }, context)
      let sent: SentRequest | undefined
      const client = officialClient((each) => {
        sent = each
        return { body: '{}' }
      })
      await client.send(new ConverseCommand({ modelId: model }))
      expect(calls[0]?.url).toBe(sent?.path)
    },
  )

  it('has an API key in place of a signature, asked for at each call', async () => {
    let asked = 0
    const { url, calls } = await openScene()
    const provider = bedrock({
      region: 'eu-west-1',
      endpoint: url,
      apiKey: async () => {
        asked += 1
        return secretOf(`key-${asked}`)
      },
    })
    for (let call = 0; call < 2; call += 1) await provider.chat(request, context).catch(() => {})
    expect(calls.map(({ headers }) => headers.authorization)).toEqual(['Bearer key-1', 'Bearer key-2'])
    await provider.close()
  })

  it('refuses both kinds of credentials together', () => {
    const options = { region: 'eu-west-1', apiKey: secretOf('k'), credentials: 'default' } as const
    expect(() => bedrock(options)).toThrow(expect.objectContaining({ code: 'invalid-options' }))
  })

  it('does not reach a model whose name cannot stand in an address', async () => {
    const { provider, calls } = await openScene()
    await expect(provider.chat({ ...request, model: '..' }, context)).rejects.toMatchObject({
      code: 'not-found',
    })
    expect(calls).toEqual([])
  })

  it('refuses by name what Converse cannot carry, and tells what it approximates', async () => {
    const { provider, calls } = await openScene()
    await expect(provider.chat({ ...request, choices: 2 }, context)).rejects.toMatchObject({
      code: 'unsupported',
      details: { field: 'choices' },
    })
    expect(calls).toEqual([])
    const told: string[] = []
    const translation = {
      approximations: 'allow' as const,
      approximated: (field: string) => told.push(field),
    }
    await provider.chat({ ...request, seed: 1 }, { ...context, translation })
    expect(told).toEqual(['seed'])
  })

  it('lets nobody choose another guardrail by a header of the call', async () => {
    const { provider, calls } = await openScene()
    const headers = { 'X-Amzn-Bedrock-GuardrailIdentifier': 'none', tenant: 'a' }
    await provider.chat(request, { ...context, headers })
    expect(calls[0]?.headers).toMatchObject({ tenant: 'a' })
    expect(calls[0]?.headers).not.toHaveProperty('x-amzn-bedrock-guardrailidentifier')
  })

  it('tells what a guardrail stopped as filtered content', async () => {
    const body = { ...converseReply(), stopReason: 'guardrail_intervened' }
    const { provider } = await openScene(() => jsonReply(body))
    const { choices } = await provider.chat(request, context)
    expect(choices[0]?.finishReason).toBe('content-filter')
  })

  it.each([
    [429, 'ThrottlingException', 'slowly', 'rate-limited'],
    [400, 'ServiceQuotaExceededException', 'no more', 'quota'],
    [403, 'AccessDeniedException', 'not you', 'auth'],
    [403, 'UnrecognizedClientException', 'who?', 'auth'],
    [404, 'ResourceNotFoundException', 'no model', 'not-found'],
    [400, 'ValidationException', 'The provided model identifier is invalid.', 'not-found'],
    [400, 'ValidationException', 'Input is too long for requested model.', 'context-length'],
    [400, 'ValidationException', 'prompt is too long: 250000 tokens > 200000 maximum', 'context-length'],
    [400, 'ValidationException', 'This model doesn’t support tool use in streaming mode.', 'unsupported'],
    [
      400,
      'ValidationException',
      'input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000',
      'context-length',
    ],
    [
      400,
      'ValidationException',
      'The maximum tokens you requested exceeds the model limit of 4096. Try again with a lower value.',
      'bad-request',
    ],
    [
      400,
      'ValidationException',
      'max_tokens: 9000 > 8192, which is the maximum allowed number of output tokens for the model',
      'bad-request',
    ],
    [400, 'ValidationException', "This model doesn't support tool use in streaming mode.", 'unsupported'],
    [400, 'ValidationException', 'Invocation with on-demand throughput isn’t supported.', 'unsupported'],
    [400, 'ValidationException', 'messages.0 is wrong', 'bad-request'],
    [429, 'ModelNotReadyException', 'soon', 'not-ready'],
    [408, 'ModelTimeoutException', 'late', 'timeout'],
    [424, 'ModelErrorException', 'broke', 'unavailable'],
    [500, 'InternalServerException', 'oh', 'unavailable'],
    [503, 'ServiceUnavailableException', 'later', 'overloaded'],
  ])('throws for %i %s "%s"', async (status, name, message, code) => {
    const { provider } = await openScene(() => jsonError(status, name, message))
    await expect(provider.chat(request, context)).rejects.toMatchObject({
      code,
      message: `Bedrock: ${name}: ${message}`,
      details: { status, reason: name },
    })
  })

  it.each([
    [503, 'overloaded'],
    [422, 'bad-request'],
    [404, 'not-found'],
    [501, 'unsupported'],
    [500, 'unavailable'],
  ])('tells what the model’s own server answered: %i', async (originalStatusCode, code) => {
    const body = { message: 'no', originalStatusCode }
    const { provider } = await openScene(() => ({
      status: 424,
      headers: { 'x-amzn-errortype': 'ModelErrorException' },
      body: JSON.stringify(body),
    }))
    await expect(provider.chat(request, context)).rejects.toMatchObject({
      code,
      details: { modelStatus: originalStatusCode },
    })
  })

  it.each([
    [404, 'not-found'],
    [413, 'bad-request'],
    [503, 'overloaded'],
  ])('reads the status %i where nothing names the error', async (status, code) => {
    const { provider } = await openScene(() => ({ status, body: '<html>' }))
    await expect(provider.chat(request, context)).rejects.toMatchObject({ code })
  })
})

describe('a body that the model knows', () => {
  const infer = {
    model: 'meta.llama3-8b-instruct-v1:0',
    kind: 'bytes',
    contentType: 'application/json',
    bytes: Buffer.from('{"prompt":"Hi"}'),
    headers: { accept: 'application/json', 'x-amzn-bedrock-trace': 'ENABLED', other: 'x' },
  } as const

  it('goes as it is, with the headers that Bedrock knows', async () => {
    const { provider, calls } = await openScene(() =>
      jsonReply({ generation: 'Yo' }, { 'x-amzn-bedrock-input-token-count': '3' }),
    )
    const reply = await provider.infer(infer, context)
    expect(reply).toMatchObject({
      kind: 'bytes',
      contentType: 'application/json',
      headers: { 'x-amzn-bedrock-input-token-count': '3' },
    })
    expect(calls[0]).toMatchObject({
      url: '/model/meta.llama3-8b-instruct-v1%3A0/invoke',
      headers: { accept: 'application/json', 'x-amzn-bedrock-trace': 'ENABLED' },
    })
    expect(calls[0]?.headers).not.toHaveProperty('other')
    expect(calls[0]?.body.toString()).toBe('{"prompt":"Hi"}')
  })

  it('is answered in pieces', async () => {
    const piece = (text: string): Buffer =>
      jsonEvent('chunk', { bytes: Buffer.from(text).toString('base64') })
    const whole = Buffer.concat([piece('{"a":1}'), piece('{"b":2}')])
    let bytes = whole
    const { provider, calls } = await openScene(() => streamReply(bytes))
    const read = async (): Promise<string[]> => {
      const got: string[] = []
      const { chunks } = await provider.inferStream(infer, context)
      for await (const chunk of chunks) got.push(Buffer.from(chunk).toString())
      return got
    }
    expect(await read()).toEqual(['{"a":1}', '{"b":2}'])
    expect(calls[0]).toMatchObject({
      url: '/model/meta.llama3-8b-instruct-v1%3A0/invoke-with-response-stream',
      headers: { 'x-amzn-bedrock-accept': 'application/json' },
    })
    bytes = Buffer.concat([piece('{"a":1}'), exceptionEvent('modelTimeoutException', 'late')])
    await expect(read()).rejects.toMatchObject({ code: 'timeout' })
    bytes = Buffer.concat([piece('{"a":1}'), jsonEvent('chunk', {})])
    await expect(read()).rejects.toMatchObject({ code: 'malformed-reply' })
    bytes = whole.subarray(0, -1)
    await expect(read()).rejects.toMatchObject({ code: 'interrupted' })
  })

  it('has no version', async () => {
    const { provider, calls } = await openScene()
    await expect(provider.infer({ ...infer, version: '2' }, context)).rejects.toMatchObject({
      code: 'unsupported',
    })
    expect(calls).toEqual([])
  })
})

describe('a call that somebody else sends', () => {
  const body = '{"messages":[]}'
  const call = { operation: 'chat', model: arn, streamed: true, body } as const

  it('is signed for its body, so that Bedrock takes it', async () => {
    const { provider, calls } = await openScene()
    const { url, headers, method } = await provider.target(call, { ...context, headers: { tenant: 'a' } })
    expect(new URL(url).pathname).toBe(`/model/${encodeURIComponent(arn)}/converse-stream`)
    const answer = await fetch(url, { method, headers, body })
    expect([answer.status, calls[0]?.headers.tenant]).toEqual([200, 'a'])
    const other = await fetch(url, { method, headers, body: '{}' })
    expect(other.status).toBe(400)
  })

  it('needs its body for a signature, and an operation that Bedrock has', async () => {
    const { provider } = await openScene()
    const { body: _body, ...bare } = call
    await expect(provider.target(bare, context)).rejects.toMatchObject({ code: 'unsupported' })
    await expect(provider.target({ ...call, operation: 'acme.rerank' }, context)).rejects.toMatchObject({
      code: 'unsupported',
    })
    const keyed = bedrock({ region: 'eu-west-1', apiKey: secretOf('key-1') })
    await expect(keyed.target({ ...bare, streamed: false }, context)).resolves.toEqual({
      method: 'POST',
      url: `https://bedrock-runtime.eu-west-1.amazonaws.com/model/${encodeURIComponent(arn)}/converse`,
      headers: { 'content-type': 'application/json', authorization: 'Bearer key-1' },
    })
    await keyed.close()
  })
})

const model = awsModel('bedrock-runtime')

describe.skipIf(model === undefined)('against bedrock-runtime.json.gz, the model that AWS publishes', () => {
  it('each request is right', async () => {
    const answer = ({ url }: AwsCall) =>
      url.endsWith('-stream')
        ? streamReply(Buffer.concat([textEvent('a'), stopEvents, metadataEvent]))
        : jsonReply(url.endsWith('/converse') ? converseReply() : { embedding: [1], inputTextTokenCount: 1 })
    const { provider, calls } = await openScene(answer)
    const embed = { model: 'amazon.titan-embed-text-v2:0', input: ['a'], dimensions: 256 }
    const options = {
      'aws.bedrock': {
        guardrailConfig: { guardrailIdentifier: 'abc', guardrailVersion: '1' },
        performanceConfig: { latency: 'optimized' },
        serviceTier: { type: 'flex' },
        requestMetadata: { team: 'a' },
        additionalModelRequestFields: { top_k: 5 },
      },
    }
    await provider.chat({ ...request, options, maxOutputTokens: 5 }, context)
    expect((await readChat(provider.chatStream({ ...request, options }, context))).error).toBeUndefined()
    await provider.embed(embed, context)
    await provider.infer(
      { model: arn, kind: 'bytes', contentType: 'application/json', bytes: Buffer.from('{}') },
      context,
    )
    const body = { kind: 'bytes', contentType: 'application/json', bytes: Buffer.from('{}') } as const
    const headers = { accept: 'application/json', 'x-amzn-bedrock-guardrailidentifier': 'abc' }
    await provider.inferStream({ model: arn, ...body, headers }, context)
    const operations = [
      'Converse',
      'ConverseStream',
      'InvokeModel',
      'InvokeModel',
      'InvokeModelWithResponseStream',
    ]
    for (const [place, operation] of operations.entries()) {
      const call = calls[place] as AwsCall
      const carried = model?.carried(operation, 'request', {
        path: call.url,
        headers: call.headers,
        body: call.body,
      })
      const body = operation.startsWith('Converse') ? bodyOf(call) : {}
      expect([operation, model?.request(operation, { ...carried, ...body })]).toEqual([operation, []])
      expect(model?.http(operation).method).toBe(call.method)
    }
    expect(credentials.accessKeyId).toBe('AKIABEDROCK')
  })

  it('a body that the model knows may have each header that AWS describes', async () => {
    const { provider, calls } = await openScene(({ url }) =>
      url.endsWith('-stream') ? streamReply(jsonEvent('chunk', { bytes: 'AA==' })) : jsonReply({}),
    )
    const own = {
      accept: 'application/json',
      'x-amzn-bedrock-trace': 'ENABLED',
      'x-amzn-bedrock-guardrailidentifier': 'abc',
      'x-amzn-bedrock-guardrailversion': '1',
      'x-amzn-bedrock-performanceconfig-latency': 'optimized',
      'x-amzn-bedrock-service-tier': 'flex',
      'x-amzn-bedrock-request-metadata': '{"team":"a"}',
      'x-amzn-bedrock-projectidentifier': 'default',
    }
    const headers = { ...own, 'x-amzn-bedrock-other': 'x' }
    const body = { kind: 'bytes', contentType: 'application/json', bytes: Buffer.from('{}') } as const
    await provider.infer({ model: arn, ...body, headers }, context)
    await provider.inferStream({ model: arn, ...body, headers }, context)
    for (const [place, operation] of ['InvokeModel', 'InvokeModelWithResponseStream'].entries()) {
      const { url: path, headers, body } = calls[place] as AwsCall
      const carried = model?.carried(operation, 'request', { path, headers, body }) ?? {}
      expect([operation, model?.request(operation, carried)]).toEqual([operation, []])
      // The path, the body and its type are members, too.
      expect(Object.keys(carried)).toHaveLength(Object.keys(own).length + 3)
    }
  })

  it('a body that the model knows has the headers that the client of AWS sends', async () => {
    let sent: SentRequest | undefined
    const client = officialClient((each) => {
      sent = each
      return { body: '{}' }
    })
    const input = {
      modelId: arn,
      body: '{}',
      contentType: 'application/json',
      accept: '*/*',
      trace: 'ENABLED',
    } as const
    await client.send(new InvokeModelCommand(input))
    const { provider, calls } = await openScene()
    const headers = { accept: '*/*', 'x-amzn-bedrock-trace': 'ENABLED' }
    await provider.infer(
      { model: arn, kind: 'bytes', contentType: 'application/json', bytes: Buffer.from('{}'), headers },
      context,
    )
    for (const name of ['accept', 'content-type', 'x-amzn-bedrock-trace']) {
      expect([name, calls[0]?.headers[name]]).toEqual([name, sent?.headers[name]])
    }
    expect(calls[0]?.url).toBe(sent?.path)
  })
})
