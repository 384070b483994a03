import { isRecord } from '../../../json.ts'

/** A text or a thought of an answer. */
export interface ContentChunk {
  readonly type: 'text' | 'reasoning'
  readonly text: string
}

/**
 * What the `content` of an answer says. OpenAI writes a text. Mistral's models that reason write a list of texts and of
 * thoughts, each of which is a list of texts.
 */
export function contentChunks(content: unknown): readonly ContentChunk[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  if (!Array.isArray(content)) return []
  return content.flatMap((chunk): readonly ContentChunk[] => {
    if (!isRecord(chunk)) return []
    if (chunk.type === 'text') return typeof chunk.text === 'string' ? contentChunks(chunk.text) : []
    if (chunk.type !== 'thinking') return []
    const text = contentChunks(chunk.thinking)
      .map((each) => each.text)
      .join('')
    return text === '' ? [] : [{ type: 'reasoning', text }]
  })
}
