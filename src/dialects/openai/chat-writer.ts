import type { JsonRecord } from '../../json.ts'
import type { PlacedDelta } from './chat-delta.ts'
import { openaiChatDialect } from './chat-request.ts'
import { openaiFinish } from './finish.ts'
import { reasoningDetails, signedContent } from './messages/reasoning-details.ts'
import type { ChunkForm } from './stream-writer.ts'

/** Chunks of chat completions. The first one of a choice has the assistant's role. */
export class ChatChunkForm implements ChunkForm {
  readonly dialect: string = openaiChatDialect
  readonly object = 'chat.completion.chunk'
  readonly nothing: JsonRecord = { delta: {} }
  readonly finish: typeof openaiFinish = openaiFinish
  /** The numbers of each choice's tool calls, by block. */
  readonly #calls = new Map<number, Map<number, number>>()

  saying(part: PlacedDelta, isFirst: boolean): JsonRecord | undefined {
    const delta = this.#delta(part)
    if (delta === undefined) return undefined
    return { delta: isFirst ? { role: 'assistant', ...delta } : delta }
  }

  #delta(part: PlacedDelta): JsonRecord | undefined {
    switch (part.type) {
      case 'text-delta':
        return part.signature === undefined
          ? { content: part.text }
          : { content: part.text, ...signedContent(part) }
      case 'reasoning-delta':
        return reasoningDelta(part)
      case 'refusal-delta':
        return { refusal: part.text }
      case 'audio-delta':
        return { audio: { id: part.fileId, data: part.data, transcript: part.transcript } }
      case 'tool-call-delta':
        return { tool_calls: [this.#call(part)] }
      case 'opaque-delta':
        return undefined
    }
  }

  #call(part: PlacedDelta & { readonly type: 'tool-call-delta' }): JsonRecord {
    const { id, name, custom, arguments: text } = part
    const kind = custom === true ? 'custom' : 'function'
    const called = { name, [custom === true ? 'input' : 'arguments']: text }
    return {
      index: this.#numberOf(part),
      ...(id === undefined ? {} : { id, type: kind }),
      [kind]: called,
      ...signedContent(part),
    }
  }

  /** Tool calls are numbered from 0 in each choice, whatever other blocks are between them. */
  #numberOf({ choice, block }: PlacedDelta): number {
    const numbers = this.#calls.get(choice) ?? new Map<number, number>()
    this.#calls.set(choice, numbers)
    const number = numbers.get(block) ?? numbers.size
    numbers.set(block, number)
    return number
  }
}

/** Text is in `reasoning_content` alone, and a proof in `reasoning_details`, so that clients read nothing twice. */
function reasoningDelta(part: PlacedDelta & { readonly type: 'reasoning-delta' }): JsonRecord | undefined {
  const { text, signature, encrypted } = part
  const isSigned = signature !== undefined || encrypted !== undefined
  if (!isSigned) return text === '' ? undefined : { reasoning_content: text }
  const details = reasoningDetails(part)
  return text === ''
    ? { reasoning_details: details }
    : { reasoning_content: text, reasoning_details: details }
}
