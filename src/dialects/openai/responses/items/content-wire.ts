import type { JsonRecord } from '../../../../json.ts'
import type { ChatPart, FilePart, ImagePart } from '../../../../provider/contract.ts'
import type { Carriage } from '../../../carriage.ts'
import { fileName } from '../../messages/file-name.ts'
import { openaiResponsesDialect, sentVendors, sentWords } from '../own-words.ts'

/** What is known while a message is written. */
export interface ItemWriting {
  /** The entry of `options` to send. */
  readonly vendor: string
  readonly carriage: Carriage
  /** The ids of calls of custom tools, whose answers are items of their own kind. */
  readonly customCalls: ReadonlySet<string>
}

/** One part of what a user, a system or a tool says. Undefined for one that is left out. */
export function wireContent(part: ChatPart, path: string, writing: ItemWriting): JsonRecord | undefined {
  const { carriage } = writing
  const more = partWords(part, path, writing)
  switch (part.type) {
    case 'text':
      if (part.signature !== undefined) carriage.approximate(`${path}.signature`, 'left out')
      return { ...more, type: 'input_text', text: part.text }
    case 'refusal':
      return { ...more, type: 'input_text', text: part.text }
    case 'image':
      return refusedMedia(part, path, writing) ? undefined : { ...more, ...wireImage(part) }
    case 'file':
      return refusedMedia(part, path, writing) ? undefined : { ...more, ...wireFile(part, path, carriage) }
    case 'audio':
      carriage.refuse(path, 'audio', 'give its transcript as text')
      return undefined
    case 'reasoning':
      carriage.approximate(path, 'left out')
      return undefined
    case 'tool-call':
      carriage.refuse(path, 'a tool call that the assistant does not make')
      return undefined
    case 'opaque':
      return wireOpaque(part, path, writing)
  }
}

/** The options to send with a part. Tells what is left out of it. */
export function partWords(part: ChatPart, path: string, { vendor, carriage }: ItemWriting): JsonRecord {
  if (part.cacheMark !== undefined)
    carriage.approximate(`${path}.cacheMark`, "left to the vendor's own cache")
  carriage.options(path, part.options, sentVendors(vendor))
  return sentWords(part.options, vendor)
}

export function wireOpaque(
  part: ChatPart & { readonly type: 'opaque' },
  path: string,
  { carriage }: Pick<ItemWriting, 'carriage'>,
): JsonRecord | undefined {
  if (part.vendor === openaiResponsesDialect) return part.data as JsonRecord
  if (part.required === true) carriage.refuse(path, `"${part.kind}" of ${part.vendor}`)
  else carriage.approximate(path, 'left out')
  return undefined
}

const address = /^[a-z][a-z0-9+.-]*:/i
const web = /^(?:https?|data):/i

function refusedMedia(part: ImagePart | FilePart, path: string, { carriage }: ItemWriting): boolean {
  const { url, fileId, mediaType, type } = part
  if (url === undefined && fileId === undefined) {
    carriage.refuse(path, `a part of type ${type} without a url and without a fileId`, 'give its bytes')
    return true
  }
  // Bytes alone, without a scheme, are taken for files.
  const isTaken = url === undefined || web.test(url) || (type === 'file' && !address.test(url))
  if (!isTaken && fileId === undefined) {
    carriage.refuse(path, `a part of type ${type} at an address of another vendor`, 'give its bytes')
    return true
  }
  if (mediaType !== undefined && !url?.startsWith('data:'))
    carriage.approximate(`${path}.mediaType`, 'left out')
  return false
}

function wireImage({ url, fileId, detail = 'auto' }: ImagePart): JsonRecord {
  return {
    type: 'input_image',
    ...(url === undefined || !web.test(url) ? {} : { image_url: url }),
    ...(fileId === undefined ? {} : { file_id: fileId }),
    detail,
  }
}

function wireFile(part: FilePart, path: string, carriage: Carriage): JsonRecord {
  const { url, fileId } = part
  const isFar = url !== undefined && /^https?:/i.test(url)
  return {
    type: 'input_file',
    ...(url === undefined ? {} : { [isFar ? 'file_url' : 'file_data']: url }),
    ...(fileId === undefined ? {} : { file_id: fileId }),
    ...fileName(part, path, carriage),
  }
}
