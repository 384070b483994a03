import { isRecord, type JsonRecord } from '../../../json.ts'
import type { UnreadField } from '../../../provider/contract.ts'

/** Fields that chats have a word for, or that only say how the answer is sent. */
const read: ReadonlySet<string> = new Set([
  'model',
  'input',
  'instructions',
  'max_output_tokens',
  'temperature',
  'top_p',
  'parallel_tool_calls',
  'safety_identifier',
  'user',
  'stream',
  'stream_options',
  'tools',
])

/** Labels, and wishes about price, storage, speed and style. */
const hints: ReadonlySet<string> = new Set([
  'metadata',
  'store',
  'service_tier',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  // Without it an input that is too long is an error, which nobody overlooks.
  'truncation',
])

/** The values that say the same as nothing. */
const neutral: Readonly<Record<string, unknown>> = {
  background: false,
  // What the caller could do with a stored answer is refused by its own name.
  store: true,
  service_tier: 'auto',
  truncation: 'disabled',
  top_logprobs: 0,
}

/** Wishes about the form of an answer that other formats have anyway. */
const includeHint = 'reasoning.encrypted_content'

/** What the body says that chats have no word for. */
export function unreadFields(body: JsonRecord, isChoiceRead: boolean): readonly UnreadField[] {
  const unread: UnreadField[] = []
  const add = (field: string, hint: boolean): void => {
    unread.push(hint ? { field, hint } : { field })
  }
  for (const name in body) {
    const value = body[name]
    if (read.has(name) || value === null || isEmpty(value) || value === neutral[name]) continue
    if (name === 'tool_choice') {
      if (!isChoiceRead) add(name, false)
    } else if (name === 'reasoning' && isRecord(value)) {
      for (const member of said(value, ['effort'])) add(`reasoning.${member}`, true)
    } else if (name === 'text' && isRecord(value)) {
      for (const member of said(value, ['format'])) add(`text.${member}`, member === 'verbosity')
      for (const field of unreadFormat(value.format)) add(field, false)
    } else if (name === 'include' && Array.isArray(value)) {
      add(
        name,
        value.every((each) => each === includeHint),
      )
    } else add(name, hints.has(name))
  }
  return unread
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

function said(record: JsonRecord, known: readonly string[]): readonly string[] {
  return Object.keys(record).filter((name) => !known.includes(name) && record[name] !== null)
}

const formatFields = ['type', 'name', 'description', 'schema', 'strict']

function unreadFormat(format: unknown): readonly string[] {
  if (!isRecord(format)) return []
  const { type } = format
  if (type !== 'text' && type !== 'json_object' && type !== 'json_schema') return ['text.format']
  return said(format, formatFields).map((member) => `text.format.${member}`)
}
