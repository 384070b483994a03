/**
 * OpenAI's chat completions have no place for the signatures of thoughts. Two ways are common among servers that carry
 * them: `reasoning_details` (OpenRouter), a list beside the content, and `extra_content` (Google), on tool calls and
 * on messages. Clients give both back with the next request.
 */

import { isRecord, type JsonRecord } from '../../../json.ts'
import type { ReasoningPart, Signed } from '../../../provider/contract.ts'

/** The names of formats that OpenRouter documents, by vendor. */
const formats: Readonly<Record<string, string>> = {
  anthropic: 'anthropic-claude-v1',
  google: 'google-gemini-v1',
  openai: 'openai-responses-v1',
}

type Thought = Pick<ReasoningPart, 'text' | 'signature' | 'signedBy' | 'encrypted'>

/** The entries of `reasoning_details` for one thought. */
export function reasoningDetails({ text, signature, signedBy, encrypted }: Thought): readonly JsonRecord[] {
  const format = signedBy === undefined ? {} : { format: formats[signedBy] ?? signedBy }
  const hasText = text !== '' || signature !== undefined
  return [
    ...(hasText
      ? [{ type: 'reasoning.text', text, ...(signature === undefined ? {} : { signature }), ...format }]
      : []),
    ...(encrypted === undefined ? [] : [{ type: 'reasoning.encrypted', data: encrypted, ...format }]),
  ]
}

/** The thoughts in `reasoning_details`. Undefined when there are none. */
export function readReasoningDetails(value: unknown): readonly Thought[] | undefined {
  if (!Array.isArray(value)) return undefined
  const thoughts = value.flatMap((entry) => (isRecord(entry) ? thoughtIn(entry) : []))
  return thoughts.length === 0 ? undefined : thoughts
}

function thoughtIn({ type, text, summary, signature, data, format }: JsonRecord): readonly Thought[] {
  const signedBy = typeof format === 'string' ? { signedBy: vendorOf(format) } : {}
  if (type === 'reasoning.encrypted' && typeof data === 'string')
    return [{ text: '', encrypted: data, ...signedBy }]
  const said = type === 'reasoning.summary' ? summary : text
  if (typeof said !== 'string' && typeof signature !== 'string') return []
  const proof = typeof signature === 'string' ? { signature, ...signedBy } : {}
  return [{ text: typeof said === 'string' ? said : '', ...proof }]
}

function vendorOf(format: string): string {
  return Object.keys(formats).find((vendor) => formats[vendor] === format) ?? format
}

/** `extra_content` for a signature that belongs to a tool call or to a text. */
export function signedContent({ signature, signedBy = 'google' }: Signed): JsonRecord {
  return signature === undefined ? {} : { extra_content: { [signedBy]: { thought_signature: signature } } }
}

/** The signature in `extra_content`. */
export function readSignedContent(value: unknown): Signed {
  if (!isRecord(value)) return {}
  for (const signedBy of Object.keys(value)) {
    const entry = value[signedBy]
    if (isRecord(entry) && typeof entry.thought_signature === 'string') {
      return { signature: entry.thought_signature, signedBy }
    }
  }
  return {}
}
