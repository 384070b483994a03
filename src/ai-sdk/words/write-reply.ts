import type { LanguageModelV4Content, LanguageModelV4GenerateResult, SharedV4Warning } from '@ai-sdk/provider'
import { type ChatPart, type ChatReply, nativeObject, originalOf } from '../../provider/contract.ts'
import { aiSdkDialect, aiSdkVendor } from './dialect.ts'
import { writeFile } from './media.ts'
import { metadataOf, writeForeign } from './own-marks.ts'
import { provenMetadata } from './proofs.ts'
import { writeFinish, writeUsage } from './usage.ts'

/** What an answer says that no model of the AI SDK gave. */
export interface AnswerFacts {
  readonly uncarried: readonly SharedV4Warning[]
  readonly timestamp: Date
  /** Stands for an id where the upstream gave none. */
  readonly requestId: string
}

/** The result of a model of the AI SDK as it came. Any other one, and one that was edited, is made. */
export function writeReply(reply: ChatReply, facts: AnswerFacts): LanguageModelV4GenerateResult {
  const native = nativeObject(reply, aiSdkDialect) as LanguageModelV4GenerateResult | undefined
  if (native !== undefined) {
    // The AI SDK would take the name of the route for the name of the model.
    if (native.response?.modelId !== undefined) return native
    return { ...native, response: { ...native.response, modelId: reply.model } }
  }
  const original = originalOf(reply, aiSdkDialect)?.object as LanguageModelV4GenerateResult | undefined
  const [choice] = reply.choices
  return {
    content: (choice?.content ?? []).map((part, place) => writeContent(part, `${facts.requestId}-${place}`)),
    finishReason: writeFinish(choice?.finishReason ?? 'other'),
    usage: writeUsage(reply.usage),
    // Warnings tell of the request, so that no edit of the answer makes them wrong.
    warnings: original?.warnings ?? [...facts.uncarried],
    response: {
      id: reply.id === '' ? facts.requestId : reply.id,
      modelId: reply.model,
      timestamp: original?.response?.timestamp ?? facts.timestamp,
    },
  }
}

/** `id` stands for the id of a call where the upstream gave none. */
function writeContent(part: ChatPart, id: string): LanguageModelV4Content {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text, ...provenMetadata(part) }
    case 'refusal':
      return { type: 'text', text: part.text, ...metadataOf(part.options, { refusal: true }) }
    case 'reasoning':
      return { type: 'reasoning', text: part.text, ...provenMetadata(part) }
    case 'tool-call':
      return {
        type: 'tool-call',
        toolCallId: part.id === '' ? id : part.id,
        toolName: part.name,
        input: part.custom === true ? JSON.stringify(part.arguments) : part.arguments,
        ...provenMetadata(part, { custom: part.custom }),
      }
    case 'opaque':
      return part.vendor === aiSdkVendor ? (part.data as LanguageModelV4Content) : writeForeign(part)
    default:
      return writeMedia(part)
  }
}

/** A file that only its vendor can find is told in our metadata, with no bytes. */
function writeMedia(
  part: Extract<ChatPart, { readonly type: 'image' | 'audio' | 'file' }>,
): LanguageModelV4Content {
  const transcript = part.type === 'audio' ? part.transcript : undefined
  const { data, mediaType } = writeFile(part, aiSdkVendor)
  const found = data.type === 'data' || data.type === 'url' ? data : ({ type: 'data', data: '' } as const)
  return {
    type: 'file',
    mediaType,
    data: found,
    ...metadataOf(part.options, { fileId: part.fileId, transcript }),
  }
}
