import { isRecord, type JsonRecord } from '../../../json.ts'
import type { Usage } from '../../../provider/contract.ts'
import { readOpenaiUsage } from '../usage.ts'

/** Reads the usage, which has other names here than in chat completions and means the same. */
export function readResponseUsage(value: unknown): Usage {
  if (!isRecord(value)) return {}
  return readOpenaiUsage({
    prompt_tokens: value.input_tokens,
    completion_tokens: value.output_tokens,
    prompt_tokens_details: value.input_tokens_details,
    completion_tokens_details: value.output_tokens_details,
  })
}

/**
 * The `usage` to send. Undefined when the vendor gave no numbers. The details are required in this format, so a count
 * that is not known is 0 there.
 */
export function responseUsage(usage: Usage): JsonRecord | undefined {
  const { inputTokens, outputTokens, cacheReadTokens = 0, cacheWriteTokens = 0, reasoningTokens = 0 } = usage
  if (inputTokens === undefined && outputTokens === undefined) return undefined
  const input = (inputTokens ?? 0) + cacheReadTokens + cacheWriteTokens
  const output = outputTokens ?? 0
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cacheReadTokens, cache_write_tokens: cacheWriteTokens },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: input + output,
  }
}
