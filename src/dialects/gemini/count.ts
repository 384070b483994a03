import { ModelspineError } from '../../errors.ts'
import type { ChatRequest, TokenCount } from '../../provider/contract.ts'
import type { ErrorOf } from '../chat-codec.ts'
import { membersOf, patchMembers } from '../json-text.ts'
import { count } from '../token-counts.ts'
import { answerBody } from './answer/answer-body.ts'
import { geminiContent } from './chat-codec.ts'
import { camelName } from './gemini-fields.ts'
import { type GeminiPrinting, geminiContext } from './printing/gemini-printing.ts'

/** What the service takes where it counts no whole request. All else shapes the answer, and not the prompt. */
const ofPrompts: ReadonlySet<string> = new Set(['contents', 'systemInstruction', 'tools', 'generationConfig'])

/**
 * The body of `countTokens`. `model` is the name of the model in the path, such as `models/gemini-2.5-flash`. Throws
 * `unsupported` for what the format cannot carry, and for a prompt of which a part would not be counted.
 */
export function printGeminiCount(request: ChatRequest, model: string, printing: GeminiPrinting): string {
  const text = geminiContent.print(request, printing)
  const { abilities, carriage } = geminiContext(request, printing)
  if (abilities.countsRequests) {
    return `{"generateContentRequest":${patchMembers(text, { model: JSON.stringify(model) })}}`
  }
  const names = membersOf(text).map(({ name }) => name)
  if (names.some((name) => camelName(name) === 'cachedContent')) {
    carriage.refuse('cachedContent', 'a part of the prompt that is not counted')
  }
  const others = names.filter((name) => !ofPrompts.has(camelName(name)))
  return patchMembers(text, Object.fromEntries(others.map((name) => [name, undefined])))
}

/** Reads the answer to it. Throws `malformed-reply` without a count, and what `errorOf` makes of an error. */
export function parseGeminiCount(text: string, errorOf: ErrorOf): TokenCount {
  const inputTokens = count(answerBody(text, 'the count', errorOf).totalTokens)
  if (inputTokens !== undefined) return { inputTokens }
  throw new ModelspineError('malformed-reply', 'the answer has no totalTokens')
}
