import type { LanguageModelV4FilePart, SharedV4FileData } from '@ai-sdk/provider'
import { ModelspineError } from '../../errors.ts'
import type { AudioPart, ChatPart, FilePart, ImagePart } from '../../provider/contract.ts'
import { aiSdkVendor, vendorOptions } from './dialect.ts'

type MediaPart = ImagePart | AudioPart | FilePart

/** How the base64 of images begins, for callers that say `image` and no more. */
const imageStarts: readonly (readonly [start: string, mediaType: string])[] = [
  ['iVBORw', 'image/png'],
  ['/9j/', 'image/jpeg'],
  ['R0lGOD', 'image/gif'],
  ['UklGR', 'image/webp'],
]

/** A file of a prompt or of a reply. What only one vendor could find is a required part that others refuse. */
export function readFile(file: Omit<LanguageModelV4FilePart, 'type'>): ChatPart {
  const { data, filename, providerOptions } = file
  const media = whereIs(data, file.mediaType)
  if (media === undefined) {
    return {
      type: 'opaque',
      vendor: aiSdkVendor,
      kind: 'file',
      data: { ...file, type: 'file' },
      required: true,
    }
  }
  const part = { ...media, ...vendorOptions(providerOptions) }
  const [kind] = file.mediaType.split('/')
  if (kind === 'image') return { type: 'image', ...part }
  if (kind === 'audio') return { type: 'audio', ...part }
  return { type: 'file', ...part, ...(filename === undefined ? {} : { filename }) }
}

/** Undefined for a file that several vendors know by ids of their own. */
function whereIs(
  data: SharedV4FileData,
  said: string,
): Pick<FilePart, 'url' | 'fileId' | 'mediaType'> | undefined {
  switch (data.type) {
    case 'url':
      return { url: data.originalUrl ?? data.url.href, mediaType: said }
    case 'text':
      return dataUrl(Buffer.from(data.text).toString('base64'), said.includes('/') ? said : 'text/plain')
    case 'data': {
      const base64 = typeof data.data === 'string' ? data.data : base64Of(data.data)
      return dataUrl(base64, fullType(said, base64))
    }
    case 'reference': {
      const [fileId, ...more] = Object.values(data.reference)
      return fileId === undefined || more.length > 0 ? undefined : { fileId, mediaType: said }
    }
  }
}

function dataUrl(base64: string, mediaType: string): Pick<FilePart, 'url' | 'mediaType'> {
  return { url: `data:${mediaType};base64,${base64}`, mediaType }
}

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

/** `image` or `image/*` is the whole type of no file. */
function fullType(said: string, base64: string): string {
  if (said.includes('/') && !said.endsWith('/*')) return said
  const found = imageStarts.find(([start]) => base64.startsWith(start))
  return found !== undefined && said.startsWith('image') ? found[1] : 'application/octet-stream'
}

/**
 * Where the file of a part is, in the AI SDK's words. `keeper` is the name of the vendor that keeps a file which is told
 * only by its id. Throws `bad-request` for an address that is no URL.
 */
export function writeFile(
  part: MediaPart,
  keeper: string,
): Pick<LanguageModelV4FilePart, 'data' | 'mediaType'> {
  const { url, fileId } = part
  const [head, written] = /^data:([^;,]*)(?:;[^;,]*)*;base64,/.exec(url?.slice(0, 200) ?? '') ?? []
  const mediaType = written || (part.mediaType ?? usualType[part.type])
  if (url !== undefined && head !== undefined) {
    return { data: { type: 'data', data: url.slice(head.length) }, mediaType }
  }
  if (url === undefined)
    return { data: { type: 'reference', reference: { [keeper]: fileId ?? '' } }, mediaType }
  const parsed = URL.parse(url)
  if (parsed === null) throw new ModelspineError('bad-request', `the address of the ${part.type} is no URL`)
  const data = { type: 'url', url: parsed } as const
  return { data: parsed.href === url ? data : { ...data, originalUrl: url }, mediaType }
}

const usualType = { image: 'image', audio: 'audio', file: 'application/octet-stream' } as const

/** The bytes of pieces that are base64, each on its own. */
export function joinedBase64(pieces: readonly string[]): string {
  return base64Of(Buffer.concat(pieces.map((piece) => Buffer.from(piece, 'base64'))))
}
