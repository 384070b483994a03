import type { ChatRequest, ChatTool } from '../../../provider/contract.ts'
import { JsonFields } from '../../json-fields.ts'
import { anthropicVendor, besides } from '../vendor.ts'

const toolFields: ReadonlySet<string> = new Set(['type', 'name', 'description', 'input_schema', 'strict'])

/** Reads `tools`. A tool of Anthropic's own, such as its web search, becomes a required opaque one. */
export function readTools(fields: JsonFields): readonly ChatTool[] | undefined {
  const list = fields.optionalList('tools', 'a list of tools')
  return list?.map((value, index) => readTool(new JsonFields(value, `tools[${index}]`)))
}

function readTool(tool: JsonFields): ChatTool {
  const type = tool.optionalString('type') ?? 'custom'
  if (type !== 'custom') {
    return { type: 'opaque', vendor: anthropicVendor, kind: type, data: tool.record, required: true }
  }
  const schema = tool.optionalFields('input_schema')
  if (schema === undefined) throw tool.wrong('input_schema', 'a JSON Schema of the type object')
  const description = tool.optionalString('description')
  const strict = tool.optionalBoolean('strict')
  return {
    type: 'function',
    name: tool.string('name'),
    ...(description !== undefined && { description }),
    parameters: schema.record,
    ...(strict !== undefined && { strict }),
    ...besides(tool.record, toolFields),
  }
}

const choices: ReadonlyMap<string, 'auto' | 'none' | 'required'> = new Map([
  ['auto', 'auto'],
  ['any', 'required'],
  ['none', 'none'],
])

const choiceNames = 'auto, any, tool or none'

/** Reads `tool_choice`, which also says whether several tools may be called at once. */
export function readToolChoice(
  fields: JsonFields,
): Pick<ChatRequest, 'toolChoice' | 'parallelToolCalls'> | undefined {
  const choice = fields.optionalFields('tool_choice')
  if (choice === undefined) return undefined
  const type = choice.string('type', choiceNames)
  const toolChoice = type === 'tool' ? { name: choice.string('name', "a tool's name") } : choices.get(type)
  if (toolChoice === undefined) throw choice.wrong('type', choiceNames)
  const isAlone = choice.optionalBoolean('disable_parallel_tool_use')
  return { toolChoice, ...(isAlone !== undefined && { parallelToolCalls: !isAlone }) }
}
