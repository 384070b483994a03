import type { Form } from './asking.ts'
import type { FaultRow } from './fault-rows.ts'
import type { FaultyVendor } from './fault-world.ts'
import type { FaultName } from './faults.ts'
import {
  aiSdkVendor,
  anthropicVendor,
  azureVendor,
  bedrockVendor,
  geminiVendor,
  openaiResponsesVendor,
  openaiVendor,
  openInferenceVendor,
  vertexGeminiVendor,
} from './vendors.ts'

/** What differs from `expected-outcomes.ts`, and the reason that the vendor gives for it. */
export interface FaultException extends Partial<Omit<FaultRow, 'fault'>> {
  readonly why: string
}

/** The faults of one form, behind the provider of one vendor. */
export interface FaultChapter {
  readonly provider: string
  readonly vendor: FaultyVendor
  readonly form: Form
  readonly except?: Readonly<Partial<Record<FaultName, FaultException>>>
}

const looksCut = { alone: '200, cut: interrupted', withFallback: '200, cut: interrupted' }
const endsEarly = {
  'ends-early': {
    ...looksCut,
    why: 'Its streams say why an answer ended. One that does not was cut, however its transport ended.',
  },
}
const noReason = {
  'content-filter': {
    alone: '502 malformed-reply, retry',
    withFallback: '200, whole from the fallback',
    why: 'Google refuses a prompt in an answer with status 200, which only chats have.',
  },
}

/** What lies with the HTTP client of the AI SDK's packages, and not with the provider over them. */
const fetched = {
  'reset-when-used': {
    alone: '503 unavailable, retry',
    withFallback: '200, whole from the fallback',
    upstream: '1 call',
    why: 'The HTTP client of the package does not send a request again when a kept connection was closed.',
  },
  'huge-headers': {
    alone: '503 unavailable, retry',
    why: 'The HTTP client of the package says only that it could not connect.',
  },
}
const fetchedStream = {
  ...fetched,
  'ends-early': {
    alone: '200, cut: malformed-reply',
    withFallback: '200, cut: malformed-reply',
    why: 'The half of an event at the end is an error of the package.',
  },
  drip: {
    alone: '200, cut: timeout',
    withFallback: '200, cut: timeout',
    took: '17 s',
    upstream: '1 call, closed by the gateway',
    why: 'The package keeps the pieces after the last text until the stream has ended.',
  },
}

const plain = undefined

/** Every provider plays every fault in each form that it can answer. */
export const faultChapters: readonly FaultChapter[] = [
  ...of('openai-compatible', openaiVendor, { chat: plain, 'chat-stream': plain, embed: plain }),
  ...of('openai', openaiResponsesVendor, { chat: plain, 'chat-stream': endsEarly }),
  ...of('azure-openai', azureVendor, { chat: plain, 'chat-stream': plain, embed: plain }),
  ...of('from-ai-sdk', aiSdkVendor, { chat: fetched, 'chat-stream': fetchedStream, embed: fetched }),
  ...of('anthropic', anthropicVendor, { chat: plain, 'chat-stream': endsEarly }),
  ...of('bedrock', bedrockVendor, { chat: plain, 'chat-stream': endsEarly, embed: plain }),
  ...of('gemini', geminiVendor, { chat: plain, 'chat-stream': endsEarly, embed: noReason }),
  ...of('vertex-gemini', vertexGeminiVendor, { chat: plain, 'chat-stream': endsEarly, embed: noReason }),
  ...of('open-inference', openInferenceVendor, { infer: plain, 'infer-binary': plain }),
]

function of(
  provider: string,
  vendor: FaultyVendor,
  exceptions: Readonly<Partial<Record<Form, FaultChapter['except']>>>,
): readonly FaultChapter[] {
  return (Object.keys(exceptions) as Form[]).map((form) => {
    const except = exceptions[form]
    return { provider, vendor, form, ...(except && { except }) }
  })
}
