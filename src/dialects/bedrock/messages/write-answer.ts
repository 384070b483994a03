import type { JsonRecord } from '../../../json.ts'
import { jsonBody } from '../../../provider/contract/json-body.ts'
import type { AudioPart, ChatPart, ImagePart, ToolCallPart } from '../../../provider/contract.ts'
import { readDataUrl } from '../../data-url.ts'
import { bedrockVendor } from '../left-over.ts'
import { isJsonText } from './is-json-text.ts'
import { formatOf } from './media.ts'
import { reasoningBlocks } from './reasoning.ts'

/**
 * The texts of the blocks that say a part of an answer to a caller. What Bedrock's format lacks is left out. The arguments of
 * a tool call stay as they were written.
 */
export function answerBlocks(part: ChatPart): readonly string[] {
  if (part.type !== 'tool-call') return blocksOfPart(part).map((block) => jsonBody(block))
  const head = jsonBody({ toolUseId: part.id, name: part.name })
  return [`{"toolUse":${head.slice(0, -1)},"input":${inputText(part)}}}`]
}

function blocksOfPart(part: Exclude<ChatPart, ToolCallPart>): readonly JsonRecord[] {
  switch (part.type) {
    case 'text': {
      const citations = part.options?.[bedrockVendor]?.citations
      if (citations !== undefined)
        return [{ citationsContent: { content: [{ text: part.text }], citations } }]
      return [{ text: part.text }]
    }
    case 'refusal':
      return [{ text: part.text }]
    case 'reasoning':
      return reasoningBlocks(part)
    case 'image':
    case 'audio':
      return mediaBlocks(part)
    case 'opaque':
      return part.vendor === bedrockVendor ? [part.data as JsonRecord] : []
    default:
      return []
  }
}

/** Arguments that are no JSON stay a text. */
function inputText({ arguments: text }: ToolCallPart): string {
  if (text.trim() === '') return '{}'
  return isJsonText(text) ? text : jsonBody(text)
}

function mediaBlocks(part: ImagePart | AudioPart): readonly JsonRecord[] {
  const data = part.url === undefined ? undefined : readDataUrl(part.url)
  const format = data && formatOf(part.type, data.mediaType)
  if (data === undefined || format === undefined) return []
  return [{ [part.type]: { format, source: { bytes: data.base64 } } }]
}
