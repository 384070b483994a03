import type { JsonRecord } from '../../../json.ts'
import type { ChatRequest, ChatTool } from '../../../provider/contract.ts'
import type { Carriage } from '../../carriage.ts'
import { JsonFields } from '../../json-fields.ts'
import { withoutUndefined } from '../../without-undefined.ts'
import { openaiResponsesDialect, ownWords, sentVendors, sentWords } from './own-words.ts'

const functionFields: ReadonlySet<string> = new Set(['type', 'name', 'description', 'parameters', 'strict'])
const customFields: ReadonlySet<string> = new Set(['type', 'name', 'description', 'format'])

/** Reads `tools`. A tool that the vendor runs itself is a required part of this format. */
export function parseTools(fields: JsonFields): readonly ChatTool[] | undefined {
  return fields
    .optionalList('tools', 'a list of tools')
    ?.map((value, index) => parseTool(new JsonFields(value, `tools[${index}]`)))
}

function parseTool(tool: JsonFields): ChatTool {
  const type = tool.string('type', 'function, custom or another kind of tool')
  const { record } = tool
  if (type !== 'function' && type !== 'custom') {
    return { type: 'opaque', vendor: openaiResponsesDialect, kind: type, data: record, required: true }
  }
  const name = tool.string('name')
  const description = tool.optionalString('description')
  if (type === 'custom') {
    const format = tool.value('format')
    const said = withoutUndefined({ description, format: format === undefined ? undefined : nested(format) })
    return { type, name, ...said, ...ownWords(record, customFields) } as ChatTool
  }
  return {
    type,
    name,
    ...withoutUndefined({ description, strict: tool.optionalBoolean('strict') }),
    parameters: tool.optionalFields('parameters')?.record ?? { type: 'object', properties: {} },
    ...ownWords(record, functionFields),
  } as ChatTool
}

/** The form that chat completions have for a grammar, so that a tool of one format is a tool of the other. */
function nested(format: unknown): unknown {
  const { type, ...grammar } = format as JsonRecord
  return type === 'grammar' ? { type, grammar } : format
}

function flat(format: unknown): unknown {
  const { type, grammar, ...more } = format as JsonRecord
  return type === 'grammar' && typeof grammar === 'object' ? { type, ...grammar, ...more } : format
}

export interface ToolWriting {
  readonly vendor: string
  readonly carriage: Carriage
}

/** The tools to send. Refuses required ones of other formats. */
export function wireTools(tools: readonly ChatTool[], writing: ToolWriting): readonly JsonRecord[] {
  return tools.flatMap((tool, index) => wireTool(tool, `tools[${index}]`, writing))
}

function wireTool(tool: ChatTool, path: string, { vendor, carriage }: ToolWriting): readonly JsonRecord[] {
  if (tool.type === 'opaque') {
    if (tool.vendor === openaiResponsesDialect) return [tool.data as JsonRecord]
    if (tool.required === true) carriage.refuse(path, `"${tool.kind}" of ${tool.vendor}`)
    else carriage.approximate(path, 'left out')
    return []
  }
  carriage.options(path, tool.options, sentVendors(vendor))
  const { type, name, description } = tool
  const head = { ...sentWords(tool.options, vendor), type, name, ...withoutUndefined({ description }) }
  if (tool.type === 'custom')
    return [{ ...head, ...(tool.format === undefined ? {} : { format: flat(tool.format) }) }]
  if (tool.cacheMark !== undefined)
    carriage.approximate(`${path}.cacheMark`, "left to the vendor's own cache")
  // A function that says nothing is strict in this format, if its schema can be. Elsewhere it is not.
  return [{ ...head, parameters: tool.parameters, strict: tool.strict ?? false }]
}

/** Undefined for a choice that has no word in chats, such as a list of tools that are allowed. */
export function parseToolChoice(fields: JsonFields): ChatRequest['toolChoice'] {
  const choice = fields.value('tool_choice')
  if (choice === undefined || choice === 'auto' || choice === 'none' || choice === 'required') return choice
  if (typeof choice === 'string')
    throw fields.wrong('tool_choice', 'auto, none, required or a named function')
  const named = new JsonFields(choice, 'tool_choice')
  const type = named.value('type')
  if (type === 'function') return { name: named.string('name') }
  return type === 'custom' ? { name: named.string('name'), custom: true } : undefined
}

export function wireToolChoice(choice: NonNullable<ChatRequest['toolChoice']>): unknown {
  if (typeof choice !== 'object') return choice
  return { type: choice.custom === true ? 'custom' : 'function', name: choice.name }
}
