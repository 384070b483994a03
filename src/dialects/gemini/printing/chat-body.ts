import type { JsonRecord } from '../../../json.ts'
import type { ChatRequest } from '../../../provider/contract.ts'
import { refuseEmpty } from '../../refuse-empty.ts'
import { wireContents, wireSystem } from './contents-wire.ts'
import { type GeminiContext, type GeminiPrinting, geminiContext, withOptions } from './gemini-printing.ts'
import { generationFields, wireGeneration } from './generation-wire.ts'
import { wireToolChoice, wireTools } from './tools-wire.ts'

/** The body of `generateContent` for a request that did not come in this dialect. */
export function geminiBody(request: ChatRequest, printing: GeminiPrinting): JsonRecord {
  const context = geminiContext(request, printing)
  context.carriage.unread(request)
  const generation = wireGeneration(request, generationFields, context)
  const said: Record<string, unknown> = {
    ...wireMessages(context),
    ...(Object.keys(generation).length > 0 && { generationConfig: generation }),
    ...wireCalling(request, context),
  }
  tellLeftOut(request, context)
  return withOptions(said, request.options?.[printing.vendor])
}

/** `systemInstruction` and `contents`. */
export function wireMessages(context: GeminiContext): JsonRecord {
  const { request, carriage } = context
  const systemInstruction = wireSystem(context)
  const contents = wireContents([...request.messages.entries()], context)
  // Google takes no conversation in which nobody but the system speaks.
  refuseEmpty(contents, carriage)
  return {
    ...(systemInstruction !== undefined && { systemInstruction }),
    contents: contents.length === 0 ? [{ role: 'user', parts: [] }] : contents,
  }
}

/** `tools` and `toolConfig`. */
export function wireCalling({ tools, toolChoice }: ChatRequest, context: GeminiContext): JsonRecord {
  const written = tools === undefined ? [] : wireTools(tools, context)
  const calling = toolChoice === undefined ? undefined : wireToolChoice(toolChoice, context)
  return {
    ...(written.length > 0 && { tools: written }),
    ...(calling !== undefined && { toolConfig: { functionCallingConfig: calling } }),
  }
}

export function tellLeftOut({ parallelToolCalls, endUser }: ChatRequest, { carriage }: GeminiContext): void {
  if (parallelToolCalls === false) carriage.refuse('parallelToolCalls', 'false')
  if (endUser !== undefined) carriage.approximate('endUser', 'left out')
}
