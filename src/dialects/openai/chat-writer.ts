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
  readonly #calls: Numbers = new Map()
  /** The numbers of each choice's thoughts, by block. */
  readonly #thoughts: Numbers = new Map()

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
        return this.#thought(part)
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
      index: numberOf(part, this.#calls),
      ...(id === undefined ? {} : { id, type: kind }),
      [kind]: called,
      ...signedContent(part),
    }
  }

  /** The text twice: for clients that show it, and with the number of its thought for those that give it back. */
  #thought(part: PlacedDelta & { readonly type: 'reasoning-delta' }): JsonRecord | undefined {
    const details = reasoningDetails(part, numberOf(part, this.#thoughts))
    if (details.length === 0) return undefined
    return { ...(part.text === '' ? {} : { reasoning_content: part.text }), reasoning_details: details }
  }
}

type Numbers = Map<number, Map<number, number>>

/** Things of one kind are numbered from 0 in each choice, whatever other blocks are between them. */
function numberOf({ choice, block }: PlacedDelta, all: Numbers): number {
  const numbers = all.get(choice) ?? new Map<number, number>()
  all.set(choice, numbers)
  const number = numbers.get(block) ?? numbers.size
  numbers.set(block, number)
  return number
}
