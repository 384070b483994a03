import { isRecord, type JsonRecord } from '../../../json.ts'
import type { ChatPart } from '../../../provider/contract.ts'
import { badField, type JsonFields } from '../../json-fields.ts'
import { geminiFields, googleOptions } from '../gemini-fields.ts'
import { googleVendor } from '../gemini-names.ts'
import { readGoogleSignature } from '../google-signature.ts'
import { mediaTypeIn } from '../media-type.ts'

const textFields: ReadonlySet<string> = new Set(['text', 'thought', 'thoughtSignature'])
const callFields: ReadonlySet<string> = new Set(['functionCall', 'thoughtSignature'])
const mediaFields: ReadonlySet<string> = new Set(['inlineData', 'fileData'])

const insideCall: ReadonlySet<string> = new Set(['id', 'name', 'args'])
const insideMedia: ReadonlySet<string> = new Set(['data', 'fileUri', 'mimeType'])
const insideFile: ReadonlySet<string> = new Set([...insideMedia, 'displayName'])

/** Gives the id of a call that came without one. */
export type CallIdMaker = (name: string) => string

/**
 * Reads one part of a content, other than the answer of a function. A kind that only Gemini has becomes a required opaque
 * part. Throws `bad-request`.
 */
export function parsePart(value: unknown, path: string, callId: CallIdMaker): ChatPart {
  const fields = geminiFields(value, path)
  const { record } = fields
  if (isRecord(record.inlineData) || isRecord(record.fileData)) return mediaPart(fields)
  if (isRecord(record.functionCall)) return callPart(fields, callId)
  const isText = typeof record.text === 'string' || Object.keys(record).every((name) => textFields.has(name))
  if (!isText) return opaquePart(record)
  const text = fields.optionalString('text') ?? ''
  const { encrypted, ...signed } = readGoogleSignature(record.thoughtSignature)
  const options = googleOptions(record, textFields)
  if (record.thought !== true) return { type: 'text', text, ...signed, ...options }
  return {
    type: 'reasoning',
    text,
    ...signed,
    ...(encrypted !== undefined && { encrypted }),
    ...options,
  }
}

function opaquePart(record: JsonRecord): ChatPart {
  const kind = Object.keys(record).find((name) => !textFields.has(name)) ?? 'part'
  return { type: 'opaque', vendor: googleVendor, kind, data: record, required: true }
}

function callPart(fields: JsonFields, callId: CallIdMaker): ChatPart {
  const call = geminiFields(fields.value('functionCall'), fields.at('functionCall'))
  const name = call.string('name', "the function's name")
  const args = call.value('args') ?? {}
  if (!isRecord(args)) throw call.wrong('args', 'an object')
  const { signature, signedBy } = readGoogleSignature(fields.value('thoughtSignature'))
  return {
    type: 'tool-call',
    id: call.optionalString('id') ?? callId(name),
    name,
    arguments: JSON.stringify(args),
    ...(signature !== undefined && { signature }),
    ...(signedBy !== undefined && { signedBy }),
    ...googleOptions(fields.record, callFields, ['functionCall', call.record, insideCall]),
  }
}

/** A video is none of the contract's kinds. */
const video = /^(?:video\/|https?:\/\/(?:www\.)?(?:youtube\.com|youtu\.be)\/)/

function mediaPart(fields: JsonFields): ChatPart {
  const isInline = isRecord(fields.value('inlineData'))
  const name = isInline ? 'inlineData' : 'fileData'
  const media = geminiFields(fields.value(name), fields.at(name))
  const address = isInline ? '' : media.string('fileUri', 'an address')
  const mediaType = media.optionalString('mimeType') ?? mediaTypeIn(address)
  if (isInline && mediaType === undefined) throw media.wrong('mimeType', 'a media type such as image/png')
  if (video.test(mediaType ?? '') || video.test(address)) {
    return { type: 'opaque', vendor: googleVendor, kind: 'video', data: fields.record, required: true }
  }
  const where = isInline
    ? { url: `data:${mediaType};base64,${media.string('data', 'bytes in base64')}` }
    : {
        ...(isGooglesFile(address) ? { fileId: address } : { url: address }),
        ...(mediaType && { mediaType }),
      }
  const filename = media.optionalString('displayName')
  const isFile = !/^(?:image|audio)\//.test(mediaType ?? '')
  const inside = isFile ? insideFile : insideMedia
  const options = googleOptions(fields.record, mediaFields, [name, media.record, inside])
  if (isFile) return { type: 'file', ...where, ...(filename !== undefined && { filename }), ...options }
  return { type: mediaType?.startsWith('image/') ? 'image' : 'audio', ...where, ...options }
}

/** Whether an address is the name of a file that the Gemini API keeps. */
export function isGooglesFile(address: string): boolean {
  return /^https:\/\/generativelanguage\.googleapis\.com\/[^?#]*\bfiles\//.test(address)
}

/** The parts of a content. Throws `bad-request`. */
export function partsOf(value: unknown, path: string): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw badField(path, value, 'a list of parts')
  return value
}
