import type { JsonRecord } from '../../../json.ts'
import type { ChatRequest, ChatTool } from '../../../provider/contract.ts'
import { type BlockContext, writeBesides } from '../blocks/block-context.ts'
import { anthropicVendor } from '../vendor.ts'

/** `tools` of the body. What cannot be said is refused, or told as left out. */
export function writeTools(tools: readonly ChatTool[], context: BlockContext): readonly JsonRecord[] {
  return tools.flatMap((tool, index) => writeTool(tool, { ...context, path: `tools[${index}]` }))
}

function writeTool(tool: ChatTool, context: BlockContext): readonly JsonRecord[] {
  const { carriage, path, vendor } = context
  if (tool.type === 'opaque') {
    if (tool.vendor === anthropicVendor || tool.vendor === vendor) return [tool.data as JsonRecord]
    if (tool.required === true) carriage.refuse(path, `"${tool.kind}" of ${tool.vendor}`)
    else carriage.approximate(path, 'left out')
    return []
  }
  if (tool.type === 'custom') {
    carriage.refuse(path, 'a tool that takes free text', 'give it a JSON Schema')
    return []
  }
  const { name, description, parameters, strict } = tool
  return [
    {
      ...writeBesides(tool, context),
      name,
      ...(description !== undefined && { description }),
      input_schema: 'type' in parameters ? parameters : { type: 'object', ...parameters },
      ...(strict !== undefined && { strict }),
    },
  ]
}

/** `tool_choice` of the body. Undefined for a request without tools, and for what comes without it. */
export function writeToolChoice(
  { tools = [], toolChoice, parallelToolCalls }: ChatRequest,
  { carriage }: Pick<BlockContext, 'carriage'>,
): JsonRecord | undefined {
  const isForced = toolChoice === 'required' || typeof toolChoice === 'object'
  if (tools.length === 0 && !isForced) return undefined
  if (typeof toolChoice === 'object' && toolChoice.custom === true) {
    carriage.refuse('toolChoice', 'a tool that takes free text', 'give it a JSON Schema')
    return undefined
  }
  const alone = parallelToolCalls === undefined ? {} : { disable_parallel_tool_use: !parallelToolCalls }
  if (toolChoice === 'none') {
    if (parallelToolCalls !== undefined) carriage.approximate('parallelToolCalls', 'left out')
    return { type: 'none' }
  }
  if (toolChoice === 'required') return { type: 'any', ...alone }
  if (typeof toolChoice === 'object') return { type: 'tool', name: toolChoice.name, ...alone }
  return toolChoice === undefined && parallelToolCalls === undefined ? undefined : { type: 'auto', ...alone }
}
