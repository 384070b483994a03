import type { JSONObject, LanguageModelV4FinishReason, LanguageModelV4Usage } from '@ai-sdk/provider'
import type { FinishReason, Usage } from '../../provider/contract.ts'

/** Counts that are missing stay missing. The AI SDK's total holds what was cached, ours does not. */
export function readUsage({ inputTokens: input, outputTokens: output }: LanguageModelV4Usage): Usage {
  const { total, noCache, cacheRead, cacheWrite } = input
  const fresh = noCache ?? (total === undefined ? undefined : total - (cacheRead ?? 0) - (cacheWrite ?? 0))
  return known({
    inputTokens: fresh === undefined ? undefined : Math.max(0, fresh),
    outputTokens: output.total,
    cacheReadTokens: cacheRead,
    cacheWriteTokens: cacheWrite,
    reasoningTokens: output.reasoning,
  })
}

function known(counts: { readonly [Name in keyof Usage]: number | undefined }): Usage {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => typeof count === 'number'))
}

/** `raw` has all our counts, because the AI SDK has no words for some of them. */
export function writeUsage(usage: Usage): LanguageModelV4Usage {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens } = usage
  const total =
    inputTokens === undefined ? undefined : inputTokens + (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0)
  const text =
    outputTokens === undefined || reasoningTokens === undefined
      ? undefined
      : Math.max(0, outputTokens - reasoningTokens)
  return {
    inputTokens: { total, noCache: inputTokens, cacheRead: cacheReadTokens, cacheWrite: cacheWriteTokens },
    outputTokens: { total: outputTokens, text, reasoning: reasoningTokens },
    raw: { ...usage } as JSONObject,
  }
}

const ours: ReadonlySet<string> = new Set(['stop', 'length', 'tool-calls', 'content-filter'])

/** The AI SDK's `error` and `interrupted` are `other` here. The native form keeps them. */
export function readFinish({ unified }: LanguageModelV4FinishReason): FinishReason {
  return ours.has(unified) ? (unified as FinishReason) : 'other'
}

export function writeFinish(reason: FinishReason): LanguageModelV4FinishReason {
  return { unified: reason, raw: undefined }
}
