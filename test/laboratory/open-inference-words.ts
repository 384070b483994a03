import {
  answeredBinary,
  answeredBinaryHeaders,
  answeredTensors,
  type RefusalKind,
  type VendorWords,
} from './words.ts'

/** The protocol has no codes. Servers say in words what is wrong. */
const refusals: Readonly<Record<RefusalKind, readonly [number, string]>> = {
  'rate-limited': [429, 'too many requests'],
  broken: [500, 'the model raised an exception'],
  overloaded: [503, 'the queue is full'],
  'context-length': [400, 'the input has more than 512 tokens'],
  'content-filter': [400, 'the input is not allowed'],
}

/** The Open Inference Protocol V2. It has no streams. */
export const openInferenceWords: VendorWords = {
  read(path, body) {
    const [, model = ''] = /^\/v2\/models\/([^/]+)\/infer$/.exec(path) ?? []
    const asked = body.includes('"binary_data_output":true') ? 'infer-binary' : 'infer'
    return { asked, model: decodeURIComponent(model), streamed: false }
  },
  whole: (asked) =>
    asked === 'infer-binary'
      ? { contentType: 'application/octet-stream', text: answeredBinary, headers: answeredBinaryHeaders }
      : { contentType: 'application/json', text: answeredTensors },
  refusal(kind) {
    const [status, error] = refusals[kind]
    return { status, text: JSON.stringify({ error }) }
  },
  errorAnswer: JSON.stringify({ error: 'the model raised an exception' }),
}
