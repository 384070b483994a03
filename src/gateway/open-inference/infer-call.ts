import { badField } from '../../dialects/json-fields.ts'
import { binaryFault, inferenceHeader, lengthOf } from '../../dialects/open-inference/binary-fault.ts'
import { asksBinary, bytesReplyOf, type InferBytes } from '../../dialects/open-inference/infer-bytes.ts'
import type { TensorReply } from '../../dialects/open-inference/infer-json.ts'
import { ModelspineError } from '../../errors.ts'
import { isRecord } from '../../json.ts'
import type { Router } from '../../routing/router.ts'
import { HttpFailure } from '../failure.ts'
import { type JsonLimits, jsonText } from '../json-limits.ts'
import { plainBody } from '../plain-body.ts'
import { headerText, servedHeaders } from '../served-headers.ts'
import type { Answer, Call, GatewayRequest } from '../surface.ts'

/**
 * The content types that a web page may send to another origin without a CORS preflight. To read the answer,
 * the page would need CORS in any case.
 */
const simpleTypes = /^(?:text\/plain|application\/x-www-form-urlencoded|multipart\/form-data)\b/i

/** One input alone, without JSON: Triton's "raw binary request". */
const withoutJson = '0'

/** Passes an infer on. Its body is not parsed, and neither is the answer. */
export async function infer(
  router: Router,
  limits: JsonLimits,
  { request, names, options }: Call,
): Promise<Answer> {
  const [name = '', version] = names
  if (version !== undefined) throw chosenByRoute(version)
  const split = request.header(inferenceHeader)
  const contentType = contentTypeOf(request, split)
  const bytes = await plainBody(request)
  if (split !== undefined && split !== withoutJson) {
    // Some servers answer 500, and then the upstream would count as failed.
    const fault = binaryFault(split, bytes, badField)
    if (fault !== undefined) throw fault
  }
  const payload: InferBytes = {
    kind: 'bytes',
    contentType,
    bytes,
    ...(split !== undefined && { headers: { [inferenceHeader]: split } }),
  }
  const routed = await router.infer(name, payload, options())
  const reply = routed.reply.kind === 'bytes' ? routed.reply : written(routed.reply, name, payload, limits)
  const headers = servedHeaders(routed, reply.contentType)
  const replySplit = reply.headers?.[inferenceHeader]
  if (replySplit !== undefined) headers[inferenceHeader] = headerText(replySplit)
  return { status: 200, headers, body: reply.bytes }
}

/** Guardrails that look into bodies may leave tensors. The caller gets them in the form that it asked for. */
function written(reply: TensorReply, name: string, asked: InferBytes, limits: JsonLimits): InferBytes {
  return bytesReplyOf(reply, name, wishesOf(asked, limits))
}

function wishesOf({ bytes, headers }: InferBytes, limits: JsonLimits): (output: string) => boolean {
  try {
    const split = headers?.[inferenceHeader]
    const head = split === undefined ? bytes : bytes.subarray(0, lengthOf(split, bytes))
    const body: unknown = JSON.parse(jsonText(head, limits))
    if (!isRecord(body)) return () => false
    return asksBinary(body)
  } catch {
    return () => false
  }
}

/**
 * The content type. Triton's Python client sends none. A web page can leave it out, too, but then the browser
 * sends the page's origin (Fetch standard, "append a request `Origin` header"). So a request with neither a
 * type nor an origin does not come from a web page.
 */
function contentTypeOf(request: GatewayRequest, split: string | undefined): string {
  const named = request.header('content-type')
  if (named === undefined && request.header('origin') === undefined) {
    return split === undefined ? 'application/json' : 'application/octet-stream'
  }
  if (named !== undefined && !simpleTypes.test(named)) return named
  throw new HttpFailure(
    415,
    `the content type is ${named ?? 'missing'}; write application/json or application/octet-stream`,
  )
}

/** A caller that could name a revision would bypass the split, and with it the rollout and its gates. */
function chosenByRoute(version: string): ModelspineError {
  const message = `version "${version}" cannot be asked for: the route chooses the revision; leave /versions/${version} out`
  return new ModelspineError('unsupported', message)
}
