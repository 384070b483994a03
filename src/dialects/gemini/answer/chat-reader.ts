import { ModelspineError } from '../../../errors.ts'
import { isRecord, type JsonRecord } from '../../../json.ts'
import {
  type ChatEvent,
  type ChatEventPart,
  type ChatPart,
  type ChatRequest,
  nativeEvent,
} from '../../../provider/contract.ts'
import type { ChatStreamEnd, ChatStreamReader, ErrorOf } from '../../chat-codec.ts'
import { geminiDialect, googleVendor } from '../gemini-names.ts'
import { answerBody, candidatesOf } from './answer-body.ts'
import { AnswerCallIds, readAnswerPart } from './answer-parts.ts'
import { readGeminiFinish } from './finish.ts'
import { PartialCalls } from './partial-calls.ts'
import { readGeminiUsage } from './usage.ts'

/** What was read of one answer. */
interface OpenChoice {
  /** The number of the present block, and its kind. Calls have a block each. */
  block: number
  kind: ChatPart['type'] | undefined
  /** Whether the block has its signature, and so is whole. */
  isSigned: boolean
  hasCalls: boolean
  isFinished: boolean
  readonly calls: PartialCalls
}

/**
 * Reads a stream of `streamGenerateContent?alt=sse`. It has no end marker: an answer is finished when Google gave a reason
 * why it ended.
 */
export class GeminiReader implements ChatStreamReader {
  readonly #errorOf: ErrorOf
  /** How many answers must finish. */
  readonly #expected: number
  readonly #choices = new Map<number, OpenChoice>()
  #ids: AnswerCallIds | undefined
  /** All counts so far. Later events of a stream may leave out what earlier ones said. */
  #usage: JsonRecord | undefined
  #isEmpty = true

  constructor(request: ChatRequest, errorOf: ErrorOf) {
    this.#expected = request.choices ?? 1
    this.#errorOf = errorOf
  }

  isEnd(): boolean {
    return false
  }

  read(_name: string, data: string): ChatEvent | undefined {
    if (data === '') return undefined
    const body = answerBody(data, 'an event of the stream', this.#errorOf)
    if (
      !('candidates' in body || 'usageMetadata' in body || 'promptFeedback' in body || 'responseId' in body)
    ) {
      throw new ModelspineError('malformed-reply', 'an event of the stream has no candidates')
    }
    this.#isEmpty = false
    this.#ids ??= new AnswerCallIds(String(body.responseId ?? ''))
    const parts: ChatEventPart[] = []
    for (const candidate of candidatesOf(body)) this.#candidate(candidate, this.#ids, parts)
    if (isRecord(body.usageMetadata)) {
      this.#usage = this.#usage === undefined ? body.usageMetadata : { ...this.#usage, ...body.usageMetadata }
      parts.push({ type: 'usage', usage: readGeminiUsage(this.#usage) })
    }
    return nativeEvent(parts, geminiDialect, data)
  }

  #candidate(candidate: unknown, ids: AnswerCallIds, into: ChatEventPart[]): void {
    if (!isRecord(candidate)) throw malformed('a candidate')
    const choice = typeof candidate.index === 'number' ? candidate.index : 0
    const open = this.#open(choice)
    const content = candidate.content ?? {}
    if (!isRecord(content)) throw malformed('a content')
    for (const part of Array.isArray(content.parts) ? content.parts : []) {
      const call = open.calls.read(part, ids)
      const read = call === undefined ? readAnswerPart(part, ids) : undefined
      if (call !== undefined) {
        open.hasCalls = true
        if (call.isNew) begin(open, 'tool-call')
        into.push({ type: 'tool-call-delta', ...call.piece, choice, block: open.block })
      } else if (read === undefined) throw malformed('a part')
      else addDelta(read, choice, open, into)
    }
    if (typeof candidate.finishReason !== 'string' || open.isFinished) return
    open.isFinished = true
    const finishReason = readGeminiFinish(candidate.finishReason, open.hasCalls)
    into.push({ type: 'finish', choice, finishReason })
  }

  #open(choice: number): OpenChoice {
    const known = this.#choices.get(choice)
    if (known !== undefined) return known
    const calls = new PartialCalls()
    const made: OpenChoice = {
      block: -1,
      kind: undefined,
      isSigned: false,
      hasCalls: false,
      isFinished: false,
      calls,
    }
    this.#choices.set(choice, made)
    return made
  }

  end(how: ChatStreamEnd): readonly ChatEvent[] {
    const choices = [...this.#choices.values()]
    const isWhole = choices.length >= this.#expected && choices.every(({ isFinished }) => isFinished)
    if (isWhole) return []
    if (how === 'whole' && this.#isEmpty) {
      throw new ModelspineError('malformed-reply', 'the stream ended without any event')
    }
    throw new ModelspineError('interrupted', 'the stream ended before it said why the answer was finished')
  }
}

function malformed(what: string): ModelspineError {
  return new ModelspineError('malformed-reply', `an event of the stream has ${what} that is malformed`)
}

function begin(open: OpenChoice, kind: ChatPart['type']): void {
  open.block += 1
  open.kind = kind
  open.isSigned = false
}

/** Pieces of text follow each other in one block. Everything else comes whole. */
function addDelta(part: ChatPart, choice: number, open: OpenChoice, into: ChatEventPart[]): void {
  const isText = part.type === 'text' || part.type === 'reasoning'
  const isSigned =
    isText && (part.signature !== undefined || ('encrypted' in part && part.encrypted !== undefined))
  // Google ends answers with an empty text. Between thoughts it parts them.
  if (isText && part.text === '' && !isSigned) {
    if (open.kind !== part.type) open.kind = undefined
    return
  }
  if (!isText || open.kind !== part.type || open.isSigned) begin(open, part.type)
  open.isSigned = isSigned
  const { block } = open
  switch (part.type) {
    case 'text':
    case 'reasoning': {
      const { options: _, cacheMark: __, type, ...said } = part
      into.push({ ...said, type: `${type}-delta`, choice, block } as ChatEventPart)
      return
    }
    case 'tool-call': {
      const { options: _, cacheMark: __, custom: ___, type, ...said } = part
      open.hasCalls = true
      into.push({ ...said, type: `${type}-delta`, choice, block })
      return
    }
    case 'audio': {
      const data = part.url?.slice(part.url.indexOf(',') + 1)
      into.push({ type: 'audio-delta', ...(data !== undefined && { data }), choice, block })
      return
    }
    case 'opaque':
      into.push({
        type: 'opaque-delta',
        vendor: part.vendor,
        kind: part.kind,
        data: part.data,
        choice,
        block,
      })
      return
    default:
      into.push({ type: 'opaque-delta', vendor: googleVendor, kind: part.type, data: part, choice, block })
  }
}
