import type { FinishReason } from '../../../provider/contract.ts'

const read: ReadonlyMap<unknown, FinishReason> = new Map([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_use', 'tool-calls'],
  ['refusal', 'content-filter'],
])

/** How an answer ended. */
export interface Finish {
  readonly finishReason: FinishReason
  readonly stopSequence?: string
}

/** A turn that the vendor paused has no word in the contract. */
export function readStop(reason: unknown, sequence: unknown): Finish {
  const finishReason = read.get(reason) ?? 'other'
  return typeof sequence === 'string' ? { finishReason, stopSequence: sequence } : { finishReason }
}

const wire: Readonly<Record<FinishReason, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  'content-filter': 'refusal',
  other: 'end_turn',
}

/**
 * The format has no word for `other`. Clients run tools only after `tool_use`, and some vendors end an answer with calls
 * as any other.
 */
export function writeStop(
  { finishReason, stopSequence }: Finish,
  hasCalls: boolean,
): { readonly stop_reason: string; readonly stop_sequence: string | null } {
  if (stopSequence !== undefined) return { stop_reason: 'stop_sequence', stop_sequence: stopSequence }
  const isStop = finishReason === 'stop' || finishReason === 'other'
  return { stop_reason: isStop && hasCalls ? 'tool_use' : wire[finishReason], stop_sequence: null }
}
