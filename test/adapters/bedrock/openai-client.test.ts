import { createGateway } from 'modelspine/gateway'
import { defineRoute } from 'modelspine/resources'
import { createRouter, staticRoutes } from 'modelspine/routing'
import OpenAI from 'openai'
import { describe, expect, it, onTestFinished } from 'vitest'
import { awsModel } from '../../official/aws-model.ts'
import { jsonEvent } from '../shared/aws/event-stream-bytes.ts'
import { type AwsCall, type AwsReply, jsonError } from '../shared/aws/small-aws.ts'
import { jsonReply, openScene, streamReply } from './scene.ts'
import { converseReply, metadataEvent } from './scripted-bedrock.ts'

const model = awsModel('bedrock-runtime')
const png = 'data:image/png;base64,iVBORw0KGgo='
const tools = [
  {
    type: 'function' as const,
    function: { name: 'look', parameters: { type: 'object', properties: { at: { type: 'integer' } } } },
  },
]

/** OpenAI's own client before a gateway, whose only upstream is Bedrock. */
async function openClient(answer: (call: AwsCall) => AwsReply) {
  const { provider, calls } = await openScene(answer)
  const route = defineRoute({
    metadata: { name: 'assistant' },
    spec: {
      operations: ['chat', 'embed'],
      backends: [{ provider: 'bedrock', model: 'amazon.titan-embed-text-v2:0' }],
    },
  })
  const table = staticRoutes({ routes: [route], providers: { bedrock: provider } })
  const gateway = createGateway({ router: createRouter({ table }) })
  const { url, close } = await gateway.listen({ port: 0 })
  onTestFinished(() => close({ drainMs: 0 }))
  return { client: new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 }), calls }
}

const sentTo = ({ url, headers, body }: AwsCall, operation: string): readonly string[] => {
  const carried = model?.carried(operation, 'request', { path: url, headers, body })
  return model?.request(operation, { ...carried, ...JSON.parse(body.toString()) }) ?? []
}

describe('OpenAI’s client before Bedrock', () => {
  it('sends images, tools and a schema, and reads the answer', async () => {
    const { client, calls } = await openClient(() =>
      jsonReply(converseReply(), { 'x-amzn-requestid': 'id-1' }),
    )
    const completion = await client.chat.completions.create({
      model: 'assistant',
      messages: [
        { role: 'developer', content: 'Be brief' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What?' },
            { type: 'image_url', image_url: { url: png } },
          ],
        },
        {
          role: 'assistant',
          tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"at":1}' } }],
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'a cat' },
      ],
      tools,
      tool_choice: 'required',
      max_completion_tokens: 100,
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'cat', strict: true, schema: { type: 'object' } },
      },
    })
    expect(completion).toMatchObject({
      id: 'id-1',
      model: 'amazon.titan-embed-text-v2:0',
      choices: [{ finish_reason: 'stop', message: { content: 'Hello from upstream' } }],
      usage: { prompt_tokens: 7, completion_tokens: 3 },
    })
    const [call] = calls as [AwsCall]
    expect(sentTo(call, 'Converse')).toEqual([])
    expect(JSON.parse(call.body.toString())).toMatchObject({
      system: [{ text: 'Be brief' }],
      messages: [
        {
          role: 'user',
          content: [{ text: 'What?' }, { image: { format: 'png', source: { bytes: 'iVBORw0KGgo=' } } }],
        },
        {
          role: 'assistant',
          content: [{ toolUse: { toolUseId: 'call_1', name: 'look', input: { at: 1 } } }],
        },
        { role: 'user', content: [{ toolResult: { toolUseId: 'call_1', content: [{ text: 'a cat' }] } }] },
      ],
      inferenceConfig: { maxTokens: 100 },
      toolConfig: { toolChoice: { any: {} } },
    })
  })

  it('puts calls of tools together of their fragments, also one without arguments', async () => {
    const start = (contentBlockIndex: number, toolUseId: string, name: string): Buffer =>
      jsonEvent('contentBlockStart', { contentBlockIndex, start: { toolUse: { toolUseId, name } } })
    const input = (text: string): Buffer =>
      jsonEvent('contentBlockDelta', { contentBlockIndex: 1, delta: { toolUse: { input: text } } })
    const bytes = Buffer.concat([
      jsonEvent('messageStart', { role: 'assistant' }),
      jsonEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Hm' } }),
      jsonEvent('contentBlockStop', { contentBlockIndex: 0 }),
      start(1, 'a', 'look'),
      input('{"a'),
      input('t":1}'),
      jsonEvent('contentBlockStop', { contentBlockIndex: 1 }),
      start(2, 'b', 'now'),
      jsonEvent('contentBlockStop', { contentBlockIndex: 2 }),
      jsonEvent('messageStop', { stopReason: 'tool_use' }),
      metadataEvent,
    ])
    const { client, calls } = await openClient(() => streamReply(bytes))
    const stream = client.chat.completions.stream({
      model: 'assistant',
      messages: [{ role: 'user', content: 'Hi' }],
      tools,
      stream_options: { include_usage: true },
    })
    const { choices, usage } = await stream.finalChatCompletion()
    expect(choices[0]?.finish_reason).toBe('tool_calls')
    expect(choices[0]?.message.content).toBe('Hm')
    expect(
      choices[0]?.message.tool_calls?.map((call) => [call.id, 'function' in call && call.function]),
    ).toEqual([
      ['a', expect.objectContaining({ name: 'look', arguments: '{"at":1}' })],
      ['b', expect.objectContaining({ name: 'now', arguments: '{}' })],
    ])
    expect(usage).toMatchObject({ prompt_tokens: 7, completion_tokens: 3 })
    expect(sentTo(calls[0] as AwsCall, 'ConverseStream')).toEqual([])
  })

  it('embeds texts', async () => {
    const { client } = await openClient(({ body }) => {
      const { inputText } = JSON.parse(body.toString()) as { readonly inputText: string }
      return jsonReply({ embedding: [inputText.length, 0.5], inputTextTokenCount: 2 })
    })
    const { data, usage } = await client.embeddings.create({ model: 'assistant', input: ['a', 'bcd'] })
    expect(data.map(({ embedding }) => embedding)).toEqual([
      [1, 0.5],
      [3, 0.5],
    ])
    expect(usage.prompt_tokens).toBe(4)
  })

  it.each([
    ['ThrottlingException', 429, 'slowly', OpenAI.RateLimitError, 'rate_limit_exceeded'],
    [
      'ValidationException',
      400,
      'Input is too long for requested model.',
      OpenAI.BadRequestError,
      'context_length_exceeded',
    ],
    ['ResourceNotFoundException', 404, 'no model', OpenAI.NotFoundError, 'model_not_found'],
  ])('throws the right error for %s', async (name, status, message, kind, code) => {
    const { client } = await openClient(() => jsonError(status, name, message))
    const asked = client.chat.completions.create({
      model: 'assistant',
      messages: [{ role: 'user', content: 'Hi' }],
    })
    const error: unknown = await asked.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(kind)
    expect(error).toMatchObject({ code })
  })

  it('is told by name what Bedrock cannot carry', async () => {
    const { client, calls } = await openClient(() => jsonReply(converseReply()))
    const asked = client.chat.completions.create({
      model: 'assistant',
      n: 2,
      messages: [{ role: 'user', content: 'Hi' }],
    })
    await expect(asked).rejects.toMatchObject({ param: 'choices' })
    expect(calls).toEqual([])
  })
})
