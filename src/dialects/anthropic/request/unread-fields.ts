import { isRecord, type JsonRecord } from '../../../json.ts'
import type { UnreadField } from '../../../provider/contract.ts'
import { recordOf, restOf } from '../vendor.ts'

/** The members of the body that the contract has a field for, or whose members are looked at one by one. */
const readFields: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'system',
  'max_tokens',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'tools',
  'tool_choice',
  'stream',
  'metadata',
  'thinking',
  'output_config',
])

/** Wishes about price, speed, storage and what is told besides the answer. */
const hints: ReadonlySet<string> = new Set(['service_tier', 'speed', 'cache_control', 'diagnostics'])

/** Values that ask for what comes without them, too. */
const neutral: ReadonlyMap<string, unknown> = new Map([
  ['service_tier', 'auto'],
  ['speed', 'standard'],
])

const choiceFields: ReadonlySet<string> = new Set(['type', 'name', 'disable_parallel_tool_use'])
const outputFields: ReadonlySet<string> = new Set(['effort', 'format'])
const formatFields: ReadonlySet<string> = new Set(['type', 'schema'])
const thinkingFields: ReadonlySet<string> = new Set(['type', 'budget_tokens', 'display'])
const metadataFields: ReadonlySet<string> = new Set(['user_id'])

/** What a body says that the contract has no word for. */
export function unreadFields(body: JsonRecord): readonly UnreadField[] {
  const unread: UnreadField[] = []
  for (const name in body) {
    if (readFields.has(name) || isNeutral(name, body[name])) continue
    unread.push(hints.has(name) ? { field: name, hint: true } : { field: name })
  }
  return [
    ...unread,
    ...membersOf(body.tool_choice, 'tool_choice', choiceFields),
    ...membersOf(body.metadata, 'metadata', metadataFields).map(asHint),
    ...membersOf(body.output_config, 'output_config', outputFields),
    ...formatOf(body),
    ...membersOf(body.thinking, 'thinking', thinkingFields),
    ...thinkingOf(body),
  ]
}

function isNeutral(name: string, value: unknown): boolean {
  if (value === null || value === neutral.get(name)) return true
  return Array.isArray(value) && value.length === 0
}

function membersOf(value: unknown, path: string, known: ReadonlySet<string>): readonly UnreadField[] {
  const unknown = restOf(recordOf(value), known) ?? {}
  return Object.keys(unknown).map((member) => ({ field: `${path}.${member}` }))
}

function asHint({ field }: UnreadField): UnreadField {
  return { field, hint: true }
}

/** A form of the answer that is no JSON schema is not read at all. */
function formatOf({ output_config: output }: JsonRecord): readonly UnreadField[] {
  const { format } = recordOf(output)
  if (!isRecord(format)) return []
  const path = 'output_config.format'
  return format.type === 'json_schema' ? membersOf(format, path, formatFields) : [{ field: path }]
}

/**
 * Thinking as much as the model likes is what other vendors do by themselves, or what the effort says. How much of the
 * thoughts is shown changes nothing in the answer.
 */
function thinkingOf({ thinking, output_config: output }: JsonRecord): readonly UnreadField[] {
  if (!isRecord(thinking)) return []
  const isRead = thinking.type === 'enabled' || thinking.type === 'disabled'
  const saysEffort = thinking.type === 'adaptive' && isRecord(output) && typeof output.effort === 'string'
  const shown =
    typeof thinking.display === 'string' ? [{ field: 'thinking.display', hint: true } as const] : []
  return isRead || saysEffort ? shown : [{ field: 'thinking', hint: true }, ...shown]
}
