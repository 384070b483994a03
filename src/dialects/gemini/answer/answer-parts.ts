import { isRecord } from '../../../json.ts'
import type { ChatPart } from '../../../provider/contract.ts'
import { parsePart } from '../request/content-part.ts'

/** Ids for the calls of an answer that has none. Clients need them to say which call a result answers. */
export class AnswerCallIds {
  readonly #answer: string
  #calls = 0

  /** `answer` is the vendor's id of the answer, so that no two answers of a conversation share one. */
  constructor(answer: string) {
    this.#answer = answer.replace(/[^a-zA-Z0-9_-]/g, '').slice(0, 24)
  }

  next(name: string): string {
    const named = name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 24)
    const id = `call_${this.#answer || named}_${this.#calls}`
    this.#calls += 1
    return id
  }
}

/** The parts of an answer's content. Undefined for a content that is malformed. */
export function readAnswerParts(content: unknown, ids: AnswerCallIds): readonly ChatPart[] | undefined {
  if (content === undefined || content === null) return []
  if (!isRecord(content)) return undefined
  const parts = content.parts ?? []
  if (!Array.isArray(parts)) return undefined
  const read: ChatPart[] = []
  for (const part of parts) {
    const said = readAnswerPart(part, ids)
    if (said === undefined) return undefined
    read.push(said)
  }
  return read
}

/** One part of an answer. Undefined for a part that is malformed. */
export function readAnswerPart(part: unknown, ids: AnswerCallIds): ChatPart | undefined {
  try {
    return parsePart(part, 'part', (name) => ids.next(name))
  } catch {
    return undefined
  }
}
