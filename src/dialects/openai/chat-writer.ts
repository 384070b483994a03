import type { JsonRecord } from '../../json.ts'
import type { PlacedDelta } from './chat-delta.ts'
import { openaiChatDialect } from './chat-request.ts'
import { openaiFinish } from './finish.ts'
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
        return { content: part.text }
      case 'reasoning-delta':
        return part.text === '' ? undefined : { reasoning_content: part.text }
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
    return { index: this.#numberOf(part), ...(id === undefined ? {} : { id, type: kind }), [kind]: called }
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
