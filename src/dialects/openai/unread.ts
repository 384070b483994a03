import { isRecord, type JsonRecord } from '../../json.ts'
import type { UnreadField } from '../../provider/contract.ts'

/** Labels, and wishes about price, storage, caches and speed. The answer means the same without them. */
const hints: ReadonlySet<string> = new Set([
  'metadata',
  'moderation',
  'prediction',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'service_tier',
  'store',
  'user',
  'verbosity',
])

/** The values of numbers that say the same as nothing. */
const neutral: Readonly<Record<string, unknown>> = { best_of: 1, top_logprobs: 0 }

/** The members of a body that the contract has no word for. Those that say nothing, such as `logprobs: false`, are none. */
export function unreadFields(
  body: JsonRecord,
  known: ReadonlySet<string>,
): { readonly unread?: readonly UnreadField[] } {
  let unread: UnreadField[] | undefined
  for (const field in body) {
    if (known.has(field) || saysNothing(field, body[field])) continue
    unread ??= []
    unread.push(hints.has(field) ? { field, hint: true } : { field })
  }
  return unread === undefined ? {} : { unread }
}

function saysNothing(field: string, value: unknown): boolean {
  if (value === null || value === false || value === undefined || value === neutral[field]) return true
  if (isRecord(value)) return Object.keys(value).length === 0
  return field === 'modalities' && Array.isArray(value) && value.length === 1 && value[0] === 'text'
}
