import { isRecord, type JsonRecord } from '../../../json.ts'
import type { ChatRequest, ChatTool, UnreadField } from '../../../provider/contract.ts'
import type { JsonFields } from '../../json-fields.ts'
import { geminiFields, googleOptions, optionalGeminiFields, unreadIn } from '../gemini-fields.ts'
import { googleVendor } from '../gemini-names.ts'
import { jsonSchemaOf } from './schema.ts'

/** Reads `tools`. Each entry may hold several functions, and tools that Google runs. Throws `bad-request`. */
export function parseTools(fields: JsonFields): readonly ChatTool[] | undefined {
  const list = fields.optionalList('tools', 'a list of tools')
  return list?.flatMap((value, place) => toolsOf(geminiFields(value, `tools[${place}]`)))
}

function toolsOf(entry: JsonFields): readonly ChatTool[] {
  const functions = entry.optionalList('functionDeclarations', 'a list of functions') ?? []
  const path = entry.at('functionDeclarations')
  const others = Object.keys(entry.record).filter((name) => name !== 'functionDeclarations')
  return [
    ...functions.map((value, place) => functionTool(geminiFields(value, `${path}[${place}]`))),
    ...others.map((kind) => ({
      type: 'opaque' as const,
      vendor: googleVendor,
      kind,
      data: { [kind]: entry.record[kind] },
      required: true as const,
    })),
  ]
}

const functionFields: ReadonlySet<string> = new Set([
  'name',
  'description',
  'parameters',
  'parametersJsonSchema',
])

function functionTool(declared: JsonFields): ChatTool {
  const description = declared.optionalString('description')
  return {
    type: 'function',
    name: declared.string('name', "the function's name"),
    ...(description !== undefined && { description }),
    parameters: parametersOf(declared),
    ...googleOptions(declared.record, functionFields),
  }
}

function parametersOf(declared: JsonFields): JsonRecord {
  const schema = declared.value('parametersJsonSchema') ?? jsonSchemaOf(declared.value('parameters'))
  if (schema === undefined) return { type: 'object', properties: {} }
  if (!isRecord(schema)) throw declared.wrong('parametersJsonSchema', 'an object')
  return schema
}

export interface GeminiChoice {
  readonly toolChoice: ChatRequest['toolChoice']
  readonly unread: readonly UnreadField[]
}

const configFields: ReadonlySet<string> = new Set(['functionCallingConfig'])
const callingFields: ReadonlySet<string> = new Set(['mode'])

/** Reads `toolConfig`. */
export function parseToolConfig(fields: JsonFields): GeminiChoice {
  const config = optionalGeminiFields(fields, 'toolConfig')
  if (config === undefined) return { toolChoice: undefined, unread: [] }
  const beside = unreadIn(config, configFields)
  const calling = optionalGeminiFields(config, 'functionCallingConfig')
  if (calling === undefined) return { toolChoice: undefined, unread: beside }
  const { toolChoice, read } = choiceOf(calling)
  return { toolChoice, unread: [...beside, ...unreadIn(calling, read), ...validated(calling)] }
}

function choiceOf(calling: JsonFields): {
  readonly toolChoice: ChatRequest['toolChoice']
  readonly read: ReadonlySet<string>
} {
  const names = calling.optionalList('allowedFunctionNames', 'a list of names') ?? []
  const [name] = names
  switch (calling.optionalString('mode')) {
    case undefined:
    case 'MODE_UNSPECIFIED':
      return { toolChoice: undefined, read: callingFields }
    case 'AUTO':
    case 'VALIDATED':
      return { toolChoice: 'auto', read: callingFields }
    case 'NONE':
      return { toolChoice: 'none', read: callingFields }
    case 'ANY':
      return names.length === 1 && typeof name === 'string'
        ? { toolChoice: { name }, read: new Set(['mode', 'allowedFunctionNames']) }
        : { toolChoice: 'required', read: callingFields }
    default:
      throw calling.wrong('mode', 'AUTO, ANY, NONE or VALIDATED')
  }
}

/** With it, arguments fit their schemas. The call means the same without. */
function validated(calling: JsonFields): readonly UnreadField[] {
  return calling.value('mode') === 'VALIDATED' ? [{ field: calling.at('mode'), hint: true }] : []
}
