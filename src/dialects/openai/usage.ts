import { isRecord, type JsonRecord } from '../../json.ts'
import type { Usage } from '../../provider/contract.ts'

/**
 * OpenAI counts cached tokens within `prompt_tokens`. `Usage` counts them apart, so they are subtracted. A
 * value that is not a number of at least 0 is left out, and no count goes below zero.
 */
export function readOpenaiUsage(value: unknown): Usage {
  if (!isRecord(value)) return {}
  const details = isRecord(value.prompt_tokens_details) ? value.prompt_tokens_details : {}
  const cacheReadTokens = count(details.cached_tokens)
  const cacheWriteTokens = count(details.cache_write_tokens)
  const prompt = count(value.prompt_tokens)
  const outputTokens = count(value.completion_tokens)
  const cached = (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0)
  return {
    ...(prompt === undefined ? {} : { inputTokens: Math.max(0, prompt - cached) }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
    ...(cacheReadTokens === undefined ? {} : { cacheReadTokens }),
    ...(cacheWriteTokens === undefined ? {} : { cacheWriteTokens }),
  }
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined
}

/** The `usage` to send. Undefined when the vendor gave no numbers, because zeros would be false. */
export function openaiUsage(usage: Usage): JsonRecord | undefined {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = usage
  if (inputTokens === undefined && outputTokens === undefined) return undefined
  const prompt = (inputTokens ?? 0) + (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0)
  const cached = {
    ...(cacheReadTokens === undefined ? {} : { cached_tokens: cacheReadTokens }),
    ...(cacheWriteTokens === undefined ? {} : { cache_write_tokens: cacheWriteTokens }),
  }
  return {
    prompt_tokens: prompt,
    completion_tokens: outputTokens ?? 0,
    total_tokens: prompt + (outputTokens ?? 0),
    ...(Object.keys(cached).length === 0 ? {} : { prompt_tokens_details: cached }),
  }
}
