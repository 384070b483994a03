import { isRecord, type JsonRecord } from '../../../json.ts'
import type { Usage } from '../../../provider/contract.ts'
import { add, count } from '../../token-counts.ts'

/**
 * Anthropic counts cached tokens beside `input_tokens`, as `Usage` does. A value that is not a number of at least 0 is left
 * out.
 */
export function readUsage(value: unknown): Usage {
  if (!isRecord(value)) return {}
  const usage: Record<string, unknown> = {}
  const created = isRecord(value.cache_creation) ? value.cache_creation : {}
  const short = count(created.ephemeral_5m_input_tokens)
  const long = count(created.ephemeral_1h_input_tokens)
  const written = short === undefined && long === undefined ? undefined : (short ?? 0) + (long ?? 0)
  const details = isRecord(value.output_tokens_details) ? value.output_tokens_details : {}
  add(usage, 'inputTokens', count(value.input_tokens))
  add(usage, 'outputTokens', count(value.output_tokens))
  add(usage, 'cacheReadTokens', count(value.cache_read_input_tokens))
  add(usage, 'cacheWriteTokens', count(value.cache_creation_input_tokens) ?? written)
  add(usage, 'longCacheWriteTokens', long)
  add(usage, 'reasoningTokens', count(details.thinking_tokens))
  add(usage, 'units', unitsOf(value.server_tool_use))
  return usage
}

/** Our words for what the vendor's own tools are charged by. */
const units: readonly (readonly [wire: string, unit: string])[] = [
  ['web_search_requests', 'searches'],
  ['web_fetch_requests', 'fetches'],
]

function unitsOf(value: unknown): Usage['units'] {
  if (!isRecord(value)) return undefined
  const counted = units.flatMap(([wire, unit]) => {
    const number = count(value[wire])
    return number === undefined ? [] : [[unit, number] as const]
  })
  return counted.length === 0 ? undefined : Object.fromEntries(counted)
}

/** Usage that came in several events. What a later one says counts, and what it does not say stays. */
export function mergedUsage(earlier: JsonRecord, later: unknown): JsonRecord {
  if (!isRecord(later)) return earlier
  const said = Object.entries(later).filter(([, value]) => value !== null)
  return { ...earlier, ...Object.fromEntries(said) }
}

/** `usage` of a message. The format demands numbers, so a count that the vendor did not give is 0 there. */
export function writeUsage(usage: Usage): JsonRecord {
  return {
    cache_creation: null,
    ...writeDeltaUsage(usage),
    input_tokens: usage.inputTokens ?? 0,
    inference_geo: null,
    service_tier: null,
    speed: null,
  }
}

/**
 * `usage` of the event `message_delta`. The vendor tells how long caches are kept at the beginning of a stream, where
 * nothing of the usage is known of other vendors' answers. So it is told here.
 */
export function writeDeltaUsage(usage: Usage): JsonRecord {
  const { reasoningTokens, units: counted, longCacheWriteTokens: long } = usage
  return {
    input_tokens: usage.inputTokens ?? null,
    output_tokens: usage.outputTokens ?? 0,
    cache_creation_input_tokens: usage.cacheWriteTokens ?? null,
    cache_read_input_tokens: usage.cacheReadTokens ?? null,
    ...(long !== undefined && {
      cache_creation: {
        ephemeral_5m_input_tokens: Math.max(0, (usage.cacheWriteTokens ?? long) - long),
        ephemeral_1h_input_tokens: long,
      },
    }),
    output_tokens_details: reasoningTokens === undefined ? null : { thinking_tokens: reasoningTokens },
    server_tool_use: units.some(([, unit]) => counted?.[unit] !== undefined)
      ? Object.fromEntries(units.map(([wire, unit]) => [wire, counted?.[unit] ?? 0]))
      : null,
  }
}
