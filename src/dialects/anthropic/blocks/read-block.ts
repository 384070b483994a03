import type { ChatPart, FilePart, ImagePart, ReasoningPart } from '../../../provider/contract.ts'
import { readSignature } from '../../foreign-signature.ts'
import { JsonFields } from '../../json-fields.ts'
import { anthropicVendor, besides, callFieldsOf } from '../vendor.ts'

const textFields: ReadonlySet<string> = new Set(['type', 'text'])
const mediaFields: ReadonlySet<string> = new Set(['type', 'source'])
const documentFields: ReadonlySet<string> = new Set(['type', 'source', 'title'])
const thinkingFields: ReadonlySet<string> = new Set(['type', 'thinking', 'signature'])
const redactedFields: ReadonlySet<string> = new Set(['type', 'data'])

/** Reads a block of a caller's message. A kind that only this format has becomes a required opaque part. */
export function readBlock(value: unknown, path: string): ChatPart {
  const block = new JsonFields(value, path)
  const type = block.string('type', 'text, image or another kind of block')
  const { record } = block
  switch (type) {
    case 'text':
      return { type, text: block.string('text'), ...besides(record, textFields) }
    case 'image':
      return { ...imageOf(block), ...besides(record, mediaFields) }
    case 'document': {
      const file = documentOf(block)
      return file === undefined ? opaque(type, record) : { ...file, ...besides(record, documentFields) }
    }
    case 'tool_use': {
      const id = block.string('id')
      const name = block.string('name')
      const text = JSON.stringify(block.value('input') ?? {})
      return { type: 'tool-call', id, name, arguments: text, ...besides(record, callFieldsOf(record)) }
    }
    case 'thinking':
      return {
        ...thinkingOf(block.string('thinking'), block.optionalString('signature')),
        ...besides(record, thinkingFields),
      }
    case 'redacted_thinking':
      return { ...redactedOf(block.string('data')), ...besides(record, redactedFields) }
    default:
      return opaque(type, record)
  }
}

/** Some servers of this format sign nothing, and write an empty text. */
export function thinkingOf(text: string, signature: string | undefined): ReasoningPart {
  const signed =
    signature === undefined || signature === '' ? undefined : readSignature(signature, anthropicVendor)
  return { type: 'reasoning', text, ...signed }
}

export function redactedOf(data: string): ReasoningPart {
  const { signature: encrypted, signedBy } = readSignature(data, anthropicVendor)
  return {
    type: 'reasoning',
    text: '',
    ...(encrypted !== undefined && { encrypted }),
    ...(signedBy !== undefined && { signedBy }),
  }
}

function opaque(kind: string, data: JsonFields['record']): ChatPart {
  return { type: 'opaque', vendor: anthropicVendor, kind, data, required: true }
}

const sources = 'an object with the type base64, url or file'

function sourceOf(block: JsonFields): JsonFields {
  const source = block.optionalFields('source')
  if (source === undefined) throw block.wrong('source', sources)
  return source
}

function imageOf(block: JsonFields): ImagePart {
  const image = mediaOf(sourceOf(block))
  if (image === undefined) throw block.wrong('source', sources)
  return { type: 'image', ...image }
}

/** Undefined for a document that is made of blocks, which no other format has. */
function documentOf(block: JsonFields): FilePart | undefined {
  const source = sourceOf(block)
  const title = block.optionalString('title')
  const isText = source.value('type') === 'text'
  const media = isText ? textOf(source) : mediaOf(source)
  if (media === undefined) return undefined
  return { type: 'file', ...media, ...(title === undefined ? undefined : { filename: title }) }
}

function textOf(source: JsonFields): Pick<FilePart, 'url'> {
  const base64 = Buffer.from(source.string('data')).toString('base64')
  return { url: `data:${source.optionalString('media_type') ?? 'text/plain'};base64,${base64}` }
}

function mediaOf(source: JsonFields): Pick<ImagePart, 'url' | 'fileId'> | undefined {
  switch (source.value('type')) {
    case 'base64':
      return {
        url: `data:${source.string('media_type')};base64,${source.string('data', 'the bytes in base64')}`,
      }
    case 'url':
      return { url: source.string('url') }
    case 'file':
      return { fileId: source.string('file_id') }
    default:
      return undefined
  }
}
