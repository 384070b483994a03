import { isRecord, type JsonRecord } from '../../../../json.ts'
import { outputParts } from '../items/output-item.ts'
import type { WrittenItem, WrittenKind } from './written-item.ts'
import type { WrittenOutput } from './written-output.ts'

/**
 * Whether the end of a text, of an item or of a response repeats only what was written before. If not, a guardrail took
 * something out, and the event would bring it back.
 */
export function agrees(output: WrittenOutput, type: string, event: JsonRecord): boolean {
  if (isRecord(event.response)) {
    const { output: items } = event.response
    if (!Array.isArray(items)) return true
    return items.every((item: unknown, index) => !isRecord(item) || agreesItem(output.at(index), item))
  }
  if (!type.endsWith('.done')) return true
  const item = output.at(Number(event.output_index ?? 0))
  if (isRecord(event.item)) return agreesItem(item, event.item)
  const part = isRecord(event.part) ? event.part : event
  const text = part.text ?? part.refusal ?? part.arguments ?? part.input
  if (typeof text !== 'string') return true
  if (item?.kind !== 'message') return item === undefined ? text === '' : item.text.endsWith(text)
  return (item.pieces.get(Number(event.content_index ?? 0))?.text ?? '') === text
}

function agreesItem(item: WrittenItem | undefined, told: JsonRecord): boolean {
  return outputParts(told).every((part, index) => {
    switch (part.type) {
      case 'text':
      case 'refusal':
        return (item?.pieces.get(index)?.text ?? '') === part.text
      case 'reasoning':
        return (item?.text ?? '') === part.text
      case 'tool-call':
        return item?.text === part.arguments && item.callId === part.id
      default:
        return item?.kind === 'opaque'
    }
  })
}

const kinds: Readonly<Record<string, WrittenKind>> = {
  message: 'message',
  reasoning: 'reasoning',
  function_call: 'function_call',
  custom_tool_call: 'custom_tool_call',
}

/** Remembers what an event that was passed on began or ended. */
export function noteEvent(output: WrittenOutput, type: string, event: JsonRecord): void {
  const index = Number(event.output_index ?? 0)
  const item = output.at(index)
  if (type === 'response.output_item.added' && isRecord(event.item)) {
    const kind = kinds[String(event.item.type)]
    if (item === undefined && kind !== undefined) output.adopt(kind, index, String(event.item.id ?? ''))
  } else if (type === 'response.output_item.done' && item !== undefined) {
    item.isOpen = false
  } else if (type === 'response.content_part.added' && item?.kind === 'message' && isRecord(event.part)) {
    const kind = event.part.type === 'refusal' ? 'refusal' : 'output_text'
    item.pieces.set(Number(event.content_index ?? 0), { type: kind, text: '', isOpen: true })
  } else if (type === 'response.content_part.done' && item !== undefined) {
    const piece = item.pieces.get(Number(event.content_index ?? 0))
    if (piece !== undefined) piece.isOpen = false
  } else if (type === 'response.reasoning_summary_part.added' && item !== undefined) {
    item.summary = { index: Number(event.summary_index ?? 0), from: item.text.length }
  } else if (type === 'response.reasoning_summary_part.done' && item !== undefined) {
    item.summary = undefined
  }
}
