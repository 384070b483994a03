import {
  type Chat,
  type ChatPart,
  type ChatRequest,
  originalOf,
  withNative,
} from '../../../provider/contract.ts'
import type { ChatCall } from '../../chat-codec.ts'
import { JsonFields } from '../../json-fields.ts'
import { withoutUndefined } from '../../without-undefined.ts'
import { parseText } from '../body-text.ts'
import { parseSampling } from '../chat-request.ts'
import { unreadFields } from '../unread.ts'

/** The dialect of OpenAI's legacy completions, which some clients and many servers still speak. */
export const openaiCompletionsDialect = 'openai-completions'

/** What only this format knows of a prompt. Other dialects refuse it by these names, when it is there. */
const ownFields = ['suffix', 'echo'] as const

/** The members that the contract has words for, and those that become parts. */
const read: ReadonlySet<string> = new Set([
  'model',
  'prompt',
  'stream',
  'stream_options',
  'max_completion_tokens',
  'max_tokens',
  'n',
  'temperature',
  'top_p',
  'top_k',
  'frequency_penalty',
  'presence_penalty',
  'seed',
  'stop',
  'user',
  ...ownFields,
])

/**
 * Reads the body of `POST /completions` as a chat with one message of the user. Several prompts, token ids, a
 * suffix and an echo have no other form, so they are required parts of this vendor's format.
 */
export function parseOpenaiCompletion(text: string): ChatCall {
  const fields = new JsonFields(parseText(text), '')
  const prompts = promptsOf(fields)
  const [only] = prompts
  const prompt: ChatPart =
    prompts.length === 1 && typeof only === 'string'
      ? { type: 'text', text: only }
      : ownPart('prompt', fields.value('prompt'))
  const sampling = parseSampling(fields)
  const choices = prompts.length * (fields.optionalInteger('n', 1) ?? 1)
  const request = withoutUndefined({
    model: fields.string('model', 'the name of a model'),
    messages: [{ role: 'user', content: [prompt, ...ownParts(fields)] }],
    ...sampling,
    // The limit that OpenAI documents for a request without one.
    maxOutputTokens: sampling.maxOutputTokens ?? 16,
    choices: choices === 1 ? sampling.choices : choices,
    endUser: fields.optionalString('user'),
    ...unreadFields(fields.record, read),
  }) as ChatRequest
  return {
    request: withNative(request, openaiCompletionsDialect, text, fields.record),
    stream: fields.optionalBoolean('stream') ?? false,
    includeUsage: fields.optionalFields('stream_options')?.optionalBoolean('include_usage') ?? false,
  }
}

function ownParts(fields: JsonFields): readonly ChatPart[] {
  return ownFields.flatMap((name) => {
    const value = fields.value(name)
    return value === undefined || value === false || value === '' ? [] : [ownPart(name, value)]
  })
}

function ownPart(kind: string, data: unknown): ChatPart {
  return { type: 'opaque', vendor: openaiCompletionsDialect, kind, data, required: true }
}

/** How many prompts a request has that came in this format. */
export function promptsIn(request: Chat): number {
  const original = originalOf(request, openaiCompletionsDialect)
  return original === undefined ? 1 : promptsOf(new JsonFields(original.body, '')).length
}

/** Texts, or lists of token ids. */
function promptsOf(fields: JsonFields): readonly unknown[] {
  const prompt = fields.value('prompt')
  if (typeof prompt === 'string') return [prompt]
  if (Array.isArray(prompt) && prompt.length > 0) {
    if (prompt.every((each) => typeof each === 'string' || Array.isArray(each))) return prompt
    if (prompt.every((each) => typeof each === 'number')) return [prompt]
  }
  throw fields.wrong('prompt', 'a string, a list of strings, token ids or a list of lists of token ids')
}
