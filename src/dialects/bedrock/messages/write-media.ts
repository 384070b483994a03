import type { JsonRecord } from '../../../json.ts'
import type { AudioPart, FilePart, ImagePart } from '../../../provider/contract.ts'
import { readDataUrl } from '../../data-url.ts'
import { documentName } from './document-name.ts'
import { bucketOwner, formatOf, type MediaKind, mediaFormats } from './media.ts'
import { type BlockRole, type ConverseContext, leaveOut, ownOptions } from './write-context.ts'

type MediaPart = ImagePart | AudioPart | FilePart

/** The block of an image, audio, video or document. Undefined for one that was refused. */
export function mediaBlock(
  part: MediaPart,
  role: BlockRole,
  context: ConverseContext,
): JsonRecord | undefined {
  const { carriage, path } = context
  if (role === 'system' || role === 'assistant' || (role === 'tool' && part.type === 'audio')) {
    const where = role === 'tool' ? 'the answer of a tool' : `a message with the role ${role}`
    carriage.refuse(path, `${part.type} in ${where}`, 'give it in a message of the user')
    return undefined
  }
  const source = sourceOf(part, context)
  if (source === undefined) return undefined
  const kind = kindOf(part, source.mediaType)
  const format = formatOf(kind, source.mediaType)
  if (format === undefined && !(kind === 'document' && source.mediaType === '')) {
    const type = source.mediaType === '' ? 'no media type' : `the media type ${source.mediaType}`
    carriage.refuse(path, `${part.type} of ${type}`, 'give it in another format')
    return undefined
  }
  const { bucketOwner, guardContent, ...more } = ownOptions(part.options, context)
  const isGuarded = guardContent !== undefined && kind === 'image' && role === 'user'
  leaveOut(
    {
      ...(!('s3Location' in source.source) && { bucketOwner }),
      ...(!isGuarded && { guardContent }),
    },
    context,
  )
  noteLosses(part, context)
  const media = {
    ...more,
    ...(format !== undefined && { format }),
    ...(kind === 'document' && { name: documentName(part, format, context) }),
    source: source.source,
  }
  return isGuarded ? { guardContent: { image: media } } : { [kind]: media }
}

function noteLosses(part: MediaPart, { carriage, path }: ConverseContext): void {
  if (part.type === 'image' && part.detail !== undefined && part.detail !== 'auto') {
    carriage.approximate(`${path}.detail`, 'left out')
  }
  if (part.type === 'audio' && part.transcript !== undefined) {
    carriage.approximate(`${path}.transcript`, 'left out')
  }
}

function kindOf({ type }: MediaPart, mediaType: string): MediaKind {
  if (type !== 'file') return type
  const [main = ''] = mediaType.split('/')
  return main === 'video' || main === 'audio' || main === 'image' ? main : 'document'
}

interface Source {
  readonly source: JsonRecord
  /** Empty when nobody says it. */
  readonly mediaType: string
}

function sourceOf(part: MediaPart, context: ConverseContext): Source | undefined {
  const { carriage, path } = context
  const { url, mediaType } = part
  const data = url === undefined ? undefined : readDataUrl(url)
  if (data !== undefined) {
    const told = data.mediaType === 'application/octet-stream' ? '' : data.mediaType
    return { source: { bytes: data.base64 }, mediaType: told || mediaType || typeByName(part) }
  }
  if (url?.startsWith('s3://') === true) {
    const s3Location = { uri: url, ...bucketOwner(part) }
    return { source: { s3Location }, mediaType: mediaType ?? (typeByName(part) || typeByEnding(part, url)) }
  }
  const what = url === undefined ? `${part.type} by the id of a file` : `${part.type} by its address`
  carriage.refuse(path, what, 'give its bytes, or an object of S3')
  return undefined
}

function typeByName(part: MediaPart): string {
  return part.type === 'file' && part.filename !== undefined ? typeByEnding(part, part.filename) : ''
}

/** Of `report.pdf` the type of a PDF. */
function typeByEnding({ type }: MediaPart, name: string): string {
  const ending = name.slice(name.lastIndexOf('.') + 1).toLowerCase()
  if (type !== 'file') return mediaFormats[type][ending === 'jpg' ? 'jpeg' : ending] ?? ''
  return mediaFormats.document[ending] ?? mediaFormats.video[ending] ?? ''
}
