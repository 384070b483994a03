import type { JsonRecord } from '../../../json.ts'
import type { ChatRequest, ChatTool } from '../../../provider/contract.ts'
import { at, type GeminiContext, ownOptions } from './gemini-printing.ts'

/** `tools`: one entry with all functions, and one for each tool that Google runs. */
export function wireTools(tools: readonly ChatTool[], context: GeminiContext): readonly JsonRecord[] {
  const functions: JsonRecord[] = []
  const others: JsonRecord[] = []
  for (const [place, tool] of tools.entries()) {
    const inside = at(context, `tools[${place}]`)
    if (tool.type === 'function') functions.push(wireFunction(tool, inside))
    else others.push(...wireOther(tool, inside))
  }
  return [...(functions.length === 0 ? [] : [{ functionDeclarations: functions }]), ...others]
}

function wireFunction(tool: ChatTool & { readonly type: 'function' }, context: GeminiContext): JsonRecord {
  const { carriage, path } = context
  const { name, description, parameters, strict, cacheMark } = tool
  if (strict !== undefined) carriage.approximate(`${path}.strict`, 'left out')
  if (cacheMark !== undefined) carriage.approximate(`${path}.cacheMark`, 'left out')
  return {
    ...ownOptions(tool, context),
    name,
    ...(description !== undefined && { description }),
    parametersJsonSchema: parameters,
  }
}

function wireOther(
  tool: Exclude<ChatTool, { readonly type: 'function' }>,
  { carriage, path, vendors }: GeminiContext,
): readonly JsonRecord[] {
  if (tool.type === 'custom') carriage.refuse(path, 'a tool that takes free text', 'declare a function')
  else if (vendors.includes(tool.vendor)) return [tool.data as JsonRecord]
  else if (tool.required === true) carriage.refuse(path, `"${tool.kind}" of ${tool.vendor}`)
  else carriage.approximate(path, 'left out')
  return []
}

/** `functionCallingConfig`. */
export function wireToolChoice(
  choice: NonNullable<ChatRequest['toolChoice']>,
  { carriage }: GeminiContext,
): JsonRecord | undefined {
  if (choice === 'auto') return { mode: 'AUTO' }
  if (choice === 'none') return { mode: 'NONE' }
  if (choice === 'required') return { mode: 'ANY' }
  if (choice.custom !== true) return { mode: 'ANY', allowedFunctionNames: [choice.name] }
  carriage.refuse('toolChoice', 'a tool that takes free text')
  return undefined
}
