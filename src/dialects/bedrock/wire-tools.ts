import type { JsonRecord } from '../../json.ts'
import type { ChatRequest, ChatTool } from '../../provider/contract.ts'
import type { MemberEdits } from './converse-members.ts'
import { bedrockVendor } from './left-over.ts'
import { cachePointOf } from './messages/write-block.ts'
import { type ConverseContext, ownOptions } from './messages/write-context.ts'

/** Converse cannot forbid tools that it was told of. So they are not told, unless the conversation has calls of them. */
export function toolMembers(request: ChatRequest, context: ConverseContext): MemberEdits {
  const { tools = [], toolChoice, messages } = request
  if (toolChoice === 'none' && tools.length > 0) {
    const hasCalls = messages.some(
      ({ role, content }) => role === 'tool' || content.some(({ type }) => type === 'tool-call'),
    )
    if (!hasCalls) {
      context.carriage.approximate('toolChoice', 'said by leaving out the tools')
      for (const index of tools.keys()) context.carriage.approximate(`tools[${index}]`, 'left out')
      return { tools: undefined, toolChoice: undefined }
    }
    context.carriage.refuse('toolChoice', '"none" in a conversation with tool calls', 'leave it out')
  }
  const wire = tools.flatMap((tool, index) => wireTool(tool, { ...context, path: `tools[${index}]` }))
  if (wire.length === 0 && (toolChoice === 'required' || typeof toolChoice === 'object')) {
    context.carriage.refuse('toolChoice', 'a wish for a tool call without a tool')
  }
  return {
    tools: wire.length === 0 ? undefined : wire,
    toolChoice: wire.length === 0 ? undefined : wireToolChoice(toolChoice, context),
  }
}

function wireTool(tool: ChatTool, context: ConverseContext): readonly JsonRecord[] {
  const { carriage, path, vendor } = context
  if (tool.type === 'opaque') {
    if (tool.vendor === bedrockVendor || tool.vendor === vendor) return [tool.data as JsonRecord]
    if (tool.required === true) carriage.refuse(path, `"${tool.kind}" of ${tool.vendor}`)
    else carriage.approximate(path, 'left out')
    return []
  }
  if (tool.type === 'custom') {
    carriage.refuse(path, 'a custom tool')
    return []
  }
  const { name, description, parameters, strict, cacheMark } = tool
  const toolSpec = {
    ...ownOptions(tool.options, context),
    name,
    ...(description !== undefined && description !== '' && { description }),
    inputSchema: { json: parameters },
    ...(strict !== undefined && { strict }),
  }
  if (cacheMark === undefined) return [{ toolSpec }]
  const cachePoint = cachePointOf(cacheMark.ttl, () =>
    carriage.approximate(`${path}.cacheMark.ttl`, 'left out'),
  )
  return [{ toolSpec }, { cachePoint }]
}

function wireToolChoice(
  choice: ChatRequest['toolChoice'],
  { carriage }: ConverseContext,
): JsonRecord | undefined {
  if (choice === undefined || choice === 'none') return undefined
  if (choice === 'auto') return { auto: {} }
  if (choice === 'required') return { any: {} }
  if (choice.custom !== true) return { tool: { name: choice.name } }
  carriage.refuse('toolChoice', 'a custom tool')
  return undefined
}
