import { ModelspineError } from '../../errors.ts'
import { isRecord, type JsonRecord } from '../../json.ts'
import type { ChatDelta, ChatEventPart, ChatPlace } from '../../provider/contract.ts'
import { readOpenaiFinish } from './finish.ts'
import { contentChunks } from './messages/content-chunks.ts'
import { reasoningNames } from './messages/message.ts'
import { readSignedContent, readThoughtPieces } from './messages/reasoning-details.ts'

/**
 * OpenAI does not number what is in an answer. So each kind has a number of its own, and tool calls follow. Only servers
 * that sign thoughts number those.
 */
const blocks = {
  reasoning: 0,
  text: 1,
  refusal: 2,
  audio: 3,
  firstTool: 4,
  laterThoughts: 1_000_000,
} as const

/** What the choices of a chunk say. Throws `malformed-reply`. */
export function readChoices(choices: readonly unknown[]): ChatEventPart[] {
  const parts: ChatEventPart[] = []
  for (const choice of choices) {
    if (!isRecord(choice)) throw malformed('a choice')
    const index = typeof choice.index === 'number' ? choice.index : 0
    if (isRecord(choice.delta)) readDelta(choice.delta, index, parts)
    if (choice.finish_reason !== undefined && choice.finish_reason !== null) {
      parts.push({ type: 'finish', choice: index, finishReason: readOpenaiFinish(choice.finish_reason) })
    }
  }
  return parts
}

function malformed(what: string): ModelspineError {
  return new ModelspineError('malformed-reply', `an event of the stream has ${what} that is not an object`)
}

function readDelta(delta: JsonRecord, choice: number, parts: ChatEventPart[]): void {
  const add = (block: number, part: ChatDelta): void => void parts.push({ ...part, choice, block })
  const pieces =
    delta.reasoning_details === undefined ? undefined : readThoughtPieces(delta.reasoning_details)
  for (const { index = 0, thought } of pieces ?? []) {
    add(index === 0 ? blocks.reasoning : blocks.laterThoughts + index, {
      type: 'reasoning-delta',
      ...thought,
    })
  }
  for (const name of pieces === undefined ? reasoningNames : []) {
    const text = delta[name]
    if (typeof text === 'string' && text !== '') {
      add(blocks.reasoning, { type: 'reasoning-delta', text })
      break
    }
  }
  const chunks = Array.isArray(delta.content) ? contentChunks(delta.content) : []
  for (const { type, text } of chunks) {
    if (type === 'reasoning') add(blocks.reasoning, { type: 'reasoning-delta', text })
    else add(blocks.text, { type: 'text-delta', text })
  }
  if (typeof delta.content === 'string' && delta.content !== '') {
    add(blocks.text, { type: 'text-delta', text: delta.content, ...readSignedContent(delta.extra_content) })
  } else if (delta.extra_content !== undefined) {
    const signed = readSignedContent(delta.extra_content)
    if (signed.signature !== undefined) add(blocks.text, { type: 'text-delta', text: '', ...signed })
  }
  if (typeof delta.refusal === 'string' && delta.refusal !== '') {
    add(blocks.refusal, { type: 'refusal-delta', text: delta.refusal })
  }
  if (isRecord(delta.audio)) add(blocks.audio, audioDelta(delta.audio))
  for (const call of Array.isArray(delta.tool_calls) ? delta.tool_calls : []) {
    if (!isRecord(call)) throw malformed('a tool call')
    add(blocks.firstTool + (typeof call.index === 'number' ? call.index : 0), callDelta(call))
  }
  if (isRecord(delta.function_call)) add(blocks.firstTool, callDelta({ function: delta.function_call }))
}

function audioDelta({ id, data, transcript }: JsonRecord): ChatDelta {
  return {
    type: 'audio-delta',
    ...(typeof data === 'string' ? { data } : {}),
    ...(typeof transcript === 'string' ? { transcript } : {}),
    ...(typeof id === 'string' ? { fileId: id } : {}),
  }
}

function callDelta(call: JsonRecord): ChatDelta {
  const custom = isRecord(call.custom) ? call.custom : undefined
  const called = custom ?? (isRecord(call.function) ? call.function : {})
  const text = custom === undefined ? called.arguments : called.input
  return {
    type: 'tool-call-delta',
    ...(typeof call.id === 'string' ? { id: call.id } : {}),
    ...(typeof called.name === 'string' ? { name: called.name } : {}),
    ...(typeof text === 'string' ? { arguments: text } : {}),
    ...(custom === undefined ? {} : { custom: true as const }),
    ...(call.extra_content === undefined ? {} : readSignedContent(call.extra_content)),
  }
}

export type PlacedDelta = ChatPlace & ChatDelta
