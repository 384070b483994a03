import type { JsonRecord } from '../../../json.ts'
import type { AudioPart, FilePart, ImagePart } from '../../../provider/contract.ts'
import { mediaTypeIn } from '../media-type.ts'
import { isGooglesFile } from '../request/content-part.ts'
import type { GeminiContext } from './gemini-printing.ts'

export type GeminiMedia = ImagePart | AudioPart | FilePart

/**
 * `inlineData` or `fileData`. Undefined for what this format cannot say, which was refused. In the answer of a function,
 * not every service takes addresses.
 */
export function wireMedia(
  part: GeminiMedia,
  context: GeminiContext,
  inToolResult = false,
): JsonRecord | undefined {
  const { carriage, abilities, path } = context
  tellShape(part, context)
  const named = nameOf(part, context)
  if (part.url?.startsWith('data:')) return wireBytes(part, part.url, named, context)
  const address = addressOf(part, context)
  if (address === undefined) return undefined
  if (inToolResult && !abilities.addressesInToolResults) {
    carriage.refuse(path, `${nounOf(part)} at an address in the answer of a tool`, 'give its bytes')
    return undefined
  }
  const mimeType = part.mediaType ?? mediaTypeIn(address)
  if (mimeType === undefined && abilities.needsMediaType) {
    carriage.refuse(path, `${nounOf(part)} whose media type is unknown`, 'give its mediaType, or its bytes')
    return undefined
  }
  return { fileData: { ...named, ...(mimeType !== undefined && { mimeType }), fileUri: address } }
}

/** What the model gets all the same without. */
function tellShape(part: GeminiMedia, { carriage, path }: GeminiContext): void {
  if (part.type === 'image' && part.detail !== undefined && part.detail !== 'auto') {
    carriage.approximate(`${path}.detail`, 'left out')
  }
  if (part.type === 'audio' && part.transcript !== undefined) {
    carriage.approximate(`${path}.transcript`, 'left out')
  }
}

function nameOf(part: GeminiMedia, { abilities, carriage, path }: GeminiContext): JsonRecord {
  if (part.type !== 'file' || part.filename === undefined) return {}
  if (abilities.displayNames) return { displayName: part.filename }
  carriage.approximate(`${path}.filename`, 'left out')
  return {}
}

function wireBytes(
  part: GeminiMedia,
  url: string,
  named: JsonRecord,
  context: GeminiContext,
): JsonRecord | undefined {
  const comma = url.indexOf(',')
  const head = url.slice('data:'.length, Math.max(0, comma))
  const isBase64 = head.endsWith(';base64')
  const mimeType = (isBase64 ? head.slice(0, -';base64'.length) : head) || part.mediaType || 'text/plain'
  const data = isBase64 ? url.slice(comma + 1) : encoded(url.slice(comma + 1))
  if (comma !== -1 && data !== undefined) return { inlineData: { ...named, mimeType, data } }
  context.carriage.refuse(context.path, `${nounOf(part)} in a data: URL that cannot be read`, 'write base64')
  return undefined
}

function encoded(text: string): string | undefined {
  try {
    return Buffer.from(decodeURIComponent(text)).toString('base64')
  } catch {
    return undefined
  }
}

function addressOf(part: GeminiMedia, { abilities, carriage, path }: GeminiContext): string | undefined {
  const { url, fileId } = part
  if (url !== undefined && (/^https?:/i.test(url) || (abilities.cloudStorage && url.startsWith('gs:'))))
    return url
  if (fileId !== undefined && abilities.ownFiles) {
    if (isGooglesFile(fileId)) return fileId
    if (/^files\/[\w-]+$/.test(fileId)) return `https://generativelanguage.googleapis.com/v1beta/${fileId}`
  }
  if (url === undefined) carriage.refuse(path, `${nounOf(part)} by the id of a file`, 'give its url')
  else carriage.refuse(path, `${nounOf(part)} at an address of a cloud`, 'give its bytes')
  return undefined
}

function nounOf({ type }: GeminiMedia): string {
  if (type === 'image') return 'an image'
  return type === 'audio' ? 'audio' : 'a file'
}
