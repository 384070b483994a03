import type { FinishReason } from '../../provider/contract.ts'

const read: ReadonlyMap<unknown, FinishReason> = new Map([
  ['stop', 'stop'],
  ['length', 'length'],
  ['tool_calls', 'tool-calls'],
  ['function_call', 'tool-calls'],
  ['content_filter', 'content-filter'],
])

const wire: Readonly<Record<FinishReason, string>> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
  other: 'stop',
}

export function readOpenaiFinish(value: unknown): FinishReason {
  return read.get(value) ?? 'other'
}

/** OpenAI's format has no word for `other`. Clients accept `stop`. */
export function openaiFinish(reason: FinishReason): string {
  return wire[reason]
}
