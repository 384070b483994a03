import { eventBytes } from '../../adapters/shared/aws/event-stream-bytes.ts'
import { type AwsCall, type AwsReply, jsonError } from '../../adapters/shared/aws/small-aws.ts'
import { type AwsModel, awsModel } from '../../official/aws-model.ts'
import type { Json, SimulatedPart } from './sagemaker-simulator.ts'

export type RuntimeOperation = 'InvokeEndpoint' | 'InvokeEndpointAsync' | 'InvokeEndpointWithResponseStream'

/** A request to the runtime. */
export interface Invocation {
  readonly operation: RuntimeOperation
  /** Its members, as AWS's model names them. The body is in base64. */
  readonly members: Json
  readonly headers: AwsCall['headers']
  readonly body: Buffer
}

/** What a model's container answers. */
export interface ContainerReply {
  readonly contentType?: string
  readonly body: Uint8Array | string
  readonly headers?: Readonly<Record<string, string>>
}

export interface SimulatedRuntime extends SimulatedPart {
  readonly answer: (call: AwsCall) => AwsReply | undefined
  readonly invocations: readonly Invocation[]
  /** What was not as AWS describes it, of requests and of answers. */
  readonly problems: readonly string[]
  /** Answers an invocation in another way. Undefined for its own way. */
  intercept: ((invocation: Invocation) => AwsReply | undefined) | undefined
  /** Answers with the bytes that it was asked with, unless it is told otherwise. */
  container: (invocation: Invocation) => ContainerReply
}

const paths: Readonly<Record<string, RuntimeOperation>> = {
  invocations: 'InvokeEndpoint',
  'async-invocations': 'InvokeEndpointAsync',
  'invocations-response-stream': 'InvokeEndpointWithResponseStream',
}

let known: { readonly model: AwsModel | undefined } | undefined

/** The model that AWS publishes, when it is in the cache. */
export function runtimeModel(): AwsModel | undefined {
  known ??= { model: awsModel('sagemaker-runtime') }
  return known.model
}

interface RuntimeOptions {
  /** The variants of an endpoint; undefined where there is none. Default: any endpoint has one, `AllTraffic`. */
  readonly variantsOf?: (endpoint: string) => readonly string[] | undefined
}

/** The runtime, over containers that the test plays. Streams give each byte an event of its own. */
export function sagemakerRuntime({
  variantsOf = () => ['AllTraffic'],
}: RuntimeOptions = {}): SimulatedRuntime {
  const invocations: Invocation[] = []
  const problems: string[] = []

  function answer(call: AwsCall): AwsReply | undefined {
    const [, endpoint = '', last = ''] = /^\/endpoints\/([^/]+)\/([a-z-]+)$/.exec(call.url) ?? []
    const operation = paths[last]
    if (operation === undefined || call.method !== 'POST') return undefined
    const { headers, body } = call
    const members = runtimeModel()?.carried(operation, 'request', { path: call.url, headers, body }) ?? {}
    check(`the request ${operation}`, runtimeModel()?.request(operation, members))
    const invocation: Invocation = { operation, members, headers, body }
    invocations.push(invocation)
    return self.intercept?.(invocation) ?? answered(invocation, endpoint)
  }

  function answered(invocation: Invocation, endpoint: string): AwsReply {
    const variants = variantsOf(endpoint)
    if (variants === undefined) return refusal(`Endpoint ${endpoint} of account 123456789012 not found.`)
    const asked = invocation.headers['x-amzn-sagemaker-target-variant']
    if (asked !== undefined && !variants.includes(String(asked))) {
      return refusal(`Variant ${asked} of endpoint ${endpoint} not found.`)
    }
    const variant = String(asked ?? variants[0])
    switch (invocation.operation) {
      case 'InvokeEndpoint':
        return checked(invocation.operation, whole(self.container(invocation), variant))
      case 'InvokeEndpointAsync':
        return checked(invocation.operation, pending(invocation))
      case 'InvokeEndpointWithResponseStream':
        return streamed(self.container(invocation), variant)
    }
  }

  function whole(
    { contentType = 'application/json', body, headers }: ContainerReply,
    variant: string,
  ): AwsReply {
    return {
      headers: { 'content-type': contentType, 'x-amzn-invoked-production-variant': variant, ...headers },
      body,
    }
  }

  function pending({ headers }: Invocation): AwsReply {
    const id = String(headers['x-amzn-sagemaker-inference-id'] ?? 'made-by-sagemaker')
    return {
      status: 202,
      headers: {
        'content-type': 'application/json',
        'x-amzn-sagemaker-outputlocation': `s3://answers/${id}.out`,
        'x-amzn-sagemaker-failurelocation': `s3://answers/${id}-error.out`,
      },
      body: JSON.stringify({ InferenceId: id }),
    }
  }

  function streamed(
    { contentType = 'application/json', body, headers }: ContainerReply,
    variant: string,
  ): AwsReply {
    const bytes = Buffer.from(body)
    const reply: AwsReply = {
      headers: {
        'content-type': 'application/vnd.amazon.eventstream',
        'x-amzn-sagemaker-content-type': contentType,
        'x-amzn-invoked-production-variant': variant,
        ...headers,
      },
      body: Buffer.concat(Array.from(bytes, (byte) => payloadPart(Uint8Array.of(byte)))),
    }
    const { Body: _, ...members } = carried('InvokeEndpointWithResponseStream', reply)
    const event = { PayloadPart: { Bytes: bytes.toString('base64') } }
    check(
      'the streamed answer',
      runtimeModel()?.reply('InvokeEndpointWithResponseStream', { ...members, Body: event }),
    )
    return reply
  }

  function checked(operation: RuntimeOperation, reply: AwsReply): AwsReply {
    const members = carried(operation, reply)
    const body = operation === 'InvokeEndpointAsync' ? (JSON.parse(String(reply.body)) as Json) : {}
    check(`the answer to ${operation}`, runtimeModel()?.reply(operation, { ...members, ...body }))
    return reply
  }

  function carried(operation: RuntimeOperation, { headers = {}, body = '' }: AwsReply): Json {
    return runtimeModel()?.carried(operation, 'reply', { headers, body: Buffer.from(body) }) ?? {}
  }

  function check(what: string, wrong: readonly string[] = []): void {
    if (wrong.length > 0) problems.push(`${what}: ${wrong.join('; ')}`)
  }

  const self: SimulatedRuntime = {
    answer,
    invocations,
    problems,
    intercept: undefined,
    container: ({ headers, body }) => ({ contentType: String(headers['content-type']), body }),
  }
  return self
}

function refusal(message: string): AwsReply {
  return jsonError(400, 'ValidationError', message)
}

/** What SageMaker says when a container answers with an error. A status of 0: it did not answer in time. */
export function modelError(containerStatus: number, words: string, headers = {}): AwsReply {
  return {
    status: 424,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': 'ModelError', ...headers },
    body: JSON.stringify({
      Message: `Received error (${containerStatus}) from primary with message "${words}". See the logs.`,
      OriginalStatusCode: containerStatus,
      OriginalMessage: words,
      LogStreamArn: 'arn:aws:logs:eu-west-1:123456789012:log-group:/aws/sagemaker/Endpoints/churn',
    }),
  }
}

/** An event of a stream. */
export function payloadPart(bytes: Uint8Array): Buffer {
  const text = (value: string) => ({ type: 'string', value }) as const
  return eventBytes(
    [
      [':event-type', text('PayloadPart')],
      [':content-type', text('application/octet-stream')],
      [':message-type', text('event')],
    ],
    bytes,
  )
}
