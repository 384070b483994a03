import { isRecord, type JsonRecord } from '../../../json.ts'
import type { AudioPart, FilePart, ImagePart } from '../../../provider/contract.ts'
import type { JsonFields } from '../../json-fields.ts'
import { bedrockOptions, bedrockVendor } from '../left-over.ts'

type Formats = Readonly<Record<string, string>>

/** Media types by Bedrock's words for them. */
const images: Formats = {
  png: 'image/png',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
}

const audio: Formats = {
  mp3: 'audio/mpeg',
  mpeg: 'audio/mpeg',
  wav: 'audio/wav',
  opus: 'audio/opus',
  aac: 'audio/aac',
  'x-aac': 'audio/x-aac',
  flac: 'audio/flac',
  mp4: 'audio/mp4',
  m4a: 'audio/x-m4a',
  ogg: 'audio/ogg',
  mka: 'audio/x-matroska',
  mkv: 'audio/mkv',
  mpga: 'audio/mpga',
  pcm: 'audio/pcm',
  webm: 'audio/webm',
}

const video: Formats = {
  mp4: 'video/mp4',
  mov: 'video/quicktime',
  mkv: 'video/x-matroska',
  webm: 'video/webm',
  flv: 'video/x-flv',
  mpeg: 'video/mpeg',
  mpg: 'video/mpg',
  wmv: 'video/x-ms-wmv',
  three_gp: 'video/3gpp',
}

const documents: Formats = {
  pdf: 'application/pdf',
  csv: 'text/csv',
  doc: 'application/msword',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xls: 'application/vnd.ms-excel',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  html: 'text/html',
  txt: 'text/plain',
  md: 'text/markdown',
}

/** What others write in place of the types above. */
const otherNames: Formats = {
  'image/jpg': 'image/jpeg',
  'audio/mp3': 'audio/mpeg',
  'audio/x-wav': 'audio/wav',
  'audio/wave': 'audio/wav',
  'audio/m4a': 'audio/x-m4a',
  'audio/x-flac': 'audio/flac',
  'text/x-markdown': 'text/markdown',
}

export const mediaFormats: { readonly [Kind in MediaKind]: Formats } = {
  image: images,
  audio,
  video,
  document: documents,
}

export type MediaKind = 'image' | 'audio' | 'video' | 'document'

/** Bedrock's word for a media type of this kind. Undefined for one that it does not know. */
export function formatOf(kind: MediaKind, mediaType: string): string | undefined {
  const type = mediaType.toLowerCase()
  const sought = otherNames[type] ?? type
  return Object.entries(mediaFormats[kind]).find(([, each]) => each === sought)?.[0]
}

/**
 * Reads a block of media. Undefined for a source that is neither bytes nor an object of S3 nor a text, or that says more,
 * which only Bedrock knows.
 */
export function readMedia(kind: MediaKind, media: JsonFields): ImagePart | AudioPart | FilePart | undefined {
  const format = media.optionalString('format')
  const type =
    format === undefined ? undefined : (mediaFormats[kind][format] ?? `${mainType(kind)}/${format}`)
  const source = media.optionalFields('source')
  if (source === undefined) throw media.wrong('source', 'an object with bytes or s3Location')
  const { bytes, text } = source.record
  const place = source.optionalFields('s3Location')
  const [, ...others] = Object.keys(source.record)
  if (others.length > 0 || !isPlainPlace(place)) return undefined
  const known = ['format', 'source', 'name']
  const more = bedrockOptions({ ...media.record, bucketOwner: place?.record.bucketOwner }, known)
  const named = kind === 'document' ? { filename: filenameOf(media.string('name'), format) } : {}
  const part = { type: kind === 'video' || kind === 'document' ? 'file' : kind, ...named } as const
  if (place !== undefined) {
    const typed = type === undefined ? {} : { mediaType: type }
    return { ...part, url: place.string('uri'), ...typed, ...more }
  }
  if (typeof text === 'string') return { ...part, url: textUrl(text), ...more }
  if (bytes === undefined || bytes === null) return undefined
  return {
    ...part,
    url: `data:${type ?? 'application/octet-stream'};base64,${source.string('bytes')}`,
    ...more,
  }
}

function isPlainPlace(place: JsonFields | undefined): boolean {
  return (
    place === undefined || Object.keys(place.record).every((name) => name === 'uri' || name === 'bucketOwner')
  )
}

function mainType(kind: MediaKind): string {
  return kind === 'document' ? 'application' : kind
}

function textUrl(text: string): string {
  return `data:text/plain;base64,${Buffer.from(text).toString('base64')}`
}

/** Bedrock wants names without an ending, others want one. */
function filenameOf(name: string, format: string | undefined): string {
  return format === undefined ? name : `${name}.${format}`
}

/** Who owns the bucket, where the caller said it. */
export function bucketOwner({ options }: ImagePart | AudioPart | FilePart): JsonRecord {
  const own = options?.[bedrockVendor]
  return isRecord(own) && own.bucketOwner !== undefined ? { bucketOwner: own.bucketOwner } : {}
}
