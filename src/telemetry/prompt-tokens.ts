import type { Usage } from '../provider/contract.ts'

/** All tokens of the prompt, cached tokens included. Undefined when the upstream gave no number. */
export function promptTokens({ inputTokens, cacheReadTokens, cacheWriteTokens }: Usage): number | undefined {
  return inputTokens === undefined
    ? undefined
    : inputTokens + (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0)
}
