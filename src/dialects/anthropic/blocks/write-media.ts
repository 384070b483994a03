import type { JsonRecord } from '../../../json.ts'
import type { FilePart, ImagePart } from '../../../provider/contract.ts'
import { type DataUrl, readDataUrl } from '../../data-url.ts'
import type { BlockContext } from './block-context.ts'

const imageTypes: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp'])

/** Undefined for an image that was refused, where refusals are only listed. */
export function writeImage(image: ImagePart, context: BlockContext): JsonRecord | undefined {
  const { carriage, path } = context
  if (image.detail !== undefined && image.detail !== 'auto') {
    carriage.approximate(`${path}.detail`, 'left out')
  }
  const data = image.url === undefined ? undefined : readDataUrl(image.url)
  if (data === undefined) return sourced('image', addressed(image, 'an image', context))
  const mediaType = data.mediaType.toLowerCase()
  if (!imageTypes.has(mediaType)) {
    carriage.refuse(path, `an image of the type ${mediaType}`, 'give it as PNG, JPEG, GIF or WebP')
    return undefined
  }
  return { type: 'image', source: { type: 'base64', media_type: mediaType, data: data.base64 } }
}

/** Undefined for a file that was refused, where refusals are only listed. */
export function writeDocument(file: FilePart, context: BlockContext): JsonRecord | undefined {
  const data = file.url === undefined ? undefined : readDataUrl(file.url)
  const document =
    data === undefined
      ? sourced('document', addressed(file, 'a file', context))
      : sourced('document', inlined(data, context))
  const { filename } = file
  return document === undefined || filename === undefined ? document : { ...document, title: filename }
}

function sourced(type: string, source: JsonRecord | undefined): JsonRecord | undefined {
  return source === undefined ? undefined : { type, source }
}

function inlined(
  { mediaType: given, base64 }: DataUrl,
  { carriage, path }: BlockContext,
): JsonRecord | undefined {
  // RFC 2397: a text, where nothing else is said.
  const mediaType = given.toLowerCase() || 'text/plain'
  if (mediaType === 'application/pdf') return { type: 'base64', media_type: mediaType, data: base64 }
  const isText =
    mediaType.startsWith('text/') || /^application\/(?:[^/]*\+)?(?:json|xml|yaml)$/.test(mediaType)
  const text = isText ? textOfBase64(base64) : undefined
  if (text === undefined) {
    carriage.refuse(path, `a file of the type ${mediaType}`, 'give a PDF, or a text in UTF-8')
    return undefined
  }
  if (mediaType !== 'text/plain') carriage.approximate(`${path}.mediaType`, 'text/plain')
  return { type: 'text', media_type: 'text/plain', data: text }
}

function addressed(
  { url, fileId }: Pick<ImagePart, 'url' | 'fileId'>,
  what: string,
  { carriage, path, hasOwnFiles }: BlockContext,
): JsonRecord | undefined {
  if (url !== undefined && /^https?:\/\//i.test(url)) return { type: 'url', url }
  if (fileId !== undefined && hasOwnFiles) return { type: 'file', file_id: fileId }
  if (fileId !== undefined && url === undefined) {
    carriage.refuse(path, `${what} that another vendor keeps`, 'give its bytes or its address')
  } else {
    carriage.refuse(path, `${what} at an address that is not http: or https:`, 'give its bytes')
  }
  return undefined
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of bytes in base64. Undefined for bytes that are no UTF-8. */
function textOfBase64(base64: string): string | undefined {
  try {
    return utf8.decode(Buffer.from(base64, 'base64'))
  } catch {
    return undefined
  }
}
