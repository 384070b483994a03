import { ModelspineError } from '../../errors.ts'
import { isRecord, type JsonRecord } from '../../json.ts'
import type { ChatEvent, Usage } from '../../provider/contract.ts'
import { openaiChatDialect } from './chat-request.ts'
import { openaiFinish, readOpenaiFinish } from './finish.ts'
import { openaiUsage, readOpenaiUsage } from './usage.ts'

type BareEvent = ChatEvent extends infer Event
  ? Event extends ChatEvent
    ? Omit<Event, 'native'>
    : never
  : never

/**
 * The events of one chunk of a stream. The first event carries the chunk itself in `native`. If the caller
 * did not ask for usage, that copy has no usage, and a chunk that holds only usage has no `native`. Throws
 * `malformed-reply`.
 */
export function readOpenaiChatChunk(body: unknown, usageAsked: boolean): readonly ChatEvent[] {
  if (!isRecord(body) || !Array.isArray(body.choices)) {
    throw new ModelspineError('malformed-reply', 'an event of the stream has no list "choices"')
  }
  const events = choiceEvents(body.choices)
  if (isRecord(body.usage)) events.push({ type: 'usage', usage: readOpenaiUsage(body.usage) })
  const [first = { type: 'other' }, ...rest] = events
  if (!usageAsked && first.type === 'usage' && body.choices.length === 0) return [first]
  return [
    { ...first, native: { dialect: openaiChatDialect, body: usageAsked ? body : withoutUsage(body) } },
    ...rest,
  ]
}

function withoutUsage(body: JsonRecord): JsonRecord {
  if (!('usage' in body)) return body
  const { usage: _, ...rest } = body
  return rest
}

/** The events of the first choice. Further choices (`n` above 1) are passed on in `native` only. */
function choiceEvents(choices: readonly unknown[]): BareEvent[] {
  const events: BareEvent[] = []
  for (const choice of choices) {
    if (!isRecord(choice))
      throw new ModelspineError(
        'malformed-reply',
        'an event of the stream has a choice that is not an object',
      )
    if ((choice.index ?? 0) !== 0) continue
    const delta = isRecord(choice.delta) ? choice.delta : {}
    if (typeof delta.content === 'string' && delta.content !== '') {
      events.push({ type: 'text-delta', text: delta.content })
    }
    for (const call of Array.isArray(delta.tool_calls) ? delta.tool_calls : [])
      events.push(toolCallDelta(call))
    if (choice.finish_reason !== undefined && choice.finish_reason !== null) {
      events.push({ type: 'finish', finishReason: readOpenaiFinish(choice.finish_reason) })
    }
  }
  return events
}

function toolCallDelta(call: unknown): BareEvent {
  if (!isRecord(call))
    throw new ModelspineError(
      'malformed-reply',
      'an event of the stream has a tool call that is not an object',
    )
  const called = isRecord(call.function) ? call.function : {}
  return {
    type: 'tool-call-delta',
    index: typeof call.index === 'number' ? call.index : 0,
    ...(typeof call.id === 'string' ? { id: call.id } : {}),
    ...(typeof called.name === 'string' ? { name: called.name } : {}),
    ...(typeof called.arguments === 'string' ? { arguments: called.arguments } : {}),
  }
}

export interface OpenaiChunkOptions {
  readonly id: string
  readonly model: string
  /** Milliseconds since the epoch. */
  readonly createdMs: number
  /** Whether the caller asked for usage. */
  readonly includeUsage: boolean
}

/**
 * Writes a stream's events as chunks. A stream of this dialect is passed on as it came. Any other stream is
 * built. Its first chunk has the assistant's role. Its last chunk has the usage, if the caller asked for it
 * and the vendor gave it.
 */
export class OpenaiChunkWriter {
  private readonly options: OpenaiChunkOptions
  private native = false
  private begun = false
  private usage: Usage = {}

  constructor(options: OpenaiChunkOptions) {
    this.options = options
  }

  /** The chunk for this event. Undefined when the event needs no chunk. */
  write(event: ChatEvent): JsonRecord | undefined {
    if (event.native?.dialect === openaiChatDialect) {
      this.native = true
      return event.native.body
    }
    // This is a further part of a chunk that was already passed on whole.
    if (this.native) return undefined
    if (event.type === 'usage') this.usage = event.usage
    if (event.type === 'text-delta') return this.chunk({ content: event.text }, null)
    if (event.type === 'finish') return this.chunk({}, openaiFinish(event.finishReason))
    if (event.type !== 'tool-call-delta') return undefined
    const { index, id, name, arguments: text } = event
    const called = {
      ...(name === undefined ? {} : { name }),
      ...(text === undefined ? {} : { arguments: text }),
    }
    return this.chunk(
      { tool_calls: [{ index, ...(id === undefined ? {} : { id, type: 'function' }), function: called }] },
      null,
    )
  }

  /**
   * The chunk with usage at the end of a built stream, before `[DONE]`. Undefined when there is no such
   * chunk.
   */
  end(): JsonRecord | undefined {
    const usage = this.native || !this.options.includeUsage ? undefined : openaiUsage(this.usage)
    return usage === undefined ? undefined : { ...this.envelope(), choices: [], usage }
  }

  private chunk(delta: JsonRecord, finishReason: string | null): JsonRecord {
    const role = this.begun ? {} : { role: 'assistant' }
    this.begun = true
    const choices = [{ index: 0, delta: { ...role, ...delta }, logprobs: null, finish_reason: finishReason }]
    return { ...this.envelope(), choices, ...(this.options.includeUsage ? { usage: null } : {}) }
  }

  private envelope(): JsonRecord {
    const { id, model, createdMs } = this.options
    return { id, object: 'chat.completion.chunk', created: Math.floor(createdMs / 1000), model }
  }
}
