import type { JsonRecord } from '../../json.ts'
import { isRecord } from '../../json.ts'
import type { FinishReason } from '../../provider/contract.ts'

const read: ReadonlyMap<unknown, FinishReason> = new Map([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['tool_use', 'tool-calls'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['guardrail_intervened', 'content-filter'],
  ['content_filtered', 'content-filter'],
])

const wire: Readonly<Record<FinishReason, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  'content-filter': 'content_filtered',
  other: 'end_turn',
}

export interface Stop {
  readonly finishReason: FinishReason
  readonly stopSequence?: string
}

/** How an answer ended. Which sequence stopped it is told only by models whose own field for it was asked for. */
export function readStop({ stopReason, additionalModelResponseFields: more }: JsonRecord): Stop {
  const finishReason = read.get(stopReason) ?? 'other'
  const sequence = isRecord(more) ? more.stop_sequence : undefined
  if (stopReason !== 'stop_sequence' || typeof sequence !== 'string') return { finishReason }
  return { finishReason, stopSequence: sequence }
}

/**
 * Bedrock has no word for `other`: its words for malformed output would say more than is known. Clients run tools only after
 * `tool_use`, and some vendors end an answer with calls as any other.
 */
export function wireStop({ finishReason, stopSequence }: Stop, hasCalls: boolean): JsonRecord {
  if (finishReason !== 'stop' || stopSequence === undefined) {
    const isStop = finishReason === 'stop' || finishReason === 'other'
    return { stopReason: wire[isStop && hasCalls ? 'tool-calls' : finishReason] }
  }
  return {
    stopReason: 'stop_sequence',
    additionalModelResponseFields: { stop_sequence: stopSequence },
  }
}
