import { isRecord, type JsonRecord } from '../../../../json.ts'
import {
  type ChatEvent,
  type ChatEventPart,
  type FinishReason,
  nativeBody,
  nativeText,
  type Usage,
} from '../../../../provider/contract.ts'
import type { ChatAnswerFacts, ChatStreamWriter } from '../../../chat-codec.ts'
import type { PlacedDelta } from '../../chat-delta.ts'
import { madeItemId } from '../items/reply-items.ts'
import { openaiResponsesDialect } from '../own-words.ts'
import { begunResponse, type ResponseHead, wholeResponse } from '../response-reply.ts'
import { agrees, noteEvent } from './passed-output.ts'
import type { WrittenKind } from './written-item.ts'
import { WrittenOutput } from './written-output.ts'

const partTypes: Readonly<Record<WrittenKind, 'text' | 'reasoning' | 'tool-call' | 'opaque'>> = {
  message: 'text',
  reasoning: 'reasoning',
  function_call: 'tool-call',
  custom_tool_call: 'tool-call',
  opaque: 'opaque',
}

/**
 * Writes a stream of responses. Events of the same dialect are passed on as they came, up to the first one that was
 * edited or taken out. From there on every event is built, because the vendor's own ends of texts and items repeat
 * all that was said before.
 */
export class ResponseWriter implements ChatStreamWriter {
  readonly #facts: ChatAnswerFacts
  readonly #output: WrittenOutput
  /** The response as the vendor began it, if that was passed on. */
  #passed: JsonRecord | undefined
  #isBuilt = false
  #isBegun = false
  #isOver = false
  #sequence = 0
  #finish: FinishReason | undefined
  #usage: Usage = {}
  #text = ''

  constructor(facts: ChatAnswerFacts) {
    this.#facts = facts
    this.#output = new WrittenOutput((kind, index) =>
      madeItemId({ type: partTypes[kind] }, this.#head.id, index),
    )
  }

  write(events: readonly ChatEvent[]): string {
    this.#text = ''
    for (const event of events) {
      const native = this.#isBuilt ? undefined : nativeText(event, openaiResponsesDialect)
      if (native !== undefined && this.#pass(event, native)) continue
      if (native !== undefined || event.parts.length > 0) this.#isBuilt = true
      if (this.#isBuilt) for (const part of event.parts) this.#build(part)
    }
    return this.#text
  }

  end(): string {
    this.#text = ''
    if (this.#isOver) return ''
    this.#begin()
    this.#output.close(this.#emit)
    const finishReason = this.#finish ?? 'other'
    const end = { output: this.#output.bodies, finishReason, usage: this.#usage }
    const { status, incomplete_details, output, usage, ...rest } = wholeResponse(this.#head, end)
    const said = { status, incomplete_details, output, ...(usage === undefined ? {} : { usage }) }
    this.#emit(`response.${String(status)}`, { response: { ...rest, ...this.#passed, ...said } })
    return this.#text
  }

  get nextNumber(): number {
    return this.#sequence
  }

  /** Passes an event on, unless it repeats something that the caller may not see. */
  #pass(event: ChatEvent, native: string): boolean {
    this.#output.isNumbered = true
    const type = typeOf(native)
    // Clients cannot put together items that a server does not number.
    if (type === 'response.output_item.added' && !isPlaced(event)) return false
    for (const part of event.parts) this.#remember(part)
    if (type?.endsWith('.delta') === true) this.#sequence = numberIn(native) ?? this.#sequence
    else {
      const body = nativeBody(event, openaiResponsesDialect)
      if (type === undefined || body === undefined || !agrees(this.#output, type, body)) return false
      noteEvent(this.#output, type, body)
      if (typeof body.sequence_number === 'number') this.#sequence = body.sequence_number
      this.#noteLife(type, body)
    }
    const data = native.includes('\n') ? native.replaceAll(/\r?\n/g, '\ndata: ') : native
    this.#text += `event: ${type}\ndata: ${data}\n\n`
    this.#sequence += 1
    return true
  }

  #noteLife(type: string, { response }: JsonRecord): void {
    if (!isRecord(response)) return
    this.#isBegun = true
    this.#passed ??= response
    if (/completed|incomplete|cancelled|failed/.test(type)) this.#isOver = true
  }

  #remember(part: ChatEventPart): void {
    if (part.type === 'usage') this.#usage = part.usage
    else if (part.type === 'finish') this.#finish = part.finishReason
    else this.#output.remember(part)
  }

  #build(part: ChatEventPart): void {
    // This format has one answer.
    if (part.type === 'usage') this.#usage = part.usage
    else if (part.choice !== 0) return
    else if (part.type === 'finish') {
      this.#begin()
      this.#finish = part.finishReason
      this.#output.close(this.#emit)
    } else if (!isForeign(part)) {
      this.#begin()
      this.#output.write(part, this.#emit)
    }
  }

  #begin(): void {
    if (this.#isBegun) return
    this.#isBegun = true
    const response = begunResponse(this.#head)
    this.#emit('response.created', { response })
    this.#emit('response.in_progress', { response })
  }

  get #head(): ResponseHead {
    const { id, model, createdMs } = this.#facts
    const { id: passedId, model: passedModel, created_at: at } = this.#passed ?? {}
    return {
      id: typeof passedId === 'string' ? passedId : id,
      model: typeof passedModel === 'string' ? passedModel : model,
      createdMs: typeof at === 'number' ? at * 1000 : createdMs,
    }
  }

  readonly #emit = (type: string, members: JsonRecord): void => {
    const body = { type, sequence_number: this.#sequence, ...members }
    this.#sequence += 1
    this.#text += `event: ${type}\ndata: ${JSON.stringify(body)}\n\n`
  }
}

function isPlaced(event: ChatEvent): boolean {
  return typeof nativeBody(event, openaiResponsesDialect)?.output_index === 'number'
}

function isForeign(part: PlacedDelta): boolean {
  return part.type === 'opaque-delta' && part.vendor !== openaiResponsesDialect
}

const numbered = /"sequence_number":\s*(\d+)/

/** The number of an event, read from its text because every token has one. */
function numberIn(native: string): number | undefined {
  const [, digits] = numbered.exec(native) ?? []
  return digits === undefined ? undefined : Number(digits)
}

const typeFirst = '{"type":"'

/** The type of an event. Most servers write it first. */
function typeOf(native: string): string | undefined {
  if (native.startsWith(typeFirst))
    return native.slice(typeFirst.length, native.indexOf('"', typeFirst.length))
  const body: unknown = native === '' ? undefined : JSON.parse(native)
  return isRecord(body) && typeof body.type === 'string' ? body.type : undefined
}
