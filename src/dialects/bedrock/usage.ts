import { isRecord, type JsonRecord } from '../../json.ts'
import type { Usage } from '../../provider/contract.ts'

/**
 * Bedrock counts cached tokens beside `inputTokens`, as `Usage` does. A value that is not a number of at least 0 is left
 * out.
 */
export function readConverseUsage(value: unknown): Usage {
  if (!isRecord(value)) return {}
  return {
    ...counted('inputTokens', value.inputTokens),
    ...counted('outputTokens', value.outputTokens),
    ...counted('cacheReadTokens', value.cacheReadInputTokens),
    ...counted('cacheWriteTokens', value.cacheWriteInputTokens),
    ...counted('longCacheWriteTokens', longWrites(value.cacheDetails)),
  }
}

function counted(name: keyof Usage, value: unknown): Usage {
  return typeof value === 'number' && value >= 0 ? { [name]: value } : {}
}

/** Undefined where Bedrock does not say how long each was kept. */
function longWrites(details: unknown): number | undefined {
  if (!Array.isArray(details) || details.length === 0) return undefined
  return details
    .filter((each) => isRecord(each) && each.ttl === '1h')
    .reduce((sum: number, each: JsonRecord) => sum + Number(each.inputTokens), 0)
}

/** The `usage` to send. Undefined when the vendor gave no numbers, because zeros would be false. */
export function converseUsage(usage: Usage): JsonRecord | undefined {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = usage
  if (inputTokens === undefined && outputTokens === undefined) return undefined
  const input = inputTokens ?? 0
  const output = outputTokens ?? 0
  return {
    inputTokens: input,
    outputTokens: output,
    totalTokens: input + output + (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0),
    ...(cacheReadTokens === undefined ? {} : { cacheReadInputTokens: cacheReadTokens }),
    ...(cacheWriteTokens === undefined ? {} : { cacheWriteInputTokens: cacheWriteTokens }),
    ...cacheDetails(usage),
  }
}

function cacheDetails({ cacheWriteTokens, longCacheWriteTokens: long }: Usage): JsonRecord {
  if (long === undefined || cacheWriteTokens === undefined) return {}
  const details = [
    { ttl: '1h', inputTokens: long },
    { ttl: '5m', inputTokens: cacheWriteTokens - long },
  ].filter(({ inputTokens }) => inputTokens > 0)
  return details.length === 0 ? {} : { cacheDetails: details }
}
