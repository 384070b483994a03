import { isRecord, type JsonRecord } from '../../json.ts'
import type { Usage } from '../../provider/contract.ts'
import { add, count } from '../token-counts.ts'

/**
 * OpenAI counts cached tokens within `prompt_tokens`. `Usage` counts them apart, so they are subtracted. A
 * value that is not a number of at least 0 is left out, and no count goes below zero. DeepSeek's older name for cached
 * tokens is read, and SGLang's place for those of thoughts.
 */
export function readOpenaiUsage(value: unknown): Usage {
  if (!isRecord(value)) return {}
  const input = isRecord(value.prompt_tokens_details) ? value.prompt_tokens_details : {}
  const output = isRecord(value.completion_tokens_details) ? value.completion_tokens_details : {}
  const prompt = count(value.prompt_tokens)
  const read = count(input.cached_tokens) ?? count(value.prompt_cache_hit_tokens)
  const written = count(input.cache_write_tokens)
  const usage: Record<string, number> = {}
  add(
    usage,
    'inputTokens',
    prompt === undefined ? undefined : Math.max(0, prompt - (read ?? 0) - (written ?? 0)),
  )
  add(usage, 'outputTokens', count(value.completion_tokens))
  add(usage, 'cacheReadTokens', read)
  add(usage, 'cacheWriteTokens', written)
  add(usage, 'reasoningTokens', count(output.reasoning_tokens) ?? count(value.reasoning_tokens))
  add(usage, 'audioInputTokens', count(input.audio_tokens))
  add(usage, 'audioOutputTokens', count(output.audio_tokens))
  add(usage, 'imageInputTokens', count(input.image_tokens))
  add(usage, 'imageOutputTokens', count(output.image_tokens))
  return usage
}

/** The `usage` to send. Undefined when the vendor gave no numbers, because zeros would be false. */
export function openaiUsage(usage: Usage): JsonRecord | undefined {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = usage
  if (inputTokens === undefined && outputTokens === undefined) return undefined
  const prompt = (inputTokens ?? 0) + (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0)
  return {
    prompt_tokens: prompt,
    completion_tokens: outputTokens ?? 0,
    total_tokens: prompt + (outputTokens ?? 0),
    ...details('prompt_tokens_details', {
      cached_tokens: cacheReadTokens,
      cache_write_tokens: cacheWriteTokens,
      audio_tokens: usage.audioInputTokens,
      image_tokens: usage.imageInputTokens,
    }),
    ...details('completion_tokens_details', {
      reasoning_tokens: usage.reasoningTokens,
      audio_tokens: usage.audioOutputTokens,
      image_tokens: usage.imageOutputTokens,
    }),
  }
}

function details(name: string, counts: Readonly<Record<string, number | undefined>>): JsonRecord {
  const known = Object.entries(counts).filter(([, value]) => value !== undefined)
  return known.length === 0 ? {} : { [name]: Object.fromEntries(known) }
}
