import type { JsonRecord } from '../../../json.ts'
import { jsonBody } from '../../../provider/contract/json-body.ts'
import { type ChatRequest, editedFields, originalOf } from '../../../provider/contract.ts'
import { patchOpenai } from '../patch-body.ts'
import type { OpenaiPrinting } from '../printing.ts'
import { openaiCompletionsDialect } from './completion-request.ts'

/** Whether the request came as a legacy completion, and still is one: its prompt was not edited into a chat. */
export function isOpenaiCompletion(request: ChatRequest): boolean {
  const original = originalOf(request, openaiCompletionsDialect)
  if (original === undefined) return false
  const edited = editedFields(request, original.value)
  return (
    (!edited.includes('messages') || promptOf(request) !== undefined) &&
    !edited.some((field) => field === 'tools' || field === 'toolChoice' || field === 'responseSchema')
  )
}

/** The body of `POST /completions`, as `print` of a codec. For requests that `isOpenaiCompletion` tells. */
export function printOpenaiCompletion(request: ChatRequest, printing: OpenaiPrinting): string {
  // This format knows only the older name of the limit.
  const own: OpenaiPrinting = { ...printing, maxTokensField: 'max_tokens' }
  const original = originalOf(request, openaiCompletionsDialect)
  if (original !== undefined) {
    return patchOpenai(request, original, own, () => ({ prompt: jsonBody(promptOf(request) ?? '') }))
  }
  const { model, maxOutputTokens, choices, temperature, topP, stop, seed } = request
  const body: JsonRecord = {
    ...request.options?.[printing.vendor],
    model,
    prompt: promptOf(request) ?? '',
    max_tokens: maxOutputTokens,
    n: choices,
    temperature,
    top_p: topP,
    stop,
    seed,
  }
  return jsonBody(printing.stream ? { ...body, stream: true, stream_options: { include_usage: true } } : body)
}

/** The one text that the request says. Undefined for a request that says more, or otherwise. */
function promptOf({ messages }: ChatRequest): string | undefined {
  const [message, ...more] = messages
  if (message?.role !== 'user' || more.length > 0) return undefined
  const texts = message.content.map((part) => (part.type === 'text' ? part.text : undefined))
  return texts.every((text) => text !== undefined) ? texts.join('') : undefined
}
