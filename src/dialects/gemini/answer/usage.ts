import { isRecord, type JsonRecord } from '../../../json.ts'
import type { Usage } from '../../../provider/contract.ts'
import { add, count } from '../../token-counts.ts'

/**
 * Google counts cached tokens within `promptTokenCount`, and thoughts and what its own tools read beside everything else.
 * A value that is not a number of at least 0 is left out, and no count goes below zero.
 */
export function readGeminiUsage(value: unknown): Usage {
  if (!isRecord(value)) return {}
  const prompt = count(value.promptTokenCount)
  const cached = count(value.cachedContentTokenCount)
  const thoughts = count(value.thoughtsTokenCount)
  const usage: Record<string, number> = {}
  add(
    usage,
    'inputTokens',
    sum(
      prompt === undefined ? undefined : Math.max(0, prompt - (cached ?? 0)),
      count(value.toolUsePromptTokenCount),
    ),
  )
  add(usage, 'outputTokens', sum(count(value.candidatesTokenCount), thoughts))
  add(usage, 'cacheReadTokens', cached)
  add(usage, 'reasoningTokens', thoughts)
  const input = [value.promptTokensDetails, value.toolUsePromptTokensDetails]
  add(usage, 'audioInputTokens', ofKind('AUDIO', input))
  add(usage, 'imageInputTokens', ofKind('IMAGE', input))
  add(usage, 'audioOutputTokens', ofKind('AUDIO', [value.candidatesTokensDetails]))
  add(usage, 'imageOutputTokens', ofKind('IMAGE', [value.candidatesTokensDetails]))
  return usage
}

function sum(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined && other === undefined ? undefined : (one ?? 0) + (other ?? 0)
}

/** The tokens of one modality in lists of `{ modality, tokenCount }`. */
function ofKind(modality: string, lists: readonly unknown[]): number | undefined {
  const counts = lists.flatMap((list) => (Array.isArray(list) ? list : []))
  return counts.reduce(
    (total: number | undefined, each) =>
      isRecord(each) && each.modality === modality ? sum(total, count(each.tokenCount)) : total,
    undefined,
  )
}

/** `usageMetadata`. Undefined when the vendor gave no numbers, because zeros would be false. */
export function geminiUsage(usage: Usage): JsonRecord | undefined {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens } = usage
  if (inputTokens === undefined && outputTokens === undefined) return undefined
  const prompt = (inputTokens ?? 0) + (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0)
  const output = outputTokens ?? 0
  return {
    promptTokenCount: prompt,
    ...(cacheReadTokens !== undefined && { cachedContentTokenCount: cacheReadTokens }),
    candidatesTokenCount: Math.max(0, output - (reasoningTokens ?? 0)),
    ...(reasoningTokens !== undefined && { thoughtsTokenCount: reasoningTokens }),
    totalTokenCount: prompt + output,
    ...details('promptTokensDetails', { AUDIO: usage.audioInputTokens, IMAGE: usage.imageInputTokens }),
    ...details('candidatesTokensDetails', { AUDIO: usage.audioOutputTokens, IMAGE: usage.imageOutputTokens }),
  }
}

function details(name: string, counts: Readonly<Record<string, number | undefined>>): JsonRecord {
  const known = Object.entries(counts).filter(([, tokenCount]) => tokenCount !== undefined)
  return known.length === 0
    ? {}
    : { [name]: known.map(([modality, tokenCount]) => ({ modality, tokenCount })) }
}
