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

/** The entries of `reasoning_details` for one thought, or for a piece of it. `index` tells thoughts of a stream apart. */
export function reasoningDetails(
  { text, signature, signedBy, encrypted }: Thought,
  index?: number,
): readonly JsonRecord[] {
  const about = {
    ...(signedBy === undefined ? {} : { format: formats[signedBy] ?? signedBy }),
    ...(index === undefined ? {} : { index }),
  }
  const entries: JsonRecord[] = []
  if (text !== '' || signature !== undefined) {
    entries.push({
      type: 'reasoning.text',
      text,
      ...(signature === undefined ? {} : { signature }),
      ...about,
    })
  }
  if (encrypted !== undefined) entries.push({ type: 'reasoning.encrypted', data: encrypted, ...about })
  return entries
}

/** A thought, or a piece of the one with this index. */
export interface ThoughtPiece {
  readonly index: number | undefined
  readonly thought: Thought
}

/** What the entries of `reasoning_details` say, one by one. Undefined when there are none. */
export function readThoughtPieces(value: unknown): readonly ThoughtPiece[] | undefined {
  if (!Array.isArray(value)) return undefined
  const pieces = value.flatMap((entry) => (isRecord(entry) ? pieceIn(entry) : []))
  return pieces.length === 0 ? undefined : pieces
}

/** The entries of `reasoning_details` that are no thought, as a member of an object. */
export function besideThoughts(value: unknown): { readonly reasoning_details?: unknown } {
  if (!Array.isArray(value)) return value == null ? {} : { reasoning_details: value }
  const rest = value.filter((entry) => !isRecord(entry) || pieceIn(entry).length === 0)
  return rest.length === 0 ? {} : { reasoning_details: rest }
}

/** The thoughts in `reasoning_details`. Clients may give back the pieces of a stream. Undefined when there are none. */
export function readReasoningDetails(value: unknown): readonly Thought[] | undefined {
  const pieces = readThoughtPieces(value)
  if (pieces === undefined) return undefined
  const thoughts: Thought[] = []
  let before: number | undefined
  for (const { index, thought } of pieces) {
    const last = thoughts.at(-1)
    if (last === undefined || index === undefined || index !== before) thoughts.push(thought)
    else thoughts[thoughts.length - 1] = { ...last, ...thought, text: last.text + thought.text }
    before = index
  }
  return thoughts
}

function pieceIn({
  type,
  text,
  summary,
  signature,
  data,
  format,
  index: given,
}: JsonRecord): readonly ThoughtPiece[] {
  const index = typeof given === 'number' ? given : undefined
  const signedBy = typeof format === 'string' ? { signedBy: vendorOf(format) } : {}
  if (type === 'reasoning.encrypted' && typeof data === 'string') {
    return [{ index, thought: { text: '', encrypted: data, ...signedBy } }]
  }
  const said = type === 'reasoning.summary' ? summary : text
  if (typeof said !== 'string' && typeof signature !== 'string') return []
  const proof = typeof signature === 'string' ? { signature, ...signedBy } : {}
  return [{ index, thought: { text: typeof said === 'string' ? said : '', ...proof } }]
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
  return signerIn(value) ?? {}
}

function signerIn(value: unknown): { readonly signature: string; readonly signedBy: string } | undefined {
  if (!isRecord(value)) return undefined
  for (const signedBy of Object.keys(value)) {
    const entry = value[signedBy]
    if (isRecord(entry) && typeof entry.thought_signature === 'string') {
      return { signature: entry.thought_signature, signedBy }
    }
  }
  return undefined
}

/** What `extra_content` says besides the signature, as a member of an object. */
export function besideSignature(value: unknown): { readonly extra_content?: unknown } {
  const signedBy = signerIn(value)?.signedBy
  if (signedBy === undefined || !isRecord(value)) return value == null ? {} : { extra_content: value }
  const { [signedBy]: signed, ...others } = value
  const { thought_signature: _, ...more } = signed as JsonRecord
  const rest = Object.keys(more).length === 0 ? others : { ...others, [signedBy]: more }
  return Object.keys(rest).length === 0 ? {} : { extra_content: rest }
}
