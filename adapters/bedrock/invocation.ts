import type { CallContext, HttpReply, InferReply, InferRequest } from 'modelspine/adapter'
import { notCarried } from 'modelspine/adapter'
import { awsEvents } from '../shared/aws/aws-events.ts'
import type { VendorRequest, VendorStream } from '../shared/vendor-client.ts'
import { bedrockWords, malformed } from './bedrock-errors.ts'
import { modelPath } from './model-path.ts'

/** Builders and readers of InvokeModel, which takes the body that the model itself knows. */

/** An answer that comes in pieces, and occupies its connection until they were read or the reader stopped. */
export interface BedrockStream {
  readonly contentType: string
  readonly headers: Readonly<Record<string, string>>
  /**
   * What the model sent, one piece for each of its events, mostly a JSON document. Read once. Throws what an exception
   * within the stream means, and `interrupted` or `malformed-reply` unless the answer came whole.
   */
  readonly chunks: AsyncIterable<Uint8Array>
}

const own = 'x-amzn-bedrock-'

/** Headers of Bedrock's own that a caller may give. */
const fromCaller: ReadonlySet<string> = new Set(
  [
    'trace',
    'guardrailidentifier',
    'guardrailversion',
    'performanceconfig-latency',
    'service-tier',
    'request-metadata',
    'projectidentifier',
  ].map((name) => own + name),
)

type Bytes = Extract<InferRequest, { readonly kind: 'bytes' }>

/** Throws `unsupported` for tensors and versions. */
export function bytesOf(request: InferRequest): Bytes {
  if (request.version !== undefined) {
    throw notCarried(`Bedrock: a model has no version "${request.version}": name it in the model`)
  }
  if (request.kind === 'bytes') return request
  throw notCarried('Bedrock: models take no tensors: send the body that the model knows, as bytes')
}

export function invocation(request: Bytes, context: CallContext, streamed: boolean): VendorRequest {
  const { model, contentType, bytes, headers = {} } = request
  const accept = headers.accept
  return {
    method: 'POST',
    path: modelPath(model, streamed ? 'invoke-with-response-stream' : 'invoke'),
    headers: {
      ...passedHeaders(context),
      ...chosen(headers, fromCaller),
      'content-type': contentType,
      // The streamed call has a header of its own for what the pieces are.
      ...(accept !== undefined && { [streamed ? `${own}accept` : 'accept']: accept }),
    },
    body: bytes,
    // A model has no state, so twice is as good as once.
    repeatable: true,
    abortSignal: context.abortSignal,
  }
}

/** Headers of the call. Those of Bedrock's own would choose another guardrail. */
export function passedHeaders({ headers = {} }: CallContext): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.toLowerCase().startsWith(own)))
}

function chosen(
  headers: Readonly<Record<string, string>>,
  names: ReadonlySet<string>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => names.has(name)))
}

export function readInvocation(reply: HttpReply): InferReply {
  return {
    kind: 'bytes',
    contentType: reply.header('content-type') ?? 'application/octet-stream',
    bytes: reply.wholeBytes(),
    headers: toldHeaders((name) => reply.header(name)),
  }
}

const told = [
  'input-token-count',
  'output-token-count',
  'invocation-latency',
  'performanceconfig-latency',
  'service-tier',
].map((name) => own + name)

function toldHeaders(header: (name: string) => string | undefined): Readonly<Record<string, string>> {
  const found = told.flatMap((name) => {
    const value = header(name)
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries(found)
}

export function readInvocationStream(stream: VendorStream): BedrockStream {
  return {
    contentType: stream.header(`${own}content-type`) ?? 'application/json',
    headers: toldHeaders(stream.header),
    chunks: pieces(stream),
  }
}

async function* pieces(stream: VendorStream): AsyncGenerator<Uint8Array> {
  let isEmpty = true
  for await (const { type, payload } of awsEvents(stream, bedrockWords)) {
    if (type !== 'chunk') continue
    isEmpty = false
    yield pieceIn(payload)
  }
  if (isEmpty) throw malformed('the stream ended without any piece of an answer')
}

/** The piece is base64 within JSON. */
function pieceIn(payload: Uint8Array): Uint8Array {
  let bytes: unknown
  try {
    bytes = (JSON.parse(Buffer.from(payload).toString('utf8')) as { readonly bytes?: unknown } | null)?.bytes
  } catch {
    throw malformed('an event of the stream is not JSON')
  }
  if (typeof bytes !== 'string') throw malformed('an event of the stream has no bytes')
  return Buffer.from(bytes, 'base64')
}
