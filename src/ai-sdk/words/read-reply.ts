import type {
  LanguageModelV4Content,
  LanguageModelV4GenerateResult,
  SharedV4ProviderMetadata,
} from '@ai-sdk/provider'
import {
  type ChatPart,
  type ChatReply,
  type ToolCallPart,
  withNativeObject,
} from '../../provider/contract.ts'
import { refuseBroken } from '../visible-output.ts'
import { aiSdkDialect, aiSdkVendor, vendorOptions } from './dialect.ts'
import { readFile } from './media.ts'
import { ownMarks, readForeign } from './own-marks.ts'
import { proofMarks } from './proofs.ts'
import { readFinish, readUsage } from './usage.ts'

/**
 * A whole result of a model. `model` is the one that was asked. Throws `interrupted` for an empty one of which the model says
 * that it is none.
 */
export function readReply(result: LanguageModelV4GenerateResult, model: string): ChatReply {
  const { content, finishReason, usage, response } = result
  if (content.length === 0) refuseBroken(finishReason)
  const reply: ChatReply = {
    id: response?.id ?? '',
    model: response?.modelId ?? model,
    choices: [{ content: content.map(readContent), finishReason: readFinish(finishReason) }],
    usage: readUsage(usage),
  }
  return withNativeObject(reply, aiSdkDialect, result)
}

/** The input of a whole call. That of a custom tool is a text, which is a JSON string here. */
export function readInput(
  input: string,
  provided: SharedV4ProviderMetadata | undefined,
): Pick<ToolCallPart, 'arguments' | 'custom'> {
  if (ownMarks(provided).custom !== true) return { arguments: input }
  try {
    const text: unknown = JSON.parse(input)
    return typeof text === 'string' ? { arguments: text, custom: true } : { arguments: input }
  } catch {
    return { arguments: input }
  }
}

function readContent(content: LanguageModelV4Content): ChatPart {
  const { providerMetadata } = content
  const known = { ...proofMarks(providerMetadata), ...vendorOptions(providerMetadata) }
  switch (content.type) {
    case 'text': {
      const type = ownMarks(providerMetadata).refusal === true ? 'refusal' : 'text'
      return { type, text: content.text, ...known }
    }
    case 'reasoning':
      return { type: 'reasoning', text: content.text, ...known }
    case 'file':
      return readFile({ ...content, ...(providerMetadata && { providerOptions: providerMetadata }) })
    case 'tool-call': {
      if (content.providerExecuted === true) break
      const { toolCallId: id, toolName: name, input } = content
      return { type: 'tool-call', id, name, ...readInput(input, providerMetadata), ...known }
    }
    case 'custom': {
      const foreign = readForeign(content.kind, providerMetadata)
      if (foreign !== undefined) return foreign
    }
  }
  return { type: 'opaque', vendor: aiSdkVendor, kind: content.type, data: content }
}
