import type { LanguageModelV4Content, LanguageModelV4GenerateResult } from '@ai-sdk/provider'
import { type ChatPart, type ChatReply, withNativeObject } from '../../provider/contract.ts'
import { refuseBroken } from '../visible-output.ts'
import { aiSdkDialect, aiSdkVendor, vendorOptions } from './dialect.ts'
import { readFile } from './media.ts'
import { ownMarks, readForeign, reasoningMarks } from './own-marks.ts'
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

function readContent(content: LanguageModelV4Content): ChatPart {
  const { providerMetadata } = content
  switch (content.type) {
    case 'text': {
      const type = ownMarks(providerMetadata).refusal === true ? 'refusal' : 'text'
      return { type, text: content.text, ...vendorOptions(providerMetadata) }
    }
    case 'reasoning':
      return { type: 'reasoning', text: content.text, ...reasoningMarks(providerMetadata) }
    case 'file':
      return readFile({ ...content, ...(providerMetadata && { providerOptions: providerMetadata }) })
    case 'tool-call': {
      if (content.providerExecuted === true) break
      const { toolCallId: id, toolName: name, input } = content
      return { type: 'tool-call', id, name, arguments: input, ...vendorOptions(providerMetadata) }
    }
    case 'custom': {
      const foreign = readForeign(content.kind, providerMetadata)
      if (foreign !== undefined) return foreign
    }
  }
  return { type: 'opaque', vendor: aiSdkVendor, kind: content.type, data: content }
}
