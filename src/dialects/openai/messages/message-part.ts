import { isRecord, type JsonRecord } from '../../../json.ts'
import type { CacheMark, ChatPart } from '../../../provider/contract.ts'
import { JsonFields } from '../../json-fields.ts'
import { leftOver, leftOverWithin, openaiVendor } from '../left-over.ts'

const textFields: ReadonlySet<string> = new Set(['type', 'text', 'cache_control'])
const refusalFields: ReadonlySet<string> = new Set(['type', 'refusal'])
const imageFields: ReadonlySet<string> = new Set(['type', 'image_url', 'cache_control'])
const audioFields: ReadonlySet<string> = new Set(['type', 'input_audio', 'cache_control'])
const fileFields: ReadonlySet<string> = new Set(['type', 'file', 'cache_control'])
const inImage: ReadonlySet<string> = new Set(['url', 'detail'])
const inAudio: ReadonlySet<string> = new Set(['data', 'format'])
const inFile: ReadonlySet<string> = new Set(['file_data', 'file_id', 'filename'])

/** Reads one part of a message's content. A kind that only this format has becomes a required opaque part. */
export function parseContentPart(value: unknown, path: string): ChatPart {
  const part = new JsonFields(value, path)
  const type = part.string('type', 'text, image_url or another kind of part')
  const { record } = part
  switch (type) {
    case 'text':
      return { type, text: part.string('text'), ...readCacheMark(record), ...leftOver(record, textFields) }
    case 'refusal':
      return { type, text: part.string('refusal'), ...leftOver(record, refusalFields) }
    case 'image_url':
      return {
        ...imageOf(part),
        ...readCacheMark(record),
        ...leftOverWithin(record, imageFields, type, inImage),
      }
    case 'input_audio':
      return {
        ...audioOf(part),
        ...readCacheMark(record),
        ...leftOverWithin(record, audioFields, type, inAudio),
      }
    case 'file':
      return {
        ...fileOf(part),
        ...readCacheMark(record),
        ...leftOverWithin(record, fileFields, type, inFile),
      }
    default:
      return { type: 'opaque', vendor: openaiVendor, kind: type, data: record, required: true }
  }
}

/** The mark that clients of several vendors write into this format. OpenAI's own caches need none. */
export function readCacheMark({ cache_control: mark }: JsonRecord): { readonly cacheMark?: CacheMark } {
  if (!isRecord(mark)) return {}
  return { cacheMark: typeof mark.ttl === 'string' ? { ttl: mark.ttl } : {} }
}

function imageOf(part: JsonFields): ChatPart {
  const image = part.optionalFields('image_url')
  if (image === undefined) throw part.wrong('image_url', 'an object with a url')
  const detail = image.optionalString('detail')
  const url = image.string('url', 'an https: or data: URL')
  return { type: 'image', url, ...(detail === undefined ? {} : { detail }) }
}

function audioOf(part: JsonFields): ChatPart {
  const audio = part.optionalFields('input_audio')
  if (audio === undefined) throw part.wrong('input_audio', 'an object with data and format')
  const format = audio.string('format', 'wav or mp3')
  return {
    type: 'audio',
    url: `data:${audioType(format)};base64,${audio.string('data', 'the audio in base64')}`,
  }
}

function fileOf(part: JsonFields): ChatPart {
  const file = part.optionalFields('file')
  if (file === undefined) throw part.wrong('file', 'an object with file_data or file_id')
  const data = file.optionalString('file_data')
  const fileId = file.optionalString('file_id')
  const filename = file.optionalString('filename')
  if (data === undefined && fileId === undefined)
    throw file.wrong('file_data', 'the file as a data: URL, or file_id')
  return {
    type: 'file',
    ...(data === undefined ? {} : { url: data }),
    ...(fileId === undefined ? {} : { fileId }),
    ...(filename === undefined ? {} : { filename }),
  }
}

/** The subtypes that OpenAI has other words for. */
const audioSubtypes: Readonly<Record<string, string>> = { mp3: 'mpeg', pcm16: 'pcm' }

/** The media type of a format of OpenAI: `wav`, `mp3`. */
export function audioType(format: string): string {
  return `audio/${audioSubtypes[format] ?? format}`
}

/** OpenAI's word for a media type. */
export function audioFormat(mediaType: string): string {
  const subtype = mediaType.slice(mediaType.indexOf('/') + 1)
  return subtype === 'mpeg' ? 'mp3' : subtype.replace(/^x-/, '')
}
